import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomSource } from '../../../../engine/index.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { TestPipeline } from '../../../support/pipeline.ts';

const MS = 1_000_000;
const US = 1000;
/** 8 Mbit/s: a byte takes 1 us. */
const BUCKET = { mtu: 1000, bandwidthKbps: 8000, 'bandwidth.queuePackets': 100 };
const WIRE = { ...BUCKET, 'bandwidth.model': 'serialize' };
const ATM = { 'bandwidth.cellBytes': 48, 'bandwidth.cellOverheadBytes': 5 };

/** When each packet left, in us. */
const leftAt = (pipeline: TestPipeline): number[] =>
  pipeline.ends.filter((end) => end.fate === 'delivered').map((end) => end.shapedAt / US);

/** So many packets at once, at 0. */
function burst(profile: Profile, count: number, size = 1000): TestPipeline {
  const pipeline = new TestPipeline().configureAt(0, profile);
  for (let n = 0; n < count; n++) pipeline.send(0, size);
  return pipeline;
}

const limitsOf = (profile: Profile) => {
  const { pipeline } = new TestPipeline();
  pipeline.configure(profile);
  return pipeline.limits();
};

test('a peak rate spaces the packets of a burst, until the burst is spent', () => {
  // 4,000 bytes at 16 Mbit/s: one every 500 us. The fourth needs all of them, the fifth 1,000 more, less what 2 ms have brought.
  const peak = { ...BUCKET, 'bandwidth.burstBytes': 4000, 'bandwidth.peakKbps': 16_000 };
  assert.equal(leftAt(burst({ ...peak, bandwidthKbps: 800 }, 6).run()), [0, 500, 1000, 1500, 10_000, 20_000]);
  assert.equal(leftAt(burst(peak, 9).run()), [0, 500, 1000, 1500, 2000, 2500, 3000, 4000, 5000]);
});

test('overhead is sent with each packet, on a wire and for tokens', () => {
  assert.equal(leftAt(burst({ ...WIRE, 'bandwidth.overheadBytes': 38 }, 3).run()), [1038, 2076, 3114]);
  assert.equal(leftAt(burst({ ...WIRE, 'bandwidth.overheadBytes': -200 }, 3).run()), [800, 1600, 2400]);
  // The bucket holds one MTU as the link counts it.
  assert.equal(leftAt(burst({ ...BUCKET, 'bandwidth.overheadBytes': 38 }, 3).run()), [0, 1038, 2076]);
});

test('ATM: 50 bytes take the time of 106', () => {
  assert.equal(leftAt(burst({ ...WIRE, ...ATM }, 3, 50).run()), [106, 212, 318]);
  assert.equal(leftAt(burst({ ...WIRE, ...ATM, 'bandwidth.overheadBytes': 8 }, 2, 40).run()), [53, 106]);
});

test('limits and the backlog are of IP packets, whatever the link adds', () => {
  const pipeline = burst({ ...WIRE, ...ATM, 'bandwidth.queuePackets': 3 }, 6, 50);
  const seen: number[] = [];
  pipeline.at(100 * US, () => seen.push(pipeline.pipeline.backlogBytes()));
  pipeline.run();
  assert.equal(pipeline.seqs('queue'), [4, 5]);
  assert.equal(seen, [150]);
  assert.is(pipeline.pipeline.takeBacklogPeak(), 150);
  assert.is(pipeline.pipeline.takeBacklogPeak(), 0);
});

test('who can leave at once does not wait, even where nobody may wait', () => {
  for (const limit of [{ 'bandwidth.queuePackets': 0 }, { 'bandwidth.queueBytes': 10 }]) {
    const { 'bandwidth.queuePackets': _, ...link } = BUCKET;
    for (const model of ['tokenBucket', 'serialize']) {
      const pipeline = burst({ ...link, ...limit, 'bandwidth.model': model, 'bandwidth.cellBytes': 1 }, 2);
      pipeline
        .send(1000 * US - 1)
        .send(1000 * US)
        .run();
      assert.equal(pipeline.seqs(), [0, 3], model);
      assert.equal(pipeline.seqs('queue'), [1, 2], model);
    }
  }
});

