/** Judges what a scenario expects against what was measured. Does not read scenarios. */
import type { Expectation, ExpectationLimit, MetricUnit } from '../scenarios/index.ts';
import { type Confidence, doubtOf, type Evidence, type Judgement, judgeSample } from './expect-evidence.ts';
import type { FlowFigures, FlowReport, FlowWindow, Ranked } from './flows.ts';
import type { LinkFigures } from './links.ts';
import type { PoolFigures } from './pools.ts';
import { inWords, printed } from './precision.ts';
import type { Totals } from './summary.ts';
import type { VmFigures } from './vms.ts';

export interface Verdict {
  readonly expectation: Expectation;
  /** In the metric's unit; null when there was nothing to tell it from, which holds for no limit. */
  readonly value: number | null;
  readonly holds: boolean;
  /** `stream loss at most 0.005: it is 0.0021`. */
  readonly text: string;
  /** What holds beyond this run; of a fact that is what holds in it. */
  readonly confidence: Confidence;
  /** Null for a fact. */
  readonly evidence: Evidence | null;
  /** `cannot tell with n = 400: needs about 6,000`; null when it can be told. */
  readonly doubt: string | null;
}

/** Everything that an expectation may ask for. */
export interface Measured {
  readonly flows: readonly FlowReport[];
  /** The figures of window `index` of {@link windowsOf}. */
  during(index: number): FlowFigures;
  readonly vms: readonly VmFigures[];
  readonly links: readonly LinkFigures[];
  readonly pools: readonly PoolFigures[];
  readonly totals: Totals;
  /** The values of a flow by rank; `window` as above, or -1. */
  ranked?(kind: 'delay' | 'rtt', flow: string, window: number): Ranked | null;
  /** False: nothing came about by chance, so that every figure is a fact. Default: true. */
  readonly drawn?: boolean;
}

/** A figure, or why there is none. */
type Figure = number | { readonly unknown: string };

/** The windows that must be measured for these expectations, in their order. */
export function windowsOf(expectations: readonly Expectation[]): FlowWindow[] {
  return expectations.flatMap(({ subject, during }) =>
    subject.kind === 'flow' && during !== undefined
      ? [{ flow: subject.id, from: during[0], to: during[1] }]
      : [],
  );
}

export function judge(expectations: readonly Expectation[], measured: Measured): Verdict[] {
  let windows = 0;
  return expectations.map((expectation) => {
    const window = expectation.subject.kind === 'flow' && expectation.during !== undefined ? windows++ : -1;
    const found = figure(expectation, window, measured);
    if (typeof found !== 'number') return unknown(expectation, found.unknown);
    return verdict(expectation, found, judgement(expectation, window, measured));
  });
}

function unknown(expectation: Expectation, why: string): Verdict {
  const text = `${expectation.text}: unknown, ${why}`;
  return { expectation, value: null, holds: false, text, confidence: 'fail', evidence: null, doubt: null };
}

function verdict(expectation: Expectation, value: number, judgement: Judgement | undefined): Verdict {
  const { text, limit, unit } = expectation;
  const holds = within(limit, value, unit);
  const verb = holds ? 'it is' : 'but it is';
  return {
    expectation,
    value,
    holds,
    text: `${text}: ${verb} ${inWords(value, unit)}`,
    confidence: judgement?.confidence ?? (holds ? 'pass' : 'fail'),
    evidence: judgement?.evidence ?? null,
    doubt: judgement === undefined ? null : doubtOf(judgement),
  };
}

function judgement(expectation: Expectation, window: number, measured: Measured): Judgement | undefined {
  const { subject } = expectation;
  const flow = subject.kind === 'flow' ? measured.flows.find(({ id }) => id === subject.id) : undefined;
  if (flow === undefined || measured.drawn === false) return undefined;
  return judgeSample(expectation, {
    flow,
    figures: window >= 0 ? measured.during(window) : flow,
    ranked: (kind) => measured.ranked?.(kind, flow.id, window) ?? null,
  });
}

