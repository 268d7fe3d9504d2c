import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomSource } from '../../../../engine/index.ts';
import { CrndState } from '../../../../sim/personality/netem/crndstate.ts';
import { percent, U32 } from '../../../../sim/personality/netem/integers.ts';
import { binomialInterval } from '../../../support/statistics.ts';
import { filteredCdf } from './filtered.ts';

const DRAWS = [0, 1, 0xffffffff, 0x80000000, 123456789, 4000000000];

/** get_crandom with 64-bit numbers. */
function filtered(rho: number, last: number, draws: readonly number[]): number[] {
  let state = BigInt(last);
  const weight = BigInt(rho) + 1n;
  return draws.map((draw) => {
    state = (BigInt(draw) * ((1n << 32n) - weight) + state * weight) >> 32n;
    return Number(state);
  });
}

test('without correlation a number is its draw', () => {
  const state = new CrndState();
  state.start(0, 77);
  assert.equal(
    DRAWS.map((draw) => state.next(draw)),
    DRAWS,
  );
});

test('with correlation it is the 64-bit filter, bit by bit', () => {
  for (const rho of [1, percent(0.25), percent(0.5), percent(0.99), 0xffffffff]) {
    for (const last of DRAWS) {
      const state = new CrndState();
      state.start(rho, last);
      assert.equal(
        DRAWS.map((draw) => state.next(draw)),
        filtered(rho, last, DRAWS),
      );
    }
  }
});

test('100 % correlation repeats the first number for ever', () => {
  const state = new CrndState();
  state.start(percent(1), 4242);
  assert.equal(
    DRAWS.map((draw) => state.next(draw)),
    DRAWS.map(() => 4242),
  );
});

/** Numbers so far apart that they are as good as independent. */
function apart(correlation: number, count: number): number[] {
  const random = new RandomSource('apart').stream(`${correlation}`);
  const state = new CrndState();
  state.start(percent(correlation), random.uniform() * U32);
  return Array.from({ length: count }, () => {
    let number = 0;
    for (let i = 0; i < 14; i++) number = state.next(random.uniform() * U32);
    return number;
  });
}

test('the share below a threshold collapses: loss 10% 25% is 1.75 %, 10% 50% is 0.11 %, 5% 25% is 0.19 %', () => {
  for (const [loss, correlation, documented] of [
    [0.1, 0.25, 0.0175],
    [0.1, 0.5, 0.0011],
    [0.05, 0.25, 0.0019],
  ] as const) {
    const wanted = filteredCdf(correlation)(loss);
    assert.ok(Math.abs(wanted - documented) < 0.00005 + 1e-9, `${wanted}`);
    const numbers = apart(correlation, 300_000);
    const hits = numbers.filter((number) => percent(loss) >= number).length;
    const { low, high } = binomialInterval(hits, numbers.length);
    assert.ok(low <= wanted && wanted <= high, `${low} to ${high}, not ${wanted}`);
  }
});

test('the variance shrinks to (1 - r)/(1 + r)', () => {
  for (const correlation of [0.25, 0.5]) {
    const numbers = apart(correlation, 100_000).map((number) => number / U32);
    const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
    const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length;
    const wanted = (1 - correlation) / (1 + correlation) / 12;
    // The fourth moment is below a normal one's, 3: five standard deviations of a variance are at most 5 sqrt(2/n) of it.
    assert.ok(Math.abs(variance / wanted - 1) < 5 * Math.sqrt(2 / numbers.length));
    assert.ok(Math.abs(mean - 0.5) < 5 * Math.sqrt(wanted / numbers.length));
  }
});

test.run();