test('that holds for disciplines that want to see every packet, too', () => {
  for (const discipline of ['red', 'ared', 'codel', 'pie']) {
    for (const limit of [{ 'bandwidth.queuePackets': 0 }, { 'bandwidth.queueBytes': 10 }]) {
      const { 'bandwidth.queuePackets': _, ...link } = BUCKET;
      const pipeline = burst({ ...link, ...limit, 'bandwidth.discipline': discipline }, 2);
      pipeline
        .send(1000 * US - 1)
        .send(1000 * US)
        .run();
      assert.equal(pipeline.seqs(), [0, 3], discipline);
      assert.equal(pipeline.seqs('queue'), [1, 2], discipline);
    }
  }
});

test("RED's average goes down with everybody who finds the queue empty, also who leaves at once", () => {
  // 1 byte a ms; small packets of 500 bytes do not come to one in the times between. Nobody is dropped below an average of 2.2.
  const pipeline = new TestPipeline().configureAt(0, {
    bandwidthKbps: 8,
    'bandwidth.burstBytes': 10_000,
    'bandwidth.queuePackets': 100,
    'bandwidth.discipline': 'red',
    'bandwidth.redMin': 2.2,
    'bandwidth.redMax': 2.2,
    'bandwidth.redGentle': false,
    'bandwidth.redWeight': 0.5,
  });
  // Ten spend the tokens. Four wait and find 0, 1, 2, 3: averages 0, 0.5, 1.25, 2.125; the last leaves at 80 ms.
  for (let n = 0; n < 10; n++) pipeline.send(0);
  for (let n = 0; n < 4; n++) pipeline.send(0, 20);
  // Two leave at once: 1.06, 0.53. Then 0.27, 0.63, 1.32, 2.16, and who finds 4: 3.08.
  for (let n = 0; n < 7; n++) pipeline.send(120 * MS, 20);
  pipeline.run();
  assert.equal(pipeline.seqs('queue'), [20]);
});

test('the default queue is that of the line; a trace and full slots count with their average', () => {
  assert.equal(limitsOf({ bandwidthKbps: 10_000, 'bandwidth.overheadBytes': 38 }), {
    rate: 10_000_000,
    queueBytes: 187_500,
    queuePackets: Infinity,
  });
  assert.equal(limitsOf({ 'bandwidth.trace': [1] }), {
    rate: 12_000_000,
    queueBytes: 225_000,
    queuePackets: Infinity,
  });
  // 3 packets every 10 ms on average: 3.6 Mbit/s.
  const slots = { 'bandwidth.slotMinMs': 5, 'bandwidth.slotMaxMs': 15, 'bandwidth.slotPackets': 3 };
  assert.equal(limitsOf(slots), { rate: 3_600_000, queueBytes: 67_500, queuePackets: Infinity });
  assert.equal(limitsOf({ ...slots, 'bandwidth.slotPackets': 0 }), {
    rate: 0,
    queueBytes: Infinity,
    queuePackets: Infinity,
  });
  assert.equal(limitsOf({ bandwidthKbps: 8000, 'bandwidth.ecn': true, 'bandwidth.queueMs': 20 }), {
    rate: 8_000_000,
    queueBytes: 20_000,
    queuePackets: Infinity,
  });
});

// Slots.

const SLOTS = { 'bandwidth.slotMinMs': 10, mtu: 65535 };

test('a slot comes so long after somebody waits for it, and takes everybody along', () => {
  const pipeline = new TestPipeline().configureAt(0, SLOTS);
  for (const ms of [3, 4, 12.9, 13, 14, 40]) pipeline.send(ms * MS);
  // The one that comes at the instant of a slot is too late for it.
  assert.equal(leftAt(pipeline.run()), [13_000, 13_000, 13_000, 23_000, 23_000, 50_000]);
});

