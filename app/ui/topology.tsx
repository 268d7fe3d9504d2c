/**
 * The network as a picture: hosts with their VMs, links with their load, who talks to whom. The canvas below takes the pointer; the list
 * above it takes the keyboard, and is what a screen reader reads.
 */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { coloursOf, onThemeChange } from './chart-theme.ts';
import { useThrottled } from './chart-throttle.ts';
import { type Selection, WHOLE_RUN } from './selection.ts';
import { VmCard } from './topology-card.tsx';
import { Graph, type Tapped } from './topology-graph.ts';
import { type Direction, type Layout, layOut, neighbour, vmAt } from './topology-layout.ts';
import { Legend } from './topology-legend.tsx';
import { TopologyModel, type View, wordsOf } from './topology-model.ts';
import { type Blueprint, type ControlJson, DRAG_TYPE, type Figures, type PersonalityName } from './types.ts';

export interface TopologyProps {
  readonly blueprint: Blueprint;
  readonly control: ControlJson;
  /** With all rows. */
  readonly figures: Figures | null;
  readonly selected: Selection;
  readonly onSelect: (selection: Selection) => void;
  readonly onDropPersonality: (vm: string, name: PersonalityName) => void;
  readonly onOpenAssign: (vm: string) => void;
}

const REDRAW_MS = 250;
/** A finger or a pointer may miss a VM by so many pixels when it drops something. */
const SLACK = 8;
/** From here on, cards say less in larger letters. */
const FAR = 0.7;
const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

export function Topology(props: TopologyProps) {
  const { blueprint, control, selected, onSelect, onOpenAssign } = props;
  const figures = useThrottled(props.figures, REDRAW_MS);
  const stage = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const shape = useShape(stage);
  const networks = useMemo(() => blueprint.networks.map(({ id }) => id), [blueprint]);
  const model = useMemo(() => new TopologyModel(blueprint), [blueprint]);
  const view = useMemo(() => model.view(control, figures), [model, control, figures]);
  const homes = view.vms.map(({ id, host }) => `${id}\n${host}`).join('\n');
  const layout = useMemo(
    () => layOut(blueprint.hosts, view.vms, shape, joinedHosts(view)),
    [blueprint, homes, shape],
  );

  const [target, setTarget] = useState<string | null>(null);
  const [reached, setReached] = useState<string | null>(null);
  const active = activeVm(layout, reached, selected);
  const choose = (tapped: Tapped) => {
    onSelect(selectionOf(tapped));
    if (tapped?.kind === 'vm') setReached(tapped.id);
    list.current?.focus({ preventScroll: true });
  };
  const graph = useGraph({ stage, list, networks, layout, view, selected, target, choose });

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || active === null) return;
    const direction = ARROWS[event.key];
    const next = direction && neighbour(layout, active, direction);
    const first = layout.vms[0]?.id;
    const last = layout.vms.at(-1)?.id;
    const goal = next ?? { Home: first, End: last }[event.key];
    if (goal !== undefined) {
      setReached(goal);
      graph.current?.reveal(goal);
    } else if (event.key === 'Enter' || event.key === ' ') onSelect({ kind: 'vm', id: active });
    else if (event.key === 'p') onOpenAssign(active);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const shown = layout.mode === 'cards' ? view.vms : view.vms.filter(({ id }) => id === active);
  const places = new Map(layout.vms.map((vm, n) => [vm.id, { ...vm, n }]));
  return (
    <div class={`topology-view is-${layout.mode}`}>
      <div class="topology-stage" ref={stage} {...useDrop(props, stage, graph, layout, setTarget)}>
        <div class="topology-canvas" aria-hidden="true" />
        <div
          class="topology-list"
          ref={list}
          role="listbox"
          tabIndex={0}
          aria-label="VMs in the network: arrow keys move, Enter selects, p gives a personality"
          aria-activedescendant={active === null ? undefined : optionId(active)}
          onKeyDown={onKeyDown}
        >
          <div class="topology-layer">
            {shown.map((vm) => {
              const place = places.get(vm.id);
              if (place === undefined) return null;
              const isSelected = selected.kind === 'vm' && selected.id === vm.id;
              const classes = [
                'topology-vm',
                ...(vm.id === active ? ['is-active'] : []),
                ...(vm.id === target ? ['is-target'] : []),
                ...(vm.up ? [] : ['is-off']),
                ...(vm.isDropping ? ['is-dropping'] : []),
              ];
              return (
                <div
                  key={vm.id}
                  id={optionId(vm.id)}
                  class={classes.join(' ')}
                  role="option"
                  tabIndex={-1}
                  aria-selected={isSelected}
                  aria-label={wordsOf(vm)}
                  aria-posinset={place.n + 1}
                  aria-setsize={layout.vms.length}
                  style={{
                    left: `${place.x - place.width / 2}px`,
                    top: `${place.y - place.height / 2}px`,
                    width: `${place.width}px`,
                    height: `${place.height}px`,
                  }}
                >
                  {layout.mode === 'cards' ? <VmCard vm={vm} networks={networks} /> : <b>{vm.id}</b>}
                </div>
              );
            })}
          </div>
        </div>
      </div>
      <div class="topology-foot">
        <Legend networks={blueprint.networks} mode={layout.mode} hasLinks={view.links.length > 0} />
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would want a legend that can be seen. */}
        <div class="topology-tools" role="group" aria-label="View">
          <button
            type="button"
            aria-label="Zoom in"
            title="Zoom in"
            onClick={() => graph.current?.zoomBy(1.3)}
          >
            +
          </button>
          <button
            type="button"
            aria-label="Zoom out"
            title="Zoom out"
            onClick={() => graph.current?.zoomBy(1 / 1.3)}
          >
            {'\u2013'}
          </button>
          <button
            type="button"
            aria-label="Show everything"
            title="Show everything"
            onClick={() => graph.current?.fit()}
          >
            <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
              <path
                d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"
                fill="none"
                stroke="currentColor"
                stroke-width="1.6"
              />
            </svg>
          </button>
        </div>
      </div>
    </div>
  );
}

