import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import type { RandomStream } from '../../engine/random.ts';
import { RandomSource } from '../../engine/random.ts';

const fixed = { seed: 20260101, numRuns: 200 };
const seed = fc.string({ maxLength: 12 });
const name = fc.string({ minLength: 1, maxLength: 12 });
const probability = fc.double({ min: 0, max: 1, noNaN: true });

const draws = (stream: RandomStream, count = 20): number[] =>
  Array.from({ length: count }, () => stream.uniform());

test.prop([seed, name, fc.uniqueArray(name), fc.nat(50)], fixed)(
  'the same name gives the same draws, whatever else exists and draws',
  (seed, name, others, steps) => {
    const alone = new RandomSource(seed).stream(name);
    const source = new RandomSource(seed);
    const neighbours = others.filter((other) => other !== name).map((other) => source.stream(other));
    for (const neighbour of neighbours) draws(neighbour, steps);
    const among = source.stream(name);
    for (let i = 0; i < 20; i++) {
      for (const neighbour of neighbours) neighbour.uniform();
      expect(among.uniform()).toBe(alone.uniform());
    }
  },
);

test.prop([seed, name, fc.nat(30), fc.oneof(fc.nat(50), fc.integer({ min: 4_900, max: 12_000 }))], fixed)(
  'to pass n is to draw n and throw them away',
  (seed, name, before, count) => {
    const [passed, drawn] = [new RandomSource(seed).stream(name), new RandomSource(seed).stream(name)];
    draws(passed, before);
    draws(drawn, before + count);
    passed.pass(count);
    expect(draws(passed)).toEqual(draws(drawn));
  },
);

test.prop([seed, name, fc.array(fc.oneof(fc.constant('draw'), fc.nat(9))), fc.nat(3)], fixed)(
  'passes add up, wherever draws fall between them',
  (seed, name, steps, rest) => {
    const [mixed, plain] = [new RandomSource(seed).stream(name), new RandomSource(seed).stream(name)];
    for (const step of steps) {
      if (typeof step === 'number') mixed.pass(step);
      else mixed.uniform();
      draws(plain, typeof step === 'number' ? step : 1);
    }
    mixed.pass(rest);
    draws(plain, rest);
    expect(draws(mixed)).toEqual(draws(plain));
  },
);

test.prop([seed, name, probability, probability], fixed)(
  'whoever is hit at a lower probability is hit at a higher one',
  (seed, name, one, other) => {
    const [less, more] = [Math.min(one, other), Math.max(one, other)];
    const [few, many] = [new RandomSource(seed).stream(name), new RandomSource(seed).stream(name)];
    for (let i = 0; i < 300; i++) {
      const hit = few.chance(less);
      expect(many.chance(more) || !hit).toBe(true);
    }
  },
);

test.prop([seed, name, fc.integer({ min: 1, max: 2 ** 32 })], fixed)(
  'every draw is in its range',
  (seed, name, limit) => {
    const stream = new RandomSource(seed).stream(name);
    for (let i = 0; i < 50; i++) {
      const u = stream.uniform();
      expect(u >= 0 && u < 1 && Number.isInteger(u * 2 ** 32)).toBe(true);
      const n = stream.below(limit);
      expect(Number.isInteger(n) && n >= 0 && n < limit).toBe(true);
      const wait = stream.exponential();
      expect(wait >= 0 && wait <= 32 * Math.LN2).toBe(true);
    }
  },
);
