import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../../engine/index.ts';
import type { TrafficSpec } from '../../../sim/specs.ts';
import { at, column, fates, flow, personal, run, vm, where } from '../../support/world.ts';

const cbr = (more: Partial<TrafficSpec> & { interval?: number; packetSize?: number } = {}): TrafficSpec =>
  flow('cbr', { interval: ms(10), packetSize: 100, ...(more as object) });

/** When the packets of a flow left, in ns. */
const sent = async (spec: TrafficSpec, until = seconds(1), timeline = [] as ReturnType<typeof at>[]) =>
  column((await run({ traffic: [spec], timeline }, { until })).rows, 'sentNs');

test('a constant stream sends at the start and every interval, not at the stop', async () => {
  const times = await sent(cbr({ start: ms(5), stop: ms(45) }));
  assert.equal(times, [ms(5), ms(15), ms(25), ms(35)]);
});

test('nothing is sent at the end of the run or after it', async () => {
  assert.equal(await sent(cbr(), ms(30)), [0, ms(10), ms(20)]);
});

test('an interval between two nanoseconds is rounded for each packet, not added up', async () => {
  // 1e9 / 3 ns: 0, 333333333.3, 666666666.7, 1e9, ...
  const times = await sent(cbr({ interval: 1e9 / 3 }), seconds(2));
  assert.equal(times, [0, 333333333, 666666667, 1000000000, 1333333333, 1666666667]);
});

test('half a nanosecond is rounded up', async () => {
  assert.equal(await sent(cbr({ interval: 2.5 }), 11), [0, 3, 5, 8, 10]);
});

test('thirty thousand gaps of a third of a microsecond end where one product does', async () => {
  const interval = 1e3 / 3;
  const times = await sent(cbr({ interval, count: 30_001 }));
  assert.is(times.length, 30_001);
  assert.is(times.at(-1), Math.floor(30_000 * interval + 0.5));
});

test('packets have the size, ports, limits and numbers of their spec', async () => {
  const { rows } = await run({ traffic: [cbr({ count: 2, ttl: 9, port: 7777, packetSize: 1234 })] });
  assert.equal(column(rows, 'seq'), [0, 1]);
  for (const row of rows) {
    assert.is(row.size, 1234);
    assert.is(row.ttl, 9);
    assert.is(row.targetPort, 7777);
    assert.is(row.sourcePort, 49152);
    assert.is(row.source, '10.0.0.1');
    assert.is(row.to, 'b');
    assert.is(row.fate, 'delivered');
  }
});

