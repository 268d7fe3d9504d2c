/** How what is selected has fared: charts over virtual time, with one cursor, one zoom, and the commands as marks. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { axisUnit, type Chart, chartsFor, type Line, nearest } from './chart-data.ts';
import { Plot, type Range } from './chart-plot.tsx';
import { ChartTable } from './chart-table.tsx';
import { useThrottled } from './chart-throttle.ts';
import { instant } from './format.ts';
import type { History } from './history.ts';
import { keyOf, type Selection } from './selection.ts';
import type { CommandEntry } from './types.ts';
import { figure, type Quantity, type Unit } from './units.ts';

export interface ChartsProps {
  readonly history: History;
  readonly selection: Selection;
  readonly commands: readonly CommandEntry[];
  /** Virtual time. */
  readonly now: number;
  /** What the selection can carry at most, if there is a limit. */
  readonly capacityBps?: number | null;
}

const REDRAW_MS = 250;
/** Rows that move four times a second cannot be read. */
const TABLE_MS = 1000;

export function Charts({ history, selection, commands, now, capacityBps = null }: ChartsProps) {
  const [isTable, setIsTable] = useState(false);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set(['max']));
  const [cursor, setCursor] = useState<number | null>(null);
  const [zoom, setZoom] = useState<Range | null>(null);
  const key = keyOf(selection);
  useEffect(() => history.watch(selection), [history, key]);
  const look = useThrottled(`${now} ${history.looks}`, isTable ? TABLE_MS : REDRAW_MS);
  const charts = useMemo(() => chartsFor(history, selection, capacityBps), [history, key, look, capacityBps]);
  const x = charts[0]?.x ?? new Float64Array();
  const range = zoom ?? rangeOf(x);
  const onZoom = (wanted: Range | null) => setZoom(wanted && limited(wanted, rangeOf(x)));
  const toggle = (line: string) => {
    const others = new Set(hidden);
    if (!others.delete(line)) others.add(line);
    setHidden(others);
  };
  return (
    <div class="charts-view">
      <div class="charts-tools">
        <span class="charts-range">
          {instant(range.from, 1)} – {instant(range.to, 1)}
        </span>
        {zoom !== null && (
          <button type="button" class="quiet" onClick={() => setZoom(null)}>
            Show all of the time
          </button>
        )}
        <button type="button" class="quiet" aria-pressed={isTable} onClick={() => setIsTable(!isTable)}>
          Values over time
        </button>
      </div>
      {isTable ? (
        <ChartTable charts={charts} />
      ) : (
        <div class="charts-grid">
          {charts.map((chart) => {
            const unit = axisUnit(chart, hidden, range.from, range.to);
            return (
              <figure key={`${key} ${chart.key}`} class="chart">
                <Legend chart={chart} unit={unit} cursor={cursor} hidden={hidden} toggle={toggle} />
                <Plot
                  chart={chart}
                  hidden={hidden}
                  range={range}
                  unit={unit}
                  cursor={cursor}
                  commands={commands}
                  words={wordsAt(chart, cursor, hidden)}
                  onCursor={setCursor}
                  onZoom={onZoom}
                />
              </figure>
            );
          })}
        </div>
      )}
    </div>
  );
}

interface LegendProps {
  readonly chart: Chart;
  readonly unit: Unit;
  readonly cursor: number | null;
  readonly hidden: ReadonlySet<string>;
  readonly toggle: (line: string) => void;
}

/** Values at the cursor, or the newest ones. */
function Legend({ chart, unit, cursor, hidden, toggle }: LegendProps) {
  const index = indexAt(chart, cursor);
  const at = chart.x[index];
  return (
    <figcaption class="chart-caption">
      <span class="chart-title">
        <b>{chart.title}</b> <small>{chart.isStack ? 'packets per point' : unit.name}</small>
        {cursor !== null && at !== undefined && <small class="chart-at">{instant(at)}</small>}
      </span>
      <span class="chart-legend">
        {chart.lines.map((line) => (
          <button
            key={line.key}
            type="button"
            class="chart-line"
            aria-pressed={!hidden.has(line.key)}
            onClick={() => toggle(line.key)}
          >
            <Swatch line={line} isArea={chart.isStack === true} />
            {line.label}
            <span class="chart-value">{shortFigure(chart.quantity, line.y[index] ?? null)}</span>
          </button>
        ))}
      </span>
    </figcaption>
  );
}

function Swatch({ line, isArea }: { line: Line; isArea: boolean }) {
  const style = { stroke: `var(--${line.colour})`, fill: `var(--${line.colour})` };
  return (
    <svg class="chart-swatch" viewBox="0 0 18 10" width="18" height="10" aria-hidden="true" focusable="false">
      {isArea ? (
        <rect x="3" y="0" width="10" height="10" rx="2" style={style} />
      ) : (
        <line
          x1="0"
          y1="5"
          x2="18"
          y2="5"
          style={style}
          stroke-width={line.width ?? 1.5}
          stroke-dasharray={line.dash?.join(' ')}
        />
      )}
    </svg>
  );
}

const indexAt = ({ x }: Chart, cursor: number | null): number =>
  cursor === null ? x.length - 1 : (nearest(x, cursor) ?? -1);

/** Packets need no word beside their number here. */
const shortFigure = (quantity: Quantity, value: number | null): string =>
  quantity === 'packets' ? figure(quantity, value).replace(/ packets?$/, '') : figure(quantity, value);

function wordsAt(chart: Chart, cursor: number | null, hidden: ReadonlySet<string>): string {
  if (cursor === null) return 'no instant chosen';
  const index = indexAt(chart, cursor);
  const values = chart.lines
    .filter(({ key }) => !hidden.has(key))
    .map(({ label, y }) => `${label} ${figure(chart.quantity, y[index] ?? null)}`);
  return `at ${instant(chart.x[index] ?? 0)}: ${values.join(', ') || chart.empty}`;
}

function rangeOf(x: Float64Array): Range {
  const [from, to] = [x[0] ?? 0, x[x.length - 1] ?? 0];
  // A single look has a place, too.
  return to > from ? { from, to } : { from: Math.max(0, to - 1e9), to: Math.max(1e9, to) };
}

/** Within what there is, and never so little that nothing is in it. */
function limited(wanted: Range, whole: Range): Range | null {
  const from = Math.max(whole.from, wanted.from);
  const to = Math.min(whole.to, wanted.to);
  if (from <= whole.from && to >= whole.to) return null;
  return to - from < (whole.to - whole.from) / 1000
    ? { from, to: from + (whole.to - whole.from) / 1000 }
    : { from, to };
}
