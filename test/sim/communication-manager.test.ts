import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms } from '../../engine/index.ts';
import { column, fates, flow, network, personal, pool, route, run, vm, where } from '../support/world.ts';

const TENANTS = {
  networks: [network('n', '10.0.0.0/24'), network('m', '10.0.0.0/24')],
  vms: [
    vm('a', '10.0.0.1'),
    vm('b', '10.0.0.2', { host: 'h2' }),
    vm('A', { m: '10.0.0.1' }),
    vm('B', { m: '10.0.0.2' }, { host: 'h2' }),
    vm('C', { m: '10.0.0.3' }),
  ],
};
const spoofing = (as: string, compromisedHost: boolean, from = 'a') =>
  flow('spoof', { from: [from], interval: ms(1), packetSize: 100, count: 10, as, compromisedHost });

test('two tenants with one subnet: nothing crosses, also between VMs of one host', async () => {
  const { rows } = await run({
    ...TENANTS,
    traffic: [
      flow('cbr', { id: 'n', to: { address: '10.0.0.2' }, interval: ms(1), packetSize: 100, count: 10 }),
      flow('cbr', {
        id: 'm',
        from: ['A'],
        to: { address: '10.0.0.2' },
        interval: ms(1),
        packetSize: 100,
        count: 10,
      }),
      flow('cbr', {
        id: 'nobody',
        to: { address: '10.0.0.3' },
        interval: ms(1),
        packetSize: 100,
        count: 10,
        port: 9001,
      }),
    ],
  });
  assert.equal([...new Set(column(where(rows, { flow: 'n' }), 'at'))], ['b']);
  assert.equal([...new Set(column(where(rows, { flow: 'm' }), 'at'))], ['B']);
  // 10.0.0.3 is the other tenant's.
  assert.equal(fates(where(rows, { flow: 'nobody' })), { unassigned: 10 });
});

test('each tenant has its own personalities', async () => {
  const { rows } = await run({
    ...TENANTS,
    ...personal({ b: { latencyMs: 5 }, B: { latencyMs: 9 } }),
    traffic: [
      flow('cbr', { id: 'n', to: { address: '10.0.0.2' }, interval: ms(1), packetSize: 100, count: 1 }),
      flow('cbr', {
        id: 'm',
        from: ['A'],
        to: { address: '10.0.0.2' },
        interval: ms(1),
        packetSize: 100,
        count: 1,
      }),
    ],
  });
  assert.equal(column(where(rows, { flow: 'n' }), 'endNs'), [ms(5)]);
  assert.equal(column(where(rows, { flow: 'm' }), 'endNs'), [ms(9)]);
});

test('who sends with an address that is not its own is stopped by its own host', async () => {
  const { rows } = await run({ traffic: [spoofing('10.0.0.77', false)] });
  assert.equal(fates(rows), { spoofed: 10 });
  assert.equal([...new Set(column(rows, 'path'))], ['']);
});

test('a host that verifies nobody is found out by the next one', async () => {
  const attackers = [
    vm('a', '10.0.0.1'),
    vm('b', '10.0.0.2', { host: 'h2' }),
    vm('victim', '10.0.0.3', { host: 'h2' }),
  ];
  for (const as of ['10.0.0.3', '10.0.0.77', '192.168.0.1']) {
    const { rows } = await run({ vms: attackers, traffic: [spoofing(as, true)] });
    assert.equal(fates(rows), { spoofed: 10 }, as);
    assert.equal([...new Set(column(rows, 'path'))], ['b']);
  }
});

test("the other tenant's address is nobody's here", async () => {
  const { rows } = await run({ ...TENANTS, traffic: [spoofing('10.0.0.3', true)] });
  assert.equal(fates(rows), { spoofed: 10 });
});

