/** How durations are spread: the same seven figures everywhere. */
import type { Quantiles } from './quantiles.ts';

/** Whole ns. Percentiles by nearest rank, at most 1/1,024 above the exact one; min, mean and max are exact. */
export interface Spread {
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

const PERMILLES = [500, 900, 990, 999];

/** Null when there were none. */
export function spread(
  count: number,
  sum: number,
  min: number,
  max: number,
  quantiles: Quantiles,
): Spread | null {
  if (count === 0) return null;
  const [p50, p90, p99, p999] = quantiles.at(PERMILLES, min, max) as [number, number, number, number];
  return { min, mean: Math.round(sum / count), p50, p90, p99, p999, max };
}
