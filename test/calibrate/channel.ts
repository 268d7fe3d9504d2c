/** Many packets through one pipeline, and what became of each, in columns: the measuring bench of the calibration. */
import {
  type Actor,
  createQueue,
  Kernel,
  LAST_INSTANT,
  type Nanos,
  RandomSource,
  Rank,
} from '../../engine/index.ts';
import {
  FLAGS,
  FLOW,
  FRAGMENT_OF,
  HOP,
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
  SHAPED_AT,
  SIZE,
  VIA_POOL,
} from '../../sim/packet.ts';
import { groundFor, Pipeline } from '../../sim/personality/pipeline.ts';
import type { Profile } from '../../sim/personality/profile.ts';
import type { Surroundings } from '../../sim/personality/stage.ts';
import { Fate } from '../../sim/trace.ts';

export interface Course {
  readonly profile: Profile;
  readonly packets: number;
  /** From one packet to the next: ns, or by packet, asked when it has come. */
  readonly gap: Nanos | ((seq: number) => Nanos);
  /** Bytes of the IP packet, or by packet. */
  readonly size?: number | ((seq: number) => number);
  /** `PacketFlag` bits of every packet, or by packet. */
  readonly flags?: number | ((seq: number) => number);
  /** The flow of each packet; its number is also its source port and, halved, its DSCP. */
  readonly flow?: (seq: number) => number;
  readonly seed?: string;
  /** Looks at every packet that ends, of any origin; its row is still there. */
  readonly observe?: (packets: PacketPool, packet: PacketId, fate: number, now: Nanos) => void;
  /** What the world around answers, where that matters. */
  readonly surroundings?: (packets: PacketPool) => Partial<Surroundings>;
}

/** By sequence number where nothing else is said. */
export interface Outcome {
  readonly packets: number;
  readonly sentAt: Float64Array;
  /** When the original left the pipeline; NaN when it was dropped. */
  readonly leftAt: Float64Array;
  /** When it left the bandwidth stage. */
  readonly shapedAt: Float64Array;
  /** `Fate` of the original. */
  readonly fate: Uint8Array;
  /** Packets that left, of any origin: copies and fragments included. */
  readonly arrivals: Uint16Array;
  /** 1: it came out with that flag. */
  readonly marked: Uint8Array;
  readonly corrupted: Uint8Array;
  /** The sequence numbers in the order in which originals left. */
  readonly order: Int32Array;
  /** Packets that were dropped, of any origin, and delays that would have been below zero. */
  readonly dropped: number;
  readonly clamped: number;
}

/** Sends the packets of a course and lets all of them end. */
export function send(course: Course): Outcome {
  const {
    profile,
    packets: count,
    gap,
    size = 1000,
    flags = 0,
    flow = () => 0,
    // Each setting has draws of its own.
    seed = Object.entries(profile).join(' '),
    observe,
  } = course;
  const kernel = new Kernel(createQueue('ladder'));
  const packets = new PacketPool();
  const sentAt = new Float64Array(count);
  const leftAt = new Float64Array(count).fill(Number.NaN);
  const shapedAt = new Float64Array(count).fill(Number.NaN);
  const fate = new Uint8Array(count);
  const arrivals = new Uint16Array(count);
  const marked = new Uint8Array(count);
  const corrupted = new Uint8Array(count);
  const order = new Int32Array(count);
  let left = 0;
  let dropped = 0;
  let clamped = 0;
  const end = (packet: PacketId, how: number): void => {
    const seq = packets.seq(packet);
    const isOriginal = packets.origin(packet) === 0;
    if (how === Fate.delivered) arrivals[seq]! += 1;
    else if (how !== Fate.fragmented) dropped++;
    if (packets.has(packet, PacketFlag.clamped)) clamped++;
    if (isOriginal) {
      fate[seq] = how;
      shapedAt[seq] = packets.doubles[(packet >> 1) + SHAPED_AT]!;
      if (how === Fate.delivered) {
        leftAt[seq] = kernel.now;
        order[left++] = seq;
        if (packets.has(packet, PacketFlag.marked)) marked[seq] = 1;
        if (packets.has(packet, PacketFlag.corrupted)) corrupted[seq] = 1;
      }
    }
    observe?.(packets, packet, how, kernel.now);
    packets.end(packet, how, kernel.now);
    packets.free(packet);
  };
  const pipeline = new Pipeline(
    'vm',
    groundFor({
      kernel,
      packets,
      random: new RandomSource(seed),
      meter: null,
      exit: {
        leave: (packet) => end(packet, Fate.delivered),
        drop: (packet, why) => {
          end(packet, why);
          return false;
        },
        replaced: (packet) => end(packet, Fate.fragmented),
      },
      surroundings: {
        rebalance() {},
        scatter: () => false,
        answerTooBig() {},
        isIpv6: () => false,
        flowId: (packet) => `flow${packets.flow(packet)}`,
        dscp: (packet) => packets.flow(packet) >> 1,
        ...course.surroundings?.(packets),
      },
    }),
  );
  const sender: Actor = {
    onEvent(_kind, seq) {
      const packet = packets.take();
      const { ints, doubles } = packets;
      for (let column = SEQ; column <= FRAGMENT_OF; column++) doubles[(packet >> 1) + column] = 0;
      for (let column = 16; column <= OUTER; column++) ints[packet + column] = 0;
      doubles[(packet >> 1) + SEQ] = seq;
      doubles[(packet >> 1) + SENT_AT] = sentAt[seq] = kernel.now;
      doubles[(packet >> 1) + SHAPED_AT] = Number.NaN;
      ints[packet + SIZE] = typeof size === 'number' ? size : size(seq);
      ints[packet + HOP] = 0;
      ints[packet + VIA_POOL] = -1;
      ints[packet + FLOW] = flow(seq);
      ints[packet + PORTS] = (flow(seq) << 16) | 9;
      ints[packet + OFFSET_TTL_PROTOCOL] = (64 << 8) | 17;
      const bits = typeof flags === 'number' ? flags : flags(seq);
      ints[packet + FLAGS] = newFlags(bits, PacketKind.datagram, 0);
      pipeline.enter(packet);
      // Not before: a sender may go by what became of this one.
      if (seq + 1 < count) {
        kernel.at(kernel.now + (typeof gap === 'number' ? gap : gap(seq)), actor, 0, seq + 1);
      }
    },
  };
  const actor = kernel.enroll(sender, Rank.arrival);
  pipeline.configure(profile);
  kernel.at(0, actor, 0, 0);
  kernel.advance(LAST_INSTANT, Infinity);
  return {
    packets: count,
    sentAt,
    leftAt,
    shapedAt,
    fate,
    arrivals,
    marked,
    corrupted,
    order: order.subarray(0, left),
    dropped,
    clamped,
  };
}

let last: { readonly course: Course; readonly outcome: Outcome } | null = null;

/** The same, once for proofs of the same course that follow each other. */
export function sent(course: Course): Outcome {
  if (last?.course !== course) {
    // Two at once would be many.
    last = null;
    last = { course, outcome: send(course) };
  }
  return last.outcome;
}