test('a slot carries its packets, or the bytes that its last packet reaches', () => {
  assert.equal(
    leftAt(burst({ ...SLOTS, 'bandwidth.slotPackets': 2 }, 5).run()),
    [10_000, 10_000, 20_000, 20_000, 30_000],
  );
  assert.equal(
    leftAt(burst({ ...SLOTS, 'bandwidth.slotBytes': 1001 }, 5).run()),
    [10_000, 10_000, 20_000, 20_000, 30_000],
  );
  assert.equal(leftAt(burst({ ...SLOTS, 'bandwidth.slotBytes': 1000 }, 3).run()), [10_000, 20_000, 30_000]);
  // Bytes on the link: 50 are 106.
  assert.equal(
    leftAt(burst({ ...SLOTS, ...ATM, 'bandwidth.slotBytes': 107 }, 3, 50).run()),
    [10_000, 10_000, 20_000],
  );
});

test('with a rate the stricter of both decides: tokens of the time until the slot, and no more', () => {
  // 8 Mbit/s bring 10,000 bytes until each slot.
  const { mtu: _, ...rate } = BUCKET;
  const both = { ...SLOTS, ...rate, 'bandwidth.burstBytes': 10_000 };
  assert.equal(
    leftAt(burst(both, 25).run()),
    Array.from({ length: 25 }, (_, n) => 10_000 * (1 + Math.floor(n / 10))),
  );
  assert.equal(
    leftAt(burst({ ...both, 'bandwidth.slotPackets': 4 }, 9).run()),
    [10, 10, 10, 10, 20, 20, 20, 20, 30].map((ms) => ms * 1000),
  );
  // A slot waits for tokens, too: 3,000 bytes and none left, then 1,000 every ms, the next slot when the one before is over.
  assert.equal(
    leftAt(
      burst(
        { ...both, 'bandwidth.burstBytes': 3000, 'bandwidth.slotMinMs': 0.5, bandwidthKbps: 8000 },
        6,
      ).run(),
    ),
    [500, 500, 500, 1500, 2500, 3500],
  );
});

test('without a word about the burst, slots do not make a rate slower', () => {
  const { mtu: _, ...rate } = BUCKET;
  const left = leftAt(burst({ ...SLOTS, ...rate, 'bandwidth.queuePackets': 1000, mtu: 1000 }, 100).run());
  assert.is(left.at(-1), 100_000);
});

test('a wire in slots sends packet after packet, and seeks the next slot after the last one', () => {
  assert.equal(
    leftAt(burst({ ...WIRE, 'bandwidth.slotMinMs': 10, 'bandwidth.slotPackets': 2 }, 5).run()),
    [11_000, 12_000, 23_000, 24_000, 35_000],
  );
});

test('slots of random length take the draw of the packet that has waited longest', () => {
  const stream = new RandomSource('seed').stream('vm/queue');
  const draws = Array.from({ length: 12 }, () => stream.uniform());
  const slots = { 'bandwidth.slotMinMs': 2, 'bandwidth.slotMaxMs': 12, 'bandwidth.slotPackets': 2 };
  let at = 0;
  const expected = [0, 2, 4].flatMap((first) => {
    // Two draws a packet, of which the first is for slots.
    at += 2 * MS + Math.floor(draws[2 * first]! * 10 * MS + 0.5);
    return [at / US, at / US];
  });
  assert.equal(leftAt(burst(slots, 6).run()), expected);
});

test('the draws of packets that are dropped at the head go with them', () => {
  const stream = new RandomSource('seed').stream('vm/queue');
  const draws = Array.from({ length: 8 }, () => stream.uniform());
  const wait = (packet: number): number => 2 * MS + Math.floor(draws[2 * packet]! * 10 * MS + 0.5);
  const slots = { 'bandwidth.slotMinMs': 2, 'bandwidth.slotMaxMs': 12, 'bandwidth.slotPackets': 1 };
  const pipeline = burst({ ...slots, 'bandwidth.discipline': 'drophead', 'bandwidth.queuePackets': 2 }, 4);
  // The slot that the first one sought comes all the same; then the last one seeks its own.
  assert.equal(leftAt(pipeline.run()), [wait(0) / US, (wait(0) + wait(3)) / US]);
  assert.equal(pipeline.seqs('queue'), [0, 1]);
});

test('who waited elsewhere seeks a slot of mean length', () => {
  const pipeline = burst(BUCKET, 3).configureAt(500 * US, {
    'bandwidth.slotMinMs': 2,
    'bandwidth.slotMaxMs': 12,
    'bandwidth.slotPackets': 1,
  });
  assert.equal(leftAt(pipeline.run()), [0, 7500, 14_500]);
});

