import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { RandomSource } from '../../../engine/index.ts';
import type { Profile } from '../../../sim/personality/profile.ts';
import { LineModel, type LineModelSettings } from '../../support/line-model.ts';
import { TestPipeline } from '../../support/pipeline.ts';

const MS = 1_000_000;
const AWKWARD_KBPS = [0.008, 0.333, 7, 64, 999.999, 1000, 8000, 10_000, 333_333, 1_000_000, 400_000_000];

const kbps = fc.oneof(fc.constantFrom(...AWKWARD_KBPS), fc.integer({ min: 1, max: 2_000_000 }));
const packetSize = fc.oneof(
  fc.constantFrom(20, 28, 68, 1000, 1500, 65535),
  fc.integer({ min: 20, max: 3000 }),
);

const personality: fc.Arbitrary<Profile> = fc
  .record(
    {
      latencyMs: fc.oneof(
        fc.constantFrom(0, 1, 2, 40),
        fc.integer({ min: 0, max: 9000 }).map((n) => n / 1000),
      ),
      jitterMs: fc.oneof(
        fc.constantFrom(0, 1, 3),
        fc.integer({ min: 0, max: 5000 }).map((n) => n / 1000),
      ),
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
    { requiredKeys: [] },
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

const send = fc.record({ do: fc.constant('send' as const), gap, size: packetSize });
const change = fc.record({
  do: fc.constant('change' as const),
  gap,
  to: fc.oneof({ weight: 6, arbitrary: personality }, { weight: 1, arbitrary: fc.constant(null) }),
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof({ weight: 5, arbitrary: send }, { weight: 1, arbitrary: change }),
  { minLength: 1, maxLength: 120 },
);

/** What SPEC 2 makes of the fields, written down a second time. */
function settingsOf(profile: Profile | null): LineModelSettings | null {
  if (profile === null) return null;
  const number = (path: string): number | undefined => profile[path] as number | undefined;
  const latencyMs = number('latencyMs') ?? 0;
  const mtu = number('mtu') ?? 1500;
  const rate = Math.max(1, Math.floor((number('bandwidthKbps') ?? 0) * 1000 + 0.5));
  const bytes = number('bandwidth.queueBytes');
  const packets = number('bandwidth.queuePackets');
  const duration = number('bandwidth.queueMs');
  const unsaid = bytes === undefined && packets === undefined && duration === undefined;
  const byDefault = Math.max(Math.floor(1.5 * (rate / 8000) * Math.max(100, 2 * latencyMs)), 30 * mtu);
  const byTime = duration === undefined ? Infinity : Math.floor((rate / 8000) * duration);
  return {
    model: (profile['bandwidth.model'] ?? 'tokenBucket') as 'tokenBucket' | 'serialize',
    rate: number('bandwidthKbps') === undefined ? 0 : rate,
    burstBytes: number('bandwidth.burstBytes') ?? mtu,
    queueBytes: unsaid ? byDefault : Math.min(bytes ?? Infinity, byTime),
    queuePackets: packets ?? Infinity,
    latency: Math.floor(latencyMs * MS + 0.5),
    jitter: Math.floor((number('jitterMs') ?? 0) * MS + 0.5),
  };
}

test.prop([personality, steps], { numRuns: 2000, seed: 7001 })(
  'every departure is when a model with one event per departure has it, whatever changes on the way',
  (first, rest) => {
    const stream = new RandomSource('seed').stream('vm/delay');
    const draws = Array.from({ length: rest.length }, () => stream.uniform());
    const model = new LineModel((n) => draws[n]!);
    const line = new TestPipeline();
    line.configureAt(0, first);
    model.configure(0, settingsOf(first));
    let now = 0;
    let seq = 0;
    // At one instant commands come before arrivals: a change at the instant of a packet is given a later one.
    let sentAt = -1;
    for (const step of rest) {
      now += step.gap;
      if (step.do === 'send') {
        line.send(now, step.size);
        model.arrive(now, seq++, step.size);
        sentAt = now;
      } else {
        if (sentAt === now) now++;
        line.configureAt(now, step.to);
        model.configure(now, settingsOf(step.to));
      }
    }
    line.run();
    model.finish();
    const left = line.ends.filter((end) => end.fate === 'delivered');
    expect(left.map(({ seq, shapedAt, at, clamped }) => ({ seq, shapedAt, at, clamped }))).toEqual(
      model.departures,
    );
    expect(line.seqs('queue')).toEqual(model.dropped);
    expect(line.packets.live).toBe(0);
    expect(line.pipeline.line.backlogBytes() === 0).toBe(true);
  },
);

const tokenBucket = fc.record({
  bandwidthKbps: fc.oneof(
    fc.constantFrom(7, 333_333, 64, 10_000, 400_000_000),
    fc.integer({ min: 1, max: 500_000 }),
  ),
  'bandwidth.burstBytes': fc.oneof(
    fc.constantFrom(1500, 3000, 1_000_000, 5_000_001),
    fc.integer({ min: 1500, max: 100_000 }),
  ),
});
const arrivals = fc.array(fc.tuple(gap, fc.integer({ min: 20, max: 1500 })), { minLength: 1, maxLength: 80 });

test.prop([tokenBucket, arrivals], { numRuns: 600, seed: 7002 })(
  'in any interval at most r t + b leave a token bucket, exactly',
  (fields, packets) => {
    const line = new TestPipeline().configureAt(0, { ...fields, 'bandwidth.queueBytes': 1e9 });
    let now = 0;
    for (const [wait, size] of packets) {
      now += wait;
      line.send(now, size);
    }
    line.run();
    const rate = BigInt(fields.bandwidthKbps * 1000);
    const depth = BigInt(fields['bandwidth.burstBytes']) * 8_000_000_000n;
    const left = line.ends;
    expect(left.length).toBe(packets.length);
    for (let i = 0; i < left.length; i++) {
      let bits = 0n;
      for (let j = i; j < left.length; j++) {
        bits += BigInt(left[j]!.size) * 8_000_000_000n;
        // From just before departure i to departure j; the clock has whole nanoseconds.
        const time = BigInt(left[j]!.shapedAt - left[i]!.shapedAt + 1);
        expect(bits <= depth + rate * time).toBe(true);
      }
    }
  },
);

test.prop([tokenBucket, fc.integer({ min: 2, max: 60 }), fc.integer({ min: 20, max: 1500 })], {
  numRuns: 300,
  seed: 7003,
})(
  'a bucket under load sends as much as its rate allows: the n-th byte leaves at the first ns after (n - b) / r',
  (fields, count, size) => {
    const line = new TestPipeline().configureAt(0, { ...fields, 'bandwidth.queueBytes': 1e9 });
    for (let n = 0; n < count; n++) line.send(0, size);
    line.run();
    const rate = BigInt(fields.bandwidthKbps * 1000);
    line.ends.forEach((end, index) => {
      const missing = BigInt((index + 1) * size - fields['bandwidth.burstBytes']) * 8_000_000_000n;
      expect(BigInt(end.shapedAt)).toBe(missing <= 0n ? 0n : (missing + rate - 1n) / rate);
    });
  },
);
