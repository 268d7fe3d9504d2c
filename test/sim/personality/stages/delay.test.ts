import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TestPipeline } from '../../../support/pipeline.ts';
import { chiSquareTest, kolmogorovTest } from '../../../support/statistics.ts';
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
  const slow = { bandwidthKbps: 4000, 'bandwidth.burstBytes': 1000, 'bandwidth.queuePackets': 9 };
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
