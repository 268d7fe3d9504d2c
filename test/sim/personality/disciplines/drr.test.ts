import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomSource } from '../../../../engine/index.ts';
import { drr } from '../../../../sim/personality/disciplines/drr.ts';
import { TestQueue } from '../../../support/queue.ts';

/** With this seed the flows below have queues of their own. */
const make = (settings: object = {}): TestQueue => new TestQueue(drr, settings, 'seed');

test('what a flow could not use in its turn it keeps for the next', () => {
  // The example of the paper: with 500 bytes a turn, flow 0 sends 200 and keeps 300, for 750 do not fit; then it has 800, and sends
  // 750 and 20. Flow 1 sends 500 in each turn.
  const queue = make({ quantumBytes: 500 });
  for (const size of [200, 750, 20]) queue.arrive(0, { flow: 0, size });
  for (let n = 0; n < 3; n++) queue.arrive(0, { flow: 1, size: 500 });
  for (let n = 0; n < 6; n++) queue.serve(1);
  assert.equal(queue.run().served, [0, 3, 1, 2, 4, 5]);
});

test('a flow that has emptied keeps nothing', () => {
  const queue = make({ quantumBytes: 1000 });
  queue.arrive(0, { flow: 0, size: 100 }).arrive(0, { flow: 1, size: 1000 }).serve(1);
  // 900 are forgotten: 1500 need two turns, in the first of which flow 1 sends, and again.
  queue.arrive(2, { flow: 0, size: 1500 }).arrive(2, { flow: 1, size: 1000 });
  for (let n = 0; n < 3; n++) queue.serve(3);
  assert.equal(queue.run().served, [0, 1, 3, 2]);
});

test('whatever the sizes, flows that always have packets send the same, up to a quantum and two packets', () => {
  const random = new RandomSource('drr').stream('sizes');
  const queue = make({ quantumBytes: 1500 });
  const sizes: number[] = [];
  const flows: number[] = [];
  // Large, small, mixed.
  for (let n = 0; n < 9000; n++) {
    const flow = n % 3;
    const size = [1500, 100, 40 + random.below(1461)][flow]!;
    sizes.push(size);
    flows.push(flow);
    queue.arrive(0, { flow, size });
  }
  const sent = [0, 0, 0];
  for (let n = 0; n < 3000; n++) {
    queue.at(1, () => {
      const seq = queue.take();
      sent[flows[seq]!]! += sizes[seq]!;
      assert.ok(Math.max(...sent) - Math.min(...sent) <= 1500 + 2 * 1500, sent.join());
    });
  }
  queue.run();
  assert.ok(Math.min(...sent) > 200_000);
});

test('in a full queue the flow with most bytes gives way, its oldest packet first', () => {
  const queue = make({ limitPackets: 6 });
  for (let n = 0; n < 5; n++) queue.arrive(0, { flow: 0 });
  queue.arrive(0, { flow: 1 }).arrive(1, { flow: 1 }).arrive(2, { flow: 2 }).run();
  assert.equal(queue.lost, [0, 1]);
  // By bytes, not by packets.
  queue.arrive(3, { flow: 2, size: 5000 }).run();
  assert.equal(queue.lost, [0, 1, 7]);
  queue.arrive(4, { flow: 1 }).run();
  assert.equal(queue.lost, [0, 1, 7, 8]);
});

test('a flow whose packets were all pushed out begins anew', () => {
  const queue = make({ limitBytes: 3000, quantumBytes: 1500 });
  queue.arrive(0, { flow: 0, size: 1500 }).arrive(0, { flow: 1, size: 100 });
  queue.arrive(1, { flow: 1, size: 1401 }).run();
  // 3001 bytes wait, 1501 of them of flow 1; then flow 0 is the fattest.
  assert.equal(queue.lost, [1]);
  queue.arrive(2, { flow: 1, size: 100 }).run();
  assert.equal(queue.lost, [1, 2]);
  for (let n = 0; n < 3; n++) queue.serve(3);
  assert.equal(queue.run().served, [0, 3]);
});

test('a change of the number of queues keeps who waits', () => {
  const queue = make();
  for (let n = 0; n < 6; n++) queue.arrive(0, { flow: n % 2 });
  queue.configureAt(1, { flows: 1 });
  for (let n = 0; n < 6; n++) queue.serve(2);
  // As they would have left: 1514 bytes a turn are one packet of 1000, then two, then one.
  assert.equal(queue.run().served, [0, 1, 2, 4, 3, 5]);
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

test.run();
