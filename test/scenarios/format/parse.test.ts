import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  formatProblems,
  type Overrides,
  parsePersonality,
  parseScenario,
  type Resources,
  type Scenario,
  TEMPLATE,
  upProfile,
} from '../../../scenarios/index.ts';
import { classicCapture } from '../../support/captures.ts';
import { shippedPresets } from './resources.ts';

const presets = shippedPresets();

function parse(text: string, resources: Resources = {}, overrides: Overrides = {}): Scenario {
  const outcome = parseScenario(text, { presets, ...resources }, overrides);
  if (!outcome.ok) throw new Error(formatProblems(outcome.problems));
  return outcome.value;
}

const HEAD = `seed: 1
duration: 10s
networks: [{ id: prod, subnet: 10.0.0.0/24 }]
vms:
  - { id: a, network: prod, ip: 10.0.0.1 }
  - { id: b, network: prod, ip: 10.0.0.2 }
  - { id: c, network: prod, ip: 10.0.0.3 }
`;

test('the example of the specification means what it says', () => {
  const text = readFileSync(new URL('./transatlantic-web.yaml', import.meta.url), 'utf8');
  const { name, seed, duration, interval, world, expect } = parse(text);
  assert.equal([name, seed, duration, interval], ['transatlantic web', '42', 30e9, 1e9]);
  assert.equal(world.hosts, ['eu', 'us']);
  assert.equal(world.personalities, {
    transatlantic: { latencyMs: 40, jitterMs: 3, packetLossPercentage: 0.002, bandwidthKbps: 50_000 },
    outage: { packetLossPercentage: 1 },
  });
  const [pings, stream, calls] = world.traffic;
  assert.equal([pings?.kind === 'ping' && pings.interval, pings?.to], [100e6, { vm: 'server' }]);
  // 1,200 bytes at 4 Mbit/s are 2.4 ms.
  assert.equal([stream?.kind === 'cbr' && stream.interval, stream?.start], [2.4e6, 1e9]);
  assert.equal([calls?.kind === 'request' && calls.interval, calls?.to], [50e6, { address: '10.0.0.100' }]);
  assert.equal(
    world.timeline.map(({ at, actions }) => [at, ...actions]),
    [
      [10e9, { op: 'update', personality: 'transatlantic', set: { latencyMs: 90 } }],
      [15e9, { op: 'assign', vm: 'server', personality: 'outage' }],
      [17e9, { op: 'assign', vm: 'server', personality: 'transatlantic' }],
      [20e9, { op: 'power', vm: 'spare', on: false }],
      [25e9, { op: 'remove', vm: 'server' }],
    ],
  );
  assert.equal(
    expect.map(({ metric, limit }) => [metric, limit]),
    [
      ['rtt.p50', { op: 'between', low: 80e6, high: 180e6 }],
      ['loss', { op: 'atMost', value: 0.005 }],
      ['dropped.spoofed', { op: 'equals', value: 0 }],
    ],
  );
});

test('the starter scenario is one', () => {
  assert.is(parse(TEMPLATE).world.traffic.length, 2);
});

test('JSON is YAML', () => {
  const text = JSON.stringify({
    seed: 'x',
    duration: '1s',
    networks: [{ id: 'n', subnet: '10.0.0.0/30' }],
    vms: [{ id: 'a', network: 'n' }],
  });
  assert.is(parse(text).seed, 'x');
});

test('addresses that are not given are the next free ones, in the order of the file', () => {
  const { world } = parse(`${HEAD}  - { id: d, network: prod }
  - { id: 'm-{n}', network: prod, count: 10 }
  - { id: e, network: prod, ip: 10.0.0.5 }
pools: [{ address: 10.0.0.6, members: [a] }]
`);
  const ips = world.vms.map(({ id, interfaces }) => `${id} ${interfaces[0]?.ip}`);
  assert.equal(ips.slice(3, 6), ['d 10.0.0.4', 'm-01 10.0.0.7', 'm-02 10.0.0.8']);
  assert.is(ips.at(-1), 'e 10.0.0.5');
  assert.is(world.vms.length, 15);
});

