/**
 * What the capture says of a packet in words: `#123 stream 17 delivered after 41.2 ms`, `#124 stream 18 dropped: loss (loss stage towards
 * server)`. The number after the flow is its `seq`; what went the flow's way back, was made by the network or changed by it is told so.
 */
import type { World } from '../../sim/index.ts';
import * as sim from '../../sim/index.ts';
import { LONGEST_NUMBER, putNumber } from '../csv-bytes.ts';
import type { BlockBuffer } from './blocks.ts';

// Constants of this file are folded into its code. An imported one is loaded anew for each packet.
const { ADDRESSED, COPY_OF, ENDED_AT, FATES, FATE_SHIFT, FLAGS, FLOW, FRAGMENT_OF, FROM, Fate, HOP, ID } =
  sim;
const { isDrop, NO_PACKET, ORIGIN_SHIFT, OUTER, Origin, PacketFlag, SENDER, SENT_AT, SEQ, TARGET } = sim;

/** Words ready to be written, four bytes at a time: the last ones reach beyond its end. */
export interface Text {
  readonly length: number;
  /** Little-endian. */
  readonly words: Int32Array;
}

type Out = Pick<BlockBuffer, 'bytes' | 'view'>;

const SPACE = 0x20;
const HASH = 0x23;
const POINT = 0x2e;
const ZERO = 0x30;
const CLOSE = 0x29;

const BACK = textOf(' (back)');
const COPY = textOf(' (copy of #');
const FRAGMENT = textOf(' (fragment of #');
const WHOLE = textOf(' (reassembled)');
const MARKED = textOf(', marked CE');
const SILENT = textOf(', corrupted unnoticed: bits flipped, checksums made right again');
const CORRUPTED = textOf(', corrupted: bits flipped, a checksum is wrong');

const CHANGED = PacketFlag.marked | PacketFlag.silent | PacketFlag.corrupted;
const DELIVERED = textOf(' delivered after ');
const REASSEMBLED = textOf(' arrived, part of a whole after ');
const IN_FLIGHT = textOf(' in flight when the run ended, after ');
const FRAGMENTED = textOf(' replaced by its fragments after ');
const AFTER = textOf(' after ');

const [S, MS, US, NS] = [textOf(' s'), textOf(' ms'), textOf(' us'), textOf(' ns')];

/** Where a packet was when it was dropped. */
const Whereabouts = { towards: 0, egress: 1, wire: 2 } as const;
type Whereabouts = (typeof Whereabouts)[keyof typeof Whereabouts];

/** Fixed words and numbers in the longest comment, without the flow's id and the cause. */
const FIXED = 6 * LONGEST_NUMBER + 240;

export class Comments {
  readonly #system: World['system'];
  /** By flow + 1. */
  readonly #flows: readonly Text[];
  readonly #longestFlow: number;
  readonly #causes = new Map<number, Text>();

  constructor(system: World['system']) {
    this.#system = system;
    this.#flows = ['no flow', ...system.flows.map(({ id }) => id)].map((id) => textOf(id));
    this.#longestFlow = this.#flows.reduce((most, { length }) => Math.max(most, length), 0);
  }

  /** No comment on this packet is longer, in bytes. */
  room(ints: Int32Array, row: number): number {
    const fate = ints[row + FLAGS]! >>> FATE_SHIFT;
    return FIXED + this.#longestFlow + (isDrop(fate) ? this.#cause(ints, row, fate).length : 0);
  }

