/** Every packet alive, as rows of one buffer. Does not know what happens to packets. */
import { Defect, type Nanos } from '../engine/index.ts';
import { Damages, isSilentDamage } from './damage.ts';
import type { Damage } from './wire/bit-errors.ts';

/**
 * A packet: the index of its row's first int32, a multiple of {@link ROW}. Rows are used again: whoever lets go of a packet forgets it.
 * Its integers are `ints[packet + SIZE]`, its doubles `doubles[(packet >> 1) + SENT_AT]`; two cache lines hold all of it.
 */
export type PacketId = number;
export const NO_PACKET: PacketId = -1;

/** Int32s in a row. */
export const ROW = 32;

// The first half of a row, written when the packet is made and read when it has ended. Doubles:
/** From 1, in the order of coming into being. */
export const ID = 0;
/** Its number in its flow, see `trace.ts`. */
export const SEQ = 1;
export const SENT_AT = 2;
/** By kind: the MTU of a `tooBig`, the sequence number of an echo, the message number of a request. */
export const INFO = 3;
/** The id it is a copy of, the id it is a fragment of; 0 for none. */
export const COPY_OF = 4;
export const FRAGMENT_OF = 5;
// Int32s:
export const FLOW = 12;
/** Address ids: the target that the sender addressed, the pool it came through (-1: none). */
export const ADDRESSED = 13;
export const VIA_POOL = 14;
/** IP identification, with the fragment's offset what a fragment is part of; of a fragment, + 65536 * the whole's payload in bytes, as int32. */
export const IDENT = 15;

// The second half, which lines and hosts work with on the way. Doubles:
export const ENDED_AT = 8;
/** Until it has ended: when it leaves the line it waits in. */
export const DUE = ENDED_AT;
/** When it left the last bandwidth stage; NaN before. */
export const SHAPED_AT = 9;
// Int32s:
/** The IP packet's length in bytes, header included. */
export const SIZE = 20;
/** The packet behind it in the line it waits in; -1 for none. Written by the line. */
export const NEXT = 21;
/** `PacketFlag` bits, then kind, origin and fate, see {@link KIND_SHIFT}. */
export const FLAGS = 22;
/** The VM that it is being handed towards; -1 for nobody. */
export const HOP = 23;
/** The VM that sent it first. */
export const FROM = 24;
/** The VM that hands it on now: `FROM`, or a router. */
export const SENDER = 25;
/** Address ids: source and present target. */
export const SOURCE = 26;
export const TARGET = 27;
/** Source port * 65536 + target port, as int32; of an echo: identifier and 0. */
export const PORTS = 28;
/** Path id: the VMs it was handed towards. */
export const PATH = 29;
/** Offset of a fragment in bytes * 65536 + TTL or hop limit * 256 + protocol, as int32. */
export const OFFSET_TTL_PROTOCOL = 30;
/** The substrate header while there is one: source host * 65536 + target host, as int32; -1 outside the substrate. */
export const OUTER = 31;

/** Bits of `FLAGS`. The low four are those of the trace (`RowFlag`). */
export const PacketFlag = {
  reverse: 1,
  twin: 2,
  clamped: 4,
  marked: 8,
  dontFragment: 16,
  moreFragments: 32,
  ecnCapable: 64,
  /** Bits of it have flipped, and its checksums tell. */
  corrupted: 128,
  /** Has an entry in `body`. */
  body: 256,
  /** An ICMP error, about which no ICMP error is ever sent. */
  icmpError: 512,
  /** Comes from a host whose manager does not verify senders (an audit's compromised host). */
  unverified: 1024,
  /** Bits of it have flipped, and its checksums were made right again. */
  silent: 2048,
} as const;
export const FLAG_BITS = 0xfff;
/** Kind (`PacketKind`), origin (`Origin`) and fate (`Fate`, or {@link ALIVE}) share the word with the flags. */
export const KIND_SHIFT = 12;
export const ORIGIN_SHIFT = 16;
export const FATE_SHIFT = 20;
/** Stands where the fate will be. */
export const ALIVE = 31;

const DAMAGED = PacketFlag.corrupted | PacketFlag.silent;
const HAS_MORE = PacketFlag.body | DAMAGED;

/** What the packet is to an IP host. */
export const PacketKind = {
  datagram: 0,
  echoRequest: 1,
  echoReply: 2,
  portUnreachable: 3,
  /** ICMP fragmentation needed (RFC 1191) or ICMPv6 packet too big (RFC 8201); `INFO` is the MTU. */
  tooBig: 4,
  timeExceeded: 5,
  /** Time exceeded in reassembly (ICMP type 11 code 1). */
  reassemblyTimeExceeded: 6,
} as const;
export type PacketKind = (typeof PacketKind)[keyof typeof PacketKind];