test('an id with count stands for all that it makes', () => {
  const { world } = parse(`${HEAD}  - { id: 'm-{n}', network: prod, count: 3 }
assignments: { 'm-{n}': { preset: blackhole } }
traffic: [{ id: f, kind: ping, from: 'm-{n}', to: a }]
`);
  assert.equal(
    world.assignments,
    ['m-1', 'm-2', 'm-3'].map((vm) => ({ vm, personality: 'blackhole' })),
  );
  assert.equal(world.traffic[0]?.from, ['m-1', 'm-2', 'm-3']);
});

test('two networks may use the same addresses', () => {
  const { world } = parse(`seed: 1
duration: 1s
networks: [{ id: x, subnet: 10.0.0.0/24 }, { id: y, subnet: 10.0.0.0/24 }]
vms: [{ id: a, network: x, ip: 10.0.0.1 }, { id: b, network: y, ip: 10.0.0.1 }]
`);
  assert.equal(
    world.vms.map(({ interfaces }) => interfaces),
    [[{ network: 'x', ip: '10.0.0.1' }], [{ network: 'y', ip: '10.0.0.1' }]],
  );
});

test('a gateway joins networks and forwards', () => {
  const { world } = parse(`seed: 1
duration: 1s
networks:
  - { id: x, subnet: 10.0.0.0/24, routes: [{ to: 10.1.0.0/24, via: [gw], routingProfile: Dynamic }] }
  - { id: y, subnet: 10.1.0.0/24 }
gateways: [{ id: gw, interfaces: [{ network: x, ip: 10.0.0.254 }, { network: y }] }]
vms: [{ id: a, network: x }, { id: b, network: y }]
traffic: [{ id: f, kind: ping, from: a, to: b }, { id: g, kind: ping, from: a, to: 10.1.0.77 }]
`);
  assert.equal(world.vms[0], {
    id: 'gw',
    host: 'host',
    interfaces: [
      { network: 'x', ip: '10.0.0.254' },
      { network: 'y', ip: '10.1.0.1' },
    ],
    forwards: true,
    power: true,
  });
  assert.equal(world.networks[0]?.routes, [{ to: '10.1.0.0/24', via: ['gw'], routingProfile: 'Dynamic' }]);
  assert.is(world.vms[2]?.interfaces[0]?.ip, '10.1.0.2');
});

test('a preset may stand wherever a personality may', () => {
  const { world } = parse(`${HEAD}personalities: { phone: { preset: 4g-slow, packetLossPercentage: 0.02 } }
assignments:
  a: phone
  b: { preset: 4g-slow }
  c: { preset: 4g-slow, latencyMs: 1s }
timeline: [{ at: 1s, assign: { preset: 4g-slow }, vm: c }]
`);
  // DevTools' Slow 4G: 1.6 Mbit/s, up 750 kbit/s, and half of 150 ms each way.
  const slow = { latencyMs: 75, bandwidthKbps: 1600, egress: '4g-slow/up' };
  assert.equal(world.personalities, {
    phone: { ...slow, packetLossPercentage: 0.02 },
    '4g-slow/up': { latencyMs: 75, bandwidthKbps: 750 },
    '4g-slow': slow,
    '4g-slow-2': { ...slow, latencyMs: 1000 },
  });
  assert.equal(
    world.assignments.map(({ vm, personality }) => [vm, personality]),
    [
      ['a', 'phone'],
      ['b', '4g-slow'],
      ['c', '4g-slow-2'],
    ],
  );
  assert.equal(world.timeline[0]?.actions, [{ op: 'assign', vm: 'c', personality: '4g-slow' }]);
});

test('assignments may be limited to senders', () => {
  const { world } = parse(`${HEAD}personalities: { far: {}, near: {} }
assignments:
  a: [far, { personality: near, from: b, ttl: 2s }, { personality: near, from: { network: prod } }]
`);
  assert.equal(world.assignments, [
    { vm: 'a', personality: 'far' },
    { vm: 'a', personality: 'near', from: { vm: 'b' }, ttl: 2e9 },
    { vm: 'a', personality: 'near', from: { network: 'prod' } },
  ]);
});

