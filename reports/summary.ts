/** A run in one value, and that value as `summary.json`. Nothing in it knows the wall clock. */
import type { Nanos } from '../engine/index.ts';
import type { MetricUnit } from '../scenarios/index.ts';
import { DROP_REASONS, type DropReason } from '../sim/index.ts';
import type { Verdict } from './expect.ts';
import type { Evidence } from './expect-evidence.ts';
import type { FlowReport } from './flows.ts';
import type { Conservation } from './ledger.ts';
import type { LinkFigures } from './links.ts';
import type { Distances } from './loss-pattern.ts';
import type { PoolFigures } from './pools.ts';
import { printed } from './precision.ts';
import type { ReorderingFigures } from './reordering.ts';
import type { VmFigures } from './vms.ts';

/** The size of a queue that was used, given or derived. */
export interface QueueSize {
  /** VM id, or `host>host` for a link. */
  readonly at: string;
  readonly bytes: number | null;
  readonly packets: number | null;
}

/** A personality at the run's end: its fields as users name them. */
export interface PersonalityState {
  readonly id: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Ids of the VMs that have it. */
  readonly vms: readonly string[];
}

/** What whoever ran the world hands in. */
export interface RunFacts {
  /** The scenario's name. */
  readonly name: string;
  readonly seed: string;
  /** netpersona's. */
  readonly version: string;
  /** The run was cut short (`--until`, an interrupt). */
  readonly partial: boolean;
  /** Virtual time at the end. */
  readonly duration: Nanos;
  /** How many packets came into being: the highest id. */
  readonly born: number;
  /** False: no random number was drawn. Default: true. */
  readonly drawn?: boolean;
  readonly queues?: readonly QueueSize[];
  readonly personalities?: readonly PersonalityState[];
}

/** Packets of the whole run. */
export interface Totals {
  /** By programs and traffic sources. */
  readonly sent: number;
  readonly answers: number;
  /** Extra copies made. */
  readonly duplicates: number;
  readonly fragments: number;
  /** Put together from fragments. */
  readonly wholes: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly dropReasons: Readonly<Record<DropReason, number>>;
  readonly inFlight: number;
  readonly clampedDelays: number;
  readonly marked: number;
  /** Packets that were delivered damaged, with checksums that fit. */
  readonly damaged: number;
}

export interface Summary extends Omit<RunFacts, 'queues' | 'personalities' | 'drawn'> {
  /** SHA-256 over the fates, hexadecimal. */
  readonly digest: string;
  readonly totals: Totals;
  /** `closes`: as many packets ended as came into being, in every way they can. */
  readonly conservation: Conservation & { readonly closes: boolean };
  readonly flows: readonly FlowReport[];
  readonly vms: readonly VmFigures[];
  readonly links: readonly LinkFigures[];
  readonly pools: readonly PoolFigures[];
  readonly queues: readonly QueueSize[];
  readonly personalities: readonly PersonalityState[];
  readonly expectations: readonly Verdict[];
}

export function totalsOf(
  { created, ended }: Conservation,
  { clampedDelays, marked, damaged }: Pick<Totals, 'clampedDelays' | 'marked' | 'damaged'>,
): Totals {
  const dropReasons = Object.fromEntries(DROP_REASONS.map((reason) => [reason, ended[reason]])) as Record<
    DropReason,
    number
  >;
  return {
    sent: created.sent,
    answers: created.answer,
    duplicates: created.copy,
    fragments: created.fragment,
    wholes: created.whole,
    delivered: ended.delivered,
    dropped: DROP_REASONS.reduce((sum, reason) => sum + dropReasons[reason], 0),
    dropReasons,
    inFlight: ended['in-flight'],
    clampedDelays,
    marked,
    damaged,
  };
}

