/** What is read off an outcome: series, runs, counts. */
import type { Fate } from '../../sim/trace.ts';
import type { Outcome } from './channel.ts';

/** By original: 1 for those with that fate. */
export const isFate = ({ fate }: Outcome, wanted: Fate): Uint8Array =>
  fate.map((one) => (one === wanted ? 1 : 0));

export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

export const countFate = (outcome: Outcome, wanted: Fate): number => sum(isFate(outcome, wanted));

/** One-way delays of the originals that arrived, ns, in order of sending. */
export function delaysOf({ sentAt, leftAt }: Outcome): Float64Array {
  return leftAt.map((left, seq) => left - sentAt[seq]!).filter((delay) => !Number.isNaN(delay));
}

/** Each value times the one `lag` later, both less `mean`. */
export const products = (values: ArrayLike<number>, mean = 0, lag = 1): Float64Array =>
  Float64Array.from(
    { length: values.length - lag },
    (_, i) => (values[i]! - mean) * (values[i + lag]! - mean),
  );

/** Every `step`-th value. */
export const every = (values: Float64Array, step: number): Float64Array =>
  values.filter((_, i) => i % step === 0);

/** 1 where a run of ones begins. */
export const starts = (values: Uint8Array): Uint8Array =>
  values.map((one, i) => (one === 1 && values[i - 1] !== 1 ? 1 : 0));

/** Lengths of the runs of ones. */
export function runsOf(values: ArrayLike<number>): number[] {
  const runs: number[] = [];
  let run = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 1) run++;
    else if (run > 0) {
      runs.push(run);
      run = 0;
    }
  }
  return runs;
}

/** How long the first of each group of packets that leave together has waited, ns. */
export function firstWaits({ sentAt, leftAt }: Outcome): number[] {
  const waits: number[] = [];
  for (let seq = 1; seq < sentAt.length; seq++) {
    const wait = leftAt[seq]! - sentAt[seq]!;
    if (wait > 0 && leftAt[seq - 1]! < leftAt[seq]!) waits.push(wait);
  }
  return waits;
}

/** Places from each one to the next; of the first, from before the beginning. */
export function cycles(values: Uint8Array): number[] {
  const lengths: number[] = [];
  let last = -1;
  values.forEach((one, place) => {
    if (one === 0) return;
    lengths.push(place - last);
    last = place;
  });
  return lengths;
}

/** How many values are 1, 2, and so on up to `most`, and how many are more. */
export function histogram(values: readonly number[], most: number): number[] {
  const counts = new Array<number>(most + 1).fill(0);
  for (const value of values) counts[Math.min(value, most + 1) - 1]! += 1;
  return counts;
}

/** How many of `total` a geometric law with that mean puts there. */
export function geometric(total: number, mean: number, most: number): number[] {
  const stay = 1 - 1 / mean;
  return Array.from({ length: most + 1 }, (_, i) => total * stay ** i * (i === most ? 1 : 1 - stay));
}

/** Packets that arrive after one that was sent later (RFC 4737, section 3), 1 each, in order of arrival. */
export function isReordered(order: Int32Array): Uint8Array {
  let next = 0;
  return Uint8Array.from(order, (seq) => {
    if (seq < next) return 1;
    next = seq + 1;
    return 0;
  });
}

/** RFC 3550, section 6.4.1: the jitter after each arrival but the first, ns. */
export function rtpJitter({ order, sentAt, leftAt }: Outcome): Float64Array {
  let jitter = 0;
  let before = Number.NaN;
  const series = Float64Array.from(order, (seq) => {
    const transit = leftAt[seq]! - sentAt[seq]!;
    if (!Number.isNaN(before)) jitter += (Math.abs(transit - before) - jitter) / 16;
    before = transit;
    return jitter;
  });
  return series.subarray(1);
}
