import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../engine/index.ts';
import type { Profile } from '../../sim/personality/profile.ts';
import type { Command, WorldSpec } from '../../sim/specs.ts';
import { World } from '../../sim/world.ts';
import {
  at,
  column,
  fates,
  flow,
  network,
  once,
  pool,
  type Row,
  route,
  run,
  vm,
  where,
  worldSpec,
} from '../support/world.ts';

/** `a` has a line with these two directions; `b` is somewhere on the Internet. */
const line = (
  down: WorldSpec['personalities'][string],
  up: WorldSpec['personalities'][string],
): Pick<WorldSpec, 'personalities' | 'assignments'> => ({
  personalities: { up, down: { ...down, egress: 'up' } },
  assignments: [{ vm: 'a', personality: 'down' }],
});

const three = flow('list', { sentNs: new Float64Array(3), sizes: new Int32Array(3).fill(1000) });
const arrivals = (rows: readonly Row[], id = 'list'): number[] =>
  column(where(rows, { flow: id, fate: 'delivered', reverse: false }), 'endNs').map((end) => end / ms(1));

test('an asymmetric line: 8 Mbit/s and 10 ms down, 0.8 Mbit/s and 30 ms up', async () => {
  const asymmetric = line(
    { latencyMs: 10, bandwidthKbps: 8000, 'bandwidth.model': 'serialize' },
    { latencyMs: 30, bandwidthKbps: 800, 'bandwidth.model': 'serialize' },
  );
  const up = await run({ ...asymmetric, traffic: [three] });
  // 1000 bytes take 10 ms up and 1 ms down.
  assert.equal(arrivals(up.rows), [40, 50, 60]);
  const down = await run({ ...asymmetric, traffic: [{ ...three, from: ['b'], to: { vm: 'a' } }] });
  assert.equal(arrivals(down.rows), [11, 12, 13]);
  assert.equal(up.world.queues(), [
    // 1.5 x 1,000,000 B/s x 100 ms; up, 30 packets are more than 1.5 x 100,000 B/s x 100 ms.
    { at: 'a', bytes: 150_000, packets: null },
    { at: 'a egress', bytes: 45_000, packets: null },
  ]);
});

test('a ping goes up and comes down', async () => {
  const ping = flow('ping', { interval: seconds(1), packetSize: 84, timeout: seconds(1), count: 1 });
  const { samples } = await run({ ...line({ latencyMs: 10 }, { latencyMs: 30 }), traffic: [ping] });
  assert.equal(column(where(samples, { kind: 'answered' }), 'value'), [ms(40)]);
});

test('the way out comes first, then what the receiver has', async () => {
  const { rows } = await run({
    personalities: {
      up: { latencyMs: 30, bandwidthKbps: 800, 'bandwidth.model': 'serialize' },
      down: { egress: 'up' },
      far: { latencyMs: 5, bandwidthKbps: 400, 'bandwidth.model': 'serialize' },
    },
    assignments: [
      { vm: 'a', personality: 'down' },
      { vm: 'b', personality: 'far' },
    ],
    traffic: [three],
  });
  // Out at 40, 50, 60; 20 ms each on the second wire.
  assert.equal(arrivals(rows), [65, 85, 105]);
});

test('the assignment that would count for packets from there decides, also when it names none', async () => {
  const vms = [
    vm('a', '10.0.0.1'),
    ...['b', 'c', 'd'].map((id, n) => vm(id, `10.0.0.${n + 2}`, { host: id })),
  ];
  const to = (id: string) => once(100, { id, to: { vm: id }, port: 9000 });
  const { rows } = await run({
    vms,
    hosts: ['h1', 'b', 'c', 'd'],
    personalities: {
      up: { latencyMs: 30 },
      near: { latencyMs: 1 },
      general: { egress: 'up' },
      special: { egress: 'near' },
      plain: {},
    },
    assignments: [
      { vm: 'a', personality: 'general' },
      { vm: 'a', personality: 'special', from: { host: 'c' } },
      { vm: 'a', personality: 'plain', from: { vm: 'd' } },
    ],
    traffic: [to('b'), to('c'), to('d')],
  });
  assert.equal(
    ['b', 'c', 'd'].map((id) => arrivals(rows, id)),
    [[30], [1], [0]],
  );
});

