import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { normalCdf } from '../../../../engine/index.ts';
import { PacketFlag } from '../../../../sim/packet.ts';
import { combinationProblems } from '../../../../sim/personality/check.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { type End, TestPipeline } from '../../../support/pipeline.ts';
import { binomialInterval, chiSquareTest, kolmogorovTest } from '../../../support/statistics.ts';
import { filteredCdf } from '../netem/filtered.ts';

const MS = 1_000_000;
const SECOND = 1000 * MS;

/** A pipeline with netem, and nothing else. */
function netem(profile: Profile, seed = 'seed'): TestPipeline {
  const pipeline = new TestPipeline({ seed });
  pipeline.pipeline.configure({ mtu: 65535, netemCompat: true, ...profile });
  return pipeline;
}

/** So many packets, `gap` ns apart, and what became of them. */
function through(profile: Profile, count: number, gap = 0, flags = 0): readonly End[] {
  const pipeline = netem(profile, `${count} packets`);
  for (let seq = 0; seq < count; seq++) pipeline.send(seq * gap, 1000, flags);
  return pipeline.run().ends;
}

const times = (ends: readonly End[]): string[] => ends.map(({ seq, at }) => `${seq}@${at / MS}`);

function assertShare(hits: number, trials: number, wanted: number): void {
  const { low, high } = binomialInterval(hits, trials);
  assert.ok(low <= wanted && wanted <= high, `${low} to ${high}, not ${wanted}`);
}

/** Of packets so far apart that they are as good as independent. */
function assertLoss(profile: Profile, wanted: number, apart: number, count = 8_000): void {
  const ends = through(profile, count * apart, 1);
  const lost = ends.filter(({ fate, seq }) => fate === 'loss' && seq % apart === 0).length;
  assertShare(lost, count, wanted);
}

test('without options packets go through as they come', () => {
  const ends = through({}, 5, MS);
  assert.equal(times(ends), ['0@0', '1@1', '2@2', '3@3', '4@4']);
  assert.ok(ends.every(({ fate, flags }) => fate === 'delivered' && flags === 0));
});

test('loss without correlation is what it says, with correlation the filter makes it collapse', () => {
  assertLoss({ packetLossPercentage: 0.1 }, 0.1, 1);
  assertLoss({ packetLossPercentage: 0.1, 'loss.correlation': 0.25 }, filteredCdf(0.25)(0.1), 12);
  assertLoss({ packetLossPercentage: 0.1, 'loss.correlation': 0.5 }, filteredCdf(0.5)(0.1), 14);
  assertLoss({ packetLossPercentage: 0.05, 'loss.correlation': 0.25 }, filteredCdf(0.25)(0.05), 12);
});

test('more loss without correlation loses the same packets and more', () => {
  const lost = (packetLossPercentage: number) =>
    through({ packetLossPercentage, duplicatePacketPercentage: 0.5 }, 2000, 1)
      .filter(({ fate, origin }) => fate === 'loss' && origin === 'sent')
      .map(({ seq }) => seq);
  const more = new Set(lost(0.3));
  const less = lost(0.1);
  assert.ok(less.length > 0 && less.length < more.size);
  assert.ok(less.every((seq) => more.has(seq)));
});

test('of n packets n ((1-l)(1+d) + d l^2) arrive: a copy faces loss, and what is lost and duplicated arrives once', () => {
  const [l, d] = [0.2, 0.3];
  const count = 50_000;
  const copies = new Int32Array(count);
  for (const { fate, seq } of through({ packetLossPercentage: l, duplicatePacketPercentage: d }, count, 1)) {
    if (fate === 'delivered') copies[seq]!++;
  }
  // None: lost and not duplicated. Both: duplicated, and neither lost.
  const shares = [l * (1 - d), 0, d * (1 - l) ** 2];
  shares[1] = 1 - shares[0]! - shares[2]!;
  assert.ok(Math.abs(shares[1] + 2 * shares[2]! - ((1 - l) * (1 + d) + d * l * l)) < 1e-12);
  const observed = [0, 1, 2].map((n) => copies.filter((each) => each === n).length);
  assert.ok(
    chiSquareTest(
      observed,
      shares.map((share) => share * count),
    ) > 1e-4,
    `${observed}`,
  );
});

