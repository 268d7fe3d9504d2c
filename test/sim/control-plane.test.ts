import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../engine/index.ts';
import type { Command, Scope } from '../../sim/specs.ts';
import type { CommandRecord } from '../../sim/trace.ts';
import { World } from '../../sim/world.ts';
import {
  at,
  column,
  flow,
  network,
  personal,
  type Row,
  run,
  vm,
  where,
  worldSpec,
} from '../support/world.ts';

const worldWith = (parts: Parameters<typeof worldSpec>[0] = {}): World =>
  new World(worldSpec(parts), { until: seconds(1), interval: seconds(1) });

const create = (personality: string, values = {}): Command => ({ op: 'create', personality, values });
const assign = (target: string, personality: string, more: { from?: Scope; ttl?: number } = {}): Command => ({
  op: 'assign',
  vm: target,
  personality,
  ...more,
});

/** Paths of the problems; empty when it was done. */
function refused(world: World, ...batch: Command[]): string[] {
  const outcome = world.control.apply(batch);
  return outcome.ok ? [] : outcome.problems.map((problem) => problem.path);
}

const active = (world: World): string[] =>
  world.personalities
    .assignments()
    .map(({ vm: index, personality }) => `${world.system.vms[index]}:${personality}`);

test('what is created can be assigned, updated, replaced, removed and deleted', () => {
  const world = worldWith();
  assert.equal(refused(world, create('wan', { latencyMs: 40 })), []);
  assert.equal(refused(world, assign('a', 'wan'), assign('b', 'wan')), []);
  assert.equal(active(world), ['a:wan', 'b:wan']);
  assert.equal(refused(world, { op: 'update', personality: 'wan', set: { jitterMs: 3 } }), []);
  assert.equal(world.personalities.profile('wan'), { latencyMs: 40, jitterMs: 3 });
  assert.equal(refused(world, { op: 'replace', personality: 'wan', values: { mtu: 576 } }), []);
  assert.equal(world.personalities.profile('wan'), { mtu: 576 });
  assert.equal(refused(world, { op: 'remove', vm: 'a' }), []);
  assert.equal(active(world), ['b:wan']);
  assert.equal(refused(world, { op: 'remove', vm: 'a' }), [], 'removing is idempotent');
  assert.equal(refused(world, { op: 'delete', personality: 'wan' }), ['[0].delete']);
  assert.equal(refused(world, { op: 'remove', vm: 'b' }, { op: 'delete', personality: 'wan' }), []);
  assert.is(world.personalities.profile('wan'), undefined);
});

test('a batch takes effect as a whole or not at all, and every problem is told with its path', () => {
  const world = worldWith();
  assert.equal(refused(world, create('good')), []);
  const problems = refused(
    world,
    create('other', { latencyMs: 1 }),
    assign('a', 'other'),
    assign('nobody', 'missing', { from: { host: 'h9' }, ttl: 0 }),
    { op: 'update', personality: 'good', set: { packetLossPercentage: 2, latencyMs: Number.NaN } },
    create('good'),
    { op: 'remove', vm: 'stranger', from: { vm: 'ghost' } },
    { op: 'delete', personality: 'ghost' },
  );
  assert.equal(problems, [
    '[2].assign',
    '[2].vm',
    '[2].from',
    '[2].ttl',
    '[3].set.packetLossPercentage',
    '[3].set.latencyMs',
    '[4].create',
    '[5].vm',
    '[5].from',
    '[6].delete',
  ]);
  assert.is(world.personalities.profile('other'), undefined);
  assert.equal(world.personalities.profile('good'), {});
  assert.equal(active(world), []);
});

test('each command of a batch is checked against what those before it leave behind', () => {
  const world = worldWith();
  assert.equal(
    refused(
      world,
      create('p'),
      assign('a', 'p'),
      { op: 'remove', vm: 'a' },
      { op: 'delete', personality: 'p' },
    ),
    [],
  );
  assert.equal(refused(world, create('p'), assign('a', 'p'), { op: 'delete', personality: 'p' }), [
    '[2].delete',
  ]);
  assert.equal(refused(world, assign('a', 'p'), create('p')), ['[0].assign']);
});

