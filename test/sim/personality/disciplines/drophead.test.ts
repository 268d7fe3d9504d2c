import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { drophead } from '../../../../sim/personality/disciplines/drophead.ts';
import { TestQueue } from '../../../support/queue.ts';

test('a newcomer pushes out as many of the oldest as it needs room for', () => {
  const queue = new TestQueue(drophead, { limitPackets: 4, limitBytes: 3000 });
  for (const size of [1000, 600, 400, 1000]) queue.arrive(0, { size });
  // No packet too many, but 1000 bytes: the first goes. Then 1700 need the next two; then 100 are one packet too many.
  queue.arrive(1, { size: 1000 }).arrive(2, { size: 1700 });
  queue.run();
  assert.equal(queue.lost, [0, 1, 2, 3]);
  assert.is(queue.discipline.backlogBytes, 2700);
  queue.arrive(3, { size: 100 }).arrive(3, { size: 100 }).arrive(3, { size: 100 }).run();
  assert.equal(queue.lost, [0, 1, 2, 3, 4]);
});

test('for a packet that never fits nobody has to go', () => {
  const queue = new TestQueue(drophead, { limitBytes: 3000 });
  queue.arrive(0).arrive(1, { size: 3001 }).arrive(2).run();
  assert.equal(queue.lost, [1]);
  assert.is(queue.discipline.backlogPackets, 2);
});

test('the oldest leaves first', () => {
  const queue = new TestQueue(drophead, { limitPackets: 2 });
  for (let n = 0; n < 4; n++) queue.arrive(n);
  queue.serve(10).serve(11).serve(12).run();
  assert.equal(queue.lost, [0, 1]);
  assert.equal(queue.served, [2, 3]);
});

test.run();
