import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { RandomSource } from '../../../engine/index.ts';
import type { Profile } from '../../../sim/personality/profile.ts';
import { TestPipeline } from '../../support/pipeline.ts';

const probability = fc.constantFrom(0, 0.2, 0.5, 1);
const profile = fc.option(
  fc.record(
    {
      routingProfile: fc.constantFrom('Static', 'Dynamic', 'Chaotic'),
      'routing.chaosProbability': probability,
      mtu: fc.constantFrom(576, 1500, 65535),
      packetLossPercentage: probability,
      duplicatePacketPercentage: probability,
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Profile>,
  { freq: 4 },
);
const packet = fc.constantFrom(100, 1400, 3000);

/** The n-th draw of a stage, whoever asks for it. */
const stream = (name: string): ((n: number) => number) => {
  const random = new RandomSource('seed').stream(`vm/${name}`);
  const draws: number[] = [];
  return (n) => {
    while (draws.length <= n) draws.push(random.uniform());
    return draws[n]!;
  };
};

/** How many fragments a packet makes at an MTU. */
const pieces = (size: number, mtu: number): number =>
  size <= mtu ? 1 : Math.ceil((size - 20) / (Math.floor((mtu - 20) / 8) * 8));

/** The gates told in order, each counting who comes to it: the n-th meets the n-th draw, used or not. */
class GateModel {
  readonly scattered: number[] = [];
  readonly lost: number[] = [];
  readonly delivered: number[] = [];
  readonly #routing = stream('routing');
  readonly #loss = stream('loss');
  readonly #duplicate = stream('duplicate');
  #reached = { routing: 0, loss: 0, duplicate: 0 };

  send(seq: number, size: number, settings: Profile | null): void {
    const value = (path: string, otherwise: number): number => (settings?.[path] ?? otherwise) as number;
    const first = 2 * this.#reached.routing++;
    const chaotic = settings?.['routingProfile'] === 'Chaotic';
    if (chaotic && this.#routing(first) < value('routing.chaosProbability', 0.01)) this.scattered.push(seq);
    const mtu = value('mtu', settings === null ? 65535 : 1500);
    for (let left = pieces(size, mtu); left > 0; left--) {
      if (this.#loss(this.#reached.loss++) < value('packetLossPercentage', 0)) {
        this.lost.push(seq);
        continue;
      }
      const twice = this.#duplicate(this.#reached.duplicate++) < value('duplicatePacketPercentage', 0);
      this.delivered.push(...(twice ? [seq, seq] : [seq]));
    }
  }
}

test.prop(
  [fc.array(fc.tuple(profile, fc.array(packet, { maxLength: 8 })), { minLength: 1, maxLength: 12 })],
  {
    numRuns: 500,
    seed: 7301,
  },
)('whatever stages come and go, the n-th packet to reach one meets its n-th draw', (phases) => {
  const pipeline = new TestPipeline();
  const model = new GateModel();
  let seq = 0;
  phases.forEach(([settings, sizes], phase) => {
    pipeline.configureAt(phase, settings);
    for (const size of sizes) {
      pipeline.send(phase, size);
      model.send(seq++, size, settings);
    }
  });
  pipeline.run();
  const scattered = pipeline.questions.filter((question) => question.ask === 'scatter');
  expect(scattered.map((question) => question.seq)).toEqual(model.scattered);
  expect(pipeline.seqs('loss')).toEqual(model.lost);
  expect(pipeline.seqs()).toEqual(model.delivered);
});