/** The word `FLAGS` of a packet that has just come into being. */
export const newFlags = (flags: number, kind: PacketKind, origin: number): number =>
  flags | (kind << KIND_SHIFT) | (origin << ORIGIN_SHIFT) | (ALIVE << FATE_SHIFT);

const NO_DAMAGE: readonly Damage[] = [];

/** So many packets may be alive at once; beyond it the run ends with an error instead of eating the machine's memory. */
export const MOST_PACKETS = 1 << 24;

/** More packets are in flight than a run may hold. Not a defect: the scenario asks for it. */
export class TooManyPackets extends Error {
  override name = 'TooManyPackets';
}

export class PacketPool {
  /** How many packets are alive. */
  live = 0;
  /** How many have ever been. */
  born = 0;
  ints: Int32Array;
  /** The same buffer. */
  doubles: Float64Array;
  /** By row: what a program put into the packet, or what an ICMP error quotes; only where `PacketFlag.body` is set. */
  readonly #bodies: unknown[] = [];
  /** By row: only where `PacketFlag.corrupted` or `silent` is set. */
  readonly #damages = new Damages();
  #free: Int32Array;
  #freeCount = 0;

  constructor(capacity = 2048) {
    const buffer = new ArrayBuffer(capacity * ROW * 4);
    this.ints = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.#free = new Int32Array(capacity);
    for (let row = capacity - 1; row >= 0; row--) this.#free[this.#freeCount++] = row * ROW;
  }

