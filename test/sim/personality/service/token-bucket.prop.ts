import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { TokenBucket } from '../../../../sim/personality/service/token-bucket.ts';

const BYTE = 8_000_000_000n;
const NOBODY = -1;

/** Tokens counted in bits times ns, as they come in; nothing is computed ahead. */
class BucketModel {
  rate = 0n;
  depth = 0n;
  tokens = 0n;
  #at = 0;

  pass(now: number): void {
    this.tokens += this.rate * BigInt(now - this.#at);
    this.#at = now;
  }

  /** The first whole ns, not before `since`, at which there are enough. */
  ready(bytes: number, since: number): number {
    if (this.rate === 0n) return since;
    const missing = BigInt(bytes) * BYTE - this.tokens;
    const wait = missing > 0n ? (missing + this.rate - 1n) / this.rate : -(-missing / this.rate);
    return Math.max(since, this.#at + Number(wait));
  }

  /** What does not fit is lost, but for what the next packet needs. */
  spill(head: number, since: number): void {
    if (head !== NOBODY && this.ready(head, since) >= this.#at) return;
    const needed = head === NOBODY ? 0n : BigInt(head) * BYTE;
    const most = needed > this.depth ? needed : this.depth;
    if (this.tokens > most) this.tokens = most;
  }
}

const rate = fc.oneof(
  fc.constantFrom(1, 3, 7, 1000, 333_333, 8e6, 999_999_937, 4e11),
  fc.integer({ min: 1, max: 1e9 }),
);
const depth = fc.oneof(fc.constantFrom(1, 68, 1000, 1500), fc.integer({ min: 1, max: 5000 }));
const size = fc.oneof(fc.constantFrom(1, 68, 1000, 1500), fc.integer({ min: 1, max: 5000 }));
/** How long: a share of what a packet of 1000 bytes takes, or some ns. */
const gap = fc.oneof(
  fc.constantFrom(0, 0, 1, 2),
  fc.constantFrom(0.25, 0.5, 1, 1.5, 3).map((packets) => ({ packets })),
  fc.integer({ min: 0, max: 5_000_000 }),
);

const step = fc.oneof(
  // Somebody comes if nobody waits; otherwise who waits leaves, as soon as possible or later, and another may be next at once.
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('packet' as const), gap, size, then: fc.option(size) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('configure' as const),
      gap,
      rate: fc.oneof(rate, fc.constant(0)),
      depth,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deepen' as const), gap, depth }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('lack' as const), gap, bits: fc.integer({ min: 0, max: 8000 }) }),
  },
);

test.prop([rate, depth, fc.array(step, { minLength: 1, maxLength: 50 })], { numRuns: 1500, seed: 7221 })(
  'a bucket lacks exactly what has been taken and has not come in, whatever happens to it',
  (firstRate, firstDepth, steps) => {
    const bucket = new TokenBucket();
    const model = new BucketModel();
    let now = 0;
    let head = NOBODY;
    let since = 0;
    const compare = (): void => {
      model.spill(head, since);
      const missing = model.rate === 0n ? 0n : model.depth - model.tokens;
      expect(BigInt(bucket.missing(now, head, since))).toBe(missing);
    };
    const configure = (rate: number, depth: number): void => {
      bucket.configure(rate, depth, now, head, since);
      model.spill(head, since);
      const isNew = model.rate === 0n;
      model.depth = BigInt(depth) * BYTE;
      // The tokens stay, also those for which somebody waits; a new bucket is full.
      if (isNew || (head === NOBODY && model.tokens > model.depth)) model.tokens = model.depth;
      model.rate = BigInt(rate);
    };
    configure(firstRate, firstDepth);
    for (const step of steps) {
      const wait =
        typeof step.gap === 'number'
          ? step.gap
          : Math.floor((step.gap.packets * 8e12) / (bucket.rate || 1e9));
      now += wait;
      model.pass(now);
      if (step.do === 'configure') configure(step.rate, step.depth);
      else if (step.do === 'deepen') configure(bucket.rate, step.depth);
      else if (step.do === 'lack') {
        if (head !== NOBODY || bucket.rate === 0) continue;
        bucket.lack(step.bits * 1e9, now);
        model.tokens = model.depth - BigInt(step.bits) * 1_000_000_000n;
      } else if (head === NOBODY) {
        bucket.awake(now);
        model.spill(NOBODY, now);
        head = step.size;
        since = now;
      } else {
        const ready = model.ready(head, since);
        expect(bucket.ready(head, since)).toBe(ready);
        now = Math.max(now, ready);
        model.pass(now);
        bucket.take(head, now, since);
        model.spill(head, since);
        if (model.rate > 0n) model.tokens -= BigInt(head) * BYTE;
        head = step.then ?? NOBODY;
        since = now;
      }
      compare();
    }
  },
);
