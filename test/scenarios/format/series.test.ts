/** Presets that change over time, in scenarios: who gets which update, and when. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  formatProblems,
  loadPresets,
  type Overrides,
  type Preset,
  parsePersonality,
  parseScenario,
  type Scenario,
  type SeriesPair,
  seriesPairs,
} from '../../../scenarios/index.ts';
import { run, where } from '../../support/world.ts';
import { shippedPresets } from './resources.ts';

const SOURCE = '{ source: somebody, year: 2020, kind: measured }';
const provenance = (fields: readonly string[]): string =>
  `provenance: { ${fields.map((field) => `${field}: ${SOURCE}`).join(', ')} }\n`;

/** Three levels of 2 s, and a loss from 500 ms before to 300 ms after a change; half of it on the way up, which has no loss. */
const SWING = `summary: Swings
personality: { latencyMs: 20, packetLossPercentage: 0.01, bandwidthKbps: 1000 }
up: { latencyMs: 4 }
series:
  every: 2s
  levels: { latencyMs: [10, 30, 20], packetLossPercentage: [0], bandwidthKbps: [1000, 2000, 2000], up.latencyMs: [1, 3, 2] }
  change: { before: 500ms, after: 300ms, set: { packetLossPercentage: 0.5 } }
${provenance([
  ...[
    'latencyMs',
    'packetLossPercentage',
    'bandwidthKbps',
    'up.latencyMs',
    'series.every',
    'series.latencyMs',
  ],
  ...['series.packetLossPercentage', 'series.bandwidthKbps', 'series.up.latencyMs', 'series.change'],
  'series.change.packetLossPercentage',
])}`;
const BURSTS = `summary: Loses in bursts
personality: { packetLossPercentage: 0.01, loss: { model: burst, meanBurst: 4 }, bandwidth: { trace: [1, 2] } }
${provenance(['packetLossPercentage', 'loss.model', 'loss.meanBurst', 'bandwidth.trace'])}`;

function loaded(): ReadonlyMap<string, Preset> {
  const outcome = loadPresets([
    ['swing', SWING],
    ['bursts', BURSTS],
  ]);
  if (!outcome.ok) throw new Error(formatProblems(outcome.problems));
  return outcome.value;
}
const presets = loaded();
const swing = presets.get('swing')!;

const HEAD = `seed: 1
networks: [{ id: prod, subnet: 10.0.0.0/24 }]
vms:
  - { id: a, network: prod, ip: 10.0.0.1 }
  - { id: b, network: prod, ip: 10.0.0.2 }
`;

function parse(text: string, duration = '7s', overrides: Overrides = {}): Scenario {
  const outcome = parseScenario(`${HEAD}duration: ${duration}\n${text}`, { presets }, overrides);
  if (!outcome.ok) throw new Error(formatProblems(outcome.problems));
  return outcome.value;
}

function refused(text: string, duration = '7s'): readonly (readonly [string, string])[] {
  const outcome = parseScenario(`${HEAD}duration: ${duration}\n${text}`, { presets });
  return outcome.ok ? [] : outcome.problems.map(({ path, found }) => [path, found] as const);
}

/** Who is set to what, at which second; a row for each field. */
function updates({ world }: Scenario, personality: string, field: string): (readonly [number, unknown])[] {
  const rows: (readonly [number, unknown])[] = [];
  for (const { at, actions } of world.timeline) {
    for (const action of actions) {
      if (action.op !== 'update' || action.personality !== personality || !(field in action.set)) continue;
      rows.push([at / 1e9, action.set[field]]);
    }
  }
  return rows;
}

/** The same as one piece of text: `2:30 4:20`. */
const told = (scenario: Scenario, personality: string, field: string): string =>
  updates(scenario, personality, field)
    .map(([at, value]) => `${at}:${value}`)
    .join(' ');

test('a series is data for whoever wants it: instants, and what changes then', () => {
  const all: SeriesPair[] = [...seriesPairs(swing.series!, 4.4e9)];
  const loss = (packetLossPercentage: number) => ({ packetLossPercentage });
  assert.equal(all, [
    [0, { latencyMs: 10, packetLossPercentage: 0, bandwidthKbps: 1000 }],
    [1.5e9, loss(0.5)],
    [2e9, { latencyMs: 30, bandwidthKbps: 2000 }],
    [2.3e9, loss(0)],
    [3.5e9, loss(0.5)],
    [4e9, { latencyMs: 20 }],
    [4.3e9, loss(0)],
  ]);
  assert.equal([...seriesPairs(swing.upSeries!, 2e9)], [[0, { latencyMs: 1 }]]);
});

