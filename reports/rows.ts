/** Ended packets as columns: what the sinks of this folder read. Does not judge them. */
import {
  ADDRESSED,
  COPY_OF,
  ENDED_AT,
  type EndedPackets,
  FATE_SHIFT,
  FLAGS,
  FLOW,
  FRAGMENT_OF,
  FROM,
  HOP,
  ID,
  ORIGIN_SHIFT,
  PATH,
  SENT_AT,
  SEQ,
  SHAPED_AT,
  SIZE,
  type TraceSink,
} from '../sim/index.ts';

/** How many rows there is room for. */
export const CHUNK_ROWS = 4096;

/** One row per packet's end, in the order in which they ended. */
export class FateRows {
  length = 0;
  /** Numbers packets in the order they came into being, from 1. */
  readonly id = new Float64Array(CHUNK_ROWS);
  /** The id it is a copy of; 0 for none. */
  readonly copyOf = new Float64Array(CHUNK_ROWS);
  /** The id it is a fragment of; 0 for none. */
  readonly fragmentOf = new Float64Array(CHUNK_ROWS);
  /** `Origin`. */
  readonly origin = new Uint8Array(CHUNK_ROWS);
  /** Index of the flow; -1 for none. */
  readonly flow = new Int32Array(CHUNK_ROWS);
  /** Per flow, sender and direction, from 0; copies, fragments and wholes keep it. */
  readonly seq = new Float64Array(CHUNK_ROWS);
  /** Index of the VM that sent it. */
  readonly from = new Int32Array(CHUNK_ROWS);
  /** Address id that the sender addressed. */
  readonly to = new Int32Array(CHUNK_ROWS);
  /** Path id; 0 when it was never handed towards a VM. */
  readonly path = new Int32Array(CHUNK_ROWS);
  /** Index of the last VM it was handed towards; -1 for none. */
  readonly at = new Int32Array(CHUNK_ROWS);
  /** The IP packet's length in bytes. */
  readonly size = new Int32Array(CHUNK_ROWS);
  readonly sentNs = new Float64Array(CHUNK_ROWS);
  /** When it left the last bandwidth stage; NaN when it never did. */
  readonly shapedNs = new Float64Array(CHUNK_ROWS);
  readonly endNs = new Float64Array(CHUNK_ROWS);
  /** `Fate`. */
  readonly fate = new Uint8Array(CHUNK_ROWS);
  /** `RowFlag` bits. */
  readonly flags = new Uint8Array(CHUNK_ROWS);
}

/** A part of a report: facts as of the trace, packets as rows. It may not keep the rows. */
export interface RowSink extends Omit<TraceSink, 'ended'> {
  fates?(rows: FateRows): void;
}

const ROW_FLAGS = 15;

/** Gathers ended packets until the rows are full. Larger batches than the network's own, so that each flow has several rows in one. */
export class RowBuffer {
  readonly #rows = new FateRows();
  readonly #tell: (rows: FateRows) => void;

  constructor(tell: (rows: FateRows) => void) {
    this.#tell = tell;
  }

  add({ length, packets, ints, doubles }: EndedPackets): void {
    for (let first = 0; first < length; ) {
      const end = Math.min(length, first + CHUNK_ROWS - this.#rows.length);
      this.#copy(packets, ints, doubles, first, end);
      first = end;
      if (this.#rows.length === CHUNK_ROWS) this.flush();
    }
  }

  /** Tells the rows so far. */
  flush(): void {
    if (this.#rows.length === 0) return;
    this.#tell(this.#rows);
    this.#rows.length = 0;
  }

  #copy(packets: Int32Array, ints: Int32Array, doubles: Float64Array, first: number, end: number): void {
    const rows = this.#rows;
    const { id, copyOf, fragmentOf, origin, flow, seq, from, to, path, at, size, sentNs, shapedNs, endNs } =
      rows;
    const { fate, flags } = rows;
    let row = rows.length;
    for (let i = first; i < end; i++, row++) {
      const packet = packets[i]!;
      const half = packet >> 1;
      id[row] = doubles[half + ID]!;
      seq[row] = doubles[half + SEQ]!;
      sentNs[row] = doubles[half + SENT_AT]!;
      shapedNs[row] = doubles[half + SHAPED_AT]!;
      endNs[row] = doubles[half + ENDED_AT]!;
      copyOf[row] = doubles[half + COPY_OF]!;
      fragmentOf[row] = doubles[half + FRAGMENT_OF]!;
      flow[row] = ints[packet + FLOW]!;
      from[row] = ints[packet + FROM]!;
      to[row] = ints[packet + ADDRESSED]!;
      path[row] = ints[packet + PATH]!;
      at[row] = ints[packet + HOP]!;
      size[row] = ints[packet + SIZE]!;
      const word = ints[packet + FLAGS]!;
      flags[row] = word & ROW_FLAGS;
      origin[row] = (word >> ORIGIN_SHIFT) & 15;
      fate[row] = word >>> FATE_SHIFT;
    }
    rows.length = row;
  }
}
