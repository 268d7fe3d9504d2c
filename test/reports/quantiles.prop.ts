import { fc, test } from '@fast-check/vitest';
import { build } from 'hdr-histogram-js';
import { expect } from 'vitest';
import { PieceMemory } from '../../reports/piece-memory.ts';
import { Quantiles } from '../../reports/quantiles.ts';

const value = fc.oneof(
  fc.nat({ max: 5000 }),
  fc.integer({ min: 37_000_000, max: 43_000_000 }),
  fc.integer({ min: 0, max: 2 ** 42 }),
  fc.integer({ min: 1, max: 42 }).chain((n) => fc.constantFrom(2 ** n - 1, 2 ** n, 2 ** n + 1)),
);
const PERMILLES = [1, 500, 900, 990, 999, 1000];

const bits = fc.integer({ min: 1, max: 10 });
const near = fc
  .record({ from: fc.integer({ min: 0, max: 2 ** 32 }), spread: fc.integer({ min: 0, max: 2 ** 26 }) })
  .chain(({ from, spread }) => fc.array(fc.integer({ min: from, max: from + spread }), { minLength: 1 }));
const values = fc.oneof(fc.array(value, { minLength: 1, maxLength: 300 }), near);

test.prop([fc.array(value, { minLength: 1, maxLength: 300 })], { seed: 7, numRuns: 500 })(
  'of values far apart the percentiles are those of hdr-histogram-js with three digits',
  (some) => {
    const ours = new Quantiles();
    const theirs = build({
      bitBucketSize: 64,
      highestTrackableValue: 2 ** 43,
      numberOfSignificantValueDigits: 3,
    });
    for (const one of [0, 2 ** 42, ...some]) {
      ours.record(one);
      theirs.recordValue(one);
    }
    expect(ours.at(PERMILLES, 0, Infinity)).toEqual(
      PERMILLES.map((permille) => theirs.getValueAtPercentile(permille / 10)),
    );
  },
);

test.prop([values, bits], { seed: 8, numRuns: 1000 })(
  'a percentile is at most 1/2^bits above the exact one and never below it',
  (some, digits) => {
    const quantiles = new Quantiles(digits);
    for (const one of some) quantiles.record(one);
    const sorted = [...some].sort((a, b) => a - b);
    const found = quantiles.at(PERMILLES, sorted[0]!, sorted.at(-1)!);
    PERMILLES.forEach((permille, k) => {
      const exact = sorted[Math.max(1, Math.ceil((sorted.length * permille) / 1000)) - 1]!;
      expect(found[k]).toBeGreaterThanOrEqual(exact);
      expect(found[k]).toBeLessThanOrEqual(exact * (1 + 2 ** -digits));
    });
  },
);

test.prop([fc.nat({ max: 1000 }), fc.integer({ min: 0, max: 2 ** 23 })], { seed: 10, numRuns: 300 })(
  'what is close together is told apart to 1/255 of its spread',
  (step, spread) => {
    const quantiles = new Quantiles();
    const lowest = 2 ** 29;
    const some = Array.from({ length: 400 }, (_, i) => lowest + ((i * step * 7919) % (spread + 1)));
    for (const one of some) quantiles.record(one);
    const sorted = some.sort((a, b) => a - b);
    const highest = sorted.at(-1)!;
    const [median] = quantiles.at([500], lowest, highest);
    expect(median).toBeLessThanOrEqual(sorted[199]! + Math.max(0, (highest - lowest) / 255));
    expect(median).toBeGreaterThanOrEqual(sorted[199]!);
  },
);

test('so many at once is as many one by one, and billions are counted', () => {
  const many = new Quantiles();
  const single = new Quantiles();
  many.recordMany(7, 1000);
  many.record(9);
  for (let i = 0; i < 1000; i++) single.record(7);
  single.record(9);
  expect(many.at(PERMILLES, 0, Infinity)).toEqual(single.at(PERMILLES, 0, Infinity));
  const billions = new Quantiles();
  billions.recordMany(5, 2 ** 31 - 1);
  billions.record(5);
  billions.record(5);
  billions.recordMany(8, 2 ** 31);
  expect(billions.total).toBe(2 ** 32 + 1);
  expect(billions.at([500, 501], 0, 10)).toEqual([5, 8]);
});

test('a narrow spread takes little memory', () => {
  const quantiles = new Quantiles();
  for (let ns = 37_000_000; ns <= 43_000_000; ns += 1000) quantiles.record(ns);
  expect(quantiles.footprint).toBeLessThanOrEqual(2048);
});

test.prop(
  [
    fc.array(fc.record({ flow: fc.nat({ max: 3 }), from: fc.nat({ max: 3 }), seq: fc.nat({ max: 40 }) }), {
      maxLength: 400,
    }),
  ],
  { seed: 9, numRuns: 200 },
)('the piece memory remembers the most recent packets, and forgets the oldest first', (keys) => {
  const memory = new PieceMemory(8, 32);
  const model: string[] = [];
  for (const { flow, from, seq } of keys) {
    const key = `${flow}/${from}/${seq}`;
    const entry = memory.entry(flow, from, seq);
    expect(memory.bits[entry] !== 0).toBe(model.includes(key));
    memory.bits[entry] = 1;
    if (!model.includes(key)) model.push(key);
    if (model.length > 31) model.shift();
  }
});
