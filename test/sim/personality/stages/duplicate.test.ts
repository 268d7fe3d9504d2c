import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TestPipeline } from '../../../support/pipeline.ts';
import { binomialInterval } from '../../../support/statistics.ts';
import { through } from '../../../support/world.ts';

test('a copy comes with its original, and is never duplicated again', async () => {
  assert.is(await through({ 0: { duplicatePacketPercentage: 1, latencyMs: 2 } }, 'a-b'), '--[aa]-[bb]');
});

test('the copy follows its original, says whose copy it is, and both are twins', () => {
  const pipeline = new TestPipeline().configureAt(0, { duplicatePacketPercentage: 1 }).send(5).run();
  const [original, copy] = pipeline.ends;
  assert.is(pipeline.ends.length, 2);
  assert.is(original?.copyOf, 0);
  assert.is(original?.origin, 'sent');
  assert.is(copy?.copyOf, original?.id);
  assert.is(copy?.origin, 'copy');
  assert.ok(original?.twin && copy?.twin);
});

test('a copy takes its own time on the wire and its own place in the queue', () => {
  // 1,000 bytes at 8 Mbit/s: 1 ms each. Of three packets and three copies one is sent, two wait.
  const pipeline = new TestPipeline()
    .configureAt(0, {
      duplicatePacketPercentage: 1,
      bandwidthKbps: 8000,
      'bandwidth.model': 'serialize',
      'bandwidth.queuePackets': 2,
    })
    .send(0)
    .send(0)
    .send(0)
    .run();
  const delivered = pipeline.ends.filter((end) => end.fate === 'delivered');
  assert.equal(
    delivered.map(({ seq, origin, at }) => [seq, origin, at]),
    [
      [0, 'sent', 1e6],
      [0, 'copy', 2e6],
      [1, 'sent', 3e6],
    ],
  );
  assert.equal(
    pipeline.ends.filter((end) => end.fate === 'queue').map(({ seq, origin }) => [seq, origin]),
    [
      [1, 'copy'],
      [2, 'sent'],
      [2, 'copy'],
    ],
  );
});

test('each fragment is duplicated or not on its own', () => {
  const pipeline = new TestPipeline({ seed: 'fragments' }).configureAt(0, {
    mtu: 576,
    duplicatePacketPercentage: 0.5,
  });
  for (let seq = 0; seq < 1000; seq++) pipeline.send(seq, 1500);
  pipeline.run();
  const copies = pipeline.ends.filter((end) => end.origin === 'copy');
  const { low, high } = binomialInterval(copies.length, 3000);
  assert.ok(low <= 0.5 && 0.5 <= high, `${copies.length} copies of 3000 fragments`);
  const fragments = new Map(
    pipeline.ends.filter((end) => end.origin === 'fragment').map((end) => [end.id, end]),
  );
  for (const copy of copies) {
    const original = fragments.get(copy.copyOf);
    assert.is(original?.offset, copy.offset);
    assert.is(original?.fragmentOf, copy.fragmentOf);
  }
});

test('with loss p and duplication d a packet is delivered (1 - p)(1 + d) times on average', () => {
  const COUNT = 200_000;
  const [p, d] = [0.05, 0.2];
  const pipeline = new TestPipeline({ seed: 'both' });
  pipeline.pipeline.configure({ packetLossPercentage: p, duplicatePacketPercentage: d });
  for (let seq = 0; seq < COUNT; seq++) pipeline.send(seq);
  pipeline.run();
  const copies = pipeline.ends.filter((end) => end.origin === 'copy').length;
  const survivors = pipeline.seqs().length - copies;
  // Deliveries are survivors and their copies: two binomial counts, each in its own exact interval.
  const kept = binomialInterval(survivors, COUNT);
  const doubled = binomialInterval(copies, survivors);
  assert.ok(kept.low <= 1 - p && 1 - p <= kept.high, `${survivors} survivors`);
  assert.ok(doubled.low <= d && d <= doubled.high, `${copies} copies`);
  const mean = pipeline.seqs().length / COUNT;
  assert.ok(Math.abs(mean - (1 - p) * (1 + d)) < 0.01, `${mean} deliveries a packet`);
});

test('correlation keeps the share of copies and makes runs', () => {
  const COUNT = 200_000;
  const r = 0.5;
  for (const d of [0.1, 0.5]) {
    const pipeline = new TestPipeline({ seed: 'runs' });
    pipeline.pipeline.configure({ duplicatePacketPercentage: d, 'duplicate.correlation': r });
    for (let seq = 0; seq < COUNT; seq++) pipeline.send(seq);
    const doubled = new Set(
      pipeline.run().ends.flatMap(({ origin, seq }) => (origin === 'copy' ? [seq] : [])),
    );
    // Packets so far apart have 0.5^40 in common.
    const some = Array.from({ length: COUNT / 40 }, (_, n) => n * 40);
    const hits = some.filter((seq) => doubled.has(seq)).length;
    const share = binomialInterval(hits, some.length);
    assert.ok(share.low <= d && d <= share.high, `${hits} of ${some.length} at ${d}`);
    if (d !== 0.5) continue;
    // Both of two neighbours: 1/4 + asin(r)/2 pi (Sheppard, 1899).
    const pairs = some.filter((seq) => doubled.has(seq) && doubled.has(seq + 1)).length;
    const both = binomialInterval(pairs, some.length);
    assert.ok(both.low <= 1 / 3 && 1 / 3 <= both.high, `${pairs} pairs of ${some.length}`);
  }
});

test('with correlation, too, a higher probability doubles the same packets and more', () => {
  const doubledAt = (d: number): Set<number> => {
    const pipeline = new TestPipeline({ seed: 'more' });
    pipeline.pipeline.configure({ duplicatePacketPercentage: d, 'duplicate.correlation': 0.9 });
    for (let seq = 0; seq < 5000; seq++) pipeline.send(seq);
    return new Set(pipeline.run().ends.flatMap(({ origin, seq }) => (origin === 'copy' ? [seq] : [])));
  };
  const [less, more] = [doubledAt(0.2), doubledAt(0.3)];
  assert.ok(less.size < more.size);
  for (const seq of less) assert.ok(more.has(seq));
});

test('the correlation of all draws with each other: one packet tells of all', () => {
  const pipeline = new TestPipeline().configureAt(0, {
    duplicatePacketPercentage: 0.5,
    'duplicate.correlation': 1,
  });
  for (let seq = 0; seq < 100; seq++) pipeline.send(seq);
  const copies = pipeline.run().ends.filter(({ origin }) => origin === 'copy').length;
  assert.ok(copies === 0 || copies === 100);
});

test.run();
