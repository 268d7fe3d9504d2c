/**
 * The future as a ladder: sorted only where it is about to happen (after Tang, Goh and Thng, "Ladder queue", ACM TOMACS 15(3), 2005).
 *
 *     sky       everything far away, unsorted
 *     rungs     each spreads the beginning of what lies above it over buckets, still unsorted
 *     bottom    the next few, sorted, the earliest last
 *
 * A push drops its slot into the first level, from above, whose floor is not later than its key; only the bottom keeps order.
 * A pop takes from the bottom; when that is empty, the earliest bucket is sorted into it, or, if too full, becomes a rung.
 */

import type { EventQueue } from './event-queue.ts';

const NONE = -1;
/** As many as are cheaper to sort by insertion than to spread again. */
const SORTABLE = 32;
/** The bottom's places. Pushes may fill those beyond `SORTABLE`; then it becomes a rung, so that no insertion is long. */
const BOTTOM = 2 * SORTABLE;
/** From so many levels on, the level of a key is found by bisection. */
const DEEP = 8;

/** Buckets side by side, each a list with the youngest first. Empty again, all of them, when the rung is left. */
class Rung {
  heads: Int32Array = new Int32Array(BOTTOM).fill(NONE);
  buckets = 1;
  /** Keys from here on are this level's, or one's above; what is earlier belongs further down. */
  floor = 0;
  start = 0;
  width = Infinity;
  /** 1 / width, exact: widths are powers of two. */
  scale = 0;
  /** Buckets before this one are empty. */
  current = 0;
  /** Only in a rung of a single key: those of its slots that are already chained oldest first. */
  line = NONE;
  single = false;

  /** Makes the rung cover start <= key <= last. */
  cover(start: number, last: number, width: number): void {
    this.start = start;
    this.floor = start;
    this.width = width;
    this.scale = 1 / width;
    this.current = 0;
    this.single = false;
    this.buckets = Math.floor((last - start) * this.scale) + 1;
    if (this.buckets > this.heads.length) this.heads = new Int32Array(2 * this.buckets).fill(NONE);
  }

  /** Goes to the first bucket that is not empty; false when there is none. */
  advance(): boolean {
    const heads = this.heads;
    const buckets = this.buckets;
    let bucket = this.current;
    while (bucket < buckets && heads[bucket]! < 0) bucket++;
    if (bucket === buckets) return false;
    this.current = bucket;
    return true;
  }
}

/**
 * Amortized O(1) for a push or pop of ordinary futures, O(log n) at worst; equal keys cost no more than distinct ones.
 * 12 bytes for each slot in columns, and 4 to 8 for the buckets. Keys are whole numbers from 0 to 2^53.
 */
export class LadderQueue implements EventQueue {
  size = 0;
  key = 0;
  /** By slot. */
  #keys: Float64Array;
  #next: Int32Array;
  /** The sky (a rung of one endless bucket), and the rungs below it, each inside one bucket of the one before. */
  readonly #rungs: Rung[] = [new Rung()];
  /** Index of the lowest rung in use. */
  #lowest = 0;
  /** The bottom: descending keys, among equals the oldest last. */
  readonly #bottomKeys = new Float64Array(BOTTOM);
  readonly #bottomSlots = new Int32Array(BOTTOM);
  #bottom = 0;

  constructor(capacity = 1024) {
    this.#keys = new Float64Array(capacity);
    this.#next = new Int32Array(capacity);
  }

