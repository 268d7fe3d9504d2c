/** Sessions of the library's scenarios: cut anywhere, with orders given on the way, the file says the same. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { filesFrom, loadScenario, presets } from '../../../app/scenario-file.ts';
import { Session } from '../../../app/session.ts';
import { simulate, simulateFile } from '../../../app/simulate.ts';
import {
  actionParser,
  overlay,
  parseScenario,
  type Scenario,
  sessionText,
} from '../../../scenarios/index.ts';
import type { Command, TimelineEntry, WorldAction } from '../../../sim/index.ts';

const FOLDER = join(import.meta.dirname, '../../../scenarios/library');
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));
const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(FOLDER, path));

function parsed(text: string): Scenario {
  const outcome = parseScenario(text, { presets: presets() });
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems.slice(0, 5)));
  return outcome.value;
}

for (const file of FILES) {
  test(`${file}: a session that ends early has the digest of a run that ends there`, async () => {
    const scenario = loadScenario(join(FOLDER, file));
    // Off the beaten instants.
    const end = Math.min(scenario.duration, Math.floor(scenario.duration / 3) + 1_234_567);
    const until = Math.min(end, 2_001_234_567);
    const text = sessionText(scenario, [], until, { path: absolute });
    const [session, run] = await Promise.all([
      simulate(text, { folder: FOLDER }),
      simulateFile(join(FOLDER, file), { until: until / 1e6 }),
    ]);
    assert.is(session.digest, run.digest);
  });
}

test('a session as long as its scenario keeps the expectations, and a shorter one does not', () => {
  const scenario = loadScenario(join(FOLDER, 'transatlantic-web.yaml'));
  assert.is(parsed(sessionText(scenario, [], scenario.duration)).expect.length, scenario.expect.length);
  const text = sessionText(scenario, [], scenario.duration - 1);
  assert.is(parsed(text).expect.length, 0);
  assert.match(text, /expectations are left out/);
});

test('a session longer than its scenario was to be is one', () => {
  const scenario = loadScenario(join(FOLDER, 'transatlantic-web.yaml'));
  const longer = parsed(sessionText(scenario, [], scenario.duration + 5));
  assert.is(longer.duration, scenario.duration + 5);
});

test('the same session is the same text, and a session of a session too', () => {
  const scenario = loadScenario(join(FOLDER, 'flapping-line.yaml'));
  const text = sessionText(scenario, [], 1e9);
  assert.is(sessionText(scenario, [], 1e9), text);
  const again = sessionText(parsed(text), [], 1e9);
  assert.is(again.replace(/^#.*\n/gm, ''), text.replace(/^#.*\n/gm, ''));
});

const LAB = `
name: groups
seed: 1
duration: 10s
networks: [{ id: net, subnet: 10.0.0.0/24 }]
hosts: [h1, h2]
links: [{ between: [h1, h2], latencyMs: 1 }]
vms:
  - { id: "c-{n}", network: net, host: h1, count: 3 }
  - { id: s, network: net, ip: 10.0.0.99, host: h2 }
personalities:
  near: { latencyMs: 1 }
  sky: { preset: leo-starlink }
assignments:
  "c-{n}": near
  s: { latencyMs: 7 }
traffic:
  - { id: t, kind: cbr, from: s, to: c-1, rate: 10/s, packetSize: 100B }
timeline:
  - { at: 1s, every: 1s, until: 9s, update: near, set: { latencyMs: 2 } }
  - { at: 2s, ramp: near.jitterMs, from: 0, to: 5, over: 4s }
  - { at: 3s, delete: sky }
`;

test('what was done is read as it was done, and what would have come later is not there', () => {
  const scenario = parsed(LAB);
  const end = 4_500_000_001;
  const posted: TimelineEntry[] = [
    {
      at: 17,
      actions: [{ op: 'create', personality: 'made', values: { latencyMs: 0.1, 'jitter.correlation': 0.3 } }],
      path: '',
    },
    {
      at: 17,
      actions: [
        { op: 'assign', vm: 'c-2', personality: 'made', from: { vm: 's' }, ttl: 1_000_000_007 },
        { op: 'assign', vm: 's', personality: 'near', from: { network: 'net' } },
        { op: 'remove', vm: 'c-1', from: { host: 'h2' } },
      ],
      path: '',
    },
    {
      at: 3_000_000_002,
      actions: [{ op: 'create', personality: 'sky', values: { egress: 'made' } }],
      path: '',
    },
    {
      at: 3_000_000_003,
      actions: [
        {
          op: 'replace',
          personality: 'near',
          values: { packetLossPercentage: 0.1234567, 'bandwidth.trace': [3, 7, 7] },
        },
      ],
      path: '',
    },
    { at: 4e9, actions: [{ op: 'power', vm: 's', on: false }], path: '' },
    { at: 4e9, actions: [{ op: 'migrate', vm: 's', host: 'h1' }], path: '' },
    { at: 4e9, actions: [{ op: 'link', between: ['h1', 'h2'], up: false }], path: '' },
    {
      at: 4e9,
      actions: [{ op: 'partition', id: 'p', between: ['c-1', 'c-2'], and: ['s'], oneWay: true, hold: true }],
      path: '',
    },
    { at: 4e9, actions: [{ op: 'heal' }], path: '' },
    { at: 4e9, actions: [{ op: 'heal', id: 'p' }], path: '' },
    { at: 4e9, actions: [{ op: 'stop', traffic: 't' }], path: '' },
    { at: 4_200_000_000, actions: [{ op: 'start', traffic: 't' }], path: '' },
    {
      at: end,
      actions: [
        { op: 'remove', vm: 's' },
        { op: 'delete', personality: 'made' },
      ],
      path: '',
    },
  ];
  const session = parsed(sessionText(scenario, posted, end, { impossible: 'skip' }));
  const told = (entries: readonly TimelineEntry[]) => entries.map(({ path: _, ...entry }) => entry);
  const expected = [...scenario.world.timeline, ...posted]
    .filter(({ at }) => at <= end)
    .map((entry) => (entry.every === undefined ? entry : { ...entry, until: end }));
  assert.equal(told(session.world.timeline), told(expected));
  assert.is(session.duration, end);
  assert.is(session.impossible, 'skip');
  assert.equal(session.world.personalities, scenario.world.personalities);
  assert.equal(session.world.assignments, scenario.world.assignments);
});

test('actions are read as in a timeline, and everything wrong with them is told', () => {
  const read = actionParser(parsed(LAB), presets());
  assert.equal(
    read([
      { assign: 'whatever', vm: 'c-{n}', ttl: '2s' },
      { vm: 's', power: 'off' },
    ]),
    {
      ok: true,
      value: [
        ...['c-1', 'c-2', 'c-3'].map((vm) => ({ op: 'assign', vm, personality: 'whatever', ttl: 2e9 })),
        { op: 'power', vm: 's', on: false },
      ],
    },
  );
  const wrong = read([
    { assign: 'near', vm: 'x' },
    { update: 'near', set: { latencyMS: 3 } },
    { ramp: 'near.latencyMs', to: 3, over: '1s' },
    { at: '1s', vm: 's', power: 'off' },
    { heal: 'anything' },
  ]);
  const problems = wrong.ok ? [] : wrong.problems;
  const found = problems.map(({ path }) => path);
  for (const path of ['[1].set.latencyMS', '[2]', '[3].at'])
    assert.ok(
      found.some((each) => each.startsWith(path)),
      `${path} in ${found}`,
    );
  const missing = read([
    { assign: 'near', vm: 'x' },
    { link: ['h1', 'h9'], state: 'up' },
  ]);
  assert.equal(missing.ok ? [] : missing.problems.map(({ path }) => path), ['[0].vm', '[1].link[1]']);
  const inline = read([{ assign: { latencyMs: 3 }, vm: 's' }]);
  assert.equal(inline.ok ? [] : inline.problems.map(({ path }) => path), ['[0].assign']);
  for (const value of [null, 3, {}, [], [null], ['x'], [{}]])
    assert.is(read(value).ok, false, JSON.stringify(value));
});

test('what was left behind is laid over the scenario, and the rest stays as it was', () => {
  const scenario = parsed(LAB);
  const document = overlay(scenario, {
    personalities: new Map([
      ['near', { latencyMs: 3 }],
      ['sky', null],
      ['mine', { jitterMs: 0.25, egress: 'near' }],
    ]),
    assignments: new Map([
      ['c-2', []],
      [
        's',
        [
          { personality: 'mine', ttl: null },
          { personality: 'near', from: { host: 'h1' }, ttl: 5 },
        ],
      ],
    ]),
  });
  const { sky: _, ...left } = document['personalities'] as Record<string, unknown>;
  const outcome = parseScenario(JSON.stringify({ ...document, personalities: left, timeline: [] }), {
    presets: presets(),
  });
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems));
  const { personalities, assignments } = outcome.value.world;
  assert.equal(personalities['near'], { latencyMs: 3 });
  assert.equal(personalities['mine'], { jitterMs: 0.25, egress: 'near' });
  assert.is(Object.hasOwn(document['personalities'] as object, 'sky'), false);
  assert.equal(assignments, [
    { vm: 'c-1', personality: 'near' },
    { vm: 'c-3', personality: 'near' },
    { vm: 's', personality: 'mine' },
    { vm: 's', personality: 'near', from: { host: 'h1' }, ttl: 5 },
  ]);
});

test('a VM that the scenario no longer has is a problem with its place', () => {
  const document = overlay(parsed(LAB), {
    personalities: new Map(),
    assignments: new Map([['gone', [{ personality: 'near', ttl: null }]]]),
  });
  const outcome = parseScenario(JSON.stringify(document), { presets: presets() });
  assert.equal(outcome.ok ? [] : outcome.problems.map(({ path }) => path), ['assignments.gone']);
});

const order = (at: number, ...actions: readonly (Command | WorldAction)[]): TimelineEntry => ({
  at,
  actions,
  path: '',
});

const PAIR = `
seed: 1
duration: 10s
networks: [{ id: net, subnet: 10.0.0.0/24 }, { id: six, subnet: "fd00::/64" }]
vms: [{ id: a, network: net }, { id: b, network: net }, { id: s, network: six }]
`;

test('traffic runs from the beginning or not as it did, whatever starts and stops it in the part that is told', () => {
  const scenario = parsed(`${PAIR}
traffic:
  - { id: running, kind: ping, from: a, to: b, interval: 100ms }
  - { id: waiting, kind: ping, from: a, to: b, interval: 100ms }
timeline: [{ at: 9s, start: waiting }]
`);
  const session = parsed(sessionText(scenario, [order(5, { op: 'start', traffic: 'running' })], 1e9));
  const begins = session.world.traffic.map(({ id, autostart }) => [id, autostart]);
  assert.equal(begins, [
    ['running', true],
    ['waiting', false],
  ]);
});

test('what the timeline could not do at its instant is no problem of a file that skips it', () => {
  const scenario = parsed(`${PAIR}
impossible: skip
personalities: { near: { latencyMs: 1 } }
timeline:
  - { at: 1s, heal: p }
  - { at: 1s, create: near, values: { latencyMs: 2 } }
  - { at: 8s, partition: { id: p, between: [a], and: [b] } }
  - { at: 8s, delete: near }
`);
  const session = parsed(sessionText(scenario, [], 3e9));
  assert.equal(
    session.world.timeline.map(({ actions }) => actions[0]?.op),
    ['heal', 'create'],
  );
});

test('an MTU that was too small for IPv6 before anybody there met it is no problem afterwards', () => {
  const scenario = parsed(`${PAIR}
personalities: { small: { mtu: 500 } }
`);
  const posted = [
    order(1, { op: 'assign', vm: 'a', personality: 'small' }),
    order(2, { op: 'update', personality: 'small', set: { mtu: 1400 } }),
    order(3, { op: 'assign', vm: 's', personality: 'small' }),
  ];
  const session = parsed(sessionText(scenario, posted, 1e9, { impossible: 'skip' }));
  assert.is(session.world.timeline.length, 3);
  const outcome = parseScenario(`${PAIR}
impossible: skip
personalities: { small: { mtu: 500 } }
assignments: { s: small }
`);
  assert.equal(outcome.ok ? [] : outcome.problems.map(({ path }) => path), ['personalities.small.mtu']);
});

test('a trace that somebody orders once more goes on, in the run as in its file', async () => {
  const values = { 'bandwidth.trace': [3, 50, 51, 200] };
  const scenario = parsed(`${PAIR}
personalities: { line: { bandwidth: { trace: [3, 50, 51, 200] } } }
assignments: { b: line }
traffic: [{ id: t, kind: cbr, from: a, to: b, interval: 7ms, packetSize: 1200B }]
`);
  const posted = [
    order(310_000_000, {
      op: 'replace',
      personality: 'line',
      values: structuredClone({ ...values, latencyMs: 2 }),
    }),
    order(425_000_000, {
      op: 'create',
      personality: 'other',
      values: structuredClone({ ...values, latencyMs: 1 }),
    }),
    order(530_000_000, { op: 'assign', vm: 'b', personality: 'other' }),
  ];
  const world = { ...scenario.world, timeline: posted };
  const { digest } = await new Session({ ...scenario, duration: 1e9, interval: 1e8, world }).run();
  assert.is((await simulate(sessionText(scenario, posted, 1e9))).digest, digest);
});

test('every preset can be ordered, and its values are read as they were', () => {
  const scenario = parsed(`${PAIR}
personalities: { near: { latencyMs: 1 } }
`);
  const all = [...presets().keys()];
  const posted = all.flatMap((name, n) => {
    const { profile, up = {} } = presets().get(name)!;
    return [
      order(
        n + 1,
        { op: 'create', personality: `${name}/up`, values: up },
        { op: 'create', personality: name, values: { ...profile, egress: `${name}/up` } },
        { op: 'replace', personality: 'near', values: profile },
      ),
    ];
  });
  const session = parsed(sessionText(scenario, posted, 1e9));
  assert.equal(
    session.world.timeline.map(({ actions }) => actions),
    posted.map(({ actions }) => actions),
  );
});

test('files that an included file names are found from the session, and from what was laid over', () => {
  const folder = mkdtempSync(join(tmpdir(), 'session-'));
  try {
    mkdirSync(join(folder, 'parts/lists'), { recursive: true });
    writeFileSync(join(folder, 'parts/lists/packets.csv'), 'sentNs,size\n5,100\n');
    writeFileSync(join(folder, 'parts/lists/lost.txt'), '2\n3\n');
    writeFileSync(join(folder, 'own.csv'), 'sentNs,size\n7,200\n');
    writeFileSync(
      join(folder, 'parts/part.yaml'),
      `personalities: { lossy: { loss: { model: list, packets: lists/lost.txt } } }
traffic: [{ id: inner, kind: list, from: a, to: b, file: lists/packets.csv }]
`,
    );
    const main = join(folder, 'main.yaml');
    writeFileSync(
      main,
      `include: parts/part.yaml${PAIR}traffic: [{ id: own, kind: list, from: a, to: b, file: own.csv }]\n`,
    );
    const scenario = loadScenario(main);
    const text = sessionText(scenario, [], 1e9, { path: (path) => resolve(folder, path) });
    const document = overlay(scenario, {
      personalities: new Map([['more', { latencyMs: 1 }]]),
      assignments: new Map(),
    });
    const session = parseScenario(text, filesFrom('/somewhere/else.yaml'));
    const again = parseScenario(JSON.stringify(document), filesFrom(main));
    for (const outcome of [session, again]) {
      if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems));
      const sizes = outcome.value.world.traffic.map((traffic) => traffic.kind === 'list' && traffic.sizes[0]);
      assert.equal(sizes, [100, 200]);
      assert.equal(outcome.value.world.personalities['lossy']?.['loss.packets'], [2, 3]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a preset in an order has the values outside its series, and its way up', () => {
  const read = actionParser(parsed(LAB), presets());
  const { profile } = presets().get('leo-starlink')!;
  assert.equal(read([{ create: 'x', values: { preset: 'leo-starlink', jitterMs: 3 } }]), {
    ok: true,
    value: [
      { op: 'create', personality: 'x', values: { ...profile, egress: 'leo-starlink/up', jitterMs: 3 } },
    ],
  });
  const wrong = read([{ create: 'x', values: { preset: 'leo-starlnk' } }]);
  assert.equal(wrong.ok ? [] : wrong.problems.map(({ path, nearest }) => [path, nearest]), [
    ['[0].values.preset', 'leo-starlink'],
  ]);
});

test('what is written where it is used keeps its name and what changes it, so that commands find it again', () => {
  const scenario = parsed(`${PAIR}
assignments:
  a: { latencyMs: 7 }
  b: [{ preset: leo-starlink }, { latencyMs: 8, from: a, ttl: 9s }]
timeline:
  - { at: 1s, batch: [{ vm: a, power: on }, { assign: { latencyMs: 9 }, vm: s }, { assign: { latencyMs: 7 }, vm: a }] }
`);
  assert.equal(Object.keys(scenario.world.personalities).sort(), [
    'a-personality',
    'b-personality',
    'leo-starlink',
    'leo-starlink/up',
    's-personality',
  ]);
  const document = overlay(scenario, {
    personalities: new Map([
      ['a-personality', { latencyMs: 70 }],
      ['s-personality', { latencyMs: 90 }],
    ]),
    assignments: new Map(),
  });
  const { world } = parsed(JSON.stringify(document));
  assert.equal(world.personalities, {
    ...scenario.world.personalities,
    'a-personality': { latencyMs: 70 },
    's-personality': { latencyMs: 90 },
  });
  assert.equal(world.assignments, scenario.world.assignments);
  assert.equal(world.timeline, scenario.world.timeline);
});

test('a hundred thousand orders are written and read', () => {
  const scenario = parsed(LAB);
  const posted = Array.from(
    { length: 100_000 },
    (_, i): TimelineEntry => ({
      at: 10 * i,
      actions: [{ op: 'update', personality: 'near', set: { latencyMs: i } }],
      path: '',
    }),
  );
  const session = parsed(sessionText(scenario, posted, 2e9));
  assert.is(session.world.timeline.filter(({ at }) => at % 10 === 0 && at < 1e6).length, 100_000);
});

test.run();
