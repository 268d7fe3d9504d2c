/** For any orders: the session's file says what was done, and a run of it is the same run. */
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { presets } from '../../../app/scenario-file.ts';
import { Session } from '../../../app/session.ts';
import { simulate } from '../../../app/simulate.ts';
import { quantityOf } from '../../../scenarios/format/quantity.ts';
import { actionParser, parseScenario, type Scenario, sessionText } from '../../../scenarios/index.ts';
import {
  type Command,
  FIELDS,
  type Field,
  type ParamValue,
  type Profile,
  type Scope,
  type TimelineEntry,
  type WorldAction,
} from '../../../sim/index.ts';

type Action = Command | WorldAction;

/** Names that YAML would take for something else, and everything that happens by itself. */
const LAB = `
name: "a lab: with # and\\nlines"
seed: "0x1F"
duration: 2s
networks: [{ id: net, subnet: 10.0.0.0/24 }, { id: six, subnet: "fd00::/64" }]
hosts: [h1, "1e3"]
links: [{ between: [h1, "1e3"], latencyMs: 0.3, bandwidthKbps: 20000, queuePackets: 20 }]
vms:
  - { id: "c-{n}", network: net, host: h1, count: 2 }
  - { id: "null", network: net, host: "1e3" }
  - { id: s1, network: six, host: h1 }
  - { id: s2, network: six, host: "1e3" }
personalities:
  near: { latencyMs: 1.5, bandwidthKbps: 900 }
  "true": { preset: leo-starlink, jitterMs: 1 }
  "x:": { mtu: 600 }
assignments:
  "c-{n}": near
  "null": [{ latencyMs: 7, egress: near }, { personality: "x:", from: c-1, ttl: 700ms }]
  s1: { preset: lte-driving }
traffic:
  - { id: up, kind: cbr, from: c-1, to: "null", rate: 60/s, packetSize: 900B }
  - { id: down, kind: poisson, from: "null", to: [c-1, c-2], rate: 80/s, packetSize: 1300B }
  - { id: six, kind: ping, from: s1, to: s2, interval: 20ms }
  - { id: later, kind: cbr, from: s2, to: s1, rate: 400/s, packetSize: 700B }
timeline:
  - { at: 300ms, start: later }
  - { at: 100ms, every: 300ms, until: 1900ms, update: near, set: { latencyMs: 2 } }
  - { at: 150ms, every: 400ms, times: 3, batch: [{ vm: c-2, power: off }, { vm: c-1, migrate: "1e3" }] }
  - { at: 200ms, every: 700ms, vm: "c-{n}", power: on }
  - { at: 400ms, ramp: near.jitterMs, from: 0, to: 5, over: 1s, each: 50ms }
  - { at: 500ms, partition: { id: p, between: [net], and: [six] } }
  - { at: 600ms, heal: p }
  - { at: 900ms, assign: { latencyMs: 3 }, vm: c-2, ttl: 200ms }
  - { at: 1700ms, delete: "x:" }
  - { at: 1800ms, create: "x:", values: { latencyMs: 4 } }
`;

function parsed(text: string): Scenario {
  const outcome = parseScenario(text, { presets: presets() });
  if (!outcome.ok) throw new Error(`${JSON.stringify(outcome.problems.slice(0, 5))}\n${text}`);
  return outcome.value;
}

const lab = parsed(LAB);
const PERSONALITIES = [...Object.keys(lab.world.personalities), 'new', '2', 'lte/up'];
const VMS = lab.world.vms.map(({ id }) => id);
const HOSTS = lab.world.hosts;

const personality = fc.constantFrom(...PERSONALITIES);
const vm = fc.constantFrom(...VMS);
const host = fc.constantFrom(...HOSTS);
const flow = fc.constantFrom('up', 'down', 'six', 'later');

function anyValue(field: Field): fc.Arbitrary<ParamValue> {
  const quantity = quantityOf(field);
  if (quantity !== undefined) {
    const { measure, min = 0, max = 1e9 } = quantity;
    const isWhole = measure === 'bytes' || measure === 'count';
    return isWhole
      ? fc.integer({ min, max: Math.min(max, 65_536) })
      : fc.oneof(
          fc.double({ min, max: Math.min(max, 100), noNaN: true, minExcluded: quantity.aboveMin === true }),
          fc.constantFrom(0.1 + 0.2, 1 / 3),
        );
  }
  switch (field.kind) {
    case 'boolean':
      return fc.boolean();
    case 'numbers':
      return field.whole === true
        ? fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 5 }).map(ascending)
        : fc
            .array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 2, maxLength: 5 })
            .map(ascending);
    case 'personality':
      return personality;
    case 'flow':
      return flow;
    default:
      return fc.constantFrom(...((field.choices ?? []) as ParamValue[]));
  }
}

const ascending = (numbers: readonly number[]): readonly number[] => [...numbers].sort((a, b) => a - b);

const someField = fc
  .constantFrom(...FIELDS)
  .chain((field) => anyValue(field).map((value): Profile => ({ [field.path]: value })));
