import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, RandomSource, us } from '../../../engine/index.ts';
import { ChaoticRouter } from '../../../sim/routing/chaotic.ts';
import { binomialInterval, chiSquareTest } from '../../support/statistics.ts';
import { column, fates, flow, network, personal, pool, route, run, vm, where } from '../../support/world.ts';

const view = { isAlive: () => true, backlogBytes: () => 0, rate: () => 0 };
const routerWith = (probability: number, seed: string, alive = (_vm: number) => true): ChaoticRouter =>
  new ChaoticRouter(
    Int32Array.of(1, 2, 3, 4),
    { ...view, isAlive: alive },
    new RandomSource(seed).stream('route'),
    probability,
  );

test('without chaos it is static', () => {
  const router = routerWith(0, 'none');
  for (let n = 0; n < 100; n++) assert.is(router.choose(), 1);
});

test('the choice moves with its probability, to any other candidate alike, and stays there until the next move', () => {
  const COUNT = 40_000;
  const router = routerWith(0.05, 'moves');
  const steps = new Map<string, number>();
  let before = 1;
  let moves = 0;
  for (let n = 0; n < COUNT; n++) {
    const choice = router.choose();
    if (choice !== before) {
      moves++;
      steps.set(`${before}${choice}`, (steps.get(`${before}${choice}`) ?? 0) + 1);
    }
    before = choice;
  }
  const { low, high } = binomialInterval(moves, COUNT);
  assert.ok(low <= 0.05 && 0.05 <= high, `${moves} moves`);
  assert.is(steps.size, 12);
  assert.ok(chiSquareTest([...steps.values()], Array(12).fill(moves / 12)) > 1e-4);
});

test('a candidate without power is never chosen', () => {
  const dead = new Set<number>();
  const router = routerWith(0.5, 'dead', (candidate) => !dead.has(candidate));
  for (let n = 0; n < 1000; n++) {
    dead.clear();
    if (n % 3 > 0) dead.add(1 + (n % 4)).add(1 + ((n * 7) % 4));
    assert.not(dead.has(router.choose()));
  }
  for (const candidate of [1, 2, 3, 4]) dead.add(candidate);
  assert.is(router.choose(), -1);
});

const COUNT = 20_000;
const chaotic = (scope: string, probability: number) => ({
  routingProfile: 'Chaotic',
  'routing.chaosProbability': probability,
  'routing.chaosScope': scope,
});
const stream = (more: object = {}) =>
  flow('cbr', { interval: us(10), packetSize: 100, count: COUNT, ...more });

test('assigned: a live VM of the subnet, each alike, never the sender', async () => {
  const probability = 0.2;
  const { rows } = await run({
    vms: [
      vm('a', '10.0.0.1'),
      vm('b', '10.0.0.2'),
      vm('c', '10.0.0.3'),
      vm('d', '10.0.0.4'),
      vm('off', '10.0.0.5', { power: false }),
      vm('e', '10.0.0.6'),
    ],
    ...personal({ b: { ...chaotic('assigned', probability), latencyMs: 5 } }),
    traffic: [stream()],
  });
  const sent = where(rows, { origin: 'sent', reverse: false });
  const to = (id: string): number => where(sent, { at: id }).length;
  // A random one of b, c, d, e: three quarters of the chaos goes astray.
  const astray = COUNT - to('b');
  const { low, high } = binomialInterval(astray, COUNT);
  assert.ok(low <= 0.15 && 0.15 <= high, `${astray} astray`);
  assert.is(to('a') + to('off'), 0);
  assert.ok(chiSquareTest([to('c'), to('d'), to('e')], Array(3).fill(astray / 3)) > 1e-4);
  // It keeps the personality of the VM that was addressed, and the report says where it went.
  for (const row of sent) {
    assert.is(row.endNs - row.sentNs, ms(5));
    assert.is(row.path, row.at);
    assert.is(row.to, 'b');
  }
});

