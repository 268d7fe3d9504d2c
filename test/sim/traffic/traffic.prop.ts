import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { ms, seconds } from '../../../engine/index.ts';
import type { Profile } from '../../../sim/personality/profile.ts';
import type { TimelineEntry, TrafficSpec } from '../../../sim/specs.ts';
import { MessagePlan, messageOf, PartsSeen, partInfo, partOf } from '../../../sim/traffic/messages.ts';
import {
  at,
  column,
  flow,
  network,
  pool,
  type Row,
  run,
  type Story,
  vm,
  where,
} from '../../support/world.ts';

const UNTIL = seconds(2);
const VMS = ['a', 'b', 'c'] as const;

const profile: fc.Arbitrary<Profile> = fc.record(
  {
    latencyMs: fc.integer({ min: 0, max: 60 }),
    jitterMs: fc.integer({ min: 0, max: 30 }),
    packetLossPercentage: fc.constantFrom(0, 0.05, 0.5, 1),
    duplicatePacketPercentage: fc.constantFrom(0, 0.05, 0.5, 1),
    bandwidthKbps: fc.constantFrom(64, 1000, 100_000),
    mtu: fc.constantFrom(576, 1280, 1500, 9000),
    routingProfile: fc.constantFrom('Static', 'Dynamic', 'Chaotic'),
  },
  { requiredKeys: [] },
);

const interval = fc.constantFrom(ms(7), ms(30), 1e9 / 7);
const packetSize = fc.constantFrom(60, 200, 1500, 4000);
const law = fc.constantFrom(
  { law: 'fixed', mean: ms(50) } as const,
  { law: 'exponential', mean: ms(80) } as const,
  { law: 'pareto', mean: ms(80), shape: 1.5 } as const,
);
const address = fc.constantFrom('10.0.0.2', '10.0.0.100', '10.0.0.77', '192.0.2.1');
const to = fc.oneof(fc.constant({ anyOf: VMS }), fc.constant({ vm: 'b' }), fc.record({ address }));
const common = fc.record({
  to,
  df: fc.boolean(),
  start: fc.constantFrom(0, ms(100)),
  stop: fc.constantFrom(ms(900), Infinity),
  count: fc.constantFrom(3, Infinity),
  ttl: fc.constantFrom(1, 64),
});

const traffic: fc.Arbitrary<TrafficSpec> = fc.oneof(
  fc
    .tuple(fc.constantFrom('cbr', 'poisson', 'flood'), common, fc.record({ interval, packetSize }))
    .map(([kind, ...parts]) => flow(kind, Object.assign({}, ...parts))),
  fc
    .tuple(common, fc.record({ interval, packetSize, on: law, off: law }))
    .map((parts) => flow('onOff', Object.assign({}, ...parts))),
  fc
    .tuple(common, fc.record({ interval, packetSize, timeout: fc.constantFrom(ms(20), ms(200)) }))
    .map((parts) => flow('ping', Object.assign({}, ...parts))),
  fc
    .tuple(
      common,
      fc.record({
        interval,
        requestSize: fc.constantFrom(1, 1472, 5000),
        responseSize: fc.constantFrom(1, 3000),
        packetSize: fc.constantFrom(200, 1500),
        think: fc.constantFrom(0, ms(30)),
        timeout: fc.constantFrom(ms(20), ms(200)),
        retries: fc.constantFrom(0, 1, 4),
      }),
    )
    .map((parts) => flow('request', Object.assign({}, ...parts))),
  fc
    .tuple(common, fc.record({ interval, packetSize, size: fc.integer({ min: 1, max: 30_000 }) }))
    .map((parts) => flow('file', Object.assign({}, ...parts))),
  fc
    .tuple(
      common,
      fc.record({ interval, packetSize, as: fc.constant('10.0.0.3'), compromisedHost: fc.boolean() }),
    )
    .map((parts) => flow('spoof', Object.assign({}, ...parts))),
  fc
    .tuple(
      common,
      fc.record({
        interval,
        packetSize,
        prefix: fc.constant('10.0.0.0/28'),
        ports: fc.constant([9000, 9001]),
      }),
    )
    .map((parts) => flow('scan', Object.assign({}, ...parts))),
);

