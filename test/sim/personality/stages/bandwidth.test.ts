import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { TestPipeline } from '../../../support/pipeline.ts';
import { through } from '../../../support/world.ts';
import { Xoshiro } from '../../../support/xoshiro.ts';

const MS = 1_000_000;
/** 8 Mbit/s: a byte takes 1 us, a packet of 1,000 bytes 1 ms. */
const WIRE = { bandwidthKbps: 8000, 'bandwidth.model': 'serialize', 'bandwidth.queuePackets': 100 };
/** The same rate, and a bucket for one such packet. */
const BUCKET = {
  mtu: 1000,
  bandwidthKbps: 8000,
  'bandwidth.burstBytes': 1000,
  'bandwidth.queuePackets': 100,
};

const shapedTimes = (pipeline: TestPipeline): number[] =>
  pipeline.ends.filter((end) => end.fate === 'delivered').map((end) => end.shapedAt);

const queueOf = (profile: Profile): { bytes: number; packets: number } => {
  const { pipeline } = new TestPipeline();
  pipeline.configure(profile);
  const { queueBytes, queuePackets } = pipeline.line.bandwidth;
  return { bytes: queueBytes, packets: queuePackets };
};

test('the bucket starts full, then lets bytes through at its rate', async () => {
  assert.is(await through({ 0: BUCKET }, 'abc'), 'abc');
  assert.is(await through({ 0: { ...BUCKET, bandwidthKbps: 4000 } }, 'abc'), 'a-b-c');
  assert.is(
    await through({ 0: { ...BUCKET, bandwidthKbps: 4000, 'bandwidth.burstBytes': 3000 } }, 'abcdef'),
    'abcde-f',
  );
});

test('a wire takes size over rate for each packet, to the nearest nanosecond', async () => {
  assert.is(await through({ 0: WIRE }, 'a-b'), '-a-b');
  // 100 bytes at 333,333 kbit/s: 800 * 1e9 / 333,333,000 = 2400.0024 ns; at 999,999 kbit/s 800.0008; at 1,000,001 799.9992.
  for (const [kbps, each] of [
    [333_333, 2400],
    [999_999, 800],
    [1_000_001, 800],
    [400_000_000, 2],
    [320_000, 2500],
  ] as const) {
    const pipeline = new TestPipeline().configureAt(0, { ...WIRE, bandwidthKbps: kbps });
    for (let n = 0; n < 4; n++) pipeline.send(0, 100);
    assert.equal(shapedTimes(pipeline.run()), [each, 2 * each, 3 * each, 4 * each], `${kbps} kbit/s`);
  }
  // Half a nanosecond goes up: 25 bytes at 400 Gbit/s.
  assert.equal(
    shapedTimes(
      new TestPipeline()
        .configureAt(0, { ...WIRE, bandwidthKbps: 400e6 })
        .send(0, 25)
        .run(),
    ),
    [1],
  );
});

test('a bucket does not let rounding add up: 3 Gbit/s send 1,000 bytes every 2666 2/3 ns', () => {
  const pipeline = new TestPipeline().configureAt(0, { ...BUCKET, bandwidthKbps: 3_000_000 });
  for (let n = 0; n < 7; n++) pipeline.send(0, 1000);
  assert.equal(shapedTimes(pipeline.run()), [0, 2667, 5334, 8000, 10667, 13334, 16000]);
});

test('who finds the queue full is dropped; the packet on the wire does not wait', () => {
  const pipeline = new TestPipeline().configureAt(0, { ...WIRE, 'bandwidth.queuePackets': 2 });
  for (let n = 0; n < 5; n++) pipeline.send(0);
  assert.equal(pipeline.run().seqs(), [0, 1, 2]);
  assert.equal(pipeline.seqs('queue'), [3, 4]);
});

test('a packet offered just when another leaves the wire finds its place free', () => {
  const full = new TestPipeline()
    .configureAt(0, { ...WIRE, 'bandwidth.queuePackets': 1 })
    .send(0)
    .send(0);
  assert.equal(
    full
      .send(MS - 1)
      .send(MS)
      .run()
      .seqs('queue'),
    [2],
  );
});

test('a packet offered just when tokens suffice for another finds its place free', () => {
  const full = new TestPipeline()
    .configureAt(0, { ...BUCKET, 'bandwidth.queuePackets': 1 })
    .send(0)
    .send(0);
  assert.equal(
    full
      .send(MS - 1)
      .send(MS)
      .run()
      .seqs('queue'),
    [2],
  );
});