test('subnet: every usable address alike, never the network, the broadcast address or the sender; nobody has most of them', async () => {
  // A /28 has 14 hosts; without the sender 13, of which b and c are two.
  const { rows } = await run({
    networks: [network('n', '10.0.0.0/28')],
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.14')],
    ...personal({ b: chaotic('subnet', 1) }),
    traffic: [stream()],
  });
  const sent = where(rows, { origin: 'sent', reverse: false });
  const { unassigned = 0 } = fates(sent);
  const lost = binomialInterval(unassigned, COUNT);
  assert.ok(lost.low <= 11 / 13 && 11 / 13 <= lost.high, `${unassigned} unassigned`);
  assert.is(where(sent, { at: 'a' }).length, 0);
  const [b, c] = [where(sent, { at: 'b' }).length, where(sent, { at: 'c' }).length];
  assert.ok(chiSquareTest([b, c], Array(2).fill((b + c) / 2)) > 1e-4, `${b} ${c}`);
});

test('where the only usable address is its own sender, nothing moves', async () => {
  const { rows } = await run({
    networks: [network('n', '10.0.0.0/24')],
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2')],
    ...personal({ b: chaotic('assigned', 1) }),
    traffic: [stream({ count: 100 })],
  });
  assert.equal(new Set(column(where(rows, { origin: 'sent' }), 'at')), new Set(['b']));
});

test('who gets a packet that was meant for a pool answers for itself, and is not taken for a forger', async () => {
  const { rows, samples } = await run({
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')],
    pools: [pool('10.0.0.100', 'b')],
    ...personal({ b: chaotic('assigned', 0.5) }),
    traffic: [
      flow('ping', {
        to: { address: '10.0.0.100' },
        interval: ms(1),
        packetSize: 100,
        count: 50,
        timeout: ms(500),
      }),
    ],
  });
  assert.equal(fates(rows), { delivered: 100 });
  assert.is(where(samples, { kind: 'answered' }).length, 50);
  assert.equal([...new Set(column(where(rows, { from: 'c' }), 'source'))], ['10.0.0.3']);
  assert.equal([...new Set(column(where(rows, { from: 'b' }), 'source'))], ['10.0.0.100']);
});

test('IPv6 subnets have no broadcast address, and 2^64 addresses', async () => {
  const { rows } = await run({
    networks: [network('n', '2001:db8::/64')],
    vms: [vm('a', '2001:db8::1'), vm('b', '2001:db8::2')],
    ...personal({ b: { ...chaotic('subnet', 0.5), mtu: 1280 } }),
    traffic: [stream({ count: 2000 })],
  });
  const { unassigned = 0, delivered = 0 } = fates(where(rows, { origin: 'sent' }));
  const { low, high } = binomialInterval(unassigned, 2000);
  assert.is(unassigned + delivered, 2000);
  assert.ok(low <= 0.5 && 0.5 <= high, `${unassigned}`);
});

test('a chaotic route switches between routers, one packet in a hundred', async () => {
  const gate = (id: string, last: number) =>
    vm(id, { n: `10.0.0.${last}`, far: `192.168.0.${last}` }, { forwards: true });
  const { rows } = await run({
    networks: [
      network('n', '10.0.0.0/24', [
        { ...route('192.168.0.0/24', 'g1', 'g2', 'g3'), routingProfile: 'Chaotic' },
      ]),
      network('far', '192.168.0.0/24'),
    ],
    vms: [
      vm('a', '10.0.0.1'),
      gate('g1', 11),
      gate('g2', 12),
      gate('g3', 13),
      vm('x', { far: '192.168.0.1' }),
    ],
    traffic: [stream({ to: { address: '192.168.0.1' } })],
  });
  const paths = column(where(rows, { origin: 'sent', fate: 'delivered' }), 'path');
  assert.is(paths.length, COUNT);
  const moves = paths.filter((path, n) => path !== (n === 0 ? 'g1>x' : paths[n - 1])).length;
  const { low, high } = binomialInterval(moves, COUNT);
  assert.ok(low <= 0.01 && 0.01 <= high, `${moves} moves`);
  assert.equal([...new Set(paths)].sort(), ['g1>x', 'g2>x', 'g3>x']);
});

test.run();
