/** The theory that the calibration compares with, against values that are known otherwise. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Xoshiro } from '../support/xoshiro.ts';
import { cdfOf, filteredShare, hiddenLoss, orthant, phi, phiInverse, stationary } from './closed-forms.ts';
import { batchMean, batchRatio, digits } from './proof.ts';

const isNear = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected}`);

test('the normal distribution, as tables have it', () => {
  isNear(phi(0), 0.5, 1e-12);
  isNear(phi(1), 0.8413447461, 1e-8);
  isNear(phi(-1.959963985), 0.025, 1e-8);
  isNear(phi(-4), 3.167124e-5, 1e-9);
  isNear(phiInverse(0.975), 1.959963985, 1e-6);
});

test('an orthant at the median is 1/4 + asin(rho) / 2 pi (Sheppard 1899); without correlation it is the square', () => {
  for (const rho of [0.1, 0.5, 0.9]) isNear(orthant(0.5, rho), 0.25 + Math.asin(rho) / (2 * Math.PI), 1e-8);
  isNear(orthant(0.1, 0), 0.01, 1e-9);
});

test('a filtered uniform number: without memory uniform; half and half is symmetric', () => {
  isNear(filteredShare(0.5, 0.25), 0.5, 1e-6);
  // x = u / 2 + u' / 4 + u'' / 8 + …: below 0.1 it takes all of them to be small.
  let hits = 0;
  const source = new Xoshiro(1);
  for (let i = 0; i < 200_000; i++) {
    let x = 0;
    for (let share = 0.75; share > 1e-6; share *= 0.25) x += share * source.u();
    if (x <= 0.1) hits++;
  }
  isNear(filteredShare(0.1, 0.25), hits / 200_000, 4 * Math.sqrt(0.0175 / 200_000));
});

test('a chain of two states, by hand', () => {
  const chain = [
    [0.9, 0.1],
    [0.3, 0.7],
  ];
  const [good, bad] = stationary(chain);
  isNear(good!, 0.75, 1e-12);
  isNear(bad!, 0.25, 1e-12);
  const { one, both } = hiddenLoss(chain, [0, 1]);
  isNear(one, 0.25, 1e-12);
  isNear(both, 0.25 * 0.7, 1e-12);
  isNear(hiddenLoss(chain, [0, 1], 2).both, 0.25 * (0.7 * 0.7 + 0.3 * 0.1), 1e-12);
});

test('a distribution function of quantiles, with straight lines between them', () => {
  const cdf = cdfOf((p) => p * p, 2);
  // 0, 1/4, 1.
  isNear(cdf(0.125), 0.25, 1e-12);
  isNear(cdf(0.625), 0.75, 1e-12);
  assert.is(cdf(-1), 0);
  assert.is(cdf(2), 1);
});

test('batches hold the true mean, and not one far from it', () => {
  const source = new Xoshiro(2);
  const values = Float64Array.from({ length: 100_000 }, () => source.u());
  assert.ok(batchMean(values, 0.5).holds);
  assert.not(batchMean(values, 0.51).holds);
  const doubled = values.map((value) => 2 * value);
  assert.ok(batchRatio(doubled, values, 2).holds);
  assert.not(batchRatio(doubled, values, 2.001).holds);
});

test('whole numbers have commas, others six digits', () => {
  assert.equal([0, 999, 1000, 1234567, -45000, 0.5].map(digits), [
    '0',
    '999',
    '1,000',
    '1,234,567',
    '-45,000',
    '0.500000',
  ]);
});

test.run();