test('slots before a wire that go leave the wire idle', () => {
  const pipeline = burst({ ...WIRE, 'bandwidth.slotMinMs': 10, 'bandwidth.slotPackets': 1 }, 3);
  // The first is sent from 10 ms on; the second waits for its slot when there are none any more.
  pipeline.configureAt(15 * MS, WIRE);
  assert.equal(leftAt(pipeline.run()), [11_000, 16_000, 17_000]);
});

test('a slot on its way still comes when it would have come; without slots nobody waits for one', () => {
  const pipeline = burst({ ...SLOTS, 'bandwidth.slotPackets': 1 }, 3);
  pipeline.configureAt(4 * MS, { ...SLOTS, 'bandwidth.slotMinMs': 3, 'bandwidth.slotPackets': 1 });
  assert.equal(leftAt(pipeline.run()), [10_000, 13_000, 16_000]);
  assert.equal(
    leftAt(
      burst(SLOTS, 2)
        .configureAt(4 * MS, { latencyMs: 1 })
        .run(),
    ),
    [4000, 4000],
  );
});

// Traces.

test('a trace with just a 1 carries 12 Mbit/s', () => {
  const left = leftAt(burst({ 'bandwidth.trace': [1], 'bandwidth.queueBytes': 1e9 }, 1000, 1500).run());
  assert.equal(
    left,
    Array.from({ length: 1000 }, (_, n) => (n + 1) * 1000),
  );
});

test('packets may span opportunities, and share them', () => {
  const trace = { 'bandwidth.trace': [2, 5, 5, 9], mtu: 65535 };
  // 1,000 + 500 | 500 + 1,000 | 1,000 + 500 | 500 + 1,000.
  assert.equal(leftAt(burst(trace, 6).run()), [2000, 5000, 5000, 5000, 9000, 9000]);
  assert.equal(leftAt(burst(trace, 2, 3001).run()), [5000, 11_000]);
  assert.equal(leftAt(burst(trace, 31, 100).run()), [
    ...new Array<number>(15).fill(2000),
    ...new Array<number>(16).fill(5000),
  ]);
});

test('the trace begins when it comes into force and repeats from its last number on', () => {
  const trace = { 'bandwidth.trace': [0, 3, 7] };
  const pipeline = new TestPipeline().configureAt(500 * US, trace);
  for (let n = 0; n < 8; n++) pipeline.send(500 * US, 1500);
  // At 0.5 ms it is too late for the one at 0. After 7 comes 7 + 0.
  assert.equal(leftAt(pipeline.run()), [3500, 7500, 7500, 10_500, 14_500, 14_500, 17_500, 21_500]);
});

test('what nobody waits for is lost, and who comes at the instant of an opportunity has missed it', () => {
  const trace = { 'bandwidth.trace': [1, 2, 3, 10] };
  const pipeline = new TestPipeline().configureAt(0, trace);
  for (const ms of [2, 2.5, 3, 10, 10_005]) pipeline.send(ms * MS, 1500);
  assert.equal(leftAt(pipeline.run()), [3000, 10_000, 11_000, 12_000, 10_010_000]);
});

test('a trace goes on while other fields change; another trace carries what is left of the packet under way', () => {
  const trace = { 'bandwidth.trace': [1, 4], mtu: 65535 };
  const still = burst(trace, 2, 2250).configureAt(2 * MS, { ...trace, latencyMs: 3 });
  assert.equal(leftAt(still.run()), [4000, 4000 + 1000]);
  // 1,500 of 2,250 bytes at 1 ms; of the other trace, at 2 + 5 ms, the last 750 and 750 of the second packet.
  const other = burst(trace, 2, 2250).configureAt(2 * MS, { ...trace, 'bandwidth.trace': [5, 6] });
  assert.equal(leftAt(other.run()), [7000, 8000]);
});

// Changes in mid-flight.

