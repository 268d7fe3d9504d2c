/** What the picture of the network says about each VM, link and flow at this look. Draws nothing, and remembers only the last looks. */
import type { LinkLive, VmLive } from '../operation/run.ts';
import type { AssignmentJson, Blueprint, ControlJson, Figures, VmJson, WrittenFields } from './types.ts';
import { figure } from './units.ts';

/** Drops are news for so many looks: three seconds. */
const NEWS = 12;
/** Six seconds of throughput. */
export const TREND = 24;
/** More are not told apart in a picture. */
const MOST_FLOWS = 240;

export interface VmView {
  readonly id: string;
  readonly host: string;
  readonly up: boolean;
  readonly networks: readonly string[];
  /** The one for packets from anywhere; if there is none, the first. */
  readonly assignment: AssignmentJson | undefined;
  readonly fields: WrittenFields | undefined;
  /** Assignments besides that one. */
  readonly others: number;
  readonly throughputBps: number;
  /** Of the last looks, the latest at the end. */
  readonly trend: readonly number[];
  /** In the whole run so far. */
  readonly dropped: number;
  readonly isDropping: boolean;
}

export interface LinkView {
  readonly key: string;
  readonly between: readonly [string, string];
  /** In the order of `between`, and against it; bit/s. */
  readonly loads: readonly [number, number];
  /** Of the fuller direction; null: no limit. */
  readonly utilization: number | null;
  readonly latencyNs: number;
  readonly dropped: number;
  readonly isDropping: boolean;
  readonly up: boolean;
}

export interface FlowView {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly network: string | undefined;
  readonly throughputBps: number;
  readonly isDropping: boolean;
}

export interface View {
  readonly vms: readonly VmView[];
  readonly links: readonly LinkView[];
  readonly flows: readonly FlowView[];
}

export class TopologyModel {
  readonly #blueprint: Blueprint;
  readonly #networks: ReadonlyMap<string, readonly string[]>;
  readonly #flows: readonly { readonly id: string; readonly from: string; readonly to: string }[];
  readonly #drops = new Map<string, { count: number; news: number }>();
  readonly #trends = new Map<string, readonly number[]>();
  #sequence: number | null = null;

