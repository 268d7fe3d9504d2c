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

/** How far durations are above one of them. Whole ns, percentiles by nearest rank; max is exact. */
export interface Variation {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

const VARIATION_PERMILLES = [500, 950, 990, 999];

/** How far what was recorded, between `min` and `max`, is above `min`. Null when there was nothing. */
export function variation(count: number, min: number, max: number, quantiles: Quantiles): Variation | null {
  if (count === 0) return null;
  const found = quantiles.at(VARIATION_PERMILLES, min, max).map((value) => value - min);
  const [p50, p95, p99, p999] = found as [number, number, number, number];
  return { p50, p95, p99, p999, max: max - min };
}
