/** The stages in front of one VM, in order: gates, the line, gates behind it. Unused stages cost nothing. */
import type { Kernel, RandomSource } from '../../engine/index.ts';
import { type PacketId, type PacketPool, SIZE } from '../packet.ts';
import type { Fate } from '../trace.ts';
import { Delays } from './delays.ts';
import { LINE_COLUMNS, type Line, type LineExit, type LineId, type LineMeter, Lines } from './line.ts';
import type { Params, Values } from './params.ts';
import type { Profile } from './profile.ts';
import type { Gate, GateDelayer, GateQueue, QueueLimits, StageDefinition, Surroundings } from './stage.ts';
import { valuesOf } from './stage.ts';
import { stages } from './stages/index.ts';
import type { PipelineWatch } from './watch.ts';

export interface PipelineTools {
  readonly kernel: Kernel;
  readonly packets: PacketPool;
  readonly random: RandomSource;
  readonly surroundings: Surroundings;
  readonly meter: LineMeter | null;
  readonly exit: PipelineExit;
  /** Looks on; absent: nobody does. */
  readonly watch?: PipelineWatch | undefined;
}

/** What a pipeline stands on; the same for all pipelines of a world. */
export interface PipelineGround extends PipelineTools {
  readonly lines: Lines;
}

export interface PipelineExit extends LineExit {
  /** Ends the life of a packet that its fragments replace. */
  replaced(packet: PacketId): void;
}

export type AnyGate = Gate<Readonly<Record<string, unknown>>>;
type AnyValues = Readonly<Record<string, unknown>>;

const sameValues = (a: AnyValues, b: AnyValues): boolean => {
  if (a === b) return true;
  for (const path in a) if (a[path] !== b[path]) return false;
  return true;
};

const placeOf = (name: string): number => stages.findIndex((stage) => stage.name === name);
/** Gates at earlier places stand before the line, those at later ones behind it. */
const LINE_PLACE = stages.findIndex((stage) => stage.place === 'line');

// The counts of a pipeline stand behind the columns of its line, since every packet needs both: how many packets came since the last
// change to active gate i (and to the unused ones before it), last: to the line; then the same for those behind the line.
const REACHED = LINE_COLUMNS;
const REACHED_BEHIND = REACHED + LINE_PLACE + 1;
const COUNTS = stages.length + 2;

export const groundFor = (tools: PipelineTools): PipelineGround => ({
  ...tools,
  lines: new Lines(tools.kernel, tools.packets, tools.exit, tools.meter, COUNTS),
});

/** What a profile means for every stage; the same for all pipelines that have it, so it is worked out once. */
interface Plan {
  // By place in the catalogue:
  readonly values: readonly Values<Params>[];
  readonly isActive: readonly boolean[];
  /** Which active gate before the line, or behind it, a stage is or would stand before. */
  readonly position: readonly number[];
  /** By active gate before the line: packets of at most so many bytes pass without being asked. */
  readonly ignored: readonly number[];
}