test('fields have units, and bare numbers have the unit of their name', () => {
  const { world } = parse(
    `${HEAD}personalities: { p: { latencyMs: 1.5s, jitterMs: 250us, bandwidthKbps: 2Mbit, mtu: 1.4kB, bandwidth: { queueBytes: 30kB, queueMs: 1s } } }\n`,
  );
  assert.equal(world.personalities['p'], {
    latencyMs: 1500,
    jitterMs: 0.25,
    bandwidthKbps: 2000,
    mtu: 1400,
    'bandwidth.queueBytes': 30_000,
    'bandwidth.queueMs': 1000,
  });
});

test('traffic has defaults', () => {
  const { world } = parse(`${HEAD}traffic:
  - { id: p, kind: ping, from: a, to: b }
  - { id: c, kind: cbr, from: { network: prod }, to: c, rate: 100/s }
  - { id: r, kind: request, from: a, to: { network: prod }, interval: 10ms, requestSize: 1kB, responseSize: 2kB }
  - { id: o, kind: onOff, from: a, to: [b, c], rate: 960kbit, on: { pareto: 1s, shape: 1.2 }, off: { exponential: 2s } }
  - { id: s, kind: scan, from: a, to: b, rate: 10/s, ports: [22, 80] }
`);
  const common = {
    start: 0,
    stop: Infinity,
    count: Infinity,
    df: false,
    ecn: false,
    dscp: 0,
    autostart: true,
    ttl: 64,
  };
  assert.equal(world.traffic, [
    {
      kind: 'ping',
      id: 'p',
      from: ['a'],
      to: { vm: 'b' },
      fromText: 'a',
      toText: 'b',
      port: 0,
      ...common,
      interval: 1e9,
      packetSize: 84,
      timeout: 1e9,
    },
    {
      kind: 'cbr',
      id: 'c',
      from: ['a', 'b'],
      to: { vm: 'c' },
      fromText: 'prod',
      toText: 'c',
      port: 9001,
      ...common,
      interval: 1e7,
      packetSize: 1200,
    },
    {
      kind: 'request',
      id: 'r',
      from: ['a'],
      to: { anyOf: ['a', 'b', 'c'] },
      fromText: 'a',
      toText: 'prod',
      port: 9002,
      ...common,
      interval: 1e7,
      requestSize: 1000,
      responseSize: 2000,
      packetSize: 1500,
      think: 0,
      timeout: 1e9,
      retries: 0,
    },
    {
      kind: 'onOff',
      id: 'o',
      from: ['a'],
      to: { anyOf: ['b', 'c'] },
      fromText: 'a',
      toText: 'b, c',
      port: 9003,
      ...common,
      interval: 1e7,
      packetSize: 1200,
      on: { law: 'pareto', mean: 1e9, shape: 1.2 },
      off: { law: 'exponential', mean: 2e9 },
    },
    {
      kind: 'scan',
      id: 's',
      from: ['a'],
      to: { vm: 'b' },
      fromText: 'a',
      toText: 'b',
      port: 9004,
      ...common,
      interval: 1e8,
      packetSize: 64,
      prefix: '10.0.0.2/32',
      ports: [22, 80],
    },
  ]);
});

test('traffic that the timeline starts first waits for it', () => {
  const { world } = parse(`${HEAD}traffic:
  - { id: late, kind: ping, from: a, to: b }
  - { id: paused, kind: ping, from: a, to: b }
timeline:
  - { at: 2s, stop: paused }
  - { at: 3s, start: paused }
  - { at: 1s, start: late }
`);
  assert.equal(
    world.traffic.map(({ autostart }) => autostart),
    [false, true],
  );
});

test('a list of packets is read as it is', () => {
  const read = () => new TextEncoder().encode('sentNs,size\r\n0,100\r\n1500,65535\r\n1500,28\r\n');
  const { world } = parse(`${HEAD}traffic: [{ id: f, kind: list, from: a, to: b, file: x.csv }]\n`, { read });
  const [flow] = world.traffic;
  if (flow?.kind !== 'list') throw new Error('not a list');
  assert.equal([...flow.sentNs], [0, 1500, 1500]);
  assert.equal([...flow.sizes], [100, 65535, 28]);
});

