/** One pipeline on a clock of its own, without a network around it: packets in, what became of them out. */
import {
  createQueue,
  Kernel,
  LAST_INSTANT,
  type Nanos,
  type QueueName,
  RandomSource,
  Rank,
} from '../../engine/index.ts';
import {
  COPY_OF,
  FLAGS,
  FRAGMENT_OF,
  HOP,
  INFO,
  newFlags,
  OFFSET_TTL_PROTOCOL,
  OUTER,
  PacketFlag,
  type PacketId,
  PacketKind,
  PacketPool,
  SENT_AT,
  SEQ,
  SHAPED_AT,
  SIZE,
  VIA_POOL,
} from '../../sim/packet.ts';
import { groundFor, Pipeline, type PipelineGround } from '../../sim/personality/pipeline.ts';
import type { Profile } from '../../sim/personality/profile.ts';
import { FATES, type FateName, ORIGINS } from '../../sim/trace.ts';

/** How a packet ended. */
export interface End {
  readonly id: number;
  /** Of the packet that was sent, also for its copies and fragments. */
  readonly seq: number;
  readonly at: Nanos;
  readonly sentAt: Nanos;
  readonly shapedAt: Nanos;
  readonly size: number;
  readonly fate: FateName;
  readonly origin: (typeof ORIGINS)[number];
  readonly copyOf: number;
  readonly fragmentOf: number;
  readonly offset: number;
  readonly moreFragments: boolean;
  readonly clamped: boolean;
  readonly twin: boolean;
  /** `PacketFlag` bits. */
  readonly flags: number;
}

/** What the pipeline asked of the world around it. */
export type Question =
  | { readonly ask: 'rebalance'; readonly seq: number; readonly window: number; readonly hysteresis: number }
  | { readonly ask: 'scatter'; readonly seq: number; readonly draw: number; readonly scope: string }
  | { readonly ask: 'tooBig'; readonly seq: number; readonly mtu: number };

export interface TestPipelineOptions {
  readonly seed?: string;
  /** Names the random streams. */
  readonly name?: string;
  readonly queue?: QueueName;
  readonly ipv6?: boolean;
}

const COMMAND = 0;
const ARRIVAL = 1;

export class TestPipeline {
  readonly kernel: Kernel;
  readonly packets = new PacketPool(8);
  readonly pipeline: Pipeline;
  readonly ends: End[] = [];
  readonly questions: Question[] = [];
  /** Packets that got a place in the line. */
  accepted = 0;
  /** By flow. */
  readonly dscp: number[] = [];
  readonly #commands: (() => void)[] = [];
  readonly #arrivals: { readonly size: number; readonly flags: number; readonly to: Pipeline }[] = [];
  readonly #ground: PipelineGround;
  readonly #commander: number;
  readonly #sender: number;

  constructor({ seed = 'seed', name = 'vm', queue = 'ladder', ipv6 = false }: TestPipelineOptions = {}) {
    this.kernel = new Kernel(createQueue(queue));
    const { kernel, packets } = this;
    const end = (packet: PacketId, fate: number) => this.#end(packet, fate);
    this.#commander = kernel.enroll({ onEvent: (_kind, index) => this.#commands[index]!() }, Rank.command);
    this.#sender = kernel.enroll({ onEvent: (_kind, index) => this.#send(index) }, Rank.arrival);
    const seqOf = (packet: PacketId) => packets.seq(packet);
    this.#ground = groundFor({
      kernel,
      packets,
      random: new RandomSource(seed),
      meter: { accepted: () => this.accepted++ },
      exit: {
        leave: (packet) => end(packet, 0),
        drop: (packet, why) => {
          end(packet, why);
          return false;
        },
        replaced: (packet) => end(packet, FATES.indexOf('fragmented')),
      },
      surroundings: {
        rebalance: (packet, window, hysteresis) =>
          this.questions.push({ ask: 'rebalance', seq: seqOf(packet), window, hysteresis }),
        scatter: (packet, draw, scope) =>
          this.questions.push({ ask: 'scatter', seq: seqOf(packet), draw, scope }) > 0,
        answerTooBig: (packet, mtu) => this.questions.push({ ask: 'tooBig', seq: seqOf(packet), mtu }),
        isIpv6: () => ipv6,
        flowId: (packet) => `flow${packets.flow(packet)}`,
        dscp: (packet) => this.dscp[packets.flow(packet)] ?? 0,
      },
    });
    // All lines of a world share their columns: the one under test is not the first.
    this.another('a neighbour');
    this.pipeline = this.another(name);
  }

  /** A pipeline beside the one under test, in the same world. */
  another(name: string): Pipeline {
    return new Pipeline(name, this.#ground);
  }

  /** Does something at that instant, before what departs or arrives then. */
  at(time: Nanos, command: () => void): this {
    this.kernel.at(time, this.#commander, COMMAND, this.#commands.push(command) - 1);
    return this;
  }

  configureAt(time: Nanos, profile: Profile | null, pipeline = this.pipeline): this {
    return this.at(time, () => pipeline.configure(profile));
  }

  /** Packets are numbered in the order of these calls. */
  send(time: Nanos, size = 1000, flags = 0, to = this.pipeline): this {
    this.kernel.at(time, this.#sender, ARRIVAL, this.#arrivals.push({ size, flags, to }) - 1);
    return this;
  }

  /** Lets everything happen up to and including `until`. */
  run(until: Nanos = LAST_INSTANT): this {
    this.kernel.advance(until, Infinity);
    return this;
  }

  /** Sequence numbers of the packets with that fate, in the order of their ends. */
  seqs(fate: FateName = 'delivered'): number[] {
    return this.ends.filter((end) => end.fate === fate).map((end) => end.seq);
  }

  #send(index: number): void {
    const { size, flags, to } = this.#arrivals[index]!;
    const { packets } = this;
    const packet = packets.take();
    const { ints, doubles } = packets;
    for (let column = SEQ; column <= FRAGMENT_OF; column++) doubles[(packet >> 1) + column] = 0;
    for (let column = 16; column <= OUTER; column++) ints[packet + column] = 0;
    doubles[(packet >> 1) + SEQ] = index;
    doubles[(packet >> 1) + SENT_AT] = this.kernel.now;
    doubles[(packet >> 1) + SHAPED_AT] = Number.NaN;
    doubles[(packet >> 1) + INFO] = 0;
    ints[packet + SIZE] = size;
    ints[packet + HOP] = 0;
    ints[packet + VIA_POOL] = -1;
    ints[packet + OFFSET_TTL_PROTOCOL] = (64 << 8) | 17;
    ints[packet + FLAGS] = newFlags(flags, PacketKind.datagram, 0);
    to.enter(packet);
  }

  #end(packet: PacketId, fate: number): void {
    const { packets } = this;
    packets.end(packet, fate, this.kernel.now);
    const double = (column: number): number => packets.doubles[(packet >> 1) + column]!;
    this.ends.push({
      id: packets.id(packet),
      seq: double(SEQ),
      at: this.kernel.now,
      sentAt: double(SENT_AT),
      shapedAt: double(SHAPED_AT),
      size: packets.size(packet),
      fate: FATES[fate]!,
      origin: ORIGINS[packets.origin(packet)]!,
      copyOf: double(COPY_OF),
      fragmentOf: double(FRAGMENT_OF),
      offset: packets.offset(packet),
      moreFragments: packets.has(packet, PacketFlag.moreFragments),
      clamped: packets.has(packet, PacketFlag.clamped),
      twin: packets.has(packet, PacketFlag.twin),
      flags: packets.flags(packet),
    });
    packets.free(packet);
  }
}