  /** Writes it; answers the place after it. `isOver`: the packet has ended, and its fate is known. */
  write(ints: Int32Array, doubles: Float64Array, row: number, out: Out, start: number): number {
    const flags = ints[row + FLAGS]!;
    const fate = flags >>> FATE_SHIFT;
    let at = this.#name(ints, doubles, row, out, start);
    const half = row >> 1;
    const lasted = doubles[half + ENDED_AT]! - doubles[half + SENT_AT]!;
    if (isDrop(fate)) {
      at = putText(out, at, this.#cause(ints, row, fate));
      at = putText(out, at, AFTER);
    } else {
      at = putText(out, at, VERBS[fate] ?? AFTER);
    }
    at = putDuration(out, at, lasted);
    return (flags & CHANGED) === 0 ? at : putChanges(out, at, flags);
  }

  /** Of a packet that is still on its way: what it is, and what happens now. */
  writeAlive(
    ints: Int32Array,
    doubles: Float64Array,
    row: number,
    event: Text,
    out: Out,
    start: number,
  ): number {
    const at = putText(out, this.#name(ints, doubles, row, out, start), event);
    return putChanges(out, at, ints[row + FLAGS]!);
  }

  #name(ints: Int32Array, doubles: Float64Array, row: number, out: Out, start: number): number {
    const half = row >> 1;
    out.bytes[start] = HASH;
    let at = putNumber(out.bytes, start + 1, doubles[half + ID]!);
    out.bytes[at++] = SPACE;
    at = putText(out, at, this.#flows[ints[row + FLOW]! + 1]!);
    out.bytes[at++] = SPACE;
    at = putSeq(out, at, doubles[half + SEQ]!);
    const flags = ints[row + FLAGS]!;
    if ((flags & PacketFlag.reverse) !== 0) at = putText(out, at, BACK);
    switch ((flags >> ORIGIN_SHIFT) & 15) {
      case Origin.copy:
        at = putReference(out, at, COPY, doubles[half + COPY_OF]!);
        break;
      case Origin.fragment:
        at = putReference(out, at, FRAGMENT, doubles[half + FRAGMENT_OF]!);
        break;
      case Origin.whole:
        at = putText(out, at, WHOLE);
        break;
    }
    return at;
  }

  #cause(ints: Int32Array, row: number, fate: number): Text {
    const hop = ints[row + HOP]!;
    const where = whereabouts(ints, row);
    const vm = where === Whereabouts.egress ? ints[row + FROM]! : hop;
    const address = vm < 0 ? ints[row + ADDRESSED]! : 0;
    const key = ((vm < 0 ? this.#system.vms.length + address : vm) * 16 + fate) * 3 + where;
    let cause = this.#causes.get(key);
    if (cause === undefined) {
      const name = vm < 0 ? this.#system.address(address) : (this.#system.vms[vm] ?? '');
      cause = textOf(` dropped: ${FATES[fate]} (${causeOf(fate, where, name)})`);
      this.#causes.set(key, cause);
    }
    return cause;
  }
}

const VERBS: readonly (Text | undefined)[] = Object.assign([], {
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

function putChanges(out: Out, start: number, flags: number): number {
  let at = start;
  if ((flags & PacketFlag.marked) !== 0) at = putText(out, at, MARKED);
  if ((flags & PacketFlag.silent) !== 0) at = putText(out, at, SILENT);
  if ((flags & PacketFlag.corrupted) !== 0) at = putText(out, at, CORRUPTED);
  return at;
}

function putReference(out: Out, start: number, words: Text, id: number): number {
  const at = putNumber(out.bytes, putText(out, start, words), id);
  out.bytes[at] = CLOSE;
  return at + 1;
}

/** Numbers of packets that no program counts may be below 0. */
function putSeq(out: Out, at: number, seq: number): number {
  if (seq >= 0) return putNumber(out.bytes, at, seq);
  out.bytes[at] = 0x2d;
  return putNumber(out.bytes, at + 1, -seq);
}

/** In the largest unit that it has one of, with one decimal, rounded half up. */
function putDuration(out: Out, start: number, duration: number): number {
  if (duration < 1e3) return putText(out, putNumber(out.bytes, start, duration), NS);
  if (duration < 1e6) return putTenths(out, start, duration, 1e2, US);
  return duration < 1e9 ? putTenths(out, start, duration, 1e5, MS) : putTenths(out, start, duration, 1e8, S);
}

function putTenths(out: Out, start: number, duration: number, tenth: number, unit: Text): number {
  const tenths = Math.floor(duration / tenth + 0.5);
  const whole = Math.floor(tenths / 10);
  const at = putNumber(out.bytes, start, whole);
  out.bytes[at] = POINT;
  out.bytes[at + 1] = ZERO + (tenths - whole * 10);
  return putText(out, at + 2, unit);
}

export function textOf(text: string): Text {
  const bytes = new TextEncoder().encode(text);
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  const view = new DataView(new ArrayBuffer(words.length * 4));
  bytes.forEach((byte, at) => {
    view.setUint8(at, byte);
  });
  words.forEach((_, i) => {
    words[i] = view.getInt32(i * 4, true);
  });
  return { length: bytes.length, words };
}

function putText({ view }: Out, at: number, { length, words }: Text): number {
  for (let i = 0; i < words.length; i++) view.setInt32(at + i * 4, words[i]!, true);
  return at + length;
}
