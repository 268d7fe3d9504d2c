import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms } from '../../engine/index.ts';
import { at, column, fates, flow, type Row, run, vm, where } from '../support/world.ts';

const both = [
  flow('cbr', { id: 'there', interval: ms(10), packetSize: 100, count: 6 }),
  flow('cbr', { id: 'back', from: ['b'], to: { vm: 'a' }, interval: ms(10), packetSize: 100, count: 6 }),
];
const split = (id: string, { oneWay = false, hold = false } = {}) =>
  ({ op: 'partition', id, between: ['a'], and: ['b'], oneWay, hold }) as const;
const seqs = (rows: readonly Row[], id: string): number[] =>
  column(where(rows, { flow: id, fate: 'delivered' }), 'seq');

test('a partition stops both ways until it heals', async () => {
  const { rows } = await run({
    traffic: both,
    timeline: [at(ms(15), split('p')), at(ms(35), { op: 'heal', id: 'p' })],
  });
  assert.equal(seqs(rows, 'there'), [0, 1, 4, 5]);
  assert.equal(seqs(rows, 'back'), [0, 1, 4, 5]);
  assert.equal(fates(rows), { delivered: 8, 'link-down': 4 });
});

test('one way, the other goes on', async () => {
  const { rows } = await run({ traffic: both, timeline: [at(ms(15), split('p', { oneWay: true }))] });
  assert.equal(seqs(rows, 'there'), [0, 1]);
  assert.equal(seqs(rows, 'back'), [0, 1, 2, 3, 4, 5]);
});

test('held packets go on at the healing, in order', async () => {
  const { rows } = await run({
    traffic: both,
    timeline: [at(ms(15), split('p', { hold: true })), at(ms(35), { op: 'heal' })],
  });
  assert.equal(seqs(rows, 'there'), [0, 1, 2, 3, 4, 5]);
  assert.equal(
    column(where(rows, { flow: 'there' }), 'endNs'),
    [0, 10, 35, 35, 40, 50].map((time) => ms(time)),
  );
});

test('what is held to the end is in flight', async () => {
  const { rows } = await run({ traffic: both, timeline: [at(ms(15), split('p', { hold: true }))] });
  assert.equal(fates(rows), { delivered: 4, 'in-flight': 8 });
});

test('what one partition held, another may stop', async () => {
  const { rows } = await run({
    traffic: both,
    timeline: [
      at(ms(15), split('held', { hold: true })),
      at(ms(25), split('closed')),
      at(ms(35), { op: 'heal', id: 'held' }),
      at(ms(45), { op: 'heal', id: 'closed' }),
    ],
  });
  assert.equal(seqs(rows, 'there'), [0, 1, 5]);
  assert.equal(
    column(where(rows, { flow: 'there', fate: 'link-down' }), 'endNs'),
    [35, 35, 40].map((time) => ms(time)),
  );
});

test('a partition begun again under its id takes the place of the first', async () => {
  const { rows } = await run({
    traffic: both,
    timeline: [
      at(ms(15), split('p')),
      at(ms(25), split('p', { oneWay: true })),
      at(ms(45), { op: 'heal', id: 'p' }),
    ],
  });
  assert.equal(seqs(rows, 'there'), [0, 1, 5]);
  assert.equal(seqs(rows, 'back'), [0, 1, 3, 4, 5]);
});

test('it parts the two groups, and nobody else', async () => {
  const { rows } = await run({
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')],
    traffic: [
      ...both,
      flow('cbr', {
        id: 'other',
        from: ['c'],
        to: { anyOf: ['a', 'b'] },
        port: 9001,
        interval: ms(1),
        packetSize: 100,
        count: 50,
      }),
    ],
    timeline: [at(0, split('p'))],
  });
  assert.equal(fates(where(rows, { flow: 'other' })), { delivered: 50 });
  assert.equal(fates(where(rows, { flow: 'there' })), { 'link-down': 6 });
});

test.run();