test('a capture is read from its first packet on that passes the filter', () => {
  // Four UDP packets over raw IPv4 (link type 101), one second apart, the third to another address; cut off after the headers.
  const packet = (to: number, length: number, source: number): Uint8Array => {
    const bytes = new Uint8Array(28);
    bytes.set([0x45, 0, length >> 8, length & 255, 0, 0, 0, 0, 64, 17, 0, 0, 10, 9, 9, 1, 10, 9, 9, to]);
    bytes.set([source >> 8, source & 255, 0, 53], 20);
    return bytes;
  };
  const frames = [packet(2, 100, 7), packet(2, 200, 53), packet(3, 300, 53), packet(2, 1400, 53)].map(
    (data, index) => ({
      seconds: 1_700_000_000 + index,
      fraction: index * 10,
      data,
      original: 1500,
    }),
  );
  const read = () => classicCapture(frames, { linkType: 101 });
  const flow = (filter: string) => {
    const { world } = parse(
      `${HEAD}traffic: [{ id: f, kind: capture, from: a, to: b, file: x.pcap, filter: ${filter} }]\n`,
      { read },
    );
    const [only] = world.traffic;
    return only?.kind === 'capture' ? [[...only.sentNs], [...only.sizes]] : [];
  };
  // Fractions are microseconds: each packet comes 1 s and 10 us after the one before it.
  assert.equal(flow('{ to: 10.9.9.2 }'), [
    [0, 1_000_010_000, 3_000_030_000],
    [100, 200, 1400],
  ]);
  assert.equal(flow('{ port: 7 }'), [[0], [100]]);
  assert.equal(flow('{ protocol: udp, from: 10.9.9.1, to: 10.9.9.3 }'), [[0], [300]]);
});

test('a ramp is a row of updates', () => {
  const { world } = parse(`${HEAD}personalities: { wan: { latencyMs: 40, mtu: 1500 } }
timeline:
  - { at: 1s, ramp: wan.latencyMs, to: 90, over: 500ms }
  - { at: 2s, ramp: wan.latencyMs, to: 10, over: 4s, shape: step, steps: 2 }
  - { at: 8s, ramp: wan.mtu, from: 1000, to: 2000, over: 1s, shape: sine, each: 250ms, every: 1s, times: 2 }
`);
  const rows = world.timeline.map(({ at, every, times, actions: [action] }) => [
    at,
    every ?? times ?? 0,
    action?.op === 'update' ? Object.values(action.set)[0] : undefined,
  ]);
  assert.equal(rows, [
    [1.1e9, 0, 50],
    [1.2e9, 0, 60],
    [1.3e9, 0, 70],
    [1.4e9, 0, 80],
    [1.5e9, 0, 90],
    [4e9, 0, 50],
    [6e9, 0, 10],
    // (1 - cos(pi x)) / 2 at 1/4, 1/2, 3/4 and 1: 0.1464, 0.5, 0.8536 and 1.
    [8.25e9, 1e9, 1146],
    [8.5e9, 1e9, 1500],
    [8.75e9, 1e9, 1854],
    [9e9, 1e9, 2000],
  ]);
});

test('a ramp begins where the file says the field is', () => {
  const first = (timeline: string): unknown => {
    const { world } = parse(`${HEAD}personalities: { wan: { latencyMs: 40 } }\ntimeline:\n${timeline}`);
    const action = world.timeline.at(-1)?.actions[0];
    return action?.op === 'update' ? action.set['latencyMs'] : undefined;
  };
  const ramp = '  - { at: 5s, ramp: wan.latencyMs, to: 100, over: 2s, shape: step, steps: 1 }\n';
  const half = '  - { at: 5s, ramp: wan.latencyMs, to: 100, over: 200ms }\n';
  // Half of the way to 100, from 60 and from 80, is seen in the first of two updates.
  const firstOfTwo = (earlier: string): unknown => {
    const { world } = parse(`${HEAD}personalities: { wan: { latencyMs: 40 } }\ntimeline:\n${earlier}${half}`);
    const action = world.timeline.at(-2)?.actions[0];
    return action?.op === 'update' ? action.set['latencyMs'] : undefined;
  };
  assert.is(first(ramp), 100);
  assert.is(firstOfTwo(''), 70);
  assert.is(firstOfTwo('  - { at: 4s, update: wan, set: { latencyMs: 60 } }\n'), 80);
  assert.is(firstOfTwo('  - { at: 1s, update: wan, set: { latencyMs: 60 }, every: 2s, times: 3 }\n'), 80);
  assert.is(firstOfTwo('  - { at: 1s, ramp: wan.latencyMs, to: 60, over: 1s }\n'), 80);
  // Interrupted half-way from 40 to 80.
  assert.is(firstOfTwo('  - { at: 4s, ramp: wan.latencyMs, to: 80, over: 2s }\n'), 80);
});

