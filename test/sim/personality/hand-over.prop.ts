import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { normalCdf, normalQuantile, RandomSource } from '../../../engine/index.ts';
import type { Profile } from '../../../sim/personality/profile.ts';
import { type End, TestPipeline } from '../../support/pipeline.ts';

const MS = 1_000_000;
const TABLE = [-1.5, -0.5, 0, 2];

// Nobody is refused, so that the n-th packet to come is the n-th to be delayed.
const roomy = { mtu: 65535, 'bandwidth.queueBytes': 1e9 };

const bandwidth = fc.option(
  fc.record(
    {
      bandwidthKbps: fc.constantFrom(64, 333, 1000, 8000),
      'bandwidth.model': fc.constantFrom('tokenBucket', 'serialize'),
      'bandwidth.burstBytes': fc.constantFrom(1500, 5000),
      // A gate before the line does the waiting.
      'bandwidth.overheadBytes': fc.constantFrom(0, 0, 38),
    },
    { requiredKeys: ['bandwidthKbps', 'bandwidth.model', 'bandwidth.burstBytes'] },
  ),
  { nil: {} },
);
const delay = fc.record(
  {
    latencyMs: fc.constantFrom(0, 1, 5, 40),
    jitterMs: fc.constantFrom(0, 3, 3, 20),
    'jitter.table': fc.constant(TABLE),
    'jitter.distribution': fc.constantFrom('uniform', 'table'),
    'jitter.correlation': fc.constantFrom(0, 0.5, 0.9),
  },
  { requiredKeys: ['jitter.table'] },
);
const disorder = fc.record(
  {
    'jitter.preserveOrder': fc.boolean(),
    'reorder.percentage': fc.constantFrom(0, 0.3, 1),
    'reorder.correlation': fc.constantFrom(0, 0.5),
    'reorder.gap': fc.constantFrom(1, 2, 3),
  },
  { requiredKeys: [] },
);
const hold = fc.record(
  { 'reorder.holdPackets': fc.constantFrom(0, 1, 3), 'reorder.holdMs': fc.constantFrom(0, 2, 30) },
  { requiredKeys: [] },
);
const personality: fc.Arbitrary<Profile | null> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(bandwidth, delay, disorder)
      .map((parts) => Object.assign({}, roomy, ...parts) as Profile),
  },
  { weight: 1, arbitrary: fc.constant(null) },
);

const gap = fc.oneof(fc.constantFrom(0, 0, 1, MS, 8 * MS, 40 * MS), fc.integer({ min: 0, max: 10 * MS }));
type Step =
  | { readonly gap: number; readonly size: number }
  | { readonly gap: number; readonly to: Profile | null };
const stepsOf = (changes: fc.Arbitrary<Profile | null>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ gap, size: fc.constantFrom(40, 1000, 1500) }) },
      { weight: 1, arbitrary: fc.record({ gap: fc.oneof(gap, fc.constant(1)), to: changes }) },
    ),
    { minLength: 1, maxLength: 80 },
  );

interface Change {
  readonly at: number;
  readonly to: Profile | null;
}

/** Lets the steps happen; changes at instants of their own. Packets by number. */
function play(steps: readonly Step[]): { ends: End[]; changes: Change[]; pipeline: TestPipeline } {
  const pipeline = new TestPipeline();
  const changes: Change[] = [];
  let now = 0;
  let sent = 0;
  for (const step of steps) {
    now += step.gap;
    if ('size' in step) {
      pipeline.send(now, step.size);
      sent++;
      continue;
    }
    if (now <= (changes.at(-1)?.at ?? -1)) now++;
    changes.push({ at: now, to: step.to });
    pipeline.configureAt(now, step.to);
  }
  pipeline.run();
  const ends = [...pipeline.ends].sort((a, b) => a.seq - b.seq);
  expect(ends.map((end) => end.seq)).toEqual(Array.from({ length: sent }, (_, seq) => seq));
  expect(pipeline.packets.live).toBe(0);
  return { ends, changes, pipeline };
}

/** Gaussian copula, by the formula. */
class Chain {
  #z = Number.NaN;

  forget(): void {
    this.#z = Number.NaN;
  }

  next(draw: number, r: number): number {
    if (r === 0) return draw;
    const own = normalQuantile(draw + 2 ** -33);
    this.#z = Number.isNaN(this.#z) ? own : r * this.#z + Math.sqrt((1 - r) * (1 + r)) * own;
    return normalCdf(this.#z);
  }
}

const drawsOf = (stage: string): (() => number) => {
  const random = new RandomSource('seed').stream(`vm/${stage}`);
  return () => random.uniform();
};

const quantile = (table: readonly number[], share: number): number => {
  const cell = Math.floor(share * (table.length - 1));
  return table[cell]! + (share * (table.length - 1) - cell) * (table[cell + 1]! - table[cell]!);
};

/**
 * What SPEC 3 makes of a packet that leaves the bandwidth stage at a known instant, told one packet after the other: no line, no gate,
 * no hand-over, just the n-th draw for the n-th packet and the settings of the instant.
 */
class DelayModel {
  readonly #jitterDraw = drawsOf('delay');
  readonly #chooseDraw = drawsOf('disorder');
  readonly #jitterChain = new Chain();
  readonly #chooseChain = new Chain();
  #latency = 0;
  #jitter = 0;
  #r = 0;
  #table: readonly number[] = [-1, 1];
  #keepsOrder = true;
  #p = 0;
  #chooseR = 0;
  #gap = 1;
  #unchosen = 0;
  #lastDue = 0;

