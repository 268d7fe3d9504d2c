/** What corruption did to which packets: a short list for each, in one table, which stays empty where nothing is corrupted. */
import { DAMAGE_PLACES, type Damage } from './wire/bit-errors.ts';

/** Of an entry: {@link Damage.draw}, the rest of the damage, and the entry before it. */
const DRAW = 0;
const HOW = 1;
const BEFORE = 2;
const ENTRY = 3;
const NONE = -1;

const SILENT = 1;
const PLACE_SHIFT = 1;
const PLACE_MASK = 3;
const BITS_SHIFT = 3;

/** What kind of damage it is, as one int32; the draw is not part of it. */
export const damageKind = ({ bits, where, isSilent }: Omit<Damage, 'draw'>): number =>
  (bits << BITS_SHIFT) | (DAMAGE_PLACES.indexOf(where) << PLACE_SHIFT) | (isSilent ? SILENT : 0);

export const isSilentDamage = (kind: number): boolean => (kind & SILENT) !== 0;

/** Rows are numbers from 0. */
export class Damages {
  /** By row: its latest entry. */
  #latest = new Int32Array(0);
  #entries = new Int32Array(0);
  #free = NONE;

  /** One more damage to a row; `kind` is made by {@link damageKind}. */
  add(row: number, draw: number, kind: number): void {
    if (row >= this.#latest.length) this.#widen(row);
    if (this.#free === NONE) this.#grow();
    const entry = this.#free;
    const entries = this.#entries;
    this.#free = entries[entry + BEFORE]!;
    entries[entry + DRAW] = draw;
    entries[entry + HOW] = kind;
    entries[entry + BEFORE] = this.#latest[row]!;
    this.#latest[row] = entry;
  }

  /** A row that had no damage gets all of another's. */
  copy(from: number, to: number): void {
    for (const { draw, ...how } of this.of(from)) this.add(to, draw, damageKind(how));
  }

  clear(row: number): void {
    if (row >= this.#latest.length) return;
    const entries = this.#entries;
    for (let entry = this.#latest[row]!; entry !== NONE; ) {
      const before = entries[entry + BEFORE]!;
      entries[entry + BEFORE] = this.#free;
      this.#free = entry;
      entry = before;
    }
    this.#latest[row] = NONE;
  }

  /** In the order in which it happened. */
  of(row: number): readonly Damage[] {
    const damages: Damage[] = [];
    const entries = this.#entries;
    for (let entry = this.#latest[row] ?? NONE; entry !== NONE; entry = entries[entry + BEFORE]!) {
      const kind = entries[entry + HOW]!;
      damages.unshift({
        draw: entries[entry + DRAW]! >>> 0,
        bits: kind >> BITS_SHIFT,
        where: DAMAGE_PLACES[(kind >> PLACE_SHIFT) & PLACE_MASK]!,
        isSilent: isSilentDamage(kind),
      });
    }
    return damages;
  }

  #widen(row: number): void {
    const next = new Int32Array(Math.max(64, (row + 1) * 2)).fill(NONE);
    next.set(this.#latest);
    this.#latest = next;
  }

  #grow(): void {
    const old = this.#entries.length;
    const next = new Int32Array(Math.max(16 * ENTRY, old * 2));
    next.set(this.#entries);
    for (let entry = old; entry < next.length; entry += ENTRY) {
      next[entry + BEFORE] = this.#free;
      this.#free = entry;
    }
    this.#entries = next;
  }
}
