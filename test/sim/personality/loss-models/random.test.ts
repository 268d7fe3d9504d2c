import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { normalCdf, normalQuantile } from '../../../../engine/index.ts';
import { binomialInterval } from '../../../support/statistics.ts';
import { assertRatio, lossesOf, ones, picture, sum } from './support.ts';

const COUNT = 500_000;
const correlated = (packetLossPercentage: number, correlation: number) => ({
  packetLossPercentage,
  'loss.correlation': correlation,
});

test('a draw below the chance is a loss', () => {
  assert.is(picture({ packetLossPercentage: 0.3 }, [0, 0.29, 0.3, 0.31, 0.99]), 'xx...');
});

test('without correlation the share of lost packets is the chance', () => {
  const hits = sum(lossesOf(correlated(0.01, 0), COUNT));
  const { low, high } = binomialInterval(hits, COUNT);
  assert.ok(low <= 0.01 && 0.01 <= high, `${hits}`);
});

test('with correlation it still is: 10 % are 10 %, where a filter of the draws would lose 1.75 % (25 %) or 0.11 % (50 %)', () => {
  for (const [loss, correlation, within] of [
    [0.1, 0.25, 0.03],
    [0.1, 0.5, 0.03],
    [0.01, 0.25, 0.08],
    [0.4, 0.9, 0.05],
  ] as const) {
    const lost = lossesOf(correlated(loss, correlation), COUNT);
    assertRatio(lost, ones(COUNT), loss, within);
  }
});

/** The chance that two standard normals with this correlation are both below a limit: its density integrated by Simpson's rule. */
function bothBelow(limit: number, correlation: number): number {
  const STEPS = 2000;
  const from = -9;
  const step = (limit - from) / STEPS;
  const rest = Math.sqrt(1 - correlation ** 2);
  let total = 0;
  for (let i = 0; i <= STEPS; i++) {
    const x = from + i * step;
    const weight = i === 0 || i === STEPS ? 1 : i % 2 === 1 ? 4 : 2;
    const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    total += weight * density * normalCdf((limit - correlation * x) / rest);
  }
  return (total * step) / 3;
}

test('after a loss the chance is that of two normal variables with the correlation', () => {
  // Known in closed form at one half: 1/4 + asin(r) / 2 pi.
  assert.ok(Math.abs(bothBelow(0, 0.5) - (0.25 + Math.asin(0.5) / (2 * Math.PI))) < 1e-9);
  for (const [loss, correlation] of [
    [0.1, 0.25],
    [0.3, 0.8],
  ] as const) {
    const lost = lossesOf(correlated(loss, correlation), COUNT);
    const both = lost.map((one, i) => (one === 1 && lost[i + 1] === 1 ? 1 : 0));
    assertRatio(both, lost, bothBelow(normalQuantile(loss), correlation) / loss, 0.06);
  }
});

test('a higher chance loses the same packets and more, also with correlation', () => {
  const less = lossesOf(correlated(0.05, 0.6), 10_000);
  const more = lossesOf(correlated(0.07, 0.6), 10_000);
  assert.ok(less.every((one, i) => one <= more[i]!));
  assert.ok(sum(more) > sum(less));
});

test('correlation 1: all or nobody', () => {
  for (let seed = 0; seed < 20; seed++) {
    const lost = sum(lossesOf(correlated(0.5, 1), 100, `seed${seed}`));
    assert.ok(lost === 0 || lost === 100);
  }
});

test.run();
