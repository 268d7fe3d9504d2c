/**
 * Values that wait until a few are together, so that a table that has left the cache is fetched once for all of them: with a
 * thousand flows in turn, each packet would wait for memory otherwise. Does not know what is counted.
 */
import { Batch, type Quantiles } from './quantiles.ts';

/** Of each account. */
const MOST_WAITING = 16;

export class WaitingValues {
  /** Table k counts the values of account k. */
  readonly #tables: readonly Quantiles[];
  #waiting = new Batch(0);
  #counts = new Int32Array(0);

  constructor(tables: readonly Quantiles[]) {
    this.#tables = tables;
  }

  /** Makes room for so many accounts. */
  grow(accounts: number): void {
    const old = { waiting: this.#waiting, counts: this.#counts };
    this.#waiting = new Batch(accounts * MOST_WAITING);
    this.#waiting.values.set(old.waiting.values);
    this.#counts = new Int32Array(accounts);
    this.#counts.set(old.counts);
  }

  /** The first `count` values of a batch. */
  add(account: number, batch: Batch, count: number): void {
    if (count >= MOST_WAITING) {
      this.#tables[account]!.recordAll(batch, 0, count);
      return;
    }
    const counts = this.#counts;
    if (counts[account]! + count > MOST_WAITING) this.#settle(account);
    const at = account * MOST_WAITING + counts[account]!;
    const waiting = this.#waiting.values;
    const values = batch.values;
    for (let i = 0; i < count; i++) waiting[at + i] = values[i]!;
    counts[account]! += count;
  }

  /** Nothing waits any longer. */
  finish(): void {
    for (let account = 0; account < this.#counts.length; account++) this.#settle(account);
  }

  #settle(account: number): void {
    const first = account * MOST_WAITING;
    const count = this.#counts[account]!;
    if (count > 0) this.#tables[account]!.recordAll(this.#waiting, first, first + count);
    this.#counts[account] = 0;
  }
}
