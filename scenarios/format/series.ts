/**
 * Values that change over time by themselves: levels of some fields, each for the same while, in a row that begins anew at its end.
 * Around a change of level something else may hold.
 */
import type { Nanos } from '../../engine/index.ts';
import type { Profile } from '../../sim/index.ts';
import type { Path } from './path.ts';

export interface Series {
  /** So long a level lasts, in ns. */
  readonly every: Nanos;
  /** How many there are; then the first again. */
  readonly levels: number;
  /** By field: its value in each of the levels. */
  readonly fields: Readonly<Record<string, readonly number[]>>;
  /** What holds around each change of level instead, for fields of the levels. Not when the series begins: then nothing changes. */
  readonly change?: { readonly before: Nanos; readonly after: Nanos; readonly values: Profile };
}

/** At an instant, in ns since the series began, these fields get these values. */
export type SeriesPair = readonly [at: Nanos, values: Profile];

/**
 * A series as data: first the values at 0, then, at each instant before `end` at which one changes, those that change. Instants ascend.
 */
export function* seriesPairs(series: Series, end: Nanos): Generator<SeriesPair> {
  let before: Profile = {};
  for (const [at, values] of states(series)) {
    if (at >= end) return;
    const changed = Object.entries(values).filter(([path, value]) => before[path] !== value);
    before = values;
    if (changed.length > 0) yield [at, Object.fromEntries(changed)];
  }
}

/** Without end. */
function* states(series: Series): Generator<SeriesPair> {
  const { every, change } = series;
  for (let n = 0; ; n++) {
    const start = n * every;
    const level = levelValues(series, n);
    const changing = { ...level, ...change?.values };
    const isBeginning = n === 0 || change === undefined || change.after === 0;
    yield [start, isBeginning ? level : changing];
    if (change === undefined) continue;
    if (!isBeginning) yield [start + change.after, level];
    if (change.before > 0) yield [start + every - change.before, changing];
  }
}

/** The values of the n-th level since the beginning. */
function levelValues({ levels, fields }: Series, n: number): Profile {
  return Object.fromEntries(Object.entries(fields).map(([path, values]) => [path, values[n % levels] ?? 0]));
}

/** What the series begins with. */
export const firstValues = (series: Series): Profile => levelValues(series, 0);

/** A field of the series, `elapsed` ns after it began; what happens at that very instant counts. */
export function valueAt(series: Series, path: string, elapsed: Nanos): number | undefined {
  const { every, levels, fields, change } = series;
  const n = Math.floor(elapsed / every);
  const since = elapsed - n * every;
  const isChanging =
    change !== undefined && ((n > 0 && since < change.after) || since >= every - change.before);
  const during = isChanging ? change.values[path] : undefined;
  return typeof during === 'number' ? during : fields[path]?.[n % levels];
}

/** The series with those of its fields that are wanted; null when none is. */
export function partOf(series: Series, isWanted: (path: string) => boolean): Series | null {
  const only = <T>(values: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(values).filter(([path]) => isWanted(path)));
  const { every, levels, change } = series;
  const fields = only(series.fields);
  if (Object.keys(fields).length === 0) return null;
  const values = only(change?.values ?? {});
  const hasChange = change !== undefined && Object.keys(values).length > 0;
  return { every, levels, fields, ...(hasChange ? { change: { ...change, values } } : {}) };
}

export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const last = sorted.length - 1;
  const median = (at(Math.floor(last / 2)) + at(Math.ceil(last / 2))) / 2;
  return { least: at(0), median, most: at(last) };
}

/** Which action of the timeline: the entry, and its place in a batch. */
export interface ActionOrder {
  readonly entry: number;
  readonly action: number;
}

/** Somebody follows a series. */
export interface SeriesUse {
  readonly personality: string;
  /** Whose end is its end: itself, or for a way up the personality that it belongs to. */
  readonly owner: string;
  readonly series: Series;
  /** What it is without the series. */
  readonly profile: Profile;
  /** Where the personality is written. */
  readonly at: Path;
  /** The action that begins it; null: the scenario. */
  readonly order: ActionOrder | null;
}
