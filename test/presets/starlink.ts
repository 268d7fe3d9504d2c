/**
 * The levels of leo-starlink: draws spread evenly over a distribution that has the published quantiles, in an order by chance.
 *
 * With 41 levels, u = 0, 1/40, 2/40, ... 1 meets every quarter, so the least, the quartiles and the median of the levels are exactly
 * those of the distribution, whose inverse is linear between the points below. The round trip is halved, one half for each way.
 */
import { RandomSource, type RandomStream } from '../../engine/index.ts';

/** The inverse of a distribution function: at these shares, these values. */
type Quantiles = readonly (readonly [share: number, value: number])[];

/** Measured: 20, 40, 50 and 60 ms (UCLouvain, APNIC blog, November 2022). The end is an estimate. */
const ROUND_TRIP_MS: Quantiles = [
  [0, 20],
  [0.25, 40],
  [0.5, 50],
  [0.75, 60],
  [1, 100],
];

/** Promised are 100 to 200 Mbit/s, seen more than 300 (same source); that a tenth is above 200 is an estimate. */
const RATE_KBPS: Quantiles = [
  [0, 100_000],
  [0.5, 150_000],
  [0.9, 200_000],
  [1, 300_000],
];

/** The rate from the VM, estimated at a tenth of that towards it. */
const UP_SHARE = 0.1;

/** Ten minutes and a quarter. */
const LEVELS = 41;

/** By field, as the preset's file writes it. */
export function starlinkLevels(): Readonly<Record<string, readonly number[]>> {
  const source = new RandomSource('leo-starlink');
  const roundTrips = levelsOf(ROUND_TRIP_MS, source.stream('round trip'));
  const rates = levelsOf(RATE_KBPS, source.stream('rate'));
  const latencies = roundTrips.map((roundTrip) => roundTrip / 2);
  return {
    latencyMs: latencies,
    bandwidthKbps: rates,
    'up.latencyMs': latencies,
    'up.bandwidthKbps': rates.map((rate) => rate * UP_SHARE),
  };
}

function levelsOf(quantiles: Quantiles, random: RandomStream): number[] {
  const values = Array.from({ length: LEVELS }, (_, n) => valueAt(quantiles, n / (LEVELS - 1)));
  return shuffled(values, random);
}

/** Rounded to a thousandth, which the points above divide. */
function valueAt(quantiles: Quantiles, share: number): number {
  const above = Math.max(
    1,
    quantiles.findIndex(([end]) => end >= share),
  );
  const [from, least] = quantiles[above - 1]!;
  const [to, most] = quantiles[above]!;
  return Math.round((least + ((share - from) / (to - from)) * (most - least)) * 1000) / 1000;
}

/** Fisher and Yates: each order is as likely. */
function shuffled(values: readonly number[], random: RandomStream): number[] {
  const all = [...values];
  for (let last = all.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [all[last], all[other]] = [all[other]!, all[last]!];
  }
  return all;
}
