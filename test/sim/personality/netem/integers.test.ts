import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { percent, rint, timesShare } from '../../../../sim/personality/netem/integers.ts';

test('halves are rounded to the even number', () => {
  assert.equal(
    [0.5, 1.5, 2.5, -0.5, -1.5, 1.49, 1.51, 2.49, 2.51, -7].map(rint),
    [0, 2, 2, 0, -2, 1, 2, 2, 3, -7],
  );
});

test('100 % is the greatest u32', () => {
  assert.equal([0, 1].map(percent), [0, 0xffffffff]);
  // 429496729.5 and 2147483647.5.
  assert.equal([0.1, 0.5].map(percent), [429496730, 2147483648]);
});

test('products are shifted as 64-bit numbers are', () => {
  const factors = [0, 1, 2 ** 16 + 1, 2 ** 21 - 1, 2 ** 21, 2 ** 32 - 1, 987654321, 2 ** 41 + 12345];
  for (const a of [...factors, ...factors.map((each) => -each)]) {
    for (const b of factors.filter((each) => each <= 2 ** 32)) {
      assert.is(timesShare(a, b), Number((BigInt(a) * BigInt(b)) >> 32n), `${a} * ${b}`);
    }
  }
});

test.run();
