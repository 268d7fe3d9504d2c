import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../../engine/index.ts';
import type { TrafficKind, TrafficSpec } from '../../../sim/specs.ts';
import { trafficKinds } from '../../../sim/traffic/index.ts';
import { flowInfo } from '../../../sim/traffic.ts';
import type { Program } from '../../../sim/vm/api.ts';
import { at, column, fates, flow, personal, run, type Story, where } from '../../support/world.ts';

// What must hold for every kind. A new kind is not complete without an example here: the compiler says so.

const paced = { interval: ms(10), packetSize: 100 };
const law = { law: 'fixed', mean: ms(30) } as const;
const instants = {
  sentNs: Float64Array.from({ length: 100 }, (_, n) => ms(10 * n)),
  sizes: new Int32Array(100).fill(100),
};

const examples: Readonly<Record<TrafficKind, TrafficSpec>> = {
  cbr: flow('cbr', paced),
  poisson: flow('poisson', paced),
  onOff: flow('onOff', { ...paced, on: law, off: law }),
  ping: flow('ping', { ...paced, timeout: ms(200) }),
  request: flow('request', {
    ...paced,
    requestSize: 500,
    responseSize: 500,
    think: ms(1),
    timeout: ms(200),
    retries: 2,
  }),
  file: flow('file', { ...paced, size: 7200 }),
  list: flow('list', instants),
  capture: flow('capture', instants),
  program: flow('program', { module: '', args: 10 }),
  spoof: flow('spoof', { ...paced, as: '10.0.0.9', compromisedHost: true }),
  flood: flow('flood', paced),
  scan: flow('scan', { ...paced, prefix: '10.0.0.0/25', ports: [9000] }),
};

const chatter: Program = async (vm, count) => {
  const socket = vm.udp();
  for (let n = 0; n < Number(count); n++) {
    socket.send({ vm: 'b', port: 9000 }, 100);
    await vm.sleep(ms(10));
  }
};

const line = personal({ a: { latencyMs: 3, jitterMs: 1 }, b: { latencyMs: 7, packetLossPercentage: 0.1 } });
const play = (spec: TrafficSpec, timeline: Parameters<typeof run>[0]['timeline'] = []): Promise<Story> =>
  run({ ...line, traffic: [spec], timeline }, { until: seconds(1), programs: { program: chatter } });
const own = ({ rows }: Story) => where(rows, { origin: 'sent', reverse: false });

for (const [kind, spec] of Object.entries(examples) as [TrafficKind, TrafficSpec][]) {
  const definition = trafficKinds[kind];

  test(`${kind} has its name and a sentence for humans`, () => {
    assert.is(definition.name, kind);
    assert.match(definition.summary, /^[A-Z].*\.$/);
    const info = flowInfo(spec);
    assert.is(info.single, !definition.roams);
    assert.is(info.transactional, definition.transactional);
  });

  test(`${kind} sends from its start on, and says what it asks`, async () => {
    const story = await play({ ...spec, start: ms(500) });
    assert.ok(own(story).length > 0);
    assert.ok(own(story).every((row) => row.sentNs >= ms(500) && row.from === 'a'));
    assert.is(where(story.samples, { kind: 'asked' }).length > 0, definition.transactional);
  });

  test(`${kind} waits at ${definition.receive === undefined ? 'no port' : 'its port'}`, async () => {
    const story = await play(spec);
    const met = fates(own(story));
    if (definition.receive !== undefined) {
      assert.ok((met.delivered ?? 0) > 0);
      assert.is(met['no-listener'], undefined);
    } else if (kind !== 'ping') assert.is(met.delivered, undefined);
  });

  test(`${kind} does the same in every run of a seed`, async () => {
    const [once, again] = [await play(spec), await play(spec)];
    assert.equal(again.rows, once.rows);
    assert.equal(again.samples, once.samples);
  });

  test(`${kind} that is not begun does nothing, and can be stopped all the same`, async () => {
    const story = await play({ ...spec, autostart: false }, [at(ms(5), { op: 'stop', traffic: kind })]);
    assert.equal(story.rows, []);
  });

  test(`${kind} begins anew when it is started again`, async () => {
    const start = (time: number) => at(time, { op: 'start', traffic: kind });
    const story = await play({ ...spec, autostart: false, start: ms(900) }, [start(ms(20)), start(ms(400))]);
    const times = column(own(story), 'sentNs').sort((a, b) => a - b);
    assert.ok(times[0]! >= ms(20));
    assert.ok(times.some((time) => time >= ms(400)));
    assert.is(new Set(column(own(story), 'seq')).size, times.length);
  });

  test(`${kind} sends at most its count, and nothing from its stop on`, async () => {
    // A program is its own master.
    if (kind === 'program') return;
    assert.is(own(await play({ ...spec, count: 0 })).length, 0);
    const asked = (story: Story) =>
      definition.transactional ? where(story.samples, { kind: 'asked' }).length : own(story).length;
    assert.is(asked(await play({ ...spec, count: 3 })), 3);
    const story = await play({ ...spec, stop: ms(55) });
    assert.ok(own(story).length > 0);
    assert.ok(own(story).every((row) => row.sentNs < ms(55)));
    const stopped = await play(spec, [at(ms(55), { op: 'stop', traffic: kind })]);
    assert.equal(column(own(stopped), 'id'), column(own(story), 'id'));
  });

  test(`${kind} puts df, ecn and ttl on its packets`, async () => {
    const story = await play({ ...spec, df: true, ecn: true, ttl: 33 });
    assert.ok(own(story).every((row) => row.ttl === 33 && row.dontFragment && row.ecnCapable));
  });

  test(`${kind} sends nothing without power`, async () => {
    const story = await play(spec, [at(0, { op: 'power', vm: 'a', on: false })]);
    // A program that tries nevertheless is told so on the record.
    assert.ok(story.rows.every((row) => kind === 'program' && row.fate === 'vm-down'));
  });
}

test.run();
