/**
 * What was measured lately, look by look, along virtual time. Knows a lot of what somebody looks at and a little of everything else,
 * so that a thousand VMs take no more memory after an hour than after a minute.
 */
import type { DelayFigures, LinkLive } from '../operation/run.ts';
import { DROP_REASONS, type DropReason } from './drop-reasons.ts';
import { type Field, idle, Track } from './history-track.ts';
import { keyOf, type Selection, WHOLE_RUN } from './selection.ts';
import type { Figures } from './types.ts';

export type { Field };

/** Five minutes at four looks a second. */
export const FULL = 1200;
/** For those that nobody has looked at lately. */
export const SHORT = 120;
/** So many selections are remembered in full, the whole run besides. */
export const WATCHED = 12;
/** The line is broken where more than so many windows were missed. */
const MISSED_WINDOWS = 4;

/** `partial`: rows of VMs, flows and links without change since the look before are left out. */
export type Look = Figures & { readonly partial?: boolean };

export interface Series {
  /** Ends of the windows, ns of virtual time; increasing. */
  readonly x: Float64Array;
  /** null: nothing was measured. */
  readonly y: readonly (number | null)[];
}

type Dropped = Readonly<Partial<Record<DropReason, number>>>;

/** What VMs, flows and the run have in common. */
interface Row {
  readonly throughputBps: number;
  readonly delay: DelayFigures | null;
  readonly rtt?: DelayFigures | null;
  readonly backlogBytes?: number;
  readonly sentPackets?: number;
  readonly deliveredPackets?: number;
  readonly dropped: Dropped;
}

export class History {
  readonly #times = new Float64Array(FULL);
  /** 1: no look, but a gap. */
  readonly #gaps = new Uint8Array(FULL);
  #looks = 0;
  #tracks = new Map<string, Track>();
  /** Keys of what was looked at lately, the latest last. */
  readonly #watched = new Set<string>();
  #latest: Figures | null = null;
  /** Counts when the window began; null: not known, since the page came later. */
  #rowsBefore: ReadonlyMap<string, Dropped> | null = null;
  #linksBefore: ReadonlyMap<string, LinkLive> = new Map();

  /** The last look, with the rows that were left out of it. */
  get latest(): Figures | null {
    return this.#latest;
  }

  /** Counts looks and gaps: equal numbers, equal series. */
  get looks(): number {
    return this.#looks;
  }

