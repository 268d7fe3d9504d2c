/** Chance, by name: the same seed and name give the same draws, whatever else exists. Decides nothing. */

import seedrandom from 'seedrandom';
import type { QuantileTable } from './distribution.ts';
import { Defect, invariant } from './invariant.ts';
import { ln } from './math.ts';

/** The states of generators, side by side in pages: a draw touches the half of one cache line, and allocates nothing. */
class States {
  #page = new Float64Array(PAGE * STATE);
  #used = 0;

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  /** Room for one more state. */
  take(): { readonly page: Float64Array<ArrayBuffer>; readonly at: number } {
    if (this.#used === this.#page.length) {
      this.#page = new Float64Array(this.#page.length);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += STATE;
    return { page: this.#page, at };
  }
}

/** Hands out the run's streams. */
export class RandomSource {
  readonly seed: string;
  readonly #taken = new Set<string>();
  readonly #states = new States();

  constructor(seed: string) {
    this.seed = seed;
  }

  /**
   * The stream called `name`. A name is handed out once, since two owners of one stream would change each
   * other's draws: a second time is a {@link Defect}.
   */
  stream(name: string): RandomStream {
    invariant(!this.#taken.has(name), `the random stream '${name}' is handed out twice`);
    this.#taken.add(name);
    return new RandomStream(this.seed, name, this.#states);
  }

  /** Some stream has drawn a number. Before that, nothing has come about by chance. */
  get hasDrawn(): boolean {
    return !this.#states.isEmpty;
  }
}

/**
 * A sequence of draws, each a multiple of 2^-32 in [0, 1): those of seedrandom's generator `alea`, seeded with `seed/name`. Every
 * question below meets exactly one of them, so the n-th packet that asks meets the n-th draw, whatever it asks.
 */
export class RandomStream {
  readonly name: string;
  readonly #seed: string;
  readonly #states: States;
  // Seeded at the first draw: most streams never draw. The state: s0, s1, s2 and the carry.
  #page = NO_PAGE;
  #at = -1;
  #debt = 0;

  /** Use {@link RandomSource.stream}, which sees to it that no two streams have one name. */
  constructor(seed: string, name: string, states: States = new States()) {
    this.#seed = seed;
    this.name = name;
    this.#states = states;
  }

  /** A number in [0, 1). */
  uniform(): number {
    this.#draw();
    return this.#page[this.#at + 2]!;
  }

  /** True with this probability. Whoever is hit at a lower probability is hit at every higher one too. */
  chance(probability: number): boolean {
    this.#draw();
    return this.#page[this.#at + 2]! < probability;
  }

  /** A whole number in [0, limit), for a whole limit up to 2^32; their chances differ by at most 2^-32. */
  below(limit: number): number {
    if (!(limit > 0 && limit <= TWO_32)) throw new Defect(`a random number below ${limit}`);
    return Math.floor(this.uniform() * limit);
  }

  /** An exponentially distributed number with mean 1, at most 32 ln 2 = 22.2. */
  exponential(): number {
    return -ln(1 - this.uniform());
  }

  /** A number distributed as the table says. */
  sample(table: QuantileTable): number {
    return table.quantile(this.uniform());
  }

  /** The next `count` packets need no draw, but those after them must not meet theirs. The next draw pays. */
  pass(count = 1): void {
    this.#debt += count;
  }

  /** A whole number in [0, 2^32) of the stream's own that is no draw: the same whenever it is asked for. */
  salt(): number {
    return Math.floor(seedrandom.alea(`${this.#seed}/${this.name}#salt`)() * TWO_32);
  }

  /** The next draw becomes the state's third number. Returned, it would be boxed wherever this is not inlined. */
  #draw(): void {
    if (this.#at < 0 || this.#debt > 0) this.#catchUp();
    this.#step();
  }

  /** Baagøe's Alea 0.9, as in seedrandom 3.0. A call of seedrandom itself would box its four numbers anew each time. */
  #step(): void {
    const page = this.#page;
    const at = this.#at;
    const sum = MULTIPLIER * page[at]! + page[at + 3]! / TWO_32;
    const carry = sum | 0;
    page[at] = page[at + 1]!;
    page[at + 1] = page[at + 2]!;
    page[at + 2] = sum - carry;
    page[at + 3] = carry;
  }

  /** Seeds the generator if that has not been done, and draws for those who passed. */
  #catchUp(): void {
    const debt = this.#debt;
    this.#debt = 0;
    if (this.#at < 0) {
      const { page, at } = this.#states.take();
      this.#page = page;
      this.#at = at;
      this.#set(seedrandom.alea(`${this.#seed}/${this.name}`, { state: true }).state());
    }
    if (debt > WALK) this.#set(jumped(this.#state(), debt));
    else for (let owed = debt; owed > 0; owed--) this.#step();
  }

  #state(): State {
    const [s0 = 0, s1 = 0, s2 = 0, c = 0] = this.#page.subarray(this.#at, this.#at + STATE);
    return { s0, s1, s2, c };
  }

  #set({ s0, s1, s2, c }: State): void {
    this.#page.set([s0, s1, s2, c], this.#at);
  }
}

type State = seedrandom.State.Alea;

/** Doubles of a state; states of a page. */
const STATE = 4;
const PAGE = 256;
const NO_PAGE = new Float64Array(0);

const MULTIPLIER = 2091639;
const TWO_32 = 2 ** 32;

/** A longer debt is jumped over instead: about the number of draws that cost as much as a jump. */
const WALK = 5000;

const BASE = 1n << 32n;
const FACTOR = BigInt(MULTIPLIER);
const MODULUS = FACTOR * BASE ** 3n - 1n;

/**
 * The generator's state after `count` more draws. Alea is a multiply-with-carry generator with lag 3: written
 * as the one number s0 + s1 b + s2 b^2 + c b^3 with b = 2^32, each draw divides its state by b modulo
 * a b^3 - 1 (Marsaglia, "Random number generators", 2003), and 1/b is a b^2 there.
 */
function jumped(state: State, count: number): State {
  const word = (fraction: number): bigint => BigInt(fraction * TWO_32);
  const fraction = (from: bigint): number => Number(from % BASE) / TWO_32;

  let number = word(state.s0) + (word(state.s1) << 32n) + (word(state.s2) << 64n) + (BigInt(state.c) << 96n);
  let factor = FACTOR * BASE ** 2n;
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) number = (number * factor) % MODULUS;
    factor = (factor * factor) % MODULUS;
  }
  return {
    s0: fraction(number),
    s1: fraction(number >> 32n),
    s2: fraction(number >> 64n),
    c: Number(number >> 96n),
  };
}
