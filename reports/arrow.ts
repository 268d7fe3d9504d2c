/**
 * `packets.arrow`: the rows of packets.csv as an Arrow IPC file (also called Feather, version 2). This module loads apache-arrow, so it is
 * itself loaded only for a run that writes the file.
 *
 * Ids count up from 1 without gaps, so a packet's place is known when it ends: it is written straight to where it stands in its batch, and a
 * batch goes to the file when it is full and all before it have gone. Memory: 70 bytes a packet for the span in flight, in whole
 * batches. Columns are those of packets.csv; where that is empty, this has null. Texts are numbers into dictionaries, which
 * stand behind the batches: the format lets a reader find them in the footer.
 */
import {
  type Data,
  Dictionary,
  Field,
  Int8,
  Int32,
  Int64,
  Message,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  Utf8,
  Vector,
} from 'apache-arrow';
import type { EndedPackets, Names } from '../sim/index.ts';
import * as sim from '../sim/index.ts';
import type { Artefact } from './artefact.ts';
import type { ByteWriter, OpenFile } from './byte-writer.ts';

// Constants of this file are folded into its code. An imported one is loaded anew for each packet.
const {
  ADDRESSED,
  COPY_OF,
  ENDED_AT,
  FATES,
  FATE_SHIFT,
  FLAGS,
  FLOW,
  FRAGMENT_OF,
  FROM,
  Fate,
  ID,
  PATH,
  SENT_AT,
  SHAPED_AT,
  SIZE,
} = sim;

/** Rows of every record batch but the last. */
export const BATCH_ROWS = 32_768;

const TWO_32 = 2 ** 32;
/** No packet has this fate: the place is empty. */
const ABSENT = -1;
/** Batches that are kept to be filled again. */
const MOST_SPARE = 4;

// Ids of dictionaries.
const FLOWS = 0;
const VMS = 1;
const ADDRESSES = 2;
const PATHS = 3;
const FATE_NAMES = 4;

const texts = (id: number, wide = true) => new Dictionary(new Utf8(), wide ? new Int32() : new Int8(), id);

const FIELDS = {
  id: new Field('id', new Int64(), false),
  copyOf: new Field('copyOf', new Int64(), true),
  fragmentOf: new Field('fragmentOf', new Int64(), true),
  flow: new Field('flow', texts(FLOWS), true),
  from: new Field('from', texts(VMS), true),
  to: new Field('to', texts(ADDRESSES), true),
  routedTo: new Field('routedTo', texts(PATHS), true),
  size: new Field('size', new Int32(), false),
  sentNs: new Field('sentNs', new Int64(), false),
  shapedNs: new Field('shapedNs', new Int64(), true),
  deliveredNs: new Field('deliveredNs', new Int64(), true),
  fate: new Field('fate', texts(FATE_NAMES, false), false),
} as const;

const SCHEMA = new Schema(Object.values(FIELDS));

export class ArrowSink implements Artefact {
  readonly #out: ByteWriter;
  readonly #file: IpcFile;
  readonly #flows: Texts;
  readonly #vms: Texts;
  readonly #addresses: Texts;
  readonly #paths: Texts;
  /** Batches that have not gone yet, from number `#first` on. */
  readonly #open: Batch[] = [];
  readonly #spare: Batch[] = [];
  #first = 0;

  constructor(names: Names, open: OpenFile) {
    this.#out = open('packets.arrow');
    this.#file = new IpcFile(this.#out);
    this.#flows = new Texts((index) => names.flows[index]?.id ?? '');
    this.#vms = new Texts((index) => names.vms[index] ?? '');
    this.#addresses = new Texts((index) => names.address(index));
    this.#paths = new Texts((index) => names.path(index));
  }

