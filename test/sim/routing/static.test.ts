import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../../engine/index.ts';
import { StaticRouter } from '../../../sim/routing/static.ts';
import { at, column, flow, network, pool, route, run, vm, where } from '../../support/world.ts';

const everyMs = (from: string, to: string, id = to) =>
  flow('cbr', { id, from: [from], to: { address: to }, interval: ms(1), packetSize: 100, count: 30 });

test('the first candidate that is alive, or nobody', () => {
  const alive = new Set([4, 5]);
  const view = { isAlive: (member: number) => alive.has(member), backlogBytes: () => 0, rate: () => 0 };
  const router = new StaticRouter(Int32Array.of(3, 4, 5), view);
  assert.is(router.choose(), 4);
  alive.add(3);
  assert.is(router.choose(), 3);
  alive.clear();
  assert.is(router.choose(), -1);
});

test("a pool's first live member takes everything, also while others fail and come back", async () => {
  const { rows } = await run({
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')],
    pools: [pool('10.0.0.100', 'b', 'c')],
    traffic: [everyMs('a', '10.0.0.100')],
    timeline: [
      at(ms(10), { op: 'power', vm: 'b', on: false }),
      at(ms(20), { op: 'power', vm: 'b', on: true }),
    ],
  });
  const took = column(where(rows, { flow: '10.0.0.100' }), 'at');
  assert.equal(took, [...Array(10).fill('b'), ...Array(10).fill('c'), ...Array(10).fill('b')]);
});

test('a pool without a live member drops: vm-down', async () => {
  const { rows } = await run({
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2', { power: false })],
    pools: [pool('10.0.0.100', 'b')],
    traffic: [everyMs('a', '10.0.0.100')],
  });
  assert.equal(new Set(column(rows, 'fate')), new Set(['vm-down']));
});

test('the longest prefix decides, then the first live router of its candidates', async () => {
  const far = network('far', '192.168.0.0/16');
  const gate = (id: string, last: number) =>
    vm(id, { n: `10.0.0.${last}`, far: `192.168.255.${last}` }, { forwards: true });
  const { rows } = await run({
    networks: [
      network('n', '10.0.0.0/24', [
        route('0.0.0.0/0', 'g1'),
        route('192.168.0.0/16', 'g2', 'g3'),
        route('192.168.7.0/24', 'g3'),
      ]),
      far,
    ],
    vms: [
      vm('a', '10.0.0.1'),
      gate('g1', 11),
      gate('g2', 12),
      gate('g3', 13),
      vm('x', { far: '192.168.1.1' }),
      vm('y', { far: '192.168.7.1' }),
    ],
    traffic: [
      everyMs('a', '192.168.1.1', 'x'),
      everyMs('a', '192.168.7.1', 'y'),
      everyMs('a', '8.8.8.8', 'out'),
    ],
    timeline: [at(ms(10), { op: 'power', vm: 'g2', on: false })],
  });
  const paths = (id: string): string[] => column(where(rows, { flow: id, origin: 'sent' }), 'path');
  assert.equal(paths('x'), [...Array(10).fill('g2>x'), ...Array(20).fill('g3>x')]);
  assert.equal(paths('y'), Array(30).fill('g3>y'));
  // The default route's router has no way on from there.
  assert.equal(new Set(column(where(rows, { flow: 'out', origin: 'sent' }), 'fate')), new Set(['no-route']));
  assert.equal(new Set(paths('out')), new Set(['g1']));
});

test('an address outside the subnet without a route has no route, one inside that nobody has is unassigned', async () => {
  const { rows } = await run(
    { traffic: [everyMs('a', '8.8.8.8', 'out'), everyMs('a', '10.0.0.77', 'in')] },
    { until: seconds(1) },
  );
  assert.equal(new Set(column(where(rows, { flow: 'out' }), 'fate')), new Set(['no-route']));
  assert.equal(new Set(column(where(rows, { flow: 'in' }), 'fate')), new Set(['unassigned']));
});

test.run();
