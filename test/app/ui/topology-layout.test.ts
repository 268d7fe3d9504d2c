import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Box,
  boundsOf,
  fitting,
  hasHiddenLine,
  type Layout,
  layOut,
  MOST_CARDS,
  neighbour,
  rendered,
  vmAt,
} from '../../../app/ui/topology-layout.ts';

const on = (host: string, ...ids: string[]) => ids.map((id) => ({ id, host }));
const many = (count: number, hosts: readonly string[]) =>
  Array.from({ length: count }, (_, n) => ({ id: `vm${n}`, host: hosts[n % hosts.length] ?? '' }));

const areApart = (one: Box, other: Box) =>
  Math.abs(one.x - other.x) >= (one.width + other.width) / 2 ||
  Math.abs(one.y - other.y) >= (one.height + other.height) / 2;

const contains = (outer: Box, inner: Box) =>
  Math.abs(outer.x - inner.x) <= (outer.width - inner.width) / 2 &&
  Math.abs(outer.y - inner.y) <= (outer.height - inner.height) / 2;

test('one VM on one host: the host in the middle, the VM under its name', () => {
  const layout = layOut(['us'], on('us', 'server'), 1.5);
  // 164 x 64, with 12 to the sides, 34 above and 12 below.
  assert.equal(layout.hosts, [{ id: 'us', x: 0, y: 0, width: 188, height: 110 }]);
  assert.equal(layout.vms, [{ id: 'server', x: 0, y: -55 + 34 + 32, width: 164, height: 64 }]);
});

test('two hosts stand beside each other where it is wide, and below each other where it is high', () => {
  const guests = [...on('us', 'server'), ...on('eu', 'client')];
  // 188 wide and 116 apart; 110 high and 66 apart.
  assert.equal(
    layOut(['us', 'eu'], guests, 2).hosts.map(({ x, y }) => [x, y]),
    [
      [-152, 0],
      [152, 0],
    ],
  );
  assert.equal(
    layOut(['us', 'eu'], guests, 0.5).hosts.map(({ x, y }) => [x, y]),
    [
      [0, -88],
      [0, 88],
    ],
  );
});

test('nothing overlaps, and each VM is inside of its host', () => {
  for (const hostCount of [1, 2, 3, 4, 7, 10, 11, 20])
    for (const vmCount of [0, 1, 5, 40, MOST_CARDS, 1000])
      for (const aspect of [0.5, 1, 2.5]) {
        const hosts = Array.from({ length: hostCount }, (_, n) => `host${n}`);
        const vms = many(vmCount, hosts);
        const layout = layOut(hosts, vms, aspect);
        const what = `${hostCount} hosts, ${vmCount} VMs, ${aspect}`;
        assert.is(layout.mode, vmCount > MOST_CARDS ? 'cells' : 'cards', what);
        assert.is(layout.vms.length, vmCount, what);
        layout.hosts.forEach((one, n) => {
          for (const other of layout.hosts.slice(n + 1)) assert.ok(areApart(one, other), what);
        });
        layout.vms.forEach(({ id, ...place }, n) => {
          assert.is(id, vms[n]?.id);
          const home = layout.hosts.find((host) => host.id === vms[n]?.host);
          assert.ok(home && contains(home, { id, ...place }), what);
        });
      }
});

test('a host does not stand before a line that leads past it', () => {
  const box = (id: string, x: number, y: number): Box => ({ id, x, y, width: 100, height: 40 });
  const row = [box('a', -200, 0), box('b', 0, 0), box('c', 200, 0)];
  assert.is(
    hasHiddenLine(row, [
      ['a', 'b'],
      ['b', 'c'],
    ]),
    false,
  );
  assert.is(hasHiddenLine(row, [['a', 'c']]), true);
  // From (-200, 0) to (200, 60) the line is at 30 in the middle, from 22.5 to 37.5 above b, which is 20 high.
  assert.is(hasHiddenLine([box('a', -200, 0), box('b', 0, 0), box('c', 200, 60)], [['a', 'c']]), false);
  assert.is(hasHiddenLine([box('a', -200, 0), box('b', 0, 0), box('c', 200, 52)], [['a', 'c']]), true);
  const ring = ['a', 'b', 'c', 'd'];
  const pairs = ring.flatMap((one, n) => ring.slice(n + 1).map((other) => [one, other] as const));
  for (const aspect of [0.5, 1, 1.6, 3])
    assert.is(hasHiddenLine(layOut(ring, many(8, ring), aspect, pairs).hosts, pairs), false, String(aspect));
});

