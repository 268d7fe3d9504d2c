/** Hand-made facts for the tests of the reports. */
import type { ByteWriter } from '../../reports/byte-writer.ts';
import {
  ADDRESSED,
  COPY_OF,
  ENDED_AT,
  type EndedPackets,
  FATE_SHIFT,
  Fate,
  FLAGS,
  FLOW,
  type FlowInfo,
  FRAGMENT_OF,
  FROM,
  HOP,
  ID,
  type Names,
  ORIGIN_SHIFT,
  Origin,
  PATH,
  ROW,
  SENT_AT,
  SEQ,
  SHAPED_AT,
  SIZE,
  type TraceSink,
} from '../../sim/index.ts';

export interface Row {
  readonly id?: number;
  readonly copyOf?: number;
  readonly fragmentOf?: number;
  readonly origin?: number;
  readonly flow?: number;
  readonly seq?: number;
  readonly from?: number;
  readonly to?: number;
  readonly path?: number;
  readonly at?: number;
  readonly size?: number;
  readonly sentNs?: number;
  readonly shapedNs?: number;
  readonly endNs?: number;
  readonly fate?: number;
  /** `PacketFlag` bits, and the kind at `KIND_SHIFT`. */
  readonly flags?: number;
}

const PLAIN: Required<Row> = {
  id: 1,
  copyOf: 0,
  fragmentOf: 0,
  origin: Origin.sent,
  flow: 0,
  seq: 0,
  from: 0,
  to: 1,
  path: 2,
  at: 1,
  size: 1000,
  sentNs: 0,
  shapedNs: Number.NaN,
  endNs: 0,
  fate: Fate.delivered,
  flags: 0,
};

/** Tells the packets in chunks of `size`. Ids count up from 1 unless given. */
export function tell(sink: TraceSink, rows: readonly Row[], size = 1024): void {
  for (let first = 0; first < rows.length; first += size) {
    sink.ended?.(
      chunkOf(rows.slice(first, first + size).map((row, index) => ({ id: first + index + 1, ...row }))),
    );
  }
}

/** Packets as the network tells them: in a pool's rows, the last one first. */
export function chunkOf(rows: readonly Row[]): EndedPackets {
  const length = rows.length;
  const buffer = new ArrayBuffer(length * ROW * 4);
  const ints = new Int32Array(buffer);
  const doubles = new Float64Array(buffer);
  const packets = Int32Array.from({ length }, (_, index) => (length - 1 - index) * ROW);
  rows.forEach((given, index) => {
    const row = { ...PLAIN, ...given };
    const packet = packets[index]!;
    const half = packet / 2;
    doubles[half + ID] = row.id;
    doubles[half + COPY_OF] = row.copyOf;
    doubles[half + FRAGMENT_OF] = row.fragmentOf;
    doubles[half + SEQ] = row.seq;
    doubles[half + SENT_AT] = row.sentNs;
    doubles[half + SHAPED_AT] = row.shapedNs;
    doubles[half + ENDED_AT] = row.endNs;
    ints[packet + FLOW] = row.flow;
    ints[packet + FROM] = row.from;
    ints[packet + ADDRESSED] = row.to;
    ints[packet + PATH] = row.path;
    ints[packet + HOP] = row.at;
    ints[packet + SIZE] = row.size;
    ints[packet + FLAGS] = row.flags | (row.origin << ORIGIN_SHIFT) | (row.fate << FATE_SHIFT);
  });
  return { length, packets, ints, doubles };
}

export const flow = (info: Partial<FlowInfo> = {}): FlowInfo => ({
  id: 'stream',
  kind: 'cbr',
  from: 'a',
  to: 'b',
  single: true,
  transactional: false,
  ...info,
});

export const namesOf = (flows: readonly FlowInfo[], vms: readonly string[] = ['a', 'b']): Names => ({
  vms,
  flows,
  address: (id) => vms[id] ?? `10.0.0.${id}`,
  path: (id) => (id === 0 ? '' : (vms[id - 1] ?? `a>${id}`)),
});

/** Files in memory. */
export class Files {
  readonly bytes = new Map<string, Uint8Array[]>();
  readonly closed = new Set<string>();

  readonly open = (file: string): ByteWriter => {
    const parts: Uint8Array[] = [];
    this.bytes.set(file, parts);
    return { write: (bytes) => void parts.push(bytes.slice()), close: () => void this.closed.add(file) };
  };

  text(file: string): string {
    return Buffer.concat(this.bytes.get(file) ?? []).toString();
  }
}

const WORDS: Readonly<Record<string, number>> = { '.': Fate.loss, '?': Fate.inFlight };

/**
 * Packets of one flow, one per letter, sent 1 ms apart from 0: `a` is seq 0, `b` seq 1, …; the text is the order in which they
 * end, one end per ms from 100 ms on. `.b`: b is lost then. `?b`: b is in flight at the end.
 */
export function ends(text: string): Row[] {
  return [...text.matchAll(/([.?]?)([a-z])/g)].map(([, sign = '', letter = ''], index) => {
    const seq = letter.charCodeAt(0) - 97;
    return {
      seq,
      sentNs: seq * 1e6,
      endNs: (100 + index) * 1e6,
      fate: sign === '' ? Fate.delivered : WORDS[sign]!,
    };
  });
}
