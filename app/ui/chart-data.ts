/** Which charts a selection has, and what is in them. Knows series and names of colours; draws nothing. */
import { DROP_REASONS, type DropReason } from './drop-reasons.ts';
import type { Field, History } from './history.ts';
import { keyOf, type Selection } from './selection.ts';
import type { Blueprint, ControlJson } from './types.ts';
import { type Quantity, type Unit, unitFor } from './units.ts';

export interface Line {
  readonly key: string;
  readonly label: string;
  readonly y: readonly (number | null)[];
  /** A custom property, without its dashes. */
  readonly colour: string;
  readonly dash?: readonly number[];
  readonly width?: number;
  /** Opacity of the area below. */
  readonly fill?: number;
  /** Not shown until somebody asks for it. */
  readonly isExtra?: boolean;
  /** Says nothing about what happened: neither makes room nor fills a chart. */
  readonly isLimit?: boolean;
}

export interface Chart {
  readonly key: string;
  readonly title: string;
  readonly quantity: Quantity;
  /** Ends of windows, ns; the same for all charts of a selection. */
  readonly x: Float64Array;
  readonly lines: readonly Line[];
  /** Keys of the lines above and below what is shaded. */
  readonly band?: readonly [upper: string, lower: string];
  /** Each line stands on the one before it, and is the sum of a window. */
  readonly isStack?: boolean;
  /** In place of lines, when there is nothing to see. */
  readonly empty: string;
}

/** Further away it would flatten what happened. */
const LIMIT_IN_SIGHT = 2.5;

export function chartsFor(
  history: History,
  selection: Selection,
  capacityBps: number | null,
): readonly Chart[] {
  const chart = { history, selection };
  switch (selection.kind) {
    case 'link':
      return [linkLoad(history, selection.from, selection.to, capacityBps), linkDrops(chart)];
    case 'flow':
      return [
        throughput(chart, capacityBps),
        drops(chart),
        delay(chart, 'delay', 'Delay, one way'),
        ...roundTrips(chart),
      ];
    default:
      return [
        throughput(chart, capacityBps),
        delay(chart, 'delay', selection.kind === 'run' ? 'Delay of the slowest VM' : 'Delay'),
        drops(chart),
        backlog(chart),
      ];
  }
}

interface Of {
  readonly history: History;
  readonly selection: Selection;
}

function throughput({ history, selection }: Of, capacityBps: number | null): Chart {
  const { x, y } = history.series(selection, 'throughputBps');
  return {
    key: 'throughput',
    title: 'Throughput',
    quantity: 'rate',
    x,
    lines: [
      { key: 'throughput', label: 'delivered', y, colour: 'series-1', width: 2, fill: 0.14 },
      ...capacity(y, capacityBps, 'rate of the personality'),
    ],
    empty: 'Nothing was delivered in this time.',
  };
}

function capacity(y: Line['y'], capacityBps: number | null, label: string): Line[] {
  if (capacityBps === null) return [];
  const line = { key: 'capacity', label, y: y.map(() => capacityBps), colour: 'ink', dash: [6, 4], width: 1 };
  return [{ ...line, isLimit: true }];
}

function delay({ history, selection }: Of, of: 'delay' | 'rtt', title: string): Chart {
  const quantile = (
    name: 'p50' | 'p95' | 'p99' | 'max',
    style: Omit<Line, 'key' | 'label' | 'y' | 'colour'>,
  ): Line => ({
    key: name,
    label: name,
    y: history.series(selection, `${of}.${name}`).y,
    colour: 'series-5',
    ...style,
  });
  return {
    key: of,
    title,
    quantity: 'duration',
    x: history.series(selection, `${of}.p50`).x,
    lines: [
      quantile('p50', { width: 2 }),
      quantile('p95', { width: 1 }),
      quantile('p99', { width: 1, dash: [5, 3] }),
      quantile('max', { width: 1, dash: [1, 3], isExtra: true }),
    ],
    band: ['p99', 'p95'],
    empty: of === 'delay' ? 'No packet arrived in this time.' : 'No question was answered in this time.',
  };
}

/** Only of flows that ask. */
function roundTrips(of: Of): Chart[] {
  const chart = delay(of, 'rtt', 'Round-trip time');
  return isEmpty(chart) ? [] : [chart];
}

function drops({ history, selection }: Of): Chart {
  return {
    key: 'drops',
    title: 'Dropped, by reason',
    quantity: 'packets',
    x: history.series(selection, 'dropped').x,
    lines: history.reasons(selection).map((reason) => ({
      key: reason,
      label: reason,
      y: history.series(selection, `dropped.${reason}` as Field).y,
      colour: reasonColour(reason),
    })),
    isStack: true,
    empty: 'Nothing was dropped in this time.',
  };
}

