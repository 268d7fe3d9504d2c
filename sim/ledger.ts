/** Where every packet's life ends: it is told to the sinks in chunks, then its row is free again. */
import type { Kernel, Nanos } from '../engine/index.ts';
import { type PacketId, type PacketPool, ROW } from './packet.ts';
import {
  type CommandRecord,
  type EndedPackets,
  Fate,
  type Probe,
  type Sample,
  type TraceSink,
} from './trace.ts';

/** How many packets a chunk holds: their rows stay in the second-level cache until the sinks have read them. */
const CHUNK = 256;

export class Ledger {
  readonly #kernel: Kernel;
  readonly #pool: PacketPool;
  readonly #sinks: TraceSink[] = [];
  readonly #ended = new Int32Array(CHUNK);
  #count = 0;

  constructor(kernel: Kernel, pool: PacketPool) {
    this.#kernel = kernel;
    this.#pool = pool;
  }

  attach(sink: TraceSink): void {
    this.#sinks.push(sink);
  }

  /** Ends a packet's life on the record. */
  end(packet: PacketId, fate: Fate): void {
    this.#pool.end(packet, fate, this.#kernel.now);
    this.#ended[this.#count++] = packet;
    if (this.#count === CHUNK) this.flush();
  }

  /** Ends what is still alive when the run ends, by id. */
  endAllInFlight(): void {
    for (const packet of this.#pool.alive()) this.end(packet, Fate.inFlight);
    this.flush();
  }

  /** Tells one sink what `endAllInFlight` would tell all of them now. Nothing ends. */
  preview(sink: TraceSink): void {
    this.flush();
    const alive = this.#pool.alive();
    for (let start = 0; start < alive.length; start += CHUNK) {
      const rows = alive.slice(start, start + CHUNK);
      const { ints, doubles } = this.#pool.snapshot(rows, Fate.inFlight, this.#kernel.now);
      sink.ended?.({ length: rows.length, packets: Int32Array.from(rows, (_, i) => i * ROW), ints, doubles });
    }
  }

  /** Tells the sinks what has ended so far. */
  flush(): void {
    const length = this.#count;
    if (length === 0) return;
    const { ints, doubles } = this.#pool;
    const chunk: EndedPackets = { length, packets: this.#ended, ints, doubles };
    for (const sink of this.#sinks) sink.ended?.(chunk);
    for (let i = length - 1; i >= 0; i--) this.#pool.free(this.#ended[i]!);
    this.#count = 0;
  }

  sample(kind: Sample, flow: number, at: Nanos, value: number): void {
    for (const sink of this.#sinks) sink.sample?.(kind, flow, at, value);
  }

  command(record: CommandRecord): void {
    for (const sink of this.#sinks) sink.command?.(record);
  }

  interval(start: Nanos, end: Nanos, probe: Probe): void {
    this.flush();
    for (const sink of this.#sinks) sink.interval?.(start, end, probe);
  }
}