  ended({ length, packets, ints, doubles }: EndedPackets): void {
    let number = this.#first;
    let batch = this.#batch(number);
    for (let i = 0; i < length; i++) {
      const packet = packets[i]!;
      const half = packet >> 1;
      const place = doubles[half + ID]! - 1;
      const wanted = Math.floor(place / BATCH_ROWS);
      if (wanted !== number) {
        number = wanted;
        batch = this.#batch(number);
      }
      const row = place - number * BATCH_ROWS;
      const word = row * 2;
      const { ids, sent, shaped, delivered } = batch;
      ids[word] = place + 1;
      ids[word + 1] = (place + 1) / TWO_32;
      const sentAt = doubles[half + SENT_AT]!;
      sent[word] = sentAt;
      sent[word + 1] = sentAt / TWO_32;
      const shapedAt = doubles[half + SHAPED_AT]!;
      // NaN is not above 0 either: it never left a bandwidth stage.
      if (shapedAt >= 0) {
        shaped[word] = shapedAt;
        shaped[word + 1] = shapedAt / TWO_32;
      } else clear(batch.hasShaped, row);
      const fate = ints[packet + FLAGS]! >>> FATE_SHIFT;
      if (fate === Fate.delivered) {
        const endedAt = doubles[half + ENDED_AT]!;
        delivered[word] = endedAt;
        delivered[word + 1] = endedAt / TWO_32;
      } else clear(batch.hasDelivered, row);
      const copyOf = doubles[half + COPY_OF]!;
      if (copyOf !== 0) putOrigin(batch.copyOf, batch.hasCopyOf, row, copyOf);
      const fragmentOf = doubles[half + FRAGMENT_OF]!;
      if (fragmentOf !== 0) putOrigin(batch.fragmentOf, batch.hasFragmentOf, row, fragmentOf);
      const flow = this.#flows.code(ints[packet + FLOW]!);
      if (flow >= 0) batch.flow[row] = flow;
      else clear(batch.hasFlow, row);
      const from = this.#vms.code(ints[packet + FROM]!);
      if (from >= 0) batch.from[row] = from;
      else clear(batch.hasFrom, row);
      const to = this.#addresses.code(ints[packet + ADDRESSED]!);
      if (to >= 0) batch.to[row] = to;
      else clear(batch.hasTo, row);
      const path = this.#paths.code(ints[packet + PATH]!);
      if (path >= 0) batch.path[row] = path;
      else clear(batch.hasPath, row);
      batch.size[row] = ints[packet + SIZE]!;
      batch.fate[row] = fate;
      batch.count++;
    }
    while (this.#open[0]?.count === BATCH_ROWS) this.#writeFirst();
  }

  /** All packets have been told. Should an id be missing, the rest is written all the same. */
  finish(): void {
    while (this.#open.length > 0) {
      this.#open[0]!.close();
      this.#writeFirst();
    }
    this.#file.end([this.#flows.values, this.#vms.values, this.#addresses.values, this.#paths.values, FATES]);
    this.#out.close();
  }

  abandon(): void {
    this.#out.close();
  }

  #batch(number: number): Batch {
    while (number >= this.#first + this.#open.length) this.#open.push(this.#spare.pop() ?? new Batch());
    return this.#open[number - this.#first]!;
  }

  #writeFirst(): void {
    const batch = this.#open.shift()!;
    this.#first++;
    if (batch.count > 0) this.#file.writeBatch(batch);
    if (this.#spare.length === MOST_SPARE) return;
    batch.reset();
    this.#spare.push(batch);
  }
}

/** Nothing at bit `row`. */
function clear(bits: Uint8Array, row: number): void {
  bits[row >> 3]! &= ~(1 << (row & 7));
}

function putOrigin(words: Int32Array, bits: Uint8Array, row: number, id: number): void {
  words[row * 2] = id;
  words[row * 2 + 1] = id / TWO_32;
  bits[row >> 3]! |= 1 << (row & 7);
}

const WORDS = 2 * BATCH_ROWS;
const BYTES = BATCH_ROWS / 8;

/** The columns of {@link BATCH_ROWS} packets as they stand in the file: 64-bit numbers in two words, the lower first; bits where there is a value. */
class Batch {
  count = 0;
  readonly ids = new Int32Array(WORDS);
  readonly copyOf = new Int32Array(WORDS);
  readonly fragmentOf = new Int32Array(WORDS);
  readonly sent = new Int32Array(WORDS);
  readonly shaped = new Int32Array(WORDS);
  readonly delivered = new Int32Array(WORDS);
  readonly flow = new Int32Array(BATCH_ROWS);
  readonly from = new Int32Array(BATCH_ROWS);
  readonly to = new Int32Array(BATCH_ROWS);
  readonly path = new Int32Array(BATCH_ROWS);
  readonly size = new Int32Array(BATCH_ROWS);
  readonly fate = new Int8Array(BATCH_ROWS).fill(ABSENT);
  // Mostly empty ones begin empty, mostly full ones full.
  readonly hasCopyOf = new Uint8Array(BYTES);
  readonly hasFragmentOf = new Uint8Array(BYTES);
  readonly hasShaped = new Uint8Array(BYTES).fill(255);
  readonly hasDelivered = new Uint8Array(BYTES).fill(255);
  readonly hasFlow = new Uint8Array(BYTES).fill(255);
  readonly hasFrom = new Uint8Array(BYTES).fill(255);
  readonly hasTo = new Uint8Array(BYTES).fill(255);
  readonly hasPath = new Uint8Array(BYTES).fill(255);

