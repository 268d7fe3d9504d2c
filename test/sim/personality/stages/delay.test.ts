import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { normalCdf, normalQuantile } from '../../../../engine/index.ts';
import { NO_DELAY } from '../../../../sim/personality/delays.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { jitterProblems } from '../../../../sim/personality/stages/delay.ts';
import { TestPipeline } from '../../../support/pipeline.ts';
import { binomialInterval, chiSquareTest, kolmogorovTest } from '../../../support/statistics.ts';
import { through } from '../../../support/world.ts';

const MS = 1_000_000;

test('latency moves everything by the same time', async () => {
  assert.is(await through({ 0: { latencyMs: 3 } }, 'ab--c'), '---ab--c');
});

test('a delay already drawn stays drawn, and nobody overtakes', async () => {
  assert.is(await through({ 0: { latencyMs: 3 }, 2: { latencyMs: 1 } }, 'a--b'), '---ab');
  assert.is(await through({ 0: { latencyMs: 5 }, 1: { latencyMs: 1 } }, 'ab'), '-----[ab]');
  assert.is(await through({ 0: { latencyMs: 1 }, 1: { latencyMs: 4 } }, 'ab'), '-a---b');
});

test('a new latency is for those who still wait for bandwidth', async () => {
  // 4 Mbit/s, 2 ms for each: a is out at 0, b at 2, c at 4 ms. At 3 ms the latency falls from 5 to 1 ms.
  const slow = { bandwidthKbps: 4000, 'bandwidth.burstBytes': 1000, 'bandwidth.queuePackets': 9, mtu: 1000 };
  assert.is(await through({ 0: { ...slow, latencyMs: 5 }, 3: { latencyMs: 1 } }, 'abc'), '-----a-[bc]');
  assert.is(await through({ 0: { ...slow, latencyMs: 1 }, 3: { latencyMs: 5 } }, 'abc'), '-a-b-----c');
});

test('who enters the delay stage at the instant of a change meets the new settings', () => {
  const slow = { bandwidthKbps: 8000, 'bandwidth.model': 'serialize', 'bandwidth.queuePackets': 9 };
  const pipeline = new TestPipeline()
    .configureAt(0, { ...slow, latencyMs: 10 })
    .send(0)
    .send(0);
  pipeline.configureAt(MS, { ...slow, latencyMs: 20 }).run();
  assert.equal(
    pipeline.ends.map((end) => end.at),
    [21 * MS, 22 * MS],
  );
});

test('fractions of a millisecond are rounded to nanoseconds', () => {
  const pipeline = new TestPipeline().configureAt(0, { latencyMs: 0.0000125 }).send(0).run();
  assert.is(pipeline.ends[0]?.at, 13);
});

test('jitter is uniform between -jitter and +jitter', () => {
  const COUNT = 100_000;
  const pipeline = new TestPipeline({ seed: 'jitter' });
  pipeline.pipeline.configure({ latencyMs: 20, jitterMs: 5 });
  // Far enough apart for order to ask nothing.
  for (let seq = 0; seq < COUNT; seq++) pipeline.send(seq * 10 * MS);
  const delays = pipeline.run().ends.map((end) => end.at - end.sentAt);
  assert.ok(Math.min(...delays.slice(0, 50_000)) >= 15 * MS);
  for (const delay of delays) assert.ok(delay >= 15 * MS && delay <= 25 * MS);
  assert.ok(kolmogorovTest(delays, (x) => Math.min(1, Math.max(0, (x - 15 * MS) / (10 * MS)))) > 1e-3);
  const cells = new Float64Array(100);
  for (const delay of delays) cells[Math.min(99, Math.floor((delay - 15 * MS) / (MS / 10)))]!++;
  assert.ok(chiSquareTest(cells, new Float64Array(100).fill(COUNT / 100)) > 1e-3);
});

/** Delays in multiples of the jitter, as offsets from the latency, of packets so far apart that order asks nothing. */
function variations(profile: Profile, count: number): number[] {
  const pipeline = new TestPipeline({ seed: 'variation' });
  pipeline.pipeline.configure({ latencyMs: 50, jitterMs: 10, ...profile });
  for (let seq = 0; seq < count; seq++) pipeline.send(seq * 200 * MS);
  return pipeline.run().ends.map((end) => (end.at - end.sentAt - 50 * MS) / (10 * MS));
}

// Shape 3, least value 1, moved and scaled as netem does it: x = 4/3 (y - 3/2) with the chance of more than y being y^-3.
const paretoCdf = (x: number): number => 1 - (0.75 * x + 1.5) ** -3;

