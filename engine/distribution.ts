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

/** What is wrong with a text that should be a distribution of netem. */
export interface DistProblem {
  /** From 1; 0: the text as a whole. */
  readonly line: number;
  readonly found: string;
  readonly allowed: string;
}

export class DistError extends Error {
  override name = 'DistError';
  readonly problems: readonly DistProblem[];

  constructor(problems: readonly DistProblem[]) {
    super(
      problems.map(({ line, found, allowed }) => `line ${line}: ${found}; allowed: ${allowed}`).join('\n'),
    );
    this.problems = problems;
  }
}

/** A value in netem's files that stands for one deviation. */
const DIST_SCALE = 8192;
/** The most values that the kernel takes. */
const MOST_DIST_VALUES = 16384;
const DIST_VALUES = 'whole numbers from -32768 to 32767 between white space';
/** Who mistakes the file makes one problem a word. */
const MOST_DIST_PROBLEMS = 10;

/**
 * Quantiles, in ascending order, of the distribution that a `.dist` file of iproute2 holds: whole numbers between white space, `#`
 * begins a comment. 8192 stands for one times the jitter. sch_netem takes each value with the same chance, so their order does not
 * matter; here straight lines connect them. Throws a {@link DistError} with every problem, the first ten of many.
 */
export function parseDist(text: string): number[] {
  const values: number[] = [];
  const problems: DistProblem[] = [];
  text.split('\n').forEach((line, index) => {
    for (const word of line.replace(/#.*/, '').split(/\s+/)) {
      if (word === '') continue;
      const value = /^[+-]?\d+$/.test(word) ? Number(word) : Number.NaN;
      if (value >= -32768 && value <= 32767) values.push(value / DIST_SCALE);
      else problems.push({ line: index + 1, found: word.slice(0, 40), allowed: DIST_VALUES });
    }
  });
  if (problems.length === 0 && (values.length < 2 || values.length > MOST_DIST_VALUES)) {
    problems.push({ line: 0, found: `${values.length} values`, allowed: `2 to ${MOST_DIST_VALUES} values` });
  }
  if (problems.length > 0) throw new DistError(problems.slice(0, MOST_DIST_PROBLEMS));
  return values.sort((a, b) => a - b);
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
