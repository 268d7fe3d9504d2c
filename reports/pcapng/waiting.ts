/**
 * What waits until it is its turn in order of time: rows of packets that have ended, copied, and three lines of records. Memory for the
 * span in flight, some 150 bytes a packet. Does not know what is written.
 */
import * as sim from '../../sim/index.ts';

// Constants of this file are folded into its code. An imported one is loaded anew for each packet.
const { ADDRESSED, COPY_OF, ENDED_AT, FLAGS, FLOW, FRAGMENT_OF, FROM, HOP, ID, IDENT, INFO } = sim;
const { OFFSET_TTL_PROTOCOL, OUTER, PATH, PORTS, ROW, SENDER, SENT_AT, SEQ, SIZE, SOURCE, TARGET } = sim;

/** Copies of rows by slot: the columns that a record is made from are where `packet.ts` has them, from `slot * ROW` on. */
export class Rows {
  ints = new Int32Array(1024 * ROW);
  /** The same buffer. */
  doubles = new Float64Array(this.ints.buffer);
  /** Bytes that were made beforehand, as they were sent and as they arrived; only of packets that are not ordinary. */
  readonly sent = new Map<number, Uint8Array>();
  readonly arrived = new Map<number, Uint8Array>();
  /** By slot: how many records are still to be written. */
  #uses = new Uint8Array(1024);
  #free = new Int32Array(1024);
  #freeCount = 0;

