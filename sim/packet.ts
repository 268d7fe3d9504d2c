/** Every packet alive, as rows of typed columns. Does not know what happens to packets. */
import { Defect, type Nanos } from '../engine/index.ts';

/** A row. Rows are used again: whoever lets go of a packet forgets its row. */
export type PacketId = number;
export const NO_PACKET: PacketId = -1;

/** Bits of the `flags` column. The low four are those of the trace rows (`RowFlag`). */
export const PacketFlag = {
  reverse: 1,
  twin: 2,
  clamped: 4,
  marked: 8,
  dontFragment: 16,
  moreFragments: 32,
  ecnCapable: 64,
  corrupted: 128,
  /** Has an entry in `body`. */
  body: 256,
  /** An ICMP error, about which no ICMP error is ever sent. */
  icmpError: 512,
  /** Comes from a host whose manager does not verify senders (an audit's compromised host). */
  unverified: 1024,
} as const;

/** What the packet is to an IP host; the `kind` column. */
export const PacketKind = {
  datagram: 0,
  echoRequest: 1,
  echoReply: 2,
  portUnreachable: 3,
  /** ICMP fragmentation needed (RFC 1191) or ICMPv6 packet too big (RFC 8201); `info` is the MTU. */
  tooBig: 4,
  timeExceeded: 5,
  /** Time exceeded in reassembly (ICMP type 11 code 1). */
  reassemblyTimeExceeded: 6,
  hostUnreachable: 7,
} as const;
export type PacketKind = (typeof PacketKind)[keyof typeof PacketKind];

/** So many packets may be alive at once; beyond it the run ends with an error instead of eating the machine's memory. */
export const MOST_PACKETS = 1 << 24;

/** More packets are in flight than a run may hold. Not a defect: the scenario asks for it. */
export class TooManyPackets extends Error {
  override name = 'TooManyPackets';
}

const wider = <T extends Float64Array | Int32Array | Uint16Array | Uint8Array>(column: T, size: number): T => {
  const next = new (column.constructor as new (length: number) => T)(size);
  next.set(column);
  return next;
};

export class PacketPool {
  /** How many packets are alive. */
  live = 0;
  /** How many have ever been. */
  born = 0;
  capacity: number;
  /** From 1, in the order of coming into being. */
  id: Float64Array;
  copyOf: Float64Array;
  fragmentOf: Float64Array;
  origin: Uint8Array;
  kind: Uint8Array;
  protocol: Uint8Array;
  ttl: Uint8Array;
  flags: Uint16Array;
  sourcePort: Uint16Array;
  targetPort: Uint16Array;
  /** The IP packet's length in bytes, header included. */
  size: Int32Array;
  flow: Int32Array;
  seq: Float64Array;
  /** The VM that sent it first. */
  from: Int32Array;
  /** The VM (a next hop) that is handing it on now. */
  sender: Int32Array;
  /** The VM that it is being handed towards. */
  hop: Int32Array;
  /** Address ids: source, present target, the target that the sender addressed, the pool it came through (-1: none). */
  source: Int32Array;
  target: Int32Array;
  addressed: Int32Array;
  viaPool: Int32Array;
  path: Int32Array;
  /** The substrate header while it is on the substrate: host numbers; -1 outside. */
  outerSource: Int32Array;
  outerTarget: Int32Array;
  /** IP identification; with `fragmentOffset` (bytes) what a fragment is part of. */
  ident: Int32Array;
  fragmentOffset: Int32Array;
  /** By kind: the MTU of a `tooBig`, the sequence number of an echo, the message number of a request. */
  info: Float64Array;
  sentAt: Float64Array;
  shapedAt: Float64Array;
  /** What a program put into the packet, or what an ICMP error quotes; only where `PacketFlag.body` is set. */
  readonly body: unknown[] = [];
  #free: Int32Array;
  #freeCount: number;

  constructor(capacity = 1024) {
    this.capacity = capacity;
    const doubles = () => new Float64Array(capacity);
    const ints = () => new Int32Array(capacity);
    this.id = doubles();
    this.copyOf = doubles();
    this.fragmentOf = doubles();
    this.origin = new Uint8Array(capacity);
    this.kind = new Uint8Array(capacity);
    this.protocol = new Uint8Array(capacity);
    this.ttl = new Uint8Array(capacity);
    this.flags = new Uint16Array(capacity);
    this.sourcePort = new Uint16Array(capacity);
    this.targetPort = new Uint16Array(capacity);
    this.size = ints();
    this.flow = ints();
    this.seq = doubles();
    this.from = ints();
    this.sender = ints();
    this.hop = ints();
    this.source = ints();
    this.target = ints();
    this.addressed = ints();
    this.viaPool = ints();
    this.path = ints();
    this.outerSource = ints();
    this.outerTarget = ints();
    this.ident = ints();
    this.fragmentOffset = ints();
    this.info = doubles();
    this.sentAt = doubles();
    this.shapedAt = doubles();
    this.#free = Int32Array.from({ length: capacity }, (_, row) => capacity - 1 - row);
    this.#freeCount = capacity;
  }

