import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lossProblems } from '../../../sim/personality/loss-problems.ts';
import type { Profile } from '../../../sim/personality/profile.ts';

/** `path: found -> allowed`. */
const texts = (profile: Profile, given?: Profile): string[] =>
  lossProblems(profile, given).map(({ path, found, allowed }) => `${path}: ${found} -> ${allowed}`);

test('nothing, and independent loss, are fine', () => {
  assert.equal(texts({}), []);
  assert.equal(texts({ latencyMs: 5 }), []);
  assert.equal(texts({ packetLossPercentage: 1, 'loss.ecn': true, 'loss.correlation': 0.5 }), []);
});

test('a field of another model: which it is used by', () => {
  assert.equal(texts({ packetLossPercentage: 0.01, 'loss.meanBurst': 3 }), [
    'loss.meanBurst: 3 with loss.model random, which does not use it -> only with loss.model burst or generalIntuitive',
  ]);
  assert.equal(texts({ 'loss.model': 'gilbertElliott', 'loss.p': 0.1, packetLossPercentage: 0.1 }), [
    'packetLossPercentage: 0.1 with loss.model gilbertElliott, which does not use it -> only with loss.model random, burst or generalIntuitive',
  ]);
  assert.equal(texts({ 'loss.model': 'nth', 'loss.every': 3, 'loss.packets': [1, 2] }), [
    'loss.packets: a list of 2 with loss.model nth, which does not use it -> only with loss.model list',
  ]);
});

test('an update answers only for the fields that it sets', () => {
  const after = { 'loss.model': 'gilbertElliott', 'loss.p': 0.1, packetLossPercentage: 0.1 };
  assert.equal(texts(after, { 'loss.model': 'gilbertElliott', 'loss.p': 0.1 }), []);
  assert.is(texts(after, { packetLossPercentage: 0.1 }).length, 1);
  // What it needs may have been there before.
  assert.equal(texts(after, { 'loss.r': 0.2 }), []);
});

test('what a model cannot do without', () => {
  assert.equal(texts({ 'loss.model': 'nth' }), ['loss.every: nothing -> a value: loss.model nth needs it']);
  assert.equal(texts({ 'loss.model': 'match' }), [
    'loss.model: match without a condition -> with loss.matchFlow, loss.matchFirst or loss.matchLongerThan, or several of them',
  ]);
});

const burst = (packetLossPercentage: number, meanBurst: number): Profile => ({
  'loss.model': 'burst',
  packetLossPercentage,
  'loss.meanBurst': meanBurst,
});

test('bursts: p = L / (B (1 - L)) is at most 1 as long as L is at most B / (B + 1)', () => {
  assert.equal(texts(burst(0.75, 3)), []);
  assert.equal(texts(burst(0.5, 1)), []);
  assert.equal(texts(burst(0.76, 3)), [
    'packetLossPercentage: 0.76 -> at most 0.75 with bursts of 3: at least one packet gets through between two of them',
  ]);
  assert.is(texts(burst(1, 1000)).length, 1);
  // What is printed as the bound is within it.
  assert.match(texts(burst(0.9, 5))[0] ?? '', /at most 0\.8333 with/);
  assert.equal(texts(burst(0.8333, 5)), []);
});

test('four states: the chances of a state sum to at most 1', () => {
  const markov4 = { 'loss.model': 'markov4', 'loss.p13': 0.6 };
  assert.equal(texts({ ...markov4, 'loss.p14': 0.4, 'loss.p31': 0.3, 'loss.p32': 0.7 }), []);
  assert.equal(texts({ ...markov4, 'loss.p14': 0.5, 'loss.p31': 0.4, 'loss.p32': 0.7 }), [
    'loss.p14: 0.5 with loss.p13 0.6 -> chances of the same state that sum to at most 1',
    'loss.p32: 0.7 with loss.p31 0.4 -> chances of the same state that sum to at most 1',
  ]);
  // p31 is 0.4 by default.
  assert.is(texts({ ...markov4, 'loss.p32': 0.7 }).length, 1);
});

