/** Bytes in every window of time. */
import type { Outcome } from './channel.ts';

/**
 * By how many bytes the worst window was over r t + b: a bucket that fills by the packet and leaks at r (bit/s) holds at each departure
 * the greatest excess over r t of all windows that end there.
 */
export function worstExcess({ order, shapedAt }: Outcome, size: number, rate: number, burst: number): number {
  let level = 0;
  let last = 0;
  let worst = -Infinity;
  for (const seq of order) {
    const at = shapedAt[seq]!;
    level = Math.max(0, level - ((at - last) * rate) / 8e9) + size;
    last = at;
    worst = Math.max(worst, level - burst);
  }
  return worst;
}
