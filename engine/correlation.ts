/** Draws that resemble the one before, each still uniform. Draws nothing itself. */

import { normalQuantile, quickNormalCdf } from './math.ts';

/** Half of the distance between two draws of a `RandomStream`: the middle of the cell that a draw stands for. */
const HALF_CELL = 2 ** -33;
const BELOW_ONE = 1 - 2 ** -53;

/**
 * Makes correlated draws of independent ones, through a Gaussian copula: z_1 = Q(u_1), z_n = r z_(n-1) +
 * sqrt(1 - r^2) Q(u_n), and the draw is P(z_n), with P the normal distribution function, Q its inverse and r
 * the correlation. Every z_n is standard normal, so every draw is uniform; draws k apart have a correlation
 * of 6/pi asin(r^k / 2), which is at most 0.018 less than r^k (Pearson, 1907). Without correlation a draw is
 * the one it was made of. A first-order filter of the draws themselves (sch_netem) would not leave them
 * uniform.
 */
export class Correlated {
  /** The z of the last draw, which the next one will resemble; NaN: there was none. Whoever looks ahead may put it back. */
  last = Number.NaN;
  #correlation = 0;
  /** sqrt(1 - r^2). */
  #rest = 1;
  // What was asked last, and the z that goes with it.
  #probability = 0;
  #quantile = -Infinity;

  get correlation(): number {
    return this.#correlation;
  }

  /** From 0 to 1. At 0 it forgets; between other values the next draw still resembles the last one. */
  set correlation(correlation: number) {
    this.#correlation = correlation;
    this.#rest = Math.sqrt((1 - correlation) * (1 + correlation));
    if (correlation === 0) this.last = Number.NaN;
  }

  /** The next draw, in [0, 1), of an independent one: a multiple of 2^-32 in [0, 1). */
  next(uniform: number): number {
    if (this.#correlation === 0) return uniform;
    const draw = quickNormalCdf(this.#step(uniform));
    // Far out it rounds to 1.
    return draw < 1 ? draw : BELOW_ONE;
  }

  /** Whether the next draw is below that: as asking `next`, in half the time. */
  isBelow(probability: number, uniform: number): boolean {
    if (this.#correlation === 0) return uniform < probability;
    if (probability !== this.#probability) {
      this.#probability = probability;
      this.#quantile = normalQuantile(probability);
    }
    return this.#step(uniform) < this.#quantile;
  }

  #step(uniform: number): number {
    const own = normalQuantile(uniform + HALF_CELL);
    const last = this.last;
    const z = Number.isNaN(last) ? own : this.#correlation * last + this.#rest * own;
    this.last = z;
    return z;
  }
}