function makePlan(profile: Profile | null): Plan {
  const values = stages.map((definition) => valuesOf(definition, profile));
  const isActive = stages.map((definition, place) => definition.active(values[place]!));
  stages.forEach((definition, place) => {
    if (definition.place !== 'gate' || !isActive[place]) return;
    for (const name of definition.replaces ?? []) {
      const replaced = placeOf(name);
      // Not in this catalogue.
      if (replaced === -1) continue;
      values[replaced] = valuesOf(stages[replaced]!, null);
      isActive[replaced] = false;
    }
  });
  const position: number[] = [];
  const ignored: number[] = [];
  let behind = 0;
  stages.forEach((definition, place) => {
    const isBefore = place < LINE_PLACE;
    position.push(isBefore ? ignored.length : behind);
    if (definition.place !== 'gate' || !isActive[place]) return;
    if (isBefore) ignored.push(definition.ignoresUpTo?.(values[place]!) ?? 0);
    else behind++;
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
  readonly #lines: Lines;
  readonly #id: LineId;
  readonly #packets: PacketPool;
  readonly #name: string;
  readonly #delays: Delays;
  /** The gates before the line that do something, in the catalogue's order. */
  #gates: AnyGate[] = [];
  /** The same for those behind it. */
  #gatesBehind: AnyGate[] = [];
  #exitBehind: LineExit | null = null;
  /** How many had left the line at the last change. */
  #leftBefore = 0;
  /** Who does the line's work instead of it: the waiting, the delaying. */
  #queue: GateQueue | null = null;
  /** Where the waiting is done, by place in the catalogue. */
  #queuePlace = LINE_PLACE;
  #delayer: GateDelayer | null = null;
  #plan = NO_PROFILE;
  // By place in the catalogue.
  readonly #made: (AnyGate | undefined)[] = [];
  /** Made, and not yet told any settings. */
  readonly #isFresh: boolean[] = [];
  /** Draws that a gate would have met while it was not made. */
  readonly #owed: number[];
  readonly #streams: (ReturnType<RandomSource['stream']> | undefined)[] = [];

  /** `name` names the random streams: the VM, or the VM and whom the assignment is limited to. */
  constructor(name: string, ground: PipelineGround) {
    this.#name = name;
    this.#ground = ground;
    this.#packets = ground.packets;
    this.#owed = stages.map(() => 0);
    this.#delays = new Delays(ground.random.stream(`${name}/delay`));
    this.#lines = ground.lines;
    this.line = ground.lines.open(this.#delays, true);
    this.#id = this.line.id;
    ground.watch?.opened(this, ground.lines, this.#delays);
  }

  /** Takes the packet over. */
  enter(packet: PacketId): void {
    this.#from(0, packet);
  }

  /** Bytes that wait for bandwidth, wherever in the pipeline. */
  backlogBytes(): number {
    return this.line.backlogBytes() + (this.#queue?.backlogBytes() ?? 0);
  }

  /** The largest such backlog since this was last asked; starts again from the present one. */
  takeBacklogPeak(): number {
    // Only one of them is in use, apart from the moment of a change.
    return Math.max(this.line.takeBacklogPeak(), this.#queue?.takeBacklogPeak() ?? 0);
  }

  /** The rate and the queue limits in force. */
  limits(): QueueLimits {
    return this.#queue?.limits() ?? this.line.bandwidth;
  }

  /** Settings from this instant on; null: as if there were no pipeline, except for what is still in it. */
  configure(profile: Profile | null): void {
    this.#settle();
    const before = this.#plan;
    const plan = planOf(profile);
    this.#plan = plan;
    const queueBefore = this.#queue;
    const delayerBefore = this.#delayer;
    this.#select(plan);
    const isQueueNew = this.#queue !== queueBefore;
    const isDelayerNew = this.#delayer !== delayerBefore;
    const { line } = this;
    // What waits goes along with the work, if another stage does that from now on.
    const backlog = isQueueNew ? (queueBefore ?? line).evict() : null;
    const delayed = isDelayerNew && delayerBefore === null ? line.evictDelayed() : null;
    if (isDelayerNew) {
      line.ownDelays(this.#delayer === null);
      // Before anybody is let go, who must not overtake them.
      if (delayed !== null) this.#delayer!.adopt(delayed.packets, delayed.due);
      else line.notBefore(delayerBefore!.lastDue());
    }
    // From the end to the beginning: what a gate lets go meets the new settings.
    for (let place = stages.length - 1; place >= 0; place--) {
      const definition = stages[place]!;
      if (definition.place !== 'line') continue;
      const values = plan.values[place]!;
      if (!sameValues(before.values[place]!, values)) definition.configure(line, values);
    }
    line.settle();
    for (let place = stages.length - 1; place >= 0; place--) {
      // What was never active was never made, and need not hear that it still is not.
      const gate = this.#made[place];
      const values = plan.values[place]!;
      if (gate !== undefined && (this.#isFresh[place] || !sameValues(before.values[place]!, values)))
        gate.configure(values);
      this.#isFresh[place] = false;
      // Before the gates in front of it let anybody go, who came later.
      if (backlog !== null && place === this.#queuePlace) (this.#queue ?? line).adopt(backlog);
    }
  }

  #from(first: number, packet: PacketId): void {
    const gates = this.#gates;
    const lines = this.#lines;
    const counts = this.#id + REACHED;
    const { ignored } = this.#plan;
    const size = this.#packets.ints[packet + SIZE]!;
    for (let i = first; i < gates.length; i++) {
      lines.doubles[counts + i]! += 1;
      if (size > ignored[i]! && !gates[i]!.admit(packet)) return;
    }
    lines.doubles[counts + gates.length]! += 1;
    lines.admit(this.#id, packet);
  }

  #behind(first: number, packet: PacketId): void {
    const gates = this.#gatesBehind;
    const lines = this.#lines;
    const counts = this.#id + REACHED_BEHIND;
    for (let i = first; i < gates.length; i++) {
      lines.doubles[counts + i]! += 1;
      if (!gates[i]!.admit(packet)) return;
    }
    lines.doubles[counts + gates.length]! += 1;
    this.#ground.exit.leave(packet);
  }

  /** Books what passed by the unused gates, so that the n-th packet meets the n-th draw when they are used again. */
  #settle(): void {
    const { isActive, position } = this.#plan;
    const { doubles } = this.#lines;
    const { left } = this.line;
    const behind = this.#id + REACHED_BEHIND;
    if (this.#gatesBehind.length === 0) doubles[behind] = left - this.#leftBefore;
    this.#leftBefore = left;
    for (let place = 0; place < stages.length; place++) {
      if (isActive[place]) continue;
      const first = place < LINE_PLACE ? this.#id + REACHED : behind;
      this.#owed[place]! += doubles[first + position[place]!]!;
    }
    doubles.fill(0, this.#id + REACHED, this.#id + REACHED + COUNTS);
  }

  /** Puts the active gates in their places, and makes those that are new. */
  #select(plan: Plan): void {
    const gates: AnyGate[] = [];
    const behind: AnyGate[] = [];
    this.#queue = null;
    this.#queuePlace = LINE_PLACE;
    this.#delayer = null;
    for (let place = 0; place < stages.length; place++) {
      const definition = stages[place]!;
      if (definition.place !== 'gate' || !plan.isActive[place]) continue;
      const gate = this.#gate(place, definition);
      (place < LINE_PLACE ? gates : behind).push(gate);
      if (gate.queue !== undefined) {
        this.#queue = gate.queue;
        this.#queuePlace = place;
      }
      if (gate.delayer !== undefined) this.#delayer = gate.delayer;
    }
    this.#gates = gates;
    this.#gatesBehind = behind;
    this.line.exitTo(behind.length === 0 ? null : this.#exitToGates());
  }

  #exitToGates(): LineExit {
    const { exit } = this.#ground;
    this.#exitBehind ??= {
      leave: (packet) => this.#behind(0, packet),
      drop: (packet, why) => exit.drop(packet, why),
    };
    return this.#exitBehind;
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
    const isBefore = place < LINE_PLACE;
    const created = definition.create({
      kernel: ground.kernel,
      random: stream,
      stream: (suffix) => ground.random.stream(`${stream.name}/${suffix}`),
      packets: ground.packets,
      surroundings: ground.surroundings,
      delays: this.#delays,
      onward: isBefore
        ? (packet) => this.#from(this.#after(place), packet)
        : (packet) => this.#behind(this.#after(place), packet),
      drop: (packet: PacketId, why: Fate): false => ground.exit.drop(packet, why),
      replaced: (packet) => ground.exit.replaced(packet),
    });
    const gate = ground.watch?.gate(created, definition, this) ?? created;
    this.#made[place] = gate;
    this.#isFresh[place] = true;
    return gate;
  }

  /** The first active gate behind a stage, on its side of the line. */
  #after(place: number): number {
    return this.#plan.position[place]! + (this.#plan.isActive[place] ? 1 : 0);
  }
}
