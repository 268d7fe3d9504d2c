/** Small worlds for tests: specs with defaults for everything, runs to the end, and what happened as plain objects. */
import { ms, type Nanos, NEVER, type QueueName, seconds } from '../../engine/index.ts';
import {
  ADDRESSED,
  COPY_OF,
  ENDED_AT,
  FRAGMENT_OF,
  FROM,
  HOP,
  OFFSET_TTL_PROTOCOL,
  PATH,
  PacketFlag,
  PacketKind,
  SHAPED_AT,
} from '../../sim/packet.ts';
import type { Profile } from '../../sim/personality/profile.ts';
import type {
  NetworkSpec,
  PoolSpec,
  RouteSpec,
  TimelineEntry,
  TrafficCommon,
  TrafficKind,
  TrafficSpec,
  VmSpec,
  WorldSpec,
} from '../../sim/specs.ts';
import {
  type CommandRecord,
  type EndedPackets,
  FATES,
  type FateName,
  ORIGINS,
  Sample,
  type TraceSink,
} from '../../sim/trace.ts';
import type { Program } from '../../sim/vm/api.ts';
import { World } from '../../sim/world.ts';

// ---- specs

export const network = (id: string, subnet: string, routes: readonly RouteSpec[] = []): NetworkSpec => ({
  id,
  subnet,
  routes,
});

export const route = (to: string, ...via: readonly string[]): RouteSpec => ({
  to,
  via,
  routingProfile: 'Static',
});

/** `vm('a', '10.0.0.1')` in network `n` on host `h1`; `vm('g', { n: '10.0.0.9', m: '10.1.0.9' })` in several. */
export function vm(
  id: string,
  ip: string | Readonly<Record<string, string>>,
  more: Partial<VmSpec> = {},
): VmSpec {
  const addresses = typeof ip === 'string' ? { n: ip } : ip;
  const interfaces = Object.entries(addresses).map(([name, address]) => ({ network: name, ip: address }));
  return { id, host: 'h1', interfaces, forwards: false, power: true, ...more };
}

export const pool = (address: string, ...members: readonly string[]): PoolSpec => ({
  address,
  network: 'n',
  members,
  routingProfile: 'Static',
  hysteresis: 0.1,
  loadWindow: ms(100),
  chaosProbability: 0.01,
});

type Special<K extends TrafficKind> = Omit<TrafficSpec & { readonly kind: K }, keyof TrafficCommon | 'kind'>;

/** A flow from `a` to `b`, port 9000, from the beginning; what is special about its kind must be given. */
export function flow<K extends TrafficKind>(
  kind: K,
  special: Special<K> & Partial<TrafficCommon>,
): TrafficSpec {
  const common: TrafficCommon = {
    id: kind,
    from: ['a'],
    to: { vm: 'b' },
    fromText: 'a',
    toText: 'b',
    start: 0,
    stop: NEVER,
    count: Infinity,
    port: 9000,
    df: false,
    ecn: false,
    dscp: 0,
    autostart: true,
    ttl: 64,
  };
  return { ...common, kind, ...special } as unknown as TrafficSpec;
}

/** One packet of `packetSize` bytes from `a` to `b` at 0. */
export const once = (packetSize: number, more: Partial<TrafficCommon> = {}): TrafficSpec =>
  flow('cbr', { interval: seconds(1), packetSize, count: 1, ...more });

export const at = (time: Nanos, ...actions: TimelineEntry['actions']): TimelineEntry => ({
  at: time,
  actions,
  path: 'timeline',
});

/** Two VMs, `a` on host `h1` and `b` on host `h2`, in `n`, 10.0.0.0/24; no personalities, no traffic. */
export function worldSpec(parts: Partial<WorldSpec> = {}): WorldSpec {
  return {
    seed: 'test',
    networks: [network('n', '10.0.0.0/24')],
    hosts: ['h1', 'h2'],
    links: [],
    mesh: true,
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2', { host: 'h2' })],
    pools: [],
    personalities: {},
    assignments: [],
    traffic: [],
    timeline: [],
    ...parts,
  };
}

/** Gives VMs personalities of their own: `{ b: { latencyMs: 10 } }`. */
export function personal(
  profiles: Readonly<Record<string, Profile>>,
): Pick<WorldSpec, 'personalities' | 'assignments'> {
  const assignments = Object.keys(profiles).map((id) => ({ vm: id, personality: id }));
  return { personalities: profiles, assignments };
}

// ---- runs

/** How a packet ended, in words. */
export interface Row {
  readonly id: number;
  readonly copyOf: number;
  readonly fragmentOf: number;
  readonly origin: (typeof ORIGINS)[number];
  readonly flow: string;
  readonly seq: number;
  readonly from: string;
  /** Whom the sender addressed: a VM's id, or an address. */
  readonly to: string;
  readonly path: string;
  /** The last VM it was handed towards; empty for none. */
  readonly at: string;
  readonly kind: keyof typeof PacketKind;
  readonly source: string;
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly ttl: number;
  readonly size: number;
  readonly offset: number;
  readonly sentNs: Nanos;
  readonly shapedNs: Nanos;
  readonly endNs: Nanos;
  readonly fate: FateName;
  readonly reverse: boolean;
  readonly twin: boolean;
  readonly dontFragment: boolean;
  readonly ecnCapable: boolean;
}

export interface SampleRow {
  readonly kind: keyof typeof Sample;
  readonly flow: string;
  readonly at: Nanos;
  readonly value: number;
}

/** All that happened. */
export interface Story {
  readonly world: World;
  /** In the order in which they ended. */
  readonly rows: readonly Row[];
  readonly samples: readonly SampleRow[];
  readonly commands: readonly CommandRecord[];
}

