import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  betaCdf,
  binomialInterval,
  chiSquareP,
  chiSquareTest,
  kolmogorovDistance,
  kolmogorovP,
  logGamma,
} from './statistics.ts';

const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} +- ${tolerance}`);

test('the gamma function at whole and half numbers', () => {
  near(logGamma(1), 0, 1e-14);
  near(logGamma(0.5), Math.log(Math.sqrt(Math.PI)), 1e-14);
  near(logGamma(11), Math.log(3628800), 1e-13);
});

test('the beta distribution in closed form', () => {
  near(betaCdf(0.3, 1, 1), 0.3, 1e-14);
  near(betaCdf(0.3, 2, 1), 0.09, 1e-14);
  near(betaCdf(0.3, 1, 5), 1 - 0.7 ** 5, 1e-14);
  // I_x(2, 3) = 6x^2 - 8x^3 + 3x^4
  near(betaCdf(0.8, 2, 3), 6 * 0.64 - 8 * 0.512 + 3 * 0.4096, 1e-13);
});

test('the Clopper-Pearson interval as in the published tables', () => {
  // No hit in n trials: 1 - (alpha/2)^(1/n), in closed form.
  near(binomialInterval(0, 10, 0.05).high, 1 - 0.025 ** 0.1, 1e-12);
  assert.is(binomialInterval(0, 10, 0.05).low, 0);
  assert.is(binomialInterval(10, 10, 0.05).high, 1);
  // Geigy tables, 95 %: 1 of 10 and 5 of 10.
  near(binomialInterval(1, 10, 0.05).low, 0.0025, 5e-5);
  near(binomialInterval(1, 10, 0.05).high, 0.445, 5e-4);
  near(binomialInterval(5, 10, 0.05).low, 0.1871, 5e-5);
  near(binomialInterval(5, 10, 0.05).high, 0.8129, 5e-5);
});

test('the interval is as wide as the normal one when the counts are great', () => {
  const { low, high } = binomialInterval(10_000, 1_000_000, 0.05);
  const wide = 1.959964 * Math.sqrt((0.01 * 0.99) / 1e6);
  near(low, 0.01 - wide, 2e-6);
  near(high, 0.01 + wide, 2e-6);
});

test('critical values of chi-square as in the published tables', () => {
  for (const [statistic, degrees, p] of [
    [3.841, 1, 0.05],
    [6.635, 1, 0.01],
    [18.307, 10, 0.05],
    [124.342, 100, 0.05],
    [2.706, 1, 0.1],
    [13.091, 23, 0.95],
    [3.94, 10, 0.95],
  ] as const) {
    near(chiSquareP(statistic, degrees), p, 2e-3 * p);
  }
  // Two degrees of freedom: e^(-x/2), in closed form.
  near(chiSquareP(7, 2), Math.exp(-3.5), 1e-15);
  near(chiSquareP(0.5, 2), Math.exp(-0.25), 1e-14);
});

test("a die thrown sixty times, Pearson's way", () => {
  // (5, 8, 9, 8, 10, 20) against 10 each: 25 + 4 + 1 + 4 + 0 + 100 over 10.
  near(chiSquareTest([5, 8, 9, 8, 10, 20], [10, 10, 10, 10, 10, 10]), chiSquareP(13.4, 5), 1e-15);
});

test('critical distances of Kolmogorov as in the published tables', () => {
  // Miller, "Table of percentage points of Kolmogorov statistics", JASA 51 (1956), two-sided.
  for (const [distance, n, p] of [
    [0.975, 1, 0.05],
    [0.56328, 5, 0.05],
    [0.40925, 10, 0.05],
    [0.48893, 10, 0.01],
    [0.29408, 20, 0.05],
    [0.13403, 100, 0.05],
  ] as const) {
    near(kolmogorovP(distance, n), p, 1e-4);
  }
  // Smirnov's limit: 1.3581 and 1.6276 over sqrt(n).
  near(kolmogorovP(1.3581 / 1000, 1_000_000), 0.05, 1e-4);
  near(kolmogorovP(1.6276 / 1000, 1_000_000), 0.01, 1e-4);
});

test('exact and limiting distances meet', () => {
  for (const distance of [0.05, 0.08, 0.1, 0.12])
    near(kolmogorovP(distance, 200), kolmogorovP(distance, 201), 0.012);
});

test('the distance of three samples, by hand', () => {
  near(
    kolmogorovDistance([0.1, 0.5, 0.6], (x) => x),
    0.4,
    1e-15,
  );
});

test.run();