for (const [distribution, cdf, clips] of [
  ['normal', normalCdf, [-4, 4]],
  ['pareto', paretoCdf, [-2 / 3, 4]],
] as const) {
  test(`${distribution}: its distribution function between the ends, and the rest at the ends`, () => {
    const samples = variations({ 'jitter.distribution': distribution }, 20_000);
    const [low, high] = clips;
    assert.ok(samples.every((x) => x >= low - 1e-6 && x <= high));
    const inside = samples.filter((x) => x < high);
    // The clipped ones are one cell of the table less than the closed form, at most.
    const { low: least, high: most } = binomialInterval(samples.length - inside.length, samples.length);
    assert.ok(least <= 1 - cdf(high) + 1 / 4096 && most >= 1 - cdf(high) - 1 / 4096);
    assert.ok(kolmogorovTest(inside, (x) => Math.max(0, cdf(x) / cdf(high))) > 1e-3);
  });
}

test('paretonormal: a quarter of the normal and three of the Pareto value at the same probability', () => {
  const samples = variations({ 'jitter.distribution': 'paretonormal' }, 20_000);
  const quantile = (u: number): number =>
    0.25 * Math.min(4, normalQuantile(u)) + 0.75 * Math.min(4, (4 / 3) * ((1 - u) ** (-1 / 3) - 1.5));
  const cdf = (x: number): number => {
    let [low, high] = [1e-9, 1 - 1e-12];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (quantile(middle) < x) low = middle;
      else high = middle;
    }
    return low;
  };
  assert.ok(kolmogorovTest(samples, cdf) > 1e-3);
});

test('a table: straight lines between quantiles, in multiples of the jitter', () => {
  const samples = variations({ 'jitter.distribution': 'table', 'jitter.table': [-2, 0, 0.5, 4] }, 20_000);
  const cdf = (x: number): number =>
    x < 0 ? (x + 2) / 6 : x < 0.5 ? (1 + x / 0.5) / 3 : (2 + (x - 0.5) / 3.5) / 3;
  assert.ok(kolmogorovTest(samples, cdf) > 1e-3);
});

test('another distribution, another scale: the same packets are early and late', () => {
  const ranks = (profile: Profile): number[] => {
    const samples = variations(profile, 500);
    return samples.map((_, i) => i).sort((a, b) => samples[a]! - samples[b]! || a - b);
  };
  const uniform = ranks({});
  assert.equal(ranks({ 'jitter.distribution': 'normal' }), uniform);
  assert.equal(ranks({ 'jitter.distribution': 'table', 'jitter.table': [-1, 0, 3] }), uniform);
  assert.equal(ranks({ latencyMs: 90, jitterMs: 20 }), uniform);
});

test('correlated jitter keeps its distribution, and resembles the packet before', () => {
  const COUNT = 40_000;
  for (const [distribution, cdf] of [
    ['uniform', (x: number): number => (x + 1) / 2],
    ['normal', normalCdf],
  ] as const) {
    const samples = variations({ 'jitter.correlation': 0.6, 'jitter.distribution': distribution }, COUNT);
    // 0.6^40 is 1e-9: so far apart they are independent.
    assert.ok(
      kolmogorovTest(
        samples.filter((_, i) => i % 40 === 0),
        cdf,
      ) > 1e-3,
    );
    const mean = samples.reduce((sum, x) => sum + x, 0) / COUNT;
    const moment = (lag: number): number =>
      samples.slice(lag).reduce((sum, x, i) => sum + (x - mean) * (samples[i]! - mean), 0) / (COUNT - lag);
    // The copula's: 6/pi asin(r/2) of a uniform variable, r of a normal one.
    const expected = distribution === 'uniform' ? (6 / Math.PI) * Math.asin(0.3) : 0.6;
    // Bartlett: about sqrt(1/n) times at most 1; six of them.
    assert.ok(Math.abs(moment(1) / moment(0) - expected) < 0.03, `${moment(1) / moment(0)}`);
  }
});

test('what is correlated is the packets that are delayed: a look ahead at those who wait for bandwidth changes nothing', () => {
  // 1 Mbit/s: 8 ms a packet. All come at once and wait; at every change their delays are told anew.
  const slow = { bandwidthKbps: 1000, 'bandwidth.model': 'serialize', 'bandwidth.queuePackets': 99 };
  const jitter = { latencyMs: 50, jitterMs: 3, 'jitter.correlation': 0.8, mtu: 1500 };
  const delays = (changes: number): number[] => {
    const pipeline = new TestPipeline().configureAt(0, { ...slow, ...jitter });
    for (let seq = 0; seq < 40; seq++) pipeline.send(0);
    for (let change = 1; change <= changes; change++) {
      pipeline.configureAt(change * 13 * MS, {
        ...slow,
        ...jitter,
        mtu: 1500 + change,
        latencyMs: 50 + (change % 2),
      });
      pipeline.configureAt(change * 13 * MS + 1, { ...slow, ...jitter, mtu: 1500 + change });
    }
    return pipeline.run().ends.map((end) => end.at - end.shapedAt);
  };
  assert.equal(delays(20), delays(0));
});