const instant = fc.integer({ min: 0, max: 1900 }).map(ms);
const timeline: fc.Arbitrary<TimelineEntry> = fc.oneof(
  fc
    .tuple(instant, fc.constantFrom(...VMS), fc.boolean())
    .map(([time, id, on]) => at(time, { op: 'power', vm: id, on })),
  fc
    .tuple(instant, fc.constantFrom('0', '1'), fc.constantFrom('start', 'stop'))
    .map(([time, id, op]) => at(time, { op, traffic: id } as TimelineEntry['actions'][number])),
  fc
    .tuple(instant, fc.constantFrom(...VMS), profile)
    .map(([time, id, set]) => at(time, { op: 'update', personality: id, set })),
  fc
    .tuple(instant, fc.constantFrom(...VMS), fc.constantFrom('h1', 'h2'))
    .map(([time, id, host]) => at(time, { op: 'migrate', vm: id, host })),
);

/** Three VMs and a pool, everybody with a personality, two flows, and things that happen to them. */
const worlds = fc.record({
  seed: fc.string({ maxLength: 4 }),
  profiles: fc.tuple(profile, profile, profile),
  flows: fc.tuple(traffic, traffic),
  timeline: fc.array(timeline, { maxLength: 6 }),
});

const play = ({ seed, profiles, flows, timeline }: typeof worlds extends fc.Arbitrary<infer W> ? W : never) =>
  run(
    {
      seed,
      networks: [network('n', '10.0.0.0/24')],
      vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2', { host: 'h2' }), vm('c', '10.0.0.3', { host: 'h2' })],
      pools: [pool('10.0.0.100', 'b', 'c')],
      personalities: { a: profiles[0], b: profiles[1], c: profiles[2] },
      assignments: VMS.map((id) => ({ vm: id, personality: id })),
      traffic: flows.map((spec, n) => ({ ...spec, id: String(n), port: 9000 + n })),
      timeline: [...timeline].sort((a, b) => a.at - b.at),
    },
    { until: UNTIL },
  );

// `run` itself checks that every packet that was born has ended once.
const options = { seed: 20, numRuns: 150 };

test.prop([worlds], options)(
  'whatever happens, the books close, and the same seed writes the same ones',
  async (world) => {
    const once = await play(world);
    const again = await play(world);
    expect(again.rows).toEqual(once.rows);
    expect(again.samples).toEqual(once.samples);
  },
);

test.prop([worlds], options)(
  'the packets of a sender have the numbers from 0 on, in the order of sending',
  async (world) => {
    const { rows } = await play(world);
    for (const id of ['0', '1']) {
      for (const from of VMS) {
        for (const reverse of [false, true]) {
          const own = where(rows, { flow: id, from, reverse, origin: 'sent' });
          own.sort((a, b) => a.id - b.id);
          expect(column(own, 'seq')).toEqual(own.map((_, n) => n));
          expect(column(own, 'sentNs')).toEqual(column(own, 'sentNs').sort((a, b) => a - b));
        }
      }
    }
  },
);