  constructor(blueprint: Blueprint) {
    this.#blueprint = blueprint;
    this.#networks = new Map(
      blueprint.vms.map(({ id, interfaces }) => [id, [...new Set(interfaces.map(({ network }) => network))]]),
    );
    const isVm = (id: string) => this.#networks.has(id);
    this.#flows = blueprint.flows
      .filter(({ from, to }) => isVm(from) && isVm(to) && from !== to)
      .slice(0, MOST_FLOWS);
  }

  /** The same figures twice are one look. */
  view(control: ControlJson, figures: Figures | null): View {
    const isNew = figures !== null && figures.sequence !== this.#sequence;
    this.#sequence = figures?.sequence ?? null;
    const fields = new Map(control.personalities.map(({ id, fields }) => [id, fields]));
    const live = new Map(figures?.vms.map((vm) => [vm.id, vm]));
    return {
      vms: this.#vms(control).map((vm) => this.#vm(vm, live.get(vm.id), fields, isNew)),
      links: this.#links(figures?.links ?? [], isNew),
      flows: this.#flowViews(figures, isNew),
    };
  }

  /** Before the API has said anything, VMs are where they start. */
  #vms(control: ControlJson): readonly VmJson[] {
    if (control.vms.length > 0) return control.vms;
    return this.#blueprint.vms.map((vm) => ({ ...vm, up: true, assignments: [] }));
  }

  #vm(
    { id, host, up, assignments }: VmJson,
    live: VmLive | undefined,
    fields: ReadonlyMap<string, WrittenFields>,
    isNew: boolean,
  ): VmView {
    const assignment = assignments.find(({ from }) => from === undefined) ?? assignments[0];
    const dropped = sum(live?.dropped ?? {});
    return {
      id,
      host,
      up,
      networks: this.#networks.get(id) ?? [],
      assignment,
      fields: assignment && fields.get(assignment.personality),
      others: Math.max(0, assignments.length - 1),
      throughputBps: live?.throughputBps ?? 0,
      trend: this.#trend(id, live?.throughputBps ?? 0, isNew),
      dropped,
      isDropping: this.#isNews(`vm ${id}`, dropped, isNew),
    };
  }

  #links(live: readonly LinkLive[], isNew: boolean): LinkView[] {
    const directions = new Map(live.map((link) => [`${link.from}\n${link.to}`, link]));
    const declared = this.#blueprint.links.map(({ between, latencyNs }) => ({ between, latencyNs }));
    const known = new Set(declared.flatMap(({ between: [a, b] }) => [`${a}\n${b}`, `${b}\n${a}`]));
    // Links of the mesh are nobody's, and are shown once they carry something.
    const others = live
      .filter(({ from, to }) => from < to && !known.has(`${from}\n${to}`))
      .filter(({ from, to, bytes }) => bytes + (directions.get(`${to}\n${from}`)?.bytes ?? 0) > 0)
      .map(({ from, to }) => ({ between: [from, to] as const, latencyNs: 0 }));
    return [...declared, ...others].map(({ between: [a, b], latencyNs }) => {
      const [there, back] = [directions.get(`${a}\n${b}`), directions.get(`${b}\n${a}`)];
      const dropped = (there?.dropped ?? 0) + (back?.dropped ?? 0);
      const utilizations = [there?.utilization, back?.utilization].filter(
        (share) => typeof share === 'number',
      );
      const key = `${a}\n${b}`;
      return {
        key,
        between: [a, b],
        loads: [there?.loadBps ?? 0, back?.loadBps ?? 0],
        utilization: utilizations.length === 0 ? null : Math.max(...utilizations),
        latencyNs,
        dropped,
        isDropping: this.#isNews(`link ${key}`, dropped, isNew),
        up: (there?.up ?? true) && (back?.up ?? true),
      };
    });
  }

  #flowViews(figures: Figures | null, isNew: boolean): FlowView[] {
    const live = new Map(figures?.flows.map((flow) => [flow.id, flow]));
    return this.#flows.map(({ id, from, to }) => {
      const networks = this.#networks.get(to) ?? [];
      return {
        id,
        from,
        to,
        network: this.#networks.get(from)?.find((network) => networks.includes(network)) ?? networks[0],
        throughputBps: live.get(id)?.throughputBps ?? 0,
        isDropping: this.#isNews(`flow ${id}`, sum(live.get(id)?.dropped ?? {}), isNew),
      };
    });
  }

  #trend(id: string, throughputBps: number, isNew: boolean): readonly number[] {
    const before = this.#trends.get(id) ?? [];
    if (!isNew) return before;
    const trend = [...before.slice(1 - TREND), throughputBps];
    this.#trends.set(id, trend);
    return trend;
  }

  #isNews(key: string, count: number, isNew: boolean): boolean {
    const known = this.#drops.get(key);
    if (known === undefined) {
      // Before the first look nobody knows when it was.
      this.#drops.set(key, { count, news: 0 });
      return false;
    }
    if (isNew) known.news = count > known.count ? NEWS : Math.max(0, known.news - 1);
    known.count = count;
    return known.news > 0;
  }
}

const sum = (dropped: Readonly<Partial<Record<string, number>>>): number =>
  Object.values(dropped).reduce<number>((all, some) => all + (some ?? 0), 0);

/** `server on us, personality transatlantic, 4 Mbit/s, 12 drops`. */
export function wordsOf({ id, host, up, assignment, others, throughputBps, dropped }: VmView): string {
  const more = others === 0 ? '' : ` and ${others} more`;
  const personality =
    assignment === undefined ? 'no personality' : `personality ${assignment.personality}${more}`;
  const state = up ? figure('rate', throughputBps) : 'off';
  return `${id} on ${host}, ${personality}, ${state}, ${dropped} ${dropped === 1 ? 'drop' : 'drops'}`;
}

/** From 0 (nothing) to 4 (10 Mbit/s or more), by factors of ten. */
export function levelOf(bps: number): number {
  if (bps <= 0) return 0;
  return bps < 1e5 ? 1 : bps < 1e6 ? 2 : bps < 1e7 ? 3 : 4;
}

/** Width of a line in pixels: 1 for nothing, and for a kilobit a second; 1.2 more for each factor of ten. */
export const widthOf = (bps: number): number =>
  bps <= 1000 ? 1 : Math.min(9, Math.round((1 + 1.2 * Math.log10(bps / 1000)) * 10) / 10);

/** What is written on a link, in lines; `arrows` point along `between` and against it. */
export function linkLabel(link: LinkView, arrows: readonly [string, string]): string {
  if (!link.up) return 'down';
  const loads = link.loads.flatMap((bps, n) => (bps > 0 ? [`${arrows[n]} ${figure('rate', bps)}`] : []));
  const state = [
    ...(link.latencyNs > 0 ? [figure('duration', link.latencyNs)] : []),
    ...(link.utilization !== null ? [`${Math.round(link.utilization * 100)} % full`] : []),
  ];
  const lost = link.dropped > 0 ? [`${link.dropped} lost`] : [];
  return [...loads, state.join(', '), ...lost].filter((line) => line !== '').join('\n');
}
