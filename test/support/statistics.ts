/**
 * Exact bounds for tests that count: a fixed seed, an interval, and the chance that a right program misses
 * it.
 */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Clopper and Pearson's interval for a probability, from `hits` in `trials`: it misses the true one with a
 * chance of at most `alpha`.
 */
export function binomialInterval(hits: number, trials: number, alpha = 1e-6): Interval {
  return {
    low: hits === 0 ? 0 : bisect((p) => betaCdf(p, hits, trials - hits + 1), alpha / 2),
    high: hits === trials ? 1 : bisect((p) => betaCdf(p, hits + 1, trials - hits), 1 - alpha / 2),
  };
}

/** The chance that a chi-square variable with so many degrees of freedom is at least this great. */
export function chiSquareP(statistic: number, degrees: number): number {
  return statistic <= 0 ? 1 : gammaTail(degrees / 2, statistic / 2);
}

/**
 * Pearson's test: the chance that counts are at least this far from the expected ones (same sum, each best
 * above 5).
 */
export function chiSquareTest(
  observed: ArrayLike<number>,
  expected: ArrayLike<number>,
  degrees?: number,
): number {
  let statistic = 0;
  for (let i = 0; i < expected.length; i++) {
    statistic += (observed[i]! - expected[i]!) ** 2 / expected[i]!;
  }
  return chiSquareP(statistic, degrees ?? expected.length - 1);
}

/** The greatest distance between the samples' distribution and a continuous one. */
export function kolmogorovDistance(samples: ArrayLike<number>, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(samples).sort();
  const n = sorted.length;
  return sorted.reduce((most, x, i) => Math.max(most, (i + 1) / n - cdf(x), cdf(x) - i / n), 0);
}

/**
 * The chance that the distance of `n` samples is at least this great: exact up to 200 samples (Marsaglia,
 * Tsang and Wang, "Evaluating Kolmogorov's distribution", 2003), beyond with Stephens' correction of the
 * limit (1970; error below 0.001).
 */
export function kolmogorovP(distance: number, n: number): number {
  if (distance <= 0.5 / n) return 1;
  if (distance >= 1) return 0;
  return n <= 200 ? 1 - exactKolmogorov(distance, n) : limitKolmogorov(distance, n);
}

/** Kolmogorov and Smirnov's test of samples against a continuous distribution. */
export function kolmogorovTest(samples: ArrayLike<number>, cdf: (x: number) => number): number {
  return kolmogorovP(kolmogorovDistance(samples, cdf), samples.length);
}

function limitKolmogorov(distance: number, n: number): number {
  const lambda = (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * distance;
  // The series needs many terms where the answer is 1 to nine digits.
  if (lambda < 0.3) return 1;
  let sum = 0;
  for (let k = 1; k <= 50; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, sum));
}

function exactKolmogorov(distance: number, n: number): number {
  const k = Math.floor(n * distance) + 1;
  const size = 2 * k - 1;
  const h = k - n * distance;
  const factorial = (m: number): number => (m < 2 ? 1 : m * factorial(m - 1));

  const matrix = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_unused, j) => (i - j + 1 < 0 ? 0 : 1)),
  );
  for (let i = 0; i < size; i++) {
    matrix[i]![0]! -= h ** (i + 1);
    matrix[size - 1]![i]! -= h ** (size - i);
  }
  matrix[size - 1]![0]! += 2 * h - 1 > 0 ? (2 * h - 1) ** size : 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < Math.min(size, i + 2); j++) matrix[i]![j]! /= factorial(i - j + 1);
  }

  // n! / n^n times an entry of the n-th power, with the scale taken along row by row.
  let row: number[] = Array.from({ length: size }, (_, j) => (j === k - 1 ? 1 : 0));
  for (let step = 1; step <= n; step++) {
    row = row.map((_, j) => row.reduce((sum, value, i) => sum + value * matrix[i]![j]!, 0) * (step / n));
  }
  return row[k - 1]!;
}

/** The regularised incomplete beta function: the chance that a Beta(a, b) variable is at most x. */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** Lentz's evaluation of the continued fraction, DLMF 8.17.22. */
function betaFraction(x: number, a: number, b: number): number {
  return lentz((m) => {
    if (m === 1) return [1, 1];
    const j = Math.floor((m - 1) / 2);
    const even = (j * (b - j) * x) / ((a + 2 * j - 1) * (a + 2 * j));
    const odd = (-(a + j) * (a + b + j) * x) / ((a + 2 * j) * (a + 2 * j + 1));
    return [m % 2 === 1 ? even : odd, 1];
  });
}

/** The regularised upper incomplete gamma function: DLMF 8.7.1 below the mean, 8.9.2 above. */
function gammaTail(a: number, x: number): number {
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let i = 1; i < 100_000 && term > sum * 1e-17; i++) {
      term *= x / (a + i);
      sum += term;
    }
    return 1 - front * sum;
  }
  return front * lentz((m) => [m === 1 ? 1 : -(m - 1) * (m - 1 - a), x - a + 2 * m - 1]);
}

/** a1/(b1 + a2/(b2 + ...)), each pair from `term(m)`, m from 1. */
function lentz(term: (m: number) => readonly [a: number, b: number]): number {
  const tiny = 1e-300;
  let f = tiny;
  let c = tiny;
  let d = 0;
  for (let m = 1; m < 100_000; m++) {
    const [a, b] = term(m);
    d = 1 / (b + a * d || tiny);
    c = b + a / c || tiny;
    f *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return f;
}

/** ln of the gamma function for x > 0: Stirling's series (DLMF 5.11.1) after moving x above 15. */
export function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  for (; y < 15; y++) shift += Math.log(y);
  const z = 1 / (y * y);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188))))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** The x in [0, 1] at which a growing function reaches a value. */
function bisect(f: (x: number) => number, value: number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 200 && low < high; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < value) low = middle;
    else high = middle;
  }
  return high;
}