test('a lower rate slows those who wait, tokens stay, and what is on the wire stays there', () => {
  const slower = burst({ ...BUCKET, 'bandwidth.cellBytes': 1 }, 3);
  // 500 of 1,000 bytes have come in, the others take twice as long.
  slower.configureAt(500 * US, { ...BUCKET, 'bandwidth.cellBytes': 1, bandwidthKbps: 4000 });
  assert.equal(leftAt(slower.run()), [0, 1500, 3500]);
  const wire = burst({ ...WIRE, 'bandwidth.cellBytes': 1 }, 3);
  wire.configureAt(500 * US, { ...WIRE, 'bandwidth.cellBytes': 1, bandwidthKbps: 4000 });
  assert.equal(leftAt(wire.run()), [1000, 3000, 5000]);
});

test('a removed personality releases everybody at once and in order', () => {
  for (const profile of [
    { ...WIRE, ...ATM },
    { 'bandwidth.trace': [90] },
    SLOTS,
    { ...BUCKET, ...ATM, 'bandwidth.burstBytes': 68 },
  ]) {
    const pipeline = burst({ ...profile, mtu: 65535, bandwidthKbps: 8 }, 4).configureAt(MS, null);
    assert.equal(leftAt(pipeline.run()).slice(1), [1000, 1000, 1000]);
    assert.equal(pipeline.seqs(), [0, 1, 2, 3]);
  }
});

test('who was held before the queue does not overtake those in it when both are let go', () => {
  const held = { bandwidthKbps: 8, 'outage.holdEvery': 1, 'outage.holdFor': 1000 };
  const settings = [{}, ATM].flatMap((from) =>
    [null, { bandwidthKbps: 8000 }, { bandwidthKbps: 8000, ...ATM }].map((to) => [from, to] as const),
  );
  for (const [from, to] of settings) {
    const pipeline = burst({ ...held, ...from }, 4).send(2 * MS);
    assert.equal(
      pipeline
        .configureAt(5 * MS, to)
        .run()
        .seqs(),
      [0, 1, 2, 3, 4],
    );
  }
});

test('a wire that becomes a bucket lets the packet under way wait again, first', () => {
  const pipeline = burst({ ...WIRE, ...ATM, 'bandwidth.cellOverheadBytes': 0 }, 3, 960);
  pipeline.configureAt(500 * US, { ...BUCKET, ...ATM, 'bandwidth.cellOverheadBytes': 0, mtu: 960 });
  assert.equal(leftAt(pipeline.run()), [500, 1460, 2420]);
  assert.equal(pipeline.seqs(), [0, 1, 2]);
});

test('who waits goes on waiting when the discipline changes, and nobody is refused for it', () => {
  const names = ['drophead', 'red', 'ared', 'codel', 'fqCodel', 'pie', 'prio', 'drr', 'droptail'];
  const with_ = (name: string): Profile => ({
    ...WIRE,
    'bandwidth.cellBytes': 1,
    'bandwidth.discipline': name,
    'bandwidth.queuePackets': 5,
  });
  const pipeline = burst({ ...with_('droptail'), 'bandwidth.queuePackets': 30 }, 20);
  names.forEach((name, n) => {
    pipeline.configureAt((n + 0.5) * MS, with_(name));
  });
  pipeline.run();
  assert.equal(
    pipeline.seqs(),
    Array.from({ length: 20 }, (_, n) => n),
  );
  assert.equal(
    leftAt(pipeline),
    Array.from({ length: 20 }, (_, n) => (n + 1) * 1000),
  );
});

test('CoDel may take out a longer packet than the one it announced: it waits for its own tokens', () => {
  // 100 bytes are announced and dropped, 1,000 come out. 80 kbit/s: 100 ms for 1,000 bytes.
  const pipeline = new TestPipeline().configureAt(0, {
    ...BUCKET,
    bandwidthKbps: 80,
    'bandwidth.discipline': 'codel',
    'bandwidth.targetMs': 1,
    'bandwidth.intervalMs': 10,
  });
  for (let n = 0; n < 12; n++) pipeline.send(0, n % 2 === 0 ? 1000 : 100);
  pipeline.run();
  const ends = pipeline.ends.filter((end) => end.fate === 'delivered');
  assert.ok(pipeline.seqs('queue').length > 0);
  let bytes = 0;
  for (const { size, shapedAt } of ends) {
    bytes += size;
    // r t + b.
    assert.ok(bytes <= 1000 + shapedAt / 100_000, `${bytes} bytes by ${shapedAt} ns`);
  }
});

