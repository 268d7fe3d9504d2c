import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { combinationProblems } from '../../../../sim/personality/check.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { valuesOf } from '../../../../sim/personality/stage.ts';
import { stages } from '../../../../sim/personality/stages/index.ts';

/** By stage: profiles in which it has something to do, and others in which its fields change nothing, so that it costs nothing. */
const ACTIVITY: Readonly<Record<string, readonly [active: readonly Profile[], idle: readonly Profile[]]>> = {
  routing: [
    [{ routingProfile: 'Dynamic' }, { routingProfile: 'Chaotic' }],
    [{ 'routing.chaosProbability': 1 }],
  ],
  mtu: [[{}, { mtu: 65534 }], [{ mtu: 65535 }]],
  netem: [[{ netemCompat: true }], [{ latencyMs: 5 }]],
  loss: [
    [
      { packetLossPercentage: 0.1 },
      { 'loss.model': 'nth', 'loss.every': 1 },
      { 'loss.model': 'gilbertElliott', 'loss.p': 0.1 },
      { 'loss.model': 'gilbertElliott', 'loss.p': 0, 'loss.k': 0.9 },
      { 'loss.model': 'markov4', 'loss.p13': 0.1 },
      { 'loss.model': 'markov4', 'loss.p13': 0, 'loss.p14': 0.1 },
      { 'loss.model': 'match', 'loss.matchFlow': 'web' },
      { 'loss.model': 'match', 'loss.matchFirst': 1 },
      { 'loss.model': 'match', 'loss.matchLongerThan': 0 },
      { 'loss.model': 'list', 'loss.packets': [1] },
    ],
    [
      { 'loss.correlation': 0.5, 'loss.ecn': true },
      { 'loss.model': 'gilbertElliott', 'loss.p': 0, 'loss.r': 0.5 },
      { 'loss.model': 'markov4', 'loss.p13': 0, 'loss.p23': 0.5 },
      { 'loss.model': 'match', packetLossPercentage: 0.1 },
      { 'loss.model': 'list', 'loss.packets': [] },
      { 'loss.model': 'ether', packetLossPercentage: 0.1 },
    ],
  ],
  duplicate: [[{ duplicatePacketPercentage: 0.1 }], [{ 'duplicate.correlation': 0.5 }]],
  corrupt: [[{ 'corrupt.percentage': 0.1 }], [{ 'corrupt.bits': 3 }]],
  outage: [
    [
      { 'outage.dropEvery': 1, 'outage.dropFor': 1 },
      { 'outage.holdEvery': 1, 'outage.holdFor': 1 },
    ],
    [
      { 'outage.dropEvery': 1 },
      { 'outage.dropFor': 1 },
      { 'outage.holdEvery': 1 },
      { 'outage.holdFor': 1 },
      { 'outage.dropEvery': 1, 'outage.holdFor': 1, 'outage.law': 'exponential' },
      { 'outage.holdEvery': 1, 'outage.dropFor': 1 },
    ],
  ],
  queue: [[{ 'bandwidth.trace': [1] }], [{ bandwidthKbps: 8 }]],
  bandwidth: [[{ bandwidthKbps: 8 }], [{ 'bandwidth.queuePackets': 3, 'bandwidth.model': 'serialize' }]],
  delay: [[{ latencyMs: 0.5 }, { jitterMs: 0.5 }], [{ 'jitter.distribution': 'normal' }]],
  disorder: [
    [
      { 'reorder.percentage': 0.1, latencyMs: 1 },
      { 'reorder.percentage': 0.1, jitterMs: 1 },
      { 'reorder.percentage': 0.1, 'reorder.holdPackets': 1 },
      { 'reorder.percentage': 0.1, 'reorder.holdMs': 1 },
      { 'jitter.preserveOrder': false, jitterMs: 1 },
    ],
    [
      { 'reorder.percentage': 0.1 },
      { latencyMs: 1, jitterMs: 1, 'reorder.gap': 3, 'reorder.holdPackets': 2 },
      { 'jitter.preserveOrder': false, latencyMs: 1 },
    ],
  ],
};

test('every stage is here', () => {
  assert.equal(
    stages.map(({ name }) => name),
    Object.keys(ACTIVITY),
  );
});

for (const stage of stages) {
  test(`${stage.name} is active where it has something to do, and nowhere else`, () => {
    const [active, idle] = ACTIVITY[stage.name]!;
    for (const profile of active) assert.ok(stage.active(valuesOf(stage, profile)), JSON.stringify(profile));
    for (const profile of idle) assert.not(stage.active(valuesOf(stage, profile)), JSON.stringify(profile));
    assert.not(stage.active(valuesOf(stage, null)));
  });
}

/** `path: found -> allowed`. */
const problems = (profile: Profile, given?: Profile): string[] =>
  combinationProblems(profile, given).map(({ path, found, allowed }) => `${path}: ${found} -> ${allowed}`);

test('a table and the distribution that it is for need each other', () => {
  const table = { 'jitter.table': [-1, 1] };
  assert.equal(problems({ ...table, 'jitter.distribution': 'table' }), []);
  assert.equal(problems({ 'jitter.distribution': 'table' }), [
    'jitter.distribution: table -> table, together with jitter.table',
  ]);
  assert.equal(problems({ ...table, 'jitter.distribution': 'normal' }), [
    'jitter.table: a table -> a table, with jitter.distribution: table',
  ]);
  assert.equal(problems(table).length, 1);
  // One that another distribution left behind does no harm.
  assert.equal(
    problems({ ...table, 'jitter.distribution': 'normal' }, { 'jitter.distribution': 'normal' }),
    [],
  );
});

test('outages need both of their times', () => {
  for (const kind of ['drop', 'hold']) {
    const [every, lasts] = [`outage.${kind}Every`, `outage.${kind}For`];
    assert.equal(problems({ [every]: 5, [lasts]: 1 }), []);
    assert.equal(problems({ [every]: 5 }), [`${lasts}: nothing -> a time above 0, because ${every} is 5`]);
    assert.equal(problems({ [lasts]: 5 }), [`${every}: nothing -> a time above 0, because ${lasts} is 5`]);
    assert.equal(problems({ [lasts]: 5, [every]: 0 }), [
      `${every}: 0 -> a time above 0, because ${lasts} is 5`,
    ]);
    // So they are turned off.
    assert.equal(problems({ [lasts]: 0, [every]: 5 }), []);
    assert.equal(problems({ [lasts]: 0, [every]: 0 }), []);
    assert.is(problems({ [lasts]: 5, [every]: '5' }).length, 1);
  }
});

test.run();
