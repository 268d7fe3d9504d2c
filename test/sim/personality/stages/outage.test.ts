import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LAST_INSTANT } from '../../../../engine/index.ts';
import { combinationProblems } from '../../../../sim/personality/check.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { outageProblems } from '../../../../sim/personality/stages/outage.ts';
import { TestPipeline } from '../../../support/pipeline.ts';
import { binomialInterval } from '../../../support/statistics.ts';
import { at, fates, flow, once, personal, run, through } from '../../../support/world.ts';

const MS = 1_000_000;
const dropping = { 'outage.dropEvery': 3, 'outage.dropFor': 2 };
const holding = { 'outage.holdEvery': 3, 'outage.holdFor': 2 };

// ---- by hand: one column is one millisecond

test('up for 3 ms, down for 2: what comes meanwhile is lost', async () => {
  assert.is(await through({ 0: dropping }, 'abcdefghijkl'), 'abc--fgh--kl');
});

test('up for 3 ms, down for 2: what comes meanwhile waits, and goes on in order when it is up', async () => {
  assert.is(await through({ 0: holding }, 'abcdefghijkl'), 'abc--[def]gh--[ijk]l');
});

test('both: what comes in both at once is lost', async () => {
  // Holds from 3 to 5 and 8 to 10, drops from 4 to 5 and 9 to 10.
  const both = { ...holding, 'outage.dropEvery': 4, 'outage.dropFor': 1 };
  assert.is(await through({ 0: both }, 'abcdefghijkl'), 'abc--[df]gh--[ik]l');
  // What was held goes on, though others are being dropped: holds from 3 to 5, drops from 4 to 7.
  const later = { ...holding, 'outage.dropEvery': 4, 'outage.dropFor': 3 };
  assert.is(await through({ 0: later }, 'abcdefgh'), 'abc--d-h');
});

test('it begins when its settings come, and goes on as long as they stay', async () => {
  assert.is(await through({ 0: {}, 4: dropping }, 'abcdefghijkl'), 'abcdefg--jkl');
  assert.is(await through({ 0: dropping, 4: { latencyMs: 0.5 } }, 'abcdefghijkl'), 'abc--fgh--kl');
});

test('other settings begin anew, up', async () => {
  assert.is(await through({ 0: dropping, 4: { 'outage.dropFor': 1 } }, 'abcdefghijkl'), 'abc-efg-ijk');
  // Those of the other kind are not touched: from 3 to 5 it holds, whatever happens at 4.
  const and = { 'outage.dropEvery': 100, 'outage.dropFor': 1 };
  assert.is(await through({ 0: holding, 4: and }, 'abcdefgh'), 'abc--[def]gh');
});

test('what was held goes on at once when the outages are gone or new', async () => {
  assert.is(await through({ 0: holding, 4: { 'outage.holdFor': 0 } }, 'abcdefghij'), 'abc-[de]fghij');
  assert.is(await through({ 0: holding, 4: { 'outage.holdFor': 1 } }, 'abcdefghij'), 'abc-[de]fg-[hi]j');
});

test('what is released goes through bandwidth and delay like everybody', async () => {
  // 1000 bytes at 8 Mbit/s: 1 ms each, and 2 ms of delay. Held until 5: d, e and f leave the wire at 6, 7 and 8.
  const slow = { bandwidthKbps: 8000, 'bandwidth.model': 'serialize', latencyMs: 2 };
  assert.is(await through({ 0: { ...holding, ...slow } }, 'a-cdef'), '---a-c--def');
});

// ---- to the nanosecond

const endsOf = (pipeline: TestPipeline) =>
  pipeline.run().ends.map(({ seq, at: end, fate }) => [seq, end, fate]);

