/** The table of a run that is over, at any of its intervals: from `timeseries.csv` and `commands.csv` of its folder. */
import { formatCount } from '../../reports/index.ts';
import type { Board, BoardCommand, BoardRow } from './board.ts';

/** Columns of `timeseries.csv` that are read here; more may stand beside them. */
const COLUMNS = [
  'startNs',
  'endNs',
  'vm',
  'throughputBps',
  'deliveredPackets',
  'dropped',
  'backlogBytes',
  'delayMeanNs',
  'delayMaxNs',
] as const;
type Column = (typeof COLUMNS)[number];

export interface FolderFacts {
  readonly name: string;
  readonly duration: number;
  /** The texts of the files. */
  readonly timeseries: string;
  readonly commands: string;
}

interface Interval {
  readonly end: number;
  readonly rows: readonly BoardRow[];
  readonly delivered: number;
  readonly dropped: number;
}

export class FolderSource {
  readonly #facts: FolderFacts;
  readonly #intervals: readonly Interval[];
  readonly #commands: readonly BoardCommand[];

  /** @throws {Error} that says what is wrong with which line. */
  constructor(facts: FolderFacts) {
    this.#facts = facts;
    this.#intervals = readIntervals(facts.timeseries);
    this.#commands = csvRows(facts.commands).map(([at, command = '', subject = '', ...effect]) => ({
      at: Number(at),
      command,
      subject,
      effect: effect.join(','),
    }));
  }

  /** Number of intervals. */
  get length(): number {
    return this.#intervals.length;
  }

  /** The interval in which the instant lies. */
  indexAt(ns: number): number {
    const found = this.#intervals.findIndex(({ end }) => ns <= end);
    return found < 0 ? this.length - 1 : found;
  }

  /** At the end of an interval: rates and delays are of it, counts of the run so far. */
  look(index: number): Board {
    const { name, duration } = this.#facts;
    const interval = this.#intervals[index];
    const at = interval?.end ?? 0;
    return {
      name,
      state: `interval ${formatCount(index + 1)} of ${formatCount(this.length)}`,
      at,
      duration,
      totals: `${formatCount(interval?.delivered ?? 0)} delivered, ${formatCount(interval?.dropped ?? 0)} dropped so far`,
      sections: [{ name: 'VM', delayHeads: ['mean', 'max'], rows: interval?.rows ?? [] }],
      commands: this.#commands.filter((each) => each.at <= at),
    };
  }
}

function readIntervals(text: string): readonly Interval[] {
  const intervals: Interval[] = [];
  const so = new Map<string, { delivered: number; dropped: number }>();
  let rows: BoardRow[] = [];
  let [start, end] = [-1, -1];
  const close = (): void => {
    if (rows.length === 0) return;
    const delivered = rows.reduce((sum, row) => sum + row.deliveredPackets, 0);
    const dropped = rows.reduce((sum, row) => sum + row.droppedPackets, 0);
    intervals.push({ end, rows, delivered, dropped });
    rows = [];
  };
  const places = placesOf(text);
  csvRows(text).forEach((cells, index) => {
    const cell = (name: Column): string => cells[places[name]] ?? '';
    const number = (name: Column): number => {
      const value = Number(cell(name));
      if (cell(name) !== '' && Number.isFinite(value)) return value;
      throw new Error(`timeseries.csv: line ${index + 2}: ${name}: found "${cell(name)}", allowed: a number`);
    };
    const orNull = (name: Column): number | null => (cell(name) === '' ? null : number(name));
    if (number('startNs') !== start) close();
    [start, end] = [number('startNs'), number('endNs')];
    const id = cell('vm');
    const before = so.get(id) ?? { delivered: 0, dropped: 0 };
    const now = {
      delivered: before.delivered + number('deliveredPackets'),
      dropped: before.dropped + number('dropped'),
    };
    so.set(id, now);
    rows.push({
      id,
      throughputBps: number('throughputBps'),
      deliveredPackets: now.delivered,
      droppedPackets: now.dropped,
      backlogBytes: number('backlogBytes'),
      delays: [orNull('delayMeanNs'), orNull('delayMaxNs')],
    });
  });
  close();
  return intervals;
}

function placesOf(text: string): Readonly<Record<Column, number>> {
  const head = text.slice(0, text.indexOf('\n')).split(',');
  const missing = COLUMNS.filter((name) => !head.includes(name));
  if (missing.length > 0) throw new Error(`timeseries.csv: line 1: no column ${missing.join(', ')}`);
  return Object.fromEntries(COLUMNS.map((name) => [name, head.indexOf(name)])) as Record<Column, number>;
}

/** Without the head. Fields with commas or quotes are only the last ones here, in quotes (RFC 4180). */
const csvRows = (text: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map(cellsOf);

function cellsOf(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',');
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}
