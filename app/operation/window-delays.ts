/**
 * How long things took in the window under way, for each of many accounts (VMs, flows): counts in log-linear buckets. Does not know
 * what took that long.
 *
 * Each doubling is cut into 16 buckets of one width, and a bucket is told as its middle: at most 1/32 from the exact value; below 32
 * exact. The least and the greatest are kept as they are, so a constant comes out exact. The bucket of a number stands in its
 * double, as in the reports' quantiles: the exponent, and the first four bits of the fraction.
 *
 * An account has buckets (3 KiB) only from its first value in a window to the window's end.
 */
import { LAST_INSTANT, type Nanos } from '../../engine/index.ts';
import type { DelayFigures } from './run.ts';

const BITS = 4;
/** The exponent of 1 in a double. */
const BIAS = 1023;
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

// A number from 1 on, and its two words.
const number = new Float64Array(1);
const words = new Int32Array(number.buffer);

const bucketOf = (value: Nanos): number => {
  number[0] = value;
  const place = (words[HIGH]! >> (20 - BITS)) - (BIAS << BITS) + 1;
  // The double 0 has no exponent.
  return place > 0 ? place : 0;
};

/** Of the whole numbers in it. */
function middleOf(bucket: number): Nanos {
  if (bucket === 0) return 0;
  const exponent = (bucket - 1) >> BITS;
  const width = 2 ** (exponent - BITS);
  const start = 2 ** exponent + ((bucket - 1) & ((1 << BITS) - 1)) * width;
  return width <= 1 ? start : start + width / 2;
}

/** Zero, and a table up to the last instant of a run. */
const BUCKETS = bucketOf(LAST_INSTANT) + 1;

const NO_TABLE = -1;

export class WindowDelays {
  /** By account: the number of its table. */
  #tables = new Int32Array(0);
  /** Tables in use, one after the other. */
  #counts = new Uint32Array(0);
  #used = 0;
  // By account.
  #least = new Float64Array(0);
  #greatest = new Float64Array(0);

  /** Room for so many accounts. */
  grow(accounts: number): void {
    const before = this.#tables.length;
    if (accounts <= before) return;
    const widened = <T extends Int32Array | Float64Array>(old: T, next: T): T => {
      next.set(old);
      return next;
    };
    this.#tables = widened(this.#tables, new Int32Array(accounts).fill(NO_TABLE, before));
    this.#least = widened(this.#least, new Float64Array(accounts));
    this.#greatest = widened(this.#greatest, new Float64Array(accounts));
  }

  /** `value`: a whole number from 0 to the last instant. */
  record(account: number, value: Nanos): void {
    let table = this.#tables[account]!;
    if (table < 0) {
      table = this.#open(account);
      this.#least[account] = value;
      this.#greatest[account] = value;
    } else if (value < this.#least[account]!) this.#least[account] = value;
    else if (value > this.#greatest[account]!) this.#greatest[account] = value;
    this.#counts[table * BUCKETS + bucketOf(value)]! += 1;
  }

  /** Quantiles by nearest rank; null when there was nothing. */
  figures(account: number): DelayFigures | null {
    const table = this.#tables[account]!;
    if (table < 0) return null;
    const least = this.#least[account]!;
    const greatest = this.#greatest[account]!;
    const counts = this.#counts;
    const base = table * BUCKETS;
    const first = base + bucketOf(least);
    const last = base + bucketOf(greatest);
    let total = 0;
    for (let i = first; i <= last; i++) total += counts[i]!;
    const at = (percent: number): Nanos => {
      let left = Math.ceil((total * percent) / 100);
      if (left === total) return greatest;
      let i = first - 1;
      while (left > 0) left -= counts[++i]!;
      return Math.min(greatest, Math.max(least, middleOf(i - base)));
    };
    return { p50: at(50), p95: at(95), p99: at(99), max: greatest };
  }

  /** Begins the next window. */
  reset(): void {
    for (let account = 0; account < this.#tables.length; account++) {
      const table = this.#tables[account]!;
      if (table < 0) continue;
      const base = table * BUCKETS;
      const first = base + bucketOf(this.#least[account]!);
      this.#counts.fill(0, first, base + bucketOf(this.#greatest[account]!) + 1);
      this.#tables[account] = NO_TABLE;
    }
    this.#used = 0;
  }

  #open(account: number): number {
    const table = this.#used++;
    const needed = this.#used * BUCKETS;
    if (needed > this.#counts.length) {
      const counts = new Uint32Array(Math.max(needed, 2 * this.#counts.length));
      counts.set(this.#counts);
      this.#counts = counts;
    }
    this.#tables[account] = table;
    return table;
  }
}
