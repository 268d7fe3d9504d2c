/** One chart: a canvas that the pointer and the arrow keys go over, with the commands as marks. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { type Chart, isEmpty, type Line, nearest, reachOf, stacked } from './chart-data.ts';
import { type Colours, coloursOf, onThemeChange } from './chart-theme.ts';
import { instant } from './format.ts';
import type { CommandEntry } from './types.ts';
import { exactly, type Unit } from './units.ts';

/** Of virtual time, ns. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface PlotProps {
  readonly chart: Chart;
  /** Keys of lines that are not shown. */
  readonly hidden: ReadonlySet<string>;
  readonly range: Range;
  /** Of the axis. */
  readonly unit: Unit;
  /** Where the cursor of all charts is; null: nowhere. */
  readonly cursor: number | null;
  readonly commands: readonly CommandEntry[];
  /** What the cursor is at, in words. */
  readonly words: string;
  readonly onCursor: (at: number | null) => void;
  /** null: all of it. */
  readonly onZoom: (range: Range | null) => void;
}

const HEIGHT = 150;
const SECOND = 1e9;
const STEPS_NS = [
  ...[1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].flatMap((step) => [step, 2 * step, 5 * step]),
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400].map(
    (s) => s * SECOND,
  ),
  ...[2, 5, 10, 20, 50, 100, 200, 500, 1000].map((days) => days * 86_400 * SECOND),
];
const COUNTS = [1, 2, 5]
  .flatMap((n) => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((power) => n * 10 ** power))
  .sort((a, b) => a - b);
/** Nearer marks are one. */
const NEAR_PIXELS = 6;
/** A drag that is shorter is a click. */
const LEAST_DRAG = 6;
const PAGE = 10;

export function Plot(props: PlotProps) {
  const { chart, hidden, range, cursor, commands, words } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const shape = [chart.key, ...chart.lines.map(({ key, colour }) => `${key} ${colour}`)].join('\n');

  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return;
    let colours = coloursOf(element);
    const made = new uPlot(
      optionsFor(element, latest, (...colour) => colours(...colour)),
      dataOf(chart),
      element,
    );
    plot.current = made;
    const endTheme = onThemeChange(() => {
      colours = coloursOf(element);
      made.redraw();
    });
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    observer.observe(element);
    return () => {
      endTheme();
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    const made = plot.current;
    if (made === null) return;
    made.batch(() => {
      order(chart).forEach(({ key }, n) => {
        const show = !hidden.has(key);
        if (made.series[n + 1]?.show !== show) made.setSeries(n + 1, { show });
      });
      made.setData(dataOf(chart));
    });
  }, [shape, chart, hidden, range.from, range.to, commands]);

  useEffect(() => {
    if (plot.current !== null && !isPointedAt(plot.current)) moveCursor(plot.current, cursor);
  }, [cursor, chart, range.from, range.to]);

  const { x } = chart;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || x.length === 0) return;
    const goal = keyed(event, props);
    if (goal === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    goal();
  };
  const at = cursor === null ? null : nearest(x, cursor);
  return (
    <div
      class="plot"
      role="slider"
      tabIndex={0}
      aria-label={`${chart.title}: arrow keys go through time, + and - zoom, 0 shows all of it`}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={Math.max(0, x.length - 1)}
      aria-valuenow={at ?? Math.max(0, x.length - 1)}
      aria-valuetext={words}
      onKeyDown={onKeyDown}
      onBlur={() => props.onCursor(null)}
    >
      <div class="plot-canvas" ref={place} />
      {isEmpty(chart) && <p class="plot-empty">{chart.empty}</p>}
      <MarkLabels commands={commands} cursor={cursor} range={range} place={place} />
    </div>
  );
}

