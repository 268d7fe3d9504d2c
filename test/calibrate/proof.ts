/** What a proof is: a promise of one parameter, the value that theory gives, the value that was measured, and whether they agree. */
import type { Profile } from '../../sim/personality/profile.ts';
import { binomialInterval, chiSquareTest, kolmogorovTest } from '../support/statistics.ts';
import { type Course, type Outcome, sent } from './channel.ts';

/** A right program fails a proof with at most this chance; the seeds are fixed, so it either does or does not. */
export const ALPHA = 1e-6;
/** Standard normal quantile of 1 - ALPHA / 2. */
const Z = 4.8916;
/** Student's, with 99 degrees of freedom. */
const T99 = 5.2235;
const BATCHES = 100;

export const MILLION = 1_000_000;
export const MS = 1_000_000;

export interface Verdict {
  readonly expected: string;
  readonly measured: string;
  /** The exact interval, the p-value, or `exact`. */
  readonly interval: string;
  readonly holds: boolean;
}

export interface Proof {
  /** The stage it belongs to. */
  readonly stage: string;
  /** The settings in force: every field that is set. */
  readonly profile: Profile;
  /** What comes, where it matters: `1000 bytes every 0.4 ms`. */
  readonly traffic: string;
  /** Packets that are sent for it, at least. */
  readonly packets: number;
  readonly promise: string;
  /** The closed form or the independent source of the expected value. */
  readonly source: string;
  measure(): Verdict | Promise<Verdict>;
}

type Words = readonly [promise: string, source: string];

/** A promise about what becomes of the packets of a course. */
export const onCourse = (
  stage: string,
  course: Course & { readonly traffic?: string },
  [promise, source]: Words,
  judge: (outcome: Outcome) => Verdict,
): Proof => ({
  stage,
  profile: course.profile,
  traffic: course.traffic ?? '',
  packets: course.packets,
  promise,
  source,
  measure: () => judge(sent(course)),
});

/** `lossmodel: burst, loss.meanBurst: 5`; long lists by their length. */
export const settingsText = (profile: Profile): string =>
  Object.entries(profile)
    .map(([path, value]) => `${path}: ${valueText(value)}`)
    .join(', ');

function valueText(value: Profile[string]): string {
  if (typeof value !== 'object') return String(value);
  return value.length <= 8
    ? `[${value.join(', ')}]`
    : `[${value.slice(0, 3).join(', ')}, … ${value.length} in all]`;
}

/** Whole numbers with commas, others with six digits. */
export const digits = (value: number): string =>
  Number.isInteger(value) ? String(value).replace(/\B(?=(\d{3})+$)/g, ',') : value.toPrecision(6);

/** Whether an interval of that half width around the measured value holds the expected one. */
function around(measured: number, expected: number, margin: number, method: string): Verdict {
  return {
    expected: digits(expected),
    measured: digits(measured),
    interval: `${digits(measured - margin)} to ${digits(measured + margin)}${method}`,
    holds: Math.abs(measured - expected) <= margin,
  };
}

/** A share of independent trials: Clopper and Pearson's interval must hold the expected one. */
export function share(hits: number, trials: number, expected: number): Verdict {
  const { low, high } = binomialInterval(hits, trials, ALPHA);
  return {
    expected: digits(expected),
    measured: digits(hits / trials),
    interval: `${digits(low)} to ${digits(high)}`,
    holds: low <= expected && expected <= high,
  };
}

/** The mean of `n` independent values with that standard deviation: the normal interval must hold the expected one. */
export const mean = (measured: number, expected: number, deviation: number, n: number): Verdict =>
  around(measured, expected, (Z * deviation) / Math.sqrt(n), ', normal');

function batches(values: ArrayLike<number>): number[] {
  const length = Math.floor(values.length / BATCHES);
  return Array.from({ length: BATCHES }, (_, batch) => {
    let sum = 0;
    for (let i = batch * length; i < (batch + 1) * length; i++) sum += values[i]!;
    return sum / length;
  });
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

const deviation = (values: readonly number[], from: number): number =>
  Math.sqrt(values.reduce((sum, one) => sum + (one - from) ** 2, 0) / (values.length - 1));

/**
 * The mean of a dependent series: means of 100 batches, which are nearly independent when a batch is much longer than the series
 * remembers, and Student's interval with 99 degrees of freedom.
 */
export function batchMean(values: ArrayLike<number>, expected: number): Verdict {
  const means = batches(values);
  const measured = average(means);
  const margin = (T99 * deviation(means, measured)) / Math.sqrt(BATCHES);
  return around(measured, expected, margin, ', batches');
}

/** The mean of one dependent series over that of another: the delta method on the means of 100 batches. */
export function batchRatio(above: ArrayLike<number>, below: ArrayLike<number>, expected: number): Verdict {
  const tops = batches(above);
  const bottoms = batches(below);
  const ratio = average(tops) / average(bottoms);
  const rests = tops.map((top, i) => top - ratio * bottoms[i]!);
  const margin = (T99 * deviation(rests, 0)) / Math.sqrt(BATCHES) / average(bottoms);
  return around(ratio, expected, margin, ', batches');
}

/** The mean of a dependent series lies between two values: its interval does. */
export function batchMeanWithin(values: ArrayLike<number>, low: number, high: number): Verdict {
  const means = batches(values);
  const measured = average(means);
  const margin = (T99 * deviation(means, measured)) / Math.sqrt(BATCHES);
  const verdict = around(measured, measured, margin, ', batches');
  const holds = low <= measured - margin && measured + margin <= high;
  return { ...verdict, expected: `${digits(low)} to ${digits(high)}`, holds };
}

/** Kolmogorov and Smirnov: the samples, independent ones, follow a continuous distribution. */
export function law(samples: ArrayLike<number>, name: string, cdf: (x: number) => number): Verdict {
  const p = kolmogorovTest(samples, cdf);
  return {
    expected: name,
    measured: `${samples.length} values`,
    interval: `KS p = ${p.toPrecision(3)}`,
    holds: p >= ALPHA,
  };
}

/** Pearson's chi-square: counts follow expected counts. */
export function counts(observed: readonly number[], expected: readonly number[], name: string): Verdict {
  const p = chiSquareTest(observed, expected);
  return {
    expected: name,
    measured: `${observed.length} classes`,
    interval: `chi-square p = ${p.toPrecision(3)}`,
    holds: p >= ALPHA,
  };
}

/** No chance in it: the two must be the same. */
export function exact(measured: number | string, expected: number | string): Verdict {
  return {
    expected: typeof expected === 'number' ? digits(expected) : expected,
    measured: typeof measured === 'number' ? digits(measured) : measured,
    interval: 'exact',
    holds: measured === expected,
  };
}

/** No chance in it: every one of them is as it must be. */
export function all(total: number, isRight: (i: number) => boolean): Verdict {
  let right = 0;
  for (let i = 0; i < total; i++) if (isRight(i)) right++;
  return exact(right, total);
}

/** No chance in it: never above the bound. */
export const atMost = (measured: number, bound: number): Verdict => ({
  expected: `at most ${digits(bound)}`,
  measured: digits(measured),
  interval: 'exact',
  holds: measured <= bound,
});
