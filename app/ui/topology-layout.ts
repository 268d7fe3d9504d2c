/**
 * Where hosts and VMs stand, by arithmetic alone: the same network, the same picture. VMs stand in rows inside of their host, hosts on an
 * ellipse or in a grid: of all such pictures the largest, and one in which no line passes behind a host that it does not lead to, unless
 * that would make everything much smaller.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** `x` and `y` are the middle. */
export interface Box extends Point {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  /** `cells`: too many VMs for a card each. */
  readonly mode: 'cards' | 'cells';
  readonly hosts: readonly Box[];
  /** In the order in which they were given. */
  readonly vms: readonly Box[];
}

/** What is seen of the plane: `rendered = at * zoom + pan`. */
export interface Viewport {
  readonly zoom: number;
  readonly pan: Point;
}

export const MOST_CARDS = 120;
const MOST_ON_ELLIPSE = 10;

/**
 * `gap` is between VMs; `apart` is between hosts, where the links and what is written on them must fit. `slims`: how much wider than high
 * a host's box may try to be.
 */
const STYLES = {
  cards: {
    width: 164,
    height: 64,
    gap: 10,
    side: 12,
    top: 34,
    bottom: 12,
    apart: { x: 116, y: 66 },
    slims: [1, 2.2, 4.5],
  },
  cells: {
    width: 18,
    height: 18,
    gap: 5,
    side: 12,
    top: 34,
    bottom: 12,
    apart: { x: 44, y: 36 },
    slims: [1, 1.6, 3],
  },
} as const;
const LEAST_HOST_WIDTH = 150;
const STARTS = [-Math.PI, -Math.PI / 2, (-3 * Math.PI) / 4, -Math.PI / 4];
const FLATS = [0.3, 0.5, 0.75, 1, 1.4, 2, 3, 4.5];
const LARGER = [1, 1.1, 1.2, 1.35, 1.5];
/** Of three pictures, this much smaller is worth a line that passes behind nobody. */
const CLEARER = 0.7;

/** `aspect`: width by height of where it is to be shown. `joined`: hosts with lines between them. */
export function layOut(
  hosts: readonly string[],
  vms: readonly { readonly id: string; readonly host: string }[],
  aspect: number,
  joined: readonly (readonly [string, string])[] = [],
): Layout {
  const mode = vms.length > MOST_CARDS ? 'cells' : 'cards';
  const style = STYLES[mode];
  const guests = new Map(hosts.map((host) => [host, [] as string[]]));
  for (const { id, host } of vms) guests.get(host)?.push(id);

  let best: { readonly boxes: readonly Box[]; readonly slim: number; readonly score: number } | undefined;
  for (const slim of style.slims) {
    const sizes = hosts.map((id) => ({ id, ...hostSize(guests.get(id)?.length ?? 0, mode, slim) }));
    for (const boxes of arrangements(sizes, aspect, mode, joined)) {
      const score = zoomOf(boxes, aspect) * (hasHiddenLine(boxes, joined) ? CLEARER : 1);
      if (score > (best?.score ?? 0) * (1 + 1e-9)) best = { boxes, slim, score };
    }
  }
  const { boxes, slim } = best ?? { boxes: [], slim: 1 };
  const places = new Map(boxes.flatMap((box) => seats(box, guests.get(box.id) ?? [], mode, slim)));
  return {
    mode,
    hosts: boxes,
    vms: vms.flatMap(({ id }) => {
      const place = places.get(id);
      return place === undefined ? [] : [{ id, ...place, width: style.width, height: style.height }];
    }),
  };
}

function columnsFor(count: number, mode: Layout['mode'], slim: number): number {
  const { width, height, gap } = STYLES[mode];
  const columns = Math.round(Math.sqrt((count * (height + gap) * slim) / (width + gap)));
  return Math.min(Math.max(1, count), Math.max(1, columns));
}

function hostSize(
  count: number,
  mode: Layout['mode'],
  slim: number,
): { readonly width: number; readonly height: number } {
  const { width, height, gap, side, top, bottom } = STYLES[mode];
  const columns = columnsFor(count, mode, slim);
  const rows = Math.max(1, Math.ceil(count / columns));
  return {
    width: Math.max(LEAST_HOST_WIDTH, columns * (width + gap) - gap + 2 * side),
    height: rows * (height + gap) - gap + top + bottom,
  };
}

