import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { RandomSource } from '../../../../engine/index.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { TestPipeline } from '../../../support/pipeline.ts';
import { QueueModel, type QueueModelSettings } from './queue-model.ts';

const MS = 1_000_000;

const gap = fc.oneof(
  fc.constantFrom(0, 0, 0, 1, MS, MS, 8 * MS, 80_000, 800_000),
  fc.integer({ min: 0, max: 3 * MS }),
  fc.integer({ min: 0, max: 100 * MS }),
);
const size = fc.oneof(fc.constantFrom(20, 48, 50, 1000, 1500), fc.integer({ min: 20, max: 1500 }));
const kbps = fc.oneof(
  fc.constantFrom(7, 64, 999.999, 8000, 333_333, 400_000_000),
  fc.integer({ min: 1, max: 500_000 }),
);
const peak = fc.oneof(fc.constantFrom(1, 1.5, 4, 1000), fc.double({ min: 1, max: 20, noNaN: true }));

interface Choice {
  readonly kbps: number;
  readonly burst: number;
  readonly peak: number | null;
  readonly overhead: number;
  readonly cells: boolean;
  readonly queuePackets: number;
  readonly slots: {
    readonly min: number;
    readonly more: number;
    readonly packets: number;
    readonly bytes: number;
  } | null;
}

const slots = fc.record({
  min: fc.constantFrom(0, 1, 2.5),
  more: fc.constantFrom(0, 0, 1, 7.25),
  packets: fc.constantFrom(0, 1, 3),
  bytes: fc.constantFrom(0, 1, 1500, 4000),
});

const choice = (slotted: fc.Arbitrary<Choice['slots']>): fc.Arbitrary<Choice> =>
  fc.record({
    kbps,
    burst: fc.oneof(fc.constantFrom(68, 1500, 3000), fc.integer({ min: 68, max: 1_000_000 })),
    peak: fc.option(peak),
    overhead: fc.constantFrom(0, -14, 4, 38),
    cells: fc.boolean(),
    queuePackets: fc.integer({ min: 0, max: 20 }),
    slots: slotted,
  });

/** At least 1 ns on average, or there would be no slots. */
const isSlotted = (slots: Choice['slots']): slots is NonNullable<Choice['slots']> =>
  slots !== null && slots.min + slots.more > 0;

function profileOf(choice: Choice, model: 'tokenBucket' | 'serialize'): Profile {
  const { kbps, burst, peak, overhead, cells, queuePackets, slots } = choice;
  return {
    bandwidthKbps: kbps,
    'bandwidth.model': model,
    'bandwidth.burstBytes': burst,
    ...(peak === null ? {} : { 'bandwidth.peakKbps': Math.min(400_000_000, kbps * peak) }),
    'bandwidth.overheadBytes': overhead,
    'bandwidth.cellBytes': cells ? 48 : 1,
    'bandwidth.cellOverheadBytes': cells ? 5 : 0,
    'bandwidth.queuePackets': queuePackets,
    ...(isSlotted(slots)
      ? {
          'bandwidth.slotMinMs': slots.min,
          'bandwidth.slotMaxMs': slots.min + slots.more,
          'bandwidth.slotPackets': slots.packets,
          'bandwidth.slotBytes': slots.bytes,
        }
      : {}),
  };
}

const bits = (kbps: number): number => Math.max(1, Math.floor(kbps * 1000 + 0.5));

function modelSettings(choice: Choice, model: 'tokenBucket' | 'serialize'): QueueModelSettings {
  const { kbps, burst, peak, overhead, cells, queuePackets, slots } = choice;
  const framed = (size: number): number => {
    const bytes = Math.max(1, size + overhead);
    if (!cells) return bytes;
    let cellCount = 0;
    for (let left = bytes; left > 0; left -= 48) cellCount++;
    return cellCount * 53;
  };
  return {
    rate: bits(kbps),
    isWire: model === 'serialize',
    burstBytes: burst,
    peakRate: peak === null ? 0 : bits(Math.min(400_000_000, kbps * peak)),
    peakBurstBytes: framed(1500),
    queuePackets,
    framed,
    slots: isSlotted(slots)
      ? {
          min: slots.min * MS,
          max: (slots.min + slots.more) * MS,
          packets: slots.packets === 0 ? Infinity : slots.packets,
          bytes: slots.bytes === 0 ? Infinity : slots.bytes,
        }
      : null,
  };
}

