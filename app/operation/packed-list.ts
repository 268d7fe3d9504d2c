/**
 * A list that only grows and is rarely read: all but its end is kept as compressed bytes, some ten to thirty a value instead of
 * some hundreds. Values are plain data; who reads gets copies.
 */
import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** So many values are packed together: a few ms of work, for the one that fills a block. */
const BLOCK = 1024;
/** Fast; a higher level takes three times as long for a tenth of the bytes. */
const LEVEL = 1;

export class PackedList<T> {
  readonly #kept: number;
  /** Each of `BLOCK` values. */
  #blocks: Uint8Array[] = [];
  #open: T[] = [];
  /** Values that nobody has any more, before the first block. */
  #dropped = 0;
  /** The block that was read last, which is read again most often. */
  #read: { readonly block: Uint8Array; readonly values: readonly T[] } | undefined = undefined;

  /** `kept`: so many values are kept at least; default: all. */
  constructor(kept = Infinity) {
    this.#kept = kept;
  }

  /** How many there were, those that were dropped included. */
  get length(): number {
    return this.first + this.#blocks.length * BLOCK + this.#open.length;
  }

  /** The place of the first one that is kept. */
  get first(): number {
    return this.#dropped;
  }

  push(value: T): number {
    if (this.#open.push(value) === BLOCK) this.#seal();
    return this.length;
  }

  /** From place `start` on, up to but without `end`, as far as they are kept. */
  slice(start = 0, end = this.length): T[] {
    const values: T[] = [];
    let at = Math.max(start, this.first);
    while (at < Math.min(end, this.length)) {
      const place = at - this.first;
      const block = Math.floor(place / BLOCK);
      const from = place - block * BLOCK;
      const part = this.#values(block).slice(from, from + end - at);
      for (const value of part) values.push(value);
      at += part.length;
    }
    return values;
  }

  #values(block: number): readonly T[] {
    const bytes = this.#blocks[block];
    if (bytes === undefined) return this.#open;
    if (this.#read?.block !== bytes)
      this.#read = { block: bytes, values: deserialize(inflateRawSync(bytes)) };
    return this.#read.values;
  }

  #seal(): void {
    // Of its own size: zlib hands out parts of larger buffers.
    this.#blocks.push(Uint8Array.from(deflateRawSync(serialize(this.#open), { level: LEVEL })));
    this.#open = [];
    if ((this.#blocks.length - 1) * BLOCK < this.#kept) return;
    this.#blocks.shift();
    this.#dropped += BLOCK;
  }
}