test("what is always lost and always duplicated arrives once, and is nobody's twin", () => {
  const ends = through({ packetLossPercentage: 1, duplicatePacketPercentage: 1 }, 4, MS);
  assert.equal(times(ends), ['0@0', '1@1', '2@2', '3@3']);
  assert.ok(ends.every(({ fate, twin, origin }) => fate === 'delivered' && !twin && origin === 'sent'));
});

test('a copy goes before its original, says whose copy it is, and is not duplicated', () => {
  const ends = through({ duplicatePacketPercentage: 1, latencyMs: 3 }, 2, MS);
  assert.equal(
    ends.map(({ at, origin, copyOf, twin }) => [at / MS, origin, copyOf, twin]),
    [
      [3, 'copy', 1, true],
      [3, 'sent', 0, true],
      [4, 'copy', 3, true],
      [4, 'sent', 0, true],
    ],
  );
});

test('models of loss have their long-run shares', () => {
  const gemodel = { 'loss.model': 'gilbertElliott', 'loss.p': 0.2, 'loss.r': 0.4 };
  assertLoss(gemodel, 0.2 / 0.6, 20);
  // (r (1-k) + p (1-h)) / (p + r); without r it is 1 - p.
  assertLoss({ ...gemodel, 'loss.h': 0.3, 'loss.k': 0.9 }, (0.4 * 0.1 + 0.2 * 0.7) / 0.6, 20);
  assertLoss({ 'loss.model': 'gilbertElliott', 'loss.p': 0.3 }, 0.3, 1);
  assertLoss({ 'loss.model': 'burst', packetLossPercentage: 0.2, 'loss.meanBurst': 2.5 }, 0.2, 25);
  const [p13, p31, p32, p23, p14] = [0.1, 0.4, 0.3, 0.5, 0.02];
  const gap = 1 / (1 + p14 + (p13 / p31) * (1 + p32 / p23));
  assertLoss(
    {
      'loss.model': 'markov4',
      'loss.p13': p13,
      'loss.p31': p31,
      'loss.p32': p32,
      'loss.p23': p23,
      'loss.p14': p14,
    },
    gap * (p13 / p31 + p14),
    25,
  );
  assertLoss(
    {
      'loss.model': 'generalIntuitive',
      packetLossPercentage: 0.15,
      'loss.meanBurst': 4,
      'loss.density': 0.7,
      'loss.isolated': 0.02,
      'loss.meanGoodRun': 1.5,
    },
    0.15,
    30,
  );
});

test('with ecn a packet that can say so is marked instead of lost', () => {
  const profile = { packetLossPercentage: 1, 'loss.ecn': true };
  const fates = (flags: number) => through(profile, 2, MS, flags).map((end) => [end.fate, end.flags]);
  const { ecnCapable, marked } = PacketFlag;
  assert.equal(fates(0)[0], ['loss', 0]);
  assert.equal(fates(ecnCapable)[0], ['delivered', ecnCapable | marked]);
  // Marked before, it stays marked.
  assert.equal(fates(marked)[0], ['delivered', marked]);
});

test('corruption flips one bit of a share of the packets; with correlation the share collapses', () => {
  const count = 8_000;
  const corrupt = (profile: Profile, apart: number) =>
    through(profile, count * apart, 1).filter(
      ({ flags, seq }) => seq % apart === 0 && (flags & PacketFlag.corrupted) !== 0,
    ).length;
  assertShare(corrupt({ 'corrupt.percentage': 0.1 }, 1), count, 0.1);
  const correlated = { 'corrupt.percentage': 0.1, 'corrupt.correlation': 0.25 };
  assertShare(corrupt(correlated, 12), count, filteredCdf(0.25)(0.1));
});