/** `summary.json`: two spaces, keys in the order below, figures as {@link printed}, a newline at the end. */
export function summaryJson(summary: Summary): string {
  const document = {
    name: summary.name,
    seed: summary.seed,
    version: summary.version,
    partial: summary.partial,
    durationNs: summary.duration,
    digest: summary.digest,
    totals: summary.totals,
    conservation: conservation(summary.conservation),
    flows: summary.flows.map(flow),
    vms: summary.vms.map(vm),
    links: summary.links.map((one) => ({
      id: one.id,
      packets: one.packets,
      bytes: one.bytes,
      throughputBps: one.throughput,
      share: printed(one.share, 'share'),
      dropped: one.dropped,
      backlogBytes: one.backlog,
    })),
    pools: summary.pools.map((one) => ({
      address: one.address,
      network: one.network,
      throughputBps: one.throughput,
      delivered: one.delivered,
      dropped: one.dropped,
      members: one.members.map(({ vm: id, delivered, share }) => ({
        vm: id,
        delivered,
        share: printed(share, 'share'),
      })),
    })),
    queues: summary.queues.map(({ at, bytes, packets }) => ({ at, bytes, packets })),
    personalities: summary.personalities.map(({ id, vms, values }) => ({ id, vms, values: sorted(values) })),
    expectations: summary.expectations.map(({ expectation, value, holds, text, ...sure }) => ({
      path: expectation.path,
      expected: expectation.text,
      value: printed(value, expectation.unit),
      holds,
      text,
      confidence: sure.confidence,
      evidence: sure.evidence === null ? null : evidence(sure.evidence, expectation.unit),
      doubt: sure.doubt,
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const evidence = ({ n, worth, interval: [low, high], needed }: Evidence, unit: MetricUnit) => ({
  n,
  worth,
  interval: [printed(low, unit), printed(high, unit)],
  needed,
});

const conservation = ({ created, ended, createdTotal, endedTotal, closes }: Summary['conservation']) => ({
  created,
  ended,
  createdTotal,
  endedTotal,
  closes,
});

const flow = (one: FlowReport) => ({
  id: one.id,
  kind: one.kind,
  from: one.from,
  to: one.to,
  sent: one.sent,
  delivered: one.delivered,
  lost: one.lost,
  inFlight: one.inFlight,
  loss: printed(one.loss, 'share'),
  duplicates: one.duplicates,
  reordered: one.reordered,
  goodputBps: one.goodput,
  delayNs: one.delay,
  rttNs: one.rtt,
  ipdvNs: one.ipdv,
  jitterNs: one.jitter,
  burst:
    one.burst === null
      ? null
      : { mean: printed(one.burst.mean, 'number'), max: one.burst.max, count: one.burst.count },
  retried: one.retried,
  completed: one.completed,
  packets: one.packets,
  pdvNs: one.pdv,
  ipdvQuantilesNs: one.ipdvQuantiles,
  lossDistance: distances(one.lossDistance),
  burstDistance: distances(one.burstDistance),
  noticeableLoss: printed(one.noticeableLoss, 'share'),
  duplication:
    one.duplication === null
      ? null
      : {
          fraction: printed(one.duplication.fraction, 'share'),
          replicated: printed(one.duplication.replicated, 'share'),
        },
  reordering: one.reordering === null ? null : reordering(one.reordering),
});

const distances = (one: Distances | null) =>
  one === null ? null : { min: one.min, mean: printed(one.mean, 'number') };

const reordering = (one: ReorderingFigures) => ({
  ratio: printed(one.ratio, 'share'),
  extent: { mean: printed(one.extent.mean, 'number'), max: one.extent.max },
  lateTimeNs: one.lateTime,
  n1: printed(one.n1, 'share'),
  n2: printed(one.n2, 'share'),
  n3: printed(one.n3, 'share'),
  beyondMemory: one.beyondMemory,
});

const vm = (one: VmFigures) => ({
  id: one.id,
  deliveredPackets: one.deliveredPackets,
  deliveredBytes: one.deliveredBytes,
  throughputBps: one.throughput,
  share: printed(one.share, 'share'),
  dropped: one.dropped,
  dropReasons: one.dropReasons,
  delayNs: one.delay,
  backlogBytes: one.backlog,
  clampedDelays: one.clampedDelays,
  marked: one.marked,
  damaged: one.damaged,
  egress: one.egress,
});

/** The same value with the keys of every object in order, so that the order in a file does not show. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
