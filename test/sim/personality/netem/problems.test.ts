import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { netemProblems } from '../../../../sim/personality/netem/problems.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';

/** `path: found -> allowed`. */
const texts = (profile: Profile, given?: Profile): string[] =>
  netemProblems({ netemCompat: true, ...profile }, given).map(
    ({ path, found, allowed }) => `${path}: ${found} -> ${allowed}`,
  );

test('each field that netem has no option for, and each model that it has not', () => {
  const only = 'only without netemCompat: netem has no such option';
  assert.equal(texts({ 'corrupt.bits': 2, 'bandwidth.trace': [1, 2, 3], 'loss.model': 'list' }), [
    `corrupt.bits: 2 -> ${only}`,
    `bandwidth.trace: a list of 3 -> ${only}`,
    'loss.model: list -> with netemCompat random, gilbertElliott, burst, markov4 or generalIntuitive: netem has no others',
  ]);
});

test('fields of other stages, and what does nothing, are fine', () => {
  assert.equal(texts({ mtu: 1500, routingProfile: 'Dynamic', 'outage.dropEvery': 5, 'corrupt.bits': 1 }), []);
  assert.equal(texts({ 'loss.model': 7 } as Profile), []);
});

test('an update answers for what it sets, and for everything when it turns netem on', () => {
  const left = { 'corrupt.bits': 2, 'loss.model': 'nth', 'loss.every': 2 };
  assert.equal(texts(left, { latencyMs: 1 }), []);
  assert.is(texts(left, { 'corrupt.bits': 2 }).length, 1);
  assert.is(texts(left, { netemCompat: true }).length, 3);
  assert.equal(netemProblems(left), []);
});

test.run();