test("a pool's members may send with its address, others may not", async () => {
  const world = {
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2', { host: 'h2' }), vm('c', '10.0.0.3')],
    pools: [pool('10.0.0.100', 'a')],
  };
  const from = async (id: string) =>
    fates((await run({ ...world, traffic: [spoofing('10.0.0.100', false, id)] })).rows);
  assert.is((await from('a')).spoofed, undefined);
  assert.equal(await from('c'), { spoofed: 10 });
});

const GATED = {
  networks: [
    network('n', '10.0.0.0/24', [route('0.0.0.0/0', 'g')]),
    network('m', '10.1.0.0/24', [route('0.0.0.0/0', 'g')]),
  ],
  vms: [
    vm('a', '10.0.0.1'),
    vm('b', { m: '10.1.0.2' }, { host: 'h2' }),
    vm('g', { n: '10.0.0.254', m: '10.1.0.254' }, { forwards: true, host: 'h2' }),
  ],
};
const ping = flow('ping', {
  to: { address: '10.1.0.2' },
  interval: ms(10),
  packetSize: 100,
  count: 3,
  timeout: ms(1000),
});

test('a gateway forwards between two networks, there and back, and the TTL falls by one', async () => {
  const { rows, samples } = await run({
    ...GATED,
    ...personal({ g: { latencyMs: 2 }, b: { latencyMs: 5 }, a: { latencyMs: 1 } }),
    traffic: [ping],
  });
  const questions = where(rows, { kind: 'echoRequest' });
  assert.equal([...new Set(column(questions, 'path'))], ['g>b']);
  assert.equal([...new Set(column(questions, 'ttl'))], [63]);
  assert.equal([...new Set(column(where(rows, { kind: 'echoReply' }), 'path'))], ['g>a']);
  // Towards g, towards b, towards g, towards a.
  assert.equal(column(where(samples, { kind: 'answered' }), 'value'), [ms(10), ms(10), ms(10)]);
});

test('without a gateway there is no way', async () => {
  const { rows } = await run({
    ...GATED,
    vms: GATED.vms.slice(0, 2),
    networks: [network('n', '10.0.0.0/24'), network('m', '10.1.0.0/24')],
    traffic: [ping],
  });
  assert.equal(fates(rows), { 'no-route': 3 });
});

test('a VM that does not forward is no gateway', async () => {
  const vms = GATED.vms.map((each) => ({ ...each, forwards: false }));
  const { rows } = await run({ ...GATED, vms, traffic: [ping] });
  assert.equal(fates(rows), { 'no-route': 3 });
});

test('two routers that name each other end in ttl, and the sender hears of it', async () => {
  const { rows } = await run({
    networks: [
      network('n', '10.0.0.0/24', [route('10.9.0.0/16', 'r')]),
      network('m', '10.1.0.0/24', [route('10.9.0.0/16', 's')]),
    ],
    vms: [
      vm('a', '10.0.0.1'),
      vm('r', { n: '10.0.0.11', m: '10.1.0.11' }, { forwards: true }),
      vm('s', { n: '10.0.0.12', m: '10.1.0.12' }, { forwards: true }),
    ],
    traffic: [
      flow('cbr', { to: { address: '10.9.0.1' }, interval: ms(1), packetSize: 100, count: 2, ttl: 5 }),
    ],
  });
  assert.equal(fates(where(rows, { origin: 'sent' })), { ttl: 2 });
  for (const row of where(rows, { origin: 'sent' })) assert.is(row.path.split('>').length, 5);
  const errors = where(rows, { kind: 'timeExceeded' });
  assert.equal(fates(errors), { delivered: 2 });
  assert.equal([...new Set(column(errors, 'at'))], ['a']);
});

test('a packet to oneself meets no personality', async () => {
  const { rows } = await run({
    ...personal({ a: { latencyMs: 50, packetLossPercentage: 1 } }),
    traffic: [flow('cbr', { to: { vm: 'a' }, interval: ms(1), packetSize: 100, count: 3 })],
  });
  assert.equal(fates(rows), { delivered: 3 });
  assert.equal(column(rows, 'endNs'), [0, ms(1), ms(2)]);
});

test.run();
