import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TwoStates } from '../../../../sim/personality/loss-models/gilbert-elliott.ts';
import { binomialInterval } from '../../../support/statistics.ts';
import { assertNear, assertRatio, Bench, burstStarts, lossesOf, picture, pictured, sum } from './support.ts';

const COUNT = 1_000_000;

interface Four {
  readonly p: number;
  readonly r: number;
  readonly h: number;
  readonly k: number;
}

const ge = ({ p, r, h, k }: Four) => ({
  'loss.model': 'gilbertElliott',
  'loss.p': p,
  'loss.r': r,
  'loss.h': h,
  'loss.k': k,
});

/** Of the stationary chain: loss, its asymptotic variance per packet, and the chance of two losses in a row. */
function closedForms({ p, r, h, k }: Four) {
  const bad = p / (p + r);
  const good = 1 - bad;
  const loss = bad * (1 - h) + good * (1 - k);
  const memory = 1 - p - r;
  const variance = loss * (1 - loss) + (2 * bad * good * (k - h) ** 2 * memory) / (1 - memory);
  const afterBad = r * (1 - k) + (1 - r) * (1 - h);
  const afterGood = p * (1 - h) + (1 - p) * (1 - k);
  const twice = bad * (1 - h) * afterBad + good * (1 - k) * afterGood;
  return { loss, variance, twice, meanBurst: loss / (loss - twice) };
}

const SETTINGS: readonly Four[] = [
  { p: 0.01, r: 0.25, h: 0, k: 1 },
  { p: 0.05, r: 0.3, h: 0.2, k: 0.98 },
  { p: 0.3, r: 0.1, h: 0.6, k: 0.9 },
  // Changes more often than not: losses come singly.
  { p: 0.7, r: 0.9, h: 0.1, k: 1 },
];

test('by hand, nothing lost when good and all when bad: a packet has the fate of the state before it', () => {
  // Draws below p = 0.1 lead to the bad state, below r = 0.4 out of it.
  const draws = [0.5, 0.05, 0.9, 0.4, 0.3, 0.1, 0, 0];
  assert.is(picture(ge({ p: 0.1, r: 0.4, h: 0, k: 1 }), draws), '..xxx..x');
});

test('by hand, with losses in both states: one draw says who is lost, and whether the state changes', () => {
  // Good: lost below 0.2, change below 0.1 and from 0.2 to 0.6. Bad: lost below 0.5, change below 0.125 and from 0.5 to 0.625.
  const draws = [0.05, 0.05, 0.15, 0.55, 0.7, 0.6, 0.7, 0.3, 0.3, 0.55, 0.3];
  //             good  bad   good  good  bad  bad  good good bad  bad   good
  assert.is(picture(ge({ p: 0.5, r: 0.25, h: 0.5, k: 0.8 }), draws), 'xxx.....x..');
});

test('loss and change are independent, each with its own chance: counted over all draws', () => {
  const STEPS = 10_000;
  for (const isBad of [false, true]) {
    const [p, r, h, k] = [0.15, 0.35, 0.3, 0.9];
    const [loss, change] = isBad ? [1 - h, r] : [1 - k, p];
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < STEPS; i++) {
      const states = new TwoStates();
      states.configure(1, 1, 0, 0);
      if (isBad) states.isLost(0);
      states.configure(p, r, 1 - h, 1 - k);
      const isLost = states.isLost((i + 0.5) / STEPS);
      // Which state now: without changes, and all lost in the bad one.
      states.configure(0, 0, 1, 0);
      const changed = states.isLost(0.5) !== isBad;
      counts[(isLost ? 2 : 0) + (changed ? 1 : 0)]!++;
    }
    const expected = [(1 - loss) * (1 - change), (1 - loss) * change, loss * (1 - change), loss * change];
    expected.forEach((share, i) => {
      assert.ok(Math.abs(counts[i]! - share * STEPS) <= 1, `${counts} for ${expected}`);
    });
  }
});

test('the first packet finds the good state', () => {
  for (let seed = 0; seed < 50; seed++) {
    assert.is(lossesOf(ge({ p: 1, r: 0, h: 0, k: 1 }), 3, `seed${seed}`).join(''), '011');
  }
});

test('where the state shows, p and r are what was asked for', () => {
  const [p, r] = [0.02, 0.2];
  const lost = lossesOf(ge({ p, r, h: 0, k: 1 }), COUNT);
  // The first so many visits of a state are independent trials.
  for (const [state, chance, trials] of [
    [0, p, 800_000],
    [1, r, 80_000],
  ] as const) {
    let visits = 0;
    let changes = 0;
    for (let i = 0; i + 1 < COUNT && visits < trials; i++) {
      if (lost[i] !== state) continue;
      visits++;
      if (lost[i + 1] !== state) changes++;
    }
    assert.is(visits, trials);
    const { low, high } = binomialInterval(changes, trials);
    assert.ok(low <= chance && chance <= high, `${changes} of ${trials} for ${chance}`);
  }
});

test('the share of lost packets is that of the stationary chain', () => {
  for (const setting of SETTINGS) {
    const { loss, variance } = closedForms(setting);
    assertNear(sum(lossesOf(ge(setting), COUNT)), COUNT, loss, variance);
  }
});

test('a burst is P(loss) / (P(loss) - P(two in a row)) packets long on average', () => {
  assert.ok(Math.abs(closedForms(SETTINGS[0]!).meanBurst - 1 / 0.25) < 1e-12, 'h = 0, k = 1: 1/r');
  for (const setting of SETTINGS) {
    const lost = lossesOf(ge(setting), COUNT, 'bursts');
    assertRatio(lost, burstStarts(lost), closedForms(setting).meanBurst);
  }
});

test('r is 1 - p unless it is given, as in netem: then the state says nothing about the next one', () => {
  const draws = Array.from({ length: 200 }, (_, i) => ((i * 89) % 200) / 200);
  const { 'loss.r': _, ...without } = ge({ p: 0.3, r: 0.7, h: 0, k: 1 });
  assert.is(picture(without, draws), picture(ge({ p: 0.3, r: 0.7, h: 0, k: 1 }), draws));
});

test('new settings find the state as it is', () => {
  const bench = new Bench(ge({ p: 0.5, r: 0, h: 0, k: 1 }), [0.1, 0.9, 0.9, 0.9, 0.1]);
  assert.is(pictured(bench.next(2)), '.x');
  assert.is(pictured(bench.set(ge({ p: 0.01, r: 0.5, h: 0, k: 1 })).next(3)), 'xxx');
});

test.run();
