/** Distributions as tables of quantiles: one draw, one look-up. Does not know what varies. */

import { invariant } from './invariant.ts';
import { normalQuantile, pow } from './math.ts';

/**
 * Values of a quantile function at equally spaced probabilities from 0 to 1, with straight lines between
 * them.
 */
export class QuantileTable {
  readonly #values: Float64Array;
  readonly #cells: number;

  private constructor(values: Float64Array) {
    this.#values = values;
    this.#cells = values.length - 1;
  }

  /**
   * A table from at least two finite values in ascending order: the first is the least, the last the
   * greatest.
   */
  static from(values: ArrayLike<number>): QuantileTable {
    const copy = Float64Array.from(values);
    invariant(copy.length >= 2, 'a quantile table with fewer than two values');
    for (let i = 0; i < copy.length; i++) {
      invariant(Number.isFinite(copy[i]), `value ${i} of a quantile table is ${copy[i]}`);
      invariant(
        i === 0 || copy[i - 1]! <= copy[i]!,
        `value ${i} of a quantile table is less than the one before`,
      );
    }
    return new QuantileTable(copy);
  }

  /** The value that a share `u` in [0, 1) lies below. */
  quantile(u: number): number {
    const position = u * this.#cells;
    const cell = Math.floor(position);
    // u < 1, so there is a value after the cell's first.
    const low = this.#values[cell]!;
    return low + (position - cell) * (this.#values[cell + 1]! - low);
  }

  get min(): number {
    return this.#values[0]!;
  }

  get max(): number {
    return this.#values[this.#cells]!;
  }

  /** The exact mean of what `quantile` gives for a uniform argument. */
  get mean(): number {
    return this.#average((low, high) => (low + high) / 2);
  }

  /** The exact standard deviation of what `quantile` gives for a uniform argument. */
  get deviation(): number {
    const { mean } = this;
    return Math.sqrt(
      this.#average((low, high) => {
        const [a, b] = [low - mean, high - mean];
        return (a * a + a * b + b * b) / 3;
      }),
    );
  }

  #average(ofCell: (low: number, high: number) => number): number {
    let sum = 0;
    for (let cell = 0; cell < this.#cells; cell++)
      sum += ofCell(this.#values[cell]!, this.#values[cell + 1]!);
    return sum / this.#cells;
  }
}

/** As netem's tables: 4096 cells, and 16-bit values at a scale of 8192 that end at 4 deviations. */
const CELLS = 4096;
const CLIP = 4;

const clip = (value: number): number => Math.min(CLIP, Math.max(-CLIP, value));
const normal = (p: number): number => clip(normalQuantile(p));
const pareto = (p: number): number => clip(((pow(1 - p, -1 / 3) - 1.5) * 4) / 3);

/** Uniform between -1 and 1: mean 0, deviation 1/sqrt(3). netem's jitter when no distribution is named. */
export const uniformTable = once(() => QuantileTable.from([-1, 1]));

/** The standard normal distribution, clipped at 4 deviations: mean 0, deviation 1. */
export const normalTable = once(() => tabulate(normal));

/**
 * netem's Pareto distribution: the classical one with shape 3 and least value 1, moved and scaled to 4/3 (x -
 * 1.5) and clipped at 4. Its least value is -2/3. Before the clip its mean is 0 and its deviation 2/sqrt(3),
 * since netem scales by 4/3; the clip takes 1.1 % of the tail and leaves mean -0.0329 and deviation 0.8209.
 */
export const paretoTable = once(() => tabulate(pareto));

/** netem's mixture, 1/4 of the normal and 3/4 of the Pareto value at one and the same probability. */
export const paretonormalTable = once(() => tabulate((p) => 0.25 * normal(p) + 0.75 * pareto(p)));

function tabulate(quantile: (p: number) => number): QuantileTable {
  return QuantileTable.from(Float64Array.from({ length: CELLS + 1 }, (_, i) => quantile(i / CELLS)));
}

function once(make: () => QuantileTable): () => QuantileTable {
  let made: QuantileTable | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