test('the limit counts delayed packets too, and is 1000', () => {
  const limited = through({ latencyMs: 5, 'bandwidth.queuePackets': 3 }, 12, MS);
  assert.equal(
    limited.filter(({ fate }) => fate === 'queue').map(({ seq }) => seq),
    [3, 4, 8, 9],
  );
  assert.equal(times(limited.filter(({ fate }) => fate === 'delivered')), [
    '0@5',
    '1@6',
    '2@7',
    '5@10',
    '6@11',
    '7@12',
    '10@15',
    '11@16',
  ]);
  const byDefault = through({ latencyMs: 1 }, 1100);
  assert.is(byDefault.filter(({ fate }) => fate === 'queue').length, 100);
});

test('a copy may take the last place, and its original still gets one; who finds none has no copy', () => {
  const ends = through({ latencyMs: 1, duplicatePacketPercentage: 1, 'bandwidth.queuePackets': 1 }, 2);
  assert.equal(
    ends.map(({ seq, fate, origin }) => [seq, fate, origin]),
    [
      [1, 'queue', 'sent'],
      [0, 'delivered', 'copy'],
      [0, 'delivered', 'sent'],
    ],
  );
});

/** Delays of packets so far apart that they do not overtake each other. */
const delaysOf = (profile: Profile, count: number): number[] =>
  through(profile, count, 20 * SECOND).map(({ at, sentAt }) => at - sentAt);

test('delays are uniform, normal or Pareto, as wide as jitter says', () => {
  const delay = { latencyMs: 100, jitterMs: 10 };
  const uniform = delaysOf(delay, 20_000);
  assert.ok(kolmogorovTest(uniform, (x) => (x / MS - 90) / 20) > 1e-3);
  const normal = delaysOf({ ...delay, 'jitter.distribution': 'normal' }, 20_000);
  assert.ok(kolmogorovTest(normal, (x) => normalCdf((x / MS - 100) / 10)) > 1e-3);
  const pareto = delaysOf({ ...delay, 'jitter.distribution': 'pareto' }, 20_000);
  // u^(-1/3), moved and scaled to 4/3 (x - 1.5) and cut at 4.
  const ofPareto = (x: number): number => 1 - (0.75 * ((x / MS - 100) / 10) + 1.5) ** -3;
  const uncut = pareto.filter((x) => x < 139.9 * MS);
  assertShare(pareto.length - uncut.length, pareto.length, 1 - ofPareto(139.9 * MS));
  assert.ok(kolmogorovTest(uncut, (x) => ofPareto(x) / ofPareto(139.9 * MS)) > 1e-3);
});

test('a table of quantiles: each as often as the others', () => {
  const table = [-1, -0.5, 0, 0.25, 3];
  const delays = delaysOf(
    { latencyMs: 100, jitterMs: 10, 'jitter.distribution': 'table', 'jitter.table': table },
    10_000,
  );
  const counts = table.map((quantile) => delays.filter((each) => each === (100 + 10 * quantile) * MS).length);
  assert.ok(
    chiSquareTest(
      counts,
      table.map(() => 2000),
    ) > 1e-3,
    `${counts}`,
  );
});

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const variance = (values: readonly number[]): number => {
  const middle = mean(values);
  return mean(values.map((x) => (x - middle) ** 2));
};

test('the correlation of delays does nothing, but for a uniform jitter of seconds', () => {
  const count = 20_000;
  const lagged = (values: readonly number[]): number => {
    const middle = mean(values);
    const products = values.slice(1).map((x, i) => (x - middle) * (values[i]! - middle));
    return mean(products) / variance(values);
  };
  const bounds = 5 / Math.sqrt(count);
  // The remainder that picks the delay consists of low bits, which the filter does not correlate.
  const small = { latencyMs: 100, jitterMs: 10, 'jitter.correlation': 0.5 };
  const uniform = delaysOf(small, count);
  assert.ok(Math.abs(lagged(uniform)) < bounds);
  assert.ok(kolmogorovTest(uniform, (x) => (x / MS - 90) / 20) > 1e-3);
  const normal = delaysOf({ ...small, 'jitter.distribution': 'normal' }, count);
  assert.ok(Math.abs(lagged(normal)) < bounds);
  assert.ok(kolmogorovTest(normal, (x) => normalCdf((x / MS - 100) / 10)) > 1e-3);
  // Of 2^31 - 1 ns either way the remainder is the number itself: variance (1-r)/(1+r) of a uniform one, autocorrelation r.
  const large = delaysOf({ latencyMs: 3000, jitterMs: 2147.483647, 'jitter.correlation': 0.5 }, count);
  assert.ok(Math.abs(lagged(large) - 0.5) < 5 / Math.sqrt(count));
  const wanted = (2 ** 32 * MS) ** 2 / 12 / 3 / MS ** 2;
  // Autocorrelated by r: (1 + r^2)/(1 - r^2) times the error of independent ones.
  assert.ok(Math.abs(variance(large) / wanted - 1) < 5 * Math.sqrt((2 / count) * (1.25 / 0.75)));
});

