/** The stages in front of one VM, in order: gates that answer at once, then the line. Unused stages cost nothing. */
import type { Kernel, RandomSource } from '../../engine/index.ts';
import { type PacketId, type PacketPool, SIZE } from '../packet.ts';
import type { Fate } from '../trace.ts';
import { Line, type LineExit, type LineMeter } from './line.ts';
import type { Params, Values } from './params.ts';
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
  if (a === b) return true;
  for (const path in a) if (a[path] !== b[path]) return false;
  return true;
};

/** What a profile means for every stage; the same for all pipelines that have it, so it is worked out once. */
interface Plan {
  // By place in the catalogue:
  readonly values: readonly Values<Params>[];
  readonly isActive: readonly boolean[];
  /** Which active gate a stage is, or would stand before. */
  readonly position: readonly number[];
  /** By active gate: packets of at most so many bytes pass without being asked. */
  readonly ignored: readonly number[];
}

function makePlan(profile: Profile | null): Plan {
  const values = stages.map((definition) => valuesOf(definition, profile));
  const isActive = stages.map((definition, place) => definition.active(values[place]!));
  const position: number[] = [];
  const ignored: number[] = [];
  stages.forEach((definition, place) => {
    position.push(ignored.length);
    if (definition.place === 'gate' && isActive[place])
      ignored.push(definition.ignoresUpTo?.(values[place]!) ?? 0);
  });
  return { values, isActive, position, ignored };
}

const NO_PROFILE = makePlan(null);
const PLANS = new WeakMap<Profile, Plan>();

function planOf(profile: Profile | null): Plan {
  if (profile === null) return NO_PROFILE;
  let plan = PLANS.get(profile);
  if (plan === undefined) {
    plan = makePlan(profile);
    PLANS.set(profile, plan);
  }
  return plan;
}

export class Pipeline {
  readonly line: Line;
  readonly #ground: PipelineGround;
  readonly #packets: PacketPool;
  readonly #name: string;
  /** The gates that do something, in the catalogue's order. */
  #gates: AnyGate[] = [];
  /** How many packets came to active gate i (and to the unused ones before it) since the last change; last: to the line. */
  #reached: number[] = [0];
  #plan = NO_PROFILE;
  // By place in the catalogue.
  readonly #made: (AnyGate | undefined)[] = [];
  /** Draws that a gate would have met while it was not made. */
  readonly #owed: number[];
  readonly #streams: (ReturnType<RandomSource['stream']> | undefined)[] = [];

  /** `name` names the random streams: the VM, or the VM and whom the assignment is limited to. */
  constructor(name: string, ground: PipelineGround) {
    this.#name = name;
    this.#ground = ground;
    this.#packets = ground.packets;
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
    const before = this.#plan;
    const plan = planOf(profile);
    this.#plan = plan;
    const gates: AnyGate[] = [];
    for (let place = 0; place < stages.length; place++) {
      const definition = stages[place]!;
      const values = plan.values[place]!;
      const isChanged = !sameValues(before.values[place]!, values);
      if (definition.place === 'line') {
        if (isChanged) definition.configure(this.line, values);
        continue;
      }
      // What was never active need not be made to hear that it still is not.
      if (!plan.isActive[place] && this.#made[place] === undefined) continue;
      const gate = isChanged ? this.#gate(place, definition) : this.#made[place]!;
      if (isChanged) gate.configure(values);
      if (plan.isActive[place]) gates.push(gate);
    }
    this.#gates = gates;
    this.#reached = new Array<number>(gates.length + 1).fill(0);
    this.line.settle();
  }

  #from(first: number, packet: PacketId): void {
    const gates = this.#gates;
    const reached = this.#reached;
    const { ignored } = this.#plan;
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
      if (this.#plan.isActive[place]) continue;
      this.#owed[place]! += this.#reached[this.#plan.position[place]!]!;
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
    return this.#plan.position[place]! + (this.#plan.isActive[place] ? 1 : 0);
  }
}