type Step =
  | { readonly do: 'send'; readonly gap: number; readonly size: number }
  | { readonly do: 'change'; readonly gap: number; readonly to: Choice };

const stepsWith = (to: fc.Arbitrary<Choice>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), gap, size }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('change' as const), gap, to }) },
    ),
    { minLength: 1, maxLength: 100 },
  );

function expectTheModel(model: 'tokenBucket' | 'serialize') {
  return (first: Choice, steps: readonly Step[]): void => {
    const stream = new RandomSource('seed').stream('vm/queue');
    // Two draws a packet: for its slot, for its discipline.
    const draws = Array.from({ length: 2 * steps.length }, () => stream.uniform());
    const told = new QueueModel((n) => draws[2 * n]!);
    const pipeline = new TestPipeline().configureAt(0, profileOf(first, model));
    told.configure(0, modelSettings(first, model));
    let now = 0;
    let seq = 0;
    let sentAt = -1;
    for (const step of steps) {
      now += step.gap;
      if (step.do === 'send') {
        pipeline.send(now, step.size);
        told.arrive(now, seq++, step.size);
        sentAt = now;
      } else {
        if (sentAt === now) now++;
        pipeline.configureAt(now, profileOf(step.to, model));
        told.configure(now, modelSettings(step.to, model));
      }
    }
    pipeline.run();
    told.finish();
    const left = pipeline.ends.filter((end) => end.fate === 'delivered');
    expect(left.map(({ seq, shapedAt }) => ({ seq, at: shapedAt }))).toEqual(told.departures);
    expect(pipeline.seqs('queue')).toEqual(told.dropped);
    expect(pipeline.packets.live).toBe(0);
  };
}

const plain = choice(fc.constant(null));
test.prop([plain, stepsWith(plain)], { numRuns: 400, seed: 7201 })(
  'two buckets and a frame let packets leave when a model step by step does, whatever changes on the way',
  expectTheModel('tokenBucket'),
);

const slotted = choice(fc.option(slots, { freq: 4 }));
test.prop([slotted, stepsWith(slotted)], { numRuns: 500, seed: 7202 })(
  'so do slots before buckets',
  expectTheModel('tokenBucket'),
);

test.prop([slotted, stepsWith(slotted)], { numRuns: 500, seed: 7203 })(
  'and slots before a wire',
  expectTheModel('serialize'),
);

const arrivals = fc.array(fc.tuple(gap, size), { minLength: 1, maxLength: 80 });

test.prop([slotted, arrivals], { numRuns: 300, seed: 7204 })(
  'in any interval at most r t + b leave, and at most p t + one MTU, exactly',
  (given, packets) => {
    const settings = modelSettings(given, 'tokenBucket');
    // A packet that is longer than the bucket is deep waits for its whole length.
    const burstBytes = Math.max(given.burst, settings.framed(1500));
    const pipeline = new TestPipeline().configureAt(0, {
      ...profileOf({ ...given, burst: burstBytes }, 'tokenBucket'),
      'bandwidth.queuePackets': 1000,
    });
    let now = 0;
    for (const [wait, bytes] of packets) {
      now += wait;
      pipeline.send(now, bytes);
    }
    const left = pipeline.run().ends;
    expect(left.length).toBe(packets.length);
    const buckets = [
      [settings.rate, burstBytes],
      [settings.peakRate, settings.peakBurstBytes],
    ] as const;
    for (const [rate, depth] of buckets) {
      if (rate === 0) continue;
      for (let i = 0; i < left.length; i++) {
        let sent = 0n;
        for (let j = i; j < left.length; j++) {
          sent += BigInt(settings.framed(left[j]!.size)) * 8_000_000_000n;
          // From just before departure i to departure j; the clock has whole nanoseconds.
          const time = BigInt(left[j]!.shapedAt - left[i]!.shapedAt + 1);
          expect(sent <= BigInt(depth) * 8_000_000_000n + BigInt(rate) * time).toBe(true);
        }
      }
    }
  },
);
