/** The stages in front of one VM, in order: gates that answer at once, then the line. Unused stages cost nothing. */
import type { Kernel, RandomSource } from '../../engine/index.ts';
import { type PacketId, type PacketPool, SIZE } from '../packet.ts';
import type { Fate } from '../trace.ts';
import { Line, type LineExit, type LineMeter } from './line.ts';
import type { Profile } from './profile.ts';
import type { Gate, StageDefinition, Surroundings } from './stage.ts';
import { valuesOf } from './stage.ts';
import { stages } from './stages/index.ts';

/** What a pipeline stands on; the same for all pipelines of a world. */
export interface PipelineGround {
  readonly kernel: Kernel;
  readonly packets: PacketPool;
  readonly random: RandomSource;
  readonly surroundings: Surroundings;
  readonly meter: LineMeter | null;
  readonly exit: PipelineExit;
}

export interface PipelineExit extends LineExit {
  /** Ends the life of a packet that its fragments replace. */
  replaced(packet: PacketId): void;
}

type AnyGate = Gate<Readonly<Record<string, unknown>>>;
type AnyValues = Readonly<Record<string, unknown>>;

const sameValues = (a: AnyValues, b: AnyValues): boolean => {
  for (const path in a) if (a[path] !== b[path]) return false;
  return true;
};

export class Pipeline {
  readonly line: Line;
  readonly #ground: PipelineGround;
  readonly #packets: PacketPool;
  readonly #name: string;
  /** The gates that do something, in the catalogue's order. */
  #gates: AnyGate[] = [];
  /** By active gate: packets of at most so many bytes pass without being asked. */
  #ignored: number[] = [];
  /** How many packets came to active gate i (and to the unused ones before it) since the last change; last: to the line. */
  #reached: number[] = [0];
  // By place in the catalogue.
  readonly #made: (AnyGate | undefined)[] = [];
  readonly #values: (AnyValues | undefined)[] = [];
  /** Which active gate a stage is, or would stand before. */
  readonly #position: number[];
  readonly #isActive: boolean[];
  /** Draws that a gate would have met while it was not made. */
  readonly #owed: number[];
  readonly #streams: (ReturnType<RandomSource['stream']> | undefined)[] = [];

  /** `name` names the random streams: the VM, or the VM and whom the assignment is limited to. */
  constructor(name: string, ground: PipelineGround) {
    this.#name = name;
    this.#ground = ground;
    this.#packets = ground.packets;
    this.#position = stages.map(() => 0);
    this.#isActive = stages.map(() => false);
    this.#owed = stages.map(() => 0);
    const { kernel, packets, random, exit, meter } = ground;
    this.line = new Line(kernel, packets, random.stream(`${name}/delay`), exit, meter);
  }

  /** Takes the packet over. */
  enter(packet: PacketId): void {
    this.#from(0, packet);
  }

  /** Settings from this instant on; null: as if there were no pipeline, except for what is still in it. */
  configure(profile: Profile | null): void {
    this.#settle();
    const gates: AnyGate[] = [];
    const ignored: number[] = [];
    for (let place = 0; place < stages.length; place++) {
      const definition = stages[place]!;
      const values = valuesOf(definition, profile);
      const active = definition.active(values);
      const before = this.#values[place];
      this.#position[place] = gates.length;
      this.#isActive[place] = active;
      if (before === undefined ? !active : sameValues(before, values)) {
        if (active && definition.place === 'gate') {
          gates.push(this.#made[place]!);
          ignored.push(definition.ignoresUpTo?.(values) ?? 0);
        }
        continue;
      }
      this.#values[place] = values;
      if (definition.place === 'line') {
        definition.configure(this.line, values);
      } else {
        const gate = this.#gate(place, definition);
        gate.configure(values);
        if (active) {
          gates.push(gate);
          ignored.push(definition.ignoresUpTo?.(values) ?? 0);
        }
      }
    }
    this.#gates = gates;
    this.#ignored = ignored;
    this.#reached = new Array<number>(gates.length + 1).fill(0);
    this.line.settle();
  }

  #from(first: number, packet: PacketId): void {
    const gates = this.#gates;
    const reached = this.#reached;
    const ignored = this.#ignored;
    const size = this.#packets.ints[packet + SIZE]!;
    for (let i = first; i < gates.length; i++) {
      reached[i]!++;
      if (size > ignored[i]! && !gates[i]!.admit(packet)) return;
    }
    reached[gates.length]!++;
    this.line.admit(packet);
  }

  /** Books what passed by the unused gates, so that the n-th packet meets the n-th draw when they are used again. */
  #settle(): void {
    for (let place = 0; place < stages.length; place++) {
      if (this.#isActive[place]) continue;
      this.#owed[place]! += this.#reached[this.#position[place]!]!;
    }
  }

  #gate(place: number, definition: StageDefinition & { place: 'gate' }): AnyGate {
    const ground = this.#ground;
    const stream = this.#streams[place] ?? ground.random.stream(`${this.#name}/${definition.name}`);
    this.#streams[place] = stream;
    if (this.#owed[place]! > 0) {
      stream.pass(this.#owed[place]! * definition.drawsPerPacket);
      this.#owed[place] = 0;
    }
    const made = this.#made[place];
    if (made !== undefined) return made;
    const gate = definition.create({
      kernel: ground.kernel,
      random: stream,
      packets: ground.packets,
      surroundings: ground.surroundings,
      onward: (packet) => this.#from(this.#after(place), packet),
      drop: (packet: PacketId, why: Fate): false => ground.exit.drop(packet, why),
      replaced: (packet) => ground.exit.replaced(packet),
    });
    this.#made[place] = gate;
    return gate;
  }

  /** The first active gate behind a stage. */
  #after(place: number): number {
    return this.#position[place]! + (this.#isActive[place] ? 1 : 0);
  }
}