test('partitions and scopes name VMs, networks and hosts', () => {
  const { world } = parse(`${HEAD}timeline:
  - { at: 1s, partition: { between: [a], and: [b, c], oneWay: true } }
  - { at: 2s, heal: partition }
  - { at: 3s, heal: true }
  - { at: 4s, batch: [{ power: off, vm: a }, { migrate: host, vm: b }] }
`);
  assert.equal(
    world.timeline.map(({ actions }) => actions),
    [
      [{ op: 'partition', id: 'partition', between: ['a'], and: ['b', 'c'], oneWay: true, hold: false }],
      [{ op: 'heal', id: 'partition' }],
      [{ op: 'heal' }],
      [
        { op: 'power', vm: 'a', on: false },
        { op: 'migrate', vm: 'b', host: 'host' },
      ],
    ],
  );
});

test('settings from outside go into the document before it is checked', () => {
  const text = `${HEAD}personalities: { wan: { latencyMs: 40 } }
traffic: [{ id: stream, kind: cbr, from: a, to: b, rate: 1Mbit }]
`;
  const set = [
    ['personalities.wan.latencyMs', '80'],
    ['personalities.wan.bandwidth.queueBytes', '30kB'],
    ['traffic.stream.rate', '50/s'],
    ['traffic[0].packetSize', '100'],
  ] as const;
  const { world, seed, duration, source } = parse(text, {}, { seed: 'other', until: 5e9, set });
  assert.equal([seed, world.seed, duration], ['other', 'other', 5e9]);
  assert.equal(world.personalities['wan'], { latencyMs: 80, 'bandwidth.queueBytes': 30_000 });
  const [stream] = world.traffic;
  assert.is(stream?.kind === 'cbr' && stream.interval, 2e7);
  assert.is(stream?.kind === 'cbr' && stream.packetSize, 100);
  assert.is((source as { seed: unknown }).seed, 'other');
});

test('settings that do not fit are problems like others', () => {
  const text = `${HEAD}traffic: [{ id: stream, kind: ping, from: a, to: b }]\n`;
  const outcome = parseScenario(
    text,
    {},
    {
      set: [
        ['traffic.steam.interval', '1s'],
        ['traffic[1].interval', '1s'],
        ['vms..x', '1'],
        ['personalities.wan.latencyMs', '-5'],
      ],
    },
  );
  assert.equal(outcome.ok ? [] : outcome.problems.map(({ line: _, ...problem }) => problem), [
    {
      path: '--set traffic.steam.interval',
      found: 'steam',
      allowed: 'the id or the [number] of an item',
      nearest: 'stream',
    },
    { path: '--set traffic[1].interval', found: '[1]', allowed: '[0] to [0]' },
    {
      path: '--set vms..x',
      found: '"vms..x"',
      allowed: 'a path, such as personalities.wan.latencyMs or traffic[2].rate',
    },
    {
      path: 'personalities.wan.latencyMs',
      found: '-5',
      allowed: 'a duration from 0 to 3600000 ms, such as 40 or 40ms',
    },
  ]);
});

