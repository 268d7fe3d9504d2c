/**
 * How often each value came, in the buckets of an HDR histogram with three significant digits: a bucket is 1 wide below
 * 2,048, and each doubling above is cut into 1,024. Does not know what is counted.
 *
 * The counting is done here: hdr-histogram-js needs 0.15 us per value and a logarithm, this needs 3 ns and shifts. The percentiles are
 * read by hdr-histogram-js, which is handed the numbers of the buckets: small enough for it to tell each from the next. A property
 * test compares both with hdr-histogram-js alone. Memory: 8 bytes for each bucket between the lowest and the highest value met,
 * in steps of a quarter: 1.7 KB for 40 ms +- 3 ms; and one histogram of the library, when the run is over.
 */
import histogram from 'hdr-histogram-js/dist/Float64Histogram.js';
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

const NOTHING = new Float64Array(0);

export class Quantiles {
  #counts = NOTHING;
  /** The bucket that the first of the counts is of. */
  #first = 0;

  /** `value`: a whole number from 0 to 2^51. */
  record(value: number): void {
    const bucket = value < WIDE ? narrowBucketOf(value | 0) : bucketOf(value);
    let place = bucket - this.#first;
    if (place < 0 || place >= this.#counts.length) {
      this.#widen(bucket);
      place = bucket - this.#first;
    }
    this.#counts[place]! += 1;
  }

  /**
   * For each of `permilles` the value that so many of 1,000 values are at or below (nearest rank): the highest of its bucket, but
   * never outside `min` and `max`, so that a constant comes out exact. At most 1/1,024 above the exact one, never below it. NaN
   * when nothing was recorded.
   */
  at(permilles: readonly number[], min: number, max: number): number[] {
    const counts = this.#counts;
    const reader = readerFor(counts.length);
    let total = 0;
    for (let place = 0; place < counts.length; place++) {
      // So small a number is its own place in the histogram; recording it would take logarithms to find that out.
      reader.setCountAtIndex(place, counts[place]!);
      total += counts[place]!;
    }
    reader.setTotalCount(total);
    return permilles.map((permille) => {
      if (total === 0) return Number.NaN;
      const rank = Math.max(1, Math.ceil((total * permille) / 1000));
      // Half a value below the rank, where no rounding can lead to another one.
      const bucket = this.#first + reader.getValueAtPercentile(((rank - 0.5) / total) * 100);
      return Math.min(max, Math.max(min, topOf(bucket)));
    });
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
    const length = Math.max(16, old.length + (old.length >> 2), high - low + 1);
    // The room to spare goes to the side that the value came from: delays mostly grow upwards from their first.
    const first = bucket < this.#first && old.length > 0 ? Math.max(0, high + 1 - length) : low;
    const counts = new Float64Array(length);
    counts.set(old, old.length === 0 ? 0 : this.#first - first);
    this.#counts = counts;
    this.#first = first;
  }
}

type Reader = InstanceType<typeof histogram.default>;

/** By digits: so many digits tell all whole numbers below the second number apart. */
const DIGITS: readonly (readonly [number, number])[] = [
  [3, 2 ** 11],
  [4, 2 ** 15],
  [5, 2 ** 18],
];
const readers = new Map<number, Reader>();

/** An empty histogram that tells apart whole numbers below `length`. There is one of each size, used again and again. */
function readerFor(length: number): Reader {
  const [digits, room] = DIGITS.find(([, numbers]) => length <= numbers) ?? DIGITS[2]!;
  const reader = readers.get(digits) ?? new histogram.default(1, room - 1, digits);
  readers.set(digits, reader);
  reader.reset();
  return reader;
}
