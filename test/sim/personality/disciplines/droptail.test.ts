import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { droptail } from '../../../../sim/personality/disciplines/droptail.ts';
import { TestQueue } from '../../../support/queue.ts';

test('who finds the queue full is dropped, by packets or by bytes', () => {
  const queue = new TestQueue(droptail, { limitPackets: 3, limitBytes: 3500 });
  // The fourth is a packet too many; the sixth is 1500 bytes where 1400 are free, the seventh fits.
  for (const size of [1000, 500, 600, 40]) queue.arrive(0, { size });
  queue.serve(1).arrive(2, { size: 1000 }).serve(3);
  queue.arrive(4, { size: 2000 }).arrive(5, { size: 1900 });
  queue.run();
  assert.equal(queue.lost, [3, 5]);
  assert.equal(queue.served, [0, 1]);
  assert.is(queue.discipline.backlogBytes, 600 + 1000 + 1900);
});

test('a lower limit lets wait who waits', () => {
  const queue = new TestQueue(droptail);
  for (let n = 0; n < 5; n++) queue.arrive(n);
  queue.configureAt(10, { limitPackets: 2 }).arrive(11);
  for (let n = 0; n < 4; n++) queue.serve(20 + n);
  queue.arrive(30).arrive(31).run();
  assert.equal(queue.lost, [5, 7]);
  assert.equal(queue.served, [0, 1, 2, 3]);
});

test.run();