test('a discipline goes on as it was while other fields change', () => {
  const codel = { ...WIRE, 'bandwidth.discipline': 'codel', 'bandwidth.queuePackets': 1000 };
  const lost = (changes: number): readonly number[] => {
    const pipeline = new TestPipeline().configureAt(0, codel);
    for (let n = 0; n < 600; n++) pipeline.send(n * 800 * US);
    for (let n = 1; n <= changes; n++) {
      pipeline.configureAt(n * MS + 1, { ...codel, 'bandwidth.queuePackets': 1000 + n });
    }
    return pipeline.run().seqs('queue');
  };
  assert.ok(lost(0).length > 5);
  assert.equal(lost(400), lost(0));
});

test('an ECN-capable packet is marked where others are dropped, if the personality says so', () => {
  const profile = { ...WIRE, 'bandwidth.discipline': 'codel', 'bandwidth.queuePackets': 1000 };
  const lost = (more: Profile): number => {
    const pipeline = new TestPipeline().configureAt(0, { ...profile, ...more });
    for (let n = 0; n < 500; n++) pipeline.send(n * 500 * US, 1000, 64);
    return pipeline.run().seqs('queue').length;
  };
  assert.ok(lost({}) > 0);
  assert.is(lost({ 'bandwidth.ecn': true }), 0);
  assert.is(lost({ 'bandwidth.discipline': 'fqCodel' }), 0);
  assert.ok(lost({ 'bandwidth.discipline': 'fqCodel', 'bandwidth.ecn': false }) > 0);
});

test('the draws of the packets are the same whichever discipline they meet', () => {
  // RED and PIE draw for each packet, CoDel does not, slots do.
  const slots = { 'bandwidth.slotMinMs': 1, 'bandwidth.slotMaxMs': 9 };
  const alone = (name: string): number[] => {
    const pipeline = new TestPipeline().configureAt(0, {
      ...BUCKET,
      ...slots,
      'bandwidth.discipline': name,
    });
    for (let n = 0; n < 50; n++) pipeline.send(n * 1000 * MS);
    return leftAt(pipeline.run());
  };
  for (const name of ['red', 'pie', 'codel', 'fqCodel']) assert.equal(alone(name), alone('droptail'), name);
});

test('what waits is counted by whoever does the waiting, and by nobody else', () => {
  // Five packets at 0: one leaves with the bucket's tokens, four wait; every ms one of them leaves.
  const pipeline = burst(BUCKET, 5);
  const seen: number[] = [];
  const look = () => seen.push(pipeline.pipeline.backlogBytes());
  pipeline.at(0.1 * MS, look);
  pipeline.configureAt(0.5 * MS, { ...BUCKET, 'bandwidth.discipline': 'codel' }).at(0.6 * MS, look);
  pipeline
    .configureAt(1.5 * MS, BUCKET)
    .at(1.6 * MS, look)
    .at(2.6 * MS, look);
  pipeline.run();
  assert.equal(seen, [4000, 4000, 3000, 2000]);
  assert.equal(leftAt(pipeline), [0, 1000, 2000, 3000, 4000]);
  assert.is(pipeline.pipeline.backlogBytes(), 0);
  assert.is(pipeline.pipeline.takeBacklogPeak(), 4000);
});

test('a bucket that is not a divisor of time keeps its fractions', () => {
  // 3 kbit/s: 1,000 bytes take 2,666,666,666 2/3 ns. The peak makes the gate do it.
  const slow = { mtu: 1000, bandwidthKbps: 3, 'bandwidth.peakKbps': 1000, 'bandwidth.queuePackets': 100 };
  const ends = burst(slow, 7)
    .run()
    .ends.map((end) => end.shapedAt);
  assert.equal(ends, [0, 2_666_666_667, 5_333_333_334, 8e9, 10_666_666_667, 13_333_333_334, 16e9]);
});

test.run();
