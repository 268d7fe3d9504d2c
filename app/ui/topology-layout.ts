/**
 * Where hosts and VMs stand, by arithmetic alone: the same network, the same picture. Hosts that are few stand on an ellipse, so that no
 * link passes behind a third; many stand in a grid. VMs stand in rows inside of their host.
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

/** `gap` is between VMs; `apart` is between hosts, where the links and what is written on them must fit. */
const STYLES = {
  cards: {
    width: 172,
    height: 66,
    gap: 12,
    side: 14,
    top: 38,
    bottom: 14,
    apart: { x: 130, y: 84 },
    slim: 2.2,
  },
  cells: { width: 18, height: 18, gap: 5, side: 12, top: 34, bottom: 12, apart: { x: 44, y: 36 }, slim: 1.3 },
} as const;
const LEAST_HOST_WIDTH = 150;

/** `aspect`: width by height of where it is to be shown. */
export function layOut(
  hosts: readonly string[],
  vms: readonly { readonly id: string; readonly host: string }[],
  aspect: number,
): Layout {
  const mode = vms.length > MOST_CARDS ? 'cells' : 'cards';
  const style = STYLES[mode];
  const guests = new Map(hosts.map((host) => [host, [] as string[]]));
  for (const { id, host } of vms) guests.get(host)?.push(id);

  const sizes = hosts.map((id) => ({ id, ...hostSize(guests.get(id)?.length ?? 0, mode) }));
  const boxes =
    hosts.length > 2 && hosts.length <= MOST_ON_ELLIPSE && mode === 'cards'
      ? onEllipse(sizes, aspect, style.apart)
      : inGrid(sizes, aspect, style.apart);
  const places = new Map(boxes.flatMap((box) => seats(box, guests.get(box.id) ?? [], mode)));
  return {
    mode,
    hosts: boxes,
    vms: vms.flatMap(({ id }) => {
      const place = places.get(id);
      return place === undefined ? [] : [{ id, ...place, width: style.width, height: style.height }];
    }),
  };
}

/** Boxes a little wider than high. */
function columnsFor(count: number, mode: Layout['mode']): number {
  const { width, height, gap, slim } = STYLES[mode];
  return Math.max(1, Math.round(Math.sqrt((count * (height + gap) * slim) / (width + gap))));
}

function hostSize(count: number, mode: Layout['mode']): { readonly width: number; readonly height: number } {
  const { width, height, gap, side, top, bottom } = STYLES[mode];
  const columns = Math.min(Math.max(1, count), columnsFor(count, mode));
  const rows = Math.max(1, Math.ceil(count / columns));
  return {
    width: Math.max(LEAST_HOST_WIDTH, columns * (width + gap) - gap + 2 * side),
    height: rows * (height + gap) - gap + top + bottom,
  };
}

/** Middles of the VMs in the host's box. */
function seats(box: Box, guests: readonly string[], mode: Layout['mode']): [string, Point][] {
  const { width, height, gap, top } = STYLES[mode];
  const columns = Math.min(Math.max(1, guests.length), columnsFor(guests.length, mode));
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

/** As many columns as make the picture largest. */
function inGrid(sizes: readonly Size[], aspect: number, apart: Point): Box[] {
  const cell = {
    width: Math.max(0, ...sizes.map(({ width }) => width)) + apart.x,
    height: Math.max(0, ...sizes.map(({ height }) => height)) + apart.y,
  };
  const zoomWith = (columns: number) =>
    Math.min(aspect / (columns * cell.width), 1 / (Math.ceil(sizes.length / columns) * cell.height));
  let columns = 1;
  for (let more = 2; more <= sizes.length; more++) if (zoomWith(more) > zoomWith(columns)) columns = more;
  const rows = Math.ceil(sizes.length / columns);
  return sizes.map((size, n) => ({
    ...size,
    x: ((n % columns) - (columns - 1) / 2) * cell.width,
    y: (Math.floor(n / columns) - (rows - 1) / 2) * cell.height,
  }));
}

/** From the left or, where it is high, from the top, clockwise; just so wide that the boxes are apart. */
function onEllipse(sizes: readonly Size[], aspect: number, apart: Point): Box[] {
  const start = aspect < 1 ? -Math.PI / 2 : -Math.PI;
  // The ellipse is flatter than the place, because boxes stand out of it to the sides.
  const flat = Math.min(2, Math.max(0.5, aspect));
  const boxesAt = (radius: number): Box[] =>
    sizes.map((size, n) => {
      const angle = start + (2 * Math.PI * n) / sizes.length;
      return {
        ...size,
        x: Math.round(radius * Math.sqrt(flat) * Math.cos(angle)),
        y: Math.round((radius / Math.sqrt(flat)) * Math.sin(angle)),
      };
    });
  let radius = 0;
  while (hasTwoTooClose(boxesAt(radius), apart)) radius += 10;
  return boxesAt(radius);
}

/** Apart in one direction is apart. */
function hasTwoTooClose(boxes: readonly Box[], apart: Point): boolean {
  return boxes.some((one, n) =>
    boxes.slice(n + 1).some((other) => {
      const x = Math.abs(one.x - other.x) - (one.width + other.width) / 2;
      const y = Math.abs(one.y - other.y) - (one.height + other.height) / 2;
      return x < apart.x && y < apart.y;
    }),
  );
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