  /** As new: what is null holds 0 in the file, not what stood there before. */
  reset(): void {
    this.count = 0;
    this.fate.fill(ABSENT);
    for (const words of [this.copyOf, this.fragmentOf, this.shaped, this.delivered]) words.fill(0);
    for (const codes of [this.flow, this.from, this.to, this.path]) codes.fill(0);
    for (const bits of [this.hasCopyOf, this.hasFragmentOf]) bits.fill(0);
    for (const bits of this.#full) bits.fill(255);
  }

  /** The last one: leaves no place empty between two rows, and no bit behind the last. */
  close(): void {
    let rows = 0;
    for (let row = 0; row < BATCH_ROWS; row++) {
      if (this.fate[row] === ABSENT) continue;
      if (rows < row) this.#move(row, rows);
      rows++;
    }
    for (const bits of [this.hasCopyOf, this.hasFragmentOf, ...this.#full]) {
      for (let row = rows; row < BATCH_ROWS; row++) clear(bits, row);
    }
  }

  get #full(): readonly Uint8Array[] {
    return [this.hasShaped, this.hasDelivered, this.hasFlow, this.hasFrom, this.hasTo, this.hasPath];
  }

  #move(from: number, to: number): void {
    for (const words of [this.ids, this.copyOf, this.fragmentOf, this.sent, this.shaped, this.delivered]) {
      words[2 * to] = words[2 * from]!;
      words[2 * to + 1] = words[2 * from + 1]!;
    }
    for (const column of [this.flow, this.from, this.to, this.path, this.size, this.fate])
      column[to] = column[from]!;
    for (const bits of [this.hasCopyOf, this.hasFragmentOf, ...this.#full]) {
      if ((bits[from >> 3]! & (1 << (from & 7))) === 0) clear(bits, to);
      else bits[to >> 3]! |= 1 << (to & 7);
    }
  }
}

/** Numbers into a list of texts in which each stands once, however many numbers of ours mean it: readers make categories of them. */
class Texts {
  readonly values: string[] = [];
  readonly #places = new Map<string, number>();
  readonly #text: (index: number) => string;
  #codes = new Int32Array(64).fill(UNKNOWN);

  constructor(text: (index: number) => string) {
    this.#text = text;
  }

  /** Negative for none. */
  code(index: number): number {
    if (index < 0) return NOTHING;
    const known = index < this.#codes.length ? this.#codes[index]! : UNKNOWN;
    return known === UNKNOWN ? this.#learn(index) : known;
  }

  #learn(index: number): number {
    if (index >= this.#codes.length) {
      const codes = new Int32Array(2 * index + 64).fill(UNKNOWN);
      codes.set(this.#codes);
      this.#codes = codes;
    }
    const text = this.#text(index);
    const place = text === '' ? NOTHING : (this.#places.get(text) ?? this.values.length);
    if (place === this.values.length) {
      this.values.push(text);
      this.#places.set(text, place);
    }
    this.#codes[index] = place;
    return place;
  }
}

const NOTHING = -1;
const UNKNOWN = -2;

const NO_TEXTS = new Vector([textData([])]);

/** Arrow's own writer, but straight to a file, and with its dictionaries behind the batches, where they are complete. */
class IpcFile extends RecordBatchFileWriter {
  readonly #out: ByteWriter;

