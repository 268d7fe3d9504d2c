/** One queue discipline on a clock of its own: packets come and are served at given instants, and what became of them is written down. */
import { createQueue, Kernel, LAST_INSTANT, type Nanos, RandomSource, Rank } from '../../engine/index.ts';
import {
  DUE,
  FLAGS,
  FLOW,
  newFlags,
  OFFSET_TTL_PROTOCOL,
  OUTER,
  PacketFlag,
  type PacketId,
  PacketKind,
  PacketPool,
  PORTS,
  SENT_AT,
  SEQ,
  SIZE,
  SOURCE,
  TARGET,
} from '../../sim/packet.ts';
import {
  type DisciplineDefinition,
  type DisciplineSettings,
  type QueueDiscipline,
  UNLIMITED,
} from '../../sim/personality/disciplines/discipline.ts';
import { Fate } from '../../sim/trace.ts';

export interface TestPacket {
  readonly size?: number;
  /** Decides the source port, unless there are ports. */
  readonly flow?: number;
  readonly dscp?: number;
  readonly ecn?: boolean;
  readonly source?: number;
  readonly target?: number;
  readonly ports?: number;
  readonly protocol?: number;
  /** Where its payload begins in the whole's, of a fragment; and whether more follow. */
  readonly offset?: number;
  readonly moreFragments?: boolean;
}

export interface Ended {
  readonly seq: number;
  readonly at: Nanos;
  readonly marked: boolean;
}

/** What the drawing stream is called. */
export const STREAM = 'vm/queue';

export const settingsFor = (
  definition: DisciplineDefinition,
  settings: Partial<DisciplineSettings> = {},
): DisciplineSettings => ({ ...UNLIMITED, ...definition.defaults, ...settings });

/** The first `count` draws that packets in the queue meet, one each. */
export function drawsOf(seed: string, count: number): number[] {
  const stream = new RandomSource(seed).stream(STREAM);
  return Array.from({ length: count }, () => stream.uniform());
}

export class TestQueue {
  readonly kernel = new Kernel(createQueue('heap'));
  readonly packets = new PacketPool(8);
  readonly random;
  readonly discipline: QueueDiscipline;
  readonly left: Ended[] = [];
  readonly dropped: Ended[] = [];
  /** Numbers the packets in the order in which they come. */
  arrived = 0;
  readonly #definition: DisciplineDefinition;
  readonly #dscp: number[] = [];
  readonly #actions: (() => void)[] = [];
  readonly #actor = this.kernel.enroll({ onEvent: (_kind, index) => this.#actions[index]!() }, Rank.arrival);

  constructor(definition: DisciplineDefinition, settings: Partial<DisciplineSettings> = {}, seed = 'seed') {
    const { kernel, packets } = this;
    this.#definition = definition;
    this.random = new RandomSource(seed).stream(STREAM);
    const never = (): never => {
      throw new Error('a queue does not ask for that');
    };
    this.discipline = definition.create({
      kernel,
      packets,
      random: this.random,
      surroundings: {
        rebalance: never,
        scatter: never,
        answerTooBig: never,
        isIpv6: never,
        flowId: never,
        dscp: (packet) => this.#dscp[packets.ints[packet + FLOW]!] ?? 0,
      },
      drop: (packet) => this.#end(packet, Fate.queue, this.dropped),
    });
    this.discipline.configure(settingsFor(definition, settings));
  }

