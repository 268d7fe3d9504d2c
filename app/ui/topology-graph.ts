/** The canvas under the cards: hosts, links, flows, and VMs where they are too many for cards. Told what to show; decides nothing. */
import cytoscape, { type Core, type ElementDefinition, type StylesheetJson } from 'cytoscape';
import type { Colours } from './chart-theme.ts';
import { type Bounds, fitting, type Layout, rendered, type Viewport } from './topology-layout.ts';
import { type FlowView, type LinkView, levelOf, linkLabel, type View, widthOf } from './topology-model.ts';
import { figure } from './units.ts';

/** What was tapped; null: nothing. */
export type Tapped = { readonly kind: 'vm' | 'flow' | 'link'; readonly id: string } | null;

export interface GraphEvents {
  readonly onTap: (tapped: Tapped) => void;
  /** What the pointer is told about what it is over. */
  readonly wordsOf: (tapped: NonNullable<Tapped>) => string;
  /** Before the next frame. `isMoved`: not by us. */
  readonly onViewport: (viewport: Viewport, isMoved: boolean) => void;
}

export interface Marks {
  readonly vm: string | null;
  readonly flow: string | null;
  /** Key of a {@link LinkView}. */
  readonly link: string | null;
  readonly target: string | null;
}

const NETWORKS = 6;
const MARGIN = 14;
const MOST_ZOOM = 1.15;
/** The library adds a style element unless one has this id; the content security policy would refuse it. */
const STYLE_ID = '__________cytoscape_stylesheet';

/** Name of the custom property with the colour of the n-th network. */
export const networkColour = (index: number): string => `series-${(Math.max(0, index) % NETWORKS) + 1}`;

export class Graph {
  readonly #cy: Core;
  readonly #networks: readonly string[];
  #layout: Layout = { mode: 'cards', hosts: [], vms: [] };
  #colours: Colours;
  #isFitting = false;
  #isMoved = false;

