import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../../engine/index.ts';
import type { WorldSpec } from '../../../sim/specs.ts';
import {
  at,
  column,
  fates,
  flow,
  network,
  once,
  personal,
  pool,
  route,
  run,
  vm,
  where,
} from '../../support/world.ts';

// ---- fragments

test('4000 bytes over an MTU of 1500: three fragments, and the whole again', async () => {
  const { rows } = await run({ ...personal({ b: { latencyMs: 5, mtu: 1500 } }), traffic: [once(4000)] });
  const [whole] = where(rows, { fate: 'fragmented' });
  const pieces = where(rows, { origin: 'fragment' });
  // 3980 bytes of data behind 20 of header; 1480 are the most that 1500 - 20 bytes hold in units of 8.
  assert.equal(column(pieces, 'offset'), [0, 1480, 2960]);
  assert.equal(column(pieces, 'size'), [1500, 1500, 1040]);
  assert.equal(fates(pieces), { reassembled: 3 });
  assert.ok(pieces.every((row) => row.fragmentOf === whole!.id && row.endNs === ms(5)));
  const [again] = where(rows, { origin: 'whole' });
  assert.is(again!.size, 4000);
  assert.is(again!.fate, 'delivered');
  assert.is(again!.sentNs, 0);
  assert.is(again!.endNs, ms(5));
  assert.is(rows.length, 5);
});

test('an odd MTU rounds fragments down to 8 bytes', async () => {
  const { rows } = await run({ ...personal({ b: { mtu: 1007 } }), traffic: [once(2048)] });
  const pieces = where(rows, { origin: 'fragment' });
  // (1007 - 20) / 8 = 123.4 units: 984 bytes; 2028 = 984 + 984 + 60.
  assert.equal(column(pieces, 'size'), [1004, 1004, 80]);
  assert.equal(column(pieces, 'offset'), [0, 984, 1968]);
});

test('fragments go through loss, copies and queues on their own', async () => {
  const wire = {
    mtu: 1500,
    bandwidthKbps: 1000,
    'bandwidth.model': 'serialize',
    'bandwidth.queuePackets': 1,
  };
  const { rows } = await run({ ...personal({ b: wire }), traffic: [once(4000)] }, { until: seconds(100) });
  // One on the wire, one waiting, the third has no room.
  const pieces = where(rows, { origin: 'fragment' });
  assert.equal(fates(pieces), { queue: 1, 'reassembly-timeout': 2 });
});

test('fragments wait 30 s for the others, from the first that came; then "time exceeded" goes back', async () => {
  const line = personal({ a: { latencyMs: 1 }, b: { latencyMs: 2, mtu: 1500 } });
  // The bucket passes the first fragment, and the last ones have no room.
  const narrow = { ...line.personalities['b'], bandwidthKbps: 1000, 'bandwidth.queuePackets': 0 };
  const personalities = { ...line.personalities, b: narrow };
  const { rows } = await run({ ...line, personalities, traffic: [once(4000)] }, { until: seconds(40) });
  const [first] = where(rows, { fate: 'reassembly-timeout' });
  assert.is(first!.offset, 0);
  assert.is(first!.endNs, ms(2) + seconds(30));
  const [error] = where(rows, { kind: 'reassemblyTimeExceeded' });
  assert.is(error!.sentNs, ms(2) + seconds(30));
  assert.is(error!.endNs, ms(3) + seconds(30));
  assert.is(error!.size, 576);
  assert.equal(fates(rows), { fragmented: 1, queue: 2, 'reassembly-timeout': 1, delivered: 1 });
});

test('without the first fragment nobody is told', async () => {
  // Of three packets at once the bucket takes the one with room in the queue: here, what is smaller than 1200 bytes.
  const narrow = { mtu: 1500, bandwidthKbps: 1000, 'bandwidth.burstBytes': 1100, 'bandwidth.queueBytes': 0 };
  const { rows } = await run({ ...personal({ b: narrow }), traffic: [once(4000)] }, { until: seconds(40) });
  assert.equal(fates(rows), { fragmented: 1, queue: 2, 'reassembly-timeout': 1 });
});