test('down from its first instant on, up from the first instant after', () => {
  const drops = new TestPipeline().configureAt(7, dropping);
  for (const instant of [3 * MS + 6, 3 * MS + 7, 5 * MS + 6, 5 * MS + 7]) drops.send(instant);
  assert.equal(endsOf(drops), [
    [0, 3 * MS + 6, 'delivered'],
    [1, 3 * MS + 7, 'link-down'],
    [2, 5 * MS + 6, 'link-down'],
    [3, 5 * MS + 7, 'delivered'],
  ]);
  const holds = new TestPipeline().configureAt(7, holding);
  for (const instant of [5 * MS + 6, 3 * MS + 7, 3 * MS + 6, 5 * MS + 7]) holds.send(instant);
  assert.equal(endsOf(holds), [
    [2, 3 * MS + 6, 'delivered'],
    [1, 5 * MS + 7, 'delivered'],
    [0, 5 * MS + 7, 'delivered'],
    [3, 5 * MS + 7, 'delivered'],
  ]);
});

test('at the instant of the release, who was held goes first, whoever comes from where', () => {
  const pipeline = new TestPipeline()
    .configureAt(0, holding)
    .send(4 * MS)
    .send(4 * MS);
  // A command comes before what departs at its instant.
  pipeline
    .send(6 * MS)
    .at(5 * MS, () => pipeline.pipeline.configure({ ...holding, duplicatePacketPercentage: 1 }));
  pipeline.send(5 * MS);
  assert.equal(endsOf(pipeline), [
    [0, 5 * MS, 'delivered'],
    [1, 5 * MS, 'delivered'],
    [3, 5 * MS, 'delivered'],
    [3, 5 * MS, 'delivered'],
    [2, 6 * MS, 'delivered'],
    [2, 6 * MS, 'delivered'],
  ]);
});

test('an outage that ends with time lets go, one that ends after it does not', () => {
  for (const late of [0, 1]) {
    const pipeline = new TestPipeline().configureAt(LAST_INSTANT - 5 * MS + late, holding);
    pipeline.send(LAST_INSTANT - MS);
    assert.equal(endsOf(pipeline), late === 0 ? [[0, LAST_INSTANT, 'delivered']] : []);
    assert.is(pipeline.packets.live, late);
  }
});

test('a removed personality lets go of everything at once, in order', () => {
  const pipeline = new TestPipeline().configureAt(0, { ...holding, latencyMs: 10 });
  for (let seq = 0; seq < 4; seq++) pipeline.send(3 * MS + seq);
  assert.equal(endsOf(pipeline.configureAt(4 * MS, null)), [
    [0, 4 * MS, 'delivered'],
    [1, 4 * MS, 'delivered'],
    [2, 4 * MS, 'delivered'],
    [3, 4 * MS, 'delivered'],
  ]);
});

test('dropping takes no event, and holding one for each outage in which somebody waits', () => {
  const eventsOf = (profile: Profile): number => {
    const pipeline = new TestPipeline();
    pipeline.pipeline.configure(profile);
    for (const instant of [0, 3 * MS, 4 * MS, 1e12 + 3.5 * MS, 1e12 + 4 * MS, 1e12 + 4.1 * MS])
      pipeline.send(instant);
    return pipeline.run().kernel.events;
  };
  assert.is(eventsOf({}), 6);
  assert.is(eventsOf(dropping), 6);
  assert.is(eventsOf(holding), 8);
});

test('what is held at the end of time stays where it is', () => {
  const pipeline = new TestPipeline().configureAt(LAST_INSTANT - 4 * MS, holding).send(LAST_INSTANT - MS + 1);
  pipeline.send(LAST_INSTANT);
  assert.equal(pipeline.run().ends, []);
  assert.is(pipeline.packets.live, 2);
});

test('a packet that is lost in an outage says so', async () => {
  const { rows } = await run({
    ...personal({ b: dropping }),
    traffic: [flow('cbr', { interval: MS, packetSize: 100, count: 10 })],
  });
  assert.equal(fates(rows), { delivered: 6, 'link-down': 4 });
});

test('held packets count as alive, and end with the run', async () => {
  const { rows } = await run({
    ...personal({ b: { 'outage.holdEvery': 1, 'outage.holdFor': 3_600_000 } }),
    traffic: [once(100, { start: MS })],
    timeline: [at(2 * MS, { op: 'assign', vm: 'a', personality: 'b' })],
  });
  assert.equal(fates(rows), { 'in-flight': 1 });
});

// ---- shares

const EXPONENTIAL = { 'outage.dropEvery': 3, 'outage.dropFor': 1, 'outage.law': 'exponential' };

