import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Correlated } from '../../engine/correlation.ts';
import { normalCdf, normalQuantile } from '../../engine/math.ts';
import { RandomSource } from '../../engine/random.ts';
import { binomialInterval, kolmogorovTest } from '../support/statistics.ts';

const CELL = 2 ** -32;

const correlated = (correlation: number): Correlated => {
  const chain = new Correlated();
  chain.correlation = correlation;
  return chain;
};

/** `count` draws, each correlated with the one before. */
function draws(correlation: number, count: number): Float64Array {
  const random = new RandomSource('correlation').stream(`${correlation}`);
  const chain = correlated(correlation);
  return Float64Array.from({ length: count }, () => chain.next(random.uniform()));
}

test('without correlation a draw is the one it was made of', () => {
  const random = new RandomSource('seed').stream('stream');
  const chain = correlated(0);
  for (let i = 0; i < 1000; i++) {
    const draw = random.uniform();
    assert.is(chain.next(draw), draw);
  }
});

test('there and back again is exact to far less than the distance between draws', () => {
  for (let i = 0; i < 100_000; i++) {
    const u = Math.floor(i * 42949.67) * CELL + CELL / 2;
    assert.ok(Math.abs(normalCdf(normalQuantile(u)) - u) < CELL / 1e5);
  }
  for (const u of [CELL / 2, 1 - CELL / 2]) {
    assert.ok(Math.abs(normalCdf(normalQuantile(u)) - u) < CELL / 1e5);
  }
});

test('the first draw is the one it was made of, in the middle of its cell', () => {
  for (const u of [0, CELL, 0.25, 0.5, 1 - CELL]) {
    assert.ok(Math.abs(correlated(0.7).next(u) - (u + CELL / 2)) < CELL / 1e5);
  }
});

test('a uniform draw after a uniform draw: uniform, with the correlation of the closed form', () => {
  // The expectations over both independent draws, by the midpoint rule.
  const POINTS = 400;
  for (const r of [0.1, 0.25, 0.5, 0.75]) {
    const moments = [0, 0, 0, 0, 0];
    let product = 0;
    for (let i = 0; i < POINTS; i++) {
      const first = (i + 0.5) / POINTS;
      for (let j = 0; j < POINTS; j++) {
        const chain = correlated(r);
        const before = chain.next(first);
        const draw = chain.next((j + 0.5) / POINTS);
        for (let k = 0; k < moments.length; k++) moments[k]! += draw ** (k + 1) / POINTS ** 2;
        product += (before * draw) / POINTS ** 2;
      }
    }
    // At the rim, where the quantile goes to infinity, the rule is off by somewhat less than a cell's share of it.
    moments.forEach((moment, k) => {
      assert.ok(Math.abs(moment - 1 / (k + 2)) < 2e-4, `${r}: moment ${k + 1} is ${moment}`);
    });
    assert.ok(Math.abs(12 * (product - 0.25) - (6 / Math.PI) * Math.asin(r / 2)) < 5e-4, `${r}: ${product}`);
  }
});

for (const r of [0.25, 0.5, 0.9]) {
  // At this distance r^lag is below 1e-9: independent.
  const far = Math.ceil(Math.log(1e-9) / Math.log(r));

  test(`correlation ${r}: exactly uniform, and exactly as often below any probability`, () => {
    const some = draws(r, far * 2000).filter((_, i) => i % far === 0);
    assert.ok(kolmogorovTest(some, (x) => x) > 1e-3);
    for (const p of [0.01, 0.1, 0.5]) {
      const { low, high } = binomialInterval(some.filter((draw) => draw < p).length, some.length);
      assert.ok(low <= p && p <= high);
    }
  });

  test(`correlation ${r}: draws k apart have 6/pi asin(r^k / 2)`, () => {
    const COUNT = 200_000;
    const all = draws(r, COUNT);
    for (const lag of [1, 2, 3]) {
      let sum = 0;
      for (let i = lag; i < COUNT; i++) sum += (all[i]! - 0.5) * (all[i - lag]! - 0.5);
      const found = (12 * sum) / (COUNT - lag);
      const expected = (6 / Math.PI) * Math.asin(r ** lag / 2);
      // Products of deviations, each at most 3 times its mean square, correlated over (1 + r)/(1 - r) draws: 6 standard errors.
      const error = 6 * Math.sqrt((1.8 * (1 + r)) / (1 - r) / COUNT);
      assert.ok(Math.abs(found - expected) < error, `lag ${lag}: ${found}, expected ${expected}`);
    }
  });
}

test('correlation 1 repeats the first draw, and none reaches 1', () => {
  const chain = correlated(1);
  const first = chain.next(0.3);
  for (let i = 0; i < 100; i++) assert.is(chain.next(i / 100), first);
  const high = correlated(0.99);
  for (let i = 0; i < 5000; i++) assert.ok(high.next(1 - CELL) < 1);
});

test('no correlation forgets; another one does not', () => {
  const chain = correlated(0.9);
  chain.next(0.999);
  chain.correlation = 0.8;
  assert.ok(chain.next(0.5) > 0.95);
  chain.correlation = 0;
  chain.correlation = 0.9;
  assert.ok(Math.abs(chain.next(0.5) - 0.5) < CELL);
});

test('a question about the next draw is answered as by the draw', () => {
  const random = new RandomSource('1').stream('questions');
  const draws = correlated(0.6);
  const questions = correlated(0.6);
  for (let i = 0; i < 20_000; i++) {
    const u = random.uniform();
    const probability = [0, 0.001, 0.2, 0.999, 1][i % 5]!;
    assert.is(questions.isBelow(probability, u), draws.next(u) < probability);
  }
  assert.ok(correlated(0).isBelow(0.5, 0.4999) && !correlated(0).isBelow(0.5, 0.5));
});

test.run();