  /** An empty row with an id. The caller writes every other column. */
  take(): PacketId {
    if (this.#freeCount === 0) this.#grow();
    const packet = this.#free[--this.#freeCount]!;
    this.live++;
    this.doubles[packet >> 1] = ++this.born;
    return packet;
  }

  /** A second packet like this one, with its own id; `origin` says why. */
  clone(packet: PacketId, origin: number): PacketId {
    const copy = this.take();
    const { ints } = this;
    // Everything but the id, bit by bit.
    for (let column = 2; column < ROW; column++) ints[copy + column] = ints[packet + column]!;
    const kept = ints[packet + FLAGS]! & (FLAG_BITS | (15 << KIND_SHIFT));
    ints[copy + FLAGS] = kept | (origin << ORIGIN_SHIFT) | (ALIVE << FATE_SHIFT);
    if ((kept & PacketFlag.body) !== 0) this.#bodies[copy / ROW] = this.#bodies[packet / ROW];
    if ((kept & DAMAGED) !== 0) this.#damages.copy(packet / ROW, copy / ROW);
    return copy;
  }

  /** Writes how and when it ended; the row stays readable until it is freed. */
  end(packet: PacketId, fate: number, at: Nanos): void {
    const flags = this.ints[packet + FLAGS]!;
    if (flags >>> FATE_SHIFT !== ALIVE) throw new Defect('a packet ended twice');
    this.ints[packet + FLAGS] = (flags & ~(ALIVE << FATE_SHIFT)) | (fate << FATE_SHIFT);
    this.doubles[(packet >> 1) + ENDED_AT] = at;
    this.live--;
  }

  /** The row of a packet that has ended may be used again. */
  free(packet: PacketId): void {
    const flags = this.ints[packet + FLAGS]!;
    if ((flags & HAS_MORE) !== 0) {
      if ((flags & PacketFlag.body) !== 0) this.#bodies[packet / ROW] = undefined;
      if ((flags & DAMAGED) !== 0) this.#damages.clear(packet / ROW);
    }
    this.#free[this.#freeCount++] = packet;
  }

  /** All packets alive, by id. */
  alive(): PacketId[] {
    const packets: PacketId[] = [];
    for (let packet = 0; packet < this.ints.length; packet += ROW) {
      if (this.fate(packet) === ALIVE) packets.push(packet);
    }
    return packets.sort((a, b) => this.doubles[a >> 1]! - this.doubles[b >> 1]!);
  }

  /** Copies of rows, one after the other, as if the packets had ended now. */
  snapshot(
    packets: readonly PacketId[],
    fate: number,
    at: Nanos,
  ): { readonly ints: Int32Array; readonly doubles: Float64Array } {
    const buffer = new ArrayBuffer(packets.length * ROW * 4);
    const ints = new Int32Array(buffer);
    const doubles = new Float64Array(buffer);
    packets.forEach((packet, i) => {
      ints.set(this.ints.subarray(packet, packet + ROW), i * ROW);
      ints[i * ROW + FLAGS] = (ints[i * ROW + FLAGS]! & ~(ALIVE << FATE_SHIFT)) | (fate << FATE_SHIFT);
      doubles[((i * ROW) >> 1) + ENDED_AT] = at;
    });
    return { ints, doubles };
  }

  // Columns by name, for code off the fast path.

  id(packet: PacketId): number {
    return this.doubles[packet >> 1]!;
  }

  seq(packet: PacketId): number {
    return this.doubles[(packet >> 1) + SEQ]!;
  }

  sentAt(packet: PacketId): Nanos {
    return this.doubles[(packet >> 1) + SENT_AT]!;
  }

  info(packet: PacketId): number {
    return this.doubles[(packet >> 1) + INFO]!;
  }

  size(packet: PacketId): number {
    return this.ints[packet + SIZE]!;
  }

  flow(packet: PacketId): number {
    return this.ints[packet + FLOW]!;
  }

  source(packet: PacketId): number {
    return this.ints[packet + SOURCE]!;
  }

  target(packet: PacketId): number {
    return this.ints[packet + TARGET]!;
  }

  sourcePort(packet: PacketId): number {
    return this.ints[packet + PORTS]! >>> 16;
  }

  targetPort(packet: PacketId): number {
    return this.ints[packet + PORTS]! & 0xffff;
  }

  ident(packet: PacketId): number {
    return this.ints[packet + IDENT]! & 0xffff;
  }

  /** Bytes of payload of the whole that this is a fragment of. */
  wholePayload(fragment: PacketId): number {
    return this.ints[fragment + IDENT]! >>> 16;
  }

  ttl(packet: PacketId): number {
    return (this.ints[packet + OFFSET_TTL_PROTOCOL]! >> 8) & 0xff;
  }

  protocol(packet: PacketId): number {
    return this.ints[packet + OFFSET_TTL_PROTOCOL]! & 0xff;
  }

  kind(packet: PacketId): PacketKind {
    return ((this.ints[packet + FLAGS]! >> KIND_SHIFT) & 15) as PacketKind;
  }

  origin(packet: PacketId): number {
    return (this.ints[packet + FLAGS]! >> ORIGIN_SHIFT) & 15;
  }

  fate(packet: PacketId): number {
    return this.ints[packet + FLAGS]! >>> FATE_SHIFT;
  }

  /** `PacketFlag` bits. */
  flags(packet: PacketId): number {
    return this.ints[packet + FLAGS]! & FLAG_BITS;
  }

  has(packet: PacketId, flag: number): boolean {
    return (this.ints[packet + FLAGS]! & flag) !== 0;
  }

  /** Of a fragment: where its payload begins in the whole's, in bytes. */
  offset(packet: PacketId): number {
    return this.ints[packet + OFFSET_TTL_PROTOCOL]! >>> 16;
  }

  setOffset(packet: PacketId, bytes: number): void {
    this.ints[packet + OFFSET_TTL_PROTOCOL] =
      (bytes << 16) | (this.ints[packet + OFFSET_TTL_PROTOCOL]! & 0xffff);
  }

  /** A part of a whole: there is an offset, or more to come. */
  isFragment(packet: PacketId): boolean {
    return this.offset(packet) !== 0 || this.has(packet, PacketFlag.moreFragments);
  }

  body(packet: PacketId): unknown {
    return this.#bodies[packet / ROW];
  }

  setBody(packet: PacketId, body: unknown): void {
    this.ints[packet + FLAGS]! |= PacketFlag.body;
    this.#bodies[packet / ROW] = body;
  }

  /** Bits of it flip: where follows from `draw`, an int32; `kind` is made by `damageKind`. */
  damage(packet: PacketId, draw: number, kind: number): void {
    this.ints[packet + FLAGS]! |= isSilentDamage(kind) ? PacketFlag.silent : PacketFlag.corrupted;
    this.#damages.add(packet / ROW, draw, kind);
  }

  /** What has happened to its bits, in order. */
  damages(packet: PacketId): readonly Damage[] {
    return this.has(packet, DAMAGED) ? this.#damages.of(packet / ROW) : NO_DAMAGE;
  }

  #grow(): void {
    const old = this.#free.length;
    const size = old * 2;
    if (size > MOST_PACKETS) {
      throw new TooManyPackets(`more than ${MOST_PACKETS} packets would be in flight at once`);
    }
    const buffer = new ArrayBuffer(size * ROW * 4);
    const ints = new Int32Array(buffer);
    ints.set(this.ints);
    this.ints = ints;
    this.doubles = new Float64Array(buffer);
    this.#free = new Int32Array(size);
    for (let row = size - 1; row >= old; row--) this.#free[this.#freeCount++] = row * ROW;
  }
}
