/**
 * How far and how late packets arrive after later ones: RFC 4737, for one sender's packets, each told once, at its first arrival.
 *
 * A reordered packet's extent leads back to the earliest arrival with a larger number. That one came where numbers had been left
 * out, this packet's among them. So of all arrivals only those after a gap need be remembered, and one that is next in turn costs
 * a comparison, which the caller makes. The most recent {@link MOST_GAPS} are kept: of a packet from before them it is known
 * at least how far and how late it is.
 */
import type { Nanos } from '../engine/index.ts';

/** 24 KB of gaps. A lost packet leaves one, too: at 1 % loss it reaches back 100,000 packets. */
export const MOST_GAPS = 1024;

const FEWEST_GAPS = 16;

/** RFC 4737; of the packets that arrived, each counted once. */
export interface ReorderingFigures {
  /** 4.1: those that arrived after a later one, of all that arrived. */
  readonly ratio: number;
  /** 4.2: from the earliest arrival that should have been later, in arrivals; of the reordered ones, 0 without any. */
  readonly extent: { readonly mean: number; readonly max: number };
  /** 4.3: the time since that arrival, ns. */
  readonly lateTime: { readonly mean: Nanos; readonly max: Nanos };
  /** 5.3: the share that arrived after one that is later, after two in a row, after three: TCP takes that for a loss. */
  readonly n1: number;
  readonly n2: number;
  readonly n3: number;
  /** So many reordered packets are older than what is remembered: their extent and late time count as the least they can be. */
  readonly beyondMemory: number;
}

// A gap is a row of so many doubles: the first number left out, and the place and time of the arrival behind it.
const FROM = 0;
const PLACE = 1;
const TIME = 2;
const GAP = 3;

// Sums, then the places and numbers of the last three late packets, the latest first.
const REORDERED = 0;
const EXTENTS = 1;
const EXTENT_MAX = 2;
const LATE_TIMES = 3;
const LATE_MAX = 4;
const ONE = 5;
const TWO = 6;
const THREE = 7;
const BEYOND = 8;
const LATE = 9;
const SUMS = LATE + 6;

export class Reordering {
  readonly #sums = new Float64Array(SUMS);
  #gaps = new Float64Array(FEWEST_GAPS * GAP);
  /** How many there were in all. Gap k is row k modulo the room. */
  #count = 0;

  constructor() {
    this.#sums.fill(Number.NaN, LATE);
  }

  /** How many packets are reordered. */
  get reordered(): number {
    return this.#sums[REORDERED]!;
  }

  /**
   * An arrival that is not `expected`, the number after the largest that arrived. `place`: how many arrived before it. Returns
   * what is expected now.
   */
  arrive(seq: number, expected: number, place: number, time: Nanos): number {
    if (seq < expected) {
      this.#late(seq, place, time);
      return expected;
    }
    const gaps = this.#row();
    const row = (this.#count++ % (gaps.length / GAP)) * GAP;
    gaps[row + FROM] = expected;
    gaps[row + PLACE] = place;
    gaps[row + TIME] = time;
    return seq + 1;
  }

  /** Of `arrived` packets. */
  figures(arrived: number): ReorderingFigures {
    const sums = this.#sums;
    const mean = (sum: number): number => (sums[REORDERED]! > 0 ? sum / sums[REORDERED]! : 0);
    return {
      ratio: sums[REORDERED]! / arrived,
      extent: { mean: mean(sums[EXTENTS]!), max: sums[EXTENT_MAX]! },
      lateTime: { mean: Math.round(mean(sums[LATE_TIMES]!)), max: sums[LATE_MAX]! },
      n1: sums[ONE]! / arrived,
      n2: sums[TWO]! / arrived,
      n3: sums[THREE]! / arrived,
      beyondMemory: sums[BEYOND]!,
    };
  }

  #late(seq: number, place: number, time: Nanos): void {
    const sums = this.#sums;
    const gaps = this.#gaps;
    const room = gaps.length / GAP;
    const oldest = Math.max(0, this.#count - room);
    const gap = this.#gapOf(seq, oldest);
    const known = gap >= oldest;
    const row = ((known ? gap : oldest) % room) * GAP;
    // What is forgotten came before the oldest that is not.
    const extent = place - gaps[row + PLACE]! + (known ? 0 : 1);
    const lateTime = time - gaps[row + TIME]!;
    sums[REORDERED]! += 1;
    sums[EXTENTS]! += extent;
    if (extent > sums[EXTENT_MAX]!) sums[EXTENT_MAX] = extent;
    sums[LATE_TIMES]! += lateTime;
    if (lateTime > sums[LATE_MAX]!) sums[LATE_MAX] = lateTime;
    if (!known) sums[BEYOND]! += 1;
    this.#countInRow(seq, place, extent);
  }

  /** How many of the packets right before it are all later ones: all since its gap, but none before a late one that is earlier. */
  #countInRow(seq: number, place: number, extent: number): void {
    const sums = this.#sums;
    let row = extent;
    for (let at = LATE; at < SUMS; at += 2) {
      const between = place - sums[at]! - 1;
      if (sums[at + 1]! < seq && between < row) row = between;
    }
    if (row >= 1) sums[ONE]! += 1;
    if (row >= 2) sums[TWO]! += 1;
    if (row >= 3) sums[THREE]! += 1;
    for (let at = SUMS - 1; at >= LATE + 2; at--) sums[at] = sums[at - 2]!;
    sums[LATE] = place;
    sums[LATE + 1] = seq;
  }

  /** The last gap that begins at `seq` or before; less than `oldest`: it is forgotten. */
  #gapOf(seq: number, oldest: number): number {
    const gaps = this.#gaps;
    const room = gaps.length / GAP;
    // Mostly it is one of the latest: the steps back are short at first.
    let after = this.#count;
    let step = 1;
    let first = after - step;
    while (first >= oldest && gaps[(first % room) * GAP + FROM]! > seq) {
      after = first;
      step *= 2;
      first = after - step;
    }
    first = Math.max(first, oldest - 1);
    while (after - first > 1) {
      const middle = (first + after) >> 1;
      if (gaps[(middle % room) * GAP + FROM]! > seq) after = middle;
      else first = middle;
    }
    return first;
  }

  /** The gaps, with room for one more or with the oldest to be given up. */
  #row(): Float64Array {
    const old = this.#gaps;
    const room = old.length / GAP;
    if (this.#count < room || room === MOST_GAPS) return old;
    // Until it is full a gap's row is its number, in the larger one as well.
    this.#gaps = new Float64Array(old.length * 2);
    this.#gaps.set(old);
    return this.#gaps;
  }
}
