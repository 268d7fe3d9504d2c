/** Collects what is wrong, by place. */
import { closest, distance } from 'fastest-levenshtein';
import { type Path, pathText } from './path.ts';

export interface Finding {
  readonly at: Path;
  readonly found: string;
  readonly allowed: string;
  readonly nearest?: string;
}

/** More problems than these are counted, not told: nobody reads them, and each costs a search. */
export const MOST_FINDINGS = 1000;

export class Findings {
  readonly all: Finding[] = [];
  /** How many there are in all. */
  count = 0;
  readonly #told = new Set<string>();

  /** `found` is the value itself, which is shown in short, or words made by {@link words}. One finding per place counts. */
  add(at: Path, found: unknown, allowed: string, nearest?: string): void {
    const place = pathText(at);
    if (this.#told.has(place)) return;
    this.#told.add(place);
    this.count++;
    if (this.all.length >= MOST_FINDINGS) return;
    const shown = found instanceof Words ? found.text : show(found);
    this.all.push({ at, found: shown, allowed, ...(nearest === undefined ? {} : { nearest }) });
  }

  /** A name that nobody has; `names` are those that would do. */
  unknown(at: Path, name: string, allowed: string, names: Iterable<string>): void {
    const nearest = this.all.length < MOST_NEAREST ? nearestName(name, names) : undefined;
    this.add(at, name, allowed, nearest);
  }

  has(at: Path): boolean {
    return this.#told.has(pathText(at));
  }
}

const MOST_NEAREST = 100;
const MOST_NAMES = 10_000;

class Words {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What was found, in words instead of as a value. */
export const words = (text: string): unknown => new Words(text);

/**
 * The name that was probably meant: the same letters in another case or order, or else the closest one, if a third of its
 * letters, at least two, differ at most and not all do.
 */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  const known: string[] = [];
  for (const candidate of names) {
    if (known.length >= MOST_NAMES) break;
    known.push(candidate);
  }
  if (known.length === 0 || name.length > 100) return undefined;
  const letters = lettersOf(name);
  const sameLetters = known.find((candidate) => lettersOf(candidate) === letters);
  if (sameLetters !== undefined) return sameLetters;
  const nearest = closest(name, known);
  const length = Math.max(name.length, nearest.length);
  const slips = length < 4 ? Math.min(1, length - 1) : Math.max(2, Math.floor(length / 3));
  return distance(name, nearest) <= slips ? nearest : undefined;
}

const lettersOf = (name: string): string => [...name.toLowerCase()].sort().join('');

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A value in short: `"40 ms"`, `17`, `a list of 3`, `nothing`. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') {
    const keys = Object.keys(value);
    const some = keys.slice(0, 4).map((key) => (key.length > 30 ? `${key.slice(0, 27)}...` : key));
    return keys.length === 0
      ? 'an empty mapping'
      : `a mapping with ${some.join(', ')}${keys.length > 4 ? ', ...' : ''}`;
  }
  return String(value);
}
