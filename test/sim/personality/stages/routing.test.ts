import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { TestPipeline } from '../../../support/pipeline.ts';
import { binomialInterval, kolmogorovTest } from '../../../support/statistics.ts';

function asked(profile: Profile, count: number): TestPipeline['questions'] {
  const pipeline = new TestPipeline({ seed: 'routing' });
  pipeline.pipeline.configure(profile);
  for (let seq = 0; seq < count; seq++) pipeline.send(seq);
  assert.is(pipeline.run().seqs().length, count);
  return pipeline.questions;
}

test('Static asks nobody', () => {
  assert.equal(asked({ routingProfile: 'Static' }, 10), []);
});

test('Dynamic asks for the least loaded member for every packet', () => {
  assert.equal(asked({ routingProfile: 'Dynamic' }, 2), [
    { ask: 'rebalance', seq: 0, window: 100_000_000, hysteresis: 0.1 },
    { ask: 'rebalance', seq: 1, window: 100_000_000, hysteresis: 0.1 },
  ]);
  assert.equal(
    asked({ routingProfile: 'Dynamic', 'routing.loadWindowMs': 20, 'routing.hysteresis': 0.5 }, 1),
    [{ ask: 'rebalance', seq: 0, window: 20_000_000, hysteresis: 0.5 }],
  );
});

test('Chaotic scatters one packet in a hundred, or as many as it is told', () => {
  const COUNT = 50_000;
  for (const [profile, probability] of [
    [{ routingProfile: 'Chaotic' }, 0.01],
    [{ routingProfile: 'Chaotic', 'routing.chaosProbability': 0.25 }, 0.25],
  ] as const) {
    const hits = asked(profile, COUNT).length;
    const { low, high } = binomialInterval(hits, COUNT);
    assert.ok(low <= probability && probability <= high, `${hits} of ${COUNT} at ${probability}`);
  }
  assert.is(asked({ routingProfile: 'Chaotic', 'routing.chaosProbability': 0 }, 100).length, 0);
  assert.is(asked({ routingProfile: 'Chaotic', 'routing.chaosProbability': 1 }, 100).length, 100);
});

test('where a scattered packet goes is a draw of its own, uniform and unrelated to whether it goes', () => {
  const draws = asked({ routingProfile: 'Chaotic', 'routing.chaosProbability': 0.2 }, 50_000).map(
    (question) => (question.ask === 'scatter' ? question.draw : Number.NaN),
  );
  assert.ok(kolmogorovTest(draws, (x) => Math.min(1, Math.max(0, x))) > 1e-4);
});

test('the scope is handed on', () => {
  const scopes = (profile: Profile): Set<string> =>
    new Set(asked(profile, 500).map((question) => (question.ask === 'scatter' ? question.scope : '')));
  assert.equal([...scopes({ routingProfile: 'Chaotic', 'routing.chaosProbability': 1 })], ['assigned']);
  assert.equal(
    [...scopes({ routingProfile: 'Chaotic', 'routing.chaosProbability': 1, 'routing.chaosScope': 'subnet' })],
    ['subnet'],
  );
});

test('who is scattered at a lower probability is scattered at a higher one too, and to the same place', () => {
  const at = (probability: number) =>
    asked({ routingProfile: 'Chaotic', 'routing.chaosProbability': probability }, 5000);
  const more = new Map(at(0.2).map((question) => [question.seq, question]));
  for (const question of at(0.05)) assert.equal(more.get(question.seq), question);
});

test('Dynamic in between costs no draws: what Chaotic does later is what it would have done', () => {
  const chaotic = { routingProfile: 'Chaotic', 'routing.chaosProbability': 0.5 };
  const always = new TestPipeline().configureAt(0, chaotic);
  const later = new TestPipeline().configureAt(0, { routingProfile: 'Dynamic' }).configureAt(50, chaotic);
  for (let seq = 0; seq < 100; seq++) {
    always.send(seq);
    later.send(seq);
  }
  const from50 = (pipeline: TestPipeline) =>
    pipeline.run().questions.filter((question) => question.seq >= 50);
  assert.equal(from50(later), from50(always));
});

test.run();
