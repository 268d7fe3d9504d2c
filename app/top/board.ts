/** The live table: what is on it, and how it is written. Knows no terminal, and not where the figures come from. */
import Table from 'cli-table3';
import { formatNanos, type Nanos } from '../../engine/index.ts';
import { formatCount, formatRate } from '../../reports/index.ts';

export interface BoardRow {
  readonly id: string;
  readonly throughputBps: number;
  readonly deliveredPackets: number;
  readonly droppedPackets: number;
  /** null: not of this kind of row. */
  readonly backlogBytes: number | null;
  /** As many as the section has heads for; null: nothing ended. */
  readonly delays: readonly (Nanos | null)[];
}

export interface BoardSection {
  /** `VM` */
  readonly name: string;
  /** `p50`, `p99`, … */
  readonly delayHeads: readonly string[];
  readonly rows: readonly BoardRow[];
}

export interface Board {
  readonly name: string;
  /** `running at 1x`, `paused`, `ended` */
  readonly state: string;
  readonly at: Nanos;
  /** null: open-ended. */
  readonly duration: Nanos | null;
  /** A line about all of it; may be empty. */
  readonly totals: string;
  readonly sections: readonly BoardSection[];
  /** The latest last. */
  readonly commands: readonly BoardCommand[];
}

export interface BoardCommand {
  readonly at: Nanos;
  readonly command: string;
  readonly subject: string;
  readonly effect: string;
}

/** `name`: as the scenario has them; otherwise the largest first. */
export const SORTS = ['name', 'throughput', 'dropped', 'backlog', 'delay'] as const;
export type Sort = (typeof SORTS)[number];

export interface BoardView {
  readonly width: number;
  /** Lines there are; undefined: as many as it takes. */
  readonly height?: number;
  readonly colour: boolean;
  readonly sort: Sort;
  /** So many lines of the tables are scrolled away. */
  readonly scrolled?: number;
  /** What can be typed; the last line. */
  readonly keys?: string;
}

const MOST_COMMANDS = 4;
const NARROWEST_NAME = 6;

/** Its lines; with a height, exactly as many, none longer than the width. */
export function boardLines(board: Board, view: BoardView): string[] {
  const { width, height, keys } = view;
  const head = [
    `${paint(view, BOLD, board.name)}  ${formatNanos(board.at)}${board.duration === null ? '' : ` of ${formatNanos(board.duration)}`}  ${board.state}`,
    ...(board.totals === '' ? [] : [cut(board.totals, width)]),
    '',
  ];
  const body = board.sections.flatMap((section, index) => [
    ...(index === 0 ? [] : ['']),
    ...sectionLines(section, view),
  ]);
  const commands = board.commands.slice(-MOST_COMMANDS);
  const tail = [
    ...(commands.length === 0 ? [] : ['', ...commands.map((each) => cut(commandText(each), width))]),
    ...(keys === undefined ? [] : ['', paint(view, DIM, cut(keys, width))]),
  ];
  if (height === undefined) return [...head, ...body, ...tail];
  const room = Math.max(1, height - head.length - tail.length);
  const first = Math.max(0, Math.min(view.scrolled ?? 0, body.length - room));
  const shown = body.slice(first, first + room);
  const blank = Array.from({ length: room - shown.length }, () => '');
  return [...head, ...shown, ...blank, ...tail].slice(0, height);
}

/** How far one can scroll: the lines of its tables. */
export const bodyLength = ({ sections }: Board): number =>
  sections.reduce((sum, { rows }) => sum + rows.length + 2, -1);

interface Column {
  readonly head: string;
  /** The lowest goes first when there is no room. */
  readonly rank: number;
  text(row: BoardRow): string;
}

function sectionLines(section: BoardSection, view: BoardView): string[] {
  const rows = sorted(section, view.sort);
  const figures = columnsOf(section);
  const widthOf = ({ head, text }: Column): number =>
    rows.reduce((most, row) => Math.max(most, text(row).length), head.length);
  const longest = rows.reduce((most, { id }) => Math.max(most, id.length), section.name.length);
  const nameRoom = (): number => view.width - figures.reduce((sum, column) => sum + widthOf(column) + 2, 0);
  while (figures.length > 1 && nameRoom() < Math.min(longest, NARROWEST_NAME)) {
    const lowest = figures.reduce((a, b) => (b.rank < a.rank ? b : a));
    figures.splice(figures.indexOf(lowest), 1);
  }
  const name = Math.max(1, Math.min(longest, nameRoom()));
  const cells = rows.map((row) => [cut(row.id, name), ...figures.map(({ text }) => text(row))]);
  return columns([cut(section.name, name), ...figures.map(({ head }) => head)], cells).map((line, index) =>
    index === 0 ? paint(view, BOLD, line) : line,
  );
}

function columnsOf({ delayHeads, rows }: BoardSection): Column[] {
  const delays = delayHeads.map((head, index) => ({
    head,
    // The first and the last say the most.
    rank: index === 0 ? 7 : index === delayHeads.length - 1 ? 4 : 2,
    text: ({ delays }: BoardRow) => nanos(delays[index] ?? null),
  }));
  const backlog = rows.some(({ backlogBytes }) => backlogBytes !== null)
    ? [{ head: 'backlog', rank: 3, text: ({ backlogBytes }: BoardRow) => bytes(backlogBytes) }]
    : [];
  return [
    { head: 'throughput', rank: 8, text: ({ throughputBps }) => formatRate(throughputBps) },
    { head: 'delivered', rank: 5, text: ({ deliveredPackets }) => formatCount(deliveredPackets) },
    { head: 'dropped', rank: 6, text: ({ droppedPackets }) => formatCount(droppedPackets) },
    ...backlog,
    ...delays,
  ];
}

const nanos = (value: Nanos | null): string => (value === null ? '-' : formatNanos(value, 1));
const bytes = (value: number | null): string => (value === null ? '-' : `${formatCount(value)} B`);

function sorted({ rows }: BoardSection, by: Sort): readonly BoardRow[] {
  if (by === 'name') return rows;
  const key = KEYS[by];
  return rows
    .map((row, index) => ({ row, index }))
    .sort((a, b) => key(b.row) - key(a.row) || a.index - b.index)
    .map(({ row }) => row);
}

const KEYS: Readonly<Record<Exclude<Sort, 'name'>, (row: BoardRow) => number>> = {
  throughput: ({ throughputBps }) => throughputBps,
  dropped: ({ droppedPackets }) => droppedPackets,
  backlog: ({ backlogBytes }) => backlogBytes ?? -1,
  delay: ({ delays }) => delays[0] ?? -1,
};

/** Two spaces apart, the first to the left, the others to the right. */
function columns(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const chars = Object.fromEntries(BORDERS.map((name) => [name, '']));
  const table = new Table({
    chars: { ...chars, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
  });
  table.push(...[head, ...rows].map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

const BORDERS = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
];

const commandText = ({ at, command, subject, effect }: BoardCommand): string =>
  `${formatNanos(at)}  ${command} ${subject}: ${effect}`;

const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;

const BOLD = [1, 22] as const;
const DIM = [2, 22] as const;
const paint = ({ colour }: BoardView, [on, off]: readonly [number, number], text: string): string =>
  colour ? `\u001b[${on}m${text}\u001b[${off}m` : text;
