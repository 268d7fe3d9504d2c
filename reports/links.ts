/** What each direction of each substrate link carried. Reads the links' own counters at the end of every interval. */
import type { Nanos } from '../engine/index.ts';
import type { LinkFigures as LinkReading, TraceSink } from '../sim/index.ts';

export type { LinkReading };

export interface LinkFigures {
  /** `eu>us`. */
  readonly id: string;
  /** Carried bits over the run's duration, bit/s; null for a run of no time. */
  readonly throughput: number | null;
  /** Part of the time in which it was sending, 0 to 1; null without a rate. */
  readonly share: number | null;
  /** Bytes waiting: the mean over the ends of intervals, and the most ever. */
  readonly backlog: { readonly mean: number; readonly max: number };
  readonly packets: number;
  readonly bytes: number;
  readonly dropped: number;
}

export class LinkSink implements TraceSink {
  readonly #read: () => readonly LinkReading[];
  readonly #sums: number[] = [];
  readonly #peaks: number[] = [];
  #intervals = 0;

  /** `read` gives the counters since the run began, and the largest backlog since it was last called; same order each time. */
  constructor(read: () => readonly LinkReading[]) {
    this.#read = read;
  }

  interval(): void {
    this.#intervals++;
    this.#take().forEach(({ backlogBytes }, link) => {
      this.#sums[link] = (this.#sums[link] ?? 0) + backlogBytes;
    });
  }

  figures(duration: Nanos): LinkFigures[] {
    return this.#take().map(({ id, packets, bytes, dropped, rate }, link) => {
      const throughput = duration > 0 ? Math.round((bytes * 8e9) / duration) : null;
      return {
        id,
        throughput,
        share: throughput === null || rate === Infinity ? null : Math.min(1, (bytes * 8e9) / duration / rate),
        backlog: {
          mean: this.#intervals > 0 ? Math.round((this.#sums[link] ?? 0) / this.#intervals) : 0,
          max: this.#peaks[link]!,
        },
        packets,
        bytes,
        dropped,
      };
    });
  }

  #take(): readonly LinkReading[] {
    const readings = this.#read();
    readings.forEach(({ backlogBytes, backlogPeakBytes }, link) => {
      this.#peaks[link] = Math.max(this.#peaks[link] ?? 0, backlogBytes, backlogPeakBytes);
    });
    return readings;
  }
}
