/** The run's fingerprint: SHA-256 over the fates of all packets in the order in which they ended. */
import { createHash } from 'node:crypto';
import { FateBlocks } from './fate-blocks.ts';
import type { FateRows, RowSink } from './rows.ts';

export class Digest implements RowSink {
  readonly #hash = createHash('sha256');
  readonly #blocks = new FateBlocks((bytes) => this.#hash.update(bytes));

  fates(rows: FateRows): void {
    this.#blocks.add(rows);
  }

  /** 64 hexadecimal digits over the rows told so far. */
  hex(): string {
    return this.#hash.copy().update(this.#blocks.rest()).digest('hex');
  }
}
