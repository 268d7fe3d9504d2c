/**
 * How often each value came, in buckets no wider than those of an HDR histogram with so many significant bits. Does not know
 * what is counted.
 *
 * A logarithmic table cuts each doubling into 2^bits: with 10 bits, three significant digits. The bucket of a value stands in its
 * double: the exponent, and the first bits of the fraction. Values that lie close together (40 ms +- 3 ms) would share a few of
 * these buckets, so a table begins even: all buckets of one width, doubled when {@link MOST_EVEN} of them do not reach, until they
 * would be wider than the logarithmic ones at the lowest value. All widths are powers of two, so that turning one table into the
 * next moves no value to a wrong bucket.
 *
 * The counting is done here: hdr-histogram-js needs 0.15 us per value and a logarithm, this needs 2 ns and a shift. The percentiles are
 * read by hdr-histogram-js, which is handed the numbers of the buckets: small enough for it to tell each from the next. Property
 * tests compare with hdr-histogram-js alone, and with all values in memory. Memory: 4 bytes for each bucket between the lowest and
 * the highest value met, in steps of a quarter: 2 KB while even; and one histogram of the library, when the run is over.
 */
import histogram from 'hdr-histogram-js/dist/Float64Histogram.js';
import { invariant } from '../engine/index.ts';

/** From here on a value is no signed 32-bit number. */
const WIDE = 2 ** 31;

/** An even table has at most so many buckets. */
const MOST_EVEN = 512;

/** Nor is a count. */
const MOST_COUNTED = 2 ** 31;

const NOTHING = new Int32Array(0);

/** Where the sign, the exponent and the first 20 bits of the fraction lie among the two words of a double. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;
const EXPONENT_BIAS = 1023;

/** Room for values that are recorded together. */
export class Batch {
  readonly values: Float64Array;
  /** The same, two words each. */
  readonly words: Int32Array;

  constructor(room: number) {
    this.values = new Float64Array(room);
    this.words = new Int32Array(this.values.buffer);
  }
}

export class Quantiles {
  readonly #bits: number;
  #counts: Int32Array | Float64Array = NOTHING;
  /** The bucket that the first of the counts is of. */
  #first = 0;
  #even = true;
  /** While even: a bucket is 2^shift wide. */
  #shift = 0;
  /** How often 0 came since the table is logarithmic: it has no bucket there. */
  #zeros = 0;

  /** `bits`: 1 to 10. A percentile is at most 1/2^bits above the exact one. */
  constructor(bits = 10) {
    this.#bits = bits;
  }