function backlog({ history, selection }: Of): Chart {
  const { x, y } = history.series(selection, 'backlogBytes');
  return {
    key: 'backlog',
    title: 'Waiting in queues',
    quantity: 'bytes',
    x,
    lines: [{ key: 'backlog', label: 'waiting', y, colour: 'series-3', width: 2, fill: 0.14 }],
    empty: 'No packet had to wait in this time.',
  };
}

function linkLoad(history: History, from: string, to: string, capacityBps: number | null): Chart {
  const [there, back] = [history.load(from, to), history.load(to, from)];
  return {
    key: 'load',
    title: 'Load',
    quantity: 'rate',
    x: there.x,
    lines: [
      { key: 'there', label: `${from} to ${to}`, y: there.y, colour: 'series-1', width: 2, fill: 0.1 },
      { key: 'back', label: `${to} to ${from}`, y: back.y, colour: 'series-2', width: 2, dash: [7, 3] },
      ...capacity(there.y, capacityBps, 'bandwidth'),
    ],
    empty: 'Nothing was carried in this time.',
  };
}

function linkDrops({ history, selection }: Of): Chart {
  const { x, y } = history.series(selection, 'dropped');
  const line = { key: 'dropped', label: 'dropped', y, colour: 'series-4' };
  return {
    key: 'drops',
    title: 'Dropped',
    quantity: 'packets',
    x,
    lines: [line],
    isStack: true,
    empty: 'Nothing was dropped in this time.',
  };
}

/** The same reason has the same colour in every chart. */
function reasonColour(reason: DropReason): string {
  const order = [2, 5, 3, 6, 4, 1] as const;
  return `series-${order[DROP_REASONS.indexOf(reason) % order.length]}`;
}

/** Nothing but nothing, or zero of what is counted: a delay of 0 is one. */
export function isEmpty({ lines, quantity }: Chart): boolean {
  const isNothing = (value: number | null | undefined): boolean =>
    value === null || value === undefined || (value === 0 && quantity !== 'duration');
  return lines.every(({ y, isLimit }) => isLimit === true || y.every(isNothing));
}

/** What the selection can carry: the rate of the VM's personality, or the link's. null: there is no limit, or it has several. */
export function capacityOf(selection: Selection, blueprint: Blueprint, control: ControlJson): number | null {
  if (selection.kind === 'link') {
    const ends = keyOf(selection);
    const isIt = ({ between: [from, to] }: Blueprint['links'][number]) =>
      keyOf({ kind: 'link', from, to }) === ends;
    return blueprint.links.find(isIt)?.bandwidthBps ?? null;
  }
  if (selection.kind !== 'vm') return null;
  const { assignments = [] } = control.vms.find(({ id }) => id === selection.id) ?? {};
  const [only] = assignments;
  if (assignments.length !== 1 || only?.from !== undefined) return null;
  const fields = control.personalities.find(({ id }) => id === only?.personality)?.fields;
  const rate = fields?.['bandwidthKbps'];
  return typeof rate === 'number' ? rate * 1000 : null;
}

/** Each on top of those before it. A window without a look stays one. */
export function stacked(lines: readonly Line[]): readonly Line[] {
  let below: readonly (number | null)[] = [];
  return lines.map((line) => {
    const y = line.y.map((value, n) => (value === null ? null : value + (below[n] ?? 0)));
    below = y;
    return { ...line, y };
  });
}

/** How high the axis reaches: a little above the highest; to the limit, when that is not far. */
export function reachOf(highest: number, limit: number | null, quantity: Quantity): number {
  const least = quantity === 'packets' ? 5 : quantity === 'duration' ? 1e6 : 1000;
  const most = limit !== null && limit <= highest * LIMIT_IN_SIGHT ? Math.max(highest, limit) : highest;
  return Math.max(least, most * 1.08);
}

/** One for the whole axis, by the highest value in the range that is shown. */
export function axisUnit(chart: Chart, hidden: ReadonlySet<string>, from: number, to: number): Unit {
  const shown = chart.lines.filter(({ key, isLimit }) => !hidden.has(key) && isLimit !== true);
  let highest = 0;
  for (const { y } of shown)
    for (const [n, value] of y.entries()) {
      const at = chart.x[n] ?? 0;
      if (value !== null && at >= from && at <= to) highest = Math.max(highest, value);
    }
  return unitFor(chart.quantity, reachOf(highest, null, chart.quantity));
}

/** The look that is nearest to the instant; null: there is none. */
export function nearest(x: Float64Array, at: number): number | null {
  if (x.length === 0) return null;
  let [low, high] = [0, x.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const before = x[low - 1];
  return before !== undefined && at - before <= (x[low] ?? 0) - at ? low - 1 : low;
}
