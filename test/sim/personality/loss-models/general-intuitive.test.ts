import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream } from '../../../../engine/index.ts';
import { chancesFor, type LossPicture } from '../../../../sim/personality/loss-models/general-intuitive.ts';
import type { FourStateChances } from '../../../../sim/personality/loss-models/markov4.ts';
import { assertRatio, lossesOf, ones, sum } from './support.ts';

const COUNT = 1_000_000;

const PICTURES: readonly LossPicture[] = [
  { loss: 0.02, meanBurst: 10, density: 0.8, isolated: 0.005, meanGoodRun: 1.5 },
  { loss: 0.1, meanBurst: 6, density: 0.5, isolated: 0, meanGoodRun: 2 },
  { loss: 0.05, meanBurst: 3, density: 1, isolated: 0.01, meanGoodRun: 1 },
  { loss: 0.3, meanBurst: 40, density: 0.35, isolated: 0.2, meanGoodRun: 4 },
];

const profileOf = ({ loss, meanBurst, density, isolated, meanGoodRun }: LossPicture) => ({
  'loss.model': 'generalIntuitive',
  packetLossPercentage: loss,
  'loss.meanBurst': meanBurst,
  'loss.density': density,
  'loss.isolated': isolated,
  'loss.meanGoodRun': meanGoodRun,
});

/** By state, from 0 to 3: the chances to go to each, as the paper draws them. */
const matrixOf = ({ p13, p31, p32, p23, p14 }: FourStateChances): number[][] => [
  [1 - p13 - p14, 0, p13, p14],
  [0, 1 - p23, p23, 0],
  [p31, p32, 1 - p31 - p32, 0],
  [1, 0, 0, 0],
];

/** Where the chain is in the long run: from state 1 on, half a step at a time, so that nothing swings. */
function stationary(matrix: number[][]): number[] {
  let shares = [1, 0, 0, 0];
  for (let step = 0; step < 20_000; step++) {
    shares = shares.map(
      (share, to) => (share + shares.reduce((total, each, from) => total + each * matrix[from]![to]!, 0)) / 2,
    );
  }
  return shares;
}

const near = (value: number, expected: number, what: string): void =>
  assert.ok(Math.abs(value - expected) < 1e-9 * Math.max(1, expected), `${what}: ${value} for ${expected}`);

test('the chances describe the loss that was asked for: the chain solved by iteration', () => {
  for (const picture of PICTURES) {
    const chances = chancesFor(picture);
    const matrix = matrixOf(chances);
    for (const row of matrix) assert.ok(row.every((chance) => chance >= -1e-12 && chance <= 1 + 1e-12));
    const [gap, received, lost, alone] = stationary(matrix) as [number, number, number, number];
    near(lost + alone, picture.loss, 'loss');
    near((received + lost) / (gap * chances.p13), picture.meanBurst, 'mean burst');
    near(lost / (received + lost), picture.density, 'density');
    near(alone / (gap + alone), picture.isolated, 'isolated');
    if (picture.density < 1) near(received / (lost * chances.p32), picture.meanGoodRun, 'good run');
  }
});

/** The chain walked by a model of its own: by row, in the order of states in which a draw is cut up. */
function walk(picture: LossPicture, seed: string): Uint8Array {
  const matrix = matrixOf(chancesFor(picture));
  const orders = [[3, 2, 0], [2, 1], [1, 0, 2], [0]];
  const random = new RandomStream(seed, 'vm/loss');
  const path = new Uint8Array(COUNT);
  let state = 0;
  for (let n = 0; n < COUNT; n++) {
    let left = random.uniform();
    const order = orders[state]!;
    let next = order[order.length - 1]!;
    for (const to of order) {
      if (left < matrix[state]![to]!) {
        next = to;
        break;
      }
      left -= matrix[state]![to]!;
    }
    state = next;
    path[n] = state;
  }
  return path;
}

test('packets are lost as the paper tells it: in all, per burst, within bursts, between them', () => {
  for (const picture of PICTURES) {
    const lost = lossesOf(profileOf(picture), COUNT);
    const path = walk(picture, 'seed');
    const differs = lost.filter((one, n) => one !== (path[n]! >= 2 ? 1 : 0)).length;
    assert.is(differs, 0, 'an independent model loses the same packets');
    const where = (test: (state: number, before: number) => boolean): Uint8Array =>
      path.map((state, n) => (test(state, path[n - 1] ?? 0) ? 1 : 0));
    const inBurst = where((state) => state === 1 || state === 2);
    const isBurstLoss = where((state) => state === 2);
    assertRatio(lost, ones(COUNT), picture.loss, 0.15);
    assertRatio(
      inBurst,
      where((state, before) => state === 2 && before === 0),
      picture.meanBurst,
      0.15,
    );
    assertRatio(isBurstLoss, inBurst, picture.density, 0.05);
    if (picture.isolated > 0) {
      assertRatio(
        where((state) => state === 3),
        where((state) => state === 0 || state === 3),
        picture.isolated,
        0.1,
      );
    }
    if (picture.density < 1) {
      assertRatio(
        where((state) => state === 1),
        where((state, before) => state === 1 && before === 2),
        picture.meanGoodRun,
        0.1,
      );
    }
  }
});

test('with a density of 1 and no lone losses it is bursts of that length', () => {
  const lost = lossesOf(
    profileOf({ loss: 0.1, meanBurst: 5, density: 1, isolated: 0, meanGoodRun: 1 }),
    COUNT,
  );
  const starts = lost.map((one, i) => (one === 1 && lost[i - 1] !== 1 ? 1 : 0));
  assertRatio(lost, starts, 5, 0.05);
  assertRatio(lost, ones(COUNT), 0.1, 0.08);
});

test('lone losses only: none touches another', () => {
  const lost = lossesOf(
    profileOf({ loss: 0.2, meanBurst: 1, density: 1, isolated: 0.2, meanGoodRun: 1 }),
    COUNT,
  );
  assert.not(lost.some((one, i) => one === 1 && lost[i + 1] === 1));
  assertRatio(lost, ones(COUNT), 0.2, 0.02);
  assert.ok(sum(lost) > 0);
});

test.run();