test('who has the preset begins with the first level, and follows the others to the end of the run, again and again', () => {
  const scenario = parse('personalities: { sat: { preset: swing } }\nassignments: { a: sat }\n', '13s');
  assert.equal(scenario.world.personalities, {
    'sat/up': { latencyMs: 1 },
    sat: { latencyMs: 10, packetLossPercentage: 0, bandwidthKbps: 1000, egress: 'sat/up' },
  });
  assert.is(told(scenario, 'sat', 'latencyMs'), '2:30 4:20 6:10 8:30 10:20 12:10');
  assert.is(told(scenario, 'sat', 'bandwidthKbps'), '2:2000 6:1000 8:2000 12:1000');
  assert.is(told(scenario, 'sat/up', 'latencyMs'), '2:3 4:2 6:1 8:3 10:2 12:1');
  const losses = '1.5:0.5 2.3:0 3.5:0.5 4.3:0 5.5:0.5 6.3:0 7.5:0.5 8.3:0 9.5:0.5 10.3:0 11.5:0.5 12.3:0';
  assert.is(told(scenario, 'sat', 'packetLossPercentage'), losses);
  assert.is(scenario.world.timeline[0]?.path, 'personalities.sat.preset');
});

test('a preset where it is used follows its series as well', () => {
  const scenario = parse('assignments: { a: { preset: swing }, b: { preset: swing, latencyMs: 20 } }\n');
  assert.equal(Object.keys(scenario.world.personalities).sort(), [
    'swing',
    'swing-2',
    'swing-2/up',
    'swing/up',
  ]);
  assert.is(told(scenario, 'swing', 'latencyMs'), '2:30 4:20 6:10');
  // A value of one's own, be it the preset's, is no level; the other fields go on.
  assert.is(told(scenario, 'swing-2', 'latencyMs'), '');
  assert.is(scenario.world.personalities['swing-2']?.['latencyMs'], 20);
  assert.is(told(scenario, 'swing-2', 'bandwidthKbps'), '2:2000 6:1000');
  assert.is(told(scenario, 'swing-2/up', 'latencyMs'), '2:3 4:2 6:1');
});

test('a way up of one’s own is not the series’', () => {
  const scenario = parse('personalities: { up: { latencyMs: 9 }, sat: { preset: swing, egress: up } }\n');
  assert.equal(Object.keys(scenario.world.personalities), ['up', 'sat']);
  // And the preset's may be taken without the rest.
  const other = parse('personalities: { lan: { egress: swing/up } }\n');
  assert.equal(other.world.personalities['swing/up'], { latencyMs: 1 });
  assert.is(told(other, 'swing/up', 'latencyMs'), '2:3 4:2 6:1');
});

test('a personality that is created or replaced later begins its series then', () => {
  const scenario = parse(`personalities: { old: { preset: swing } }
timeline:
  - { at: 3s, create: new, values: { preset: swing } }
  - { at: 3500ms, replace: old, values: { preset: swing } }
`);
  assert.is(told(scenario, 'new', 'latencyMs'), '5:30');
  assert.is(told(scenario, 'new/up', 'latencyMs'), '5:3');
  assert.is(told(scenario, 'old', 'latencyMs'), '2:30 5.5:30');
  assert.is(told(scenario, 'old/up', 'latencyMs'), '2:3 5.5:3');
  const [created, replaced] = scenario.world.timeline;
  // Both ways begin at one instant.
  assert.equal(created?.actions, [
    { op: 'replace', personality: 'new/up', values: { latencyMs: 1 } },
    {
      op: 'create',
      personality: 'new',
      values: { latencyMs: 10, packetLossPercentage: 0, bandwidthKbps: 1000, egress: 'new/up' },
    },
  ]);
  assert.is(replaced?.actions.length, 2);
});