/** What a key asks for; undefined: nothing. */
function keyed(
  event: KeyboardEvent,
  { chart, cursor, range, onCursor, onZoom }: PlotProps,
): (() => void) | undefined {
  const { x } = chart;
  const last = x.length - 1;
  const here = cursor === null ? null : nearest(x, cursor);
  const goTo = (index: number) => () => onCursor(x[Math.min(last, Math.max(0, index))] ?? null);
  const step = event.shiftKey ? PAGE : 1;
  const middle = cursor ?? (range.from + range.to) / 2;
  const zoom = (factor: number) => () =>
    onZoom({ from: middle - (middle - range.from) * factor, to: middle + (range.to - middle) * factor });
  switch (event.key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return goTo((here ?? last + 1) - step);
    case 'ArrowRight':
    case 'ArrowUp':
      return goTo((here ?? last) + step);
    case 'PageUp':
      return goTo((here ?? last) + PAGE);
    case 'PageDown':
      return goTo((here ?? last) - PAGE);
    case 'Home':
      return goTo(0);
    case 'End':
      return goTo(last);
    case '+':
    case '=':
      return zoom(0.5);
    case '-':
      return zoom(2);
    case '0':
      return () => onZoom(null);
    default:
      return undefined;
  }
}

interface LabelProps {
  readonly commands: readonly CommandEntry[];
  readonly cursor: number | null;
  readonly range: Range;
  readonly place: { readonly current: HTMLElement | null };
}

const MOST_LABELS = 4;

/** What was done at the cursor. */
function MarkLabels({ commands, cursor, range, place }: LabelProps) {
  const over = place.current?.querySelector<HTMLElement>('.u-over');
  const width = over?.clientWidth ?? 0;
  const perPixel = (range.to - range.from) / Math.max(1, width);
  const isNear = ({ at }: CommandEntry) =>
    cursor !== null && at >= range.from && at <= range.to && Math.abs(at - cursor) <= NEAR_PIXELS * perPixel;
  const near = commands.filter(isNear);
  const left = (over?.offsetLeft ?? 0) + ((near[0]?.at ?? 0) - range.from) / perPixel;
  const isRight = left > (place.current?.clientWidth ?? 0) / 2;
  if (near.length === 0) return null;
  return (
    <div class={`plot-label ${isRight ? 'is-right' : ''}`} style={{ left: `${left}px` }}>
      {near.slice(0, MOST_LABELS).map(({ sequence, at, command, subject, effect }) => (
        <span key={sequence}>
          <b>{instant(at)}</b> {command} {subject}: {effect}
        </span>
      ))}
      {near.length > MOST_LABELS && <span>and {near.length - MOST_LABELS} more</span>}
    </div>
  );
}

const isPointedAt = (plot: uPlot): boolean => plot.over.matches(':hover');

function moveCursor(plot: uPlot, cursor: number | null): void {
  const { min, max } = plot.scales['x'] ?? {};
  const isSeen = cursor !== null && cursor >= (min ?? 0) && cursor <= (max ?? 0);
  plot.setCursor({ left: isSeen ? plot.valToPos(cursor, 'x') : -10, top: isSeen ? 0 : -10 }, false);
}

/** As drawn: what stands on others comes first, and is drawn over. */
const order = (chart: Chart): readonly Line[] => (chart.isStack ? [...chart.lines].reverse() : chart.lines);

function dataOf(chart: Chart): uPlot.AlignedData {
  const lines = chart.isStack ? stacked(chart.lines) : chart.lines;
  return [chart.x, ...order({ ...chart, lines }).map(({ y }) => [...y])];
}

