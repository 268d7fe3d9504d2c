/** Where every packet's life ends: one row of facts, then the row of the pool is free again. */
import type { Kernel, Nanos } from '../engine/index.ts';
import { PacketFlag, type PacketId, type PacketPool } from './packet.ts';
import { CHUNK_ROWS, type CommandRecord, Fate, FateRows, type Probe, type Sample, type TraceSink } from './trace.ts';

const ROW_FLAGS = PacketFlag.reverse | PacketFlag.twin | PacketFlag.clamped | PacketFlag.marked;

export class Ledger {
  readonly #kernel: Kernel;
  readonly #packets: PacketPool;
  readonly #sinks: TraceSink[] = [];
  readonly #rows = new FateRows();

  constructor(kernel: Kernel, packets: PacketPool) {
    this.#kernel = kernel;
    this.#packets = packets;
  }

  attach(sink: TraceSink): void {
    this.#sinks.push(sink);
  }

  /** Ends a packet's life on the record. */
  end(packet: PacketId, fate: Fate): void {
    const rows = this.#rows;
    const packets = this.#packets;
    const row = rows.length;
    rows.id[row] = packets.id[packet]!;
    rows.copyOf[row] = packets.copyOf[packet]!;
    rows.fragmentOf[row] = packets.fragmentOf[packet]!;
    rows.origin[row] = packets.origin[packet]!;
    rows.flow[row] = packets.flow[packet]!;
    rows.seq[row] = packets.seq[packet]!;
    rows.from[row] = packets.from[packet]!;
    rows.to[row] = packets.addressed[packet]!;
    rows.path[row] = packets.path[packet]!;
    rows.at[row] = packets.hop[packet]!;
    rows.size[row] = packets.size[packet]!;
    rows.sentNs[row] = packets.sentAt[packet]!;
    rows.shapedNs[row] = packets.shapedAt[packet]!;
    rows.endNs[row] = this.#kernel.now;
    rows.fate[row] = fate;
    rows.flags[row] = packets.flags[packet]! & ROW_FLAGS;
    rows.length = row + 1;
    packets.release(packet);
    if (rows.length === CHUNK_ROWS) this.flush();
  }

  /** Ends what is still alive when the run ends, by id. */
  endAllInFlight(): void {
    for (const packet of this.#packets.alive()) this.end(packet, Fate.inFlight);
    this.flush();
  }

  /** Tells the sinks what has been recorded so far. */
  flush(): void {
    if (this.#rows.length === 0) return;
    for (const sink of this.#sinks) sink.fates?.(this.#rows);
    this.#rows.length = 0;
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
