/**
 * `packets.csv`: a row per packet copy in order of sending, which is the order of ids. Packets end in another order, so a row
 * waits until all that were sent before it have ended: memory for the span in flight, some 70 bytes a packet.
 */
import type { EndedPackets, Names, TraceSink } from '../sim/index.ts';
import * as sim from '../sim/index.ts';
import type { OpenFile } from './byte-writer.ts';
import { COMMA, CsvBuffer, FieldCache, LONGEST_NUMBER, NEWLINE, putField, putNumber } from './csv-bytes.ts';

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

/** copyOf, fragmentOf: empty for none. shapedNs: empty when it never left a bandwidth stage. deliveredNs: empty unless delivered. */
export const PACKET_COLUMNS = [
  'id',
  'copyOf',
  'fragmentOf',
  'flow',
  'from',
  'to',
  'routedTo',
  'size',
  'sentNs',
  'shapedNs',
  'deliveredNs',
  'fate',
] as const;

const NUMBERS_SIZE = 7 * LONGEST_NUMBER + PACKET_COLUMNS.length;
/** No packet has this fate: the place is empty. */
const ABSENT = 255;

export class PacketSink implements TraceSink {
  readonly #out: CsvBuffer;
  readonly #flows: FieldCache;
  readonly #vms: FieldCache;
  readonly #addresses: FieldCache;
  readonly #paths: FieldCache;
  readonly #fates = new FieldCache((fate) => FATES[fate] ?? '');
  /** The id that is written next. */
  #next = 1;
  /** One past the highest id met. */
  #end = 1;
  #waiting = new Waiting(8192);

  constructor(names: Names, open: OpenFile) {
    this.#out = new CsvBuffer(open('packets.csv'), PACKET_COLUMNS);
    // Index 0 is -1: of no flow, from no VM, to no address.
    this.#flows = new FieldCache((index) => names.flows[index - 1]?.id ?? '');
    this.#vms = new FieldCache((index) => names.vms[index - 1] ?? '');
    this.#addresses = new FieldCache((index) => (index === 0 ? '' : names.address(index - 1)));
    this.#paths = new FieldCache((index) => names.path(index));
  }

  ended(chunk: EndedPackets): void {
    const { length, packets, doubles } = chunk;
    let highest = this.#end - 1;
    for (let i = 0; i < length; i++) {
      const id = doubles[(packets[i]! >> 1) + ID]!;
      if (id > highest) highest = id;
    }
    this.#end = highest + 1;
    const span = this.#end - this.#next;
    if (span > this.#waiting.length) this.#waiting = this.#waiting.grown(span, this.#next, this.#end);
    this.#waiting.put(chunk);
    this.#writeAll();
  }

  /** All rows have been told. Should an id be missing, the rest is written all the same. */
  close(): void {
    while (this.#next < this.#end) {
      this.#writeAll();
      this.#next++;
    }
    this.#out.close();
  }

  #writeAll(): void {
    const { fate, mask } = this.#waiting;
    while (this.#next < this.#end) {
      const place = this.#next & mask;
      if (fate[place] === ABSENT) return;
      this.#write(place);
      fate[place] = ABSENT;
      this.#next++;
    }
  }

