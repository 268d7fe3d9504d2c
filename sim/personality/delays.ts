/** How long each packet of one pipeline is delayed: one draw a packet. Does not know who waits. */
import { type Nanos, type QuantileTable, type RandomStream, roundNanos, ZERO } from '../../engine/index.ts';

export interface DelaySettings {
  readonly latency: Nanos;
  /** The scale of the variation. 0: none, and no draw is needed. */
  readonly jitter: Nanos;
  /** Quantiles of the variation, in multiples of `jitter`; absent: uniform from -1 to 1. */
  readonly table?: QuantileTable;
}

export const NO_DELAY: DelaySettings = { latency: 0, jitter: 0 };

export class Delays {
  latency: Nanos = ZERO;
  jitter: Nanos = ZERO;
  readonly #random: RandomStream;
  #table: QuantileTable | null = null;
  /** Packets that met no draw since the last one that did. */
  #undrawn = 0;
  /** Draws of packets that will come again. */
  readonly #returned: number[] = [];

  /** `random` is the stream of the delay stage. */
  constructor(random: RandomStream) {
    this.#random = random;
  }

  configure({ latency, jitter, table }: DelaySettings): void {
    this.latency = latency;
    this.jitter = jitter;
    this.#table = table ?? null;
  }

  /** The next packets come at a time without jitter: they need no draws, but those after them must not meet theirs. */
  pass(count = 1): void {
    const returned = Math.min(count, this.#returned.length);
    if (returned > 0) this.#returned.splice(0, returned);
    this.#undrawn += count - returned;
  }

  /** The next packet's draw, in [0, 1). */
  draw(): number {
    if (this.#returned.length > 0) return this.#returned.shift()!;
    if (this.#undrawn > 0) this.#settle(this.#undrawn);
    return this.#random.uniform();
  }

  /** The last `packets` packets will come again: those of them that had met their draws, the first ones, meet the same. */
  giveBack(draws: readonly number[], packets: number): void {
    this.#returned.unshift(...draws);
    this.#undrawn -= packets - draws.length;
  }

  /** The last `count` packets that passed meet their draws after all: the next `count` draws are theirs. */
  recall(count: number): void {
    this.#settle(this.#undrawn - count);
    this.#undrawn = 0;
  }

  /** The delay that goes with a draw. Below zero: the packet is to be delivered at once, and counted as clamped. */
  delayFor(draw: number): Nanos {
    if (this.jitter === 0) return this.latency;
    const share = this.#table === null ? 2 * draw - 1 : this.#table.quantile(draw);
    return this.latency + roundNanos(share * this.jitter);
  }

  #settle(count: number): void {
    this.#random.pass(count);
    this.#undrawn -= count;
  }
}