test('a jitter above 2147 ms is cut, and one of which twice is near 2^32 ns is lopsided', () => {
  assert.ok(Math.max(...delaysOf({ latencyMs: 0, jitterMs: 4000 }, 5000)) <= 2 ** 31);
  // Twice 1500 ms leaves a remainder of 2^32 - 3e9 ns: as many of the shortest delays come twice.
  const delays = delaysOf({ latencyMs: 2000, jitterMs: 1500 }, 20_000);
  const short = 2 ** 32 - 3e9;
  const twice = delays.filter((each) => each - 500 * MS < short).length;
  assertShare(twice, delays.length, (2 * short) / 2 ** 32);
});

test('a delay below 0 is none, and counted', () => {
  const ends = through({ latencyMs: 1, jitterMs: 4 }, 20_000, 20 * MS);
  const clamped = ends.filter((end) => end.clamped);
  // Uniform from -3 to 5 ms.
  assertShare(clamped.length, ends.length, 3 / 8);
  assert.ok(ends.every(({ at, sentAt, clamped: isClamped }) => (at === sentAt) === isClamped));
});

test('jitter reorders, unless there is a rate', () => {
  const order = (profile: Profile) =>
    through({ latencyMs: 10, jitterMs: 10, ...profile }, 200, MS / 10).map(({ seq }) => seq);
  const sorted = Array.from({ length: 200 }, (_, seq) => seq);
  assert.not.equal(order({}), sorted);
  assert.equal(order({ bandwidthKbps: 1_000_000 }), sorted);
});

test('reorder sends a packet at once after gap - 1 that are delayed', () => {
  const ends = through({ latencyMs: 10, 'reorder.percentage': 1, 'reorder.gap': 3 }, 7, MS);
  assert.equal(times(ends), ['2@2', '5@5', '0@10', '1@11', '3@13', '4@14', '6@16']);
  const always = through({ latencyMs: 10, 'reorder.percentage': 1 }, 3, MS);
  assert.equal(times(always), ['0@0', '1@1', '2@2']);
});

test('behind the gap each packet has the chance to be sent at once', () => {
  const gap = 3;
  const ends = through({ latencyMs: 1, 'reorder.percentage': 0.4, 'reorder.gap': gap }, 30_000, 2 * MS);
  let counter = 0;
  let asked = 0;
  let hits = 0;
  for (const { at, sentAt } of ends) {
    const isHit = at === sentAt;
    if (counter >= gap - 1) asked++;
    else assert.not(isHit);
    if (isHit) hits++;
    counter = isHit ? 0 : counter + 1;
  }
  assertShare(hits, asked, 0.4);
  // A correlation makes it collapse like that of losses.
  const apart = 12;
  const correlated = { latencyMs: 1, 'reorder.percentage': 0.1, 'reorder.correlation': 0.25 };
  const rare = through(correlated, 8_000 * apart, 2 * MS).filter(
    ({ at, sentAt, seq }) => at === sentAt && seq % apart === 0,
  );
  assertShare(rare.length, 8_000, filteredCdf(0.25)(0.1));
});

test('with a rate a packet begins behind the last one, or when its delay is over: max(now + delay, last) + size/rate', () => {
  // 8 Mbit/s is a byte a microsecond.
  const pipeline = netem({ latencyMs: 5, bandwidthKbps: 8000 });
  pipeline
    .send(0, 1000)
    .send(0, 2000)
    .send(MS / 2, 500)
    .send(20 * MS, 1000);
  assert.equal(times(pipeline.run().ends), ['0@6', '1@8', '2@8.5', '3@26']);
});