export interface RunOptions {
  readonly until?: Nanos;
  readonly queue?: QueueName;
  readonly programs?: Readonly<Record<string, Program>>;
  /** Programs may fail: the test looks at `world.programs.failures`. */
  readonly mayFail?: boolean;
}

const KINDS = Object.keys(PacketKind) as (keyof typeof PacketKind)[];
const SAMPLES = Object.keys(Sample) as (keyof typeof Sample)[];

/** Runs to `until`, by default 10 s, and checks that the books close: every packet that was born has ended, exactly once. */
export async function run(parts: Partial<WorldSpec>, options: RunOptions = {}): Promise<Story> {
  const programs = new Map(Object.entries(options.programs ?? {}));
  const world = new World(worldSpec(parts), {
    until: options.until ?? seconds(10),
    interval: seconds(1),
    queue: options.queue ?? 'ladder',
    programs,
  });
  const rows: Row[] = [];
  const samples: SampleRow[] = [];
  const commands: CommandRecord[] = [];
  const sink: TraceSink = {
    ended: (chunk) => rows.push(...rowsOf(chunk, world)),
    sample: (kind, number, time, value) =>
      samples.push({ kind: SAMPLES[kind]!, flow: world.names.flows[number]!.id, at: time, value }),
    command: (record) => commands.push(record),
  };
  world.attach(sink);
  await world.run();
  const [failure] = world.programs.failures;
  if (failure !== undefined && options.mayFail !== true) throw failure.error;
  const ids = new Set(rows.map((row) => row.id));
  if (ids.size !== rows.length || rows.length !== world.packets.born || world.packets.live !== 0) {
    throw new Error(
      `${world.packets.born} packets were born, ${ids.size} have ended, ${rows.length} times in all`,
    );
  }
  return { world, rows, samples, commands };
}

function rowsOf(chunk: EndedPackets, world: World): Row[] {
  const { names, packets, system } = world;
  return Array.from(chunk.packets.subarray(0, chunk.length), (packet) => {
    const int = (column: number): number => chunk.ints[packet + column]!;
    const double = (column: number): number => chunk.doubles[(packet >> 1) + column]!;
    return {
      id: packets.id(packet),
      copyOf: double(COPY_OF),
      fragmentOf: double(FRAGMENT_OF),
      origin: ORIGINS[packets.origin(packet)]!,
      flow: names.flows[packets.flow(packet)]!.id,
      seq: packets.seq(packet),
      from: names.vms[int(FROM)]!,
      to: names.address(int(ADDRESSED)),
      path: names.path(int(PATH)),
      at: names.vms[int(HOP)] ?? '',
      kind: KINDS[packets.kind(packet)]!,
      source: system.addressText(packets.source(packet)),
      sourcePort: packets.sourcePort(packet),
      targetPort: packets.targetPort(packet),
      ttl: packets.ttl(packet),
      size: packets.size(packet),
      offset: int(OFFSET_TTL_PROTOCOL) >>> 16,
      sentNs: packets.sentAt(packet),
      shapedNs: double(SHAPED_AT),
      endNs: double(ENDED_AT),
      fate: FATES[packets.fate(packet)]!,
      reverse: packets.has(packet, PacketFlag.reverse),
      twin: packets.has(packet, PacketFlag.twin),
      dontFragment: packets.has(packet, PacketFlag.dontFragment),
      ecnCapable: packets.has(packet, PacketFlag.ecnCapable),
    };
  });
}

/** Those whose fields have these values. */
export const where = <T extends object>(rows: readonly T[], wanted: Partial<T>): T[] =>
  rows.filter((row) => Object.entries(wanted).every(([field, value]) => row[field as keyof T] === value));

/** One field of each. */
export const column = <T, F extends keyof T>(rows: readonly T[], field: F): T[F][] =>
  rows.map((row) => row[field]);

/** How many ended in each way that occurred. */
export function fates(rows: readonly Row[]): Partial<Record<FateName, number>> {
  const counts: Partial<Record<FateName, number>> = {};
  for (const { fate } of rows) counts[fate] = (counts[fate] ?? 0) + 1;
  return counts;
}

/**
 * A picture of what a personality does to packets from `a` to `b`: one letter per packet, one column per millisecond. `sent` says when
 * each leaves `a`, the answer when each arrives at `b`, in what is left of the milliseconds; several in one column stand in
 * brackets, in order. `changes` by the millisecond: those at 0 are the personality, later ones update it.
 *
 *     await through({ 0: { latencyMs: 3 }, 2: { latencyMs: 1 } }, 'a--b')   // '---ab'
 */
export async function through(
  changes: Readonly<Record<number, Profile>>,
  sent: string,
  options: { readonly size?: number; readonly seed?: string } = {},
): Promise<string> {
  const columns = [...sent].flatMap((letter, place) => (letter === '-' ? [] : [place]));
  const { 0: first = {}, ...later } = changes;
  const { rows } = await run({
    seed: options.seed ?? 'test',
    personalities: { line: first },
    assignments: [{ vm: 'b', personality: 'line' }],
    traffic: [
      flow('list', {
        sentNs: Float64Array.from(columns, (place) => ms(place)),
        sizes: new Int32Array(columns.length).fill(options.size ?? 1000),
      }),
    ],
    timeline: Object.entries(later).map(([time, set]) =>
      at(ms(Number(time)), { op: 'update', personality: 'line', set }),
    ),
  });
  const arrived: string[] = [];
  for (const { seq, endNs } of where(rows, { flow: 'list', fate: 'delivered', reverse: false })) {
    const place = Math.floor(endNs / ms(1));
    arrived[place] = (arrived[place] ?? '') + sent[columns[seq]!]!;
  }
  return Array.from(arrived, (letters = '-') => (letters.length > 1 ? `[${letters}]` : letters)).join('');
}