function optionsFor(
  element: HTMLElement,
  latest: { readonly current: PlotProps },
  colour: Colours,
): uPlot.Options {
  const { chart } = latest.current;
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const grid = { stroke: () => colour('line'), width: 1 };
  const limitOf = () => latest.current.chart.lines.find(({ isLimit }) => isLimit)?.y[0] ?? null;
  return {
    width: Math.max(100, element.clientWidth),
    height: HEIGHT,
    padding: [10, 18, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false, dist: LEAST_DRAG },
      points: { size: 7, width: 2 },
      bind: {
        dblclick: () => () => {
          latest.current.onZoom(null);
          return null;
        },
      },
    },
    scales: {
      x: { time: false, range: () => [latest.current.range.from, latest.current.range.to] },
      y: { range: (_, __, highest) => [0, reachOf(highest ?? 0, limitOf(), chart.quantity)] },
    },
    axes: [
      {
        stroke: () => colour('muted'),
        font,
        grid,
        ticks: { show: false },
        size: 26,
        gap: 4,
        space: 64,
        incrs: STEPS_NS,
        values: (_, splits, __, ___, increment) => splits.map((at) => instant(at, decimalsFor(increment))),
      },
      {
        stroke: () => colour('muted'),
        font,
        grid,
        ticks: { show: false },
        size: 44,
        gap: 4,
        space: 28,
        ...(chart.quantity === 'packets' ? { incrs: COUNTS } : {}),
        values: (_, splits) => splits.map((value) => exactly(value, latest.current.unit)),
      },
    ],
    series: [{}, ...order(chart).map((line) => seriesFor(line, chart, colour, latest.current.hidden))],
    ...bandOf(chart, colour),
    hooks: {
      drawAxes: [(plot) => drawMarks(plot, latest.current.commands, colour)],
      setCursor: [
        (plot) => {
          if (!isPointedAt(plot)) return;
          const { idx, left } = plot.cursor;
          const at = idx == null || (left ?? -1) < 0 ? null : (plot.data[0]?.[idx] ?? null);
          latest.current.onCursor(at);
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width >= LEAST_DRAG)
            latest.current.onZoom({ from: plot.posToVal(left, 'x'), to: plot.posToVal(left + width, 'x') });
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      ready: [(plot) => plot.over.addEventListener('mouseleave', () => latest.current.onCursor(null))],
    },
  };
}

/** As many decimals as marks that far apart need. */
const decimalsFor = (incrementNs: number): number =>
  Math.max(0, Math.ceil(-Math.log10(incrementNs / SECOND) - 1e-9));

function seriesFor(line: Line, chart: Chart, colour: Colours, hidden: ReadonlySet<string>): uPlot.Series {
  const { stepped } = uPlot.paths;
  const isStack = chart.isStack === true;
  const opacity = isStack ? 1 : line.fill;
  return {
    label: line.label,
    show: !hidden.has(line.key),
    auto: line.isLimit !== true,
    stroke: () => colour(line.colour),
    // Areas that stand on each other need no lines.
    width: isStack ? 0 : (line.width ?? 1.5),
    ...(line.dash && { dash: [...line.dash] }),
    ...(opacity !== undefined && { fill: () => colour(line.colour, opacity) }),
    // A window ends where its value stands.
    ...(isStack && stepped && { paths: stepped({ align: -1 }) }),
    points: { show: false },
  };
}

function bandOf(chart: Chart, colour: Colours): { bands?: uPlot.Band[] } {
  if (chart.band === undefined) return {};
  const [upper, lower] = chart.band.map((key) => chart.lines.findIndex((line) => line.key === key) + 1);
  const line = chart.lines[(upper ?? 1) - 1];
  if (upper === undefined || lower === undefined || line === undefined) return {};
  return { bands: [{ series: [upper, lower], fill: () => colour(line.colour, 0.2) }] };
}

/** A line through the chart for each command, with a flag on it; those of the scenario's own timeline are dashed. */
function drawMarks(plot: uPlot, commands: readonly CommandEntry[], colour: Colours): void {
  const { ctx, bbox } = plot;
  const { min, max } = plot.scales['x'] ?? {};
  const scale = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = scale;
  let drawn = Number.NEGATIVE_INFINITY;
  for (const { at, posted } of commands) {
    if (at < (min ?? 0) || at > (max ?? 0)) continue;
    const x = Math.round(plot.valToPos(at, 'x', true)) + 0.5;
    if (x - drawn < 2 * scale) continue;
    drawn = x;
    ctx.strokeStyle = colour('ink', 0.45);
    ctx.setLineDash(posted ? [] : [3 * scale, 3 * scale]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillStyle = colour('ink', 0.75);
    ctx.beginPath();
    ctx.moveTo(x - 4 * scale, bbox.top - 7 * scale);
    ctx.lineTo(x + 4 * scale, bbox.top - 7 * scale);
    ctx.lineTo(x, bbox.top);
    ctx.fill();
  }
  ctx.restore();
}
