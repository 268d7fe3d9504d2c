/**
 * How far a figure can be trusted that rests on chance: what it is a sample of, and what that sample says of a limit. See
 * docs/decisions/0020-sure-or-not.md. Measures nothing.
 */
import type { Expectation, ExpectationLimit } from '../scenarios/index.ts';
import type { FlowFigures, FlowReport, Ranked } from './flows.ts';
import {
  about,
  type Comparison,
  chanceInterval,
  quantileRanks,
  type Side,
  sideOf,
  trialsNeeded,
  worthOfRuns,
  worthOfSteps,
} from './intervals.ts';
import { formatCount } from './precision.ts';

/** What holds beyond this run: the limit, its opposite, or the sample is too small for either. */
export type Confidence = 'pass' | 'fail' | 'cannot tell';

export interface Evidence {
  /** Packets or questions that the figure is told from. */
  readonly n: number;
  /** So many independent ones are worth as much: fewer where neighbours fare alike. */
  readonly worth: number;
  /** Where the truth is with a confidence of 99 %, in the metric's unit. Null: the sample sets no upper end. */
  readonly interval: readonly [low: number, high: number | null];
  /** About so many would tell, were the figures the same. Null when it can be told, and when no number would do. */
  readonly needed: number | null;
}

export interface Judgement {
  readonly confidence: Confidence;
  readonly evidence: Evidence;
}

/** The samples of one flow, in the whole run or in a part of it. */
export interface FlowSamples {
  readonly flow: FlowReport;
  readonly figures: FlowFigures;
  ranked(kind: 'delay' | 'rtt'): Ranked | null;
}

/** Undefined where the figure is a fact of the run: it counts something, or no exact interval is known for it. */
export function judgeSample(
  { metric, limit }: Pick<Expectation, 'metric' | 'limit'>,
  samples: FlowSamples,
): Judgement | undefined {
  // Who names one value asks for this run's: no sample shows that a chance is this number and no other.
  if (limit.op === 'equals') return undefined;
  const [name = '', part = ''] = metric.split('.');
  if (name === 'delay' || name === 'rtt') {
    const level = LEVELS[part];
    const ranked = level === undefined ? null : samples.ranked(name);
    return level === undefined || ranked === null ? undefined : judgeQuantile(ranked, level, limit);
  }
  const trials = trialsOf(metric, samples);
  return trials === undefined || trials.n === 0 ? undefined : judgeShare(trials, limit);
}

/** `cannot tell with n = 400: needs about 6,000`. Null when it can be told. */
export function doubtOf({ confidence, evidence: { n, worth, needed } }: Judgement): string | null {
  if (confidence !== 'cannot tell') return null;
  const alike = worth < n ? `, worth ${formatCount(worth)} independent ${worth === 1 ? 'one' : 'ones'}` : '';
  return `cannot tell with n = ${formatCount(n)}${alike}: ${remedy(needed, n, worth)}`;
}

function remedy(needed: number | null, n: number, worth: number): string {
  if (needed !== null) return `needs about ${formatCount(needed)}`;
  return isCourse(n, worth)
    ? 'needs a part of the run in which nothing changes (during), or other seeds'
    : 'no number would do, so close is the limit';
}

/** Neighbours are so alike (correlation above 0.9: a queue, a ramp, a command) that more of them would only be more alike. */
const isCourse = (n: number, worth: number): boolean => worth * 19 < n;

const LEVELS: Readonly<Record<string, number>> = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 };

interface Trials {
  readonly hits: number;
  readonly n: number;
  readonly worth: number;
}

function trialsOf(metric: string, { flow, figures }: FlowSamples): Trials | undefined {
  const { sent, delivered, lost, inFlight, duplicates, duplication, burst } = figures;
  if (metric === 'loss') {
    const n = sent - inFlight;
    // A question's fate is that of several packets, whose runs say nothing of its neighbours.
    const inRuns = burst === null || flow.transactional ? undefined : burst;
    const worth = inRuns ? worthOfRuns(n, Math.round(inRuns.mean * inRuns.count), inRuns.count) : n;
    return { hits: lost, n, worth };
  }
  if (!metric.startsWith('duplication.') || duplication === null || flow.transactional) return undefined;
  const twice = Math.round(duplication.replicated * delivered);
  // Where packets arrived three times, duplicates per packet are no share of packets.
  if (metric === 'duplication.fraction' && duplicates !== twice) return undefined;
  return { hits: twice, n: delivered, worth: delivered };
}