  /** `value`: a whole number from 0 to 2^51. */
  record(value: number): void {
    const counts = this.#counts;
    let place = -1;
    if (!this.#even) place = bucketOf(value, this.#bits) - this.#first;
    else if (value < WIDE) place = (value >> this.#shift) - this.#first;
    if (place >= 0 && place < counts.length && counts[place]! < MOST_COUNTED - 1) counts[place]! += 1;
    else this.recordMany(value, 1);
  }

  /** Values `from` to `to` of a batch. In one go, so that the table stays in locals. */
  recordAll(batch: Batch, from: number, to: number): void {
    let i = from;
    while (i < to) {
      i = this.#even ? this.#recordEven(batch.values, i, to) : this.#recordLogarithmic(batch.words, i, to);
      if (i < to) this.recordMany(batch.values[i++]!, 1);
    }
  }

  /** The same value `times` times. */
  recordMany(value: number, times: number): void {
    if (times <= 0) return;
    invariant(value >= 0, 'a duration below zero was counted');
    if (this.#even) this.#stayEven(value);
    if (value === 0 && !this.#even) {
      this.#zeros += times;
      return;
    }
    const bucket = this.#even ? value >> this.#shift : bucketOf(value, this.#bits);
    this.#reach(bucket);
    const place = bucket - this.#first;
    if (this.#counts[place]! + times >= MOST_COUNTED) this.#counts = Float64Array.from(this.#counts);
    this.#counts[place]! += times;
  }

  /** Counts from value `from` on, up to one that the table has no place for, and returns where that is. */
  #recordEven(values: Float64Array, from: number, to: number): number {
    const counts = this.#counts;
    const first = this.#first;
    const shift = this.#shift;
    for (let i = from; i < to; i++) {
      const value = values[i]!;
      const place = (value >> shift) - first;
      if (value >= WIDE || place < 0 || place >= counts.length) return i;
      const times = counts[place]! + 1;
      if (times === MOST_COUNTED) return i;
      counts[place] = times;
    }
    return to;
  }

  #recordLogarithmic(words: Int32Array, from: number, to: number): number {
    const counts = this.#counts;
    const first = this.#first;
    const shift = 20 - this.#bits;
    for (let i = from; i < to; i++) {
      const place = (words[2 * i + HIGH]! >> shift) - first;
      if (place < 0 || place >= counts.length) return i;
      const times = counts[place]! + 1;
      if (times === MOST_COUNTED) return i;
      counts[place] = times;
    }
    return to;
  }

  /** How many were recorded. */
  get total(): number {
    let total = this.#zeros;
    for (const count of this.#counts) total += count;
    return total;
  }

  /**
   * For each of `permilles` the value that so many of 1,000 values are at or below (nearest rank): the highest of its bucket, but
   * never outside `min` and `max`, so that a constant comes out exact. Never below the exact one. NaN when nothing was recorded.
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
    const zeros = this.#zeros;
    return permilles.map((permille) => {
      if (total + zeros === 0) return Number.NaN;
      const rank = Math.max(1, Math.ceil(((total + zeros) * permille) / 1000)) - zeros;
      if (rank <= 0) return min;
      // Half a value below the rank, where no rounding can lead to another one.
      const bucket = this.#first + reader.getValueAtPercentile(((rank - 0.5) / total) * 100);
      const top = this.#even ? (bucket + 1) * 2 ** this.#shift - 1 : topOf(bucket, this.#bits);
      return Math.min(max, Math.max(min, top));
    });
  }

  /** Bytes of its table. */
  get footprint(): number {
    return this.#counts.byteLength;
  }

  /** Doubles the buckets until the table reaches `value` as well, or makes it logarithmic. */
  #stayEven(value: number): void {
    const used = this.#used();
    let shift = this.#shift;
    let low = used === undefined ? value : Math.min(used.low * 2 ** shift, value);
    const high = used === undefined ? value : Math.max(used.high * 2 ** shift, value);
    while (Math.floor(high / 2 ** shift) - Math.floor(low / 2 ** shift) >= MOST_EVEN) shift++;
    low = Math.floor(low / 2 ** shift) * 2 ** shift;
    if (high >= WIDE || (shift > 0 && shift > widthBitsAt(low, this.#bits))) this.#even = false;
    const before = this.#shift;
    if (this.#even && shift === before) return;
    const counts = this.#counts;
    const first = this.#first;
    this.#shift = shift;
    this.#counts = NOTHING;
    this.#first = 0;
    if (used === undefined) return;
    for (let bucket = used.low; bucket <= used.high; bucket++) {
      const count = counts[bucket - first]!;
      if (count === 0) continue;
      const start = bucket * 2 ** before;
      if (start === 0 && !this.#even) {
        // Buckets that begin at 0 hold nothing else when the table turns: they are as narrow as the logarithmic ones, 1 wide.
        this.#zeros += count;
        continue;
      }
      const place = this.#even ? start >> shift : bucketOf(start, this.#bits);
      this.#reach(place);
      if (this.#counts[place - this.#first]! + count >= MOST_COUNTED)
        this.#counts = Float64Array.from(this.#counts);
      this.#counts[place - this.#first]! += count;
    }
  }

  /** The lowest and the highest bucket that is not empty. */
  #used(): { low: number; high: number } | undefined {
    const counts = this.#counts;
    let low = 0;
    let high = counts.length - 1;
    while (low <= high && counts[low] === 0) low++;
    while (low <= high && counts[high] === 0) high--;
    return low > high ? undefined : { low: this.#first + low, high: this.#first + high };
  }

  /** Makes room for `bucket`. */
  #reach(bucket: number): void {
    const old = this.#counts;
    if (bucket >= this.#first && bucket - this.#first < old.length) return;
    const low = old.length === 0 ? bucket : Math.min(this.#first, bucket);
    const high = old.length === 0 ? bucket : Math.max(this.#first + old.length - 1, bucket);
    // The room to spare goes to the side that the value came from: delays mostly grow upwards from their first. Below an even table
    // there is none: how wide its buckets may be hangs on the lowest value.
    const downwards = bucket < this.#first && old.length > 0;
    const span = high - low + 1;
    const length = downwards && this.#even ? span : Math.max(16, old.length + (old.length >> 2), span);
    const first = downwards ? Math.max(0, high + 1 - length) : low;
    const counts = old instanceof Int32Array ? new Int32Array(length) : new Float64Array(length);
    counts.set(old, old.length === 0 ? 0 : this.#first - first);
    this.#counts = counts;
    this.#first = first;
  }
}

const one = new Batch(1);

/** The logarithmic bucket of a whole number from 1 to 2^51. */
function bucketOf(value: number, bits: number): number {
  one.values[0] = value;
  return one.words[HIGH]! >> (20 - bits);
}

/** The highest whole number of a logarithmic bucket. */
function topOf(bucket: number, bits: number): number {
  const exponent = (bucket >> bits) - EXPONENT_BIAS;
  const width = 2 ** (exponent - bits);
  const start = 2 ** exponent + (bucket & ((1 << bits) - 1)) * width;
  return width < 1 ? start : start + width - 1;
}

/** The width of the logarithmic bucket of a value below 2^31 is 2 to the power of this. */
const widthBitsAt = (value: number, bits: number): number => Math.max(0, 31 - bits - Math.clz32(value));

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