  constructor(container: HTMLElement, networks: readonly string[], colours: Colours, events: GraphEvents) {
    if (document.getElementById(STYLE_ID) === null) {
      const placeholder = document.createElement('meta');
      placeholder.id = STYLE_ID;
      document.head.append(placeholder);
    }
    this.#networks = networks;
    this.#colours = colours;
    this.#cy = cytoscape({
      container,
      autoungrabify: true,
      autounselectify: true,
      boxSelectionEnabled: false,
      minZoom: 0.05,
      maxZoom: 3,
      style: [],
    });
    this.#cy.on('tap', ({ target }) => {
      if (target === this.#cy) events.onTap(null);
      else if (target.data('kind') !== 'host')
        events.onTap({ kind: target.data('kind'), id: target.data('of') });
    });
    this.#cy.on('viewport', () => {
      this.#isMoved ||= !this.#isFitting;
      events.onViewport(this.viewport, this.#isMoved);
    });
    this.#cy.on('mouseover', 'node.vm, edge', ({ target }) => {
      container.classList.add('is-over');
      container.title = events.wordsOf({ kind: target.data('kind'), id: target.data('of') });
    });
    this.#cy.on('mouseout', 'node.vm, edge', () => {
      container.classList.remove('is-over');
      container.title = '';
    });
  }

  get viewport(): Viewport {
    return { zoom: this.#cy.zoom(), pan: { ...this.#cy.pan() } };
  }

  /** Everything anew; the view is fitted. */
  build(layout: Layout, view: View): void {
    this.#layout = layout;
    this.#cy.batch(() => {
      this.#cy.elements().remove();
      this.#cy.add([
        ...layout.hosts.map((host) =>
          element('host', host.id, host, { width: host.width, height: host.height }),
        ),
        ...layout.vms.map((vm) => element('vm', vm.id, vm, { width: vm.width, height: vm.height })),
        ...view.links.flatMap((link) => this.#linkElement(link)),
        ...(layout.mode === 'cells' ? [] : view.flows.flatMap((flow) => this.#flowElement(flow))),
      ]);
    });
    this.paint(this.#colours);
    this.update(view);
    this.fit();
  }

  /** Only what has changed is drawn again. */
  update(view: View): void {
    const { mode } = this.#layout;
    this.#cy.batch(() => {
      for (const vm of mode === 'cells' ? view.vms : []) {
        const classes = ['vm', 'cell', `level-${levelOf(vm.throughputBps)}`];
        if (!vm.up) classes.push('off');
        else if (vm.isDropping) classes.push('dropping');
        this.#set(`vm ${vm.id}`, { network: this.#colourOf(vm.networks[0]) }, classes);
      }
      for (const [host, words] of hostWords(view, mode))
        this.#set(`host ${host}`, { label: `${host}${words}` }, ['host']);
      for (const link of view.links) {
        if (this.#cy.getElementById(`link ${link.key}`).empty()) this.#cy.add(this.#linkElement(link));
        this.#set(`link ${link.key}`, this.#linkData(link), ['link', linkClass(link)]);
      }
      for (const flow of mode === 'cells' ? [] : view.flows) {
        const state = flow.throughputBps > 0 ? 'active' : 'idle';
        const data = { width: widthOf(flow.throughputBps), colour: this.#colourOf(flow.network) };
        this.#set(`flow ${flow.id}`, data, ['flow', flow.isDropping ? 'dropping' : state]);
      }
    });
  }

  mark({ vm, flow, link, target }: Marks): void {
    this.#cy.batch(() => {
      this.#cy.elements('.selected, .target, .aside').removeClass('selected target aside');
      for (const id of [`vm ${vm}`, `flow ${flow}`, `link ${link}`])
        this.#cy.getElementById(id).addClass('selected');
      this.#cy.getElementById(`vm ${target}`).addClass('target');
      const selected = this.#cy.elements('.selected');
      if (vm !== null) this.#cy.edges('.flow').difference(selected.connectedEdges()).addClass('aside');
      if (flow !== null) this.#cy.edges('.flow').difference(selected).addClass('aside');
    });
  }

  paint(colours: Colours): void {
    this.#colours = colours;
    this.#cy.style(sheet(colours, this.#layout.mode));
  }

  /** After the place has got another size. */
  resize(): void {
    this.#quietly(() => this.#cy.resize());
    if (!this.#isMoved) this.fit();
  }

  fit(): void {
    this.#isMoved = false;
    const place = { width: this.#cy.width(), height: this.#cy.height() };
    this.#quietly(() => this.#cy.viewport(fitted(this.#layout, place)));
  }

  /** About the middle. */
  zoomBy(factor: number): void {
    this.#cy.zoom({
      level: this.#cy.zoom() * factor,
      renderedPosition: { x: this.#cy.width() / 2, y: this.#cy.height() / 2 },
    });
  }

  /** Moves just so far that the VM is in sight. */
  reveal(id: string): void {
    const vm = this.#layout.vms.find((each) => each.id === id);
    if (vm === undefined) return;
    const { viewport } = this;
    const { x, y } = rendered(vm, viewport);
    const [beside, above] = [
      (vm.width / 2) * viewport.zoom + MARGIN,
      (vm.height / 2) * viewport.zoom + MARGIN,
    ];
    const box: Bounds = { left: x - beside, right: x + beside, top: y - above, bottom: y + above };
    const by = {
      x: Math.max(0, -box.left) - Math.max(0, box.right - this.#cy.width()),
      y: Math.max(0, -box.top) - Math.max(0, box.bottom - this.#cy.height()),
    };
    if (by.x !== 0 || by.y !== 0) this.#cy.panBy(by);
  }

  destroy(): void {
    this.#cy.destroy();
  }

  #quietly(move: () => void): void {
    this.#isFitting = true;
    move();
    this.#isFitting = false;
  }

  #set(id: string, data: Readonly<Record<string, string | number>>, classes: readonly string[]): void {
    const found = this.#cy.getElementById(id);
    for (const [name, value] of Object.entries(data)) if (found.data(name) !== value) found.data(name, value);
    const kept = ['selected', 'target', 'aside'].filter((name) => found.hasClass(name));
    const wanted = [...classes, ...kept];
    if (wanted.some((name) => !found.hasClass(name)) || found.classes().length !== wanted.length)
      found.classes(wanted);
  }

  #colourOf(network: string | undefined): string {
    return this.#colours(networkColour(this.#networks.indexOf(network ?? '')));
  }

  #linkElement(link: LinkView): ElementDefinition[] {
    const [a, b] = link.between;
    return joined('link', link.key, `host ${a}`, `host ${b}`, this.#linkData(link));
  }

  #linkData(link: LinkView) {
    const [a, b] = link.between.map((id) => this.#layout.hosts.find((host) => host.id === id));
    const [dx, dy] = [(b?.x ?? 0) - (a?.x ?? 0), (b?.y ?? 0) - (a?.y ?? 0)];
    const isFlat = Math.abs(dx) >= Math.abs(dy);
    const [there, back] = isFlat ? ['\u2192', '\u2190'] : ['\u2193', '\u2191'];
    const isTurned = isFlat ? dx < 0 : dy < 0;
    return {
      width: 1.5 + widthOf(Math.max(...link.loads)),
      label: linkLabel(link, isTurned ? [back, there] : [there, back]),
    };
  }

  #flowElement(flow: FlowView): ElementDefinition[] {
    const data = { width: widthOf(flow.throughputBps), colour: this.#colourOf(flow.network) };
    return joined('flow', flow.id, `vm ${flow.from}`, `vm ${flow.to}`, data);
  }
}