/** A limit as a chance and the side of it that is allowed. */
interface Bound extends Comparison {
  readonly inside: Side;
}

function judgeShare({ hits, n, worth }: Trials, limit: ExpectationLimit): Judgement {
  const trials = Math.max(1, Math.floor(worth));
  const share = hits / n;
  const [low, high] = ends(limit);
  const bounds: Bound[] = [];
  // No chance is below 0 or above 1.
  if (low !== undefined && low > 0) bounds.push({ share, chance: low, inside: 'above' });
  if (high !== undefined && high < 1) bounds.push({ share, chance: high, inside: 'below' });
  return judged(bounds, n, trials, chanceInterval(share * trials, trials));
}

/** A quantile is at most L when the chance of a value up to L is at least its level: so it is a share again. */
function judgeQuantile(ranked: Ranked, level: number, limit: ExpectationLimit): Judgement {
  const { count, step } = ranked;
  const trials = Math.max(
    1,
    Math.floor(step === null ? count : worthOfSteps(count, step, differenceOfAnyTwo(ranked))),
  );
  const [low, high] = ends(limit);
  const bounds: Bound[] = [];
  if (low !== undefined && low > 0) {
    bounds.push({
      share: ranksWhere(ranked, (value) => value < low) / count,
      chance: level,
      inside: 'below',
    });
  }
  if (high !== undefined) {
    bounds.push({
      share: ranksWhere(ranked, (value) => value <= high) / count,
      chance: level,
      inside: 'above',
    });
  }
  const [first, last] = quantileRanks(trials, level);
  const scale = count / trials;
  const at = (rank: number): number => ranked.at([Math.min(count, Math.max(1, rank))])[0] ?? 0;
  return judged(bounds, count, trials, [
    // No delay is below 0.
    first === 0 ? 0 : at(Math.floor(first * scale)),
    last > trials ? null : at(Math.ceil(last * scale)),
  ]);
}

function judged(
  bounds: readonly Bound[],
  n: number,
  worth: number,
  interval: Evidence['interval'],
): Judgement {
  const sides = bounds.map((bound) => ({ inside: bound.inside, side: sideOf(bound, worth) }));
  if (sides.every(({ side, inside }) => side === inside)) {
    return { confidence: 'pass', evidence: { n, worth, interval, needed: null } };
  }
  if (sides.some(({ side, inside }) => side !== inside && side !== 'either')) {
    return { confidence: 'fail', evidence: { n, worth, interval, needed: null } };
  }
  const trials = isCourse(n, worth) ? null : trialsNeeded(bounds);
  const needed = trials === null ? null : about((trials * n) / worth);
  return { confidence: 'cannot tell', evidence: { n, worth, interval, needed } };
}

function ends(limit: ExpectationLimit): readonly [low: number | undefined, high: number | undefined] {
  switch (limit.op) {
    case 'atLeast':
      return [limit.value, undefined];
    case 'atMost':
      return [undefined, limit.value];
    case 'between':
      return [limit.low, limit.high];
    case 'equals':
      return [limit.value, limit.value];
  }
}

/** How many values it holds for, if it holds for all below one for which it holds. */
function ranksWhere({ count, at }: Ranked, holds: (value: number) => boolean): number {
  let few = 0;
  let many = count + 1;
  while (many - few > 1) {
    const rank = Math.floor((few + many) / 2);
    if (holds(at([rank])[0] ?? 0)) few = rank;
    else many = rank;
  }
  return few;
}

const MOST_POINTS = 512;

/** The mean |x - y| over pairs of values (Gini's mean difference), from at most so many of them. */
function differenceOfAnyTwo({ count, at }: Ranked): number {
  const points = Math.min(count, MOST_POINTS);
  const ranks = Array.from({ length: points }, (_, i) => Math.ceil(((i + 0.5) * count) / points));
  const sum = at(ranks).reduce((total, value, i) => total + value * (2 * i + 1 - points), 0);
  const pairs = points < count ? points * points : points * (points - 1);
  return pairs === 0 ? 0 : (2 * sum) / pairs;
}
