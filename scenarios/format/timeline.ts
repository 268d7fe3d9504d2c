/** The timeline: commands and events, each at its instant, with ramps unfolded into updates. */
import type { Nanos } from '../../engine/index.ts';
import type { Command, Profile, Scope, TimelineEntry, WorldAction } from '../../sim/index.ts';
import { type Findings, show, words } from './findings.ts';
import { linkKey, readHostPair } from './hosts.ts';
import { vmNames, vmsNamed } from './machines.ts';
import type { Path } from './path.ts';
import { pathText } from './path.ts';
import type { Personalities } from './personalities.ts';
import { type Places, prefixOf } from './places.ts';
import { MOST_RAMPS, RampStarts, readRamp, type Schedule } from './ramp.ts';
import { amount, flag, isMapping, isOn, list, mapping, type Raw, text, texts } from './raw.ts';
import { ACTIONS } from './schema/timeline.ts';
import { unfoldSeries } from './series-uses.ts';

export interface TimelineContext {
  readonly places: Places;
  readonly personalities: Personalities;
  /** The end is far away, and nobody expects to see it. */
  readonly isOpenEnded: boolean;
  readonly findings: Findings;
  /** Ids of traffic. */
  readonly flows: ReadonlySet<string>;
  readonly mesh: boolean;
  /** Of the run, as it is written. */
  readonly duration: Nanos;
  /** When the run ends. */
  readonly end: Nanos;
  /** Actions that are impossible at their instant are skipped: that they would be is no problem of the file. */
  readonly skips: boolean;
}

export function readTimeline(document: Raw, context: TimelineContext): readonly TimelineEntry[] {
  const raws = list(document['timeline']).map(mapping);
  const schedules = raws.map((raw, index) => readSchedule(raw, ['timeline', index], context));
  raws.forEach((raw, index) => {
    noteCreated(raw, schedules[index]?.at ?? 0, context);
    noteDeleted(raw, context);
  });
  const partitions = context.skips ? null : new Set(raws.flatMap((raw) => actionsIn(raw)).map(partitionId));
  const starts = new RampStarts(raws, schedules, context.personalities);
  const entries: TimelineEntry[] = [];
  let ramps = 0;
  raws.forEach((raw, index) => {
    const at: Path = ['timeline', index];
    const schedule = schedules[index] ?? { at: 0 };
    const path = pathText(at);
    if (raw['ramp'] !== undefined) {
      ramps++;
      if (ramps > MOST_RAMPS)
        context.findings.add(at, words(`more than ${MOST_RAMPS} ramps`), `at most ${MOST_RAMPS} ramps`);
      const updates = ramps > MOST_RAMPS ? [] : readRamp(raw, at, schedule, starts.of(index), context);
      entries.push(...updates.map(({ after, command }) => delayed(schedule, after, [command], path)));
      return;
    }
    const reader = new ActionReader(context, partitions, schedule.at, index);
    const isBatch = raw['batch'] !== undefined;
    const actions = isBatch
      ? list(raw['batch']).flatMap((item, n) => reader.read(mapping(item), [...at, 'batch', n], n))
      : reader.read(raw, at, 0);
    if (actions.length > 0) entries.push({ ...schedule, actions, path });
  });
  return [...entries, ...unfoldSeries(context.personalities.series, raws, schedules, context)];
}

function delayed(schedule: Schedule, after: Nanos, actions: readonly Command[], path: string): TimelineEntry {
  const { at, until } = schedule;
  return {
    ...schedule,
    at: at + after,
    ...(until === undefined ? {} : { until: until + after }),
    actions,
    path,
  };
}

function readSchedule(raw: Raw, at: Path, { findings, duration }: TimelineContext): Schedule {
  const start = amount({ measure: 'nanos' }, raw['at'], 0);
  if (start > duration)
    findings.add([...at, 'at'], raw['at'], `an instant within the run, which lasts ${duration / 1e9} s`);
  const every = raw['every'] === undefined ? undefined : amount({ measure: 'nanos' }, raw['every'], 1);
  const until = raw['until'] === undefined ? undefined : amount({ measure: 'nanos' }, raw['until'], start);
  const times = raw['times'] === undefined ? undefined : amount({ measure: 'count' }, raw['times'], 1);
  for (const field of ['until', 'times']) {
    if (every === undefined && raw[field] !== undefined) {
      findings.add([...at, field], raw[field], `${field} only together with every`);
    }
  }
  if (until !== undefined && until < start)
    findings.add([...at, 'until'], raw['until'], 'an instant not before at');
  if (until !== undefined && until > duration) {
    findings.add(
      [...at, 'until'],
      raw['until'],
      `an instant within the run, which lasts ${duration / 1e9} s`,
    );
  }
  if (every !== undefined && start + every > duration && start <= duration) {
    findings.add([...at, 'every'], raw['every'], 'a time after which it happens again within the run');
  }
  return {
    at: start,
    ...(every === undefined ? {} : { every }),
    ...(until === undefined ? {} : { until }),
    ...(times === undefined ? {} : { times }),
  };
}

