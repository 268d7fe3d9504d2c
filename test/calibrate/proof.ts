/** What a proof is: a promise of one parameter, the value that theory gives, the value that was measured, and whether they agree. */
import { binomialInterval, chiSquareTest, kolmogorovTest } from '../support/statistics.ts';

/** A right program fails a proof with at most this chance; the seeds are fixed, so it either does or does not. */
export const ALPHA = 1e-6;
/** Standard normal quantile of 1 - ALPHA / 2. */
const Z = 4.8916;

export interface Verdict {
  /** Packets that were sent for it. */
  readonly packets: number;
  readonly expected: string;
  readonly measured: string;
  /** The exact interval, the p-value, or `exact`. */
  readonly interval: string;
  readonly holds: boolean;
}

export interface Proof {
  /** The stage it belongs to, and the fields that are set. */
  readonly stage: string;
  readonly settings: string;
  readonly promise: string;
  /** The closed form or the independent source of the expected value. */
  readonly source: string;
  measure(): Verdict;
}

const digits = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : value.toPrecision(6);

/** A share of independent trials: Clopper and Pearson's interval must hold the expected one. */
export function share(packets: number, hits: number, trials: number, expected: number): Verdict {
  const { low, high } = binomialInterval(hits, trials, ALPHA);
  return {
    packets,
    expected: digits(expected),
    measured: digits(hits / trials),
    interval: `${digits(low)} to ${digits(high)}`,
    holds: low <= expected && expected <= high,
  };
}

/** The mean of `n` values, nearly independent, with that standard deviation: the normal interval must hold the expected one. */
export function mean(
  packets: number,
  measured: number,
  expected: number,
  deviation: number,
  n: number,
): Verdict {
  const margin = (Z * deviation) / Math.sqrt(n);
  return {
    packets,
    expected: digits(expected),
    measured: digits(measured),
    interval: `${digits(measured - margin)} to ${digits(measured + margin)}`,
    holds: Math.abs(measured - expected) <= margin,
  };
}

/**
 * The mean of a dependent series: means of 100 batches, which are nearly independent when a batch is much longer than the series
 * remembers, and Student's interval with 99 degrees of freedom.
 */
export function batchMean(packets: number, values: ArrayLike<number>, expected: number): Verdict {
  const batches = 100;
  const length = Math.floor(values.length / batches);
  const means: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    let sum = 0;
    for (let i = batch * length; i < (batch + 1) * length; i++) sum += values[i]!;
    means.push(sum / length);
  }
  const measured = means.reduce((a, b) => a + b, 0) / batches;
  const variance = means.reduce((sum, one) => sum + (one - measured) ** 2, 0) / (batches - 1);
  // Student's t with 99 degrees of freedom, 1 - ALPHA / 2.
  const margin = 5.2235 * Math.sqrt(variance / batches);
  return {
    packets,
    expected: digits(expected),
    measured: digits(measured),
    interval: `${digits(measured - margin)} to ${digits(measured + margin)}`,
    holds: Math.abs(measured - expected) <= margin,
  };
}

/** Kolmogorov and Smirnov: the samples follow a continuous distribution. */
export function law(
  packets: number,
  samples: ArrayLike<number>,
  name: string,
  cdf: (x: number) => number,
): Verdict {
  const p = kolmogorovTest(samples, cdf);
  return {
    packets,
    expected: name,
    measured: `${samples.length} values`,
    interval: `KS p = ${p.toPrecision(3)}`,
    holds: p >= ALPHA,
  };
}

/** Pearson's chi-square: counts follow expected counts. */
export function counts(
  packets: number,
  observed: readonly number[],
  expected: readonly number[],
  name: string,
): Verdict {
  const p = chiSquareTest(observed, expected);
  return {
    packets,
    expected: name,
    measured: `${observed.length} classes`,
    interval: `chi-square p = ${p.toPrecision(3)}`,
    holds: p >= ALPHA,
  };
}

/** No chance in it: the two must be the same. */
export function exact(packets: number, measured: number | string, expected: number | string): Verdict {
  return {
    packets,
    expected: typeof expected === 'number' ? digits(expected) : expected,
    measured: typeof measured === 'number' ? digits(measured) : measured,
    interval: 'exact',
    holds: measured === expected,
  };
}
