import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packetTime, type RateOptions } from '../../../../sim/personality/netem/rate.ts';

const rate = (options: Partial<RateOptions> = {}): RateOptions => ({
  rate: 125_000,
  packetOverhead: 0,
  cellSize: 0,
  cellOverhead: 0,
  ...options,
});

test('a packet takes its bytes over the rate, rounded down', () => {
  assert.is(packetTime(1000, rate()), 8_000_000);
  // 1500e9 / 7 = 214285714285.71…
  assert.is(packetTime(1500, rate({ rate: 7 })), 214_285_714_285);
});

test('overhead is added, or taken away', () => {
  assert.is(packetTime(1000, rate({ packetOverhead: 14 })), 8_112_000);
  assert.is(packetTime(1000, rate({ packetOverhead: -14 })), 7_888_000);
  assert.is(packetTime(14, rate({ packetOverhead: -14 })), 0);
});

test('cells are filled up and have their own overhead: ATM carries 50 bytes in 106', () => {
  const atm = rate({ rate: 1_000_000_000, cellSize: 48, cellOverhead: 5 });
  assert.equal(
    [1, 48, 49, 50, 96, 97].map((size) => packetTime(size, atm)),
    [53, 53, 106, 106, 106, 159],
  );
  assert.is(packetTime(40, { ...atm, packetOverhead: 10 }), 106);
  assert.is(packetTime(50, { ...atm, cellOverhead: -8 }), 80);
  // Nothing fills no cell.
  assert.is(packetTime(14, { ...atm, packetOverhead: -14 }), 0);
});

test('a length below zero is nearly 2^64', () => {
  // (2^64 - 60e9) / 125000, then with cells: 2^32 - 60 bytes are 89478484.08 cells of 48, one more for the rest, 53 bytes each as u32.
  assert.is(packetTime(40, rate({ packetOverhead: -100 })), Number((2n ** 64n - 60_000_000_000n) / 125_000n));
  const cells = Math.floor((2 ** 32 - 60) / 48) + 1;
  const bytes = BigInt((cells * 53) % 2 ** 32);
  assert.is(
    packetTime(40, rate({ packetOverhead: -100, cellSize: 48, cellOverhead: 5 })),
    Number((bytes * 1_000_000_000n) / 125_000n),
  );
});

test.run();