type Data = Readonly<Record<string, string | number>>;

function element(
  kind: 'host' | 'vm',
  of: string,
  { x, y }: { x: number; y: number },
  data: Data,
): ElementDefinition {
  return {
    group: 'nodes',
    classes: kind,
    position: { x, y },
    data: { id: `${kind} ${of}`, kind, of, label: of, network: 'gray', ...data },
  };
}

function joined(
  kind: 'link' | 'flow',
  of: string,
  source: string,
  target: string,
  data: Data,
): ElementDefinition[] {
  return [
    { group: 'edges', classes: kind, data: { id: `${kind} ${of}`, kind, of, source, target, ...data } },
  ];
}

const fitted = (layout: Layout, place: { readonly width: number; readonly height: number }): Viewport =>
  fitting(layout, place, MARGIN, MOST_ZOOM);

function linkClass({ up, isDropping, utilization, loads }: LinkView): string {
  if (!up) return 'down';
  if (isDropping) return 'lossy';
  if (utilization !== null && utilization >= 0.8) return 'full';
  return loads.some((bps) => bps > 0) ? 'active' : 'idle';
}

/** What stands beside the names of hosts: how many VMs and, where they have no cards, what arrives at all of them. */
function hostWords({ vms }: View, mode: Layout['mode']): ReadonlyMap<string, string> {
  const hosts = new Map<string, { count: number; throughputBps: number }>();
  for (const { host, throughputBps } of vms) {
    const sums = hosts.get(host) ?? { count: 0, throughputBps: 0 };
    hosts.set(host, { count: sums.count + 1, throughputBps: sums.throughputBps + throughputBps });
  }
  const wordsOf = ({ count, throughputBps }: { count: number; throughputBps: number }) =>
    mode === 'cards'
      ? `  \u00b7  ${count} ${count === 1 ? 'VM' : 'VMs'}`
      : `  \u00b7  ${count}  \u00b7  ${figure('rate', throughputBps)}`;
  return new Map([...hosts].map(([host, sums]) => [host, wordsOf(sums)]));
}

/** So much of the one, the rest of the other: `rgb(…)`. */
function mixed(one: string, other: string, share: number): string {
  const channels = [one, other].map((colour) => (colour.match(/\d+/g) ?? []).map(Number));
  return `rgb(${[0, 1, 2].map((n) => Math.round((channels[0]?.[n] ?? 0) * share + (channels[1]?.[n] ?? 0) * (1 - share))).join(', ')})`;
}

/** Dash patterns say what colours say, for those who see no colours: whole lines work, dashes lose, dots are down. */
export const DASHES = { lossy: [10, 5], down: [2, 6], flow: [6, 3] } as const;

