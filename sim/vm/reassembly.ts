/** Fragments on their way to becoming whole again (RFC 791, RFC 815, RFC 8200 4.5). */
import {
  type Actor,
  type ActorId,
  type EventId,
  type Kernel,
  LAST_INSTANT,
  type Nanos,
  Rank,
  seconds,
} from '../../engine/index.ts';
import type { Ledger } from '../ledger.ts';
import {
  COPY_OF,
  FLAGS,
  FRAGMENT_OF,
  IDENT,
  NO_PACKET,
  PacketFlag,
  type PacketId,
  type PacketPool,
  SIZE,
} from '../packet.ts';
import { Fate, Origin } from '../trace.ts';
import { ReassemblyBuffer } from '../wire/index.ts';

/** How long fragments wait for the others: IPv4 as Linux does it, IPv6 by RFC 8200. */
const PATIENCE: Readonly<Record<4 | 6, Nanos>> = { 4: seconds(30), 6: seconds(60) };

interface Unfinished {
  readonly number: number;
  readonly ident: number;
  readonly source: number;
  readonly target: number;
  readonly protocol: number;
  readonly buffer: ReassemblyBuffer;
  readonly pieces: PacketId[];
  readonly timer: EventId;
}

export class Reassembly implements Actor {
  readonly #kernel: Kernel;
  readonly #packets: PacketPool;
  readonly #ledger: Ledger;
  readonly #actor: ActorId;
  readonly #onTimeout: (first: PacketId) => void;
  readonly #unfinished = new Map<number, Unfinished[]>();
  readonly #byNumber = new Map<number, Unfinished>();
  #started = 0;

  /** `onTimeout` is told of the fragment with offset 0, if it came, before it ends. */
  constructor(kernel: Kernel, packets: PacketPool, ledger: Ledger, onTimeout: (first: PacketId) => void) {
    this.#kernel = kernel;
    this.#packets = packets;
    this.#ledger = ledger;
    this.#onTimeout = onTimeout;
    this.#actor = kernel.enroll(this, Rank.departure);
  }

  /** Takes a fragment over. Returns the whole when this one completed it, else NO_PACKET. */
  add(piece: PacketId, family: 4 | 6): PacketId {
    const packets = this.#packets;
    const entry = this.#find(piece) ?? this.#begin(piece, family);
    const header = family === 4 ? 20 : 48;
    const length = packets.size(piece) - header;
    const more = packets.has(piece, PacketFlag.moreFragments);
    const state = entry.buffer.add(packets.offset(piece), length, more);
    entry.pieces.push(piece);
    if (state === 'incomplete') return NO_PACKET;
    this.#forget(entry);
    this.#kernel.cancel(entry.timer, this.#actor);
    if (state === 'overlap' || entry.pieces.some((other) => !this.#isOfOne(other, piece))) {
      for (const each of entry.pieces) this.#ledger.end(each, Fate.checksum);
      return NO_PACKET;
    }
    const whole = packets.clone(piece, Origin.whole);
    packets.doubles[(whole >> 1) + COPY_OF] = 0;
    packets.doubles[(whole >> 1) + FRAGMENT_OF] = 0;
    packets.ints[whole + IDENT] = packets.ident(piece);
    packets.setOffset(whole, 0);
    packets.ints[whole + FLAGS]! &= ~PacketFlag.moreFragments;
    packets.ints[whole + SIZE] = (family === 4 ? 20 : 40) + entry.buffer.total;
    for (const each of entry.pieces) this.#ledger.end(each, Fate.reassembled);
    return whole;
  }

  /**
   * Are both pieces of the same datagram? Identifications come round after 65536 packets, and then pieces of two datagrams may
   * make a whole that fails its checksum (RFC 4963).
   */
  #isOfOne(a: PacketId, b: PacketId): boolean {
    const pool = this.#packets;
    return pool.sentAt(a) === pool.sentAt(b) && pool.seq(a) === pool.seq(b) && pool.flow(a) === pool.flow(b);
  }

  /** The VM has lost its memory. */
  clear(): void {
    for (const entry of this.#byNumber.values()) {
      this.#kernel.cancel(entry.timer, this.#actor);
      for (const each of entry.pieces) this.#ledger.end(each, Fate.vmDown);
    }
    this.#unfinished.clear();
    this.#byNumber.clear();
  }

  onEvent(_kind: number, number: number): void {
    const entry = this.#byNumber.get(number)!;
    this.#forget(entry);
    const first = entry.pieces.find((piece) => this.#packets.offset(piece) === 0);
    if (first !== undefined) this.#onTimeout(first);
    for (const each of entry.pieces) this.#ledger.end(each, Fate.reassemblyTimeout);
  }

  #find(piece: PacketId): Unfinished | undefined {
    const pool = this.#packets;
    return this.#unfinished
      .get(pool.ident(piece))
      ?.find(
        (entry) =>
          entry.source === pool.source(piece) &&
          entry.target === pool.target(piece) &&
          entry.protocol === pool.protocol(piece),
      );
  }

  #begin(piece: PacketId, family: 4 | 6): Unfinished {
    const pool = this.#packets;
    const number = (this.#started + 1) | 0;
    this.#started = number;
    const entry: Unfinished = {
      number,
      ident: pool.ident(piece),
      source: pool.source(piece),
      target: pool.target(piece),
      protocol: pool.protocol(piece),
      buffer: new ReassemblyBuffer(family),
      pieces: [],
      timer: this.#kernel.at(
        Math.min(this.#kernel.now + PATIENCE[family], LAST_INSTANT),
        this.#actor,
        0,
        number,
      ),
    };
    const same = this.#unfinished.get(entry.ident);
    if (same === undefined) this.#unfinished.set(entry.ident, [entry]);
    else same.push(entry);
    this.#byNumber.set(number, entry);
    return entry;
  }

  #forget(entry: Unfinished): void {
    this.#byNumber.delete(entry.number);
    const rest = this.#unfinished.get(entry.ident)!.filter((other) => other !== entry);
    if (rest.length === 0) this.#unfinished.delete(entry.ident);
    else this.#unfinished.set(entry.ident, rest);
  }
}