test('values are checked whoever sends them', () => {
  const world = worldWith();
  const bad: [string, unknown][] = [
    ['packetLossPercentage', 1.1],
    ['packetLossPercentage', -0.1],
    ['latencyMs', Number.POSITIVE_INFINITY],
    ['latencyMs', '40'],
    ['latencyMs', 3_600_001],
    ['mtu', 67],
    ['mtu', 1500.5],
    ['mtu', 65536],
    ['bandwidthKbps', 0],
    ['bandwidthKbps', 400_000_001],
    ['routingProfile', 'static'],
    ['latencyMS', 1],
  ];
  for (const [field, value] of bad) {
    assert.equal(
      refused(world, create('bad', { [field]: value })),
      [`[0].values.${field}`],
      `${field} ${value}`,
    );
  }
  const edge = { packetLossPercentage: 1, latencyMs: 3_600_000, mtu: 68, bandwidthKbps: 400_000_000 };
  assert.equal(refused(world, create('edge', edge)), []);
});

test('an MTU below 1280 is refused in front of a VM with IPv6, whichever command would put it there', () => {
  const world = worldWith({ networks: [network('n', '2001:db8::/64')], vms: [vm('a', '2001:db8::1')] });
  assert.equal(refused(world, create('least', { mtu: 1280 }), create('small', { mtu: 1279 })), []);
  assert.equal(refused(world, assign('a', 'small')), ['[0].assign']);
  assert.equal(refused(world, assign('a', 'least')), []);
  assert.equal(refused(world, { op: 'update', personality: 'least', set: { mtu: 1000 } }), ['[0].set.mtu']);
  assert.equal(refused(world, { op: 'replace', personality: 'least', values: { mtu: 1000 } }), [
    '[0].values.mtu',
  ]);
  assert.equal(world.personalities.profile('least'), { mtu: 1280 });
});

const pings = flow('cbr', { interval: ms(10), packetSize: 100, count: 10 });
/** By packet, in the order of sending: its delay in ms. */
const delays = (rows: readonly Row[], id = 'cbr'): number[] =>
  where(rows, { flow: id })
    .sort((x, y) => x.seq - y.seq)
    .map((row) => (row.endNs - row.sentNs) / ms(1));

test('an update is felt at once by every VM that has the personality', async () => {
  const { rows } = await run({
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')],
    personalities: { p: { latencyMs: 1 } },
    assignments: [
      { vm: 'b', personality: 'p' },
      { vm: 'c', personality: 'p', from: { vm: 'a' } },
    ],
    traffic: [pings, flow('cbr', { id: 'c', to: { vm: 'c' }, interval: ms(10), packetSize: 100, count: 10 })],
    timeline: [at(ms(50), { op: 'update', personality: 'p', set: { latencyMs: 6 } })],
  });
  // The command goes before the packet of its instant.
  for (const id of ['cbr', 'c']) assert.equal(delays(rows, id), [1, 1, 1, 1, 1, 6, 6, 6, 6, 6]);
});

