/**
 * Rows of fates as bytes: the same on every machine, however the rows were cut into chunks. Does not know who reads them.
 *
 * A block is {@link BLOCK_ROWS} consecutive rows (the last one what is left), little-endian: the number of rows and, as
 * another 32-bit word, whether parents follow; then column after column: id, seq, sentNs, shapedNs (-1 for never), endNs as
 * doubles; flow, from, to, size as 32-bit integers; fate as bytes; and, if any packet of the block is a copy or fragment,
 * copyOf and fragmentOf as doubles. Columns, because copying them costs 5 ns a row where packing rows costs 25.
 */
import { Buffer } from 'node:buffer';
import type { FateRows } from './rows.ts';

/** Rows in a block. */
export const BLOCK_ROWS = 4096;

const HEADER = 8;
const DOUBLES = 5;
const INTEGERS = 4;
const PARENTS = 2;
const ROW_BYTES = DOUBLES * 8 + INTEGERS * 4 + 1;
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** What a row says, read back. */
export interface BlockRow {
  readonly id: number;
  readonly copyOf: number;
  readonly fragmentOf: number;
  readonly flow: number;
  readonly seq: number;
  readonly from: number;
  readonly to: number;
  readonly size: number;
  readonly sentNs: number;
  /** -1: never. */
  readonly shapedNs: number;
  readonly endNs: number;
  readonly fate: number;
}

export class FateBlocks {
  readonly #buffer = new ArrayBuffer(HEADER + BLOCK_ROWS * (ROW_BYTES + PARENTS * 8));
  readonly #header = new Uint32Array(this.#buffer, 0, 2);
  readonly #doubles = new Float64Array(this.#buffer, HEADER, BLOCK_ROWS * DOUBLES);
  readonly #integers = new Int32Array(this.#buffer, HEADER + BLOCK_ROWS * 40, BLOCK_ROWS * INTEGERS);
  readonly #fates = new Uint8Array(this.#buffer, HEADER + BLOCK_ROWS * 56, BLOCK_ROWS);
  readonly #parents = new Float64Array(this.#buffer, HEADER + BLOCK_ROWS * 57, BLOCK_ROWS * PARENTS);
  readonly #onBlock: (bytes: Uint8Array) => void;
  #rows = 0;
  #hasParents = false;

  /** `onBlock` gets the bytes of each full block; they are used again when it returns. */
  constructor(onBlock: (bytes: Uint8Array) => void) {
    this.#onBlock = onBlock;
  }

  add(rows: FateRows): void {
    let first = 0;
    while (first < rows.length) {
      const end = Math.min(rows.length, first + BLOCK_ROWS - this.#rows);
      this.#copy(rows, first, end);
      this.#rows += end - first;
      first = end;
      if (this.#rows === BLOCK_ROWS) {
        this.#onBlock(this.rest());
        this.#rows = 0;
        this.#hasParents = false;
      }
    }
  }

  /** The bytes of the rows since the last full block; none when there are none. */
  rest(): Uint8Array {
    const rows = this.#rows;
    if (rows === 0) return new Uint8Array(0);
    this.#header[0] = rows;
    this.#header[1] = this.#hasParents ? 1 : 0;
    const bytes = rows === BLOCK_ROWS && LITTLE_ENDIAN ? new Uint8Array(this.#buffer) : this.#compact(rows);
    return this.#hasParents ? bytes : bytes.subarray(0, HEADER + rows * ROW_BYTES);
  }

  #copy(rows: FateRows, first: number, end: number): void {
    const at = this.#rows;
    const whole = first === 0 && end === BLOCK_ROWS;
    const cut = <T extends Float64Array | Int32Array | Uint8Array>(column: T): T =>
      whole ? column : (column.subarray(first, end) as T);
    const doubles = this.#doubles;
    doubles.set(cut(rows.id), at);
    doubles.set(cut(rows.seq), BLOCK_ROWS + at);
    doubles.set(cut(rows.sentNs), 2 * BLOCK_ROWS + at);
    doubles.set(cut(rows.endNs), 4 * BLOCK_ROWS + at);
    this.#integers.set(cut(rows.flow), at);
    this.#integers.set(cut(rows.from), BLOCK_ROWS + at);
    this.#integers.set(cut(rows.to), 2 * BLOCK_ROWS + at);
    this.#integers.set(cut(rows.size), 3 * BLOCK_ROWS + at);
    this.#fates.set(cut(rows.fate), at);
    this.#parents.set(cut(rows.copyOf), at);
    this.#parents.set(cut(rows.fragmentOf), BLOCK_ROWS + at);
    // The language leaves open which of its many bit patterns a NaN has.
    const { shapedNs, copyOf, fragmentOf } = rows;
    let parents = 0;
    for (let i = first, to = 3 * BLOCK_ROWS + at; i < end; i++, to++) {
      const shaped = shapedNs[i]!;
      doubles[to] = Number.isNaN(shaped) ? -1 : shaped;
      parents += copyOf[i]! + fragmentOf[i]!;
    }
    if (parents > 0) this.#hasParents = true;
  }

  /** The columns of so many rows moved together, little-endian. Once per run, or on a machine that is big-endian. */
  #compact(rows: number): Uint8Array {
    const out = Buffer.alloc(HEADER + rows * (ROW_BYTES + PARENTS * 8));
    let at = 0;
    const put = (column: Uint32Array | Float64Array | Int32Array | Uint8Array, size: number): void => {
      const copy = Buffer.from(column.slice(0, size).buffer);
      if (!LITTLE_ENDIAN && column.BYTES_PER_ELEMENT === 8) copy.swap64();
      if (!LITTLE_ENDIAN && column.BYTES_PER_ELEMENT === 4) copy.swap32();
      out.set(copy, at);
      at += copy.length;
    };
    put(this.#header, 2);
    for (let k = 0; k < DOUBLES; k++) put(this.#doubles.subarray(k * BLOCK_ROWS), rows);
    for (let k = 0; k < INTEGERS; k++) put(this.#integers.subarray(k * BLOCK_ROWS), rows);
    put(this.#fates, rows);
    for (let k = 0; k < PARENTS; k++) put(this.#parents.subarray(k * BLOCK_ROWS), rows);
    return out;
  }
}

/** Row `index` of a block; undefined when it has no such row. */
export function readRow(block: Uint8Array, index: number): BlockRow | undefined {
  if (block.length < HEADER) return undefined;
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const rows = view.getUint32(0, true);
  if (index < 0 || index >= rows) return undefined;
  const double = (column: number): number => view.getFloat64(HEADER + (column * rows + index) * 8, true);
  const integer = (column: number): number =>
    view.getInt32(HEADER + rows * 40 + (column * rows + index) * 4, true);
  const parent = (column: number): number =>
    view.getUint32(4, true) === 0
      ? 0
      : view.getFloat64(HEADER + rows * ROW_BYTES + (column * rows + index) * 8, true);
  return {
    id: double(0),
    copyOf: parent(0),
    fragmentOf: parent(1),
    flow: integer(0),
    seq: double(1),
    from: integer(1),
    to: integer(2),
    size: integer(3),
    sentNs: double(2),
    shapedNs: double(3),
    endNs: double(4),
    fate: view.getUint8(HEADER + rows * 56 + index),
  };
}
