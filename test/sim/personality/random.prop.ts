/** SPEC 3, Randomness: what does not depend on what. */
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import type { Profile } from '../../../sim/personality/profile.ts';
import { TestPipeline } from '../../support/pipeline.ts';

const COUNT = 300;
const SECOND = 1_000_000_000;
const seed = fc.string({ minLength: 1, maxLength: 8 });
const probability = fc.double({ min: 0, max: 1, noNaN: true });

/** A packet a second, each of 1,000 bytes. */
function through(profile: Profile, name: string): TestPipeline {
  const pipeline = new TestPipeline({ seed: name }).configureAt(0, profile);
  for (let seq = 0; seq < COUNT; seq++) pipeline.send(seq * SECOND, 1000);
  return pipeline.run();
}

const copied = (pipeline: TestPipeline): number[] =>
  pipeline.ends.filter((end) => end.origin === 'copy').map((end) => end.seq);

test.prop([seed, probability, probability], { numRuns: 60, seed: 7101 })(
  'a higher loss probability loses the same packets and more',
  (name, a, b) => {
    const more = new Set(through({ packetLossPercentage: Math.max(a, b) }, name).seqs('loss'));
    const less = through({ packetLossPercentage: Math.min(a, b) }, name).seqs('loss');
    expect(less.filter((seq) => !more.has(seq))).toEqual([]);
  },
);

test.prop([seed, probability, probability], { numRuns: 60, seed: 7102 })(
  'a higher duplication probability doubles the same packets and more',
  (name, a, b) => {
    const more = new Set(copied(through({ duplicatePacketPercentage: Math.max(a, b) }, name)));
    const less = copied(through({ duplicatePacketPercentage: Math.min(a, b) }, name));
    expect(less.filter((seq) => !more.has(seq))).toEqual([]);
  },
);

/** Settings of one stage each, that neither take packets away from the others nor bring them more. */
const others: fc.Arbitrary<Profile> = fc.record(
  {
    latencyMs: fc.integer({ min: 0, max: 50 }),
    jitterMs: fc.integer({ min: 0, max: 50 }),
    bandwidthKbps: fc.integer({ min: 100, max: 100_000 }),
    mtu: fc.integer({ min: 1000, max: 9000 }),
    routingProfile: fc.constantFrom('Static', 'Dynamic', 'Chaotic'),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Profile>;

test.prop([seed, others, others, probability, probability], { numRuns: 60, seed: 7103 })(
  "one stage's settings are nothing to another's draws: who is lost and who is doubled",
  (name, a, b, packetLossPercentage, duplicatePacketPercentage) => {
    const impaired = { packetLossPercentage, duplicatePacketPercentage };
    const one = through({ ...a, ...impaired }, name);
    const other = through({ ...b, ...impaired }, name);
    expect(one.seqs('loss')).toEqual(other.seqs('loss'));
    expect(copied(one)).toEqual(copied(other));
  },
);

test.prop([seed, others, others], { numRuns: 60, seed: 7104 })(
  "one stage's settings are nothing to another's draws: how long each packet is delayed",
  (name, a, b) => {
    // A packet a second and at least 80 kbit/s: nobody waits longer than a tenth of a second for the bucket.
    const delays = (profile: Profile): number[] =>
      through({ ...profile, latencyMs: 60, jitterMs: 50 }, name).ends.map((end) => end.at - end.shapedAt);
    expect(delays(a)).toEqual(delays(b));
  },
);

test.prop([seed, others, probability, fc.func(fc.integer())], { numRuns: 60, seed: 7105 })(
  'the order of the keys of a personality is nothing to anybody',
  (name, some, packetLossPercentage, weight) => {
    const fields: Profile = { ...some, packetLossPercentage, duplicatePacketPercentage: 0.3 };
    const shuffled = Object.fromEntries(
      Object.entries(fields).sort(([a], [b]) => weight(a) - weight(b) || (a < b ? 1 : -1)),
    );
    expect(through(shuffled, name).ends).toEqual(through(fields, name).ends);
  },
);

test.prop([seed, fc.integer({ min: 0, max: 40 })], { numRuns: 30, seed: 7106 })(
  'streams have the names of the VM and the stage: another VM meets other draws',
  (name, n) => {
    const fates = (vm: string): boolean[] => {
      const pipeline = new TestPipeline({ seed: name, name: vm }).configureAt(0, {
        packetLossPercentage: 0.5,
      });
      for (let seq = 0; seq < COUNT; seq++) pipeline.send(seq);
      return pipeline.run().ends.map((end) => end.fate === 'loss');
    };
    // 300 fair coins agree by chance once in 2^300.
    expect(fates(`vm${n}`)).not.toEqual(fates(`vm${n + 1}`));
  },
);