test('a series ends with its personality', () => {
  const after = (timeline: string): string =>
    told(
      parse(`personalities: { sat: { preset: swing } }\ntimeline: [${timeline}]\n`, '9s'),
      'sat',
      'latencyMs',
    );
  assert.is(after('{ at: 5s, replace: sat, values: { latencyMs: 1 } }'), '2:30 4:20');
  assert.is(after('{ at: 4s, replace: sat, values: { latencyMs: 1 } }'), '2:30');
  assert.is(after('{ at: 5s, delete: sat }'), '2:30 4:20');
  const twice = `timeline:
  - { at: 1s, create: new, values: { preset: swing } }
  - { at: 4s, delete: new }
  - { at: 5s, batch: [{ create: new, values: { preset: swing } }, { update: new, set: { bandwidthKbps: 5 } }] }
`;
  assert.is(told(parse(twice, '9s'), 'new', 'latencyMs'), '3:30 7:30');
  assert.is(told(parse(twice, '9s'), 'new', 'bandwidthKbps'), '5:5 3:2000');
  // Again and again: each begins anew.
  const repeated = '{ at: 1s, every: 3s, times: 2, replace: sat, values: { preset: swing } }';
  assert.is(after(repeated), '3:30 6:30 8:20');
});

test('a field that an update sets or that a ramp moves leaves the series then', () => {
  const after = (timeline: string, field = 'latencyMs'): string =>
    told(parse(`personalities: { sat: { preset: swing } }\ntimeline: [${timeline}]\n`, '9s'), 'sat', field);
  assert.is(after('{ at: 5s, update: sat, set: { latencyMs: 77 } }'), '5:77 2:30 4:20');
  // At that very instant what the file says counts, not the level.
  assert.is(after('{ at: 4s, update: sat, set: { latencyMs: 77 } }'), '4:77 2:30');
  assert.is(after('{ at: 0s, update: sat, set: { latencyMs: 77 } }'), '0:77');
  assert.is(
    after('{ at: 4s, update: sat, set: { latencyMs: 77 } }', 'bandwidthKbps'),
    '2:2000 6:1000 8:2000',
  );
  assert.is(
    after('{ at: 1s, batch: [{ update: sat, set: { mtu: 1400 } }, { update: sat, set: { latencyMs: 5 } }] }'),
    '1:5',
  );
  assert.is(after('{ at: 3s, ramp: sat.latencyMs, to: 100, over: 1s, shape: step, steps: 1 }'), '4:100 2:30');
});

test('a ramp begins at the level of its instant', () => {
  const first = (timeline: string): unknown =>
    parse(`personalities: { sat: { preset: swing } }\ntimeline: [${timeline}]\n`, '9s')
      .world.timeline.flatMap(({ at, actions }) => actions.map((action) => [at, action] as const))
      .flatMap(([, action]) =>
        action.op === 'update' && action.personality === 'sat' ? [action.set] : [],
      )[0]?.['latencyMs'];
  const ramp = (at: string): string => `{ at: ${at}, ramp: sat.latencyMs, to: 130, over: 200ms }`;
  // Half of the way from 10, 30 and 20 to 130; at 2 s the new level is none any more.
  assert.equal(
    ['1s', '2s', '2100ms', '5s'].map((at) => first(ramp(at))),
    [70, 70, 80, 75],
  );
  const replaced = parse(
    `personalities: { sat: { latencyMs: 1 } }
timeline: [{ at: 1s, replace: sat, values: { preset: swing } }, { at: 4s, ramp: sat.latencyMs, to: 130, over: 200ms }]
`,
    '9s',
  );
  // Since 1 s; 3 s later it is the second level, 30.
  assert.is(told(replaced, 'sat', 'latencyMs'), '4.1:80 4.2:130 3:30');
  // A preset without a series: what it sets, not nothing.
  const plain = parse(
    `personalities: { sat: { latencyMs: 1 } }
timeline: [{ at: 1s, replace: sat, values: { preset: bursts } }, { at: 4s, ramp: sat.packetLossPercentage, to: 0.05, over: 200ms }]
`,
    '9s',
  );
  assert.is(told(plain, 'sat', 'packetLossPercentage'), '4.1:0.03 4.2:0.05');
});

