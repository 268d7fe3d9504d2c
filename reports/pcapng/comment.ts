/**
 * What the capture says of a packet in words: `#123 stream 17 delivered after 41.2 ms`, `#124 stream 18 dropped: loss (loss stage towards
 * server)`. The number after the flow is its `seq`; what went the flow's way back, was made by the network or changed by it is told so.
 */
import type { World } from '../../sim/index.ts';
import * as sim from '../../sim/index.ts';
import { LONGEST_NUMBER, putField, putNumber } from '../csv-bytes.ts';

// Constants of this file are folded into its code. An imported one is loaded anew for each packet.
const { ADDRESSED, COPY_OF, ENDED_AT, FATES, FATE_SHIFT, FLAGS, FLOW, FRAGMENT_OF, FROM, Fate, HOP, ID } =
  sim;
const { isDrop, NO_PACKET, ORIGIN_SHIFT, OUTER, Origin, PacketFlag, SENDER, SENT_AT, SEQ, TARGET } = sim;

const encoder = new TextEncoder();
const SPACE = 0x20;
const HASH = 0x23;
const POINT = 0x2e;
const ZERO = 0x30;
const CLOSE = 0x29;

const BACK = encoder.encode(' (back)');
const COPY = encoder.encode(' (copy of #');
const FRAGMENT = encoder.encode(' (fragment of #');
const WHOLE = encoder.encode(' (reassembled)');
const MARKED = encoder.encode(', marked CE');
const SILENT = encoder.encode(', corrupted unnoticed: bits flipped, checksums made right again');
const CORRUPTED = encoder.encode(', corrupted: bits flipped, a checksum is wrong');

const CHANGED = PacketFlag.marked | PacketFlag.silent | PacketFlag.corrupted;
const DELIVERED = encoder.encode(' delivered after ');
const REASSEMBLED = encoder.encode(' arrived, part of a whole after ');
const IN_FLIGHT = encoder.encode(' in flight when the run ended, after ');
const FRAGMENTED = encoder.encode(' replaced by its fragments after ');
const AFTER = encoder.encode(' after ');

const UNITS = [
  [1e9, encoder.encode(' s')],
  [1e6, encoder.encode(' ms')],
  [1e3, encoder.encode(' us')],
] as const;
const NS = encoder.encode(' ns');

/** Where a packet was when it was dropped. */
const Whereabouts = { towards: 0, egress: 1, wire: 2 } as const;
type Whereabouts = (typeof Whereabouts)[keyof typeof Whereabouts];

/** Fixed words and numbers in the longest comment, without the flow's id and the cause. */
const FIXED = 6 * LONGEST_NUMBER + 240;

export class Comments {
  readonly #system: World['system'];
  /** By flow + 1. */
  readonly #flows: readonly Uint8Array[];
  readonly #longestFlow: number;
  readonly #causes = new Map<number, Uint8Array>();

  constructor(system: World['system']) {
    this.#system = system;
    this.#flows = ['no flow', ...system.flows.map(({ id }) => id)].map((id) => encoder.encode(id));
    this.#longestFlow = this.#flows.reduce((most, { length }) => Math.max(most, length), 0);
  }

  /** No comment on this packet is longer, in bytes. */
  room(ints: Int32Array, row: number): number {
    const fate = ints[row + FLAGS]! >>> FATE_SHIFT;
    return FIXED + this.#longestFlow + (isDrop(fate) ? this.#cause(ints, row, fate).length : 0);
  }

