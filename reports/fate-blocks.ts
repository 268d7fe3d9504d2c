/**
 * Rows of fates as bytes: the same on every machine, however the rows were cut into chunks. Does not know who reads them.
 *
 * A block is {@link BLOCK_ROWS} consecutive rows (the last one what is left), little-endian: the number of rows and, as
 * another 32-bit word, what follows at the end; then column after column: sentNs, shapedNs (-1 for never), endNs as doubles;
 * id, seq (their lower 32 bits), flow, from, to, size as 32-bit integers; fate as bytes. At the end, if any packet of the
 * block is a copy or fragment (1) or has an id or seq of 2^32 or more (2): copyOf, fragmentOf, id, seq as doubles.
 * Columns, because copying them costs 5 ns a row where packing rows costs 25; and short, because hashing costs 0.6 ns a byte.
 */
import { Buffer } from 'node:buffer';
import type { FateRows } from './rows.ts';

/** Rows in a block. */
export const BLOCK_ROWS = 4096;

const HEADER = 8;
const DOUBLES = 3;
const INTEGERS = 6;
const EXTRAS = 4;
const FATE_AT = DOUBLES * 8 + INTEGERS * 4;
const ROW_BYTES = FATE_AT + 1;
const EXTRA_BYTES = EXTRAS * 8;
const HAS_PARENTS = 1;
const IS_WIDE = 2;
const WIDE = 2 ** 32;
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
  readonly #buffer = new ArrayBuffer(HEADER + BLOCK_ROWS * (ROW_BYTES + EXTRA_BYTES));
  readonly #header = new Uint32Array(this.#buffer, 0, 2);
  readonly #doubles = new Float64Array(this.#buffer, HEADER, BLOCK_ROWS * DOUBLES);
  readonly #integers = new Int32Array(this.#buffer, HEADER + BLOCK_ROWS * DOUBLES * 8, BLOCK_ROWS * INTEGERS);
  readonly #fates = new Uint8Array(this.#buffer, HEADER + BLOCK_ROWS * FATE_AT, BLOCK_ROWS);
  readonly #extras = new Float64Array(this.#buffer, HEADER + BLOCK_ROWS * ROW_BYTES, BLOCK_ROWS * EXTRAS);
  readonly #onBlock: (bytes: Uint8Array) => void;
  #rows = 0;
  #extra = 0;

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
        this.#extra = 0;
      }
    }
  }

  /** The bytes of the rows since the last full block; none when there are none. */
  rest(): Uint8Array {
    const rows = this.#rows;
    if (rows === 0) return new Uint8Array(0);
    this.#header[0] = rows;
    this.#header[1] = this.#extra;
    const bytes = rows === BLOCK_ROWS && LITTLE_ENDIAN ? new Uint8Array(this.#buffer) : this.#compact(rows);
    return this.#extra !== 0 ? bytes : bytes.subarray(0, HEADER + rows * ROW_BYTES);
  }

  #copy(rows: FateRows, first: number, end: number): void {
    const at = this.#rows;
    const whole = first === 0 && end === BLOCK_ROWS;
    const cut = <T extends Float64Array | Int32Array | Uint8Array>(column: T): T =>
      whole ? column : (column.subarray(first, end) as T);
    const doubles = this.#doubles;
    const integers = this.#integers;
    doubles.set(cut(rows.sentNs), at);
    doubles.set(cut(rows.endNs), 2 * BLOCK_ROWS + at);
    integers.set(cut(rows.flow), 2 * BLOCK_ROWS + at);
    integers.set(cut(rows.from), 3 * BLOCK_ROWS + at);
    integers.set(cut(rows.to), 4 * BLOCK_ROWS + at);
    integers.set(cut(rows.size), 5 * BLOCK_ROWS + at);
    this.#fates.set(cut(rows.fate), at);
    this.#extras.set(cut(rows.copyOf), at);
    this.#extras.set(cut(rows.fragmentOf), BLOCK_ROWS + at);
    this.#extras.set(cut(rows.id), 2 * BLOCK_ROWS + at);
    this.#extras.set(cut(rows.seq), 3 * BLOCK_ROWS + at);
    const { id, seq, shapedNs, copyOf, fragmentOf } = rows;
    let parents = 0;
    let highest = 0;
    for (let i = first, to = at; i < end; i++, to++) {
      const number = id[i]!;
      const order = seq[i]!;
      const shaped = shapedNs[i]!;
      // The language leaves open which of its many bit patterns a NaN has.
      doubles[BLOCK_ROWS + to] = Number.isNaN(shaped) ? -1 : shaped;
      integers[to] = number;
      integers[BLOCK_ROWS + to] = order;
      if (number > highest) highest = number;
      if (order > highest) highest = order;
      parents += copyOf[i]! + fragmentOf[i]!;
    }
    if (parents > 0) this.#extra |= HAS_PARENTS;
    if (highest >= WIDE) this.#extra |= IS_WIDE;
  }

  /** The columns of so many rows moved together, little-endian. Once per run, or on a machine that is big-endian. */
  #compact(rows: number): Uint8Array {
    const out = Buffer.alloc(HEADER + rows * (ROW_BYTES + EXTRA_BYTES));
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
    for (let k = 0; k < EXTRAS; k++) put(this.#extras.subarray(k * BLOCK_ROWS), rows);
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
    view.getInt32(HEADER + (rows * DOUBLES * 2 + column * rows + index) * 4, true);
  const hasExtra = view.getUint32(4, true) !== 0;
  const extra = (column: number): number =>
    view.getFloat64(HEADER + rows * ROW_BYTES + (column * rows + index) * 8, true);
  return {
    id: hasExtra ? extra(2) : integer(0) >>> 0,
    copyOf: hasExtra ? extra(0) : 0,
    fragmentOf: hasExtra ? extra(1) : 0,
    flow: integer(2),
    seq: hasExtra ? extra(3) : integer(1) >>> 0,
    from: integer(3),
    to: integer(4),
    size: integer(5),
    sentNs: double(0),
    shapedNs: double(1),
    endNs: double(2),
    fate: view.getUint8(HEADER + rows * FATE_AT + index),
  };
}