const actionsIn = (raw: Raw): readonly Raw[] => [raw, ...list(raw['batch']).map(mapping)];

/** Personalities that come into being on the way can be named by everybody; from when on is checked where they are. */
function noteCreated(raw: Raw, at: Nanos, { personalities }: TimelineContext): void {
  for (const action of actionsIn(raw)) {
    const id = text(action['create']);
    const since = id === undefined ? undefined : personalities.since.get(id);
    if (id !== undefined && (since === undefined || at < since)) personalities.since.set(id, at);
  }
}

/** What is deleted somewhere may be created again; whether at the right time is seen when it happens. */
function noteDeleted(raw: Raw, { personalities }: TimelineContext): void {
  for (const action of actionsIn(raw)) {
    const id = text(action['delete']);
    if (id !== undefined) personalities.deleted.add(id);
  }
}

const DEFAULT_PARTITION = 'partition';

function partitionId(raw: Raw): string | undefined {
  return isMapping(raw['partition']) ? (text(raw['partition']['id']) ?? DEFAULT_PARTITION) : undefined;
}

/** One action after the other, of one instant. */
export class ActionReader {
  readonly #context: TimelineContext;
  readonly #partitions: ReadonlySet<string | undefined> | null;
  readonly #now: Nanos;
  readonly #entry: number;
  /** The action's place in its batch. */
  #action = 0;

  /** `partitions`: those that there can be; null: that is not known. */
  constructor(
    context: TimelineContext,
    partitions: ReadonlySet<string | undefined> | null,
    now: Nanos,
    entry: number,
  ) {
    this.#context = context;
    this.#partitions = partitions;
    this.#now = now;
    this.#entry = entry;
  }

  /** No action when it is unknown or refers to nothing; either has been reported. */
  read(raw: Raw, at: Path, action: number): readonly (Command | WorldAction)[] {
    this.#action = action;
    const name = Object.keys(ACTIONS).find((key) => raw[key] !== undefined);
    if (name === undefined || name === 'ramp' || name === 'batch') return [];
    return READERS[name]?.(this, raw, at) ?? [];
  }

  personality(value: unknown, at: Path): string {
    const { personalities, findings } = this.#context;
    const id = text(value) ?? '';
    const since = personalities.since.get(id);
    if (id !== '' && since === undefined)
      findings.unknown(at, id, 'the id of a personality', personalities.since.keys());
    else if (since !== undefined && since > this.#now) {
      findings.add(at, id, `a personality that exists by then (${id} is created at ${since / 1e9} s)`);
    }
    return id;
  }

  created(raw: Raw, at: Path): readonly Command[] {
    const { personalities, findings, skips } = this.#context;
    const id = text(raw['create']) ?? '';
    if (!skips && Object.hasOwn(personalities.values, id) && !personalities.deleted.has(id)) {
      findings.add([...at, 'create'], id, 'the id of no personality yet');
    }
    const { values, before } = this.begin(raw, at, id);
    return [...before, { op: 'create', personality: id, values }];
  }

  replaced(raw: Raw, at: Path): readonly Command[] {
    const personality = this.personality(raw['replace'], [...at, 'replace']);
    const { values, before } = this.begin(raw, at, personality);
    return [...before, { op: 'replace', personality, values }];
  }