test('doubled fragments make one whole, and what is left over waits in vain', async () => {
  const { rows } = await run(
    { ...personal({ b: { duplicatePacketPercentage: 1 } }), traffic: [once(4000)] },
    { until: seconds(40) },
  );
  // a a b b c c: the first c completes a whole; the second a and b were in it already, the second c waits in vain for its like.
  assert.equal(where(rows, { origin: 'whole' }).length, 1);
  assert.equal(fates(rows), { fragmented: 1, reassembled: 5, 'reassembly-timeout': 1, delivered: 1 });
});

test('power off takes the fragments with it', async () => {
  const wire = {
    mtu: 1500,
    bandwidthKbps: 1000,
    'bandwidth.model': 'serialize',
    'bandwidth.queuePackets': 9,
  };
  const timeline = [
    at(ms(15), { op: 'power', vm: 'b', on: false }),
    at(ms(16), { op: 'power', vm: 'b', on: true }),
  ];
  const { rows } = await run(
    { ...personal({ b: wire }), traffic: [once(4000)], timeline },
    { until: seconds(60) },
  );
  // The first is there at 12 ms, the others come later and wait for it.
  assert.equal(fates(where(rows, { origin: 'fragment' })), { 'vm-down': 1, 'reassembly-timeout': 2 });
  assert.is(where(rows, { fate: 'vm-down' })[0]!.endNs, ms(15));
});

test('pieces of two datagrams whose identifications came round make no whole', async () => {
  // The first datagram's third fragment is dropped. 65536 packets later another has its identification: its first fragment is
  // dropped (no room while the bucket is empty), and its others complete the first one's.
  const sentNs = new Float64Array(65_537).map((_, n) => n * 1000);
  const sizes = new Int32Array(65_537).fill(28);
  sizes[0] = 4000;
  sizes[65_536] = 4000;
  const timeline = [
    at(0, { op: 'assign', vm: 'b', personality: 'keepsTwo' }),
    at(1, { op: 'assign', vm: 'b', personality: 'open' }),
    at(65_536_000, { op: 'assign', vm: 'b', personality: 'keepsLast' }),
  ];
  const personalities = {
    open: {},
    keepsTwo: { mtu: 1500, bandwidthKbps: 1e6, 'bandwidth.model': 'serialize', 'bandwidth.queuePackets': 1 },
    keepsLast: { mtu: 1500, bandwidthKbps: 1, 'bandwidth.burstBytes': 1100, 'bandwidth.queueBytes': 0 },
  };
  const { rows } = await run(
    { personalities, timeline, traffic: [flow('list', { sentNs, sizes })] },
    { until: seconds(1) },
  );
  const pieces = where(rows, { origin: 'fragment' });
  assert.equal(fates(pieces), { queue: 3, checksum: 3 });
  assert.equal(where(rows, { origin: 'whole' }), []);
});

// ---- path MTU

test('IPv4 with DF: dropped, told the MTU, and the sender knows', async () => {
  const line = personal({ a: { latencyMs: 3 }, b: { mtu: 1000, latencyMs: 9 } });
  const { rows, world } = await run({
    ...line,
    traffic: [once(1001, { df: true }), once(1000, { id: 'fits', df: true, port: 9001 })],
  });
  const [dropped] = where(rows, { fate: 'mtu' });
  assert.is(dropped!.size, 1001);
  const [error] = where(rows, { kind: 'tooBig' });
  // It comes from the address that was addressed, with the latency towards `a` alone.
  assert.is(error!.source, '10.0.0.2');
  assert.is(error!.endNs, ms(3));
  assert.is(error!.size, 576);
  assert.equal(fates(rows), { mtu: 1, delivered: 2 });
  const target = world.system.addressNumber(0, '10.0.0.2');
  assert.is(world.fabric.vms[0]!.pathMtu(target), 1000);
  assert.is(world.fabric.vms[1]!.pathMtu(target), 65535);
});

test('what was learned is forgotten with the power', async () => {
  const { world } = await run({
    ...personal({ b: { mtu: 1000 } }),
    traffic: [once(1001, { df: true })],
    timeline: [at(ms(1), { op: 'power', vm: 'a', on: false }), at(ms(2), { op: 'power', vm: 'a', on: true })],
  });
  assert.is(world.fabric.vms[0]!.pathMtu(world.system.addressNumber(0, '10.0.0.2')), 65535);
});