  /** A look that is not later than the last one changes nothing, unless virtual time has begun again: then everything does. */
  push(look: Look): void {
    const before = this.#latest;
    if (before !== null && look.end < before.end) {
      this.#beginAgain(look);
      return;
    }
    const figures = complete(before, look);
    this.#latest = figures;
    const isLater = before === null || look.end > before.end || this.#looks === 0;
    if (!isLater) return;
    const rows = rowsOf(figures);
    if (look.end > look.start) {
      if (before !== null && this.#looks > 0 && isGap(before, look)) this.#add(look.start, 1);
      this.#add(look.end, 0);
      this.#record(rows, figures.links, look.start === 0);
    }
    this.#rowsBefore = new Map([...rows].map(([key, row]) => [key, row.dropped]));
    this.#linksBefore = linksOf(figures.links);
  }

  /** From now on, the whole length is kept of it, until enough others have been looked at. */
  watch(selection: Selection): void {
    for (const key of tracksOf(selection)) {
      if (key === RUN) continue;
      this.#watched.delete(key);
      this.#watched.add(key);
      this.#resize(key, FULL);
    }
    for (const key of this.#watched) {
      if (this.#watched.size <= WATCHED) break;
      this.#watched.delete(key);
      this.#resize(key, SHORT);
    }
  }

  /** The oldest first. All series of one selection have the same `x`. A link's figures are of both directions together. */
  series(selection: Selection, field: Field): Series {
    const tracks = tracksOf(selection).map((key) => this.#tracks.get(key));
    const last = this.#looks - 1;
    const first = Math.max(0, this.#looks - FULL, ...tracks.map((track) => firstOf(track, last)));
    const x = new Float64Array(last - first + 1);
    const y: (number | null)[] = [];
    for (let look = first; look <= last; look++) {
      const slot = look % FULL;
      x[look - first] = this.#times[slot] ?? 0;
      y.push(this.#gaps[slot] === 1 ? null : sumOf(tracks, field, look));
    }
    return { x, y };
  }

  /** Of one direction of a link, bit/s. */
  load(from: string, to: string): Series {
    const both = this.series({ kind: 'link', from, to }, 'throughputBps');
    const track = this.#tracks.get(directionKey(from, to));
    const first = this.#looks - both.y.length;
    return {
      x: both.x,
      y: both.y.map((value, n) => (value === null ? null : (track?.get('throughputBps', first + n) ?? 0))),
    };
  }

  /** For which packets were dropped, as long as anybody remembers. */
  reasons(selection: Selection): readonly DropReason[] {
    const fields = new Set(tracksOf(selection).flatMap((key) => [...(this.#tracks.get(key)?.fields ?? [])]));
    return DROP_REASONS.filter((reason) => fields.has(`dropped.${reason}`));
  }

  #beginAgain(look: Look): void {
    this.#looks = 0;
    this.#tracks = new Map();
    this.#latest = null;
    this.#rowsBefore = null;
    this.#linksBefore = new Map();
    for (const key of this.#watched) this.#resize(key, FULL);
    this.push(look);
  }

  #add(time: number, gap: number): void {
    this.#times[this.#looks % FULL] = time;
    this.#gaps[this.#looks % FULL] = gap;
    this.#looks++;
  }

  /** `isFirst`: the window begins with the run. */
  #record(rows: ReadonlyMap<string, Row>, links: readonly LinkLive[], isFirst: boolean): void {
    const before = this.#rowsBefore ?? (isFirst ? new Map<string, Dropped>() : null);
    for (const [key, row] of rows) {
      const track = this.#trackFor(key, isActive(row));
      if (track) this.#write(track, row, before === null ? row.dropped : (before.get(key) ?? {}));
    }
    for (const [key, { loadBps, dropped }] of linksOf(links)) {
      const track = this.#trackFor(key, loadBps > 0 || dropped > 0);
      const had = before === null ? dropped : (this.#linksBefore.get(key)?.dropped ?? 0);
      track?.set('throughputBps', this.#looks - 1, loadBps);
      track?.set('dropped', this.#looks - 1, dropped - had);
    }
  }

  /** One that has ever been active, or is looked at. */
  #trackFor(key: string, isNeeded: boolean): Track | undefined {
    if (isNeeded && !this.#tracks.has(key)) this.#resize(key, key === RUN ? FULL : SHORT);
    return this.#tracks.get(key);
  }

  #write(track: Track, row: Row, before: Dropped): void {
    const look = this.#looks - 1;
    track.set('throughputBps', look, row.throughputBps);
    track.set('backlogBytes', look, row.backlogBytes ?? 0);
    for (const quantile of ['p50', 'p95', 'p99', 'max'] as const) {
      track.set(`delay.${quantile}`, look, row.delay?.[quantile] ?? Number.NaN);
      if (row.rtt !== undefined) track.set(`rtt.${quantile}`, look, row.rtt?.[quantile] ?? Number.NaN);
    }
    let all = 0;
    const known = new Set(track.fields);
    for (const reason of DROP_REASONS) {
      const packets = (row.dropped[reason] ?? 0) - (before[reason] ?? 0);
      if (packets > 0 || known.has(`dropped.${reason}`)) track.set(`dropped.${reason}`, look, packets);
      all += packets;
    }
    track.set('dropped', look, all);
  }

  /** What had no track was idle all the time. */
  #resize(key: string, capacity: number): void {
    const track = this.#tracks.get(key);
    if (track?.capacity === capacity) return;
    this.#tracks.set(key, track?.resized(capacity, this.#looks - 1) ?? new Track(capacity, 0));
  }
}

/** The look with all rows: what was left out had no traffic, and has the counts that it had. */
export function complete(before: Figures | null, look: Look): Figures {
  if (look.partial !== true || before === null) return look;
  const still = { throughputBps: 0, delay: null };
  return {
    ...look,
    vms: filled(before.vms, look.vms, ({ id }) => id, still),
    flows: filled(
      before.flows,
      look.flows,
      ({ id }) => id,
      still,
      (flow) => ({ ...flow, rtt: null }),
    ),
    links: filled(
      before.links,
      look.links,
      ({ from, to }) => directionKey(from, to),
      { loadBps: 0 },
      (link) => ({
        ...link,
        utilization: link.utilization === null ? null : 0,
      }),
    ),
  };
}

function filled<T extends object>(
  before: readonly T[],
  now: readonly T[],
  keyOfRow: (row: T) => string,
  still: Partial<T>,
  further: (row: T) => T = (row) => row,
): readonly T[] {
  const given = new Map(now.map((row) => [keyOfRow(row), row]));
  const rows = before.map((row) => {
    const found = given.get(keyOfRow(row));
    given.delete(keyOfRow(row));
    return found ?? further({ ...row, ...still });
  });
  return [...rows, ...given.values()];
}

const RUN = keyOf(WHOLE_RUN);

function rowsOf(figures: Figures): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>([[RUN, wholeRun(figures)]]);
  for (const row of figures.vms) rows.set(keyOf({ kind: 'vm', id: row.id }), row);
  for (const row of figures.flows) rows.set(keyOf({ kind: 'flow', id: row.id }), row);
  return rows;
}

const linksOf = (links: readonly LinkLive[]): ReadonlyMap<string, LinkLive> =>
  new Map(links.map((link) => [directionKey(link.from, link.to), link]));

const directionKey = (from: string, to: string): string => ['direction', from, to].join('\n');

function tracksOf(selection: Selection): readonly string[] {
  if (selection.kind !== 'link') return [keyOf(selection)];
  return [directionKey(selection.from, selection.to), directionKey(selection.to, selection.from)];
}

/** The first look of which it still knows. */
function firstOf(track: Track | undefined, last: number): number {
  return track === undefined ? 0 : Math.max(track.since, last - track.capacity + 1);
}

function sumOf(tracks: readonly (Track | undefined)[], field: Field, look: number): number | null {
  let sum = 0;
  for (const track of tracks) sum += track?.get(field, look) ?? idle(field);
  return Number.isNaN(sum) ? null : sum;
}

const isGap = (before: Figures, look: Look): boolean =>
  look.start - before.end > MISSED_WINDOWS * (look.end - look.start);

const isActive = (row: Row): boolean =>
  row.throughputBps > 0 ||
  row.delay !== null ||
  (row.backlogBytes ?? 0) > 0 ||
  (row.sentPackets ?? 0) > 0 ||
  (row.deliveredPackets ?? 0) > 0 ||
  Object.keys(row.dropped).length > 0;

/** Sums, but for the delay: that of the slowest VM, quantile by quantile, since quantiles have no sum. */
function wholeRun({ vms, totals }: Figures): Row {
  let [throughputBps, backlogBytes] = [0, 0];
  let delay: DelayFigures | null = null;
  for (const vm of vms) {
    throughputBps += vm.throughputBps;
    backlogBytes += vm.backlogBytes;
    delay = slower(delay, vm.delay);
  }
  return { throughputBps, backlogBytes, delay, dropped: totals.dropped, sentPackets: 1 };
}

function slower(one: DelayFigures | null, other: DelayFigures | null): DelayFigures | null {
  if (one === null || other === null) return one ?? other;
  return {
    p50: Math.max(one.p50, other.p50),
    p95: Math.max(one.p95, other.p95),
    p99: Math.max(one.p99, other.p99),
    max: Math.max(one.max, other.max),
  };
}