const OFTEN: readonly Profile[] = [
  { latencyMs: 0.001 },
  { bandwidthKbps: 333.25 },
  { 'bandwidth.trace': [3, 7, 7, 20] },
  { latencyMs: 5, 'bandwidth.trace': [3, 7, 7, 20] },
  { 'loss.model': 'list', 'loss.packets': [1, 5, 9] },
  { mtu: 500 },
  { mtu: 1400 },
];
const fields = fc.oneof(
  someField,
  fc.constantFrom(...OFTEN),
  fc.tuple(someField, someField).map(([a, b]): Profile => ({ ...a, ...b })),
);
/** A preset's, with or without something else: what its file says was checked on its own. */
const profile = fc.oneof(
  fields,
  fc.constantFrom(...presets().keys()).map((name) => presets().get(name)!.profile),
);
const scope: fc.Arbitrary<Scope> = fc.oneof(
  vm.map((id) => ({ vm: id })),
  host.map((id) => ({ host: id })),
  fc.constant({ network: 'net' }),
);
const ttl = fc.integer({ min: 1, max: 5e8 });
const flags = fc.record({ oneWay: fc.boolean(), hold: fc.boolean() });

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ op: fc.constant('create' as const), personality, values: profile }),
  fc.record({ op: fc.constant('replace' as const), personality, values: profile }),
  fc.record({ op: fc.constant('update' as const), personality, set: fields }),
  fc.record({ op: fc.constant('delete' as const), personality }),
  fc.record(
    { op: fc.constant('assign' as const), vm, personality, from: scope, ttl },
    { requiredKeys: ['op', 'vm', 'personality'] },
  ),
  fc.record({ op: fc.constant('remove' as const), vm, from: scope }, { requiredKeys: ['op', 'vm'] }),
  fc.record({ op: fc.constant('power' as const), vm, on: fc.boolean() }),
  fc.record({ op: fc.constant('migrate' as const), vm, host }),
  fc.record({ op: fc.constant('link' as const), between: fc.constant(HOSTS as never), up: fc.boolean() }),
  flags.map(
    ({ oneWay, hold }) =>
      ({ op: 'partition', id: 'q', between: ['c-1', 'c-2'], and: ['null'], oneWay, hold }) as const,
  ),
  fc.record({ op: fc.constant('heal' as const), id: fc.constantFrom('p', 'q') }, { requiredKeys: ['op'] }),
  fc.record({ op: fc.constant('start' as const), traffic: flow }),
  fc.record({ op: fc.constant('stop' as const), traffic: flow }),
);

const orders = fc.array(
  fc.record({
    at: fc.oneof(fc.integer({ min: 1, max: 2e9 }), fc.constantFrom(3e8, 6e8, 1e9)),
    actions: fc.array(action, { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 5, maxLength: 40 },
);

/** A run of the lab with the orders in its timeline; the impossible ones among them are left out. */
async function play(entries: readonly TimelineEntry[], end: number) {
  const world = { ...lab.world, timeline: [...lab.world.timeline, ...entries] };
  const session = new Session(
    { ...lab, duration: end, interval: Math.min(lab.interval, end), world },
    { impossible: 'skip' },
  );
  const { digest, commands } = await session.run();
  const skipped = new Set(commands.filter(({ command }) => command === 'skip').map(({ subject }) => subject));
  return { digest, done: entries.filter(({ path }) => !skipped.has(path)) };
}

/** What happens until then: the instants of each entry, and what it does. */
function happening(entries: readonly TimelineEntry[], end: number) {
  return entries.flatMap(({ at, every = Infinity, until = Infinity, times = Infinity, actions }) => {
    const instants: number[] = [];
    for (let when = at; when <= Math.min(until, end) && instants.length < times; when += every)
      instants.push(when);
    return instants.length === 0 ? [] : [{ instants, actions }];
  });
}

test.prop([orders, fc.integer({ min: 1, max: 2e9 })], { seed: 20, numRuns: 100 })(
  'the file of a session says what was done, and its run has the same digest',
  async (given, end) => {
    const entries = given
      .map(({ at, actions }) => ({ at: Math.min(at, end), actions }))
      .sort((a, b) => a.at - b.at)
      // Whoever orders something sends a list of its own each time.
      .map(({ at, actions }, n) => ({ at, actions: structuredClone(actions), path: `order ${n}` }));
    const { done } = await play(entries, end);
    const { digest } = await play(done, end);
    const text = sessionText(lab, done, end, { impossible: 'skip' });
    const session = parsed(text);
    expect(session.duration).toBe(end);
    expect(session.world.personalities).toEqual(lab.world.personalities);
    expect(new Set(session.world.assignments)).toEqual(new Set(lab.world.assignments));
    expect(session.world.traffic).toEqual(lab.world.traffic);
    expect(happening(session.world.timeline, end)).toEqual(happening([...lab.world.timeline, ...done], end));
    expect((await simulate(text)).digest).toBe(digest);
    expect(sessionText(lab, done, end, { impossible: 'skip' })).toBe(text);
  },
);

test.prop(
  [
    fc.anything(),
    fc.array(
      fc.dictionary(
        fc.constantFrom(
          'create',
          'values',
          'update',
          'set',
          'assign',
          'vm',
          'from',
          'ttl',
          'remove',
          'power',
          'link',
          'state',
          'heal',
          'at',
          'ramp',
          'batch',
        ),
        fc.oneof(fc.anything(), fc.constantFrom('near', 'c-1', '2s', true)),
        { minKeys: 1 },
      ),
      { maxLength: 4 },
    ),
  ],
  { seed: 21, numRuns: 500 },
)('a list of actions is read or refused, whatever it is', (anything, list) => {
  const read = actionParser(lab, presets());
  for (const value of [anything, list]) {
    const outcome = read(value);
    if (!outcome.ok) expect(outcome.problems.length).toBeGreaterThan(0);
  }
});