test('a batch of the timeline is one change', async () => {
  const { rows, commands } = await run({
    ...personal({ b: { latencyMs: 1 } }),
    traffic: [pings],
    timeline: [
      at(
        ms(50),
        { op: 'remove', vm: 'b' },
        { op: 'update', personality: 'b', set: { latencyMs: 2 } },
        { op: 'assign', vm: 'b', personality: 'b' },
      ),
    ],
  });
  assert.equal(delays(rows), [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
  assert.equal(
    commands.map(({ at: time, command, subject, effect }: CommandRecord) => [
      time / ms(1),
      command,
      subject,
      effect,
    ]),
    [
      [50, 'remove', 'b', 'b -> none'],
      [50, 'update', 'b', 'latencyMs 1 -> 2'],
      [50, 'assign', 'b', 'none -> b'],
    ],
  );
});

test('of assignments limited to some senders the most specific one wins: VM, network, host, everybody', async () => {
  const scopes: { from?: Scope; ms: number }[] = [
    { ms: 1 },
    { from: { host: 'h1' }, ms: 2 },
    { from: { network: 'n' }, ms: 4 },
    { from: { vm: 'a' }, ms: 8 },
  ];
  const others = {
    networks: [network('n', '10.0.0.0/24'), network('m', '10.1.0.0/24')],
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2', { host: 'h2' })],
    personalities: Object.fromEntries(scopes.map((scope) => [`p${scope.ms}`, { latencyMs: scope.ms }])),
    traffic: [pings],
  };
  const delayWith = async (some: typeof scopes): Promise<number | undefined> => {
    const assignments = some.map(({ from, ms: id }) => ({
      vm: 'b',
      personality: `p${id}`,
      ...(from && { from }),
    }));
    return delays((await run({ ...others, assignments })).rows)[0];
  };
  // Every subset, in both orders of assigning.
  for (let set = 1; set < 16; set++) {
    const some = scopes.filter((_, place) => (set >> place) % 2 === 1);
    const winner = some.at(-1)?.ms;
    assert.is(await delayWith(some), winner);
    assert.is(await delayWith([...some].reverse()), winner);
  }
  // Nobody else is meant by a scope.
  assert.is(
    await delayWith([
      { from: { vm: 'b' }, ms: 8 },
      { from: { network: 'm' }, ms: 4 },
      { from: { host: 'h2' }, ms: 2 },
    ]),
    0,
  );
});

test('a limited assignment that is removed leaves the general one; without `from` all go', async () => {
  const { rows } = await run({
    personalities: { near: { latencyMs: 1 }, far: { latencyMs: 5 } },
    assignments: [
      { vm: 'b', personality: 'far' },
      { vm: 'b', personality: 'near', from: { vm: 'a' } },
    ],
    traffic: [pings],
    timeline: [
      at(ms(30), { op: 'remove', vm: 'b', from: { vm: 'a' } }),
      at(ms(60), { op: 'assign', vm: 'b', personality: 'near', from: { host: 'h1' } }),
      at(ms(80), { op: 'remove', vm: 'b' }),
    ],
  });
  assert.equal(delays(rows), [1, 1, 1, 5, 5, 5, 1, 1, 0, 0]);
});

test('an assignment with a ttl ends by itself, unless it is renewed or replaced', async () => {
  const { rows, commands } = await run({
    personalities: { p: { latencyMs: 5 }, q: { latencyMs: 7 } },
    traffic: [pings],
    timeline: [
      at(0, { op: 'assign', vm: 'b', personality: 'p', ttl: ms(25) }),
      at(ms(20), { op: 'assign', vm: 'b', personality: 'p', ttl: ms(25) }),
      at(ms(65), { op: 'assign', vm: 'b', personality: 'p', ttl: ms(5) }),
      at(ms(68), { op: 'assign', vm: 'b', personality: 'q' }),
    ],
  });
  assert.equal(delays(rows), [5, 5, 5, 5, 5, 0, 0, 7, 7, 7]);
  assert.equal(
    where(commands, { command: 'expire' }).map(({ at: time, effect }) => [time, effect]),
    [[ms(45), 'p -> none']],
  );
});

test('a personality whose last assignment has expired may be deleted', async () => {
  const { commands } = await run({
    personalities: { p: {} },
    assignments: [{ vm: 'b', personality: 'p', ttl: ms(10) }],
    timeline: [
      at(ms(10), { op: 'assign', vm: 'a', personality: 'p', ttl: ms(1) }),
      at(ms(12), { op: 'delete', personality: 'p' }),
    ],
  });
  assert.equal(column(commands, 'command'), ['expire', 'assign', 'expire', 'delete']);
});

test('a timeline that asks for what is impossible then ends the run, and says what', async () => {
  try {
    await run({ timeline: [at(ms(1), { op: 'assign', vm: 'b', personality: 'ghost' })] });
    assert.unreachable();
  } catch (error) {
    assert.match(
      String(error),
      'timeline.assign: found ghost, allowed: the id of a personality (there are none)',
    );
  }
});

test.run();
