import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import type { Profile } from '../../../sim/personality/profile.ts';
import { TestPipeline } from '../../support/pipeline.ts';

const MS = 1_000_000;

const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 3 });

/** Everything that waits, delays, chooses or counts. */
const profile: fc.Arbitrary<Profile | null> = fc.option(
  fc
    .record({
      mtu: fc.constantFrom(65535, 576),
      bandwidthKbps: some(fc.constantFrom(64, 333, 1000, 8000)),
      'bandwidth.model': some(fc.constantFrom('tokenBucket', 'serialize')),
      'bandwidth.burstBytes': some(fc.constantFrom(68, 1500, 5000)),
      'bandwidth.queuePackets': some(fc.constantFrom(2, 7, 100)),
      // A gate before the line does the waiting.
      'bandwidth.overheadBytes': fc.constantFrom(0, 0, 38),
      latencyMs: some(fc.constantFrom(1, 5, 40)),
      jitterMs: some(fc.constantFrom(3, 20)),
      'jitter.correlation': some(fc.constantFrom(0.5, 0.9)),
      // A gate behind it does the delaying.
      'jitter.preserveOrder': some(fc.boolean()),
      'reorder.percentage': some(fc.constantFrom(0.3, 1)),
      'reorder.holdPackets': some(fc.constantFrom(1, 3)),
      packetLossPercentage: some(fc.constantFrom(0.2, 0.6)),
      duplicatePacketPercentage: some(fc.constantFrom(0.2, 0.6)),
    })
    .map(
      (fields) =>
        Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Profile,
    ),
  { freq: 6 },
);

const PIPELINES = 3;
const gap = fc.oneof(fc.constantFrom(0, 0, 1, MS, 8 * MS), fc.integer({ min: 0, max: 10 * MS }));
const which = fc.nat(PIPELINES - 1);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ gap, which, size: fc.constantFrom(40, 1000, 1500) }) },
  { weight: 1, arbitrary: fc.record({ gap, which, to: profile }) },
  { weight: 1, arbitrary: fc.record({ gap, which, look: fc.constant(true) }) },
);
type Step = { readonly gap: number; readonly which: number } & (
  | { readonly size: number }
  | { readonly to: Profile | null }
  | { readonly look: boolean }
);

/** What each pipeline does with its packets, and says of itself, if only the steps of `present` happen. */
function play(steps: readonly Step[], present: readonly number[]): readonly (readonly unknown[])[] {
  const world = new TestPipeline();
  const pipelines = Array.from({ length: PIPELINES }, (_, n) => world.another(`vm ${n}`));
  const senders: number[] = [];
  const seen: unknown[][] = pipelines.map(() => []);
  let now = 0;
  for (const step of steps) {
    now += step.gap;
    if (!present.includes(step.which)) continue;
    const pipeline = pipelines[step.which]!;
    if ('size' in step) {
      senders.push(step.which);
      world.send(now, step.size, 0, pipeline);
    } else if ('to' in step) {
      world.configureAt(now, step.to, pipeline);
    } else {
      world.at(now, () => seen[step.which]!.push([pipeline.backlogBytes(), pipeline.takeBacklogPeak()]));
    }
  }
  world.run();
  expect(world.packets.live).toBe(0);
  for (const pipeline of pipelines) expect(pipeline.backlogBytes() === 0).toBe(true);
  for (const { seq, at, shapedAt, size, fate, origin, flags } of world.ends) {
    const sender = senders[seq]!;
    const place = senders.slice(0, seq).filter((other) => other === sender).length;
    seen[sender]!.push({ place, at, shapedAt, size, fate, origin, flags });
  }
  return seen;
}

test.prop([fc.array(step, { minLength: 1, maxLength: 120 })], { numRuns: 600, seed: 7501 })(
  'the pipelines of a world share their columns, and notice nothing of each other',
  (steps) => {
    const together = play(steps, [0, 1, 2]);
    for (const each of [0, 1, 2]) expect(together[each]).toEqual(play(steps, [each])[each]);
  },
);