function within(limit: ExpectationLimit, value: number, unit: MetricUnit): boolean {
  switch (limit.op) {
    case 'atLeast':
      return value >= limit.value;
    case 'atMost':
      return value <= limit.value;
    case 'between':
      return value >= limit.low && value <= limit.high;
    case 'equals':
      return printed(value, unit) === printed(limit.value, unit);
  }
}

function figure({ subject, metric, during }: Expectation, window: number, measured: Measured): Figure {
  if (subject.kind !== 'flow' && during !== undefined) {
    return { unknown: `only flows are measured during a part of the run, not a ${subject.kind}` };
  }
  switch (subject.kind) {
    case 'flow': {
      const flow = measured.flows.find(({ id }) => id === subject.id);
      if (flow === undefined) return { unknown: `there is no flow ${subject.id}` };
      return flowFigure(flow, window >= 0 ? measured.during(window) : flow, metric);
    }
    case 'vm': {
      const vm = measured.vms.find(({ id }) => id === subject.id);
      if (vm === undefined) return { unknown: `there is no VM ${subject.id}` };
      return pick(vm, metric, 'nothing was delivered');
    }
    case 'link': {
      const link = measured.links.find(({ id }) => id === `${subject.from}>${subject.to}`);
      if (link === undefined) return { unknown: `there is no link from ${subject.from} to ${subject.to}` };
      return pick(link, metric, 'it has no rate');
    }
    case 'pool': {
      const pool = measured.pools.find(
        (one) => one.address === subject.address && one.network === subject.network,
      );
      if (pool === undefined) return { unknown: `there is no pool ${subject.address} in ${subject.network}` };
      if (metric !== 'share') return pick(pool, metric, 'nothing was delivered');
      const member = pool.members.find(({ vm }) => vm === subject.member);
      if (member === undefined)
        return { unknown: `a share is that of a member, and ${subject.member ?? 'none'} is no member` };
      return pick(member, 'share', 'the pool got nothing');
    }
    case 'total':
      return totalFigure(measured.totals, metric);
  }
}

function flowFigure(flow: FlowReport, figures: FlowFigures, metric: string): Figure {
  const found = pick(figures, PLACES[metric] ?? metric, 'no sample');
  if (typeof found === 'number') return found;
  const [name] = metric.split('.');
  if (name === 'rtt' && !flow.transactional)
    return { unknown: 'it asks no questions, so it has a delay but no rtt' };
  if (figures.sent === 0) return { unknown: 'nothing was sent' };
  if (name !== undefined && flow.reordered === null && ORDERED.has(name)) {
    return { unknown: 'it has several senders or destinations, so order means nothing' };
  }
  if (name === 'loss')
    return { unknown: flow.transactional ? 'no question was decided' : 'all of it is still in flight' };
  return { unknown: TOO_FEW[name ?? ''] ?? 'none arrived' };
}

/** Where a metric stands that is not named as its figure is: `ipdv` alone is the mean. */
const PLACES: Readonly<Record<string, string>> = Object.fromEntries(
  ['p50', 'p95', 'p99', 'p999', 'max'].map((part) => [`ipdv.${part}`, `ipdvQuantiles.${part}`]),
);
const ORDERED = new Set([
  'reordered',
  'reordering',
  'pdv',
  'ipdv',
  'jitter',
  'burst',
  'lossDistance',
  'burstDistance',
  'noticeableLoss',
]);
const TOO_FEW: Readonly<Record<string, string>> = {
  ipdv: 'no two in a row arrived',
  jitter: 'fewer than two arrived',
  goodput: 'fewer than two arrived',
  lossDistance: 'fewer than two were lost',
  burstDistance: 'there were fewer than two bursts of loss',
};

function totalFigure(totals: Totals, metric: string): Figure {
  const [name, reason] = metric.split('.');
  if (name === 'dropped' && reason !== undefined)
    return pick(totals.dropReasons, reason, 'there is no such reason');
  return pick(totals, metric, 'there is no such total');
}

/** The number at a dotted path; its absence is explained by `otherwise`. */
function pick(from: object, path: string, otherwise: string): Figure {
  let value: unknown = from;
  for (const name of path.split('.')) {
    value =
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  }
  return typeof value === 'number' && !Number.isNaN(value) ? value : { unknown: otherwise };
}
