/** What holds for every world: the books close, the queue does not matter, and neither does anybody who has nothing to do with it. */
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { ms, QUEUES, seconds } from '../../engine/index.ts';
import type { Profile } from '../../sim/personality/profile.ts';
import type {
  AssignmentSpec,
  Command,
  Destination,
  LinkSpec,
  Scope,
  TimelineEntry,
  TrafficSpec,
  WorldAction,
  WorldSpec,
} from '../../sim/specs.ts';
import { flow, network, pool, type Row, route, run, type Story, vm } from '../support/world.ts';

const HOSTS = ['h1', 'h2', 'h3'];
const NETWORKS = ['n', 'twin', 'o', 'six'];
/** Two networks of the same subnet, one behind a gateway, one of IPv6. */
const VMS = {
  n: ['n1', 'n2', 'n3', 'g'],
  twin: ['t1', 't2'],
  o: ['o1', 'o2'],
  six: ['s1', 's2', 's3'],
};
const ALL = Object.values(VMS).flat();
const POOL = '10.0.0.100';
const UNTIL = seconds(2);

const probability = fc.oneof(
  fc.constantFrom(0, 0, 0.01, 0.3, 1),
  fc.double({ min: 0, max: 0.5, noNaN: true }),
);

const profileWith = (leastMtu: number): fc.Arbitrary<Profile> =>
  fc.record(
    {
      latencyMs: fc.integer({ min: 0, max: 60_000 }).map((n) => n / 1000),
      jitterMs: fc.integer({ min: 0, max: 20 }),
      packetLossPercentage: probability,
      duplicatePacketPercentage: probability,
      bandwidthKbps: fc.oneof(fc.integer({ min: 50, max: 10_000 }), fc.constantFrom(64, 1000, 333_333)),
      mtu: fc.oneof(fc.integer({ min: leastMtu, max: 3000 }), fc.constantFrom(1280, 1500)),
      routingProfile: fc.constantFrom('Static', 'Dynamic', 'Chaotic'),
      'routing.chaosProbability': probability,
      'routing.chaosScope': fc.constantFrom('assigned', 'subnet'),
      'bandwidth.model': fc.constantFrom('tokenBucket', 'serialize'),
      'bandwidth.queuePackets': fc.integer({ min: 0, max: 30 }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Profile>;

/** v0 to v2 for anybody but those of IPv6, x for everybody. */
const personalities = fc.record({
  v0: profileWith(68),
  v1: profileWith(68),
  v2: profileWith(576),
  x: profileWith(1280),
});

const time = fc.integer({ min: 0, max: 2000 }).map((n) => ms(n));
const someVm = fc.constantFrom(...ALL);
const scope: fc.Arbitrary<Scope> = fc.oneof(
  someVm.map((id) => ({ vm: id })),
  fc.constantFrom(...NETWORKS).map((id) => ({ network: id })),
  fc.constantFrom(...HOSTS).map((id) => ({ host: id })),
);
const assignment: fc.Arbitrary<AssignmentSpec> = fc
  .record(
    {
      vm: someVm,
      personality: fc.constantFrom('v0', 'v1', 'v2', 'x'),
      from: scope,
      ttl: fc.integer({ min: 1, max: 1000 }).map((n) => ms(n)),
    },
    { requiredKeys: ['vm', 'personality'] },
  )
  .map((given) => (VMS.six.includes(given.vm) ? { ...given, personality: 'x' } : given) as AssignmentSpec);

/** Who can talk to whom: within a network, through the gateway, or to the pool. */
const ends: fc.Arbitrary<readonly [string, Destination]> = fc.oneof(
  fc.constantFrom(...Object.values(VMS)).chain((ids) =>
    fc.tuple(
      fc.constantFrom(...ids),
      fc.constantFrom(...ids).map((to) => ({ vm: to })),
    ),
  ),
  fc.constantFrom(
    ['n1', { address: '10.1.0.1' }] as const,
    ['o2', { address: '10.0.0.3' }] as const,
    ['o1', { address: POOL }] as const,
  ),
  fc.constantFrom('n1', 'n3', 'g').map((from) => [from, { address: POOL }] as const),
  fc.constantFrom(
    ['n1', { address: '10.0.0.77' }] as const,
    ['t1', { address: '10.0.0.4' }] as const,
    ['n2', { address: '9.9.9.9' }] as const,
  ),
);

const KINDS = [
  'cbr',
  'poisson',
  'onOff',
  'ping',
  'request',
  'file',
  'list',
  'spoof',
  'flood',
  'scan',
] as const;
const traffic = fc.record({
  kind: fc.constantFrom(...KINDS),
  ends,
  interval: fc.integer({ min: 1, max: 40 }).map((n) => ms(n)),
  packetSize: fc.oneof(fc.integer({ min: 100, max: 4000 }), fc.constantFrom(1280, 1500)),
  size: fc.integer({ min: 1, max: 9000 }),
  count: fc.integer({ min: 1, max: 60 }),
  start: time,
  df: fc.boolean(),
  flag: fc.boolean(),
});
type Draft = typeof traffic extends fc.Arbitrary<infer T> ? T : never;

function trafficOf(draft: Draft, index: number): TrafficSpec {
  const { kind, interval, packetSize, size, count, start, df, flag } = draft;
  const [from, to] = draft.ends;
  const common = {
    id: `f${index}`,
    from: [from],
    to,
    count,
    start,
    df,
    port: 9000 + index,
    autostart: flag || index < 3,
  };
  switch (kind) {
    case 'onOff':
      return flow(kind, {
        ...common,
        interval,
        packetSize,
        on: { law: 'exponential', mean: ms(50) },
        off: { law: 'fixed', mean: ms(50) },
      });
    case 'ping':
      return flow(kind, { ...common, interval, packetSize, timeout: ms(100) });
    case 'request':
      return flow(kind, {
        ...common,
        interval,
        packetSize: 1200,
        requestSize: size,
        responseSize: 9001 - size,
        think: ms(2),
        timeout: ms(200),
        retries: 2,
      });
    case 'file':
      return flow(kind, { ...common, interval, packetSize: Math.min(1400, packetSize), size: size * 3 });
    case 'list':
      return flow(kind, {
        ...common,
        sentNs: Float64Array.of(0, 0, ms(3), ms(900)),
        sizes: Int32Array.of(packetSize, 100, 1500, packetSize),
      });
    case 'spoof':
      return flow(kind, {
        ...common,
        interval,
        packetSize,
        as: from.startsWith('s') ? '2001:db8::2' : '10.0.0.2',
        compromisedHost: flag,
      });
    case 'scan':
      return flow(kind, {
        ...common,
        interval,
        packetSize: 100,
        prefix: from.startsWith('s') ? '2001:db8::/124' : '10.0.0.0/28',
        ports: [80, 9001],
      });
    default:
      return flow(kind, { ...common, interval, packetSize });
  }
}

const twoHosts = fc
  .shuffledSubarray(HOSTS, { minLength: 2, maxLength: 2 })
  .map(([a, b]) => [a!, b!] as const);
const link: fc.Arbitrary<LinkSpec> = fc.record({
  between: twoHosts,
  latency: fc.integer({ min: 0, max: 20 }).map((n) => ms(n)),
  bandwidth: fc.constantFrom(Infinity, 1e6, 10e6, 333_333),
  queuePackets: fc.constantFrom(Infinity, 0, 5, 50),
});

const action = (links: readonly LinkSpec[], flows: number): fc.Arbitrary<Command | WorldAction> => {
  const group = fc.subarray(ALL, { minLength: 1 });
  const choices: fc.Arbitrary<Command | WorldAction>[] = [
    assignment.map((given) => ({ op: 'assign', ...given })),
    someVm.map((id) => ({ op: 'remove', vm: id })),
    profileWith(1280).map((set) => ({ op: 'update', personality: 'x', set })),
    profileWith(576).map((values) => ({ op: 'replace', personality: 'v2', values })),
    fc.tuple(someVm, fc.boolean()).map(([id, on]) => ({ op: 'power', vm: id, on })),
    fc.tuple(someVm, fc.constantFrom(...HOSTS)).map(([id, host]) => ({ op: 'migrate', vm: id, host })),
    fc
      .tuple(group, group, fc.boolean(), fc.boolean())
      .map(([between, and, oneWay, hold]) => ({ op: 'partition', id: 'p', between, and, oneWay, hold })),
    fc.constant({ op: 'heal' }),
    fc
      .tuple(fc.boolean(), fc.nat(flows - 1))
      .map(([on, index]) => ({ op: on ? 'start' : 'stop', traffic: `f${index}` })),
  ];
  if (links.length > 0) {
    choices.push(
      fc
        .tuple(fc.constantFrom(...links), fc.boolean())
        .map(([{ between }, up]) => ({ op: 'link', between, up })),
    );
  }
  return fc.oneof(...choices);
};

const world: fc.Arbitrary<Partial<WorldSpec>> = fc
  .tuple(
    fc.uniqueArray(link, { maxLength: 3, selector: (each) => [...each.between].sort().join() }),
    fc.array(traffic, { minLength: 3, maxLength: 8 }),
  )
  .chain(([links, drafts]) =>
    fc.record({
      seed: fc.string({ minLength: 1, maxLength: 5 }),
      networks: fc.constant([
        network('n', '10.0.0.0/24', [route('10.1.0.0/24', 'g')]),
        network('twin', '10.0.0.0/24'),
        network('o', '10.1.0.0/24', [route('0.0.0.0/0', 'g')]),
        network('six', '2001:db8::/64'),
      ]),
      hosts: fc.constant(HOSTS),
      links: fc.constant(links),
      mesh: fc.boolean(),
      vms: fc
        .array(fc.constantFrom(...HOSTS), { minLength: ALL.length, maxLength: ALL.length })
        .map((hosts) =>
          ALL.map((id, index) => {
            const last = Number(id.slice(1)) || 4;
            const at = { host: hosts[index]! };
            if (id === 'g') return vm(id, { n: '10.0.0.4', o: '10.1.0.4' }, { ...at, forwards: true });
            if (id.startsWith('s')) return vm(id, { six: `2001:db8::${last}` }, at);
            if (id.startsWith('t')) return vm(id, { twin: `10.0.0.${last}` }, at);
            return id.startsWith('o') ? vm(id, { o: `10.1.0.${last}` }, at) : vm(id, `10.0.0.${last}`, at);
          }),
        ),
      pools: fc
        .constantFrom('Static', 'Dynamic', 'Chaotic')
        .map((routingProfile) => [{ ...pool(POOL, 'n2', 'n3'), routingProfile }] as WorldSpec['pools']),
      personalities,
      assignments: fc.array(assignment, { maxLength: 10 }),
      traffic: fc.constant(drafts.map(trafficOf)),
      timeline: fc.array(
        fc
          .tuple(time, fc.array(action(links, drafts.length), { minLength: 1, maxLength: 3 }))
          .map(([at, actions]): TimelineEntry => ({ at, actions, path: 'timeline' })),
        { maxLength: 12 },
      ),
    }),
  );

const texts = (rows: readonly Row[]): string[] => rows.map((row) => JSON.stringify(row));

test.prop([world], { numRuns: 150, seed: 7201 })(
  'every packet comes into being once and ends once, and the sums close',
  async (spec) => {
    // `run` counts births and ends, and that no row is left.
    const { rows } = await run(spec, { until: UNTIL });
    const byId = new Map(rows.map((row) => [row.id, row]));
    const pieces = new Map<number, Row[]>();
    const forgers = new Set((spec.traffic ?? []).filter(({ kind }) => kind === 'spoof').map(({ id }) => id));
    for (const row of rows) {
      expect(row.endNs).toBeGreaterThanOrEqual(row.sentNs);
      expect(row.endNs).toBeLessThanOrEqual(UNTIL);
      // Only forgers are taken for forgers.
      if (row.fate === 'spoofed') expect(forgers.has(row.flow) && !row.reverse).toBe(true);
      if (row.origin === 'copy') expect(byId.get(row.copyOf)?.seq).toBe(row.seq);
      if (row.origin === 'fragment') {
        const whole = byId.get(row.fragmentOf);
        expect(whole?.fate).toBe('fragmented');
        pieces.set(row.fragmentOf, [...(pieces.get(row.fragmentOf) ?? []), row]);
      }
      // Two networks of the same subnet: nothing crosses.
      if (row.at !== '' && row.from.startsWith('t') !== row.at.startsWith('t')) expect(row.path).toBe('');
    }
    for (const row of rows) {
      if (row.fate !== 'fragmented') continue;
      const header = row.from.startsWith('s') ? 40 : 20;
      // A fragment that was cut again has an extension header in IPv6; here only whole packets are cut by their sender.
      const each = row.from.startsWith('s') ? 48 : 20;
      const data = (pieces.get(row.id) ?? []).reduce((sum, piece) => sum + piece.size - each, 0);
      expect(data).toBe(row.size - header);
    }
    const key = (row: Row): string => `${row.flow} ${row.seq} ${row.from} ${row.kind}`;
    const joined = new Set(rows.filter((row) => row.fate === 'reassembled').map(key));
    for (const whole of rows.filter((row) => row.origin === 'whole')) expect(joined).toContain(key(whole));
  },
);

test.prop([world], { numRuns: 50, seed: 7202 })('the three queues tell one story', async (spec) => {
  const stories = await Promise.all(QUEUES.map((queue) => run(spec, { until: UNTIL, queue })));
  const [first, ...others] = stories.map((story) => texts(story.rows));
  for (const other of others) expect(other).toEqual(first);
});

test.prop([world, fc.integer()], { numRuns: 40, seed: 7203 })(
  'the order of keys, of personalities and of their fields, does not matter',
  async (spec, salt) => {
    const shuffled = <T>(object: Readonly<Record<string, T>>): Record<string, T> => {
      const weight = (key: string): number =>
        [...`${salt}${key}`].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7);
      return Object.fromEntries(Object.entries(object).sort(([a], [b]) => weight(a) - weight(b)));
    };
    const profiles = Object.entries(spec.personalities ?? {}).map(
      ([id, profile]) => [id, shuffled(profile)] as const,
    );
    const one = await run(spec, { until: UNTIL });
    const other = await run(
      { ...spec, personalities: shuffled(Object.fromEntries(profiles)) },
      { until: UNTIL },
    );
    expect(texts(other.rows)).toEqual(texts(one.rows));
  },
);

test.prop([profileWith(68), profileWith(68), fc.integer({ min: 1, max: 5 })], { numRuns: 60, seed: 7204 })(
  'other VMs, with their own personalities and traffic, change nothing for a flow that they have no part in',
  async (profile, foreign, count) => {
    // A random address is a random one of those there are: more VMs are more of them.
    const own = { ...profile, routingProfile: 'Static' };
    const main = flow('poisson', { id: 'main', interval: ms(5), packetSize: 1700, count: 200 });
    const spec = (others: number): Partial<WorldSpec> => {
      const ids = Array.from({ length: others }, (_, n) => `other${n}`);
      return {
        vms: [
          ...ids.map((id, n) => vm(id, `10.0.0.${n + 50}`)),
          vm('a', '10.0.0.1'),
          vm('b', '10.0.0.2', { host: 'h2' }),
        ],
        personalities: { foreign, own },
        assignments: [
          ...ids.map((id) => ({ vm: id, personality: 'foreign' })),
          { vm: 'b', personality: 'own' },
        ],
        traffic: [
          ...ids.map((id, n) =>
            flow('poisson', {
              id,
              from: [id],
              to: { vm: ids[(n + 1) % others]! },
              interval: ms(3),
              packetSize: 1000,
              port: 9100,
            }),
          ),
          main,
        ],
      };
    };
    const fatesOf = ({ rows }: Story): string[] =>
      rows
        .filter((row) => row.flow === 'main')
        .map(
          ({ seq, origin, size, offset, sentNs, shapedNs, endNs, fate }) =>
            `${[seq, origin, size, offset, sentNs, shapedNs, endNs, fate]}`,
        );
    expect(fatesOf(await run(spec(count), { until: UNTIL }))).toEqual(
      fatesOf(await run(spec(0), { until: UNTIL })),
    );
  },
);
