import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WindowDelays } from '../../../app/operation/window-delays.ts';
import { LAST_INSTANT } from '../../../engine/index.ts';

function told(...values: readonly number[]): WindowDelays {
  const delays = new WindowDelays();
  delays.grow(1);
  for (const value of values) delays.record(0, value);
  return delays;
}

test('nothing has no quantiles', () => {
  assert.is(told().figures(0), null);
});

test('numbers below 32 are told as they are', () => {
  for (let value = 0; value < 32; value++)
    assert.equal(told(0, value, 1e9).figures(0), { p50: value, p95: 1e9, p99: 1e9, max: 1e9 });
});

test('a constant comes out exact, whatever its size', () => {
  for (const value of [0, 1, 33, 40_123_457, LAST_INSTANT])
    assert.equal(told(value, value, value).figures(0), { p50: value, p95: value, p99: value, max: value });
});

test('quantiles are of the nearest rank', () => {
  const hundred = Array.from({ length: 20 }, (_, i) => i + 1);
  // 95 % of 20 is 19 of them; 99 % is more than 19.
  assert.equal(told(...hundred.reverse()).figures(0), { p50: 10, p95: 19, p99: 20, max: 20 });
  assert.equal(told(3, 5).figures(0), { p50: 3, p95: 5, p99: 5, max: 5 });
});

test('no quantile is further than 1/32 from the exact one', () => {
  for (let value = 1.03; value < LAST_INSTANT; value *= 1.0371) {
    for (const exact of [
      Math.floor(value),
      2 ** Math.floor(Math.log2(value)),
      2 ** Math.ceil(Math.log2(value)) - 1,
    ]) {
      const p50 = told(0, exact, LAST_INSTANT).figures(0)?.p50 ?? Number.NaN;
      assert.ok(Math.abs(p50 - exact) * 32 <= exact, `${exact} came out as ${p50}`);
    }
  }
});

test('a window knows nothing of the one before, and accounts nothing of each other', () => {
  const delays = new WindowDelays();
  delays.grow(2);
  delays.record(0, 1000);
  delays.record(1, 7);
  delays.grow(40);
  delays.record(39, 5_000_000);
  assert.is(delays.figures(0)?.max, 1000);
  assert.is(delays.figures(1)?.p99, 7);
  assert.is(delays.figures(39)?.p50, 5_000_000);
  delays.reset();
  for (const account of [0, 1, 39]) assert.is(delays.figures(account), null);
  // In another order, so that each gets the table of another.
  delays.record(39, 9);
  delays.record(1, 20);
  delays.record(1, 30);
  assert.equal(delays.figures(39), { p50: 9, p95: 9, p99: 9, max: 9 });
  assert.equal(delays.figures(1), { p50: 20, p95: 30, p99: 30, max: 30 });
  assert.is(delays.figures(0), null);
});

test.run();