test('who is beyond a gateway counts by where it is, and a pool by its network', async () => {
  const near = (id: string, from: { network: string } | { vm: string }) => ({
    vm: 'a',
    personality: id,
    from,
  });
  const to = (id: string, address: string) => once(100, { id, to: { address } });
  const { rows } = await run({
    networks: [
      network('n', '10.0.0.0/24', [route('0.0.0.0/0', 'g')]),
      network('m', '10.1.0.0/24', [route('0.0.0.0/0', 'g')]),
    ],
    vms: [
      vm('a', '10.0.0.1'),
      vm('g', { n: '10.0.0.254', m: '10.1.0.254' }, { forwards: true }),
      vm('b', { m: '10.1.0.2' }),
      vm('c', { m: '10.1.0.3' }),
    ],
    pools: [pool('10.0.0.100', 'g')],
    personalities: {
      'up-n': { latencyMs: 1 },
      'up-m': { latencyMs: 2 },
      'up-c': { latencyMs: 3 },
      n: { egress: 'up-n' },
      m: { egress: 'up-m' },
      c: { egress: 'up-c' },
    },
    assignments: [near('n', { network: 'n' }), near('m', { network: 'm' }), near('c', { vm: 'c' })],
    traffic: [to('b', '10.1.0.2'), to('c', '10.1.0.3'), to('pool', '10.0.0.100')],
  });
  assert.equal(
    ['b', 'c', 'pool'].map((id) => where(rows, { flow: id, reverse: false })[0]!.endNs / ms(1)),
    [2, 3, 1],
  );
});

const HALF = { packetLossPercentage: 0.5 };
const many = { interval: ms(1), packetSize: 100, count: 400 };
const FOUR = ['a', 'b', 'c', 'd'].map((id, n) => vm(id, `10.0.0.${n + 1}`));

/** `a` sends 400 packets to `b` and to `d`, `c` as many to `d`, which loses half of what it is sent. Who is lost, by flow. */
async function losses(parts: Pick<WorldSpec, 'personalities' | 'assignments'>): Promise<number[][]> {
  const { rows } = await run({
    vms: FOUR,
    personalities: { half: HALF, ...parts.personalities },
    assignments: [{ vm: 'd', personality: 'half' }, ...parts.assignments],
    traffic: [
      flow('cbr', { ...many, id: 'ab' }),
      flow('cbr', { ...many, id: 'cd', from: ['c'], to: { vm: 'd' } }),
      flow('cbr', { ...many, id: 'ad', to: { vm: 'd' }, port: 9001 }),
    ],
  });
  return ['ab', 'cd', 'ad'].map((id) => column(where(rows, { flow: id, fate: 'loss' }), 'seq'));
}

test('an egress of one VM leaves all other draws alone', async () => {
  const none = await losses({ personalities: {}, assignments: [] });
  assert.equal(none[0], []);
  // What comes in is no business of what goes out.
  assert.equal(
    await losses({ personalities: { line: HALF }, assignments: [{ vm: 'a', personality: 'line' }] }),
    none,
  );
  const lossy = await losses(line({}, HALF));
  assert.ok(lossy[0]!.length > 150 && lossy[0]!.length < 250);
  assert.equal(await losses(line(HALF, HALF)), lossy);
  // The packets of `a` come half a second later: those of `c`, alone now, meet the draws that they meet alone.
  const later = await losses(line({}, { latencyMs: 500 }));
  const { rows } = await run({
    vms: FOUR,
    personalities: { half: HALF },
    assignments: [{ vm: 'd', personality: 'half' }],
    traffic: [flow('cbr', { ...many, id: 'cd', from: ['c'], to: { vm: 'd' } })],
  });
  assert.equal(later[1], column(where(rows, { fate: 'loss' }), 'seq'));
});