test.prop([worlds], options)(
  'a question has one end at most, and its first asking is told before',
  async (world) => {
    const story = await play(world);
    world.flows.forEach((spec, n) => {
      const count = (kind: Story['samples'][number]['kind']) =>
        where(story.samples, { flow: String(n), kind }).length;
      const asked = column(where(story.samples, { flow: String(n), kind: 'asked' }), 'value');
      expect(asked).toEqual(asked.map((_, k) => k));
      expect(count('answered') + count('timedOut')).toBeLessThanOrEqual(asked.length);
      const timedOut = column(where(story.samples, { flow: String(n), kind: 'timedOut' }), 'value');
      expect(new Set(timedOut).size).toBe(timedOut.length);
      if (spec.kind === 'request') expect(count('retried')).toBeLessThanOrEqual(asked.length * spec.retries);
      if (spec.kind === 'request' || spec.kind === 'ping') {
        // Asked long enough before the end, it is decided, whatever happened.
        const rounds = spec.kind === 'request' ? spec.retries + 1 : 1;
        const early = where(story.samples, { flow: String(n), kind: 'asked' }).filter(
          ({ at: time }) => time + rounds * spec.timeout <= UNTIL,
        );
        expect(count('answered') + count('timedOut')).toBeGreaterThanOrEqual(early.length);
      }
    });
  },
);

test.prop([worlds], options)('no question is answered more often than it was asked', async (world) => {
  const { rows } = await play(world);
  world.flows.forEach((spec, n) => {
    if (spec.kind !== 'request') return;
    const parts = (size: number) => Math.max(1, Math.ceil(size / (spec.packetSize - 28)));
    const sent = (reverse: boolean) => where(rows, { flow: String(n), origin: 'sent', reverse }).length;
    expect(sent(false) % parts(spec.requestSize)).toBe(0);
    expect(sent(true) % parts(spec.responseSize)).toBe(0);
    // Each member of a pool answers for itself, but nobody answers to less than a whole copy; Chaotic may scatter copies.
    const chaotic =
      world.profiles.some((each) => each['routingProfile'] === 'Chaotic') || updates(world.timeline);
    const asked = sent(false) / parts(spec.requestSize);
    if (!chaotic) expect(sent(true) / parts(spec.responseSize)).toBeLessThanOrEqual(asked);
  });
});

const updates = (timeline: readonly TimelineEntry[]): boolean =>
  timeline.some(({ actions }) => actions.some(({ op }) => op === 'update' || op === 'power'));

test.prop([worlds], options)(
  'nothing is sent after the stop of the spec but what was asked for',
  async (world) => {
    const { rows } = await play(world);
    world.flows.forEach((spec, n) => {
      const late = (row: Row) => row.sentNs >= Math.min(spec.stop, UNTIL);
      expect(where(rows, { flow: String(n), origin: 'sent', reverse: false }).some(late)).toBe(false);
    });
  },
);

const bytes = fc.integer({ min: 0, max: 5_000_000 });
const room = fc.integer({ min: 29, max: 65535 });

test.prop([bytes, room], { seed: 21, numRuns: 300 })(
  'the parts of a message are the message',
  (size, packet) => {
    fc.pre(size / (packet - 28) < 2000);
    const plan = new MessagePlan(size, packet, 28);
    const sizes = Array.from({ length: plan.parts }, (_, part) => plan.packetSize(part));
    expect(sizes.reduce((sum, each) => sum + each - 28, 0)).toBe(size);
    expect(sizes.slice(0, -1).every((each) => each === packet)).toBe(true);
    expect(sizes.at(-1)).toBeLessThanOrEqual(packet);
    expect(sizes.length === 1 || sizes.at(-1)! > 28).toBe(true);
  },
);

test.prop([fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 0, max: 2 ** 21 - 1 })], { seed: 22 })(
  'a part says which it is, and of which message',
  (message, part) => {
    expect(messageOf(partInfo(message, part))).toBe(message);
    expect(partOf(partInfo(message, part))).toBe(part);
  },
);

test.prop([fc.integer({ min: 1, max: 40 }), fc.array(fc.nat({ max: 39 }), { maxLength: 200 })], { seed: 23 })(
  'a message is complete once, with its last part',
  (parts, coming) => {
    const seen = new PartsSeen(parts);
    const model = new Set<number>();
    for (const part of coming.filter((each) => each < parts)) {
      const completes = !model.has(part) && model.size === parts - 1;
      model.add(part);
      expect(seen.add(part)).toBe(completes);
      expect(seen.missing).toBe(parts - model.size);
    }
  },
);
