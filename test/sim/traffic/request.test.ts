import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, us } from '../../../engine/index.ts';
import type { TrafficCommon } from '../../../sim/specs.ts';
import { MOST_REMEMBERED } from '../../../sim/traffic/request-server.ts';
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

interface Own {
  requestSize: number;
  responseSize: number;
  packetSize: number;
  think: number;
  timeout: number;
  retries: number;
  interval: number;
}

const request = (more: Partial<TrafficCommon & Own> = {}) =>
  flow('request', {
    interval: ms(100),
    requestSize: 300,
    responseSize: 2000,
    packetSize: 1500,
    think: 0,
    timeout: ms(500),
    retries: 0,
    count: 1,
    ...more,
  });

const said = (story: Story) => story.samples.map(({ kind, at, value }) => [kind, at / ms(1), value]);
const line = (a: object, b: object) => personal({ a: { ...a }, b: { ...b } });

test('a question goes there, is thought about, and its answer comes back', async () => {
  const story = await run({
    ...line({ latencyMs: 20 }, { latencyMs: 30 }),
    traffic: [request({ think: ms(5) })],
  });
  assert.equal(said(story), [
    ['asked', 0, 0],
    ['answered', 55, ms(55)],
    ['completed', 55, 2000],
  ]);
  const [question, ...answer] = story.rows;
  assert.is(question!.size, 328);
  // 2000 bytes: 1472 and 528, each with 28 bytes of headers.
  assert.equal(column(answer, 'size'), [1500, 556]);
  assert.equal(column(answer, 'sentNs'), [ms(35), ms(35)]);
  assert.ok(answer.every((row) => row.reverse && row.origin === 'sent' && row.from === 'b'));
  assert.equal(column(answer, 'seq'), [0, 1]);
});

test('over IPv6 the headers are 48 bytes', async () => {
  const story = await run({
    networks: [network('n', '2001:db8::/64')],
    vms: [vm('a', '2001:db8::1'), vm('b', '2001:db8::2')],
    traffic: [request()],
  });
  assert.equal(
    column(story.rows, 'size').sort((a, b) => a - b),
    [348, 2000 - 1452 + 48, 1500],
  );
  assert.equal(column(story.samples, 'kind'), ['asked', 'answered', 'completed']);
});