const ipv6: Partial<WorldSpec> = {
  networks: [network('n', '2001:db8::/64')],
  vms: [vm('a', '2001:db8::1'), vm('b', '2001:db8::2')],
};

test('IPv6 is never fragmented on its way; its source does it, once it has been told', async () => {
  const stream = flow('cbr', { interval: ms(10), packetSize: 3000, count: 2 });
  const line = personal({ a: { latencyMs: 2 }, b: { latencyMs: 1, mtu: 1500 } });
  const { rows } = await run({ ...ipv6, ...line, traffic: [stream] });
  const [first] = where(rows, { origin: 'sent', seq: 0 });
  assert.is(first!.fate, 'mtu');
  const [error] = where(rows, { kind: 'tooBig' });
  assert.is(error!.size, 1280);
  assert.is(error!.endNs, ms(2));
  // 2960 bytes behind the 40 of the header; 1500 - 48 = 1452 hold 1448 in units of 8: 1448, 1448, 64.
  const pieces = where(rows, { origin: 'fragment' });
  assert.equal(column(pieces, 'size'), [1496, 1496, 112]);
  assert.equal(column(pieces, 'offset'), [0, 1448, 2896]);
  assert.equal(fates(pieces), { reassembled: 3 });
  const [whole] = where(rows, { origin: 'whole' });
  assert.is(whole!.size, 3000);
  assert.is(whole!.endNs, ms(11));
});

test('IPv6 fragments wait 60 s', async () => {
  const stream = flow('cbr', { interval: ms(10), packetSize: 3000, count: 2 });
  const narrow = { mtu: 1500, bandwidthKbps: 1000, 'bandwidth.queuePackets': 0 };
  const { rows } = await run(
    { ...ipv6, ...personal({ b: narrow }), traffic: [stream] },
    { until: seconds(70) },
  );
  const [first] = where(rows, { fate: 'reassembly-timeout' });
  assert.is(first!.endNs, ms(10) + seconds(60));
  assert.is(where(rows, { kind: 'reassemblyTimeExceeded' }).length, 1);
});

// ---- errors

test('a closed port answers with port unreachable, and a pool with its own address', async () => {
  const flood = flow('flood', { interval: ms(1), packetSize: 60, count: 1, to: { address: '10.0.0.100' } });
  const { rows } = await run({ pools: [pool('10.0.0.100', 'b')], traffic: [flood] });
  const [error] = where(rows, { kind: 'portUnreachable' });
  assert.is(error!.source, '10.0.0.100');
  assert.is(error!.size, 88);
  assert.equal(fates(rows), { 'no-listener': 1, delivered: 1 });
});

test('an error quotes no more than 576 bytes hold', async () => {
  const flood = flow('flood', { interval: ms(1), packetSize: 1000, count: 1 });
  const { rows } = await run({ traffic: [flood] });
  assert.is(where(rows, { kind: 'portUnreachable' })[0]!.size, 576);
});

/** `r` and `s` send what is for 192.0.2.0/24 to each other, round and round. */
const circle: Partial<WorldSpec> = {
  networks: [
    network('n', '10.0.0.0/24', [route('192.0.2.0/24', 'r')]),
    network('m', '10.1.0.0/24', [route('192.0.2.0/24', 's')]),
  ],
  vms: [
    vm('a', '10.0.0.1'),
    vm('b', '10.0.0.2', { host: 'h2' }),
    vm('r', { n: '10.0.0.3', m: '10.1.0.3' }, { forwards: true }),
    vm('s', { n: '10.0.0.4', m: '10.1.0.4' }, { forwards: true }),
  ],
};

test('a packet in a circle ends when its hops run out, and its sender is told', async () => {
  const { rows } = await run({ ...circle, traffic: [once(60, { to: { address: '192.0.2.1' }, ttl: 5 })] });
  assert.is(where(rows, { fate: 'ttl' })[0]!.path, 'r>s>r>s>r');
  const [error] = where(rows, { kind: 'timeExceeded' });
  assert.is(error!.fate, 'delivered');
  assert.is(rows.length, 2);
});