test('includes come first, and problems in them name their file', () => {
  const files: Record<string, string> = {
    'base.yaml': 'include: deeper.yaml\nduration: 5s\nvms:\n  - { id: a, network: prod }\n',
    'deeper.yaml':
      'networks: [{ id: prod, subnet: 10.0.0.0/24 }]\npersonalities: { wan: { latencyMs: 1 }, lan: {} }\n',
    'wrong.yaml': 'vms:\n  - { id: a, network: prod }\n  - { id: w, network: prdo }\n',
  };
  const include = (path: string) => {
    const text = files[path];
    if (text === undefined) throw new Error('no such file');
    return { name: path, text };
  };
  const main =
    'seed: 1\nduration: 10s\nvms:\n  - { id: z, network: prod }\npersonalities: { wan: { latencyMs: 2 } }\n';
  const { duration, world } = parse(`include: [base.yaml, deeper.yaml]\n${main}`, { include });
  assert.is(duration, 10e9);
  assert.equal(
    world.vms.map(({ id }) => id),
    ['a', 'z'],
  );
  assert.equal(world.personalities, { wan: { latencyMs: 2 }, lan: {} });
  const outcome = parseScenario(`include: [deeper.yaml, wrong.yaml]\n${main}traffic: 7\n`, { include });
  assert.equal(outcome.ok ? [] : outcome.problems, [
    { path: 'traffic', found: '7', allowed: 'a list of traffic', line: 7 },
    {
      path: 'vms[1].network',
      found: '"prdo"',
      allowed: 'the id of a network',
      nearest: 'prod',
      line: 3,
      file: 'wrong.yaml',
    },
  ]);
});

test("another egress may be given instead of a preset's, and a preset's without the rest of it", () => {
  const { world } = parse(`${HEAD}personalities:
  slow-up: { latencyMs: 500 }
  phone: { preset: lte, egress: slow-up }
  lan: { latencyMs: 1, egress: lte/up }
timeline: [{ at: 1s, update: lan, set: { egress: 3g-wpt/up } }, { at: 2s, create: late, values: { preset: gprs } }]
`);
  assert.is(world.personalities['phone']?.['egress'], 'slow-up');
  assert.equal(Object.keys(world.personalities), [
    'slow-up',
    'phone',
    'lan',
    'lte/up',
    '3g-wpt/up',
    'gprs/up',
  ]);
});

const files = (texts: Readonly<Record<string, string>>) => ({
  read: (path: string, from: string): Uint8Array => new TextEncoder().encode(texts[`${from}:${path}`]),
});

test('lists of numbers stand in the file or in another one, beside the file that names it', () => {
  const include = () => ({
    name: 'lists/base.yaml',
    text: 'personalities: { base: { loss: { model: list, packets: drops.txt } } }\n',
  });
  const text = `include: base.yaml
${HEAD}personalities:
  one: { loss: { model: list, packets: [1, 3, 20] } }
  two: { loss: { model: list, packets: drops.txt } }
  three: { jitterMs: 2, jitter: { distribution: table, table: netem.dist } }
  four: { bandwidth: { trace: cell.trace } }
`;
  const { world } = parse(text, {
    name: 'main.yaml',
    include,
    ...files({
      'lists/base.yaml:drops.txt': '7\n8\n',
      'main.yaml:drops.txt': '1\r\n3\r\n20\r\n',
      // Whole numbers in any order, 8192 is one jitterMs.
      'main.yaml:netem.dist': '# made by hand\n 8192 -8192 0\n4096 # and so on\n',
      'main.yaml:cell.trace': '0\n5\n5\n12\n',
    }),
  });
  const { base, one, two, three, four } = world.personalities;
  assert.equal(base?.['loss.packets'], [7, 8]);
  assert.equal(one?.['loss.packets'], [1, 3, 20]);
  assert.equal(three?.['jitter.table'], [-1, 0, 0.5, 1]);
  assert.equal(four?.['bandwidth.trace'], [0, 5, 5, 12]);
  // Settings are compared by identity.
  assert.is(one?.['loss.packets'], two?.['loss.packets']);
  assert.ok(Object.isFrozen(one?.['loss.packets']));
});

