/**
 * CSV written straight into bytes, for the files with a row per packet or per VM and interval. Every byte is the one that
 * csv-stringify would write with its default options; a property test says so. Does not know what a row means.
 */
import type { ByteWriter } from './byte-writer.ts';

export const COMMA = 0x2c;
export const NEWLINE = 0x0a;

const encoder = new TextEncoder();

/** The field as UTF-8, in quotes where it holds a quote, a comma or a line break (RFC 4180). */
export function csvField(text: string): Uint8Array {
  return encoder.encode(/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
}

/** The fields that numbers stand for, each encoded once. */
export class FieldCache {
  readonly #fields: (Uint8Array | undefined)[] = [];
  readonly #text: (index: number) => string;

  constructor(text: (index: number) => string) {
    this.#text = text;
  }

  /** `index`: a whole number from 0. */
  get(index: number): Uint8Array {
    const known = this.#fields[index];
    if (known !== undefined) return known;
    const field = csvField(this.#text(index));
    // Numbers come in any order; holes would turn the array into a dictionary.
    while (this.#fields.length < index) this.#fields.push(undefined);
    this.#fields[index] = field;
    return field;
  }
}

/** `00` to `99`, one after the other. */
const PAIRS = encoder.encode(Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0')).join(''));
const ZERO = 0x30;
const BILLION = 1e9;

/** The most bytes that one number takes. */
export const LONGEST_NUMBER = 16;

/** Writes a whole number from 0 to 2^53 - 1 in decimal; returns the place after it. */
export function putNumber(bytes: Uint8Array, at: number, value: number): number {
  if (value < BILLION) return putSmall(bytes, at, value | 0);
  const high = Math.floor(value / BILLION);
  return putNine(bytes, putSmall(bytes, at, high | 0), (value - high * BILLION) | 0);
}

/** Up to nine digits. */
function putSmall(bytes: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    bytes[at] = ZERO + value;
    return at + 1;
  }
  const end = at + digits(value);
  let rest = value;
  let place = end;
  while (rest >= 100) {
    const next = (rest / 100) | 0;
    const pair = (rest - next * 100) * 2;
    bytes[--place] = PAIRS[pair + 1]!;
    bytes[--place] = PAIRS[pair]!;
    rest = next;
  }
  if (rest >= 10) {
    bytes[--place] = PAIRS[rest * 2 + 1]!;
    bytes[--place] = PAIRS[rest * 2]!;
  } else {
    bytes[--place] = ZERO + rest;
  }
  return end;
}

function digits(value: number): number {
  if (value < 1e5) return value < 1e3 ? (value < 100 ? 2 : 3) : value < 1e4 ? 4 : 5;
  return value < 1e7 ? (value < 1e6 ? 6 : 7) : value < 1e8 ? 8 : 9;
}

/** Exactly nine digits, zeros in front. */
function putNine(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  for (let place = at + 7; place > at; place -= 2) {
    const next = (rest / 100) | 0;
    const pair = (rest - next * 100) * 2;
    bytes[place + 1] = PAIRS[pair + 1]!;
    bytes[place] = PAIRS[pair]!;
    rest = next;
  }
  bytes[at] = ZERO + rest;
  return at + 9;
}

/** Copies a field; returns the place after it. */
export function putField(bytes: Uint8Array, at: number, field: Uint8Array): number {
  const length = field.length;
  if (length > 24) bytes.set(field, at);
  else for (let i = 0; i < length; i++) bytes[at + i] = field[i]!;
  return at + length;
}

/** A buffer in front of a writer. Its owner writes into `bytes` at `at` and keeps `at` right. */
export class CsvBuffer {
  bytes = new Uint8Array(1 << 17);
  at = 0;
  readonly #writer: ByteWriter;

  constructor(writer: ByteWriter, columns: readonly string[]) {
    this.#writer = writer;
    const header = encoder.encode(`${columns.join(',')}\n`);
    this.reserve(header.length);
    this.at = putField(this.bytes, this.at, header);
  }

  /** Makes room for so many bytes more; `bytes` and `at` may change. */
  reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    this.flush();
    if (size > this.bytes.length) this.bytes = new Uint8Array(size * 2);
  }

  flush(): void {
    if (this.at > 0) this.#writer.write(this.bytes.subarray(0, this.at));
    this.at = 0;
  }

  close(): void {
    this.flush();
    this.#writer.close();
  }
}
