import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../engine/index.ts';
import type { LinkSpec } from '../../sim/specs.ts';
import { at, column, fates, flow, personal, type Row, run, vm, where } from '../support/world.ts';

const link = (a: string, b: string, more: Partial<LinkSpec> = {}): LinkSpec => ({
  between: [a, b],
  latency: 0,
  bandwidth: Infinity,
  queuePackets: Infinity,
  ...more,
});
const sending = (count: number, interval: number, packetSize = 1000) =>
  flow('cbr', { interval, packetSize, count });
const delays = (rows: readonly Row[]): number[] =>
  [...rows].sort((x, y) => x.seq - y.seq).map((row) => (row.endNs - row.sentNs) / ms(1));
const setLink = (time: number, a: string, b: string, up: boolean) =>
  at(time, { op: 'link', between: [a, b], up });

test('hosts without a link are joined by an ideal one', async () => {
  const { rows } = await run({
    hosts: ['h1', 'h2', 'h3'],
    links: [link('h1', 'h3', { latency: ms(9) })],
    traffic: [sending(3, ms(1))],
  });
  assert.equal(delays(rows), [0, 0, 0]);
});

test('a link serializes, queues and delays, each direction on its own', async () => {
  // 8 Mbit/s: 1 ms for 1,000 bytes.
  const { rows, world } = await run({
    links: [link('h1', 'h2', { latency: ms(5), bandwidth: 8e6, queuePackets: 2 })],
    traffic: [
      flow('list', { sentNs: new Float64Array(5), sizes: new Int32Array(5).fill(1000) }),
      flow('cbr', { id: 'back', from: ['b'], to: { vm: 'a' }, interval: ms(3), packetSize: 500, count: 2 }),
    ],
  });
  assert.equal(delays(where(rows, { flow: 'list', fate: 'delivered' })), [6, 7, 8]);
  assert.equal(column(where(rows, { fate: 'queue' }), 'seq'), [3, 4]);
  assert.equal(delays(where(rows, { flow: 'back' })), [5.5, 5.5]);
  const [there, back] = world.links();
  assert.equal([there?.id, there?.packets, there?.bytes, there?.dropped], ['h1>h2', 3, 3000, 2]);
  assert.equal([back?.id, back?.packets, back?.bytes, back?.dropped], ['h2>h1', 2, 1000, 0]);
  assert.is(there?.backlogPeakBytes, 2000);
});

test('a personality acts before the substrate: its delay, then the link', async () => {
  const { rows } = await run({
    links: [link('h1', 'h2', { latency: ms(5), bandwidth: 8e6 })],
    ...personal({ b: { latencyMs: 10 } }),
    traffic: [sending(2, 0.5e6)],
  });
  assert.equal(delays(rows), [16, 16.5]);
  assert.equal(column(rows, 'shapedNs'), [0, 0.5e6]);
});

const DIAMOND = {
  mesh: false,
  hosts: ['h1', 'h2', 'mid', 'slow'],
  links: [
    link('h1', 'slow', { latency: ms(10) }),
    link('slow', 'h2', { latency: ms(10) }),
    link('h1', 'mid', { latency: ms(3) }),
    link('mid', 'h2', { latency: ms(4) }),
    link('h1', 'h2', { latency: ms(30) }),
  ],
};

test('without a mesh a packet takes the path of the least latency, not of the fewest links', async () => {
  assert.equal(delays((await run({ ...DIAMOND, traffic: [sending(2, ms(1))] })).rows), [7, 7]);
});

test('with a mesh it takes its own link, however long', async () => {
  assert.equal(delays((await run({ ...DIAMOND, mesh: true, traffic: [sending(1, ms(1))] })).rows), [30]);
});

test('when a link fails the next best path is taken, and when it is back the best one again', async () => {
  const { rows } = await run({
    ...DIAMOND,
    traffic: [sending(10, ms(100))],
    timeline: [
      setLink(ms(150), 'mid', 'h2', false),
      setLink(ms(350), 'h1', 'slow', false),
      setLink(ms(550), 'h2', 'mid', true),
      setLink(ms(750), 'slow', 'h1', true),
    ],
  });
  assert.equal(delays(rows), [7, 7, 20, 20, 30, 30, 7, 7, 7, 7]);
});