const optionId = (vm: string): string => `topology-${encodeURIComponent(vm)}`;

function selectionOf(tapped: Tapped): Selection {
  if (tapped === null) return WHOLE_RUN;
  if (tapped.kind !== 'link') return { kind: tapped.kind, id: tapped.id };
  const [from = '', to = ''] = tapped.id.split('\n');
  return { kind: 'link', from, to };
}

/** Hosts that have a link, or VMs that talk to each other. */
function joinedHosts({ vms, links, flows }: View): readonly (readonly [string, string])[] {
  const homes = new Map(vms.map(({ id, host }) => [id, host]));
  const talks = flows.map(({ from, to }) => [homes.get(from) ?? '', homes.get(to) ?? ''] as const);
  const pairs = [...links.map(({ between }) => between), ...talks].filter(([a, b]) => a !== b);
  return [...new Map(pairs.map(([a, b]) => [[a, b].sort().join('\n'), [a, b] as const])).values()];
}

function activeVm(layout: Layout, reached: string | null, selected: Selection): string | null {
  const isThere = (id: string | null) => layout.vms.some((vm) => vm.id === id);
  if (isThere(reached)) return reached;
  return selected.kind === 'vm' && isThere(selected.id) ? selected.id : (layout.vms[0]?.id ?? null);
}

