import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  about,
  atLeastHits,
  atMostHits,
  betaShare,
  chanceInterval,
  chanceOfRuns,
  quantileRanks,
  sideOf,
  trialsNeeded,
  worthOfRuns,
  worthOfSteps,
} from '../../reports/intervals.ts';

const near = (found: number, expected: number, relative = 1e-9): void =>
  assert.ok(Math.abs(found - expected) <= relative * Math.abs(expected), `${found} is not ${expected}`);

/** P(X = hits), by a product of plain factors. */
function term(hits: number, trials: number, chance: number): number {
  let value = 1;
  for (let i = 0; i < hits; i++) value *= ((trials - i) / (i + 1)) * chance;
  for (let i = 0; i < trials - hits; i++) value *= 1 - chance;
  return value;
}

const sum = (from: number, to: number, trials: number, chance: number): number => {
  let total = 0;
  for (let hits = from; hits <= to; hits++) total += term(hits, trials, chance);
  return total;
};

test('tails are those that summing gives', () => {
  for (const trials of [1, 2, 7, 20, 60]) {
    for (const chance of [0.001, 0.02, 0.3, 0.5, 0.87, 0.999]) {
      for (let hits = 0; hits <= trials; hits++) {
        near(atMostHits(hits, trials, chance), sum(0, hits, trials, chance), 1e-11);
        near(atLeastHits(hits, trials, chance), sum(hits, trials, trials, chance), 1e-11);
      }
    }
  }
});

test('the incomplete beta function has its closed forms', () => {
  // I_x(a, 1) = x^a, I_x(1, b) = 1 - (1 - x)^b, I_1/2(a, a) = 1/2; and I_x(1/2, 1/2) = 2/pi arcsin sqrt x, which is 1/3 at 1/4.
  near(betaShare(0.3, 0.7, 5, 1), 0.3 ** 5, 1e-13);
  near(betaShare(0.3, 0.7, 1, 5), 1 - 0.7 ** 5, 1e-13);
  for (const a of [0.25, 3, 1e3, 1e7]) near(betaShare(0.5, 0.5, a, a), 0.5, 1e-10);
  near(betaShare(0.25, 0.75, 0.5, 0.5), 1 / 3, 1e-12);
});

test('nothing and everything leave one side open', () => {
  // 1 - (alpha/2)^(1/n), by hand: 0.025^(1/10) = 0.69150289.
  assert.is(chanceInterval(0, 10, 0.025)[0], 0);
  near(chanceInterval(0, 10, 0.025)[1], 1 - 0.025 ** 0.1, 1e-12);
  near(chanceInterval(10, 10, 0.025)[0], 0.025 ** 0.1, 1e-12);
  assert.is(chanceInterval(10, 10, 0.025)[1], 1);
});

test('intervals are those of R', () => {
  // binom.test(x, n)$conf.int as R prints it, 95 %; the last is the example of its help page (Mendel's peas).
  const published = [
    [0, 10, 0, 0.3084971],
    [1, 10, 0.002528579, 0.445016117],
    [5, 10, 0.187086, 0.812914],
    [682, 925, 0.7076683, 0.7654066],
  ] as const;
  for (const [hits, trials, low, high] of published) {
    const found = chanceInterval(hits, trials, 0.025);
    assert.ok(Math.abs(found[0] - low) < 6e-8 && Math.abs(found[1] - high) < 6e-8, `${found}`);
  }
});

test('a great sample has the interval of the normal distribution', () => {
  // 0.002 +- 2.5758 sqrt(0.002 x 0.998 / 10^7) = 0.002 +- 0.0000364.
  const [low, high] = chanceInterval(20_000, 1e7);
  near(low, 0.0019636, 1e-4);
  near(high, 0.0020364, 2e-4);
});

test('the median of 10 lies between the 2nd and the 9th, of 100 between the 40th and the 61st', () => {
  // The tables of order statistics, 95 %. P(X <= 1) of 10 at 1/2 is 11/1024 = 0.0107, P(X <= 2) is 56/1024 = 0.0547.
  assert.equal(quantileRanks(10, 0.5, 0.025), [2, 9]);
  assert.equal(quantileRanks(100, 0.5, 0.025), [40, 61]);
});

test('too few values set no end', () => {
  // 0.99^527 = 0.00501, 0.99^528 = 0.00496.
  assert.is(quantileRanks(527, 0.99)[1], 528);
  assert.is(quantileRanks(528, 0.99)[1], 528);
  // 5 values: the median is beyond the last with 1/32 = 0.03.
  assert.equal(quantileRanks(5, 0.5), [0, 6]);
});

test('a side is told as the interval tells it', () => {
  assert.is(sideOf({ share: 0, chance: 0.005 }, 1000), 'either');
  // 0.995^1057 = 0.005003, 0.995^1058 = 0.00498.
  assert.is(sideOf({ share: 0, chance: 0.005 }, 1057), 'either');
  assert.is(sideOf({ share: 0, chance: 0.005 }, 1058), 'below');
  assert.is(sideOf({ share: 0.5, chance: 0.005 }, 10), 'above');
  assert.is(sideOf({ share: 0.1, chance: 0 }, 10), 'above');
  assert.is(sideOf({ share: 0, chance: 0 }, 1e6), 'either');
});

test('what is needed is the least that tells', () => {
  assert.is(trialsNeeded([{ share: 0, chance: 0.005 }]), 1058);
  assert.is(trialsNeeded([{ share: 1, chance: 0.99 }]), 528);
  assert.is(trialsNeeded([]), 1);
  assert.is(trialsNeeded([{ share: 0.005, chance: 0.005 }]), null);
  // The normal distribution's (2.576/0.1)^2 / 4 = 166, and the exact one asks for a few more.
  const needed = trialsNeeded([{ share: 0.6, chance: 0.5 }]) ?? 0;
  assert.ok(needed >= 160 && needed <= 185, `${needed}`);
});

test('numbers of trials are rounded up to two digits', () => {
  assert.equal([1, 99, 100, 101, 5999, 6001].map(about), [1, 99, 100, 110, 6000, 6100]);
});

test('runs come with the chance that counting gives', () => {
  // Of the 10 ways to lose 2 of 5, 4 are neighbours. Of the 20 ways to lose 3 of 6, 4 are one run and 12 two.
  near(chanceOfRuns(5, 2, 1), 0.4);
  near(chanceOfRuns(6, 3, 1), 4 / 20);
  near(chanceOfRuns(6, 3, 2), 16 / 20);
  near(chanceOfRuns(6, 3, 3), 1);
});

test('packets that are lost in bursts are worth fewer', () => {
  // 200 of 10,000 in 196 runs: as independent ones (200 x 0.98). In 25 runs: r = 1 - 25/200 - 25/9800 = 0.8724, (1 - r)/(1 + r) = 0.0681.
  assert.is(worthOfRuns(10_000, 200, 196), 10_000);
  near(worthOfRuns(10_000, 200, 25), 681, 1e-3);
  assert.is(worthOfRuns(10_000, 0, 0), 10_000);
  assert.is(worthOfRuns(10_000, 10_000, 1), 10_000);
  // Two neighbours of 400 are an accident: 1 in 200.
  assert.is(worthOfRuns(400, 2, 1), 400);
});

test('delays that resemble their neighbours are worth fewer', () => {
  assert.is(worthOfSteps(100, 1, 1), 100);
  // r = 1 - 0.25 = 0.75, (1 - r)/(1 + r) = 1/7.
  near(worthOfSteps(7000, 0.5, 1), 1000);
  assert.is(worthOfSteps(100, 0, 0), 100);
});

test.run();