test('without any path left packets are dropped: link-down; where there never was one: no-route', async () => {
  const { rows } = await run({
    mesh: false,
    hosts: ['h1', 'h2', 'alone'],
    links: [link('h1', 'h2', { latency: ms(1) })],
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2', { host: 'h2' }), vm('c', '10.0.0.3', { host: 'alone' })],
    traffic: [
      sending(4, ms(10)),
      flow('cbr', { id: 'lost', to: { vm: 'c' }, interval: ms(10), packetSize: 100, count: 2 }),
    ],
    timeline: [setLink(ms(5), 'h1', 'h2', false), setLink(ms(25), 'h1', 'h2', true)],
  });
  assert.equal(column(where(rows, { flow: 'cbr', fate: 'link-down' }), 'seq'), [1, 2]);
  assert.equal(column(where(rows, { flow: 'cbr', fate: 'delivered' }), 'seq'), [0, 3]);
  assert.equal(fates(where(rows, { flow: 'lost' })), { 'no-route': 2 });
});

test('what is on a link when it fails is lost with it, at that instant, even if it is soon back', async () => {
  const { rows } = await run({
    links: [link('h1', 'h2', { latency: ms(10), bandwidth: 8e6 })],
    traffic: [
      flow('list', { sentNs: Float64Array.of(0, 0, 0, ms(7), ms(7)), sizes: new Int32Array(5).fill(1000) }),
    ],
    timeline: [setLink(ms(2), 'h1', 'h2', false), setLink(ms(6), 'h1', 'h2', true)],
  });
  const lost = where(rows, { fate: 'link-down' });
  assert.equal(column(lost, 'seq'), [0, 1, 2]);
  assert.equal(column(lost, 'endNs'), [ms(2), ms(2), ms(2)]);
  // The link is idle when it is back.
  assert.equal(delays(where(rows, { fate: 'delivered' })), [11, 12]);
});

test('a link that is told twice that it is up, or down, does nothing the second time', async () => {
  const { rows } = await run({
    links: [link('h1', 'h2', { latency: ms(10) })],
    traffic: [sending(4, ms(20))],
    timeline: [
      setLink(ms(5), 'h1', 'h2', true),
      setLink(ms(25), 'h1', 'h2', false),
      setLink(ms(26), 'h1', 'h2', false),
    ],
  });
  assert.equal(column(where(rows, { fate: 'delivered' }), 'seq'), [0]);
  assert.equal(column(where(rows, { fate: 'link-down' }), 'seq'), [1, 2, 3]);
});

test('a VM that moves to another host takes its traffic along, and what was under way is sent after it', async () => {
  const { rows } = await run({
    hosts: ['h1', 'h2', 'h3'],
    links: [
      link('h1', 'h2', { latency: ms(10) }),
      link('h2', 'h3', { latency: ms(3) }),
      link('h1', 'h3', { latency: ms(20) }),
    ],
    traffic: [
      sending(6, ms(5)),
      flow('cbr', { id: 'back', from: ['b'], to: { vm: 'a' }, interval: ms(5), packetSize: 100, count: 6 }),
    ],
    timeline: [at(ms(12), { op: 'migrate', vm: 'b', host: 'h3' })],
  });
  // Sent at 0: there at 10. Sent at 5 and 10: at h2 at 15 and 20, where b is no more. Afterwards straight to h3.
  assert.equal(delays(where(rows, { flow: 'cbr' })), [10, 13, 13, 20, 20, 20]);
  assert.equal(delays(where(rows, { flow: 'back' })), [10, 10, 10, 20, 20, 20]);
  assert.equal(fates(rows), { delivered: 12 });
});

test('a VM without power sends and receives nothing, then goes on', async () => {
  const { rows, commands } = await run(
    {
      ...personal({ b: { latencyMs: 5 } }),
      traffic: [
        sending(6, ms(10)),
        flow('cbr', {
          id: 'back',
          from: ['b'],
          to: { vm: 'a' },
          interval: ms(10),
          packetSize: 100,
          count: 6,
        }),
      ],
      timeline: [
        at(ms(12), { op: 'power', vm: 'b', on: false }),
        at(ms(32), { op: 'power', vm: 'b', on: true }),
      ],
    },
    { until: seconds(1) },
  );
  // Due at b at 5, 15, 25, 35, 45, 55 ms.
  assert.equal(column(where(rows, { flow: 'cbr', fate: 'vm-down' }), 'seq'), [1, 2]);
  assert.equal(
    column(where(rows, { flow: 'back' }), 'sentNs'),
    [0, 10, 40, 50, 60, 70].map((time) => ms(time)),
  );
  assert.equal(column(commands, 'effect'), ['on -> off', 'off -> on']);
});

test.run();