function lostAmong(profile: Profile, count: number, gap: number, seed = 'shares'): number {
  const pipeline = new TestPipeline({ seed }).configureAt(0, profile);
  for (let n = 1; n <= count; n++) pipeline.send(n * gap);
  return pipeline.run().seqs('link-down').length;
}

test('the share of what is lost is that of the time that it is down', () => {
  // 1,700 and 4,000,000 ns have 100 ns in common: 40,000 packets come once at every 100th ns of a period.
  assert.is(lostAmong({ 'outage.dropEvery': 3, 'outage.dropFor': 1 }, 40_000, 1700), 10_000);
  // 100 ms apart, outages of 1 ms every 3 have nothing to do with each other.
  const lost = lostAmong(EXPONENTIAL, 20_000, 100 * MS);
  const { low, high } = binomialInterval(lost, 20_000);
  assert.ok(low <= 0.25 && 0.25 <= high, `${lost} of 20000`);
});

test('exponential: whoever is held, goes on in order at the end of the outage', () => {
  const settings = { 'outage.holdEvery': 3, 'outage.holdFor': 1, 'outage.law': 'exponential' };
  const pipeline = new TestPipeline({ seed: 'held' }).configureAt(0, settings);
  for (let n = 0; n < 20_000; n++) pipeline.send(n * 50_000);
  const { ends } = pipeline.run();
  assert.equal(
    ends.map((end) => end.seq),
    Array.from({ length: 20_000 }, (_, n) => n),
  );
  // All that wait go on at one instant, and every outage ends once.
  const releases = new Map<number, number>();
  for (const end of ends) if (end.at > end.sentAt) releases.set(end.at, (releases.get(end.at) ?? 0) + 1);
  for (const end of ends) {
    const isHeld = end.at > end.sentAt;
    const next = [...releases.keys()].find((instant) => instant >= end.sentAt);
    if (isHeld) assert.is(end.at, next);
  }
  // 1 s holds 250 times up and down on average, of which few are shorter than the 50 us between packets.
  assert.ok(releases.size > 150 && releases.size < 350, `${releases.size} outages`);
});

test('the outages are the same whoever comes, and whatever other stages do', () => {
  const lost = (profile: Profile, gap: number): number[] => {
    const pipeline = new TestPipeline({ seed: 'same' }).configureAt(0, profile);
    for (let n = 0; n < 2000; n++) pipeline.send(n * gap);
    return pipeline
      .run()
      .ends.filter((end) => end.fate === 'link-down')
      .map((end) => end.at);
  };
  const all = lost(EXPONENTIAL, MS / 4);
  const both = {
    ...EXPONENTIAL,
    duplicatePacketPercentage: 0.5,
    'corrupt.percentage': 0.5,
    jitterMs: 3,
    mtu: 576,
  };
  assert.equal([...new Set(lost(both, MS / 4))], all);
  // Every fourth packet finds what it found among the others.
  const some = new Set(all.filter((instant) => instant % MS === 0));
  assert.equal(
    lost(EXPONENTIAL, MS).filter((instant) => instant < 500 * MS),
    [...some],
  );
});

// ---- what belongs together

test('a time alone is a problem; a duration of 0 is none', () => {
  const problems = (profile: Profile) => outageProblems(profile).map(({ path, found }) => [path, found]);
  assert.equal(problems({}), []);
  assert.equal(problems({ ...dropping, ...holding }), []);
  assert.equal(problems({ 'outage.dropEvery': 5 }), [['outage.dropFor', 'nothing']]);
  assert.equal(problems({ 'outage.holdFor': 5 }), [['outage.holdEvery', 'nothing']]);
  assert.equal(problems({ 'outage.dropEvery': 5, 'outage.dropFor': 0 }), []);
  // That would be down for ever.
  assert.equal(problems({ 'outage.dropEvery': 0, 'outage.dropFor': 5 }), [['outage.dropEvery', '0']]);
  assert.equal(problems({ 'outage.holdEvery': 0, 'outage.holdFor': 0 }), []);
  assert.equal(
    combinationProblems({ 'outage.dropFor': 5 }).map(({ path, allowed }) => [path, allowed]),
    [['outage.dropEvery', 'a time above 0, because outage.dropFor is 5']],
  );
});

test.run();
