/** What settings amount to in the long run, by closed forms: for those who want to know before packets do. */
import type { QuantileTable } from '../../engine/index.ts';
import { lossModels } from './loss-models/index.ts';
import type { AnyLossModel, AnyLossValues } from './loss-models/model.ts';
import { type NetemValues, netemOptions } from './netem/fields.ts';
import type { Profile } from './profile.ts';
import { settingsOf } from './service/settings.ts';
import { type QueueLimits, type StageDefinition, valuesOf } from './stage.ts';
import type { BandwidthValues } from './stages/bandwidth.ts';
import { delaySettings } from './stages/delay.ts';
import { stages } from './stages/index.ts';

const stageOf = (name: string): StageDefinition => stages.find((stage) => stage.name === name)!;
const QUEUE = stageOf('queue');
const DELAY = stageOf('delay');
const LOSS = stageOf('loss');
const NETEM = stageOf('netem');

/** The share of packets that the loss stage takes; null where the traffic decides it. */
export function lossShare(profile: Profile): number | null {
  const values = valuesOf(LOSS, profile) as AnyLossValues;
  const model = lossModels.find(({ name }): boolean => name === values['loss.model']) as
    | AnyLossModel
    | undefined;
  if (model === undefined || !model.active(values)) return 0;
  return model.share?.(values) ?? null;
}

/**
 * The same under sch_netem's formulas: a correlated loss is one where a low-pass filtered number x = (1 - rho) u + rho x' is below the
 * threshold, which is rarer than it says, since x varies less than u.
 */
export function netemLossShare(profile: Profile): number | null {
  const share = lossShare(profile);
  const correlation = profile['loss.correlation'];
  const isRandom = (profile['loss.model'] ?? 'random') === 'random';
  if (share === null || !isRandom || typeof correlation !== 'number') return share;
  return filteredShare(share, correlation);
}

/** Cells of the grid on which the filtered number's distribution is computed, and how often. */
const CELLS = 8192;
const ROUNDS = 60;

/** P(x <= p) of x = (1 - rho) u + rho x', with u uniform and x' distributed as x is: the fixed point of its distribution function. */
function filteredShare(p: number, rho: number): number {
  if (rho === 0 || p <= 0 || p >= 1) return p;
  // Nothing new comes in, so all packets have the luck of the first: over many runs, still p.
  if (rho === 1) return p;
  let cdf = Float64Array.from({ length: CELLS + 1 }, (_, i) => i / CELLS);
  const area = new Float64Array(CELLS + 1);
  /** The integral of the distribution function from 0 to y. */
  const below = (y: number): number => {
    if (y <= 0) return 0;
    if (y >= 1) return area[CELLS]! + (y - 1);
    const at = y * CELLS;
    const cell = Math.floor(at);
    const part = at - cell;
    const end = cdf[cell]! + part * (cdf[cell + 1]! - cdf[cell]!);
    return area[cell]! + (part * (cdf[cell]! + end)) / (2 * CELLS);
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < CELLS; i++) area[i + 1] = area[i]! + (cdf[i]! + cdf[i + 1]!) / (2 * CELLS);
    cdf = Float64Array.from({ length: CELLS + 1 }, (_, i) => {
      const x = i / CELLS;
      return (rho / (1 - rho)) * (below(x / rho) - below((x - (1 - rho)) / rho));
    });
  }
  const at = p * CELLS;
  const cell = Math.floor(at);
  return cdf[cell]! + (at - cell) * (cdf[cell + 1]! - cdf[cell]!);
}

/** The rate in bit/s and how much may wait; null where nothing limits the rate. */
export function queueOutlook(profile: Profile): QueueLimits | null {
  if (profile['netemCompat'] === true) {
    const { rate, limit } = netemOptions(valuesOf(NETEM, profile) as unknown as NetemValues);
    return rate === null ? null : { rate: rate.rate * 8, queueBytes: Infinity, queuePackets: limit };
  }
  const { limits } = settingsOf(valuesOf(QUEUE, profile) as unknown as BandwidthValues);
  return limits.rate === 0 ? null : limits;
}

/** Quantiles of the delay's variation in multiples of `jitterMs`; undefined: uniform from -1 to 1. */
export function variationOf(profile: Profile): QuantileTable | undefined {
  return delaySettings(valuesOf(DELAY, profile) as unknown as Parameters<typeof delaySettings>[0]).table;
}