  /** `before`: a way up that has a series of its own begins anew as well. */
  begin(raw: Raw, at: Path, id: string): { readonly values: Profile; readonly before: readonly Command[] } {
    const { personalities } = this.#context;
    const place = [...at, 'values'];
    const order = { entry: this.#entry, action: this.#action };
    const { values, up } = personalities.begin(id, raw['values'], place, order);
    personalities.note(id, values, place, this.#now);
    return { values, before: up === undefined ? [] : [{ op: 'replace', ...up }] };
  }

  updated(raw: Raw, at: Path): readonly Command[] {
    const { personalities, findings } = this.#context;
    const personality = this.personality(raw['update'], [...at, 'update']);
    const place = [...at, 'set'];
    const set = personalities.readFields(raw['set'], place);
    if (isMapping(raw['set']) && Object.keys(raw['set']).length === 0) {
      findings.add(place, raw['set'], 'a mapping with the fields to change');
    }
    personalities.note(personality, set, place, this.#now);
    return [{ op: 'update', personality, set }];
  }

  assigned(raw: Raw, at: Path): readonly Command[] {
    const { personalities, places } = this.#context;
    const place = [...at, 'assign'];
    const vms = this.vms(raw['vm'], [...at, 'vm']);
    const value = raw['assign'];
    const first = vms[0] ?? 'vm';
    const personality = isMapping(value)
      ? personalities.resolve(value, place, first)
      : this.personality(value, place);
    const from = readScope(raw['from'], [...at, 'from'], places, this.#context.findings);
    const ttl = raw['ttl'] === undefined ? {} : { ttl: amount({ measure: 'nanos' }, raw['ttl'], 1) };
    return vms.map((vm) => {
      personalities.uses.push({ personality: personality ?? '', vm, isIpv6: isIpv6(vm, places) });
      return { op: 'assign', vm, personality: personality ?? '', ...from, ...ttl };
    });
  }

  removed(raw: Raw, at: Path): readonly Command[] {
    const from = readScope(raw['from'], [...at, 'from'], this.#context.places, this.#context.findings);
    return this.vms(raw['vm'], [...at, 'vm']).map((vm) => ({ op: 'remove', vm, ...from }));
  }

  /** One VM, or those that an id with `count` stands for. */
  vms(value: unknown, at: Path): readonly string[] {
    const { places, findings } = this.#context;
    const name = text(value);
    if (name === undefined) return [];
    const named = vmsNamed(name, places);
    if (named === undefined) findings.unknown(at, name, 'the id of a VM', vmNames(places));
    return named ?? [];
  }

  migrated(raw: Raw, at: Path): readonly WorldAction[] {
    const { places, findings } = this.#context;
    const host = text(raw['migrate']);
    if (host !== undefined && !places.hosts.includes(host)) {
      findings.unknown([...at, 'migrate'], host, 'the id of a host', places.hosts);
    }
    return this.vms(raw['vm'], [...at, 'vm']).map((vm) => ({ op: 'migrate', vm, host: host ?? '' }));
  }

  link(raw: Raw, at: Path): readonly WorldAction[] {
    const { places, findings, mesh } = this.#context;
    const between = readHostPair(raw['link'], [...at, 'link'], places.hosts, findings);
    if (between === undefined) return [];
    const isDeclared = places.links.some((link) => linkKey(link.between) === linkKey(between));
    if (!isDeclared && !mesh)
      findings.add([...at, 'link'], words(between.join(', ')), 'two hosts with a link between them');
    return [{ op: 'link', between, up: raw['state'] === 'up' }];
  }

  partitioned(raw: Raw, at: Path): readonly WorldAction[] {
    const value = mapping(raw['partition']);
    const place = [...at, 'partition'];
    const between = this.#members(value['between'], [...place, 'between']);
    const and = this.#members(value['and'], [...place, 'and']);
    const both = between.find((vm) => and.includes(vm));
    if (both !== undefined) {
      this.#context.findings.add(
        [...place, 'and'],
        words(`${both}, which is on the other side, too`),
        'two sides without a VM in common',
      );
    }
    const id = text(value['id']) ?? DEFAULT_PARTITION;
    const oneWay = flag(value['oneWay'], false);
    return [{ op: 'partition', id, between, and, oneWay, hold: flag(value['hold'], false) }];
  }

  /** VM, network or host ids, in this order of precedence, as VM ids. */
  #members(value: unknown, at: Path): readonly string[] {
    const { places, findings } = this.#context;
    const ids = new Set<string>();
    texts(value).forEach((name, index) => {
      const members = membersOf(name, places);
      if (members === undefined) {
        findings.unknown([...at, index], name, 'the id of a VM, network or host', allNames(places));
      }
      for (const id of members ?? []) ids.add(id);
    });
    return [...ids];
  }

  healed(raw: Raw, at: Path): readonly WorldAction[] {
    const { findings } = this.#context;
    const id = text(raw['heal']);
    if (raw['heal'] === false) findings.add([...at, 'heal'], false, 'true, or the id of a partition');
    if (id === undefined) return [{ op: 'heal' }];
    if (this.#partitions !== null && !this.#partitions.has(id)) {
      const names = [...this.#partitions].filter((name) => name !== undefined);
      findings.unknown([...at, 'heal'], id, 'the id of a partition', names);
    }
    return [{ op: 'heal', id }];
  }

  flow(value: unknown, at: Path): string {
    const { flows, findings } = this.#context;
    const id = text(value) ?? '';
    if (id !== '' && !flows.has(id)) findings.unknown(at, id, 'the id of traffic', flows);
    return id;
  }
}

type Reader = (reader: ActionReader, raw: Raw, at: Path) => readonly (Command | WorldAction)[];

const READERS: Readonly<Record<string, Reader>> = {
  create: (reader, raw, at) => reader.created(raw, at),
  replace: (reader, raw, at) => reader.replaced(raw, at),
  update: (reader, raw, at) => reader.updated(raw, at),
  delete: (reader, raw, at) => [
    { op: 'delete', personality: reader.personality(raw['delete'], [...at, 'delete']) },
  ],
  assign: (reader, raw, at) => reader.assigned(raw, at),
  remove: (reader, raw, at) => reader.removed(raw, at),
  power: (reader, raw, at) =>
    reader.vms(raw['vm'], [...at, 'vm']).map((vm) => ({ op: 'power', vm, on: isOn(raw['power']) })),
  migrate: (reader, raw, at) => reader.migrated(raw, at),
  link: (reader, raw, at) => reader.link(raw, at),
  partition: (reader, raw, at) => reader.partitioned(raw, at),
  heal: (reader, raw, at) => reader.healed(raw, at),
  start: (reader, raw, at) => [{ op: 'start', traffic: reader.flow(raw['start'], [...at, 'start']) }],
  stop: (reader, raw, at) => [{ op: 'stop', traffic: reader.flow(raw['stop'], [...at, 'stop']) }],
};

export const isIpv6 = (vm: string, places: Places): boolean => {
  const spec = places.vms.get(vm);
  return spec !== undefined && prefixOf(spec, places)?.family === 6;
};

function membersOf(name: string, places: Places): readonly string[] | undefined {
  const named = vmsNamed(name, places);
  if (named !== undefined) return named;
  const all = [...places.vms.values()];
  if (places.networks.has(name)) {
    return all.filter((vm) => vm.interfaces.some((entry) => entry.network === name)).map((vm) => vm.id);
  }
  return places.hosts.includes(name) ? all.filter((vm) => vm.host === name).map((vm) => vm.id) : undefined;
}

function* allNames(places: Places): Iterable<string> {
  yield* places.networks.keys();
  yield* places.hosts;
  yield* vmNames(places);
}

/** `{ vm: ID }`, `{ network: ID }`, `{ host: ID }`, or an id that only one of them has. */
export function readScope(value: unknown, at: Path, places: Places, findings: Findings): { from?: Scope } {
  const name = text(value);
  if (name !== undefined) return namedScope(name, at, places, findings);
  if (!isMapping(value)) return {};
  const kinds = Object.keys(value).filter((key) => key === 'vm' || key === 'network' || key === 'host');
  const [kind] = kinds;
  if (kinds.length !== 1 || kind === undefined) {
    findings.add(at, value, 'one of { vm: ID }, { network: ID }, { host: ID }');
    return {};
  }
  const id = text(value[kind]);
  if (id === undefined) return {};
  const known = {
    vm: places.vms,
    network: places.networks,
    host: new Map(places.hosts.map((host) => [host, host])),
  };
  if (!known[kind as Kind].has(id))
    findings.unknown([...at, kind], id, `the id of a ${NOUNS[kind as Kind]}`, known[kind as Kind].keys());
  return { from: { [kind]: id } as unknown as Scope };
}

type Kind = 'vm' | 'network' | 'host';
const NOUNS: Readonly<Record<Kind, string>> = { vm: 'VM', network: 'network', host: 'host' };

function namedScope(name: string, at: Path, places: Places, findings: Findings): { from?: Scope } {
  const scopes: Scope[] = [];
  if (places.vms.has(name)) scopes.push({ vm: name });
  if (places.networks.has(name)) scopes.push({ network: name });
  if (places.hosts.includes(name)) scopes.push({ host: name });
  const [scope] = scopes;
  if (scope === undefined) findings.unknown(at, name, 'the id of a VM, network or host', allNames(places));
  else if (scopes.length > 1) {
    const forms = scopes.map((each) => `{ ${Object.keys(each)[0]}: ${name} }`).join(' or ');
    findings.add(at, words(`${show(name)}, which several things are called`), forms);
  } else return { from: scope };
  return {};
}

/** Flows that the timeline starts before it stops them: they wait for it. */
export function startedLater(document: Raw): ReadonlySet<string> {
  const first = new Map<string, { at: Nanos; isStart: boolean }>();
  for (const raw of list(document['timeline']).map(mapping)) {
    const at = amount({ measure: 'nanos' }, raw['at'], 0);
    for (const action of actionsIn(raw)) {
      for (const isStart of [true, false]) {
        const id = text(action[isStart ? 'start' : 'stop']);
        if (id !== undefined && at < (first.get(id)?.at ?? Infinity)) first.set(id, { at, isStart });
      }
    }
  }
  return new Set([...first].filter(([, { isStart }]) => isStart).map(([id]) => id));
}
