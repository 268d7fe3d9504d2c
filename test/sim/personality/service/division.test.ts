import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BYTE, Division } from '../../../../sim/personality/service/division.ts';

/** As BigInt divides. */
function assertExact(dividend: number, divisor: number): void {
  const division = new Division();
  division.of(dividend, divisor);
  const [whole, rest] = [BigInt(division.whole), BigInt(division.rest)];
  const name = `${dividend} / ${divisor}`;
  assert.is(whole * BigInt(divisor) + rest, BigInt(dividend), name);
  assert.ok(rest >= 0n && rest < BigInt(divisor), `${name}: rest ${rest}`);
}

const RATES = [1, 3, 7, 1000, 4093, 65_537, 333_333, 8_000_000, 999_999_937, 1e9, 4e11 - 1, 4e11];

test('quotient and remainder are exact, whatever the rate', () => {
  for (const rate of RATES) {
    for (const bytes of [0, 1, 20, 576, 1499, 1500, 9000, 65535, 1_125_899]) assertExact(bytes * BYTE, rate);
  }
});

test('also beyond 2^53, up to 4 GB, as long as the time itself is below 2^53 ns', () => {
  for (const rate of RATES) {
    for (const bytes of [1_125_900, 1_125_901, 123_456_789, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32]) {
      if ((bytes * BYTE) / rate < 2 ** 52) assertExact(bytes * BYTE, rate);
    }
  }
});

test('where the quotient in doubles is a whole number that the true one is not', () => {
  // Just below a multiple of the rate a quotient of 50 bits has no room for its fraction, and just above it neither.
  for (const rate of [3, 7, 11, 1001]) {
    const most = Math.floor(Number.MAX_SAFE_INTEGER / rate);
    for (const multiple of [most, most - 1, most - 2]) {
      for (const more of [-1, 0, 1]) {
        const dividend = multiple * rate + more;
        if (Number.isSafeInteger(dividend)) assertExact(dividend, rate);
      }
    }
  }
  assertExact(Number.MAX_SAFE_INTEGER, 2);
  assertExact(Number.MAX_SAFE_INTEGER, 3);
  assertExact(Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER);
});

test.run();