  /** Does something at that instant; in the order of these calls where there are several, after the discipline's own clock. */
  at(time: Nanos, action: () => void): this {
    this.kernel.at(time, this.#actor, 0, this.#actions.push(action) - 1);
    return this;
  }

  arrive(time: Nanos, packet: TestPacket = {}): this {
    return this.at(time, () => this.discipline.enqueue(this.make(packet)));
  }

  /** Lets one packet leave, if there is one. */
  serve(time: Nanos): this {
    return this.at(time, () => this.take());
  }

  configureAt(time: Nanos, settings: Partial<DisciplineSettings>): this {
    return this.at(time, () => this.discipline.configure(settingsFor(this.#definition, settings)));
  }

  run(until: Nanos = LAST_INSTANT): this {
    this.kernel.advance(until, Infinity);
    return this;
  }

  /** Sequence numbers of the packets that left, in order. */
  get served(): number[] {
    return this.left.map(({ seq }) => seq);
  }

  get lost(): number[] {
    return this.dropped.map(({ seq }) => seq);
  }

  get marked(): number[] {
    return this.left.filter(({ marked }) => marked).map(({ seq }) => seq);
  }

  make(packet: TestPacket = {}): PacketId {
    const { size = 1000, flow = 0, dscp = 0, ecn = false, source = 1, target = 2 } = packet;
    const { ports = ((1000 + flow) << 16) | 80, protocol = 17, offset = 0, moreFragments = false } = packet;
    const row = this.packets.take();
    const { ints, doubles } = this.packets;
    for (let column = SEQ; column <= DUE; column++) doubles[(row >> 1) + column] = 0;
    for (let column = FLOW; column <= OUTER; column++) ints[row + column] = 0;
    const seq = this.arrived++;
    this.#dscp[seq] = dscp;
    doubles[(row >> 1) + SEQ] = seq;
    doubles[(row >> 1) + SENT_AT] = this.kernel.now;
    const flags = (ecn ? PacketFlag.ecnCapable : 0) | (moreFragments ? PacketFlag.moreFragments : 0);
    ints[row + FLAGS] = newFlags(flags, PacketKind.datagram, 0);
    ints[row + FLOW] = seq;
    ints[row + SIZE] = size;
    ints[row + SOURCE] = source;
    ints[row + TARGET] = target;
    ints[row + PORTS] = ports;
    ints[row + OFFSET_TTL_PROTOCOL] = (offset << 16) | (64 << 8) | protocol;
    return row;
  }

  /** Lets one packet leave; -1 when there is none, otherwise its number. */
  take(): number {
    const packet = this.discipline.dequeue();
    return packet < 0 ? -1 : this.leave(packet);
  }

  /** Ends a packet that the queue has let go. */
  leave(packet: PacketId): number {
    const seq = this.packets.seq(packet);
    this.#end(packet, Fate.delivered, this.left);
    return seq;
  }

  #end(packet: PacketId, fate: number, list: Ended[]): void {
    const { packets, kernel } = this;
    list.push({
      seq: packets.seq(packet),
      at: kernel.now,
      marked: packets.has(packet, PacketFlag.marked),
    });
    packets.end(packet, fate, kernel.now);
    packets.free(packet);
  }
}

/** Something that happens to a queue, for a discipline and its reference alike. */
export type Step =
  | { readonly at: Nanos; readonly arrives: TestPacket & { readonly size: number } }
  | { readonly at: Nanos; readonly arrives: null };

export function play(queue: TestQueue, steps: readonly Step[]): TestQueue {
  for (const { at, arrives } of steps) {
    if (arrives === null) queue.serve(at);
    else queue.arrive(at, arrives);
  }
  return queue.run();
}

export interface Load {
  readonly seed: string;
  readonly count: number;
  /** Mean of the exponential gaps between arrivals, and the constant gap between services. */
  readonly arrivals: Nanos;
  readonly services: Nanos;
  readonly sizes?: readonly number[];
  readonly flows?: number;
  /** Share of packets that can be marked. */
  readonly ecn?: number;
}

/** Poisson arrivals in bursts and pauses, and a server that serves at fixed instants. */
export function load({ seed, count, arrivals, services, sizes = [1000], flows = 1, ecn = 0 }: Load): Step[] {
  const random = new RandomSource(seed).stream('load');
  const steps: Step[] = [];
  let at = 0;
  for (let n = 0; n < count; n++) {
    // Every now and then a pause, in which the queue runs dry.
    const pause = random.chance(0.004) ? 200 * services * random.uniform() : 0;
    at += Math.floor(arrivals * random.exponential() + pause);
    const size = sizes[random.below(sizes.length)]!;
    steps.push({ at, arrives: { size, flow: random.below(flows), ecn: random.chance(ecn) } });
  }
  const end = at + 2 * count * services;
  for (let time = services; time < end; time += services) steps.push({ at: time, arrives: null });
  // Arrivals before services at the same instant.
  return steps.sort((a, b) => a.at - b.at);
}
