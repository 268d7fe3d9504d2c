/**
 * What became of packets that exist more than once: twins, and those cut into fragments. Remembers the most recent ones, up to
 * {@link MOST_ENTRIES}; by then the older ones have long ended. Does not know what the bits mean.
 */

/** An entry that belongs to no packet: its bits are a place to write to. */
export const NO_ENTRY = 0;

/** 262,144 packets, about 7 MB. */
export const MOST_ENTRIES = 1 << 18;

export class PieceMemory {
  #capacity: number;
  readonly #most: number;
  #used = 1;
  /** The entry that is written next; once all are used, the oldest. */
  #cursor = 1;
  #flow: Int32Array;
  #from: Int32Array;
  #seq: Float64Array;
  #next: Int32Array;
  #heads: Int32Array;
  /** One byte of notes per entry, its owner's to use. */
  bits: Uint8Array;

  constructor(capacity = 1024, most = MOST_ENTRIES) {
    this.#capacity = capacity;
    this.#most = most;
    this.#flow = new Int32Array(capacity);
    this.#from = new Int32Array(capacity);
    this.#seq = new Float64Array(capacity);
    this.#next = new Int32Array(capacity);
    this.#heads = new Int32Array(capacity);
    this.bits = new Uint8Array(capacity);
  }

  /** The packet's entry, with its bits 0 when it is new. Valid until the next call. */
  entry(flow: number, from: number, seq: number): number {
    let entry = this.#heads[this.#bucket(flow, from, seq)]!;
    while (entry !== NO_ENTRY) {
      if (this.#seq[entry] === seq && this.#from[entry] === from && this.#flow[entry] === flow) return entry;
      entry = this.#next[entry]!;
    }
    return this.#add(flow, from, seq);
  }

  #add(flow: number, from: number, seq: number): number {
    if (this.#used === this.#capacity) {
      if (this.#capacity < this.#most) this.#grow();
      else this.#unlink(this.#cursor);
    }
    const entry = this.#cursor;
    this.#flow[entry] = flow;
    this.#from[entry] = from;
    this.#seq[entry] = seq;
    this.bits[entry] = 0;
    this.#link(entry);
    this.#cursor = entry + 1 === this.#capacity && this.#capacity >= this.#most ? 1 : entry + 1;
    if (this.#used < this.#capacity) this.#used++;
    return entry;
  }

  #bucket(flow: number, from: number, seq: number): number {
    const mixed = Math.imul(flow, 0x9e3779b1) ^ Math.imul(from, 0x85ebca6b) ^ Math.imul(seq, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 15)) & (this.#capacity - 1);
  }

  #link(entry: number): void {
    const bucket = this.#bucket(this.#flow[entry]!, this.#from[entry]!, this.#seq[entry]!);
    this.#next[entry] = this.#heads[bucket]!;
    this.#heads[bucket] = entry;
  }

  #unlink(entry: number): void {
    const bucket = this.#bucket(this.#flow[entry]!, this.#from[entry]!, this.#seq[entry]!);
    if (this.#heads[bucket] === entry) {
      this.#heads[bucket] = this.#next[entry]!;
      return;
    }
    let before = this.#heads[bucket]!;
    while (this.#next[before] !== entry) before = this.#next[before]!;
    this.#next[before] = this.#next[entry]!;
  }

  #grow(): void {
    const old = { flow: this.#flow, from: this.#from, seq: this.#seq, bits: this.bits };
    this.#capacity *= 2;
    this.#flow = new Int32Array(this.#capacity);
    this.#from = new Int32Array(this.#capacity);
    this.#seq = new Float64Array(this.#capacity);
    this.#next = new Int32Array(this.#capacity);
    this.#heads = new Int32Array(this.#capacity);
    this.bits = new Uint8Array(this.#capacity);
    this.#flow.set(old.flow);
    this.#from.set(old.from);
    this.#seq.set(old.seq);
    this.bits.set(old.bits);
    for (let entry = 1; entry < this.#used; entry++) this.#link(entry);
  }
}