test('lists and names can be set from outside', () => {
  const text = `${HEAD}personalities: { wan: { loss: { model: list, packets: [1] } }, up: {} }\n`;
  const set = (path: string, value: string) => {
    const outcome = parseScenario(
      text,
      { name: 'main.yaml', ...files({ 'main.yaml:drops.txt': '9\n' }) },
      { set: [[path, value]] },
    );
    return outcome.ok ? outcome.value.world.personalities['wan'] : outcome.problems[0];
  };
  const model = { 'loss.model': 'list' };
  assert.equal(set('personalities.wan.loss.packets', '[2, 4]'), { ...model, 'loss.packets': [2, 4] });
  assert.equal(set('personalities.wan.loss.packets', 'drops.txt'), { ...model, 'loss.packets': [9] });
  assert.equal(set('personalities.wan.egress', 'up'), { ...model, 'loss.packets': [1], egress: 'up' });
  assert.equal(set('personalities.wan.egress', 'pu'), {
    path: 'personalities.wan.egress',
    found: '"pu"',
    allowed: 'the id of a personality',
    nearest: 'up',
    line: 8,
  });
});

test('traffic may be marked for a priority queue', () => {
  const { world } = parse(`${HEAD}traffic:
  - { id: voice, kind: ping, from: a, to: b, dscp: 46 }
  - { id: rest, kind: ping, from: a, to: b }
`);
  assert.equal(
    world.traffic.map(({ dscp }) => dscp),
    [46, 0],
  );
  for (const wrong of [-1, 64, 1.5, 'ef']) {
    const outcome = parseScenario(
      `${HEAD}traffic: [{ id: x, kind: ping, from: a, to: b, dscp: ${wrong} }]\n`,
    );
    assert.equal(
      outcome.ok ? [] : outcome.problems.map(({ path, allowed }) => [path, allowed]),
      [['traffic[0].dscp', 'a whole number from 0 to 63']],
      String(wrong),
    );
  }
});

test('anchors and merging help to write less', () => {
  const { world } = parse(`${HEAD}x-flow: &flow { kind: ping, from: a, interval: 100ms }
traffic:
  - { <<: *flow, id: one, to: b }
  - { <<: *flow, id: two, to: c, interval: 2s }
`);
  assert.equal(
    world.traffic.map((flow) => flow.kind === 'ping' && flow.interval),
    [1e8, 2e9],
  );
});

test('a personality on its own is checked like one in a file', () => {
  const fine = parsePersonality(
    { preset: '4g-slow', latencyMs: '80ms', bandwidth: { queueBytes: '30kB' } },
    presets,
  );
  assert.equal(fine.ok && fine.value, {
    latencyMs: 80,
    bandwidthKbps: 1600,
    egress: '4g-slow/up',
    'bandwidth.queueBytes': 30_000,
  });
  assert.equal(upProfile('4g-slow/up', presets), { latencyMs: 75, bandwidthKbps: 750 });
  const list = parsePersonality({ loss: { model: 'list', packets: [3, 5] } });
  assert.equal(list.ok && list.value['loss.packets'], [3, 5]);
  const file = parsePersonality({ loss: { model: 'list', packets: 'drops.txt' } }, presets);
  assert.equal(file.ok ? '' : file.problems[0]?.found, 'drops.txt: no files can be read here');
  const wrong = parsePersonality({ packetLossPercentage: 2, latncyMs: 3 });
  assert.equal(wrong.ok ? [] : wrong.problems.map(({ path, nearest }) => [path, nearest]), [
    ['latncyMs', 'latencyMs'],
    ['packetLossPercentage', '0.02'],
  ]);
  for (const value of [null, 3, [], 'lte']) assert.not(parsePersonality(value).ok);
});

test('problems come in the order of the file', () => {
  const outcome = parseScenario(
    `${HEAD}expect: [{ flow: x, metric: loss, atMost: 0 }]\ntraffic: [{ id: y, kind: pong }]\nlinks: 3\n`,
  );
  assert.equal(outcome.ok ? [] : outcome.problems.map(({ path }) => path), [
    'expect[0].flow',
    'traffic[0].kind',
    'links',
  ]);
});

test('keys of the language are data', () => {
  const outcome = parseScenario(
    `${HEAD}personalities: { __proto__: { latencyMs: 1 } }\nassignments: { constructor: toString }\n`,
  );
  assert.equal(outcome.ok ? [] : outcome.problems.map(({ path }) => path), [
    'personalities.__proto__',
    'assignments.constructor',
  ]);
});

test.run();
