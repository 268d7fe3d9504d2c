/** sch_netem's `tabledist`: a delay with a mean and a spread, of one random number. */
import type { Nanos } from '../../../engine/index.ts';
import { DIST_SCALE } from './dist-tables.ts';

/** The most that the kernel's jitter can be, INT_MAX: a greater one is cut. */
export const MOST_JITTER: Nanos = 2 ** 31 - 1;

/**
 * mu + sigma * q, with q of a table (8192 is one sigma), or uniform from -1 to 1 without one; `rnd` is a u32, sigma at most
 * {@link MOST_JITTER}. It may be below 0. The flaw: both take the low bits of `rnd`, which are not correlated. So the correlation of
 * delays does nothing with tables of 4096 entries, nor with a uniform jitter far below a second; and a uniform one of which twice is
 * not far below 2^32 ns is lopsided, since the remainder of 2^32 falls on the shorter delays.
 */
export function tabledist(mu: Nanos, sigma: Nanos, rnd: number, table: Int16Array | null): Nanos {
  if (sigma === 0) return mu;
  if (table === null) return (rnd % (2 * sigma)) + mu - sigma;
  const t = table[rnd % table.length]!;
  const rest = sigma % DIST_SCALE;
  const share = rest * t;
  const rounded = Math.trunc((share + (share >= 0 ? DIST_SCALE / 2 : -DIST_SCALE / 2)) / DIST_SCALE);
  return rounded + ((sigma - rest) / DIST_SCALE) * t + mu;
}
