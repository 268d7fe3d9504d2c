/**
 * The future as a ladder: sorted only where it is about to happen (after Tang, Goh and Thng, "Ladder queue: an O(1) priority
 * queue structure for large-scale discrete event simulation", ACM TOMACS 15(3), 2005).
 *
 *     sky       all that is far away, unsorted
 *     rungs     each spreads the beginning of one bucket of the level above over buckets of its own, still unsorted
 *     bottom    the next few, sorted
 *
 * A push drops its slot into the highest level whose floor is not later than its key; only the bottom has to find a place. A pop
 * takes from the bottom; when that is empty, the earliest bucket is sorted into it, or becomes a rung if it holds too many.
 */

import type { EventQueue } from './event-queue.ts';

const NONE = -1;
/** So many are cheaper to sort by insertion than to spread again. */
const SORTABLE = 32;
/** The bottom's places. When pushes have filled those beyond `SORTABLE`, it becomes a rung: no insertion is ever long. */
const PLACES = 64;
/** So few are kept in the bottom alone. */
const FEW = 8;
/** With so many rungs, the level of a key is found by bisection. */
const DEEP = 8;
/** A rung reaches so many mean distances: a longer one would be sparse at its end, a shorter one soon used up. */
const REACH = 4;
/** Slots for each bucket of a new rung. With few buckets, the whole rung stays in the cache. */
const DENSITY = 2;

/** Buckets side by side, each a list with the youngest slot first. All of them are empty again when the rung is left. */
class Rung {
  heads: Int32Array = new Int32Array(PLACES).fill(NONE);
  buckets = 1;
  /** The first bucket that may hold something. */
  current = 0;
  start = 0;
  /** In keys, a power of two, so that its inverse `scale` is exact. At first endless: the sky is one bucket. */
  width = Infinity;
  scale = 0;
  /** Earlier keys belong further down. Never below what went down already, so equals keep their order. */
  floor = 0;
  /** All slots have one key: nothing is left to spread, they are served in order of insertion. */
  single = false;
  /** In a single rung: the slots that are next, oldest first; younger ones are in its bucket. */
  line = NONE;

  /** Covers the keys from `start` to `last`. */
  cover(start: number, last: number, width: number): void {
    this.start = start;
    this.floor = start;
    this.width = width;
    this.scale = 1 / width;
    this.buckets = Math.floor((last - start) * this.scale) + 1;
    this.current = 0;
    this.single = false;
    let room = this.heads.length;
    if (this.buckets <= room) return;
    while (room < this.buckets) room *= 2;
    this.heads = new Int32Array(room).fill(NONE);
  }

  /** Goes on to the first bucket that holds something; false when none does. */
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
 * Push and pop take constant time, amortized, for ordinary futures and O(log n) for any; equal keys are as cheap as distinct ones.
 * 12 bytes a slot in columns, 1 to 4 in buckets. Keys are whole numbers from 0 to 2^53.
 */
export class LadderQueue implements EventQueue {
  size = 0;
  key = 0;
  /** By slot: its key, and the next in its list. */
  #keys: Float64Array;
  #next: Int32Array;
  /** From the sky down; a rung lies within one bucket of the one before, so floors only fall. Those after `#lowest` wait for use. */
  readonly #rungs: Rung[] = [new Rung()];
  #lowest = 0;
  /** The earliest slots, latest first; among equals the oldest last. */
  readonly #bottom = new Int32Array(PLACES);
  #sorted = 0;

  constructor(capacity = 1024) {
    this.#keys = new Float64Array(capacity);
    this.#next = new Int32Array(capacity);
  }