test('the draws of the receiver stay with its packets', async () => {
  const delayed = async (egress: Profile) => {
    const { rows } = await run({
      personalities: { half: { packetLossPercentage: 0.5 }, line: egress, up: { latencyMs: 7 } },
      assignments: [
        { vm: 'b', personality: 'half' },
        { vm: 'a', personality: 'line' },
      ],
      traffic: [flow('cbr', { interval: ms(1), packetSize: 100, count: 400 })],
    });
    return column(where(rows, { fate: 'loss' }), 'seq');
  };
  const lost = await delayed({});
  assert.ok(lost.length > 150);
  assert.equal(await delayed({ egress: 'up' }), lost);
});

test('more loss on the way out loses the same packets and more', async () => {
  const lost = async (packetLossPercentage: number) => (await losses(line({}, { packetLossPercentage })))[0]!;
  const [less, more] = [await lost(0.1), await lost(0.2)];
  assert.ok(less.length > 0 && less.length < more.length);
  assert.equal(
    less.filter((seq) => !more.includes(seq)),
    [],
  );
});

test('an egress that goes and comes back goes on where its draws would be, and each limited one has its own', async () => {
  const sent = async (assignments: WorldSpec['assignments'], ...timeline: WorldSpec['timeline']) => {
    const { rows } = await run({
      personalities: { up: HALF, line: { egress: 'up' }, none: {} },
      assignments,
      timeline,
      traffic: [flow('cbr', many)],
    });
    return column(where(rows, { fate: 'loss' }), 'seq');
  };
  const general = [{ vm: 'a', personality: 'line' }];
  const always = await sent(general);
  const back = await sent(
    general,
    at(ms(100), { op: 'remove', vm: 'a' }),
    at(ms(150), { op: 'assign', vm: 'a', personality: 'none' }),
    at(ms(200), { op: 'assign', vm: 'a', personality: 'line' }),
  );
  assert.equal(
    back,
    always.filter((seq) => seq < 100 || seq >= 200),
  );
  const limited = await sent([{ vm: 'a', personality: 'line', from: { vm: 'b' } }]);
  assert.ok(limited.length > 150);
  assert.not.equal(limited, always);
  assert.equal(await sent([...general, { vm: 'a', personality: 'line', from: { vm: 'b' } }]), limited);
});

const tenMs = flow('cbr', { interval: ms(10), packetSize: 100, count: 10 });
const delays = (rows: readonly Row[]): number[] =>
  where(rows, { flow: 'cbr', reverse: false })
    .sort((x, y) => x.seq - y.seq)
    .map((row) => (row.endNs - row.sentNs) / ms(1));

test('changes of the egress, of who names it and of who has it take effect at once', async () => {
  const { rows } = await run({
    ...line({}, { latencyMs: 1 }),
    traffic: [tenMs],
    timeline: [
      at(ms(20), { op: 'update', personality: 'up', set: { latencyMs: 2 } }),
      at(ms(40), { op: 'create', personality: 'other', values: { latencyMs: 4 } }),
      at(ms(40), { op: 'update', personality: 'down', set: { egress: 'other' } }),
      at(ms(50), { op: 'replace', personality: 'down', values: {} }),
      at(ms(60), { op: 'replace', personality: 'down', values: { egress: 'up' } }),
      at(ms(70), { op: 'remove', vm: 'a' }),
      at(ms(80), { op: 'assign', vm: 'a', personality: 'down', ttl: ms(10) }),
    ],
  });
  assert.equal(delays(rows), [1, 1, 2, 2, 4, 0, 2, 0, 2, 0]);
});

test('what waits for bandwidth is released in order when the assignment goes', async () => {
  const { rows } = await run({
    ...line({}, { bandwidthKbps: 8, 'bandwidth.model': 'serialize' }),
    traffic: [three],
    timeline: [at(ms(100), { op: 'remove', vm: 'a' })],
  });
  assert.equal(arrivals(rows), [100, 100, 100]);
  assert.equal(column(where(rows, { flow: 'list' }), 'seq'), [0, 1, 2]);
});

