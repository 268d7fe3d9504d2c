import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { QUEUES } from '../../engine/event-queue.ts';
import { createQueue } from '../../engine/queues.ts';
import { Xoshiro } from '../support/xoshiro.ts';

/** How far ahead of the present key a push falls, in keys. Each shape is one that a bucket queue could dislike. */
const SHAPES = {
  now: () => 0,
  tie: () => 4_000_000,
  gapsOfFour: (random: Xoshiro) => 4 * random.below(50),
  ranks: (random: Xoshiro) => random.below(4),
  anyRankNow: (random: Xoshiro, _: number, key: number) => random.below(4) - (key % 4),
  uniform: (random: Xoshiro) => random.below(1e6),
  exponential: (random: Xoshiro) => Math.floor(random.exp() * 4e9),
  halfZero: (random: Xoshiro) => (random.u() < 0.5 ? 0 : Math.floor(random.exp() * 4e6)),
  bimodal: (random: Xoshiro) => Math.floor(random.exp() * (random.u() < 0.9 ? 4e3 : 4e9)),
  farTimers: (random: Xoshiro) => (random.u() < 0.01 ? 4e12 : Math.floor(random.exp() * 4e3)),
  heavyTail: (random: Xoshiro) => Math.min(1e14, Math.floor(1e3 / (1e-9 + random.u()))),
  everyScale: (random: Xoshiro) => Math.floor(2 ** (36 * random.u())),
  falling: (_: Xoshiro, step: number) => Math.max(0, 1e9 - 4 * step),
  rising: (_: Xoshiro, step: number) => 4 * step,
} as const;
type Shape = keyof typeof SHAPES;

/**
 * One stretch of a run. `hold` pops and pushes again, keeping the number pending; `fill` only pushes, `drain` only pops,
 * `glance` pops with a limit before the earliest and pushes below what it saw.
 */
interface Phase {
  readonly kind: 'fill' | 'hold' | 'drain' | 'glance';
  readonly shape: Shape;
  readonly count: number;
  /** How far ahead of the present a pop may look, in keys. */
  readonly reach: number;
}

const phase: fc.Arbitrary<Phase> = fc.record({
  kind: fc.constantFrom('fill', 'hold', 'drain', 'glance'),
  shape: fc.constantFrom(...(Object.keys(SHAPES) as Shape[])),
  count: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 50, max: 1500 })),
  reach: fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, fc.constantFrom(0, 3, 400, 1e6, 1e10)),
});

/** The three queues under one set of slots; every answer is compared at once. */
class Trio {
  readonly #queues = QUEUES.map((name) => createQueue(name, 4));
  readonly #free: number[] = [];
  #slots = 0;
  key = 0;
  size = 0;

  push(key: number): void {
    const slot = this.#free.pop() ?? this.#slots++;
    for (const queue of this.#queues) queue.push(key, slot);
    this.size++;
    this.#agree();
  }

  pop(limit: number): boolean {
    const [slot, ...others] = this.#queues.map((queue) => queue.pop(limit));
    for (const other of others) if (other !== slot) expect.unreachable(`popped ${slot} and ${other}`);
    if (slot === undefined || slot === -1) return false;
    this.#free.push(slot);
    this.key = this.#queues[0]!.key;
    this.size--;
    this.#agree();
    return true;
  }

  peek(): number {
    const [earliest, ...others] = this.#queues.map((queue) => queue.peek());
    for (const other of others) expect(other).toBe(earliest);
    return earliest!;
  }

  #agree(): void {
    for (const queue of this.#queues) {
      if (queue.key !== this.key) expect.unreachable(`key ${queue.key}, not ${this.key}`);
      if (queue.size !== this.size) expect.unreachable(`size ${queue.size}, not ${this.size}`);
    }
  }
}

function run(trio: Trio, { kind, shape, count, reach }: Phase, random: Xoshiro): void {
  const ahead = SHAPES[shape];
  for (let step = 0; step < count; step++) {
    if (kind === 'fill') trio.push(trio.key + ahead(random, step, trio.key));
    else if (kind === 'drain') trio.pop(trio.key + reach);
    else if (kind === 'hold') {
      trio.pop(trio.key + reach);
      trio.push(trio.key + ahead(random, step, trio.key));
    } else {
      const earliest = trio.peek();
      expect(trio.pop(earliest - 1)).toBe(false);
      trio.push(trio.key + Math.floor(Math.min(earliest - trio.key, 1e9) * random.u()));
      if (step % 7 === 0) trio.pop(Infinity);
    }
  }
}

test.prop([fc.integer(), fc.array(phase, { minLength: 1, maxLength: 12, size: 'max' })], {
  seed: 20,
  numRuns: 150,
})('any mix of pushes and pops gives the same future in all queues', (seed, phases) => {
  const trio = new Trio();
  const random = new Xoshiro(seed);
  for (const each of phases) run(trio, each, random);
  while (trio.pop(Infinity));
  expect(trio.size).toBe(0);
});

const operation = fc.oneof(
  fc.record({ push: fc.oneof(fc.nat(3), fc.nat(200), fc.nat(1e6), fc.constant(1e12)) }),
  fc.record({ reach: fc.oneof(fc.nat(3), fc.nat(200), fc.nat(1e6), fc.constant(Infinity)) }),
);

test.prop([fc.array(operation, { minLength: 1, maxLength: 400, size: 'max' })], { seed: 21, numRuns: 300 })(
  'the same, one operation at a time',
  (operations) => {
    const trio = new Trio();
    for (const each of operations) {
      if ('push' in each) trio.push(trio.key + each.push);
      else trio.pop(trio.key + each.reach);
    }
    while (trio.pop(Infinity));
    expect(trio.size).toBe(0);
  },
);

test.prop([fc.integer(), fc.constantFrom(...(Object.keys(SHAPES) as Shape[]))], { seed: 22, numRuns: 24 })(
  'twenty thousand pending, held long enough for every level to turn over',
  (seed, shape) => {
    const trio = new Trio();
    const random = new Xoshiro(seed);
    run(trio, { kind: 'fill', shape, count: 20_000, reach: Infinity }, random);
    run(trio, { kind: 'hold', shape, count: 30_000, reach: Infinity }, random);
    while (trio.pop(Infinity));
  },
);