test('an error that runs out of hops itself is not answered', async () => {
  // The way to `c` is fine, but the way back leads round a circle of `r` and `s`.
  const { rows } = await run({
    networks: [
      network('n', '10.0.0.0/24', [route('10.1.0.0/24', 'g')]),
      network('m', '10.1.0.0/24', [route('10.0.0.0/24', 'r')]),
      network('o', '10.2.0.0/24', [route('10.0.0.0/24', 's')]),
    ],
    vms: [
      vm('a', '10.0.0.1'),
      vm('c', { m: '10.1.0.1' }),
      vm('g', { n: '10.0.0.3', m: '10.1.0.3' }, { forwards: true }),
      vm('r', { m: '10.1.0.4', o: '10.2.0.4' }, { forwards: true }),
      vm('s', { m: '10.1.0.5', o: '10.2.0.5' }, { forwards: true }),
    ],
    traffic: [flow('flood', { interval: ms(1), packetSize: 60, count: 1, to: { address: '10.1.0.1' } })],
  });
  const [error] = where(rows, { kind: 'portUnreachable' });
  assert.is(error!.fate, 'ttl');
  assert.is(error!.path.split('>').length, 64);
  assert.equal(fates(rows), { 'no-listener': 1, ttl: 1 });
});

test('a forged packet does not get past the first router', async () => {
  const vms = [...circle.vms!, vm('c', { m: '10.1.0.9' }, { host: 'h2' })];
  const { rows } = await run({
    ...circle,
    networks: [network('n', '10.0.0.0/24', [route('10.1.0.0/24', 'r')]), circle.networks![1]!],
    vms,
    traffic: [
      flow('spoof', {
        interval: ms(1),
        packetSize: 60,
        as: '192.0.2.7',
        compromisedHost: true,
        count: 1,
        to: { address: '10.1.0.9' },
      }),
    ],
  });
  assert.equal(fates(rows), { spoofed: 1 });
  assert.is(rows[0]!.path, 'r');
});

// ---- routers

/** a - r1 - r2 - b: three networks in a row. */
const row: Partial<WorldSpec> = {
  networks: [
    network('n', '10.0.0.0/24', [route('0.0.0.0/0', 'r1')]),
    network('m', '10.1.0.0/24', [route('10.0.0.0/24', 'r1'), route('10.2.0.0/24', 'r2')]),
    network('o', '10.2.0.0/24', [route('0.0.0.0/0', 'r2')]),
  ],
  vms: [
    vm('a', { n: '10.0.0.1' }),
    vm('r1', { n: '10.0.0.254', m: '10.1.0.1' }, { forwards: true }),
    vm('r2', { m: '10.1.0.2', o: '10.2.0.254' }, { forwards: true, host: 'h2' }),
    vm('b', { o: '10.2.0.1' }, { host: 'h2' }),
  ],
};

test('routers hand a packet on, each takes one hop off, and each hop has its personality', async () => {
  const line = personal({
    r1: { latencyMs: 1 },
    r2: { latencyMs: 2 },
    b: { latencyMs: 4 },
    a: { latencyMs: 8 },
  });
  const { rows, samples } = await run({
    ...row,
    ...line,
    traffic: [once(100), flow('ping', { interval: ms(1), packetSize: 84, timeout: seconds(1), count: 1 })],
  });
  const [there] = where(rows, { flow: 'cbr' });
  assert.is(there!.path, 'r1>r2>b');
  assert.is(there!.ttl, 62);
  assert.is(there!.endNs, ms(7));
  assert.is(there!.fate, 'delivered');
  // There 1 + 2 + 4, back by r2 2, r1 1, a 8.
  assert.equal(column(where(samples, { kind: 'answered' }), 'value'), [ms(18)]);
});

test('a packet whose hops run out is dropped at the router where they do, which says so', async () => {
  for (const [ttl, path, router] of [
    [1, 'r1', '10.0.0.254'],
    [2, 'r1>r2', '10.1.0.2'],
  ] as const) {
    const { rows } = await run({ ...row, traffic: [once(100, { ttl })] });
    const [dropped] = where(rows, { fate: 'ttl' });
    assert.is(dropped!.path, path);
    const [error] = where(rows, { kind: 'timeExceeded' });
    assert.is(error!.source, router);
    assert.is(error!.fate, 'delivered');
    assert.is(error!.at, 'a');
    assert.is(rows.length, 2);
  }
  const { rows } = await run({ ...row, traffic: [once(100, { ttl: 3 })] });
  assert.equal(fates(rows), { delivered: 1 });
});

