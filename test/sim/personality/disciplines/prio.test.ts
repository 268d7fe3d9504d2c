import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bandOf, prio } from '../../../../sim/personality/disciplines/prio.ts';
import { TestQueue } from '../../../support/queue.ts';

/** Low delay (band 0 of three), best effort (1), high throughput (2). */
const URGENT = 4;
const USUAL = 0;
const BULK = 2;

test('three bands are those of Linux', () => {
  // net/ipv4/route.c, ip_tos2prio: by four bits of the TOS octet; net/sched/sch_prio: the default priomap, by that priority.
  const [bestEffort, bulk, interactive, interactiveBulk] = [0, 2, 6, 4];
  const priorities = [bestEffort, bulk, interactive, interactiveBulk].flatMap((priority) =>
    new Array<number>(4).fill(priority),
  );
  const priomap = [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1];
  for (let dscp = 0; dscp < 64; dscp++) {
    const tos = dscp << 2;
    assert.is(bandOf(dscp, 3), priomap[priorities[(tos & 0x1e) >> 1]!], `DSCP ${dscp}`);
  }
});

test('any other number of bands follows the IP precedence', () => {
  const [cs0, cs1, af41, ef, cs6, cs7] = [0, 8, 34, 46, 48, 56];
  const bands = (count: number): number[] =>
    [cs0, cs1, af41, ef, cs6, cs7].map((dscp) => bandOf(dscp, count));
  assert.equal(bands(8), [7, 6, 3, 2, 1, 0]);
  assert.equal(bands(2), [1, 1, 0, 0, 0, 0]);
  assert.equal(bands(1), [0, 0, 0, 0, 0, 0]);
  assert.equal(bands(16), [14, 12, 6, 4, 2, 0]);
});

test('no packet leaves while a better one waits', () => {
  const queue = new TestQueue(prio);
  for (const dscp of [BULK, USUAL, URGENT, BULK, USUAL, URGENT]) queue.arrive(0, { dscp });
  for (let n = 0; n < 3; n++) queue.serve(1);
  queue.arrive(2, { dscp: URGENT });
  for (let n = 0; n < 4; n++) queue.serve(3);
  assert.equal(queue.run().served, [2, 5, 1, 6, 4, 0, 3]);
});

test('bulk starves as long as there is anything better', () => {
  const queue = new TestQueue(prio);
  queue.arrive(0, { dscp: BULK }).arrive(0, { dscp: URGENT });
  for (let n = 1; n <= 1000; n++) queue.serve(n).arrive(n, { dscp: n % 2 === 0 ? URGENT : USUAL });
  queue.run();
  assert.not.ok(queue.served.includes(0));
  assert.equal(queue.serve(1001).serve(1002).run().served.at(-1), 0);
});

test('a packet that finds the queue full pushes out the oldest of the worst below it', () => {
  const queue = new TestQueue(prio, { limitPackets: 4, limitBytes: 4000 });
  for (const dscp of [USUAL, BULK, BULK, USUAL]) queue.arrive(0, { dscp });
  queue.arrive(1, { dscp: URGENT }).run();
  assert.equal(queue.lost, [1]);
  // 2000 bytes take the place of the other bulk packet and of the older usual one.
  queue.arrive(2, { dscp: URGENT, size: 2000 }).run();
  assert.equal(queue.lost, [1, 2, 0]);
  // Nobody goes for its equals or betters.
  queue.arrive(3, { dscp: USUAL, size: 1001 }).arrive(3, { dscp: BULK }).run();
  assert.equal(queue.lost, [1, 2, 0, 6, 7]);
  // Nor for what would not fit even then.
  queue.arrive(4, { dscp: URGENT, size: 1001 }).run();
  assert.equal(queue.lost, [1, 2, 0, 6, 7, 8]);
  for (let n = 0; n < 4; n++) queue.serve(5);
  assert.equal(queue.run().served, [4, 5, 3]);
});

test('other bands sort anew who waits', () => {
  const queue = new TestQueue(prio);
  const [cs1, cs6] = [8, 48];
  queue.arrive(0, { dscp: cs1 }).arrive(0, { dscp: cs6 }).arrive(0, { dscp: cs1 });
  // To Linux all of them are best effort.
  queue.serve(1).configureAt(2, { bands: 8 }).arrive(3, { dscp: cs1 }).arrive(3, { dscp: cs6 });
  for (let n = 0; n < 4; n++) queue.serve(4);
  assert.equal(queue.run().served, [0, 1, 4, 2, 3]);
});

test.run();
