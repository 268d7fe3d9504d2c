/** The commands that took effect, numbered. Keeps the last ones. */
import type { CommandRecord } from '../../sim/index.ts';
import { PackedList } from './packed-list.ts';
import type { CommandEntry } from './run.ts';

/** So many are kept at least. */
const KEPT = 1_000_000;

export class CommandLog {
  readonly #entries = new PackedList<CommandEntry>(KEPT);

  /** The number of the last one; 0: none yet. */
  get last(): number {
    return this.#entries.length;
  }

  add(record: CommandRecord, posted: boolean): CommandEntry {
    const entry = { sequence: this.last + 1, posted, ...record };
    this.#entries.push(entry);
    return entry;
  }

  /** Those after number `after`, the oldest first, `limit` at most. */
  after(after: number, limit: number): readonly CommandEntry[] {
    const start = Math.max(after, this.#entries.first);
    return this.#entries.slice(start, start + Math.max(0, limit));
  }
}