test('overhead and cells take their time on the wire', () => {
  const atm = { 'bandwidth.cellBytes': 48, 'bandwidth.cellOverheadBytes': 5 };
  const at = (profile: Profile) =>
    netem({ bandwidthKbps: 8000, ...profile })
      .send(0, 50)
      .run().ends[0]!.at;
  assert.is(at({}), 50_000);
  assert.is(at({ 'bandwidth.overheadBytes': 14 }), 64_000);
  assert.is(at(atm), 106_000);
  assert.is(at({ ...atm, 'bandwidth.overheadBytes': -2 }), 53_000);
  // Shorter than nothing: (2^64 - 50e9)/1e6 ns are five hours.
  assert.is(at({ 'bandwidth.overheadBytes': -100 }), Number((2n ** 64n - 50_000_000_000n) / 1_000_000n));
});

test('a rate below a byte a second is none', () => {
  assert.is(netem({ bandwidthKbps: 0.007 }).send(0, 1000).run().ends[0]!.at, 0);
  assert.is(netem({ bandwidthKbps: 0.008 }).send(0, 10).run().ends[0]!.at, 10 * SECOND);
});

test('slots gather packets, so many in each', () => {
  const slot = { 'bandwidth.slotMinMs': 10, 'bandwidth.slotPackets': 2 };
  const sent = (profile: Profile) => {
    const pipeline = netem({ ...slot, ...profile });
    for (let seq = 0; seq < 5; seq++) pipeline.send((seq + 1) * MS);
    return times(pipeline.run().ends);
  };
  // The slot of the beginning is over when the first packet comes: the next is 10 ms later.
  assert.equal(sent({}), ['0@11', '1@11', '2@21', '3@21', '4@31']);
  assert.equal(sent({ 'bandwidth.slotBytes': 1000 }), ['0@11', '1@21', '2@31', '3@41', '4@51']);
  // With a delay of 15 ms the slot is drawn anew with each packet before its time, at last at 5 ms, and once more at 16 ms.
  assert.equal(sent({ latencyMs: 15 }), ['0@26', '1@26', '2@36', '3@36', '4@46']);
});

test('slots come between the least and the greatest time', () => {
  const profile = {
    'bandwidth.slotMinMs': 2,
    'bandwidth.slotMaxMs': 6,
    'bandwidth.slotPackets': 1,
    'bandwidth.queuePackets': 5000,
  };
  const ends = through(profile, 3001);
  // The first leaves in the slot of the beginning.
  const waits = ends.slice(1).map(({ at }, i) => (at - ends[i]!.at) / MS);
  assert.is(ends[0]!.at, 0);
  assert.ok(kolmogorovTest(waits, (x) => (x - 2) / 4) > 1e-3);
});

test('a change leaves the times of those who are in it, and begins to count anew', () => {
  const gaps = { 'reorder.percentage': 1, 'reorder.gap': 3 };
  const pipeline = netem({ latencyMs: 10, ...gaps });
  for (let seq = 0; seq < 5; seq++) pipeline.send(seq * MS);
  pipeline.configureAt(2 * MS, { mtu: 65535, netemCompat: true, latencyMs: 4, ...gaps });
  // Without the change packet 2 would be sent at once; with it, packet 4.
  assert.equal(times(pipeline.run().ends), ['4@4', '2@6', '3@7', '0@10', '1@11']);
});

test('removed, it ends the waiting for the rate, but no delay', () => {
  // A byte a millisecond: each packet takes a second.
  const slow = { latencyMs: 100, bandwidthKbps: 8 };
  const removedAt = (time: number) => {
    const pipeline = netem(slow).send(0).send(0).send(0);
    return times(pipeline.configureAt(time, null).run().ends);
  };
  assert.equal(times(netem(slow).send(0).send(0).send(0).run().ends), ['0@1100', '1@2100', '2@3100']);
  assert.equal(removedAt(50 * MS), ['0@100', '1@100', '2@100']);
  assert.equal(removedAt(500 * MS), ['0@500', '1@500', '2@500']);
  assert.equal(removedAt(1500 * MS), ['0@1100', '1@1500', '2@1500']);
});

