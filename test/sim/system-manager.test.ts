import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NOBODY, ON_LINK, SystemManager, UNREACHABLE } from '../../sim/system-manager.ts';
import { chiSquareTest } from '../support/statistics.ts';
import { network, pool, route, vm, worldSpec } from '../support/world.ts';

const TENANTS = worldSpec({
  networks: [
    network('n', '10.0.0.0/28', [
      route('10.0.0.0/8', 'g'),
      route('10.7.0.0/16', 'a'),
      route('0.0.0.0/0', 'g'),
    ]),
    network('m', '10.0.0.0/28'),
    network('six', '2001:db8::/64'),
  ],
  vms: [
    vm('a', '10.0.0.1'),
    vm('b', '10.0.0.2'),
    vm('g', { n: '10.0.0.9', m: '10.0.0.9' }, { forwards: true }),
    vm('A', { m: '10.0.0.1' }),
    vm('s', { six: '2001:db8::1' }),
  ],
  pools: [pool('10.0.0.14', 'a', 'b')],
});
const NAMES = TENANTS.vms.map((each) => each.id);

test('the same text in two networks is two addresses, each with its own owner', () => {
  const system = new SystemManager(TENANTS);
  const [n, m] = [system.addressNumber(0, '10.0.0.1'), system.addressNumber(1, '10.0.0.1')];
  assert.is.not(n, m);
  assert.equal([system.owner[n], system.owner[m]], [0, 3]);
  assert.is(system.inNetwork(n, 1), m);
  assert.is(system.inNetwork(n, 0), n);
  assert.equal([system.address(n), system.address(m)], ['a', 'A']);
  assert.is(system.address(system.addressNumber(0, '10.0.0.5')), '10.0.0.5');
});

test('addresses are numbered when first seen, thousands of them, and keep their numbers', () => {
  const system = new SystemManager(TENANTS);
  const numbers = Array.from({ length: 3000 }, (_, i) =>
    system.addressNumber(2, `2001:db8::${i.toString(16)}`),
  );
  assert.is(new Set(numbers).size, 3000);
  numbers.forEach((number, i) => {
    assert.is(system.addressNumber(2, `2001:db8:0::${i.toString(16)}`), number);
    assert.is(system.owner[number], i === 1 ? 4 : NOBODY);
    assert.is(system.isIpv6[number], 1);
    assert.is(system.network[number], 2);
    assert.is(system.reach(number), ON_LINK);
  });
});

test('the longest prefix that matches is the way to an address', () => {
  const system = new SystemManager(TENANTS);
  const way = (text: string, from = 0): string | number => {
    const reach = system.reach(system.addressNumber(from, text));
    return reach < 0 ? reach : system.networks[from]!.routes[reach]!.spec.to;
  };
  assert.is(way('10.0.0.13'), ON_LINK);
  assert.is(way('10.7.1.1'), '10.7.0.0/16');
  assert.is(way('10.8.1.1'), '10.0.0.0/8');
  assert.is(way('8.8.8.8'), '0.0.0.0/0');
  assert.is(way('8.8.8.8', 1), UNREACHABLE);
});

test('a VM may send with its own addresses and with those of its pools', () => {
  const system = new SystemManager(TENANTS);
  const may = (id: string, text: string, from = 0): boolean =>
    system.maySendAs(NAMES.indexOf(id), system.addressNumber(from, text));
  assert.ok(may('a', '10.0.0.1') && may('a', '10.0.0.14') && may('g', '10.0.0.9') && may('g', '10.0.0.9', 1));
  assert.not(
    may('a', '10.0.0.2') || may('a', '10.0.0.1', 1) || may('g', '10.0.0.14') || may('a', '10.0.0.5'),
  );
});

test('random addresses: every other live VM, or every other usable host, each alike', () => {
  const system = new SystemManager(TENANTS);
  const STEPS = 13 * 4 * 1000;
  for (const sender of ['10.0.0.1', '10.0.0.9', '10.0.0.2']) {
    const except = system.addressNumber(0, sender);
    for (const [scope, count] of [
      ['assigned', 2],
      ['subnet', 13],
    ] as const) {
      const hits = new Map<string, number>();
      for (let step = 0; step < STEPS; step++) {
        const address = system.addressText(system.randomAddress(0, step / STEPS, scope, except));
        hits.set(address, (hits.get(address) ?? 0) + 1);
      }
      assert.is(hits.size, count, `${scope} without ${sender}`);
      for (const never of [sender, '10.0.0.0', '10.0.0.15']) assert.not(hits.has(never));
      // Evenly spaced draws: as even as can be.
      for (const hit of hits.values()) assert.ok(Math.abs(hit - STEPS / count) <= 1, `${hit}`);
      assert.ok(chiSquareTest([...hits.values()], Array(count).fill(STEPS / count)) > 0.99);
    }
  }
  system.setPower(NAMES.indexOf('b'), false);
  system.setPower(NAMES.indexOf('g'), false);
  assert.is(system.randomAddress(0, 0.5, 'assigned', system.addressNumber(0, '10.0.0.1')), NOBODY);
});

test('paths are told as the VMs they lead through', () => {
  const system = new SystemManager(TENANTS);
  assert.is(system.path(0), '');
  const direct = system.pathTo(0, 1);
  assert.is(system.path(direct), 'b');
  const long = system.pathTo(system.pathTo(direct, 2), 0);
  assert.is(system.path(long), 'b>g>a');
  assert.is(system.pathTo(system.pathTo(direct, 2), 0), long);
  assert.is(system.path(system.pathInstead(long, 3)), 'b>g>A');
  assert.is(system.path(system.pathInstead(long, NOBODY)), 'b>g');
  assert.is(system.path(system.pathInstead(direct, NOBODY)), '');
});

test('a VM that has moved has been on its old hosts', () => {
  const system = new SystemManager(TENANTS);
  assert.equal([system.hasBeenOn(0, 0), system.hasBeenOn(0, 1)], [true, false]);
  system.migrate(0, 1);
  assert.equal([system.hasBeenOn(0, 0), system.hasBeenOn(0, 1)], [true, true]);
});

test.run();