  constructor() {
    for (let slot = this.#free.length - 1; slot >= 0; slot--) this.#free[this.#freeCount++] = slot;
  }

  /** Copies a row; answers its slot, which is free again after `uses` times `done`. */
  keep(ints: Int32Array, doubles: Float64Array, packet: number, uses: number): number {
    if (this.#freeCount === 0) this.#grow();
    const slot = this.#free[--this.#freeCount]!;
    const to = slot * ROW;
    const target = this.ints;
    // Not in a loop over a list: 21 of them for every packet.
    target[to + FLOW] = ints[packet + FLOW]!;
    target[to + ADDRESSED] = ints[packet + ADDRESSED]!;
    target[to + IDENT] = ints[packet + IDENT]!;
    target[to + SIZE] = ints[packet + SIZE]!;
    target[to + FLAGS] = ints[packet + FLAGS]!;
    target[to + HOP] = ints[packet + HOP]!;
    target[to + FROM] = ints[packet + FROM]!;
    target[to + SENDER] = ints[packet + SENDER]!;
    target[to + SOURCE] = ints[packet + SOURCE]!;
    target[to + TARGET] = ints[packet + TARGET]!;
    target[to + PORTS] = ints[packet + PORTS]!;
    target[to + PATH] = ints[packet + PATH]!;
    target[to + OFFSET_TTL_PROTOCOL] = ints[packet + OFFSET_TTL_PROTOCOL]!;
    target[to + OUTER] = ints[packet + OUTER]!;
    const from = packet >> 1;
    const half = to >> 1;
    const numbers = this.doubles;
    numbers[half + ID] = doubles[from + ID]!;
    numbers[half + SEQ] = doubles[from + SEQ]!;
    numbers[half + SENT_AT] = doubles[from + SENT_AT]!;
    numbers[half + INFO] = doubles[from + INFO]!;
    numbers[half + COPY_OF] = doubles[from + COPY_OF]!;
    numbers[half + FRAGMENT_OF] = doubles[from + FRAGMENT_OF]!;
    numbers[half + ENDED_AT] = doubles[from + ENDED_AT]!;
    this.#uses[slot] = uses;
    return slot;
  }

  done(slot: number): void {
    const uses = this.#uses[slot]! - 1;
    this.#uses[slot] = uses;
    if (uses > 0) return;
    if (this.sent.size > 0) this.sent.delete(slot);
    if (this.arrived.size > 0) this.arrived.delete(slot);
    this.#free[this.#freeCount++] = slot;
  }

  #grow(): void {
    const old = this.#uses.length;
    const ints = new Int32Array(old * 2 * ROW);
    ints.set(this.ints);
    this.ints = ints;
    this.doubles = new Float64Array(ints.buffer);
    const uses = new Uint8Array(old * 2);
    uses.set(this.#uses);
    this.#uses = uses;
    this.#free = new Int32Array(old * 2);
    for (let slot = old * 2 - 1; slot >= old; slot--) this.#free[this.#freeCount++] = slot;
  }
}

/** In the ring: nobody has told of that id yet; there is nothing to write of it. */
export const ABSENT = -2;
export const NOTHING = -1;

/** Slots by id, for ids that are close to each other: that of id n is at place n & mask. */
export class IdRing {
  #slots = new Int32Array(8192).fill(ABSENT);
  #times = new Float64Array(8192);
  /** The ids in [first, end) may be there. */
  first = 1;
  end = 1;

  /** `time`: when it was sent; -1 for what has not been sent itself. */
  put(id: number, slot: number, time: number): void {
    if (id >= this.end) this.end = id + 1;
    if (this.end - this.first > this.#slots.length) this.#grow();
    const place = id & (this.#slots.length - 1);
    this.#slots[place] = slot;
    this.#times[place] = time;
  }

  /** Of id `first`. */
  head(): number {
    return this.first < this.end ? this.#slots[this.first & (this.#slots.length - 1)]! : ABSENT;
  }

  /** Of id `first`; only when it is there. */
  get headTime(): number {
    return this.#times[this.first & (this.#slots.length - 1)]!;
  }

  drop(): void {
    this.#slots[this.first & (this.#slots.length - 1)] = ABSENT;
    this.first++;
  }

  #grow(): void {
    const slots = this.#slots;
    const times = this.#times;
    let length = slots.length;
    while (length < this.end - this.first) length *= 2;
    this.#slots = new Int32Array(length).fill(ABSENT);
    this.#times = new Float64Array(length);
    const end = Math.min(this.end, this.first + slots.length);
    for (let id = this.first; id < end; id++) {
      const from = id & (slots.length - 1);
      const to = id & (length - 1);
      this.#slots[to] = slots[from]!;
      this.#times[to] = times[from]!;
    }
  }
}

/** Numbers, first in, first out. */
export class Fifo {
  #items = new Int32Array(1024);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Only when there is one. */
  get head(): number {
    return this.#items[this.#head]!;
  }

  push(item: number): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length++) & (this.#items.length - 1)] = item;
  }

  shift(): number {
    const item = this.head;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length--;
    return item;
  }

  #grow(): void {
    const wider = new Int32Array(this.#items.length * 2);
    wider.set(this.#items.subarray(this.#head));
    wider.set(this.#items.subarray(0, this.#head), this.#items.length - this.#head);
    this.#items = wider;
    this.#head = 0;
  }
}

/** A block that is ready. */
export interface Held {
  readonly time: number;
  /** Of its packet. */
  readonly id: number;
  readonly block: Uint8Array;
}

/** Blocks in any order, out in order of time, then of coming: a binary heap. For the few that are not ordinary. */
export class HeldBlocks {
  readonly #heap: (Held & { readonly order: number })[] = [];
  #order = 0;

  get head(): Held | undefined {
    return this.#heap[0];
  }

  push(held: Held): void {
    const heap = this.#heap;
    const item = { ...held, order: this.#order++ };
    let place = heap.push(item) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (isBefore(heap[parent]!, item)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = item;
  }

  shift(): Held | undefined {
    const heap = this.#heap;
    const head = heap[0];
    const last = heap.pop();
    if (head === undefined || last === undefined || heap.length === 0) return head;
    let place = 0;
    for (let child = 1; child < heap.length; child = place * 2 + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return head;
  }
}

type Ordered = Held & { readonly order: number };

const isBefore = (a: Ordered, b: Ordered): boolean =>
  a.time < b.time || (a.time === b.time && a.order < b.order);