test('clamped: as many as lie below 0, for each distribution in closed form', () => {
  const COUNT = 20_000;
  const [latencyMs, jitterMs] = [2, 6];
  const below = -latencyMs / jitterMs;
  for (const [distribution, chance] of [
    ['uniform', (below + 1) / 2],
    ['normal', normalCdf(below)],
    ['pareto', paretoCdf(below)],
  ] as const) {
    const pipeline = new TestPipeline({ seed: distribution });
    pipeline.pipeline.configure({ latencyMs, jitterMs, 'jitter.distribution': distribution });
    for (let seq = 0; seq < COUNT; seq++) pipeline.send(seq * 100 * MS);
    const clamped = pipeline.run().ends.filter((end) => end.clamped);
    const { low, high } = binomialInterval(clamped.length, COUNT);
    assert.ok(
      low <= chance && chance <= high,
      `${distribution}: ${clamped.length}, expected ${chance * COUNT}`,
    );
    for (const end of clamped) assert.is(end.at, end.sentAt);
  }
});

test('who was to be clamped and then comes at a time without jitter is not', () => {
  const wire = { bandwidthKbps: 1000, 'bandwidth.model': 'serialize', 'bandwidth.queuePackets': 99 };
  const pipeline = new TestPipeline().configureAt(0, { ...wire, jitterMs: 5 });
  for (let seq = 0; seq < 20; seq++) pipeline.send(0);
  const { line } = pipeline.pipeline;
  pipeline.at(MS, () => {
    const backlog = line.evict();
    line.configureDelay(NO_DELAY);
    line.adopt(backlog);
  });
  assert.ok(pipeline.run().ends.every((end) => !end.clamped));
});

test('a distribution that is a table needs one, and the other way round', () => {
  const table = { 'jitter.table': [-1, 1] };
  const isTable = { 'jitter.distribution': 'table' };
  assert.equal(jitterProblems({ ...table, ...isTable }, {}), []);
  assert.equal(
    jitterProblems(isTable, {}).map(({ path }) => path),
    ['jitter.distribution'],
  );
  assert.equal(
    jitterProblems(table, table).map(({ path }) => path),
    ['jitter.table'],
  );
  assert.equal(jitterProblems({ ...table, 'jitter.distribution': 'normal' }, {}), []);
});

test('a sum below 0 is delivered at once, and counted', () => {
  const COUNT = 20_000;
  const pipeline = new TestPipeline({ seed: 'clamped' });
  pipeline.pipeline.configure({ latencyMs: 1, jitterMs: 4 });
  for (let seq = 0; seq < COUNT; seq++) pipeline.send(seq * 10 * MS);
  const { ends } = pipeline.run();
  // Uniform between -3 and 5 ms: three eighths are below 0. Give 6 standard deviations of sqrt(3/8 5/8 / 20000) = 0.0034.
  const clamped = ends.filter((end) => end.clamped);
  assert.ok(Math.abs(clamped.length / COUNT - 3 / 8) < 0.021, `${clamped.length}`);
  for (const end of clamped) assert.is(end.at, end.sentAt);
  assert.ok(ends.every((end) => end.at >= end.sentAt));
});

test('jitter keeps the order of the packets', () => {
  const pipeline = new TestPipeline({ seed: 'order' });
  pipeline.pipeline.configure({ latencyMs: 10, jitterMs: 10 });
  for (let seq = 0; seq < 5000; seq++) pipeline.send(seq * 100_000);
  const order = pipeline.run().seqs();
  assert.equal(
    order,
    Array.from({ length: 5000 }, (_, seq) => seq),
  );
  // Who had to wait for the one before it comes at the same instant.
  const { ends } = pipeline;
  assert.ok(ends.some((end, i) => i > 0 && end.at === ends[i - 1]!.at));
});

test('removed, it holds nobody who comes afterwards, but they stay behind who went before', async () => {
  assert.is(await through({ 0: { latencyMs: 4 }, 1: { latencyMs: 0 } }, 'a-b---c'), '----[ab]-c');
});

test.run();
