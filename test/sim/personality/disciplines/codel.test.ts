import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { codel } from '../../../../sim/personality/disciplines/codel.ts';
import { controlLaw } from '../../../../sim/personality/disciplines/codel-queue.ts';
import { CodelModel } from '../../../support/codel-model.ts';
import { load, play, type Step, TestQueue } from '../../../support/queue.ts';

const MS = 1_000_000;

/** So many packets of 1000 bytes at `start`, and one service every ms from then on. */
function burst(queue: TestQueue, start: number, packets: number, services: number, ecn = false): TestQueue {
  for (let n = 0; n < packets; n++) queue.arrive(start * MS, { ecn });
  for (let n = 1; n <= services; n++) queue.serve((start + n) * MS);
  return queue;
}

const times = (queue: TestQueue): number[] => queue.dropped.map(({ at }) => at / MS);

test('the control law divides the interval by the square root of the count', () => {
  const after = (count: number): number => controlLaw(7, 100 * MS, count) - 7;
  // 100 ms, 100 ms / sqrt 2, sqrt 3, 2, sqrt 5, 10; to the nearest nanosecond.
  assert.is(after(1), 100_000_000);
  assert.is(after(2), 70_710_678);
  assert.is(after(3), 57_735_027);
  assert.is(after(4), 50_000_000);
  assert.is(after(5), 44_721_360);
  assert.is(after(100), 10_000_000);
});

test('drops begin an interval after the delay has passed the target, and come faster and faster', () => {
  // Above 5 ms at 5 ms, so dropping begins at 105. Then the control law: 205; 275.71; 333.45; 383.45; 428.17; each at the service after it.
  const queue = burst(new TestQueue(codel), 0, 600, 430).run();
  assert.equal(times(queue), [105, 205, 276, 334, 384, 429]);
  // The first of them was at the head at 105: 104 had left. From then on each drop moves the head by one more.
  assert.equal(queue.lost, [104, 205, 277, 336, 387, 433]);
});

test('back above the target soon, dropping resumes at the rate that it had reached', () => {
  // Drops at 105, 205, 276, 334: the count is 4 and the next would be at 383.45, but the queue is empty at 360.
  const first = (): TestQueue => burst(new TestQueue(codel), 0, 364, 361);
  // Within 16 intervals: the count goes on from 4 - 1 = 3. 605; 605 + 57.74 = 662.74; + 50 = 712.74.
  assert.equal(times(burst(first(), 500, 400, 230).run()), [105, 205, 276, 334, 605, 663, 713]);
  // After more than that from 1 again. 2605; 2705.
  assert.equal(times(burst(first(), 2500, 400, 230).run()), [105, 205, 276, 334, 2605, 2705]);
});

test('a delay that falls below the target ends it', () => {
  // The 105 ms are up, but the second burst has come only just now: the head waits for 4 ms.
  const queue = burst(new TestQueue(codel), 0, 101, 100);
  burst(queue, 101, 150, 100).run();
  // Above the target at 106 again: dropping begins at 206.
  assert.equal(times(queue), []);
  queue.at(201 * MS, () => {});
  for (let n = 202; n <= 210; n++) queue.serve(n * MS);
  assert.equal(times(queue.run()), [206]);
});

test('nothing is dropped while no more than one MTU waits', () => {
  // A packet every second, each waiting for half of it; then two at a time, of which the second is all that waits.
  for (const size of [1500, 750]) {
    const queue = new TestQueue(codel, { mtu: 1500 });
    for (let n = 0; n < 20; n++) queue.arrive(n * 1000 * MS, { size }).arrive(n * 1000 * MS, { size });
    for (let n = 0; n < 40; n++) queue.serve((n + 1) * 500 * MS);
    assert.equal(queue.run().lost, []);
  }
  // The second service is the first after an interval, and one packet of 1500 bytes waits behind the one it takes.
  for (const [mtu, lost] of [
    [1500, []],
    [1499, [1]],
  ] as const) {
    const queue = new TestQueue(codel, { mtu });
    for (let n = 0; n < 3; n++) queue.arrive(0, { size: 1500 });
    assert.equal(
      queue
        .serve(10 * MS)
        .serve(200 * MS)
        .run().lost,
      lost,
    );
  }
});

test('a packet that can be marked is marked where another would be dropped', () => {
  const queue = burst(new TestQueue(codel, { ecn: true }), 0, 600, 430, true).run();
  assert.equal(queue.lost, []);
  assert.equal(
    queue.left.filter(({ marked }) => marked).map(({ at }) => at / MS),
    [105, 205, 276, 334, 384, 429],
  );
  assert.equal(burst(new TestQueue(codel, { ecn: true }), 0, 600, 430, false).run().lost.length, 6);
  assert.equal(burst(new TestQueue(codel, { ecn: false }), 0, 600, 430, true).run().lost.length, 6);
});

test('a full queue drops who comes', () => {
  const queue = new TestQueue(codel, { limitPackets: 2 });
  assert.equal(queue.arrive(0).arrive(0).arrive(0).run().lost, [2]);
});

function modelled(steps: readonly Step[], target: number, interval: number, maxpacket: number): unknown {
  const model = new CodelModel({ target, interval, maxpacket, ecn: true });
  const left: unknown[] = [];
  let seq = 0;
  for (const { at, arrives } of steps) {
    if (arrives === null) {
      const packet = model.dequeue(at);
      if (packet !== null) left.push({ seq: packet.seq, at, marked: packet.marked });
    } else {
      const { size, ecn = false } = arrives;
      model.enqueue({ seq: seq++, size, ecn, tstamp: at, marked: false }, at);
    }
  }
  return { left, dropped: model.dropped.map((packet) => packet.seq) };
}

test('does what the pseudocode of RFC 8289 does, packet by packet', () => {
  let drops = 0;
  let marks = 0;
  for (let n = 0; n < 24; n++) {
    const target = [5, 5, 1, 20][n % 4]! * MS;
    const interval = [100, 10, 30][n % 3]! * MS;
    // Slightly to grossly overloaded, or served so rarely that several drops come at once.
    const services = [1, 1, 20][n % 3]! * MS;
    const arrivals = services * [0.95, 0.7, 0.3][n % 3]!;
    const sizes = [40, 700, 1500];
    const steps = load({
      seed: `codel ${n}`,
      count: 1500,
      arrivals,
      services,
      sizes,
      ecn: n % 2 === 0 ? 0.5 : 0,
    });
    const queue = play(new TestQueue(codel, { target, interval, ecn: true }), steps);
    assert.equal(
      { left: queue.left, dropped: queue.lost },
      modelled(steps, target, interval, 1500),
      `load ${n}`,
    );
    drops += queue.lost.length;
    marks += queue.marked.length;
  }
  assert.ok(drops > 500 && marks > 500, `${drops} drops, ${marks} marks`);
});

test.run();
