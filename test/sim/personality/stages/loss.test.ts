import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TestPipeline } from '../../../support/pipeline.ts';
import { binomialInterval, chiSquareTest } from '../../../support/statistics.ts';
import { through } from '../../../support/world.ts';

const COUNT = 100_000;

function lossesAt(probability: number, count = COUNT): boolean[] {
  const pipeline = new TestPipeline({ seed: 'loss' });
  pipeline.pipeline.configure({ packetLossPercentage: probability });
  for (let seq = 0; seq < count; seq++) pipeline.send(seq);
  return pipeline.run().ends.map((end) => end.fate === 'loss');
}

test('0 loses nobody, 1 everybody', async () => {
  assert.is(await through({ 0: { packetLossPercentage: 0 } }, 'abc'), 'abc');
  assert.is(await through({ 0: { packetLossPercentage: 1 } }, 'abc'), '');
});

test('the share of lost packets is the probability', () => {
  for (const probability of [0.01, 0.4]) {
    const hits = lossesAt(probability).filter(Boolean).length;
    const { low, high } = binomialInterval(hits, COUNT);
    assert.ok(low <= probability && probability <= high, `${hits} of ${COUNT} at ${probability}`);
  }
});

test('a packet is lost or not whatever became of the one before it', () => {
  const p = 0.2;
  const losses = lossesAt(p);
  // Every second pair, so that pairs have nothing in common.
  const pairs = [0, 0, 0, 0];
  for (let i = 0; i + 1 < COUNT; i += 2) pairs[(losses[i] ? 2 : 0) + (losses[i + 1] ? 1 : 0)]!++;
  const expected = [(1 - p) ** 2, (1 - p) * p, p * (1 - p), p ** 2].map((share) => (share * COUNT) / 2);
  assert.ok(chiSquareTest(pairs, expected) > 1e-4, pairs.join(' '));
});

test('runs of losses have the lengths that independence gives them: on average 1 / (1 - p)', () => {
  const losses = lossesAt(0.3);
  const lengths: number[] = [];
  let run = 0;
  for (const lost of losses) {
    if (lost) run++;
    else if (run > 0) {
      lengths.push(run);
      run = 0;
    }
  }
  // Geometric: of n runs, those of length 1, 2, 3 and more.
  const counts = [1, 2, 3, 4].map(
    (n) => lengths.filter((length) => (n < 4 ? length === n : length >= 4)).length,
  );
  const expected = [0.7, 0.21, 0.063, 0.027].map((share) => share * lengths.length);
  assert.ok(chiSquareTest(counts, expected) > 1e-4, counts.join(' '));
});

test.run();
