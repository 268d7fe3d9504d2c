import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fqCodel } from '../../../../sim/personality/disciplines/fq-codel.ts';
import { FqCodelModel } from '../../../support/fq-codel-model.ts';
import { load, play, type Step, TestQueue } from '../../../support/queue.ts';

const MS = 1_000_000;
/** With this seed the flows below have queues of their own among 1024, as the comparison with the model would show. */
const SEED = 'seed';

const make = (settings: object = {}): TestQueue => new TestQueue(fqCodel, settings, SEED);

/** Packets of a flow, all at one instant. */
function crowd(queue: TestQueue, at: number, flow: number, packets: number, size = 1500): TestQueue {
  for (let n = 0; n < packets; n++) queue.arrive(at, { flow, size });
  return queue;
}

function serve(queue: TestQueue, at: number, packets: number): TestQueue {
  for (let n = 0; n < packets; n++) queue.serve(at);
  return queue;
}

test('a flow that sends little leaves before those that send much', () => {
  // Flow 0: packets 0 to 19. Flow 1: 20 to 39. Then, while they are being served, one packet of flow 2 (40), and later another (41).
  const queue = crowd(crowd(make(), 0, 0, 20), 0, 1, 20);
  serve(queue, 1, 6).arrive(2, { flow: 2, size: 100 });
  serve(queue, 3, 1);
  assert.is(queue.run().served.at(-1), 40);
  serve(queue, 4, 5).arrive(5, { flow: 2, size: 100 });
  serve(queue, 6, 1);
  assert.is(queue.run().served.at(-1), 41);
});

test('a new flow has one quantum before the others; beyond it, it is one of them', () => {
  // Flow 0 has sent two packets and owes 1486 of its 1514 credits, when flow 1 comes with three.
  const queue = serve(crowd(make(), 0, 0, 5), 1, 2);
  crowd(queue, 2, 1, 3);
  // 0 gets a quantum and goes to the old ones, with 28. 1 sends two, for after the first it has 14 left, and goes behind 0, with 28.
  // Then they take turns.
  serve(queue, 3, 6).run();
  assert.equal(queue.served, [0, 1, 5, 6, 2, 7, 3, 4]);
});

test('a flow that has emptied waits for its turn: it cannot come back as new at once', () => {
  // Flow 0 sends four of its packets of 500 bytes and owes 486. The packet of flow 1 (20) goes first, and leaves it 14 credits.
  const queue = serve(crowd(make(), 0, 0, 20, 500), 1, 4);
  queue.arrive(2, { flow: 1, size: 1500 }).serve(2);
  // Found empty, 1 goes behind 0, which has 1028. The next packet of 1 (21) has to wait until 0 has used them up.
  queue.serve(3).arrive(4, { flow: 1, size: 1500 });
  serve(queue, 5, 4).run();
  assert.equal(queue.served, [0, 1, 2, 3, 20, 4, 5, 6, 21, 7]);
  // 0 sends 8 and 9 of this round, and 10 to 12 of the next, with 56 to spare at the last. Then 1, which was at -1486 and at 28, is found
  // empty as an old one and forgotten. 0 sends 13, and has 570 left; but the next packet of 1 (22) is new again.
  serve(queue, 6, 6).arrive(7, { flow: 1, size: 1500 });
  assert.equal(serve(queue, 8, 2).run().served.slice(-8), [8, 9, 10, 11, 12, 13, 22, 14]);
});

test('bytes are shared, not packets', () => {
  const queue = crowd(crowd(make(), 0, 0, 300, 1500), 0, 1, 900, 500);
  // All at one instant: CoDel sees no delay.
  serve(queue, 0, 400).run();
  const bytes = [0, 0];
  for (const seq of queue.served) bytes[seq < 300 ? 0 : 1]! += seq < 300 ? 1500 : 500;
  // Each is at most a quantum and a packet ahead of its share.
  assert.ok(Math.abs(bytes[0]! - bytes[1]!) <= 1514 + 1500, bytes.join());
});

test('a full queue throws out half of the fattest flow, from its head', () => {
  const queue = make({ limitPackets: 10 });
  crowd(crowd(queue, 0, 0, 7), 0, 1, 3);
  queue.arrive(0, { flow: 1, size: 100 }).run();
  assert.equal(queue.lost, [0, 1, 2, 3]);
  // Fattest by bytes, though not by packets; half of three is two.
  const small = make({ limitPackets: 10 });
  crowd(crowd(small, 0, 0, 7, 100), 0, 1, 3);
  small.arrive(0, { flow: 0, size: 100 }).run();
  assert.equal(small.lost, [7, 8]);
});

test('and never more than 64 at once', () => {
  const queue = crowd(make({ limitPackets: 200 }), 0, 0, 200);
  queue.arrive(0, { flow: 1, size: 40 }).run();
  assert.equal(
    queue.lost,
    Array.from({ length: 64 }, (_, n) => n),
  );
  assert.is(queue.discipline.backlogPackets, 137);
  assert.is(queue.discipline.backlogBytes, 136 * 1500 + 40);
});