  push(key: number, slot: number): void {
    if (slot >= this.#keys.length) this.#grow(slot);
    this.#keys[slot] = key;
    if (this.size++ === this.#sorted && this.#sorted < FEW) {
      this.#insertAmongFew(slot);
      return;
    }
    const rungs = this.#rungs;
    const lowest = this.#lowest;
    for (let level = lowest < DEEP ? 0 : this.#levelOf(slot); level <= lowest; level++) {
      const rung = rungs[level]!;
      if (key >= rung.floor) {
        // As `#drop`, written out: this is where nearly every push ends.
        const heads = rung.heads;
        const bucket = ((key - rung.start) * rung.scale) | 0;
        this.#next[slot] = heads[bucket]!;
        heads[bucket] = slot;
        return;
      }
    }
    // The helpers read the key from its column: handed over, it would be boxed.
    this.#insert(slot);
  }

  pop(limit: number): number {
    if (this.#sorted === 0 && !this.#refill()) return -1;
    const last = this.#sorted - 1;
    const slot = this.#bottom[last]!;
    const key = this.#keys[slot]!;
    if (key > limit) return -1;
    this.#sorted = last;
    this.key = key;
    this.size--;
    return slot;
  }

  peek(): number {
    if (this.#sorted === 0 && !this.#refill()) return Infinity;
    return this.#keys[this.#bottom[this.#sorted - 1]!]!;
  }

  /** All there is stands in the bottom: finding a place there is the whole work, whatever the key. */
  #insertAmongFew(slot: number): void {
    this.#lowest = 0;
    this.#insert(slot);
    this.#rungs[0]!.floor = this.#keys[this.#bottom[0]!]!;
  }

  /** Earlier than every floor: into the bottom, behind its equals. */
  #insert(slot: number): void {
    const keys = this.#keys;
    const bottom = this.#bottom;
    const key = keys[slot]!;
    if (this.#sorted === PLACES) {
      const rung = this.#spill();
      if (key >= rung.floor) {
        this.#drop(rung, slot);
        return;
      }
    }
    let place = this.#sorted++;
    for (; place > 0; place--) {
      const earlier = bottom[place - 1]!;
      if (keys[earlier]! > key) break;
      bottom[place] = earlier;
    }
    bottom[place] = slot;
  }

  #drop(rung: Rung, slot: number): void {
    const bucket = ((this.#keys[slot]! - rung.start) * rung.scale) | 0;
    this.#next[slot] = rung.heads[bucket]!;
    rung.heads[bucket] = slot;
  }

  /** Brings the earliest slots into the empty bottom; false when there are none at all. */
  #refill(): boolean {
    for (;;) {
      const rung = this.#rungs[this.#lowest]!;
      if (rung.single) {
        if (this.#serve(rung)) return true;
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
    const keys = this.#keys;
    const next = this.#next;
    const bottom = this.#bottom;
    let count = 0;
    for (let slot = rung.heads[rung.current]!; slot >= 0; slot = next[slot]!) {
      if (count === SORTABLE) return false;
      const key = keys[slot]!;
      let place = count++;
      for (; place > 0; place--) {
        const earlier = bottom[place - 1]!;
        // The list has the youngest first: each comes out before its equals so far.
        if (keys[earlier]! >= key) break;
        bottom[place] = earlier;
      }
      bottom[place] = slot;
    }
    rung.heads[rung.current] = NONE;
    rung.floor = keys[bottom[0]!]!;
    this.#sorted = count;
    return true;
  }

  /** Spreads the beginning of the current bucket over a new rung. */
  #open(rung: Rung): void {
    const keys = this.#keys;
    const next = this.#next;
    const bucket = rung.current;
    const oldest = this.#turn(rung.heads[bucket]!);
    rung.heads[bucket] = NONE;

    let count = 0;
    let sum = 0;
    let first = Infinity;
    let last = -Infinity;
    // Distances from one of them, so that the sum is exact however late it is.
    const origin = keys[oldest]!;
    for (let slot = oldest; slot >= 0; slot = next[slot]!) {
      const key = keys[slot]!;
      count++;
      sum += key - origin;
      if (key < first) first = key;
      if (key > last) last = key;
    }
    const bucketEnd = rung.start + (bucket + 1) * rung.width;
    const child = this.#addRung();
    if (first === last) {
      child.cover(first, first, 1);
      child.single = true;
      child.line = oldest;
      rung.floor = Math.min(bucketEnd, first + 1);
      return;
    }
    // Some are far out, perhaps very far: a reach by the mean is not stretched by them, yet leaves at most a quarter behind
    // (Markov's inequality), so that none is passed over often.
    const mean = sum / count - (first - origin);
    last = Math.min(last, first + REACH * mean);
    child.cover(first, last, widthFor(last - first, count / DENSITY));
    const end = Math.min(bucketEnd, first + child.buckets * child.width);
    rung.floor = end;
    for (let slot = oldest; slot >= 0; ) {
      const younger = next[slot]!;
      this.#drop(keys[slot]! < end ? child : rung, slot);
      slot = younger;
    }
  }

  /** The full bottom becomes a rung, and with it all that can still come before the levels above. */
  #spill(): Rung {
    const earliest = this.#keys[this.#bottom[this.#sorted - 1]!]!;
    const start = Math.min(this.key, earliest);
    const last = this.#rungs[this.#lowest]!.floor;
    const rung = this.#addRung();
    rung.cover(start, last, widthFor(last - start, PLACES));
    while (this.#sorted > 0) this.#drop(rung, this.#bottom[--this.#sorted]!);
    return rung;
  }

  /** From a single rung, brings the oldest few into the bottom; false when none is left. */
  #serve(rung: Rung): boolean {
    const next = this.#next;
    if (rung.line < 0) {
      // Two stacks make a queue: what came meanwhile is turned round at once.
      rung.line = this.#turn(rung.heads[0]!);
      rung.heads[0] = NONE;
    }
    let count = 0;
    for (let slot = rung.line; slot >= 0 && count < SORTABLE; slot = next[slot]!) count++;
    this.#sorted = count;
    while (count > 0) {
      this.#bottom[--count] = rung.line;
      rung.line = next[rung.line]!;
    }
    return this.#sorted > 0;
  }

  /** Turns a list round; returns its new first slot. */
  #turn(slot: number): number {
    const next = this.#next;
    let turned = NONE;
    while (slot >= 0) {
      const following = next[slot]!;
      next[slot] = turned;
      turned = slot;
      slot = following;
    }
    return turned;
  }

  #addRung(): Rung {
    const level = ++this.#lowest;
    if (level === this.#rungs.length) this.#rungs.push(new Rung());
    return this.#rungs[level]!;
  }

  /** The highest level whose floor is not later than the slot's key; one past the lowest for the bottom. */
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

/** The least power of two that lets `buckets` of this width cover the span; at least 1. */
function widthFor(span: number, buckets: number): number {
  let width = 1;
  while (width * buckets < span) width *= 2;
  return width;
}