test('packets in the delay stage take no place in the queue', () => {
  const pipeline = new TestPipeline().configureAt(0, {
    ...WIRE,
    latencyMs: 1000,
    'bandwidth.queuePackets': 1,
  });
  for (let n = 0; n < 50; n++) pipeline.send(n * MS);
  assert.is(pipeline.run().seqs().length, 50);
});

test('queueBytes counts bytes, queueMs their time, and the strictest limit decides', () => {
  const sent = (limits: Profile): number => {
    const pipeline = new TestPipeline().configureAt(0, {
      bandwidthKbps: 8000,
      'bandwidth.model': 'serialize',
      ...limits,
    });
    for (let n = 0; n < 20; n++) pipeline.send(0);
    return pipeline.run().seqs().length;
  };
  assert.is(sent({ 'bandwidth.queueBytes': 0 }), 1);
  assert.is(sent({ 'bandwidth.queueBytes': 2999 }), 3);
  assert.is(sent({ 'bandwidth.queueBytes': 3000 }), 4);
  assert.is(sent({ 'bandwidth.queueMs': 5 }), 6);
  assert.is(sent({ 'bandwidth.queuePackets': 4, 'bandwidth.queueMs': 3, 'bandwidth.queueBytes': 10_000 }), 4);
});

test('the default queue is 1.5 x rate x max(100 ms, 2 x latency), never under 30 packets', () => {
  // 10 Mbit/s: 1.25 MB/s.
  assert.equal(queueOf({ bandwidthKbps: 10_000 }), { bytes: 187_500, packets: Infinity });
  assert.equal(queueOf({ bandwidthKbps: 10_000, latencyMs: 50 }), { bytes: 187_500, packets: Infinity });
  assert.equal(queueOf({ bandwidthKbps: 10_000, latencyMs: 200 }), { bytes: 750_000, packets: Infinity });
  assert.equal(queueOf({ bandwidthKbps: 64 }), { bytes: 45_000, packets: Infinity });
  assert.equal(queueOf({ bandwidthKbps: 64, mtu: 9000 }), { bytes: 270_000, packets: Infinity });
  assert.equal(queueOf({ bandwidthKbps: 64, 'bandwidth.queuePackets': 5 }), { bytes: Infinity, packets: 5 });
});

test('a lower rate slows those who wait, a higher one speeds them up', async () => {
  assert.is(await through({ 0: WIRE, 2: { bandwidthKbps: 4000 } }, 'abcd'), '-ab-c-d');
  assert.is(
    await through({ 0: { ...BUCKET, bandwidthKbps: 2000 }, 5: { bandwidthKbps: 8000 } }, 'abcd'),
    'a---bcd',
  );
});

test('a removed rate releases everybody at once and in order', async () => {
  const slow = { ...BUCKET, bandwidthKbps: 100 };
  const pipeline = new TestPipeline().configureAt(0, { ...slow, latencyMs: 40 });
  for (let n = 0; n < 5; n++) pipeline.send(n);
  pipeline
    .configureAt(50 * MS, null)
    .send(50 * MS)
    .run();
  assert.equal(pipeline.seqs(), [0, 1, 2, 3, 4, 5]);
  // The first had left the queue at once, and its delay was drawn; the others meet no delay any more.
  assert.equal(
    pipeline.ends.map((end) => end.at),
    [40 * MS, 50 * MS, 50 * MS, 50 * MS, 50 * MS, 50 * MS],
  );
});

test('no change of settings costs tokens: a ramp of the latency leaves a slow line as it was', () => {
  // 7 kbit/s earn 0.875 bytes a millisecond, and every millisecond something changes.
  const slow = { bandwidthKbps: 7, 'bandwidth.burstBytes': 100, 'bandwidth.queuePackets': 100 };
  const still = new TestPipeline().configureAt(0, slow);
  const ramped = new TestPipeline().configureAt(0, slow);
  for (let n = 0; n < 20; n++) {
    still.send(n * 50 * MS, 100);
    ramped.send(n * 50 * MS, 100);
  }
  for (let step = 1; step < 3000; step++) {
    ramped.configureAt(step * MS, {
      ...slow,
      latencyMs: step / 1000,
      'bandwidth.queuePackets': 100 + (step % 2),
    });
  }
  assert.equal(shapedTimes(ramped.run()), shapedTimes(still.run()));
});