function sheet(colour: Colours, mode: Layout['mode']): StylesheetJson {
  const fontFamily = getComputedStyle(document.body).fontFamily || 'sans-serif';
  const dashes = (pattern: readonly number[]) =>
    ({ 'line-style': 'dashed', 'line-dash-pattern': [...pattern] }) as const;
  return [
    {
      selector: 'node.host',
      style: {
        shape: 'round-rectangle',
        width: 'data(width)',
        height: 'data(height)',
        'corner-radius': '14',
        'background-color': colour('sunken'),
        'background-opacity': 0.75,
        'border-width': 1,
        'border-color': colour('line-strong', 1),
        'border-opacity': 0.55,
        label: 'data(label)',
        color: colour('ink'),
        'font-family': fontFamily,
        'font-size': 13,
        'font-weight': 600,
        'text-valign': 'top',
        'text-margin-y': 23,
        'z-compound-depth': 'bottom',
        'overlay-opacity': 0,
      },
    },
    {
      selector: 'node.vm',
      style: {
        shape: 'round-rectangle',
        width: 'data(width)',
        height: 'data(height)',
        // The card is drawn above it.
        'background-opacity': 0,
        'overlay-opacity': 0,
      },
    },
    {
      selector: 'node.cell',
      style: {
        shape: 'round-rectangle',
        'corner-radius': '4',
        'border-width': 2,
        'border-color': 'data(network)',
        // Above the links, which pass behind it.
        'z-compound-depth': 'top',
      },
    },
    // Opaque, so that links behind do not show through.
    ...[0.04, 0.28, 0.5, 0.75, 1].map((share, level) => ({
      selector: `node.level-${level}`,
      style: {
        'background-color': mixed(colour('accent'), colour('raised'), share),
        'background-opacity': 1,
      },
    })),
    {
      selector: 'node.cell.dropping',
      style: {
        shape: 'diamond',
        'background-color': colour('bad'),
        'background-opacity': 1,
        'border-width': 0,
      },
    },
    {
      selector: 'node.cell.off',
      style: { 'background-opacity': 0, 'border-style': 'dashed', 'border-color': colour('muted') },
    },
    {
      selector: 'node.cell.selected',
      style: { 'outline-width': 3, 'outline-color': colour('ink'), 'outline-offset': 2 },
    },
    {
      selector: 'node.cell.target',
      style: { 'outline-width': 4, 'outline-color': colour('accent'), 'outline-offset': 2 },
    },
    {
      selector: 'edge',
      style: {
        width: 'data(width)',
        'curve-style': 'bezier',
        'overlay-opacity': 0,
        'font-family': fontFamily,
      },
    },
    {
      selector: 'edge.link',
      style: {
        'curve-style': 'straight',
        'line-color': colour('line-strong'),
        'line-cap': 'round',
        label: mode === 'cards' ? 'data(label)' : '',
        'text-wrap': 'wrap',
        color: colour('ink'),
        'font-size': 11.5,
        // Smaller letters are noise: the lists have the figures, too.
        'min-zoomed-font-size': 7,
        'text-background-color': colour('surface'),
        'text-background-opacity': 0.92,
        'text-background-shape': 'roundrectangle',
        'text-background-padding': '4px',
        'z-index': 2,
      },
    },
    { selector: 'edge.link.active', style: { 'line-color': colour('accent') } },
    { selector: 'edge.link.full', style: { 'line-color': colour('bar-some') } },
    {
      selector: 'edge.link.lossy',
      style: { 'line-color': colour('bar-much'), 'line-cap': 'butt', ...dashes(DASHES.lossy) },
    },
    {
      selector: 'edge.link.down',
      style: { 'line-color': colour('bad'), color: colour('bad'), width: 3, ...dashes(DASHES.down) },
    },
    {
      selector: 'edge.flow',
      style: {
        'curve-style': 'unbundled-bezier',
        'control-point-distances': [34],
        'control-point-weights': [0.5],
        'line-color': 'data(colour)',
        'target-arrow-color': 'data(colour)',
        'target-arrow-shape': 'triangle',
        'arrow-scale': 0.8,
        opacity: 0.7,
        'z-index': 1,
      },
    },
    { selector: 'edge.flow.idle', style: { opacity: 0.28 } },
    { selector: 'edge.flow.dropping', style: dashes(DASHES.flow) },
    { selector: 'edge.flow.aside', style: { opacity: 0.12 } },
    {
      selector: 'edge.selected',
      style: {
        opacity: 1,
        'underlay-color': colour('accent'),
        'underlay-opacity': 0.3,
        'underlay-padding': 5,
      },
    },
  ] as StylesheetJson;
}