/** Middles of the VMs in the host's box. */
function seats(box: Box, guests: readonly string[], mode: Layout['mode'], slim: number): [string, Point][] {
  const { width, height, gap, top } = STYLES[mode];
  const columns = columnsFor(guests.length, mode, slim);
  const left = box.x - (columns * (width + gap) - gap) / 2;
  return guests.map((id, n) => [
    id,
    {
      x: left + (n % columns) * (width + gap) + width / 2,
      y: box.y - box.height / 2 + top + Math.floor(n / columns) * (height + gap) + height / 2,
    },
  ]);
}

type Size = Omit<Box, 'x' | 'y'>;
type Joined = readonly (readonly [string, string])[];

function* arrangements(
  sizes: readonly Size[],
  aspect: number,
  mode: Layout['mode'],
  joined: Joined,
): Generator<readonly Box[]> {
  const { apart } = STYLES[mode];
  yield inGrid(sizes, aspect, apart);
  if (mode === 'cells' || sizes.length < 3 || sizes.length > MOST_ON_ELLIPSE) return;
  for (const start of STARTS) for (const flat of FLATS) yield onEllipse(sizes, start, flat, apart, joined);
}

/** As many columns as make the picture largest; a last row that is not full is in the middle. */
function inGrid(sizes: readonly Size[], aspect: number, apart: Point): readonly Box[] {
  const cell = {
    width: Math.max(0, ...sizes.map(({ width }) => width)) + apart.x,
    height: Math.max(0, ...sizes.map(({ height }) => height)) + apart.y,
  };
  let best: readonly Box[] = [];
  for (let columns = 1; columns <= sizes.length; columns++) {
    const rows = Math.ceil(sizes.length / columns);
    const inRow = (n: number) => Math.min(columns, sizes.length - Math.floor(n / columns) * columns);
    const boxes = sizes.map((size, n) => ({
      ...size,
      x: ((n % columns) - (inRow(n) - 1) / 2) * cell.width,
      y: (Math.floor(n / columns) - (rows - 1) / 2) * cell.height,
    }));
    if (best.length === 0 || zoomOf(boxes, aspect) > zoomOf(best, aspect)) best = boxes;
  }
  return best;
}

/** Clockwise; just so large that the boxes are apart and no line is hidden, which may not be had. */
function onEllipse(
  sizes: readonly Size[],
  start: number,
  flat: number,
  apart: Point,
  joined: Joined,
): readonly Box[] {
  const directions = sizes.map((_, n) => {
    const angle = start + (2 * Math.PI * n) / sizes.length;
    return { x: Math.sqrt(flat) * Math.cos(angle), y: Math.sin(angle) / Math.sqrt(flat) };
  });
  const boxesAt = (radius: number): Box[] =>
    sizes.map((size, n) => ({
      ...size,
      x: Math.round(radius * (directions[n]?.x ?? 0)),
      y: Math.round(radius * (directions[n]?.y ?? 0)),
    }));
  const radius = leastRadius(sizes, directions, apart);
  for (const larger of LARGER) {
    const boxes = boxesAt(radius * larger);
    if (!hasHiddenLine(boxes, joined)) return boxes;
  }
  return boxesAt(radius);
}

/** Two boxes are apart as soon as they are so in one direction. One pixel more, since places are whole. */
function leastRadius(sizes: readonly Size[], directions: readonly Point[], apart: Point): number {
  let radius = 0;
  for (const [n, one] of sizes.entries())
    for (let m = n + 1; m < sizes.length; m++) {
      const [other, from, to] = [sizes[m] ?? one, directions[n] ?? apart, directions[m] ?? apart];
      const x = ((one.width + other.width) / 2 + apart.x + 1) / Math.abs(from.x - to.x);
      const y = ((one.height + other.height) / 2 + apart.y + 1) / Math.abs(from.y - to.y);
      radius = Math.max(radius, Math.min(x, y));
    }
  return radius;
}

/** A line that passes behind a host which it does not lead to. */
export function hasHiddenLine(boxes: readonly Box[], joined: Joined): boolean {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  return joined.some(([a, b]) => {
    const [from, to] = [byId.get(a), byId.get(b)];
    if (from === undefined || to === undefined) return false;
    return boxes.some((box) => box !== from && box !== to && crosses(from, to, box));
  });
}

