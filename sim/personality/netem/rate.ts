/** sch_netem's `rate RATE PACKETOVERHEAD CELLSIZE CELLOVERHEAD`: `packet_time_ns`. */
import type { Nanos } from '../../../engine/index.ts';

export interface RateOptions {
  /** Whole bytes a second, above 0. */
  readonly rate: number;
  /** Bytes for each packet; may be negative. */
  readonly packetOverhead: number;
  /** Payload of a cell, bytes; 0: there are no cells. */
  readonly cellSize: number;
  /** Bytes for each cell. */
  readonly cellOverhead: number;
}

const NANOS = 1e9;
/** So many bytes, times 1e9, are still exact in a double. */
const MOST_EXACT = 9_000_000;

/**
 * How long a packet of `size` bytes occupies the wire, rounded down. The flaw: lengths have no sign, so a packet that is shorter than
 * its overhead is negative occupies it for about 2^64 ns / rate.
 */
export function packetTime(size: number, options: RateOptions): Nanos {
  const { rate, packetOverhead, cellSize, cellOverhead } = options;
  let length = size + packetOverhead;
  if (cellSize > 0) {
    let cells = Math.floor((length >>> 0) / cellSize);
    if (length < 0 || length > cells * cellSize) cells++;
    length = Math.imul(cells, cellSize + cellOverhead) >>> 0;
  }
  if (length >= 0 && length <= MOST_EXACT) return Math.floor((length * NANOS) / rate);
  return Number(BigInt.asUintN(64, BigInt(length) * BigInt(NANOS)) / BigInt(rate));
}