  push(key: number, slot: number): void {
    if (slot >= this.#keys.length) this.#grow(slot);
    this.#keys[slot] = key;
    this.size++;
    const rungs = this.#rungs;
    const lowest = this.#lowest;
    for (let level = lowest < DEEP ? 0 : this.#levelOf(slot); level <= lowest; level++) {
      const rung = rungs[level]!;
      if (key >= rung.floor) {
        const heads = rung.heads;
        const bucket = ((key - rung.start) * rung.scale) | 0;
        this.#next[slot] = heads[bucket]!;
        heads[bucket] = slot;
        return;
      }
    }
    this.#insert(slot);
  }

  pop(limit: number): number {
    if (this.#bottom === 0 && !this.#refill()) return -1;
    const last = this.#bottom - 1;
    const key = this.#bottomKeys[last]!;
    if (key > limit) return -1;
    this.#bottom = last;
    this.key = key;
    this.size--;
    return this.#bottomSlots[last]!;
  }

  peek(): number {
    return this.#bottom > 0 || this.#refill() ? this.#bottomKeys[this.#bottom - 1]! : Infinity;
  }

  /** A key earlier than every floor: into the bottom, behind its equals. */
  #insert(slot: number): void {
    if (this.#bottom === BOTTOM) this.#spill();
    const key = this.#keys[slot]!;
    if (key >= this.#rungs[this.#lowest]!.floor) {
      this.#drop(this.#rungs[this.#lowest]!, slot);
      return;
    }
    const keys = this.#bottomKeys;
    const slots = this.#bottomSlots;
    let place = this.#bottom++;
    for (; place > 0 && keys[place - 1]! <= key; place--) {
      keys[place] = keys[place - 1]!;
      slots[place] = slots[place - 1]!;
    }
    keys[place] = key;
    slots[place] = slot;
  }

  #drop(rung: Rung, slot: number): void {
    const bucket = ((this.#keys[slot]! - rung.start) * rung.scale) | 0;
    this.#next[slot] = rung.heads[bucket]!;
    rung.heads[bucket] = slot;
  }

  /** Brings the earliest into the empty bottom; false when the queue is empty. */
  #refill(): boolean {
    for (;;) {
      const rung = this.#rungs[this.#lowest]!;
      if (rung.single) {
        if (this.#takeLine(rung)) return true;
      } else if (rung.advance()) {
        if (this.#sort(rung)) return true;
        this.#open(rung);
        continue;
      }
      if (this.#lowest === 0) return false;
      this.#lowest--;
    }
  }

  /** Sorts the current bucket into the empty bottom; false, and nothing is changed, when it holds too many. */
  #sort(rung: Rung): boolean {
    const allKeys = this.#keys;
    const next = this.#next;
    const keys = this.#bottomKeys;
    const slots = this.#bottomSlots;
    let count = 0;
    // Youngest first: each goes before its equals.
    for (let slot = rung.heads[rung.current]!; slot >= 0; slot = next[slot]!) {
      if (count === SORTABLE) return false;
      const key = allKeys[slot]!;
      let place = count++;
      for (; place > 0 && keys[place - 1]! < key; place--) {
        keys[place] = keys[place - 1]!;
        slots[place] = slots[place - 1]!;
      }
      keys[place] = key;
      slots[place] = slot;
    }
    rung.heads[rung.current] = NONE;
    rung.floor = keys[0]!;
    this.#bottom = count;
    return true;
  }

  /** Spreads the beginning of the current bucket over a new rung. */
  #open(rung: Rung): void {
    const allKeys = this.#keys;
    const next = this.#next;
    const bucket = rung.current;
    let oldest = NONE;
    let count = 0;
    let sum = 0;
    let min = Infinity;
    let max = -Infinity;
    // Distances from one of them, so that the sum stays exact however late it is.
    const origin = allKeys[rung.heads[bucket]!]!;
    for (let slot = rung.heads[bucket]!; slot >= 0; ) {
      const key = allKeys[slot]!;
      count++;
      sum += key - origin;
      if (key < min) min = key;
      if (key > max) max = key;
      const younger = oldest;
      oldest = slot;
      slot = next[oldest]!;
      next[oldest] = younger;
    }
    rung.heads[bucket] = NONE;
    const child = this.#addRung();
    const bucketEnd = rung.start + (bucket + 1) * rung.width;
    if (min === max) {
      child.cover(min, min, 1);
      child.single = true;
      child.line = oldest;
      rung.floor = Math.min(bucketEnd, min + 1);
      return;
    }
    // Twice the mean distance leaves at most half of them behind (Markov), and a far outlier does not thin out the rest.
    const mean = sum / count - (min - origin);
    const last = Math.min(max, min + 2 * mean);
    let width = 1;
    while (width * count < mean) width *= 2;
    child.cover(min, last, width);
    const end = Math.min(bucketEnd, min + child.buckets * width);
    rung.floor = end;
    for (let slot = oldest; slot >= 0; ) {
      const following = next[slot]!;
      this.#drop(allKeys[slot]! < end ? child : rung, slot);
      slot = following;
    }
  }

  /** The full bottom becomes a rung, which takes all that can still come before the rungs above. */
  #spill(): void {
    const slots = this.#bottomSlots;
    const last = this.#rungs[this.#lowest]!.floor;
    let width = 1;
    while (width * BOTTOM < last - this.key) width *= 2;
    const rung = this.#addRung();
    rung.cover(this.key, last, width);
    for (let place = this.#bottom - 1; place >= 0; place--) this.#drop(rung, slots[place]!);
    this.#bottom = 0;
  }

  /** From a rung of a single key: the next few, in order of insertion; false when none is left. */
  #takeLine(rung: Rung): boolean {
    const next = this.#next;
    if (rung.line < 0) {
      // Two stacks make a queue: what was dropped meanwhile is turned round at once.
      for (let slot = rung.heads[0]!; slot >= 0; ) {
        const younger = rung.line;
        rung.line = slot;
        slot = next[slot]!;
        next[rung.line] = younger;
      }
      rung.heads[0] = NONE;
    }
    let slot = rung.line;
    let count = 0;
    while (slot >= 0 && count < SORTABLE) {
      slot = next[slot]!;
      count++;
    }
    this.#bottom = count;
    slot = rung.line;
    while (count > 0) {
      this.#bottomKeys[--count] = rung.start;
      this.#bottomSlots[count] = slot;
      slot = next[slot]!;
    }
    rung.line = slot;
    return this.#bottom > 0;
  }

  #addRung(): Rung {
    const level = ++this.#lowest;
    if (level === this.#rungs.length) this.#rungs.push(new Rung());
    return this.#rungs[level]!;
  }

  /** The highest level whose floor is not later than the slot's key: floors fall from level to level. */
  #levelOf(slot: number): number {
    const key = this.#keys[slot]!;
    let low = 0;
    let high = this.#lowest + 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (key >= this.#rungs[middle]!.floor) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #grow(slot: number): void {
    let capacity = Math.max(16, this.#keys.length);
    while (capacity <= slot) capacity *= 2;
    const keys = new Float64Array(capacity);
    const next = new Int32Array(capacity);
    keys.set(this.#keys);
    next.set(this.#next);
    this.#keys = keys;
    this.#next = next;
  }
}