/** The line enters the box: it is within its width and within its height at the same time (Liang and Barsky 1984). */
function crosses(from: Point, to: Point, box: Box): boolean {
  let [enters, leaves] = [0, 1];
  for (const [start, way, middle, size] of [
    [from.x, to.x - from.x, box.x, box.width],
    [from.y, to.y - from.y, box.y, box.height],
  ] as const) {
    if (way === 0) {
      if (Math.abs(start - middle) > size / 2) return false;
      continue;
    }
    const ends = [(middle - size / 2 - start) / way, (middle + size / 2 - start) / way];
    enters = Math.max(enters, Math.min(...ends));
    leaves = Math.min(leaves, Math.max(...ends));
  }
  return enters < leaves;
}

/** In a place that is one high. */
function zoomOf(boxes: readonly Box[], aspect: number): number {
  if (boxes.length === 0) return 0;
  const { left, top, right, bottom } = boundsOf(boxes);
  return Math.min(aspect / (right - left), 1 / (bottom - top));
}

export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function boundsOf(boxes: readonly Box[]): Bounds {
  return {
    left: Math.min(...boxes.map(({ x, width }) => x - width / 2)),
    top: Math.min(...boxes.map(({ y, height }) => y - height / 2)),
    right: Math.max(...boxes.map(({ x, width }) => x + width / 2)),
    bottom: Math.max(...boxes.map(({ y, height }) => y + height / 2)),
  };
}

/** Everything to be seen, in the middle, no larger than `mostZoom`. */
export function fitting(
  layout: Layout,
  place: { readonly width: number; readonly height: number },
  margin: number,
  mostZoom: number,
): Viewport {
  if (layout.hosts.length === 0) return { zoom: 1, pan: { x: place.width / 2, y: place.height / 2 } };
  const { left, top, right, bottom } = boundsOf(layout.hosts);
  const zoom = Math.min(
    mostZoom,
    Math.max(1, place.width - 2 * margin) / (right - left),
    Math.max(1, place.height - 2 * margin) / (bottom - top),
  );
  return {
    zoom,
    pan: { x: (place.width - (left + right) * zoom) / 2, y: (place.height - (top + bottom) * zoom) / 2 },
  };
}

export function rendered(point: Point, { zoom, pan }: Viewport): Point {
  return { x: point.x * zoom + pan.x, y: point.y * zoom + pan.y };
}

/** The VM at a rendered point; with `slack`, the nearest of those within so many rendered pixels. */
export function vmAt(layout: Layout, point: Point, viewport: Viewport, slack = 0): string | null {
  const { zoom, pan } = viewport;
  const [x, y] = [(point.x - pan.x) / zoom, (point.y - pan.y) / zoom];
  let [nearest, least] = [null as string | null, slack / zoom];
  for (const vm of layout.vms) {
    const beside = Math.max(0, Math.abs(x - vm.x) - vm.width / 2, Math.abs(y - vm.y) - vm.height / 2);
    if (beside < least || (beside === 0 && least === 0)) [nearest, least] = [vm.id, beside];
    if (beside === 0) break;
  }
  return nearest;
}

export type Direction = 'left' | 'right' | 'up' | 'down';

const STEPS: Readonly<Record<Direction, Point>> = {
  left: { x: -1, y: 0 },
  right: { x: 1, y: 0 },
  up: { x: 0, y: -1 },
  down: { x: 0, y: 1 },
};

/** The VM next to it in that direction; itself where there is none. What stands aside counts as twice as far. */
export function neighbour(layout: Layout, id: string, direction: Direction): string {
  const here = layout.vms.find((vm) => vm.id === id);
  if (here === undefined) return layout.vms[0]?.id ?? id;
  const step = STEPS[direction];
  let [best, least] = [id, Number.POSITIVE_INFINITY];
  for (const vm of layout.vms) {
    const [dx, dy] = [vm.x - here.x, vm.y - here.y];
    const ahead = dx * step.x + dy * step.y;
    const aside = Math.abs(dx * step.y) + Math.abs(dy * step.x);
    if (ahead > 0 && ahead + 2 * aside < least) [best, least] = [vm.id, ahead + 2 * aside];
  }
  return best;
}
