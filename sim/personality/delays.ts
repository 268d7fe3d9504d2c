/** How long each packet of one pipeline is delayed: one draw a packet, in the order in which they come. Does not know who waits. */
import {
  Correlated,
  type Nanos,
  type QuantileTable,
  type RandomStream,
  roundNanos,
  ZERO,
} from '../../engine/index.ts';

export interface DelaySettings {
  readonly latency: Nanos;
  /** The scale of the variation. 0: none, and no draw is needed. */
  readonly jitter: Nanos;
  /** Quantiles of the variation, in multiples of `jitter`; absent: uniform from -1 to 1. */
  readonly table?: QuantileTable;
  /** Of each packet's draw with the one before it, from 0 to 1; absent: 0. */
  readonly correlation?: number;
}

export const NO_DELAY: DelaySettings = { latency: 0, jitter: 0 };

export class Delays {
  latency: Nanos = ZERO;
  jitter: Nanos = ZERO;
  readonly #random: RandomStream;
  #table: QuantileTable | null = null;
  /** Draws are used as they are, along a straight line. */
  #isUniform = true;

  // The n-th packet meets the n-th draw of the stream. Packets that pass need none, and some come again, with theirs.
  /** The next packet meets the next draw of the stream, and no draw is known beforehand. */
  #isLevel = true;
  /** Packets that have passed since the last draw of the stream; below zero: so many draws are known before their packets come. */
  #behind = 0;
  /** Draws that were met before; the last of them is the last one of the stream. */
  #known: number[] = [];

  // Correlated draws depend on those before them. Who tells delays of packets that have yet to come here looks ahead.
  #chain: Correlated | null = null;
  /** Where the chain was one draw ago. */
  #before = Number.NaN;
  #isAhead = false;
  /** While it is ahead: where it was with the last packet that had come. */
  #entered = Number.NaN;

  /** `random` is the stream of the delay stage. */
  constructor(random: RandomStream) {
    this.#random = random;
  }

  configure({ latency, jitter, table, correlation = 0 }: DelaySettings): void {
    if (correlation > 0) this.#chain ??= new Correlated();
    const chain = this.#chain;
    if (chain !== null && (correlation !== chain.correlation || jitter !== this.jitter)) {
      this.rewind();
      chain.correlation = correlation;
    }
    this.latency = latency;
    this.jitter = jitter;
    this.#table = table ?? null;
    this.#isUniform = table === undefined && correlation === 0;
  }

  /** The next packets come at a time without jitter: they need no draws, but those after them must not meet theirs. */
  pass(count = 1): void {
    this.#behind += count;
    this.#isLevel = false;
  }

  /** The next packet's draw, in [0, 1). */
  draw(): number {
    return this.#isLevel ? this.#random.uniform() : this.#drawAside();
  }

  /** The last `packets` packets will come again: those of them that had met draws, the first ones, meet the same. */
  giveBack(draws: readonly number[], packets: number): void {
    this.rewind();
    // Those after them may have passed although their draws were known.
    const rest = packets - this.#behind - draws.length;
    this.#known = rest > 0 ? [...draws, ...this.#known.slice(-rest)] : [...draws];
    this.#behind -= packets;
    this.#isLevel = false;
  }

  /** The last `count` packets that passed meet their draws after all: the next `count` draws are theirs. */
  recall(count: number): void {
    this.#behind -= count;
    this.#isLevel = false;
  }

  /**
   * The delay that goes with a draw; to be asked once for each packet, in order. Below zero: the packet is to be delivered at once, and
   * counted as clamped.
   */
  delayFor(draw: number): Nanos {
    if (this.jitter === 0) return this.latency;
    const share = this.#isUniform ? 2 * draw - 1 : this.#shareOf(draw);
    return this.latency + roundNanos(share * this.jitter);
  }

  /** The packet whose delay was told last has yet to come here, and may be asked about again. So may those after it. */
  foresee(): void {
    if (this.#chain === null || this.#isAhead) return;
    this.#isAhead = true;
    this.#entered = this.#before;
  }

  /** The first foreseen packet, which had that draw, has come; `isLast`: nobody is foreseen any more. */
  come(draw: number, isLast: boolean): void {
    const chain = this.#chain;
    if (chain === null || !this.#isAhead) return;
    this.#isAhead = !isLast;
    if (isLast) return;
    const { last } = chain;
    chain.last = this.#entered;
    chain.next(draw);
    this.#entered = chain.last;
    chain.last = last;
  }

  /** Those who were foreseen will be asked about again, or never come. */
  rewind(): void {
    if (this.#chain !== null && this.#isAhead) this.#chain.last = this.#entered;
    this.#isAhead = false;
  }

  #drawAside(): number {
    if (this.#behind < 0) return this.#known[this.#known.length + this.#behind++]!;
    this.#random.pass(this.#behind);
    this.#behind = 0;
    this.#known = [];
    this.#isLevel = true;
    return this.#random.uniform();
  }

  #shareOf(draw: number): number {
    let uniform = draw;
    const chain = this.#chain;
    if (chain !== null) {
      this.#before = chain.last;
      uniform = chain.next(draw);
    }
    return this.#table === null ? 2 * uniform - 1 : this.#table.quantile(uniform);
  }
}
