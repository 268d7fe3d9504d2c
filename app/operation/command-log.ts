/** The commands that took effect, numbered. Keeps the last ones. */
import type { CommandRecord } from '../../sim/index.ts';
import type { CommandEntry } from './run.ts';

/** So many are kept at least, and at most twice as many. */
const KEPT = 100_000;

export class CommandLog {
  /** The number of the last one; 0: none yet. */
  last = 0;
  #entries: CommandEntry[] = [];

  add(record: CommandRecord, posted: boolean): CommandEntry {
    const entry = { sequence: ++this.last, posted, ...record };
    if (this.#entries.push(entry) >= 2 * KEPT) this.#entries = this.#entries.slice(-KEPT);
    return entry;
  }

  /** Those after number `after`, the oldest first, `limit` at most. */
  after(after: number, limit: number): readonly CommandEntry[] {
    const first = this.last - this.#entries.length;
    const start = Math.max(0, after - first);
    return this.#entries.slice(start, start + Math.max(0, limit));
  }
}
