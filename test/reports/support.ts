/** Hand-made facts for the tests of the reports. */
import type { ByteWriter } from '../../reports/byte-writer.ts';
import { CHUNK_ROWS, FateRows, type RowSink } from '../../reports/rows.ts';
import { Fate, type FlowInfo, type Names, Origin } from '../../sim/index.ts';

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

/** Tells the rows in chunks of `size`. Ids count up from 1 unless given. */
export function tell(sink: RowSink, rows: readonly Row[], size = CHUNK_ROWS): void {
  const chunk = new FateRows();
  rows.forEach((row, index) => {
    const full = { ...PLAIN, id: index + 1, ...row };
    for (const column of Object.keys(full) as (keyof Row)[]) chunk[column][chunk.length] = full[column];
    chunk.length++;
    if (chunk.length === size || index === rows.length - 1) {
      sink.fates?.(chunk);
      chunk.length = 0;
    }
  });
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