  /** Writes it; answers the place after it. `isOver`: the packet has ended, and its fate is known. */
  write(ints: Int32Array, doubles: Float64Array, row: number, bytes: Uint8Array, start: number): number {
    const flags = ints[row + FLAGS]!;
    const fate = flags >>> FATE_SHIFT;
    let at = this.#name(ints, doubles, row, bytes, start);
    const half = row >> 1;
    const lasted = doubles[half + ENDED_AT]! - doubles[half + SENT_AT]!;
    if (isDrop(fate)) {
      at = putField(bytes, at, this.#cause(ints, row, fate));
      at = putField(bytes, at, AFTER);
    } else {
      at = putField(bytes, at, VERBS[fate] ?? AFTER);
    }
    at = putDuration(bytes, at, lasted);
    return (flags & CHANGED) === 0 ? at : putChanges(bytes, at, flags);
  }

  /** Of a packet that is still on its way: what it is, and what happens now. */
  writeAlive(
    ints: Int32Array,
    doubles: Float64Array,
    row: number,
    event: Uint8Array,
    bytes: Uint8Array,
    start: number,
  ): number {
    const at = putField(bytes, this.#name(ints, doubles, row, bytes, start), event);
    return putChanges(bytes, at, ints[row + FLAGS]!);
  }

  #name(ints: Int32Array, doubles: Float64Array, row: number, bytes: Uint8Array, start: number): number {
    const half = row >> 1;
    bytes[start] = HASH;
    let at = putNumber(bytes, start + 1, doubles[half + ID]!);
    bytes[at++] = SPACE;
    at = putField(bytes, at, this.#flows[ints[row + FLOW]! + 1]!);
    bytes[at++] = SPACE;
    at = putSeq(bytes, at, doubles[half + SEQ]!);
    const flags = ints[row + FLAGS]!;
    if ((flags & PacketFlag.reverse) !== 0) at = putField(bytes, at, BACK);
    switch ((flags >> ORIGIN_SHIFT) & 15) {
      case Origin.copy:
        at = putReference(bytes, at, COPY, doubles[half + COPY_OF]!);
        break;
      case Origin.fragment:
        at = putReference(bytes, at, FRAGMENT, doubles[half + FRAGMENT_OF]!);
        break;
      case Origin.whole:
        at = putField(bytes, at, WHOLE);
        break;
    }
    return at;
  }

  #cause(ints: Int32Array, row: number, fate: number): Uint8Array {
    const hop = ints[row + HOP]!;
    const where = whereabouts(ints, row);
    const vm = where === Whereabouts.egress ? ints[row + FROM]! : hop;
    const address = vm < 0 ? ints[row + ADDRESSED]! : 0;
    const key = ((vm < 0 ? this.#system.vms.length + address : vm) * 16 + fate) * 3 + where;
    let cause = this.#causes.get(key);
    if (cause === undefined) {
      const name = vm < 0 ? this.#system.address(address) : (this.#system.vms[vm] ?? '');
      cause = encoder.encode(` dropped: ${FATES[fate]} (${causeOf(fate, where, name)})`);
      this.#causes.set(key, cause);
    }
    return cause;
  }
}

const VERBS: readonly (Uint8Array | undefined)[] = Object.assign([], {
  [Fate.delivered]: DELIVERED,
  [Fate.reassembled]: REASSEMBLED,
  [Fate.fragmented]: FRAGMENTED,
  [Fate.inFlight]: IN_FLIGHT,
});

/** Between hosts while it has a substrate header; in its sender's egress while nobody has looked where it goes. */
function whereabouts(ints: Int32Array, row: number): Whereabouts {
  if (ints[row + OUTER] !== NO_PACKET) return Whereabouts.wire;
  const isUnrouted = ints[row + HOP]! < 0 && ints[row + TARGET] === ints[row + ADDRESSED];
  return isUnrouted && ints[row + SENDER] === ints[row + FROM] ? Whereabouts.egress : Whereabouts.towards;
}

/** The stage of SPEC 3, or whatever else it was, that dropped the packet. `name`: of the VM it was meant for; in egress, of its sender. */
function causeOf(fate: number, where: Whereabouts, name: string): string {
  const stage = (kind: string): string =>
    where === Whereabouts.egress ? `${kind} of ${name}'s egress` : `${kind} towards ${name}`;
  switch (fate) {
    case Fate.loss:
      return stage('loss stage');
    case Fate.queue:
      return where === Whereabouts.wire
        ? 'queue of a link between hosts'
        : stage('queue of the bandwidth stage');
    case Fate.mtu:
      return stage('mtu stage');
    case Fate.checksum:
      return `IP host of ${name}`;
    case Fate.spoofed:
      return where === Whereabouts.wire
        ? "check of the sender at the receiver's host"
        : `check of the sender at ${name}`;
    case Fate.noRoute:
      return `no route towards ${name}`;
    case Fate.ttl:
      return `hop limit used up at ${name}`;
    case Fate.unassigned:
      return `nobody has the address ${name}`;
    case Fate.vmDown:
      return `${name} is off`;
    case Fate.linkDown:
      return where === Whereabouts.wire ? 'a link between hosts is down' : stage('outage or partition');
    case Fate.reassemblyTimeout:
      return `${name} waited in vain for the other fragments`;
    default:
      return `nobody listens at that port of ${name}`;
  }
}

function putChanges(bytes: Uint8Array, start: number, flags: number): number {
  let at = start;
  if ((flags & PacketFlag.marked) !== 0) at = putField(bytes, at, MARKED);
  if ((flags & PacketFlag.silent) !== 0) at = putField(bytes, at, SILENT);
  if ((flags & PacketFlag.corrupted) !== 0) at = putField(bytes, at, CORRUPTED);
  return at;
}

function putReference(bytes: Uint8Array, start: number, words: Uint8Array, id: number): number {
  const at = putNumber(bytes, putField(bytes, start, words), id);
  bytes[at] = CLOSE;
  return at + 1;
}

/** Numbers of packets that no program counts may be below 0. */
function putSeq(bytes: Uint8Array, at: number, seq: number): number {
  if (seq >= 0) return putNumber(bytes, at, seq);
  bytes[at] = 0x2d;
  return putNumber(bytes, at + 1, -seq);
}

/** In the largest unit that it has one of, with one decimal, rounded half up. */
function putDuration(bytes: Uint8Array, start: number, duration: number): number {
  for (const [unit, name] of UNITS) {
    if (duration < unit) continue;
    const tenths = Math.floor(duration / (unit / 10) + 0.5);
    const whole = Math.floor(tenths / 10);
    const at = putNumber(bytes, start, whole);
    bytes[at] = POINT;
    bytes[at + 1] = ZERO + (tenths - whole * 10);
    return putField(bytes, at + 2, name);
  }
  return putField(bytes, putNumber(bytes, start, duration), NS);
}