test('the run ends a series, even where it is not the one of the file', () => {
  const text = 'personalities: { sat: { preset: swing } }\n';
  assert.is(told(parse(text, '7s', { until: 3e9 }), 'sat', 'latencyMs'), '2:30');
  assert.is(told(parse(text, '3s', { until: 7e9 }), 'sat', 'latencyMs'), '2:30 4:20 6:10');
});

test('more updates than a ramp may have are refused', () => {
  // Three each 2 s: 100,000 are reached after 66,666 s.
  const text = 'personalities: { sat: { preset: swing } }\n';
  assert.equal(refused(text, '60000s'), []);
  assert.equal(refused(text, '70000s'), [['personalities.sat.preset', 'more than 100000 updates']]);
  // Open-ended, it stops with that.
  const { timeline } = parse(text, '70000s', { isOpenEnded: true }).world;
  const its = timeline
    .flatMap(({ actions }) => actions)
    .filter((action) => 'personality' in action && action.personality === 'sat');
  assert.is(its.length, 100_000);
});

test('what is given beside a preset takes the place of what makes no sense with it', () => {
  const values = (value: unknown) => {
    const outcome = parsePersonality(value, presets);
    return outcome.ok ? outcome.value : outcome.problems.map(({ path }) => path);
  };
  const trace = { 'bandwidth.trace': [1, 2] };
  assert.equal(values({ preset: 'bursts', loss: { model: 'random' } }), {
    packetLossPercentage: 0.01,
    'loss.model': 'random',
    ...trace,
  });
  assert.equal(values({ preset: 'bursts', loss: { model: 'nth', every: 10 } }), {
    'loss.model': 'nth',
    'loss.every': 10,
    ...trace,
  });
  assert.equal(values({ preset: 'bursts', bandwidthKbps: 500 }), {
    packetLossPercentage: 0.01,
    'loss.model': 'burst',
    'loss.meanBurst': 4,
    bandwidthKbps: 500,
  });
  assert.is(
    (values({ preset: 'swing', bandwidth: { trace: [5] } }) as { bandwidthKbps?: number }).bandwidthKbps,
    undefined,
  );
  // What is wrong in itself stays wrong.
  assert.equal(values({ preset: 'bursts', packetLossPercentage: 0.95 }), ['packetLossPercentage']);
});

test('levels that contradict what is given are refused, and what has no place leaves the series', () => {
  const burst = 'loss: { model: burst, meanBurst: 0.5 }';
  assert.ok(refused(`personalities: { sat: { preset: swing, ${burst} } }\n`).length > 0);
  const nth = parse('personalities: { sat: { preset: swing, loss: { model: nth, every: 5 } } }\n');
  assert.is(told(nth, 'sat', 'packetLossPercentage'), '');
  assert.is(told(nth, 'sat', 'latencyMs'), '2:30 4:20 6:10');
  const traced = parse('personalities: { sat: { preset: swing, bandwidth: { trace: [1] } } }\n');
  assert.is(told(traced, 'sat', 'bandwidthKbps'), '');
});

test('packets meet the levels: each at its time, both ways', async () => {
  const scenario =
    parse(`assignments: { a: { preset: swing, packetLossPercentage: 0, bandwidthKbps: 100Mbit } }
traffic:
  - { id: down, kind: cbr, from: b, to: a, interval: 1s, packetSize: 100B, start: 500ms }
  - { id: up, kind: cbr, from: a, to: b, interval: 1s, packetSize: 100B, start: 500ms }
`);
  const { rows } = await run(scenario.world, { until: scenario.duration });
  const delays = (flow: string): number[] =>
    where(rows, { flow })
      .sort((x, y) => x.seq - y.seq)
      .map(({ endNs, sentNs }) => (endNs - sentNs) / 1e6);
  assert.equal(delays('down'), [10, 10, 30, 30, 20, 20, 10]);
  assert.equal(delays('up'), [1, 1, 3, 3, 2, 2, 1]);
});

test('every shipped preset with a series runs, for longer than its period', () => {
  const shipped = shippedPresets();
  for (const [name, { series }] of shipped) {
    if (series === undefined) continue;
    const text = `${HEAD}duration: ${(series.every * series.levels) / 1e9 + 20}s\nassignments: { a: { preset: ${name} } }\n`;
    const outcome = parseScenario(text, { presets: shipped });
    assert.ok(outcome.ok && outcome.value.world.timeline.length > series.levels, name);
  }
});

test.run();
