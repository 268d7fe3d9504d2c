import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { RandomSource } from '../../../../engine/index.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { LineModel, type LineModelSettings } from '../../../support/line-model.ts';
import { TestPipeline } from '../../../support/pipeline.ts';

const MS = 1_000_000;
/** Cells of one byte change nothing, but the line does not know cells. */
const QUEUE: Profile = { 'bandwidth.cellBytes': 1 };

const kbps = fc.oneof(
  fc.constantFrom(0.008, 0.333, 7, 64, 999.999, 1000, 8000, 10_000, 333_333, 1_000_000, 400_000_000),
  fc.integer({ min: 1, max: 2_000_000 }),
);
const size = fc.oneof(fc.constantFrom(20, 28, 68, 1000, 1500, 65535), fc.integer({ min: 20, max: 3000 }));

const link: fc.Arbitrary<Profile> = fc
  .record(
    {
      latencyMs: fc.constantFrom(0, 1, 2.5, 40),
      jitterMs: fc.constantFrom(0, 1, 3.25),
      bandwidthKbps: kbps,
      'bandwidth.model': fc.constantFrom('tokenBucket', 'serialize'),
      'bandwidth.burstBytes': fc.oneof(
        fc.constantFrom(68, 1500, 10_000),
        fc.integer({ min: 68, max: 1_000_000 }),
      ),
      'bandwidth.queueBytes': fc.integer({ min: 0, max: 20_000 }),
      'bandwidth.queuePackets': fc.integer({ min: 0, max: 12 }),
      'bandwidth.queueMs': fc.integer({ min: 0, max: 200 }),
    },
    { requiredKeys: ['bandwidthKbps'] },
  )
  .map((fields) => ({ ...fields, mtu: 65535 }) as Profile);

/** Gaps between events: often none, often a round number, so that departures, arrivals and changes meet. */
const gap = fc.oneof(
  fc.constantFrom(0, 0, 1, MS, MS, 8 * MS, 80_000, 800_000),
  fc.integer({ min: 0, max: 3 * MS }),
  fc.integer({ min: 0, max: 300 * MS }),
);

type Step =
  | { readonly do: 'send'; readonly gap: number; readonly size: number }
  | { readonly do: 'change'; readonly gap: number; readonly to: Profile | null };

const stepsWith = (to: fc.Arbitrary<Profile | null>): fc.Arbitrary<Step[]> => {
  const send = fc.record({ do: fc.constant('send' as const), gap, size });
  const change = fc.record({ do: fc.constant('change' as const), gap, to });
  return fc.array(fc.oneof({ weight: 5, arbitrary: send }, { weight: 1, arbitrary: change }), {
    minLength: 1,
    maxLength: 120,
  });
};

/** What SPEC 2 makes of the fields, written down a second time. */
function settingsOf(profile: Profile | null): LineModelSettings | null {
  if (profile === null) return null;
  const number = (path: string): number | undefined => profile[path] as number | undefined;
  const latencyMs = number('latencyMs') ?? 0;
  const rate = Math.max(1, Math.floor(number('bandwidthKbps')! * 1000 + 0.5));
  const bytes = number('bandwidth.queueBytes');
  const packets = number('bandwidth.queuePackets');
  const duration = number('bandwidth.queueMs');
  const unsaid = bytes === undefined && packets === undefined && duration === undefined;
  const byDefault = Math.max(Math.floor(1.5 * (rate / 8000) * Math.max(100, 2 * latencyMs)), 30 * 65535);
  const byTime = duration === undefined ? Infinity : Math.floor((rate / 8000) * duration);
  return {
    model: (profile['bandwidth.model'] ?? 'tokenBucket') as 'tokenBucket' | 'serialize',
    rate,
    burstBytes: number('bandwidth.burstBytes') ?? 65535,
    queueBytes: unsaid ? byDefault : Math.min(bytes ?? Infinity, byTime),
    queuePackets: packets ?? Infinity,
    latency: Math.floor(latencyMs * MS + 0.5),
    jitter: Math.floor((number('jitterMs') ?? 0) * MS + 0.5),
  };
}

/** The pipeline and the model with one event per departure have the same departures and drops. */
function expectTheModel(first: Profile, steps: readonly Step[]): void {
  const stream = new RandomSource('seed').stream('vm/delay');
  const draws = Array.from({ length: steps.length }, () => stream.uniform());
  const model = new LineModel((n) => draws[n]!);
  const pipeline = new TestPipeline().configureAt(0, first);
  model.configure(0, settingsOf(first));
  let now = 0;
  let seq = 0;
  // At one instant commands come before arrivals: a change at the instant of a packet is given a later one.
  let sentAt = -1;
  for (const step of steps) {
    now += step.gap;
    if (step.do === 'send') {
      pipeline.send(now, step.size);
      model.arrive(now, seq++, step.size);
      sentAt = now;
    } else {
      if (sentAt === now) now++;
      pipeline.configureAt(now, step.to);
      model.configure(now, settingsOf(step.to));
    }
  }
  pipeline.run();
  model.finish();
  const left = pipeline.ends.filter((end) => end.fate === 'delivered');
  expect(left.map(({ seq, shapedAt, at, clamped }) => ({ seq, shapedAt, at, clamped }))).toEqual(
    model.departures,
  );
  expect(pipeline.seqs('queue')).toEqual(model.dropped);
  expect(pipeline.packets.live).toBe(0);
  expect(pipeline.pipeline.backlogBytes() === 0).toBe(true);
}

const queued = link.map((profile) => ({ ...profile, ...QUEUE }));

test.prop([queued, stepsWith(queued)], { numRuns: 1000, seed: 7101 })(
  'a plain queue lets packets leave and drops them as the line does, whatever changes on the way',
  expectTheModel,
);

const either = fc.oneof({ weight: 6, arbitrary: fc.oneof(link, queued) }, fc.constant(null));

test.prop([link, stepsWith(either)], { numRuns: 1500, seed: 7102 })(
  'nobody notices when the line and the queue gate take over from each other',
  expectTheModel,
);