test('nor does a change of the rate: what one rate has earned, another spends', () => {
  // 1,000 bytes: 500 us at 8 Mbit/s bring 500, the rest comes at 4 Mbit/s in 1 ms.
  const pipeline = new TestPipeline().configureAt(0, BUCKET).send(0).send(0);
  pipeline.configureAt(MS / 2, { ...BUCKET, bandwidthKbps: 4000 }).run();
  assert.equal(shapedTimes(pipeline), [0, 1.5 * MS]);
  // Back and forth every microsecond: 8 and 4 Mbit/s are 6 on average.
  const flicker = new TestPipeline().configureAt(0, BUCKET).send(0).send(0);
  for (let us = 1; us < 2000; us++)
    flicker.configureAt(us * 1000, { ...BUCKET, bandwidthKbps: us % 2 === 0 ? 8000 : 4000 });
  const [, second] = shapedTimes(flicker.run());
  assert.ok(Math.abs((second ?? 0) - (1000 * MS) / 750) <= 1000, `${second}`);
});

test('a packet longer than the bucket is deep waits for its whole length, and no change sends it back', () => {
  const tiny = { bandwidthKbps: 8000, 'bandwidth.burstBytes': 100, 'bandwidth.queuePackets': 10 };
  const pipeline = new TestPipeline().configureAt(0, tiny).send(0, 1000).send(0, 100);
  for (let us = 1; us < 900; us++) pipeline.configureAt(us * 1000, { ...tiny, latencyMs: us / 1e6 });
  assert.equal(shapedTimes(pipeline.run()), [0.9 * MS, MS]);
});

test('a new rate meets the packet that is on the wire only when it has left', async () => {
  assert.is(
    await through({ 0: { ...WIRE, bandwidthKbps: 2000 }, 1: { bandwidthKbps: 8000 } }, 'ab'),
    '----ab',
  );
});

test('the backlog is what waits: not what is on the wire, nor what is in the delay stage', () => {
  const pipeline = new TestPipeline().configureAt(0, { ...WIRE, latencyMs: 100 });
  const seen: number[] = [];
  for (let n = 0; n < 4; n++) pipeline.send(0);
  for (const time of [0.5, 1, 1.5, 2.5, 3.5, 50]) {
    pipeline.at(time * MS, () => seen.push(pipeline.pipeline.line.backlogBytes()));
  }
  pipeline.run();
  assert.equal(seen, [3000, 2000, 2000, 1000, 0, 0]);
  assert.is(pipeline.pipeline.line.takeBacklogPeak(), 3000);
  assert.is(pipeline.pipeline.line.takeBacklogPeak(), 0);
});

test('M/D/1: a packet waits rho / (2 mu (1 - rho)) on average', () => {
  const random = new Xoshiro(3);
  const COUNT = 200_000;
  // Deterministic service of 1 ms; Poisson arrivals.
  for (const rho of [0.3, 0.7]) {
    const pipeline = new TestPipeline();
    pipeline.pipeline.configure({ ...WIRE, 'bandwidth.queuePackets': 1e6 });
    let at = 0;
    for (let n = 0; n < COUNT; n++) {
      at += (random.exp() * MS) / rho;
      pipeline.send(Math.floor(at));
    }
    let waited = 0;
    for (const end of pipeline.run().ends) waited += end.at - end.sentAt - MS;
    const expected = (rho / (2 * (1 - rho))) * MS;
    assert.ok(
      Math.abs(waited / COUNT / expected - 1) < 0.03,
      `${waited / COUNT} ns instead of ${expected} at ${rho}`,
    );
  }
});

test('M/D/1/K: 12 Mbit/s offered to 10 Mbit/s with 100 waiting places lose 16.7 %', () => {
  const random = new Xoshiro(7);
  const COUNT = 200_000;
  const pipeline = new TestPipeline();
  pipeline.pipeline.configure({ ...WIRE, bandwidthKbps: 10_000, latencyMs: 20 });
  let at = 0;
  for (let n = 0; n < COUNT; n++) {
    at += Math.floor(((random.exp() * 8000) / 12e6) * 1e9 + 0.5);
    pipeline.send(at);
  }
  const blocked = pipeline.run().seqs('queue').length / COUNT;
  // With so many places it is 1 - 1/rho to within e^-37: 1/6. Losses come in bunches, so the deviation is not binomial.
  assert.ok(Math.abs(blocked - 1 / 6) < 0.005, `${blocked}`);
  assert.is(
    Math.max(...pipeline.ends.slice(-1000).map((end) => end.at - end.sentAt)) <= 101 * 800_000 + 20 * MS,
    true,
  );
});

test.run();
