/** The vocabulary of facts: what the model says about itself. Packets when they end, samples, commands. */
import type { Nanos } from '../engine/index.ts';

/**
 * How a packet can end. The first is success; the next twelve are the reasons for a drop (SPEC 3); then the ways of being replaced
 * or of outliving the run. The index into this list is the fate of a packet's `FLAGS`.
 */
export const FATES = [
  'delivered',
  'loss',
  'queue',
  'mtu',
  'checksum',
  'spoofed',
  'no-route',
  'ttl',
  'unassigned',
  'vm-down',
  'link-down',
  'reassembly-timeout',
  'no-listener',
  'fragmented',
  'reassembled',
  'in-flight',
] as const;
export type FateName = (typeof FATES)[number];

export const Fate = {
  delivered: 0,
  loss: 1,
  queue: 2,
  mtu: 3,
  checksum: 4,
  spoofed: 5,
  noRoute: 6,
  ttl: 7,
  unassigned: 8,
  vmDown: 9,
  linkDown: 10,
  reassemblyTimeout: 11,
  noListener: 12,
  /** Replaced by its fragments. */
  fragmented: 13,
  /** A fragment replaced by the whole it became part of. */
  reassembled: 14,
  /** Alive when the run ended. */
  inFlight: 15,
} as const;
export type Fate = (typeof Fate)[keyof typeof Fate];

export type DropReason = Exclude<FateName, 'delivered' | 'fragmented' | 'reassembled' | 'in-flight'>;
export const DROP_REASONS = FATES.slice(1, 13) as readonly DropReason[];
export const isDrop = (fate: number): boolean => fate >= Fate.loss && fate <= Fate.noListener;

/** How a packet came into being. Conservation: every packet has one origin and one fate. */
export const Origin = {
  /** By a program or traffic source. */
  sent: 0,
  /** By a VM's IP host or the network: echo replies, ICMP errors. */
  answer: 1,
  /** The extra copy of a duplication. */
  copy: 2,
  fragment: 3,
  /** A whole that fragments were reassembled into. */
  whole: 4,
} as const;
export type Origin = (typeof Origin)[keyof typeof Origin];
export const ORIGINS = ['sent', 'answer', 'copy', 'fragment', 'whole'] as const;

/** Bits of a packet's `FLAGS` that say something about its story, at the same places as in `PacketFlag`. */
export const RowFlag = {
  /** Travels from the flow's `to` back to its `from` (replies, ICMP errors). */
  reverse: 1,
  /** It, or what it was made from, was duplicated: another packet with the same flow, direction and `seq` exists. */
  twin: 2,
  /** A delay below zero was delivered at once. */
  clamped: 4,
  /** Congestion experienced was marked (RFC 3168). */
  marked: 8,
  /** Damaged on the way, and its checksums made to fit: nobody has noticed. */
  silent: 2048,
} as const;

/**
 * Packets that have ended, in the order in which they ended; told in chunks. The columns are those of `packet.ts`: packet i of the
 * chunk is `packets[i]`, its size `ints[packets[i] + SIZE]`, its end `doubles[(packets[i] >> 1) + ENDED_AT]`, its fate
 * `ints[packets[i] + FLAGS] >>> FATE_SHIFT`. All of it is used again after the sinks have read it.
 */
export interface EndedPackets {
  readonly length: number;
  readonly packets: Int32Array;
  readonly ints: Int32Array;
  readonly doubles: Float64Array;
}

/** What a flow's own program observes; few per second, so they come one by one. */
export const Sample = {
  /** A ping or request was asked. value: its number, unique in the flow. */
  asked: 0,
  /** It was answered. value: round-trip time in ns. */
  answered: 1,
  /** Nobody answered in time (after all retries). value: its number. */
  timedOut: 2,
  /** A request was sent again. value: its number. */
  retried: 3,
  /** Bytes of a message or file that arrived complete. value: bytes. */
  completed: 4,
} as const;
export type Sample = (typeof Sample)[keyof typeof Sample];

/** A control-plane or scenario command that took effect, in words. */
export interface CommandRecord {
  readonly at: Nanos;
  /** `assign`, `update`, `power`, `link` … */
  readonly command: string;
  /** What it was about: a VM, a personality, a link. */
  readonly subject: string;
  /** What changed: `transatlantic -> outage`, `latencyMs 40 -> 90`. */
  readonly effect: string;
}

/** What a sink may ask at the end of an interval. */
export interface Probe {
  /** Bytes waiting for tokens or for the wire in front of a VM (not those in the delay stage). */
  backlogBytes(vm: number): number;
  /** The largest backlog in front of a VM since the last interval's end. */
  backlogPeakBytes(vm: number): number;
}

/** Receives facts. Every method is optional; none may keep what it is given. */
export interface TraceSink {
  ended?(chunk: EndedPackets): void;
  sample?(kind: Sample, flow: number, at: Nanos, value: number): void;
  command?(record: CommandRecord): void;
  /** Everything up to and including `end` has been told. */
  interval?(start: Nanos, end: Nanos, probe: Probe): void;
}

export interface FlowInfo {
  readonly id: string;
  readonly kind: string;
  /** Words for tables: VM ids, `3 VMs`, a network's id. */
  readonly from: string;
  readonly to: string;
  /** Exactly one sender and one fixed destination, so that order means something. */
  readonly single: boolean;
  /** Its figures are of questions and answers: `asked`, `answered`, rtt. */
  readonly transactional: boolean;
}

/** How the numbers in the rows are read. Grows while the run goes on (addresses and paths are numbered when first seen). */
export interface Names {
  readonly vms: readonly string[];
  readonly flows: readonly FlowInfo[];
  /** The id of the VM that has the address, otherwise the address's text. */
  address(id: number): string;
  /** VM ids joined by `>`; empty for path 0. */
  path(id: number): string;
}