  constructor(out: ByteWriter) {
    super();
    this.#out = out;
    this.reset(undefined, SCHEMA);
  }

  writeBatch(batch: Batch): void {
    const { count } = batch;
    const longs = (words: Int32Array<ArrayBuffer>, bits?: Uint8Array): Data =>
      makeData({
        type: new Int64(),
        length: count,
        ...validity(bits, count),
        data: new BigInt64Array(words.buffer),
      });
    const codes = (
      field: (typeof FIELDS)['flow' | 'fate'],
      data: Int32Array | Int8Array,
      bits?: Uint8Array,
    ): Data =>
      makeData({
        type: field.type,
        length: count,
        ...validity(bits, count),
        data,
        dictionary: NO_TEXTS,
      } as never);
    const children = [
      longs(batch.ids),
      longs(batch.copyOf, batch.hasCopyOf),
      longs(batch.fragmentOf, batch.hasFragmentOf),
      codes(FIELDS.flow, batch.flow, batch.hasFlow),
      codes(FIELDS.from, batch.from, batch.hasFrom),
      codes(FIELDS.to, batch.to, batch.hasTo),
      codes(FIELDS.routedTo, batch.path, batch.hasPath),
      makeData({ type: new Int32(), length: count, nullCount: 0, data: batch.size }),
      longs(batch.sent),
      longs(batch.shaped, batch.hasShaped),
      longs(batch.delivered, batch.hasDelivered),
      codes(FIELDS.fate, batch.fate),
    ];
    const data = makeData({ type: new Struct(SCHEMA.fields), length: count, nullCount: 0, children });
    this.write(new RecordBatch(SCHEMA, data));
  }

  /** By their ids. */
  end(dictionaries: readonly (readonly string[])[]): void {
    dictionaries.forEach((values, id) => {
      this._writeDictionaryBatch(textData(values), id);
    });
    this.finish();
  }

  /** Written over from the start: its buffers are taken over at once. */
  protected override _write(chunk: ArrayBufferView): this {
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (bytes.length > 0) this.#out.write(bytes);
    this._position += bytes.length;
    return this;
  }

  /** The library leaves it to the footer. With it, the file is also a stream behind its first 8 bytes, as the format asks. */
  protected override _writeSchema(schema: Schema): this {
    return super._writeSchema(schema)._writeMessage(Message.from(schema));
  }

  protected override _writeDictionaries(): this {
    return this;
  }
}

/** How many values are missing, and where. */
function validity(
  bits: Uint8Array | undefined,
  rows: number,
): { nullCount: number; nullBitmap?: Uint8Array } {
  if (bits === undefined) return { nullCount: 0 };
  let nulls = rows;
  for (let at = 0; at < rows >> 3; at++) nulls -= ONES[bits[at]!]!;
  for (let row = rows & ~7; row < rows; row++) nulls -= (bits[row >> 3]! >> (row & 7)) & 1;
  return nulls === 0 ? { nullCount: 0 } : { nullCount: nulls, nullBitmap: bits };
}

/** How many bits of a byte are set. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) ones++;
  return ones;
});

function textData(values: readonly string[]): Data<Utf8> {
  const encoded = values.map((value) => new TextEncoder().encode(value));
  const valueOffsets = new Int32Array(values.length + 1);
  encoded.forEach((bytes, index) => {
    valueOffsets[index + 1] = valueOffsets[index]! + bytes.length;
  });
  const data = new Uint8Array(valueOffsets.at(-1) ?? 0);
  encoded.forEach((bytes, index) => {
    data.set(bytes, valueOffsets[index]);
  });
  return makeData({ type: new Utf8(), length: values.length, nullCount: 0, valueOffsets, data });
}