/** Width by height of the place, in steps, so that a small change does not rearrange everything. */
function useShape(stage: { readonly current: HTMLElement | null }): number {
  const [shape, setShape] = useState(1.6);
  useLayoutEffect(() => {
    const element = stage.current;
    if (element === null) return;
    const measure = () => {
      const { clientWidth, clientHeight } = element;
      if (clientWidth > 0 && clientHeight > 0)
        setShape(Math.max(0.4, Math.round((clientWidth / clientHeight) * 5) / 5));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return shape;
}

interface GraphUse {
  readonly stage: { readonly current: HTMLDivElement | null };
  readonly list: { readonly current: HTMLDivElement | null };
  readonly networks: readonly string[];
  readonly layout: Layout;
  readonly view: View;
  readonly selected: Selection;
  readonly target: string | null;
  readonly choose: (tapped: Tapped) => void;
}

function useGraph({ stage, list, networks, layout, view, selected, target, choose }: GraphUse) {
  const graph = useRef<Graph | null>(null);
  const isMoved = useRef(false);
  const latest = useRef({ choose, view });
  latest.current = { choose, view };

  useLayoutEffect(() => {
    const place = stage.current;
    const canvas = place?.querySelector<HTMLElement>('.topology-canvas');
    const layer = list.current?.querySelector<HTMLElement>('.topology-layer');
    if (!place || !canvas || !layer) return;
    const made = new Graph(canvas, networks, coloursOf(place), {
      onTap: (tapped) => latest.current.choose(tapped),
      wordsOf: (tapped) => tappedWords(latest.current.view, tapped),
      onViewport: ({ zoom, pan }, moved) => {
        isMoved.current = moved;
        layer.style.transform = `translate(${pan.x}px, ${pan.y}px) scale(${zoom})`;
        layer.style.setProperty('--per-zoom', String(1 / zoom));
        layer.classList.toggle('is-far', zoom < FAR);
      },
    });
    graph.current = made;
    const endTheme = onThemeChange(() => {
      made.paint(coloursOf(place));
      made.update(latest.current.view);
    });
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(canvas);
    const endScrolling = letScroll(place, () => isMoved.current);
    return () => {
      endTheme();
      endScrolling();
      observer.disconnect();
      made.destroy();
      graph.current = null;
    };
  }, [networks]);

  useLayoutEffect(() => graph.current?.build(layout, latest.current.view), [networks, layout]);
  useEffect(() => graph.current?.update(view), [view]);
  useEffect(() => {
    graph.current?.mark({
      vm: selected.kind === 'vm' ? selected.id : null,
      flow: selected.kind === 'flow' ? selected.id : null,
      link: selected.kind === 'link' ? linkKeyIn(view, selected) : null,
      target,
    });
  }, [selected, target, layout]);
  return graph;
}

function tappedWords({ vms }: View, { kind, id }: NonNullable<Tapped>): string {
  const vm = kind === 'vm' ? vms.find((each) => each.id === id) : undefined;
  if (vm !== undefined) return wordsOf(vm);
  return `${kind} ${id.replace('\n', ' \u2013 ')}`;
}

function linkKeyIn(
  { links }: View,
  { from, to }: { readonly from: string; readonly to: string },
): string | null {
  const isIt = ({ between: [a, b] }: View['links'][number]) =>
    (a === from && b === to) || (a === to && b === from);
  return links.find(isIt)?.key ?? null;
}

/** The wheel and one finger scroll the page, as everywhere, unless the picture has been zoomed into or Ctrl is held. */
function letScroll(place: HTMLElement, isMoved: () => boolean): () => void {
  const onWheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  };
  const onTouchMove = (event: TouchEvent) => {
    if (event.touches.length === 1 && !isMoved()) event.stopPropagation();
  };
  place.addEventListener('wheel', onWheel, { capture: true });
  place.addEventListener('touchmove', onTouchMove, { capture: true, passive: true });
  return () => {
    place.removeEventListener('wheel', onWheel, { capture: true });
    place.removeEventListener('touchmove', onTouchMove, { capture: true });
  };
}

/** Personalities that are dragged over VMs. */
function useDrop(
  { onDropPersonality }: TopologyProps,
  stage: { readonly current: HTMLElement | null },
  graph: { readonly current: Graph | null },
  layout: Layout,
  setTarget: (vm: string | null) => void,
) {
  const under = ({ clientX, clientY }: DragEvent): string | null => {
    const place = stage.current?.getBoundingClientRect();
    if (place === undefined || graph.current === null) return null;
    const point = { x: clientX - place.left, y: clientY - place.top };
    return vmAt(layout, point, graph.current.viewport, SLACK);
  };
  return {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes(DRAG_TYPE)) return;
      const vm = under(event);
      setTarget(vm);
      if (vm === null) return;
      event.dataTransfer.dropEffect = 'copy';
      event.preventDefault();
    },
    onDragLeave: () => setTarget(null),
    onDrop: (event: DragEvent) => {
      setTarget(null);
      const name = readName(event.dataTransfer?.getData(DRAG_TYPE) ?? '');
      const vm = under(event);
      if (name === null || vm === null) return;
      event.preventDefault();
      onDropPersonality(vm, name);
    },
  };
}

/** What is dragged may come from another page, and is what it likes. */
function readName(text: string): PersonalityName | null {
  try {
    const { personality, preset } = JSON.parse(text) as Record<string, unknown>;
    if (typeof personality === 'string') return { personality };
    return typeof preset === 'string' ? { preset } : null;
  } catch {
    // Not JSON: not ours.
    return null;
  }
}
