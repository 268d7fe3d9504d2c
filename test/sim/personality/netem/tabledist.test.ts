import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { normalDist } from '../../../../sim/personality/netem/dist-tables.ts';
import { MOST_JITTER, tabledist } from '../../../../sim/personality/netem/tabledist.ts';

const RNDS = [0, 1, 4095, 4096, 19_999_999, 20_000_000, 0x7fffffff, 0xffffffff];
const BY_SCALE = 8192n;

/** tabledist with C's division of 64-bit numbers, which cuts towards zero as BigInt's does. */
function inC(mu: number, sigma: number, rnd: number, table: Int16Array): number {
  const [m, s, t] = [BigInt(mu), BigInt(sigma), BigInt(table[rnd % table.length]!)];
  let x = (s % BY_SCALE) * t;
  x += x >= 0n ? BY_SCALE / 2n : -BY_SCALE / 2n;
  return Number(x / BY_SCALE + (s / BY_SCALE) * t + m);
}

test('without jitter it is the latency', () => {
  assert.is(tabledist(5000, 0, 123, normalDist()), 5000);
});

test('with a table it is the 64-bit formula, bit by bit', () => {
  for (const sigma of [1, 8191, 8192, 8193, 1_234_567, 10_000_000, MOST_JITTER]) {
    for (const rnd of RNDS) {
      assert.is(tabledist(7_000_000, sigma, rnd, normalDist()), inC(7_000_000, sigma, rnd, normalDist()));
    }
  }
});

test('without a table it is the remainder: uniform, from -sigma up to below +sigma', () => {
  const delays = (sigma: number) => RNDS.map((rnd) => tabledist(50_000_000, sigma, rnd, null));
  assert.equal(delays(10_000_000), [
    40_000_000,
    40_000_001,
    40_004_095,
    40_004_096,
    59_999_999,
    40_000_000,
    40_000_000 + (0x7fffffff % 20_000_000),
    40_000_000 + (0xffffffff % 20_000_000),
  ]);
  // Twice the sigma, 3e9, is above half of 2^32: the delays below 2^32 - 3e9 come twice.
  assert.is(tabledist(0, 1_500_000_000, 3_000_000_000, null), -1_500_000_000);
  assert.is(tabledist(0, 1_500_000_000, 0xffffffff, null), 2 ** 32 - 1 - 3_000_000_000 - 1_500_000_000);
});

test.run();