  /** A fresh packet of the VM `from`: everything else is as for a plain, unfragmented datagram. */
  allocate(origin: number, from: number, at: Nanos): PacketId {
    if (this.#freeCount === 0) this.#grow();
    const row = this.#free[--this.#freeCount]!;
    this.live++;
    this.id[row] = ++this.born;
    this.copyOf[row] = 0;
    this.fragmentOf[row] = 0;
    this.origin[row] = origin;
    this.kind[row] = PacketKind.datagram;
    this.flags[row] = 0;
    this.from[row] = from;
    this.sender[row] = from;
    this.hop[row] = -1;
    this.viaPool[row] = -1;
    this.path[row] = 0;
    this.outerSource[row] = -1;
    this.outerTarget[row] = -1;
    this.fragmentOffset[row] = 0;
    this.sentAt[row] = at;
    this.shapedAt[row] = Number.NaN;
    return row;
  }

  /** A second packet like this one, with its own id; `origin` says why. */
  clone(packet: PacketId, origin: number): PacketId {
    if (this.#freeCount === 0) this.#grow();
    const row = this.#free[--this.#freeCount]!;
    this.live++;
    this.id[row] = ++this.born;
    this.copyOf[row] = this.copyOf[packet]!;
    this.fragmentOf[row] = this.fragmentOf[packet]!;
    this.origin[row] = origin;
    this.kind[row] = this.kind[packet]!;
    this.protocol[row] = this.protocol[packet]!;
    this.ttl[row] = this.ttl[packet]!;
    this.flags[row] = this.flags[packet]!;
    this.sourcePort[row] = this.sourcePort[packet]!;
    this.targetPort[row] = this.targetPort[packet]!;
    this.size[row] = this.size[packet]!;
    this.flow[row] = this.flow[packet]!;
    this.seq[row] = this.seq[packet]!;
    this.from[row] = this.from[packet]!;
    this.sender[row] = this.sender[packet]!;
    this.hop[row] = this.hop[packet]!;
    this.source[row] = this.source[packet]!;
    this.target[row] = this.target[packet]!;
    this.addressed[row] = this.addressed[packet]!;
    this.viaPool[row] = this.viaPool[packet]!;
    this.path[row] = this.path[packet]!;
    this.outerSource[row] = this.outerSource[packet]!;
    this.outerTarget[row] = this.outerTarget[packet]!;
    this.ident[row] = this.ident[packet]!;
    this.fragmentOffset[row] = this.fragmentOffset[packet]!;
    this.info[row] = this.info[packet]!;
    this.sentAt[row] = this.sentAt[packet]!;
    this.shapedAt[row] = this.shapedAt[packet]!;
    if ((this.flags[packet]! & PacketFlag.body) !== 0) this.body[row] = this.body[packet];
    return row;
  }

  release(packet: PacketId): void {
    if (this.id[packet] === 0) throw new Defect('a packet ended twice');
    this.id[packet] = 0;
    if ((this.flags[packet]! & PacketFlag.body) !== 0) this.body[packet] = undefined;
    this.live--;
    this.#free[this.#freeCount++] = packet;
  }

  /** The rows of all packets alive, by id. */
  alive(): PacketId[] {
    const rows: PacketId[] = [];
    for (let row = 0; row < this.capacity; row++) if (this.id[row]! > 0) rows.push(row);
    return rows.sort((a, b) => this.id[a]! - this.id[b]!);
  }

  #grow(): void {
    const old = this.capacity;
    const size = old * 2;
    if (size > MOST_PACKETS) {
      throw new TooManyPackets(`more than ${MOST_PACKETS} packets would be in flight at once`);
    }
    this.id = wider(this.id, size);
    this.copyOf = wider(this.copyOf, size);
    this.fragmentOf = wider(this.fragmentOf, size);
    this.origin = wider(this.origin, size);
    this.kind = wider(this.kind, size);
    this.protocol = wider(this.protocol, size);
    this.ttl = wider(this.ttl, size);
    this.flags = wider(this.flags, size);
    this.sourcePort = wider(this.sourcePort, size);
    this.targetPort = wider(this.targetPort, size);
    this.size = wider(this.size, size);
    this.flow = wider(this.flow, size);
    this.seq = wider(this.seq, size);
    this.from = wider(this.from, size);
    this.sender = wider(this.sender, size);
    this.hop = wider(this.hop, size);
    this.source = wider(this.source, size);
    this.target = wider(this.target, size);
    this.addressed = wider(this.addressed, size);
    this.viaPool = wider(this.viaPool, size);
    this.path = wider(this.path, size);
    this.outerSource = wider(this.outerSource, size);
    this.outerTarget = wider(this.outerTarget, size);
    this.ident = wider(this.ident, size);
    this.fragmentOffset = wider(this.fragmentOffset, size);
    this.info = wider(this.info, size);
    this.sentAt = wider(this.sentAt, size);
    this.shapedAt = wider(this.shapedAt, size);
    this.#free = wider(this.#free, size);
    for (let row = size - 1; row >= old; row--) this.#free[this.#freeCount++] = row;
    this.capacity = size;
  }
}