test('removed, it hands what waited for the rate to the line', () => {
  const pipeline = netem({ bandwidthKbps: 8 }).send(0).send(0).send(0);
  // From 1.5 s on packets take half a second each.
  const wire = { mtu: 65535, bandwidthKbps: 16, 'bandwidth.model': 'serialize' };
  pipeline.configureAt(1500 * MS, wire);
  assert.equal(times(pipeline.run().ends), ['0@1000', '1@2000', '2@2500']);
});

test('it takes over what waits for bandwidth, and refuses none of it', () => {
  const pipeline = new TestPipeline();
  pipeline.pipeline.configure({ mtu: 65535, bandwidthKbps: 8, 'bandwidth.model': 'serialize' });
  pipeline.send(0).send(0).send(0);
  const wanted = { latencyMs: 250, bandwidthKbps: 16, packetLossPercentage: 1, 'bandwidth.queuePackets': 1 };
  pipeline.configureAt(500 * MS, { mtu: 65535, netemCompat: true, ...wanted });
  // All three still wait: 500 + 250 ms of delay, then half a second each.
  assert.equal(times(pipeline.run().ends), ['0@1250', '1@1750', '2@2250']);
});

test('removed, it ends the waiting for slots', () => {
  const pipeline = netem({ 'bandwidth.slotMinMs': 50 })
    .send(MS)
    .send(2 * MS);
  assert.equal(times(pipeline.configureAt(10 * MS, null).run().ends), ['0@10', '1@10']);
  const changed = netem({ 'bandwidth.slotMinMs': 50 }).send(MS);
  changed.configureAt(10 * MS, { mtu: 65535, netemCompat: true });
  assert.equal(times(changed.run().ends), ['0@10']);
});

test('its limits and its backlog are reported, delayed packets with them', () => {
  const pipeline = netem({ latencyMs: 5, bandwidthKbps: 8001 });
  for (let seq = 0; seq < 3; seq++) pipeline.send(seq * MS, 1000);
  // Whole bytes a second.
  assert.equal(pipeline.pipeline.limits(), { rate: 8_001_000, queueBytes: Infinity, queuePackets: 1000 });
  assert.is(pipeline.run(2.5 * MS).pipeline.backlogBytes(), 3000);
  assert.is(pipeline.pipeline.takeBacklogPeak(), 3000);
  assert.is(pipeline.run().pipeline.backlogBytes(), 0);
});

test('what is due after the end of time stays', () => {
  const pipeline = netem({ bandwidthKbps: 0.008 }).send(0, 4_000_000);
  assert.is(pipeline.run().ends.length, 0);
  assert.is(pipeline.packets.live, 1);
});

test('fields that netem has no option for are refused with it', () => {
  const problems = (profile: Profile, given?: Profile) =>
    combinationProblems({ netemCompat: true, ...profile }, given).map(({ path }) => path);
  assert.equal(problems({ latencyMs: 3, 'bandwidth.queuePackets': 9, 'jitter.preserveOrder': false }), []);
  assert.equal(problems({ 'loss.model': 'burst', packetLossPercentage: 0.1, 'loss.meanBurst': 3 }), []);
  assert.equal(problems({ 'loss.model': 'nth', 'loss.every': 3 }).includes('loss.model'), true);
  assert.equal(problems({ 'corrupt.bits': 2, 'reorder.holdMs': 1 }), ['corrupt.bits', 'reorder.holdMs']);
  assert.equal(problems({ 'bandwidth.queueMs': 5, bandwidthKbps: 5 }), ['bandwidth.queueMs']);
  // What does nothing is nobody's wish; nor is what others left behind, unless netem comes now.
  assert.equal(problems({ 'corrupt.bits': 1, 'bandwidth.discipline': 'droptail' }), []);
  assert.equal(problems({ 'corrupt.bits': 2 }, { latencyMs: 1 }), []);
  assert.equal(problems({ 'corrupt.bits': 2 }, { netemCompat: true }), ['corrupt.bits']);
  assert.equal(combinationProblems({ 'corrupt.bits': 2 }), []);
});

test.run();