test('"too big" comes from the far side of each narrow hop, until the path is known', async () => {
  const { rows, world } = await run({
    ...row,
    ...personal({ a: { latencyMs: 1 }, r2: { mtu: 1200 }, b: { mtu: 1000 } }),
    traffic: [flow('file', { size: 9000, packetSize: 1400, interval: ms(5), df: true })],
  });
  const errors = where(rows, { kind: 'tooBig', fate: 'delivered' });
  assert.equal(column(errors, 'source'), ['10.1.0.2', '10.2.0.1']);
  assert.equal(column(where(rows, { kind: 'datagram' }), 'size').slice(0, 4), [1400, 1200, 1000, 1000]);
  assert.is(world.fabric.vms[0]!.pathMtu(world.system.addressNumber(0, '10.2.0.1')), 1000);
});

test('fragments are cut again on a narrower hop, and made whole only at the end', async () => {
  const profiles = { r1: { mtu: 1500 }, r2: { mtu: 1000 }, b: { mtu: 1500 } };
  const { rows } = await run({ ...row, ...personal(profiles), traffic: [once(2020)] });
  // 2000 bytes: 1480 + 520; the first again as 976 + 504.
  const ended = where(rows, { origin: 'fragment', fate: 'reassembled' });
  assert.equal(column(ended, 'size'), [996, 524, 540]);
  assert.equal(column(ended, 'offset'), [0, 976, 1480]);
  const [whole] = where(rows, { origin: 'whole' });
  assert.is(whole!.size, 2020);
  assert.is(whole!.path, 'r1>r2>b');
});

test('a VM that does not forward drops what is not for it', async () => {
  const vms = row.vms!.map((each) => (each.id === 'r2' ? { ...each, forwards: false } : each));
  const { rows } = await run({ ...row, vms, traffic: [once(100)] });
  assert.equal(fates(rows), { 'no-route': 1 });
  assert.is(rows[0]!.path, 'r1>r2');
});

test('without a route to the next network a router drops the packet', async () => {
  const networks = [row.networks![0]!, network('m', '10.1.0.0/24'), row.networks![2]!];
  const { rows } = await run({ ...row, networks, traffic: [once(100)] });
  assert.equal(fates(rows), { 'no-route': 1 });
});

test('two networks with one subnet do not hear each other, though a gateway stands in both', async () => {
  const { rows, samples } = await run({
    networks: [network('n', '10.0.0.0/24'), network('m', '10.0.0.0/24')],
    vms: [
      vm('a', { n: '10.0.0.1' }),
      vm('b', { n: '10.0.0.2' }),
      vm('c', { m: '10.0.0.1' }),
      vm('d', { m: '10.0.0.2' }),
      vm('e', { m: '10.0.0.3' }),
      vm('g', { n: '10.0.0.254', m: '10.0.0.254' }, { forwards: true }),
    ],
    traffic: [
      flow('ping', { interval: ms(1), packetSize: 84, timeout: seconds(1), count: 1 }),
      flow('ping', {
        id: 'in m',
        from: ['c'],
        to: { vm: 'd' },
        interval: ms(1),
        packetSize: 84,
        timeout: seconds(1),
        count: 1,
      }),
      once(100, { id: 'across', to: { address: '10.0.0.3' } }),
    ],
  });
  assert.equal(column(where(rows, { flow: 'ping' }), 'path').sort(), ['a', 'b']);
  assert.equal(column(where(rows, { flow: 'in m' }), 'path').sort(), ['c', 'd']);
  assert.is(where(samples, { kind: 'answered' }).length, 2);
  // 10.0.0.3 is somebody in m, but in n it is on the link, and nobody.
  assert.equal(fates(where(rows, { flow: 'across' })), { unassigned: 1 });
});

// ---- power

test('what reaches a VM without power is dropped without a word, and what it sends is not sent', async () => {
  const timeline = [at(ms(1), { op: 'power', vm: 'b', on: false })];
  const { rows } = await run({ ...personal({ b: { latencyMs: 3 } }), traffic: [once(100)], timeline });
  assert.equal(fates(rows), { 'vm-down': 1 });
  assert.is(rows[0]!.endNs, ms(3));
});

test.run();
