import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms } from '../../../engine/index.ts';
import type { TrafficCommon } from '../../../sim/specs.ts';
import { at, column, fates, flow, network, personal, run, vm, where } from '../../support/world.ts';

const file = (more: Partial<TrafficCommon> & { size?: number; packetSize?: number } = {}) =>
  flow('file', { size: 5000, interval: ms(1), packetSize: 1500, ...more });

test('a file is full packets at the interval, and a last one with the rest', async () => {
  const { rows, samples } = await run({ ...personal({ b: { latencyMs: 10 } }), traffic: [file()] });
  // 1500 - 28 bytes each: 3 * 1472 = 4416, and 584 + 28.
  assert.equal(column(rows, 'size'), [1500, 1500, 1500, 612]);
  assert.equal(column(rows, 'sentNs'), [0, ms(1), ms(2), ms(3)]);
  assert.equal(samples, [{ kind: 'completed', flow: 'file', at: ms(13), value: 5000 }]);
});

test('a file that fits exactly has no empty packet at the end', async () => {
  const { rows } = await run({ traffic: [file({ size: 2 * 1472 })] });
  assert.equal(column(rows, 'size'), [1500, 1500]);
});

test('one byte is a file', async () => {
  const { rows, samples } = await run({ traffic: [file({ size: 1 })] });
  assert.equal(column(rows, 'size'), [29]);
  assert.equal(column(samples, 'value'), [1]);
});

test('over IPv6 the headers are 48 bytes', async () => {
  const { rows, samples } = await run({
    networks: [network('n', '2001:db8::/64')],
    vms: [vm('a', '2001:db8::1'), vm('b', '2001:db8::2')],
    traffic: [file({ size: 3000 })],
  });
  assert.equal(column(rows, 'size'), [1500, 1500, 48 + 3000 - 2 * 1452]);
  assert.equal(column(samples, 'value'), [3000]);
});

test('a file with a hole never completes', async () => {
  const timeline = [
    at(ms(0.5), { op: 'update', personality: 'b', set: { packetLossPercentage: 1 } }),
    at(ms(1.5), { op: 'update', personality: 'b', set: { packetLossPercentage: 0 } }),
  ];
  const { rows, samples } = await run({ ...personal({ b: { latencyMs: 0 } }), traffic: [file()], timeline });
  assert.equal(fates(rows), { delivered: 3, loss: 1 });
  assert.equal(samples, []);
});

test('a file of doubled packets completes once, when the last byte is there', async () => {
  const line = personal({ b: { latencyMs: 10, duplicatePacketPercentage: 1 } });
  for (const size of [100, 5000]) {
    const { samples } = await run({ ...line, traffic: [file({ size })] });
    assert.is(samples.length, 1);
  }
});

test('started again, it is sent again, and what was left of the first is not', async () => {
  const timeline = [
    at(ms(1.5), { op: 'start', traffic: 'file' }),
    at(ms(50), { op: 'start', traffic: 'file' }),
  ];
  const { rows, samples } = await run({ traffic: [file()], timeline });
  assert.equal(column(rows, 'seq'), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(column(samples, 'at'), [ms(4.5), ms(53)]);
});

test('two files under way at once both complete', async () => {
  const timeline = [at(ms(10), { op: 'start', traffic: 'file' })];
  const { samples } = await run({ ...personal({ b: { latencyMs: 100 } }), traffic: [file()], timeline });
  assert.equal(column(samples, 'at'), [ms(103), ms(113)]);
});

test('without power at the sender a file waits; without power at the receiver it is lost', async () => {
  const power = (time: number, id: string, on: boolean) => at(time, { op: 'power', vm: id, on });
  const sender = await run({
    traffic: [file()],
    timeline: [power(ms(0.5), 'a', false), power(ms(4.5), 'a', true)],
  });
  assert.equal(column(sender.rows, 'sentNs'), [0, ms(5), ms(6), ms(7)]);
  assert.equal(column(sender.samples, 'at'), [ms(7)]);
  const receiver = await run({
    traffic: [file()],
    timeline: [power(ms(1.5), 'b', false), power(ms(1.6), 'b', true)],
  });
  assert.equal(fates(receiver.rows), { delivered: 4 });
  assert.equal(receiver.samples, []);
});

test("each sender's file is its own", async () => {
  const vms = [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')];
  const { samples } = await run({ vms, traffic: [file({ from: ['a', 'c'] })] });
  assert.equal(column(samples, 'value'), [5000, 5000]);
});

test('with df the packets after the first "too big" have the size that passes', async () => {
  const profiles = { a: { latencyMs: 1 }, b: { latencyMs: 1, mtu: 1000 } };
  const { rows, samples } = await run({ ...personal(profiles), traffic: [file({ df: true })] });
  const own = where(rows, { kind: 'datagram' });
  // The MTU is learned at 1 ms, before the second packet is sent: departures go before sources.
  const [error] = where(rows, { kind: 'tooBig' });
  assert.is(error!.endNs, ms(1));
  assert.equal(column(own, 'size'), [1500, 1000, 1000, 1000, 28 + 5000 - 1472 - 3 * 972]);
  assert.equal(fates(own), { mtu: 1, delivered: 4 });
  assert.equal(samples, []);
});

test.run();