test('what a VM has sent goes its way when its power fails, and without power it sends nothing', async () => {
  const { rows } = await run({
    ...line({}, { latencyMs: 30 }),
    traffic: [flow('list', { sentNs: Float64Array.of(0, ms(20)), sizes: new Int32Array(2).fill(100) })],
    timeline: [at(ms(10), { op: 'power', vm: 'a', on: false })],
  });
  assert.equal(arrivals(rows), [30]);
  assert.equal(fates(rows), { delivered: 1 });
});

test('what a VM sends to itself does not leave it, and what it forwards is not its own', async () => {
  const self = await run({
    ...line({ latencyMs: 10 }, { latencyMs: 30 }),
    traffic: [once(100, { to: { address: '10.0.0.1' } })],
  });
  assert.equal(arrivals(self.rows, 'cbr'), [0]);
  const routed = await run({
    networks: [
      network('n', '10.0.0.0/24', [route('0.0.0.0/0', 'g')]),
      network('m', '10.1.0.0/24', [route('0.0.0.0/0', 'g')]),
    ],
    vms: [
      vm('a', '10.0.0.1'),
      vm('g', { n: '10.0.0.254', m: '10.1.0.254' }, { forwards: true }),
      vm('b', { m: '10.1.0.2' }),
    ],
    personalities: { up: { latencyMs: 30 }, router: { latencyMs: 1, egress: 'up' } },
    assignments: [{ vm: 'g', personality: 'router' }],
    traffic: [once(100, { to: { address: '10.1.0.2' } })],
  });
  assert.equal(arrivals(routed.rows, 'cbr'), [1]);
});

test('errors that a VM itself reports meet its egress', async () => {
  const flood = flow('flood', {
    from: ['b'],
    to: { vm: 'a' },
    interval: seconds(1),
    packetSize: 64,
    count: 1,
  });
  const { rows } = await run({ ...line({ latencyMs: 10 }, { latencyMs: 30 }), traffic: [flood] });
  assert.equal(column(where(rows, { kind: 'portUnreachable' }), 'endNs'), [ms(40)]);
});

test('a routing profile does nothing on the way out', async () => {
  const { rows } = await run({
    ...line({}, { routingProfile: 'Chaotic', 'routing.chaosProbability': 1 }),
    traffic: [tenMs],
  });
  assert.equal([...new Set(column(rows, 'at'))], ['b']);
});

test('on the way out packets are fragmented, and copied', async () => {
  const small = await run({ ...line({}, { mtu: 576 }), traffic: [once(1000)] });
  // 980 bytes after the header: 552, which is a multiple of 8 and fits, and 428.
  assert.equal(column(where(small.rows, { origin: 'fragment' }), 'size'), [572, 448]);
  const doubled = await run({ ...line({}, { duplicatePacketPercentage: 1 }), traffic: [once(1000)] });
  assert.equal(fates(doubled.rows), { delivered: 2 });
});

const tooBig = (rows: readonly Row[]) => where(rows, { kind: 'tooBig' });

test('a packet that is too big for the way out is refused, and the sender told by itself at once', async () => {
  const { rows } = await run({
    ...line({ latencyMs: 10 }, { latencyMs: 30, mtu: 600 }),
    traffic: [once(1000, { df: true })],
  });
  assert.equal(fates(where(rows, { flow: 'cbr', reverse: false })), { mtu: 1 });
  const [answer] = tooBig(rows);
  assert.equal([answer!.source, answer!.at, answer!.endNs, answer!.fate], ['10.0.0.1', 'a', 0, 'delivered']);
  assert.is(tooBig(rows).length, 1);
});

const SIX = {
  networks: [network('n', '2001:db8::/64')],
  vms: [vm('a', '2001:db8::1'), vm('b', '2001:db8::2', { host: 'h2' }), vm('c', '2001:db8::3')],
};

test('in IPv6 the sender learns it and fragments from then on', async () => {
  const { rows } = await run({
    ...SIX,
    ...line({}, { mtu: 1280 }),
    traffic: [flow('cbr', { interval: ms(10), packetSize: 1500, count: 3 })],
  });
  assert.equal(column(tooBig(rows), 'at'), ['a']);
  assert.equal(column(where(rows, { fate: 'delivered', reverse: false }), 'seq'), [1, 2]);
});

