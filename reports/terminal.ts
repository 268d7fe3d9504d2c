/** A summary as text for people: aligned columns, no boxes. Does not print it, and knows no terminal. */
import Table from 'cli-table3';
import { formatNanos } from '../engine/index.ts';
import { DROP_REASONS } from '../sim/index.ts';
import type { FlowReport } from './flows.ts';
import { formatCount, formatRate, formatShare } from './precision.ts';
import type { Summary } from './summary.ts';

export interface TerminalOptions {
  readonly colour: boolean;
  /** Columns; 80 when nobody knows. */
  readonly width: number;
  /** What to type to see this run again; the last line. */
  readonly command?: string;
}

/** So many flows are shown; of more, those that lost the most. */
export const MOST_FLOWS = 20;

const GAP = '  ';
const NONE = '-';

/** The whole report, lines ended by newlines. */
export function terminalReport(summary: Summary, options: TerminalOptions): string {
  const paint = painter(options.colour);
  const sections = [
    [heading(summary, paint)],
    flowLines(summary.flows, options, paint),
    packetLines(summary, paint),
    expectationLines(summary, options, paint),
    [
      `${label('digest', paint)}${summary.digest}`,
      ...(options.command === undefined ? [] : [`${label('again', paint)}${options.command}`]),
    ],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

type Style = 'bold' | 'dim' | 'red' | 'green';
type Paint = (style: Style, text: string) => string;

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
};

const painter =
  (colour: boolean): Paint =>
  (style, text) =>
    colour ? `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m` : text;

const label = (text: string, paint: Paint): string => paint('bold', text.padEnd(13));

function heading({ name, seed, version, duration, partial }: Summary, paint: Paint): string {
  const cut = partial ? paint('red', ', cut short') : '';
  return `${paint('bold', name)}: seed ${seed}, ${formatNanos(duration)} of virtual time${cut}, netpersona ${version}`;
}

interface Column {
  readonly head: string;
  /** The lowest goes first when there is no room. */
  readonly rank: number;
  readonly text: (flow: FlowReport) => string;
}

const nanos = (value: number | null | undefined): string => (value == null ? NONE : formatNanos(value, 2));

const NAME: Column = { head: 'flow', rank: 9, text: ({ id }) => id };
const FIGURES: readonly Column[] = [
  { head: 'sent', rank: 6, text: ({ sent }) => formatCount(sent) },
  { head: 'delivered', rank: 5, text: ({ delivered }) => formatCount(delivered) },
  { head: 'loss', rank: 8, text: ({ loss }) => (loss === null ? NONE : formatShare(loss)) },
  { head: '', rank: 4, text: ({ transactional }) => (transactional ? 'rtt' : 'delay') },
  { head: 'p50', rank: 7, text: (flow) => nanos((flow.rtt ?? flow.delay)?.p50) },
  { head: 'p99', rank: 3, text: (flow) => nanos((flow.rtt ?? flow.delay)?.p99) },
  { head: 'jitter', rank: 1, text: ({ jitter }) => nanos(jitter) },
  { head: 'goodput', rank: 2, text: ({ goodput }) => (goodput === null ? NONE : formatRate(goodput)) },
];

function flowLines(flows: readonly FlowReport[], options: TerminalOptions, paint: Paint): string[] {
  if (flows.length === 0) return [paint('dim', 'no traffic')];
  const shown = shownFlows(flows);
  const columns = fitting(shown, options.width);
  const nameWidth = Math.max(
    4,
    options.width - columns.slice(1).reduce((sum, one) => sum + GAP.length + widthOf(one, shown), 0),
  );
  const rows = shown.map((flow) =>
    columns.map((column) => shorten(column.text(flow), column === NAME ? nameWidth : Infinity)),
  );
  const lines = table(
    columns.map(({ head }) => paint('bold', head)),
    rows,
  );
  const more = flows.length - shown.length;
  return more > 0
    ? [
        ...lines,
        paint(
          'dim',
          `and ${formatCount(more)} more flows that lost no larger share (flows.csv has all of them)`,
        ),
      ]
    : lines;
}

/** {@link MOST_FLOWS} at most: those with the largest loss, in the order of the scenario. */
export function shownFlows(flows: readonly FlowReport[]): readonly FlowReport[] {
  if (flows.length <= MOST_FLOWS) return flows;
  return flows
    .map((flow, index) => ({ flow, index }))
    .sort((a, b) => (b.flow.loss ?? -1) - (a.flow.loss ?? -1) || a.index - b.index)
    .slice(0, MOST_FLOWS)
    .sort((a, b) => a.index - b.index)
    .map(({ flow }) => flow);
}

/** As many columns as there is room for. */
function fitting(flows: readonly FlowReport[], width: number): readonly Column[] {
  let columns = [NAME, ...FIGURES];
  const size = (): number =>
    columns.reduce(
      (sum, column) =>
        sum + (column === NAME ? Math.min(20, widthOf(column, flows)) : widthOf(column, flows)) + GAP.length,
      -GAP.length,
    );
  while (columns.length > 2 && size() > width) {
    const lowest = Math.min(...columns.map(({ rank }) => rank));
    columns = columns.filter(({ rank }) => rank !== lowest);
  }
  return columns;
}

const widthOf = ({ head, text }: Column, flows: readonly FlowReport[]): number =>
  flows.reduce((most, flow) => Math.max(most, text(flow).length), head.length);

const shorten = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1)}…`;

function packetLines({ totals, conservation }: Summary, paint: Paint): string[] {
  const { created, ended, createdTotal, closes } = conservation;
  const parts = (counts: readonly (readonly [string, number])[]): string =>
    counts
      .filter(([, count]) => count > 0)
      .map(([word, count]) => `${formatCount(count)} ${word}`)
      .join(' + ') || '0';
  const origins = parts([
    ['sent', created.sent],
    ['answers', created.answer],
    ['copies', created.copy],
    ['fragments', created.fragment],
    ['reassembled', created.whole],
  ]);
  const fates = parts([
    ['delivered', ended.delivered],
    ['dropped', totals.dropped],
    ['cut up', ended.fragmented],
    ['merged', ended.reassembled],
    ['in flight', totals.inFlight],
  ]);
  const sum = closes ? paint('green', '✓') : paint('red', '✗ the sums do not close: this is a defect');
  const reasons = DROP_REASONS.filter((reason) => totals.dropReasons[reason] > 0)
    .map((reason) => `${reason} ${formatCount(totals.dropReasons[reason])}`)
    .join(', ');
  return [
    `${label('packets', paint)}${formatCount(createdTotal)} = ${origins}`,
    `${' '.repeat(13)}${' '.repeat(formatCount(createdTotal).length)} = ${fates} ${sum}`,
    `${label('dropped', paint)}${reasons || 'none'}`,
  ];
}

function expectationLines({ expectations }: Summary, { width }: TerminalOptions, paint: Paint): string[] {
  return expectations.map(({ holds, text, doubt }) => {
    const sign = holds ? paint('green', '✓') : paint('red', '✗');
    const whole = doubt === null ? text : `${text} (${doubt})`;
    return `${sign} ${wrap(whole, Math.max(20, width - 2)).join('\n  ')}`;
  });
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    const longer = lines[last] === '' ? word : `${lines[last]} ${word}`;
    if (longer.length <= width || lines[last] === '') lines[last] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Columns two spaces apart, the first to the left, the others to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const empty = [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
  ];
  const sides = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'];
  const made = new Table({
    head: [...head],
    chars: { ...Object.fromEntries([...empty, ...sides].map((name) => [name, ''])), middle: GAP },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
  });
  made.push(...rows.map((row) => [...row]));
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}
