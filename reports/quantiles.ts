/**
 * How often each value came, in the buckets of an HDR histogram with three significant digits: a bucket is 1 wide below
 * 2,048, and each doubling above is cut into 1,024. Does not know what is counted.
 *
 * The buckets and the percentiles are those of hdr-histogram-js (a property test compares every one); it needs 0.15 us per
 * value and a logarithm, which the language does not fix bit by bit, where this needs 3 ns and shifts. Memory: 8 bytes for
 * each bucket between the lowest and the highest value met, in steps of doubling: 1.5 KB for 40 ms +- 3 ms.
 */
import { invariant } from '../engine/index.ts';

const HALF = 1024;
const HALF_BITS = 10;
/** Above it a value does not fit in 32 bits: the bits below 2^20 are cut off, which no bucket up there tells apart. */
const WIDE = 2 ** 31;
const CUT_BITS = 20;
const CUT = 2 ** CUT_BITS;

/** The bucket of a whole number from 0 to 2^51. */
function bucketOf(value: number): number {
  if (value < WIDE) return narrowBucketOf(value | 0);
  return narrowBucketOf(Math.floor(value / CUT) | 0) + CUT_BITS * HALF;
}

function narrowBucketOf(value: number): number {
  if (value < 2 * HALF) return value;
  const shift = 31 - HALF_BITS - Math.clz32(value);
  return shift * HALF + (value >> shift);
}

/** The highest value of a bucket. */
function topOf(bucket: number): number {
  if (bucket < 2 * HALF) return bucket;
  const shift = Math.floor(bucket / HALF) - 1;
  let width = 1;
  for (let i = 0; i < shift; i++) width *= 2;
  return (bucket - shift * HALF + 1) * width - 1;
}

export class Quantiles {
  #counts = new Float64Array(0);
  /** The bucket that the first of the counts is of. */
  #first = 0;
  count = 0;

  /** `value`: a whole number from 0 to 2^51. */
  record(value: number): void {
    const bucket = value < WIDE ? narrowBucketOf(value | 0) : bucketOf(value);
    let place = bucket - this.#first;
    if (place < 0 || place >= this.#counts.length) {
      this.#widen(bucket);
      place = bucket - this.#first;
    }
    this.#counts[place]! += 1;
    this.count++;
  }

  /**
   * The value that `permille` of 1,000 values are at or below (nearest rank): the highest of its bucket, but never outside
   * `min` and `max`, so that a constant comes out exact. At most 1/1,024 above the exact one, never below it. NaN when
   * nothing was recorded.
   */
  at(permille: number, min: number, max: number): number {
    if (this.count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil((this.count * permille) / 1000));
    const counts = this.#counts;
    let seen = 0;
    for (let i = 0; i < counts.length; i++) {
      seen += counts[i]!;
      if (seen >= rank) return Math.min(max, Math.max(min, topOf(this.#first + i)));
    }
    return max;
  }

  /** Bytes of its table. */
  get footprint(): number {
    return this.#counts.byteLength;
  }

  #widen(bucket: number): void {
    invariant(bucket >= 0, 'a duration below zero was counted');
    const old = this.#counts;
    const low = old.length === 0 ? bucket : Math.min(this.#first, bucket);
    const high = old.length === 0 ? bucket : Math.max(this.#first + old.length - 1, bucket);
    const length = Math.max(16, old.length * 2, high - low + 1);
    // The room to spare goes to the side that the value came from: delays mostly grow upwards from their first.
    const first = bucket < this.#first && old.length > 0 ? Math.max(0, high + 1 - length) : low;
    const counts = new Float64Array(length);
    counts.set(old, old.length === 0 ? 0 : this.#first - first);
    this.#counts = counts;
    this.#first = first;
  }
}
