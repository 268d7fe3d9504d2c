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

test.prop([fc.array(value, { minLength: 1, maxLength: 300 })], { seed: 7, numRuns: 500 })(
  'the percentiles are those of hdr-histogram-js with three digits',
  (values) => {
    const ours = new Quantiles();
    const theirs = build({
      bitBucketSize: 64,
      highestTrackableValue: 2 ** 43,
      numberOfSignificantValueDigits: 3,
    });
    for (const one of values) {
      ours.record(one);
      theirs.recordValue(one);
    }
    expect(ours.at(PERMILLES, 0, Infinity)).toEqual(
      PERMILLES.map((permille) => theirs.getValueAtPercentile(permille / 10)),
    );
  },
);

test.prop([fc.array(value, { minLength: 1, maxLength: 300 })], { seed: 8, numRuns: 500 })(
  'a percentile is at most 1/1,024 above the exact one and never below it',
  (values) => {
    const quantiles = new Quantiles();
    for (const one of values) quantiles.record(one);
    const sorted = [...values].sort((a, b) => a - b);
    const found = quantiles.at(PERMILLES, sorted[0]!, sorted.at(-1)!);
    PERMILLES.forEach((permille, k) => {
      const exact = sorted[Math.max(1, Math.ceil((sorted.length * permille) / 1000)) - 1]!;
      expect(found[k]).toBeGreaterThanOrEqual(exact);
      expect(found[k]).toBeLessThanOrEqual(exact * (1 + 1 / 1024));
    });
  },
);

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