const intuitive = (fields: Profile): Profile => ({
  'loss.model': 'generalIntuitive',
  packetLossPercentage: 0.1,
  'loss.meanBurst': 5,
  ...fields,
});

test('general and intuitive: what cannot be is refused at the field to change, with its bound', () => {
  const cases: readonly (readonly [Profile, RegExp | null])[] = [
    [{}, null],
    [{ 'loss.isolated': 0.1 }, null],
    [{ 'loss.isolated': 0.11 }, /^loss\.isolated: 0\.11 -> at most packetLossPercentage, 0\.1/],
    [{ packetLossPercentage: 0.6, 'loss.isolated': 0.51 }, /^loss\.isolated: 0\.51 -> at most 0\.5/],
    [{ 'loss.density': 0.1 }, /^loss\.density: 0\.1 -> above packetLossPercentage, 0\.1/],
    [{ 'loss.density': 0.15 }, /^loss\.meanBurst: 5 -> at least 6\.6667 with a density of 0\.15/],
    [{ 'loss.density': 0.2 }, /^loss\.meanGoodRun: 1 -> any with longer bursts/],
    // (1 - 0.5) / (0.5 - 1/5) = 1.67.
    [{ 'loss.density': 0.5 }, /^loss\.meanGoodRun: 1 -> at least 1\.6667/],
    [{ 'loss.density': 0.5, 'loss.meanGoodRun': 1.6667 }, null],
    // p31 + p32 = 1 / (0.5 x 4) + 0.5 / (0.5 x 2) = 1.
    [{ 'loss.meanBurst': 4, 'loss.density': 0.5, 'loss.meanGoodRun': 2 }, null],
    // One burst after the other, one packet between them: 5/6.
    [{ packetLossPercentage: 0.8333 }, null],
    [{ packetLossPercentage: 0.84 }, /^packetLossPercentage: 0\.84 -> at most 0\.8333 with these bursts/],
    // (5 x 0.6 + 0.2) / (5 x 0.6 + 1) = 0.8.
    [{ packetLossPercentage: 0.8, 'loss.isolated': 0.2 }, null],
    // (4 x 0.8 x 0.5 + 0.1) / (4 x 0.8 + 1) = 0.40476.
    [
      {
        packetLossPercentage: 0.45,
        'loss.meanBurst': 4,
        'loss.density': 0.5,
        'loss.isolated': 0.1,
        'loss.meanGoodRun': 4,
      },
      /^packetLossPercentage: 0\.45 -> at most 0\.4047 with/,
    ],
    // A lone loss and a packet that gets through, in turns; without bursts nothing is asked of them.
    [{ packetLossPercentage: 0.5, 'loss.isolated': 0.5 }, null],
    [{ packetLossPercentage: 0.3, 'loss.isolated': 0.3, 'loss.density': 0.2 }, null],
    [
      { packetLossPercentage: 0.81, 'loss.isolated': 0.2 },
      /^packetLossPercentage: 0\.81 -> at most 0\.8 with/,
    ],
  ];
  for (const [fields, expected] of cases) {
    const found = texts(intuitive(fields));
    assert.is(found.length, expected === null ? 0 : 1, `${JSON.stringify(fields)}: ${found.join('; ')}`);
    if (expected !== null) assert.match(found[0] ?? '', expected);
  }
});

test('a field that nobody else has: which model it is for', () => {
  assert.equal(texts({ 'loss.p13': 0.1 }), [
    'loss.p13: 0.1 with loss.model random, which does not use it -> only with loss.model markov4',
  ]);
});

test('fields that are not allowed by themselves are for others to refuse', () => {
  assert.equal(texts({ 'loss.model': 'gilbert', packetLossPercentage: 0.1 }), []);
  assert.equal(texts({ 'loss.model': 'burst', packetLossPercentage: 'much', 'loss.meanBurst': 'long' }), []);
});

test.run();
