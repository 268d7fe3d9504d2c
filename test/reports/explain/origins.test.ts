/** Lines are counted in the text; nothing else says where a value stands. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../../engine/index.ts';
import { type Origin, SourceOrigins } from '../../../reports/index.ts';
import { parseScenario, type Resources } from '../../../scenarios/index.ts';
import { type PersonalityFact, Story, World } from '../../../sim/index.ts';

const MAIN = `include: common.yaml
seed: 1
duration: 10s
assignments:
  b:
    - near
    - { personality: far, from: { host: left } }
  c: { latencyMs: 4, jitterMs: 1 }
  'twin-{n}': near
traffic:
  - { id: to-b, kind: cbr, from: a, to: b, interval: 1s }
  - { id: to-twin, kind: cbr, from: a, to: twin-2, interval: 1s }
  - { id: to-c, kind: cbr, from: a, to: c, interval: 1s }
timeline:
  - at: 1500ms
    batch:
      - { update: near, set: { latencyMs: 2 } }
      - { update: far, set: { mtu: 1400 } }
      - { assign: near, vm: c }
  - { at: 4500ms, ramp: far.latencyMs, to: 30, over: 100ms }
`;

const COMMON = `networks:
  - { id: n, subnet: 10.0.0.0/24 }
hosts: [left, right]
vms:
  - { id: a, network: n, ip: 10.0.0.1, host: left }
  - { id: b, network: n, ip: 10.0.0.2, host: right }
  - { id: c, network: n, ip: 10.0.0.3, host: right }
  - { id: 'twin-{n}', network: n, host: right, count: 2 }
personalities:
  near:
    latencyMs: 1
  far:
    latencyMs: 20
    bandwidth: { queuePackets: 5 }
`;

const resources: Resources = {
  name: 'main.yaml',
  include: () => ({ name: 'common.yaml', text: COMMON }),
};

interface Told {
  readonly at: number;
  readonly personality: PersonalityFact;
  readonly origins: SourceOrigins;
  field(path: string): Origin | null;
}

/** What a flow's packet that is sent then is told of the personality that it meets. */
async function told(flow: string, sent: number, set: readonly string[] = []): Promise<Told> {
  const settings = set.map((each) => each.split('=') as [string, string]);
  const parsed = parseScenario(MAIN, resources, { set: settings });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const scenario = parsed.value;
  const watch = new Story(Array.from({ length: 100 }, (_, index) => index + 1));
  await new World(scenario.world, { until: seconds(10), interval: seconds(1), watch }).run();
  const origins = new SourceOrigins(
    { scenario, text: MAIN, resources, file: 'main.yaml', set },
    watch.events,
  );
  const made = watch.events.find(
    (event) => event.what === 'made' && event.flow === flow && event.at === sent && !event.reverse,
  );
  const line = watch.events.find((event) => event.what === 'line' && event.packet === made?.packet);
  if (line?.what !== 'line' || line.personality === null) throw new Error('no such packet');
  const { personality, fields, at } = line;
  const field = (path: string): Origin | null => {
    const found = fields.find((each) => each.path === path);
    return found === undefined ? null : origins.ofField(personality, found);
  };
  return { at, personality, origins, field };
}

const shown = (origin: Origin | null): string =>
  origin === null ? 'nothing' : `${origin.file}:${origin.line} ${origin.path}`;

test('values of an included file have its name and its lines', async () => {
  const { personality, origins, field } = await told('to-b', 0);
  assert.is(personality.id, 'far');
  assert.is(shown(field('latencyMs')), 'common.yaml:13 personalities.far.latencyMs');
  assert.is(
    shown(field('bandwidth.queuePackets')),
    'common.yaml:14 personalities.far.bandwidth.queuePackets',
  );
  assert.is(shown(origins.ofAssignment(personality)), 'main.yaml:7 assignments.b[1]');
  assert.is(origins.ofVersion(personality), null);
});

test('a personality that is written where it is assigned is found there', async () => {
  const { personality, origins, field } = await told('to-c', 0);
  assert.is(shown(field('jitterMs')), 'main.yaml:8 assignments.c.jitterMs');
  assert.is(shown(origins.ofAssignment(personality)), 'main.yaml:8 assignments.c');
});

test('a VM of a count is assigned where all of them are', async () => {
  const { personality, origins } = await told('to-twin', 0);
  assert.is(personality.vm, 'twin-2');
  assert.is(shown(origins.ofAssignment(personality)), 'main.yaml:9 assignments.twin-{n}');
});

test('of a batch the action that is meant is told', async () => {
  const b = await told('to-b', seconds(2));
  assert.is(shown(b.origins.ofVersion(b.personality)), 'main.yaml:15 timeline[0]');
  const c = await told('to-c', seconds(2));
  assert.is(c.personality.id, 'near');
  assert.is(shown(c.field('latencyMs')), 'main.yaml:17 timeline[0].batch[0].set.latencyMs');
  assert.is(shown(c.origins.ofAssignment(c.personality)), 'main.yaml:19 timeline[0].batch[2]');
  assert.is(c.personality.assignedBy.at, ms(1500));
});

test('what a ramp has made of a field stands where the ramp stands', async () => {
  const { field, personality } = await told('to-b', seconds(5));
  assert.ok(personality.version > 2);
  assert.is(shown(field('latencyMs')), 'main.yaml:20 timeline[1]');
  assert.is(
    shown(field('bandwidth.queuePackets')),
    'common.yaml:14 personalities.far.bandwidth.queuePackets',
  );
});

test('what was set from outside stands in no file', async () => {
  const set = 'personalities.far.latencyMs=9';
  assert.equal((await told('to-b', 0, [set])).field('latencyMs'), {
    file: null,
    line: null,
    path: `--set ${set}`,
    preset: null,
  });
});

test.run();