  configure(profile: Profile | null): void {
    const number = (path: string, otherwise: number): number => (profile?.[path] ?? otherwise) as number;
    this.#latency = number('latencyMs', 0) * MS;
    this.#jitter = number('jitterMs', 0) * MS;
    this.#r = number('jitter.correlation', 0);
    if (this.#r === 0) this.#jitterChain.forget();
    this.#table = profile?.['jitter.distribution'] === 'table' ? TABLE : [-1, 1];
    const isDelayed = this.#latency > 0 || this.#jitter > 0;
    this.#p = isDelayed ? number('reorder.percentage', 0) : 0;
    if (this.#p === 0) this.#unchosen = 0;
    this.#chooseR = number('reorder.correlation', 0);
    if (this.#chooseR === 0) this.#chooseChain.forget();
    this.#gap = number('reorder.gap', 1);
    // Without anything that could break it there is order.
    this.#keepsOrder = profile?.['jitter.preserveOrder'] !== false || (this.#jitter === 0 && this.#p === 0);
  }

  /** When the next packet leaves, which comes at that instant; whether it was clamped, and whether nobody before it may be behind it. */
  leaves(now: number): { at: number; clamped: boolean; inOrder: boolean; skips: boolean } {
    const draw = this.#jitterDraw();
    const chooseDraw = this.#chooseDraw();
    let delay = this.#latency;
    if (this.#jitter > 0) {
      const share = quantile(this.#table, this.#jitterChain.next(draw, this.#r));
      delay += Math.floor(share * this.#jitter + 0.5);
    }
    if (this.#p > 0) {
      const isHit = this.#chooseChain.next(chooseDraw, this.#chooseR) < this.#p;
      if (isHit && this.#unchosen >= this.#gap - 1) {
        this.#unchosen = 0;
        return { at: now, clamped: false, inOrder: false, skips: true };
      }
      this.#unchosen++;
    }
    let at = now + Math.max(0, delay);
    if (this.#keepsOrder) at = Math.max(at, this.#lastDue);
    this.#lastDue = Math.max(at, this.#lastDue);
    return { at, clamped: delay < 0, inOrder: this.#keepsOrder, skips: false };
  }
}

test.prop([stepsOf(personality)], { numRuns: 3000, seed: 7401 })(
  'whoever does the delaying, and however often that changes: packet n has draw n, and the settings of the instant it is delayed at',
  (steps) => {
    const { ends, changes, pipeline } = play(steps);
    const model = new DelayModel();
    const order = new Map(pipeline.ends.map((end, place) => [end.seq, place]));
    let told = 0;
    let lastPlace = -1;
    for (const { seq, shapedAt, at, clamped } of ends) {
      for (; told < changes.length && changes[told]!.at <= shapedAt; told++)
        model.configure(changes[told]!.to);
      const expected = model.leaves(shapedAt);
      expect({ seq, at, clamped }).toEqual({ seq, at: expected.at, clamped: expected.clamped });
      if (expected.skips) continue;
      // Also among those of one instant: who keeps order comes after all who were delayed before it.
      const place = order.get(seq)!;
      if (expected.inOrder) expect(place).toBeGreaterThan(lastPlace);
      lastPlace = Math.max(lastPlace, place);
    }
  },
);

const withHolding: fc.Arbitrary<Profile | null> = fc
  .tuple(personality, hold)
  .map(([profile, held]) => profile && { ...profile, ...held });

test.prop([stepsOf(withHolding)], { numRuns: 1500, seed: 7402 })(
  'held back or not, every packet ends once, and nobody is held longer than a second',
  (steps) => {
    const held = play(steps);
    const free = play(steps.map((step) => ('to' in step ? { ...step, to: unheld(step.to) } : step)));
    held.ends.forEach((end, seq) => {
      expect(end.shapedAt).toBe(free.ends[seq]!.shapedAt);
    });
    const latest = Math.max(0, ...free.ends.map((end) => end.at));
    for (const { at, shapedAt } of held.ends) {
      expect(at).toBeGreaterThanOrEqual(shapedAt);
      expect(at).toBeLessThanOrEqual(latest + 1000 * MS);
    }
  },
);

/** The same without choosing anybody, so that everybody is delayed. */
function unheld(profile: Profile | null): Profile | null {
  return profile && { ...profile, 'reorder.percentage': 0 };
}

const bucket = fc.record({
  bandwidthKbps: fc.constantFrom(64, 333, 1000, 8000),
  'bandwidth.burstBytes': fc.constantFrom(1500, 5000),
});

test.prop(
  [
    bucket,
    delay,
    fc.array(fc.tuple(gap, fc.constantFrom(40, 1000, 1500)), { maxLength: 40 }),
    fc.array(fc.integer({ min: 0, max: 2000 * MS }), { maxLength: 20 }),
  ],
  { numRuns: 800, seed: 7403 },
)(
  'packets taken out of the queue of a token bucket and put back leave as if nothing had been',
  (rate, delays, packets, instants) => {
    const run = (moves: readonly number[]): readonly End[] => {
      const pipeline = new TestPipeline().configureAt(0, { ...roomy, ...rate, ...delays } as Profile);
      const { line } = pipeline.pipeline;
      for (const instant of moves) pipeline.at(instant, () => line.adopt(line.evict()));
      let now = 0;
      for (const [wait, size] of packets) {
        now += wait;
        pipeline.send(now, size);
      }
      return pipeline.run().ends;
    };
    expect(run(instants)).toEqual(run([]));
  },
);