test('under total loss it is asked 1 + retries times, under one number, and times out once', async () => {
  const story = await run({
    ...line({}, { packetLossPercentage: 1 }),
    traffic: [request({ requestSize: 3000, retries: 2, timeout: ms(50) })],
  });
  assert.equal(said(story), [
    ['asked', 0, 0],
    ['retried', 50, 0],
    ['retried', 100, 0],
    ['timedOut', 150, 0],
  ]);
  // 3000 bytes are 3 packets; each time all of them.
  assert.equal(fates(story.rows), { loss: 9 });
  assert.equal(column(story.rows, 'seq'), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test('the round trip counts from the first asking', async () => {
  const timeline = [at(ms(60), { op: 'update', personality: 'b', set: { packetLossPercentage: 0 } })];
  const story = await run({
    ...line({ latencyMs: 10 }, { packetLossPercentage: 1 }),
    traffic: [request({ retries: 3, timeout: ms(50) })],
    timeline,
  });
  assert.equal(said(story), [
    ['asked', 0, 0],
    ['retried', 50, 0],
    ['retried', 100, 0],
    ['answered', 110, ms(110)],
    ['completed', 110, 2000],
  ]);
});

test('a lost answer is given again when the question comes again', async () => {
  const timeline = [at(ms(61), { op: 'update', personality: 'a', set: { packetLossPercentage: 0 } })];
  const story = await run({
    ...line({ packetLossPercentage: 1 }, { latencyMs: 10 }),
    traffic: [request({ retries: 3, timeout: ms(50), think: ms(7) })],
    timeline,
  });
  // At 0, 50 and 100 it is asked; the answers of 17 (thought) and 60 (from memory) are lost, that of 110 (from memory) is not.
  const answers = where(story.rows, { reverse: true });
  assert.equal(column(answers, 'sentNs'), [17, 17, 60, 60, 110, 110].map(ms));
  assert.equal(said(story).at(-1), ['completed', 110, 2000]);
});

test('packets that come twice change nothing', async () => {
  const twice = { duplicatePacketPercentage: 1 };
  for (const requestSize of [300, 4000]) {
    const story = await run({ ...line(twice, twice), traffic: [request({ requestSize, count: 3 })] });
    assert.equal(
      column(story.samples, 'kind'),
      [1, 2, 3].flatMap(() => ['asked', 'answered', 'completed']),
    );
    // One answer of two packets to each question, each packet once more by the network.
    assert.is(where(story.rows, { reverse: true, origin: 'sent' }).length, 6);
  }
});

test('parts of two askings make up for each other', async () => {
  // The question's three parts are packets 0, 1, 2, then 3, 4, 5. At 1 Mbit/s and a queue of one packet the third is dropped
  // each time; then there is room for all.
  const narrow = { bandwidthKbps: 1000, 'bandwidth.queuePackets': 1, 'bandwidth.burstBytes': 1500 };
  const timeline = [at(ms(40), { op: 'update', personality: 'b', set: { 'bandwidth.queuePackets': 9 } })];
  const story = await run({
    ...line({}, narrow),
    traffic: [request({ requestSize: 4000, retries: 1, timeout: ms(50) })],
    timeline,
  });
  assert.equal(fates(where(story.rows, { reverse: false })), { delivered: 5, queue: 1 });
  // 1500, 1500 and 1084 bytes. At 50 ms the bucket is full again and passes the first; the others wait for 2584 * 8 / 1e6 s.
  assert.is(where(story.samples, { kind: 'answered' })[0]!.at, ms(50) + 20_672_000);
});

test('a copy that comes while it thinks is answered with the first', async () => {
  const story = await run({
    ...line({ latencyMs: 10 }, { latencyMs: 10 }),
    traffic: [request({ think: ms(100), timeout: ms(50), retries: 5 })],
  });
  assert.equal(said(story), [
    ['asked', 0, 0],
    ['retried', 50, 0],
    ['retried', 100, 0],
    ['answered', 120, ms(120)],
    ['completed', 120, 2000],
  ]);
  // The copy of 100 comes at 110, the very instant of the answer: departures go first, so it was still thinking.
  assert.is(where(story.rows, { reverse: true }).length, 2);
});

test('a question asked again too early is answered twice, and the second answer is ignored', async () => {
  const story = await run({
    ...line({ latencyMs: 40 }, { latencyMs: 40 }),
    traffic: [request({ timeout: ms(50), retries: 1 })],
  });
  assert.equal(column(story.samples, 'kind'), ['asked', 'retried', 'answered', 'completed']);
  assert.is(where(story.rows, { reverse: true }).length, 4);
});

test('several questions are under way at once', async () => {
  const story = await run({
    ...line({ latencyMs: 150 }, { latencyMs: 150 }),
    traffic: [request({ count: 4 })],
  });
  assert.equal(
    column(where(story.samples, { kind: 'answered' }), 'value'),
    [1, 2, 3, 4].map(() => ms(300)),
  );
});

test('a pool answers with its address, and the other member when the first is down', async () => {
  const vms = [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')];
  const story = await run({
    vms,
    pools: [pool('10.0.0.100', 'b', 'c')],
    traffic: [request({ to: { address: '10.0.0.100' }, count: 4 })],
    timeline: [at(ms(150), { op: 'power', vm: 'b', on: false })],
  });
  const answers = where(story.rows, { reverse: true });
  assert.ok(answers.every((row) => row.source === '10.0.0.100' && row.fate === 'delivered'));
  assert.equal(column(answers, 'from'), ['b', 'b', 'b', 'b', 'c', 'c', 'c', 'c']);
  assert.is(where(story.samples, { kind: 'answered' }).length, 4);
});

test('a server that loses power forgets what it was thinking about', async () => {
  const power = (time: number, on: boolean) => at(time, { op: 'power', vm: 'b', on });
  const story = await run({
    traffic: [request({ think: ms(50), timeout: ms(80), retries: 1 })],
    timeline: [power(ms(10), false), power(ms(20), true)],
  });
  assert.equal(said(story), [
    ['asked', 0, 0],
    ['retried', 80, 0],
    ['answered', 130, ms(130)],
    ['completed', 130, 2000],
  ]);
});

test('an asker without power asks nothing, and its timeouts run out', async () => {
  const power = (time: number, on: boolean) => at(time, { op: 'power', vm: 'a', on });
  const story = await run({
    ...line({}, { packetLossPercentage: 1 }),
    traffic: [request({ timeout: ms(50), retries: 2 })],
    timeline: [power(ms(40), false), power(ms(60), true)],
  });
  assert.equal(said(story), [
    ['asked', 0, 0],
    ['retried', 100, 0],
    ['timedOut', 150, 0],
  ]);
});

test('after a stop nothing is asked again, but what was asked is judged', async () => {
  const story = await run({
    ...line({}, { packetLossPercentage: 1 }),
    traffic: [request({ timeout: ms(50), retries: 9 })],
    timeline: [at(ms(60), { op: 'stop', traffic: 'request' })],
  });
  assert.equal(said(story), [
    ['asked', 0, 0],
    ['retried', 50, 0],
    ['timedOut', 100, 0],
  ]);
  const bySpec = await run({
    ...line({}, { packetLossPercentage: 1 }),
    traffic: [request({ timeout: ms(50), retries: 9, stop: ms(60) })],
  });
  assert.equal(said(bySpec), said(story));
});

test('a message of so many packets that they cannot be numbered is refused', async () => {
  try {
    await run({ traffic: [request({ responseSize: 2 ** 40 })] });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
  }
});

test('a server remembers so many questions; one that it has forgotten it thinks about again', async () => {
  const loss = (time: number, packetLossPercentage: number) =>
    at(time, { op: 'update', personality: 'a', set: { packetLossPercentage } });
  const last = MOST_REMEMBERED + 100;
  const story = await run({
    ...line({}, {}),
    traffic: [request({ interval: us(10), count: last + 1, think: ms(1), timeout: ms(100), retries: 1 })],
    // The answers to the first and the last are lost.
    timeline: [
      loss(ms(1) - 1, 1),
      loss(ms(1) + 1, 0),
      loss(last * us(10) + ms(1) - 1, 1),
      loss(last * us(10) + ms(1) + 1, 0),
    ],
  });
  const trips = column(where(story.samples, { kind: 'answered' }), 'value');
  assert.is(trips.length, last + 1);
  assert.equal(trips.slice(-2), [ms(101), ms(100)]);
  assert.ok(trips.slice(0, -2).every((trip) => trip === ms(1)));
});

test('nobody listens: the errors come back, and the timeout decides', async () => {
  const vms = [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')];
  const story = await run({ vms, traffic: [request({ to: { address: '10.0.0.9' } })] });
  assert.equal(fates(story.rows), { unassigned: 1 });
  assert.equal(column(story.samples, 'kind'), ['asked', 'timedOut']);
});

test.run();