test('a limit in bytes is met with as many batches as it takes', () => {
  const queue = crowd(make({ limitBytes: 3000 }), 0, 0, 20, 150);
  // 3000 bytes wait; 2500 more make 5500. Half of the packets of flow 0 are 1500, flow 1 then is the fattest, and itself too much.
  queue.arrive(0, { flow: 1, size: 2500 }).run();
  assert.equal(queue.lost, [...Array.from({ length: 10 }, (_, n) => n), 20]);
});

test('each flow has a CoDel of its own, which marks where it can', () => {
  for (const ecn of [false, true]) {
    const queue = make({ ecn });
    // Flow 0 waits ever longer; a packet of flow 1 comes every ms and leaves at once.
    for (let n = 0; n < 400; n++) queue.arrive(0, { flow: 0, ecn: true });
    for (let n = 1; n <= 300; n++) {
      queue
        .arrive(n * MS, { flow: 1, size: 100 })
        .serve(n * MS)
        .serve(n * MS);
    }
    queue.run();
    const touched = ecn ? queue.left.filter(({ marked }) => marked) : queue.dropped;
    assert.ok(touched.every(({ seq }) => seq < 400));
    // Above the target at 5 ms, then an interval, then the control law, as for a single queue.
    assert.equal(
      touched.map(({ at }) => at / MS),
      [105, 205, 276],
    );
  }
});

test('a change of the number of queues keeps who waits, and since when', () => {
  const queue = crowd(crowd(make(), 0, 0, 40), 0, 1, 40);
  queue.configureAt(50 * MS, { flows: 8 });
  // They have waited for 104 ms already: above the target from the first service on.
  for (let n = 0; n < 10; n++) queue.serve((104 + n) * MS);
  queue.run();
  assert.is(queue.discipline.backlogPackets, 70);
  for (let n = 0; n < 4; n++) queue.serve((204 + n) * MS);
  assert.is(queue.run().lost.length, 2);
});

function modelled(steps: readonly Step[], interval: number, quantum: number, limit: number): unknown {
  const model = new FqCodelModel({ target: 5 * MS, interval, maxpacket: 1500, ecn: true }, quantum, limit);
  const left: unknown[] = [];
  let seq = 0;
  for (const { at, arrives } of steps) {
    if (arrives === null) {
      const packet = model.dequeue(at);
      if (packet !== null) left.push({ seq: packet.seq, at, marked: packet.marked });
    } else {
      const { size, ecn = false, flow = 0 } = arrives;
      model.enqueue({ seq: seq++, size, ecn, tstamp: at, marked: false }, flow, at);
    }
  }
  return { left, dropped: model.dropped.map((packet) => packet.seq) };
}

test('who waits has waited since it came, also when the number of queues changes', () => {
  const queue = make({ interval: 20 * MS });
  for (let n = 0; n < 12; n++) queue.arrive(28 * MS, { size: 1000 });
  queue.configureAt(30 * MS, { interval: 20 * MS, flows: 3 });
  // 2 ms are below the target of 5; 5.1 are not, and from 53.1 on packets are dropped.
  for (const ms of [30, 33.1, 53, 53.2]) queue.serve(ms * MS);
  queue.run(54 * MS);
  assert.equal(queue.served, [0, 1, 2, 4]);
  assert.equal(queue.lost, [3]);
});

test('a change of the number of queues is one for who comes after it', () => {
  const orderWith = (flows: number): number[] => {
    const queue = make({ quantumBytes: 1000 }).configureAt(1, { quantumBytes: 1000, flows });
    for (let n = 0; n < 6; n++) queue.arrive(2, { flow: n < 3 ? 0 : 1 });
    for (let n = 0; n < 6; n++) queue.serve(3);
    return queue.run().served;
  };
  // All in one queue: first come, first served. In two of them, in turns.
  assert.equal(orderWith(1), [0, 1, 2, 3, 4, 5]);
  assert.equal(orderWith(1000), [0, 3, 1, 4, 2, 5]);
});

test('does what RFC 8290 says, packet by packet', () => {
  let drops = 0;
  let marks = 0;
  for (let n = 0; n < 12; n++) {
    const quantumBytes = [1514, 300, 6000][n % 3]!;
    const limitPackets = n % 2 === 0 ? 10_240 : 60;
    const interval = [100, 20, 5][n % 3]! * MS;
    const steps = load({
      seed: `fq ${n}`,
      count: 1500,
      arrivals: [0.9, 0.6][n % 2]! * MS,
      services: MS,
      sizes: [40, 700, 1500],
      flows: [2, 5, 11][n % 3]!,
      ecn: 0.5,
    });
    const queue = play(make({ interval, quantumBytes, limitPackets }), steps);
    assert.equal(
      { left: queue.left, dropped: queue.lost },
      modelled(steps, interval, quantumBytes, limitPackets),
      `load ${n}`,
    );
    drops += queue.lost.length;
    marks += queue.marked.length;
  }
  assert.ok(drops > 100 && marks > 100, `${drops} drops, ${marks} marks`);
});

test.run();