test('the same network gives the same picture', () => {
  const hosts = ['a', 'b', 'c', 'd', 'e'];
  assert.equal(layOut(hosts, many(17, hosts), 1.3), layOut(hosts, many(17, hosts), 1.3));
});

test('a VM that moves stands in its new host', () => {
  const before = layOut(['a', 'b'], [...on('a', 'one', 'two'), ...on('b', 'three')], 2);
  const after = layOut(['a', 'b'], [...on('a', 'one'), { id: 'two', host: 'b' }, ...on('b', 'three')], 2);
  const side = (layout: Layout, id: string) => Math.sign(layout.vms.find((vm) => vm.id === id)?.x ?? 0);
  assert.equal([side(before, 'two'), side(after, 'two')], [-1, 1]);
});

/** Two cards of 100 x 40, in a host each. */
const SIMPLE: Layout = {
  mode: 'cards',
  hosts: [
    { id: 'left', x: -100, y: 0, width: 120, height: 60 },
    { id: 'right', x: 100, y: 0, width: 120, height: 60 },
  ],
  vms: [
    { id: 'a', x: -100, y: 0, width: 100, height: 40 },
    { id: 'b', x: 100, y: 0, width: 100, height: 40 },
  ],
};

test('everything fits, in the middle', () => {
  assert.equal(boundsOf(SIMPLE.hosts), { left: -160, top: -30, right: 160, bottom: 30 });
  // 320 wide in 200 - 2 * 20.
  assert.equal(fitting(SIMPLE, { width: 200, height: 400 }, 20, 1), { zoom: 0.5, pan: { x: 100, y: 200 } });
  assert.equal(fitting(SIMPLE, { width: 5000, height: 4000 }, 20, 1.25), {
    zoom: 1.25,
    pan: { x: 2500, y: 2000 },
  });
});

test('the VM under the pointer is found through pan and zoom', () => {
  const viewport = { zoom: 2, pan: { x: 300, y: 50 } };
  // b is 100 … 300 + 300 wide there: from 50 * 2 + 300 to 150 * 2 + 300, and from -20 * 2 + 50 to 20 * 2 + 50.
  assert.equal(rendered({ x: 100, y: 0 }, viewport), { x: 500, y: 50 });
  const at = (x: number, y: number, slack?: number) => vmAt(SIMPLE, { x, y }, viewport, slack);
  assert.equal([at(400, 10), at(600, 90), at(500, 50)], ['b', 'b', 'b']);
  assert.equal([at(399, 10), at(601, 90), at(500, 91)], [null, null, null]);
  assert.equal([at(101, 50), at(300, 50)], ['a', null]);
  // The finger may miss it by less than that.
  assert.equal([at(390, 50, 12), at(386, 50, 12)], ['b', null]);
});

test('arrow keys go to the nearest VM in their direction', () => {
  const grid: Layout = {
    mode: 'cells',
    hosts: [],
    vms: ['a', 'b', 'c', 'd'].map((id, n) => ({
      id,
      x: (n % 2) * 20,
      y: Math.floor(n / 2) * 20,
      width: 10,
      height: 10,
    })),
  };
  // a b
  // c d
  assert.equal(
    (['left', 'right', 'up', 'down'] as const).map((way) => neighbour(grid, 'a', way)),
    ['a', 'b', 'a', 'c'],
  );
  assert.equal(
    (['left', 'right', 'up', 'down'] as const).map((way) => neighbour(grid, 'd', way)),
    ['c', 'd', 'b', 'd'],
  );
  assert.is(neighbour(grid, 'nobody', 'left'), 'a');
});

test.run();