test('a count is a count of packets per sender', async () => {
  const vms = [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')];
  const { rows } = await run({ vms, traffic: [cbr({ from: ['a', 'c'], count: 3 })] });
  assert.is(where(rows, { from: 'a' }).length, 3);
  assert.is(where(rows, { from: 'c' }).length, 3);
});

test('the timeline starts and stops a flow as often as it likes', async () => {
  const spec = cbr({ autostart: false, start: ms(500) });
  const start = (time: number) => at(time, { op: 'start', traffic: 'cbr' });
  const stop = (time: number) => at(time, { op: 'stop', traffic: 'cbr' });
  // Stopped twice, started twice, and at one instant both: the later line wins.
  const timeline = [stop(ms(1)), start(ms(20)), stop(ms(35)), stop(ms(36)), start(ms(51)), start(ms(55))];
  timeline.push(stop(ms(80)), start(ms(80)), stop(ms(91)));
  assert.equal(await sent(spec, seconds(1), timeline), [20, 30, 51, 55, 65, 75, 80, 90].map(ms));
});

test('a start after the stop of the spec sends nothing', async () => {
  const timeline = [at(ms(50), { op: 'start', traffic: 'cbr' })];
  assert.equal(await sent(cbr({ stop: ms(15) }), seconds(1), timeline), [0, ms(10)]);
});

test('every start counts anew, and numbers go on', async () => {
  const timeline = [at(ms(50), { op: 'start', traffic: 'cbr' })];
  const { rows } = await run({ traffic: [cbr({ count: 2 })], timeline });
  assert.equal(column(rows, 'sentNs'), [0, ms(10), ms(50), ms(60)]);
  assert.equal(column(rows, 'seq'), [0, 1, 2, 3]);
});

test('a VM without power sends nothing, but its clock goes on', async () => {
  const power = (time: number, on: boolean) => at(time, { op: 'power', vm: 'a', on });
  const timeline = [power(ms(5), false), power(ms(25), true)];
  assert.equal(await sent(cbr({ stop: ms(50) }), seconds(1), timeline), [0, ms(30), ms(40)]);
});

test('a flow to any of several never goes to its sender, and to each of the others', async () => {
  const vms = ['a', 'b', 'c', 'd'].map((id, n) => vm(id, `10.0.0.${n + 1}`));
  const to = { anyOf: ['a', 'b', 'c', 'd'] };
  const { rows } = await run({ vms, traffic: [cbr({ to, interval: 1000, count: 300 })] });
  assert.equal(fates(rows), { delivered: 300 });
  assert.is(where(rows, { to: 'a' }).length, 0);
  assert.equal([...new Set(column(rows, 'to'))].sort(), ['b', 'c', 'd']);
});

test('a flow to nobody but its sender is refused', async () => {
  try {
    await run({ traffic: [cbr({ to: { anyOf: ['a'] } })] });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
    assert.is((error as Error).message, "traffic 'cbr' from 'a' has nobody to go to");
  }
});

test('two flows at one port of one VM are refused', async () => {
  try {
    await run({ traffic: [cbr(), cbr({ id: 'other' })] });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
    assert.is((error as Error).message, "traffic 'other' to 'b': UDP port 9000 is taken");
  }
});

test('a well-known port is kept free from those that senders choose', async () => {
  const back = cbr({ id: 'back', from: ['b'], to: { vm: 'a' }, port: 49152 });
  const { rows } = await run({ traffic: [cbr({ count: 1 }), { ...back, count: 1 }] });
  assert.equal(fates(rows), { delivered: 2 });
  assert.is(where(rows, { from: 'a' })[0]!.sourcePort, 49153);
});

test('an address goes to whoever has it, and to nobody where nobody has it', async () => {
  const { rows } = await run({
    traffic: [
      cbr({ to: { address: '10.0.0.2' }, count: 1 }),
      cbr({ id: 'nobody', to: { address: '10.0.0.77' }, count: 1 }),
      cbr({ id: 'away', to: { address: '192.0.2.1' }, count: 1 }),
    ],
  });
  assert.equal(column(rows, 'fate'), ['delivered', 'unassigned', 'no-route']);
});

test('a list sends exactly its packets, counted from the start, and again when it is started again', async () => {
  const spec = flow('list', {
    start: ms(1),
    sentNs: Float64Array.of(0, 7, 7, 1_000_003),
    sizes: Int32Array.of(100, 28, 65535, 999),
  });
  const timeline = [at(ms(5), { op: 'start', traffic: 'list' })];
  const { rows } = await run({ traffic: [spec], timeline });
  const offsets = [0, 7, 7, 1_000_003];
  assert.equal(column(rows, 'sentNs'), [...offsets.map((x) => ms(1) + x), ...offsets.map((x) => ms(5) + x)]);
  assert.equal(column(rows, 'size').slice(0, 4), [100, 28, 65535, 999]);
});

test('an empty list sends nothing, and a late first packet is as late as it says', async () => {
  const empty = flow('list', { sentNs: new Float64Array(0), sizes: new Int32Array(0) });
  assert.equal(await sent(empty), []);
  const late = flow('capture', { sentNs: Float64Array.of(ms(3)), sizes: Int32Array.of(50) });
  assert.equal(await sent(late), [ms(3)]);
});

test('what of a list falls into an outage is not made up for', async () => {
  const spec = flow('list', { sentNs: Float64Array.of(0, ms(1), ms(2)), sizes: Int32Array.of(40, 50, 60) });
  const power = (time: number, on: boolean) => at(time, { op: 'power', vm: 'a', on });
  const { rows } = await run({ traffic: [spec], timeline: [power(500, false), power(ms(1.5), true)] });
  assert.equal(column(rows, 'size'), [40, 60]);
});

test('on for 25 ms and off for 100: the clock of the packets stands while off', async () => {
  const law = (mean: number) => ({ law: 'fixed', mean }) as const;
  const spec = flow('onOff', { interval: ms(10), packetSize: 100, on: law(ms(25)), off: law(ms(100)) });
  // On time 0, 10, 20 | 30, 40 | 50, 60, 70: on periods begin at 0, 125, 250 ms, that is on time 0, 25, 50.
  const times = await sent(spec, ms(300));
  assert.equal(times, [0, 10, 20, 130, 140, 250, 260, 270].map(ms));
});

test('a packet that would be due as the on period ends begins the next one', async () => {
  const law = (mean: number) => ({ law: 'fixed', mean }) as const;
  const spec = flow('onOff', { interval: ms(10), packetSize: 100, on: law(ms(20)), off: law(ms(30)) });
  assert.equal(await sent(spec, ms(115)), [0, 10, 50, 60, 100, 110].map(ms));
});

test('on periods shorter than the interval add up', async () => {
  const law = (mean: number) => ({ law: 'fixed', mean }) as const;
  const spec = flow('onOff', { interval: ms(10), packetSize: 100, on: law(ms(4)), off: law(ms(6)) });
  // On time 10 is 2 ms into the third on period, 20 is the beginning of the sixth.
  assert.equal(await sent(spec, ms(60)), [0, ms(22), ms(50)]);
});

test('what is never on is refused', async () => {
  const law = (mean: number) => ({ law: 'fixed', mean }) as const;
  const spec = flow('onOff', { interval: ms(10), packetSize: 100, on: law(0), off: law(ms(6)) });
  try {
    await sent(spec);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
  }
});

test('a flow of another VM changes nobody else', async () => {
  const poisson = flow('poisson', { interval: ms(1), packetSize: 100 });
  const other = flow('poisson', {
    id: 'other',
    interval: ms(1),
    packetSize: 100,
    port: 9001,
    from: ['b'],
    to: { vm: 'a' },
  });
  const alone = await run({ traffic: [poisson] }, { until: seconds(1) });
  const both = await run({ traffic: [poisson, other] }, { until: seconds(1) });
  assert.equal(column(where(both.rows, { flow: 'poisson' }), 'sentNs'), column(alone.rows, 'sentNs'));
});

test('a flood asks random ports from 1 on, and hears that they are closed', async () => {
  const { rows } = await run({
    ...personal({ b: { latencyMs: 5 } }),
    traffic: [flow('flood', { interval: 1000, packetSize: 60, count: 200 })],
  });
  const own = where(rows, { kind: 'datagram' });
  assert.equal(fates(own), { 'no-listener': 200 });
  const ports = column(own, 'targetPort');
  assert.ok(ports.every((port) => port >= 1 && port <= 65535));
  // 200 of 65535: by the birthday bound all but about 0.3 differ.
  assert.ok(new Set(ports).size > 190);
  const errors = where(rows, { kind: 'portUnreachable' });
  assert.equal(fates(errors), { delivered: 200 });
  assert.ok(errors.every((row) => row.reverse && row.origin === 'answer' && row.size === 28 + 60));
});

test('a flood may hit an open port', async () => {
  // 100 open ports of 65535 and 10,000 packets: about 15 hits, none at all with a chance of e^-15.
  const open = Array.from({ length: 100 }, (_, n) => cbr({ id: `open ${n}`, port: 1000 + n, count: 0 }));
  const { rows } = await run({
    traffic: [flow('flood', { interval: 100, packetSize: 60, count: 10_000 }), ...open],
  });
  const hits = where(rows, { flow: 'flood', kind: 'datagram', fate: 'delivered' });
  assert.ok(hits.length > 0);
  assert.ok(hits.every((row) => row.targetPort >= 1000 && row.targetPort < 1100));
});

test('a scan goes address by address and port by port, and leaves out the edges and the sender', async () => {
  const vms = [vm('a', '10.0.0.2'), vm('b', '10.0.0.5')];
  const scan = flow('scan', { interval: 1000, packetSize: 40, prefix: '10.0.0.0/29', ports: [22, 9000] });
  const { rows } = await run({ vms, traffic: [scan, cbr({ count: 0 })] });
  const own = where(rows, { flow: 'scan', kind: 'datagram' });
  const tries = own.map((row) => `${row.to}:${row.targetPort} ${row.fate}`);
  const none = ['10.0.0.1', '10.0.0.3', '10.0.0.4', '10.0.0.6'].map((ip) => [
    `${ip}:22 unassigned`,
    `${ip}:9000 unassigned`,
  ]);
  const live = ['b:22 no-listener', 'b:9000 delivered'];
  assert.equal(tries, [...none[0]!, ...none[1]!, ...none[2]!, ...live, ...none[3]!]);
  assert.equal(
    column(own, 'sentNs'),
    Array.from({ length: 10 }, (_, n) => n * 1000),
  );
});

test('a scan of the sender alone, or of no port, sends nothing; a count ends one early', async () => {
  const scan = (prefix: string, ports: number[], count = Infinity) =>
    flow('scan', { interval: 1000, packetSize: 40, prefix, ports, count });
  assert.equal(await sent(scan('10.0.0.1/32', [1])), []);
  assert.equal(await sent(scan('10.0.0.0/24', [])), []);
  assert.equal(await sent(scan('10.0.1.0/24', [1, 2], 3)), [0, 1000, 2000]);
});

const spoof = (as: string, compromisedHost: boolean, more = {}) =>
  flow('spoof', { interval: ms(1), packetSize: 64, as, compromisedHost, count: 5, ...more });

test('a forged source is caught by the host of its sender', async () => {
  const vms = [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3', { host: 'h2' })];
  const { rows } = await run({ vms, traffic: [spoof('10.0.0.3', false)] });
  assert.equal(fates(rows), { spoofed: 5 });
  assert.ok(rows.every((row) => row.path === '' && row.source === '10.0.0.3' && row.endNs === row.sentNs));
});

test('on a compromised host it is caught by the receiving side', async () => {
  const vms = [vm('a', '10.0.0.1'), vm('b', '10.0.0.2', { host: 'h2' }), vm('c', '10.0.0.3', { host: 'h2' })];
  for (const as of ['10.0.0.3', '10.0.0.200', '192.0.2.9']) {
    const { rows } = await run({
      vms,
      ...personal({ b: { latencyMs: 7 } }),
      traffic: [spoof(as, true)],
    });
    assert.equal(fates(rows), { spoofed: 5 });
    assert.ok(rows.every((row) => row.path === 'b' && row.endNs === row.sentNs + ms(7)));
  }
});

test('a compromised host can speak for its own VMs, and they hear what comes back', async () => {
  const vms = [vm('a', '10.0.0.1'), vm('b', '10.0.0.2', { host: 'h2' }), vm('c', '10.0.0.3')];
  const { rows } = await run({ vms, traffic: [spoof('10.0.0.3', true)] });
  assert.equal(fates(where(rows, { kind: 'datagram' })), { 'no-listener': 5 });
  const errors = where(rows, { kind: 'portUnreachable', fate: 'delivered' });
  assert.is(errors.length, 5);
  assert.ok(errors.every((row) => row.at === 'c'));
});

test.run();
