/** Columns of numbers over the last looks: rings, one slot a look, all of one length. */
import type { DropReason } from './drop-reasons.ts';

type Quantile = 'p50' | 'p95' | 'p99' | 'max';

/** `delay` and `rtt` in ns, `dropped` in packets of the window; the others are in the unit that they name. */
export type Field =
  | 'throughputBps'
  | 'backlogBytes'
  | `delay.${Quantile}`
  | `rtt.${Quantile}`
  | 'dropped'
  | `dropped.${DropReason}`;

/** What a field is while nothing happens. NaN: there is nothing to measure. */
export const idle = (field: string): number => (/^(delay|rtt)\./.test(field) ? Number.NaN : 0);

export class Track {
  readonly capacity: number;
  /** The first look that it knows of. */
  readonly since: number;
  readonly #columns = new Map<Field, Float64Array>();

  constructor(capacity: number, since: number) {
    this.capacity = capacity;
    this.since = since;
  }

  get fields(): Iterable<Field> {
    return this.#columns.keys();
  }

  set(field: Field, look: number, value: number): void {
    let column = this.#columns.get(field);
    if (column === undefined) {
      column = new Float64Array(this.capacity).fill(idle(field));
      this.#columns.set(field, column);
    }
    column[look % this.capacity] = value;
  }

  /** Of one of the last `capacity` looks. */
  get(field: Field, look: number): number {
    return this.#columns.get(field)?.[look % this.capacity] ?? idle(field);
  }

  /** The same with more or fewer looks; `last` is the newest. */
  resized(capacity: number, last: number): Track {
    const first = Math.max(this.since, last - Math.min(capacity, this.capacity) + 1);
    const copy = new Track(capacity, first);
    for (const field of this.#columns.keys())
      for (let look = first; look <= last; look++) copy.set(field, look, this.get(field, look));
    return copy;
  }
}
