import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { binomialInterval, chiSquareTest } from '../../../support/statistics.ts';
import { assertNear, Bench, burstsOf, lossesOf, picture, pictured, sum } from './support.ts';

const COUNT = 1_000_000;
const burst = (packetLossPercentage: number, meanBurst: number) => ({
  'loss.model': 'burst',
  packetLossPercentage,
  'loss.meanBurst': meanBurst,
});

test('by hand: 20 % in bursts of 4 begin at draws below 1/16 and end at draws below 1/4', () => {
  // p = 0.2 / (4 x 0.8). The packet whose draw is met still has the fate of the state before.
  assert.is(picture(burst(0.2, 4), [0.07, 0.06, 0.25, 0.9, 0.24, 0.0626, 0.0624, 0]), '..xxx..x');
});

test('as many are lost as was asked for, in bursts of the length that was asked for', () => {
  for (const [loss, length] of [
    [0.01, 3],
    [0.05, 4],
    [0.2, 1.5],
    [0.3, 20],
    // As often as can be: single packets get through between bursts.
    [0.75, 3],
  ] as const) {
    const lost = lossesOf(burst(loss, length), COUNT);
    // Two states: variance from the memory 1 - p - r of the chain, r = 1/B, p = L r / (1 - L).
    const memory = 1 - 1 / length / (1 - loss);
    assertNear(sum(lost), COUNT, loss, (loss * (1 - loss) * (1 + memory)) / (1 - memory));
    const lengths = burstsOf(lost);
    // Of the first so many lost packets, each is the last of its burst with the chance 1/B.
    const trials = Math.floor(COUNT * loss * 0.9);
    let seen = 0;
    let ends = 0;
    for (let i = 0; i + 1 < COUNT && seen < trials; i++) {
      if (lost[i] === 0) continue;
      seen++;
      if (lost[i + 1] === 0) ends++;
    }
    assert.is(seen, trials);
    const { low, high } = binomialInterval(ends, trials);
    assert.ok(low <= 1 / length && 1 / length <= high, `${trials / ends} for bursts of ${length}`);
    assert.ok(lengths.length > 100);
  }
});

test('lengths of bursts are geometric', () => {
  const lengths = burstsOf(lossesOf(burst(0.1, 2), COUNT));
  const counts = [1, 2, 3, 4, 5].map(
    (n) => lengths.filter((length) => (n < 5 ? length === n : length >= 5)).length,
  );
  const expected = [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16].map((share) => share * lengths.length);
  assert.ok(chiSquareTest(counts, expected) > 1e-4, counts.join(' '));
});

test('bursts of 1 are single losses', () => {
  const lost = lossesOf(burst(0.3, 1), 10_000);
  assert.equal([...new Set(burstsOf(lost))], [1]);
});

test('a burst that has begun goes on under new settings', () => {
  const bench = new Bench(burst(0.5, 1000), [0.0001, 0.5, 0.9, 0.3, 0.5]);
  assert.is(pictured(bench.next(2)), '.x');
  assert.is(pictured(bench.set(burst(0.1, 2)).next(3)), 'xx.');
});

test.run();
