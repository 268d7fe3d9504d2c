import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../../engine/index.ts';
import type { TrafficCommon } from '../../../sim/specs.ts';
import {
  at,
  column,
  fates,
  flow,
  network,
  personal,
  pool,
  run,
  type Story,
  vm,
  where,
} from '../../support/world.ts';

const ping = (
  more: Partial<TrafficCommon> & { timeout?: number; packetSize?: number; interval?: number } = {},
) => flow('ping', { interval: ms(100), packetSize: 84, timeout: seconds(1), count: 3, ...more });

const said = (story: Story) => story.samples.map(({ kind, at, value }) => [kind, at / ms(1), value]);

test('the round trip is the latency there and the latency back', async () => {
  const story = await run({ ...personal({ a: { latencyMs: 20 }, b: { latencyMs: 15 } }), traffic: [ping()] });
  assert.equal(said(story), [
    ['asked', 0, 0],
    ['answered', 35, ms(35)],
    ['asked', 100, 1],
    ['answered', 135, ms(35)],
    ['asked', 200, 2],
    ['answered', 235, ms(35)],
  ]);
  assert.equal(fates(story.rows), { delivered: 6 });
  const replies = where(story.rows, { kind: 'echoReply' });
  assert.ok(
    replies.every((row) => row.size === 84 && row.reverse && row.origin === 'answer' && row.from === 'b'),
  );
});

test('where there is no delay, the answer is there at once', async () => {
  const story = await run({ traffic: [ping({ count: 1 })] });
  assert.equal(said(story), [
    ['asked', 0, 0],
    ['answered', 0, 0],
  ]);
});

test('a reply in the last instant of the timeout counts, one a nanosecond later does not', async () => {
  const line = personal({ b: { latencyMs: 50 } });
  const inTime = await run({ ...line, traffic: [ping({ count: 1, timeout: ms(50) })] });
  assert.equal(said(inTime), [
    ['asked', 0, 0],
    ['answered', 50, ms(50)],
  ]);
  const late = await run({ ...line, traffic: [ping({ count: 1, timeout: ms(50) - 1 })] });
  assert.equal(column(late.samples, 'kind'), ['asked', 'timedOut']);
  assert.equal(fates(late.rows), { delivered: 2 });
});

test('nobody there: every ping times out', async () => {
  const story = await run({ traffic: [ping({ to: { address: '10.0.0.9' }, timeout: ms(150) })] });
  assert.equal(said(story), [
    ['asked', 0, 0],
    ['asked', 100, 1],
    ['timedOut', 150, 0],
    ['asked', 200, 2],
    ['timedOut', 250, 1],
    ['timedOut', 350, 2],
  ]);
});

test('a ping that is doubled is answered once', async () => {
  const line = personal({ a: { duplicatePacketPercentage: 1 }, b: { duplicatePacketPercentage: 1 } });
  const story = await run({ ...line, traffic: [ping({ count: 1 })] });
  assert.equal(column(story.samples, 'kind'), ['asked', 'answered']);
  assert.is(where(story.rows, { kind: 'echoReply', at: 'a', fate: 'delivered' }).length, 4);
});

test('what was asked before a stop is still answered', async () => {
  const line = personal({ b: { latencyMs: 30 } });
  const timeline = [
    at(ms(50), { op: 'update', personality: 'b', set: { latencyMs: 200 } }),
    at(ms(210), { op: 'stop', traffic: 'ping' }),
    at(ms(205), { op: 'update', personality: 'b', set: { packetLossPercentage: 1 } }),
  ];
  const story = await run({ ...line, traffic: [ping({ count: 9, timeout: ms(250) })], timeline });
  assert.equal(said(story), [
    ['asked', 0, 0],
    ['answered', 30, ms(30)],
    ['asked', 100, 1],
    ['asked', 200, 2],
    ['answered', 300, ms(200)],
    ['answered', 400, ms(200)],
  ]);
});

test('a timeout runs out after a stop, too', async () => {
  const line = personal({ b: { packetLossPercentage: 1 } });
  const timeline = [at(ms(110), { op: 'stop', traffic: 'ping' })];
  const story = await run({ ...line, traffic: [ping()], timeline });
  assert.equal(column(story.samples, 'kind'), ['asked', 'asked', 'timedOut', 'timedOut']);
});

test('a question that the run does not live to see answered is neither answered nor timed out', async () => {
  const story = await run({ ...personal({ b: { latencyMs: 30 } }), traffic: [ping()] }, { until: ms(110) });
  assert.equal(column(story.samples, 'kind'), ['asked', 'answered', 'asked']);
  assert.equal(fates(story.rows), { delivered: 2, 'in-flight': 1 });
});

test('two flows of pings from one VM hear their own answers', async () => {
  const vms = [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')];
  const line = personal({ b: { latencyMs: 3 }, c: { latencyMs: 5 } });
  const story = await run({ vms, ...line, traffic: [ping(), ping({ id: 'far', to: { vm: 'c' } })] });
  const trips = (id: string) => column(where(story.samples, { flow: id, kind: 'answered' }), 'value');
  assert.equal(trips('ping'), [ms(3), ms(3), ms(3)]);
  assert.equal(trips('far'), [ms(5), ms(5), ms(5)]);
});

test('the questions of several senders have numbers of their own', async () => {
  const vms = [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')];
  const { samples } = await run({
    vms,
    ...personal({ b: { packetLossPercentage: 1 } }),
    traffic: [ping({ from: ['a', 'c'], count: 2, timeout: ms(50) })],
  });
  assert.equal(column(where(samples, { kind: 'asked' }), 'value'), [0, 1, 2, 3]);
  assert.equal(column(where(samples, { kind: 'timedOut' }), 'value'), [0, 1, 2, 3]);
});

test('a pool answers with its own address', async () => {
  const story = await run({
    pools: [pool('10.0.0.100', 'b')],
    traffic: [ping({ to: { address: '10.0.0.100' }, count: 1 })],
  });
  const [reply] = where(story.rows, { kind: 'echoReply' });
  assert.is(reply!.source, '10.0.0.100');
  assert.equal(column(story.samples, 'kind'), ['asked', 'answered']);
});

test('IPv6 is pinged as IPv4 is', async () => {
  const story = await run({
    networks: [network('n', '2001:db8::/64')],
    vms: [vm('a', '2001:db8::1'), vm('b', '2001:db8::2')],
    ...personal({ b: { latencyMs: 4 } }),
    traffic: [ping({ count: 1, packetSize: 104 })],
  });
  assert.equal(said(story), [
    ['asked', 0, 0],
    ['answered', 4, ms(4)],
  ]);
  assert.equal(column(story.rows, 'size'), [104, 104]);
});

test('a large ping is cut and made whole both ways', async () => {
  const story = await run({
    ...personal({ a: { latencyMs: 1 }, b: { latencyMs: 1 } }),
    traffic: [ping({ count: 1, packetSize: 2028 })],
  });
  assert.equal(column(story.samples, 'value'), [0, ms(2)]);
  // Each way: the whole that is cut, two fragments (1480 + 528 bytes), and the whole they make.
  assert.equal(fates(story.rows), { fragmented: 2, reassembled: 4, delivered: 2 });
});

test.run();