  #write(place: number): void {
    const row = this.#waiting;
    const flow = this.#flows.get(row.flow[place]! + 1);
    const from = this.#vms.get(row.from[place]! + 1);
    const to = this.#addresses.get(row.to[place]! + 1);
    const path = this.#paths.get(row.path[place]!);
    const fate = row.fate[place]!;
    const fateField = this.#fates.get(fate);
    const out = this.#out;
    out.reserve(NUMBERS_SIZE + flow.length + from.length + to.length + path.length + fateField.length);
    const bytes = out.bytes;
    let at = putNumber(bytes, out.at, this.#next);
    bytes[at++] = COMMA;
    const copyOf = row.copyOf[place]!;
    if (copyOf !== 0) at = putNumber(bytes, at, copyOf);
    bytes[at++] = COMMA;
    const fragmentOf = row.fragmentOf[place]!;
    if (fragmentOf !== 0) at = putNumber(bytes, at, fragmentOf);
    bytes[at++] = COMMA;
    at = putField(bytes, at, flow);
    bytes[at++] = COMMA;
    at = putField(bytes, at, from);
    bytes[at++] = COMMA;
    at = putField(bytes, at, to);
    bytes[at++] = COMMA;
    at = putField(bytes, at, path);
    bytes[at++] = COMMA;
    at = putNumber(bytes, at, row.size[place]!);
    bytes[at++] = COMMA;
    at = putNumber(bytes, at, row.sentNs[place]!);
    bytes[at++] = COMMA;
    const shaped = row.shapedNs[place]!;
    if (!Number.isNaN(shaped)) at = putNumber(bytes, at, shaped);
    bytes[at++] = COMMA;
    if (fate === Fate.delivered) at = putNumber(bytes, at, row.endNs[place]!);
    bytes[at++] = COMMA;
    at = putField(bytes, at, fateField);
    bytes[at++] = NEWLINE;
    out.at = at;
  }
}

/** A ring of rows by id: the row of id n is at place n & mask. */
class Waiting {
  readonly length: number;
  readonly mask: number;
  readonly copyOf: Float64Array;
  readonly fragmentOf: Float64Array;
  readonly flow: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly path: Int32Array;
  readonly size: Int32Array;
  readonly sentNs: Float64Array;
  readonly shapedNs: Float64Array;
  readonly endNs: Float64Array;
  readonly fate: Uint8Array;

  /** `length`: a power of two. */
  constructor(length: number) {
    this.length = length;
    this.mask = length - 1;
    this.copyOf = new Float64Array(length);
    this.fragmentOf = new Float64Array(length);
    this.flow = new Int32Array(length);
    this.from = new Int32Array(length);
    this.to = new Int32Array(length);
    this.path = new Int32Array(length);
    this.size = new Int32Array(length);
    this.sentNs = new Float64Array(length);
    this.shapedNs = new Float64Array(length);
    this.endNs = new Float64Array(length);
    this.fate = new Uint8Array(length).fill(ABSENT);
  }

  put({ length, packets, ints, doubles }: EndedPackets): void {
    const { mask, copyOf, fragmentOf, flow, from, to, path, size, sentNs, shapedNs, endNs, fate } = this;
    for (let i = 0; i < length; i++) {
      const packet = packets[i]!;
      const half = packet >> 1;
      const place = doubles[half + ID]! & mask;
      copyOf[place] = doubles[half + COPY_OF]!;
      fragmentOf[place] = doubles[half + FRAGMENT_OF]!;
      flow[place] = ints[packet + FLOW]!;
      from[place] = ints[packet + FROM]!;
      to[place] = ints[packet + ADDRESSED]!;
      path[place] = ints[packet + PATH]!;
      size[place] = ints[packet + SIZE]!;
      sentNs[place] = doubles[half + SENT_AT]!;
      shapedNs[place] = doubles[half + SHAPED_AT]!;
      endNs[place] = doubles[half + ENDED_AT]!;
      fate[place] = ints[packet + FLAGS]! >>> FATE_SHIFT;
    }
  }

  /** A wider ring with the same rows, those of ids in [first, end). */
  grown(span: number, first: number, end: number): Waiting {
    let length = this.length;
    while (length < span) length *= 2;
    const next = new Waiting(length);
    for (let id = first; id < Math.min(end, first + this.length); id++) {
      const source = id & this.mask;
      const target = id & next.mask;
      for (const column of COLUMNS) next[column][target] = this[column][source]!;
    }
    return next;
  }
}

const COLUMNS = [
  'copyOf',
  'fragmentOf',
  'flow',
  'from',
  'to',
  'path',
  'size',
  'sentNs',
  'shapedNs',
  'endNs',
  'fate',
] as const;