test('also a member of a pool that answers with the address of the pool', async () => {
  const pool6 = { ...pool('2001:db8::100', 'c', 'a'), members: ['c', 'a'] };
  const { rows } = await run({
    ...SIX,
    vms: SIX.vms.map((each) => (each.id === 'c' ? { ...each, power: false } : each)),
    pools: [pool6],
    ...line({}, { mtu: 1280 }),
    traffic: [
      flow('request', {
        from: ['b'],
        to: { address: '2001:db8::100' },
        interval: ms(100),
        requestSize: 10,
        responseSize: 1400,
        packetSize: 1500,
        think: 0,
        timeout: ms(50),
        retries: 0,
        count: 3,
      }),
    ],
    // The answer to the pool's address would go to c from now on.
    timeline: [at(ms(1), { op: 'power', vm: 'c', on: false })],
  });
  assert.equal(column(tooBig(rows), 'at'), ['a']);
});

// ---- commands

const worldWith = (parts: Partial<WorldSpec>): World =>
  new World(worldSpec(parts), { until: seconds(1), interval: seconds(1) });

function refused(world: World, ...batch: Command[]): string[] {
  const outcome = world.control.apply(batch);
  return outcome.ok ? [] : outcome.problems.map(({ path, found }) => `${path}: ${found}`);
}

test('who is named must exist, and stays as long as it is named', () => {
  const world = worldWith({});
  const create = (personality: string, values = {}): Command => ({ op: 'create', personality, values });
  assert.equal(refused(world, create('line', { egress: 'up' })), ['[0].values.egress: up']);
  assert.equal(refused(world, create('up'), create('line', { egress: 'up' })), []);
  assert.equal(refused(world, { op: 'delete', personality: 'up' }), ['[0].delete: up, the egress of line']);
  assert.equal(refused(world, { op: 'update', personality: 'line', set: { egress: 'ghost' } }), [
    '[0].set.egress: ghost',
  ]);
  assert.equal(refused(world, { op: 'update', personality: 'up', set: { egress: 'line' } }), [
    '[0].set.egress: up > line > up',
  ]);
  assert.equal(refused(world, { op: 'update', personality: 'up', set: { egress: 'up' } }), [
    '[0].set.egress: up > up',
  ]);
  assert.equal(
    refused(world, { op: 'replace', personality: 'line', values: {} }, { op: 'delete', personality: 'up' }),
    [],
  );
});

test('impossible combinations are refused, whichever command would make them', () => {
  const world = worldWith({});
  const burst = { 'bandwidth.burstBytes': 1000, bandwidthKbps: 8 };
  assert.equal(refused(world, { op: 'create', personality: 'p', values: burst }), [
    '[0].values.bandwidth.burstBytes: 1000',
  ]);
  assert.equal(refused(world, { op: 'create', personality: 'p', values: { ...burst, mtu: 1000 } }), []);
  assert.equal(refused(world, { op: 'update', personality: 'p', set: { mtu: 1001 } }), [
    '[0].set.bandwidth.burstBytes: 1000',
  ]);
});

test('an MTU below 1280 is refused on the way out of IPv6, too', () => {
  const world = worldWith({
    ...SIX,
    personalities: {
      up: { mtu: 1280 },
      small: { mtu: 1279 },
      line: { egress: 'up' },
      bad: { egress: 'small' },
    },
    assignments: [{ vm: 'a', personality: 'line' }],
  });
  const found = "mtu 1279 in front of 'a'";
  assert.equal(refused(world, { op: 'update', personality: 'up', set: { mtu: 1279 } }), [
    `[0].set.mtu: ${found}`,
  ]);
  assert.equal(refused(world, { op: 'update', personality: 'line', set: { egress: 'small' } }), [
    `[0].set.egress: ${found}`,
  ]);
  assert.equal(refused(world, { op: 'assign', vm: 'b', personality: 'bad' }).length, 1);
});

test.run();
