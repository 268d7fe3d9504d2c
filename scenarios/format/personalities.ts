/** Personalities as they are written, with presets, groups and units, to flat profiles. */

import type { Nanos } from '../../engine/index.ts';
import {
  combinationProblems,
  egressCircle,
  egressOf,
  FIELDS,
  type Field,
  NO_CIRCLE,
  type ParamValue,
  type Profile,
} from '../../sim/index.ts';
import { FIELD_BY_PATH, type FieldReader, fieldPath, givenFor } from './fields.ts';
import { type Findings, words } from './findings.ts';
import type { Path } from './path.ts';
import { quantityOf } from './quantity.ts';
import { isMapping, mapping, text } from './raw.ts';
import { type ActionOrder, firstValues, partOf, type Series, type SeriesUse, valueAt } from './series.ts';

/** What is needed of presets here: their values, by name. */
export type Presets = ReadonlyMap<
  string,
  {
    readonly profile: Profile;
    readonly up?: Profile;
    readonly series?: Series;
    readonly upSeries?: Series;
  }
>;

/** Ids that people give have no slash, so nobody else is called that. */
const UP = '/up';
/** The personality for what a VM with this preset sends. */
export const upName = (preset: string): string => `${preset}${UP}`;

/** The values of the personality of that name, if a preset has them for its way up. */
export function upProfile(name: string, presets: Presets): Profile | undefined {
  return name.endsWith(UP) ? presets.get(name.slice(0, -UP.length))?.up : undefined;
}

/** A personality: its preset's values, replaced by its own. A preset with values for the way up has an egress. */
export function readPersonality(
  value: unknown,
  at: Path,
  presets: Presets,
  fields: FieldReader,
  findings: Findings,
): Profile {
  const raw = mapping(value);
  const name = text(raw['preset']);
  const preset = name === undefined ? undefined : presets.get(name);
  if (name !== undefined && preset === undefined)
    findings.unknown([...at, 'preset'], name, 'the name of a preset', presets.keys());
  const own = fields.read(raw, at);
  const egress = name === undefined || preset?.up === undefined ? {} : { egress: upName(name) };
  const profile = { ...fitting(preset?.profile ?? {}, own.profile), ...egress, ...own.profile };
  // What could not be read has been reported; what it would have meant for the rest is not known.
  if (own.isWhole) checkCombinations(profile, own.profile, at, findings);
  return profile;
}

/** Stands instead of it: who gives the one does without the preset's other. */
const INSTEAD_OF: Readonly<Record<string, string>> = { bandwidthKbps: 'bandwidth.trace' };

/** The preset's values without those that make no sense beside what is given: another loss model has no use for the length of bursts. */
function fitting(preset: Profile, own: Profile): Profile {
  if (Object.keys(preset).length === 0) return preset;
  const useless = new Set(Object.keys(own).flatMap((path) => INSTEAD_OF[path] ?? []));
  const whole = { ...without(preset, useless), ...own };
  for (const { path } of combinationProblems(whole)) useless.add(path);
  return without(preset, useless);
}

const without = (profile: Profile, paths: ReadonlySet<string>): Profile =>
  Object.fromEntries(Object.entries(profile).filter(([path]) => !paths.has(path)));

function checkCombinations(profile: Profile, given: Profile, at: Path, findings: Findings): void {
  for (const { path, found, allowed } of combinationProblems(profile, given))
    findings.add(fieldPath(at, path), words(found), allowed);
}

const MTU = 'mtu';
/** IPv6 needs links that carry at least this (RFC 8200 section 5). */
export const LEAST_IPV6_MTU = 1280;
/** Who is ever given which personality, to check what only the two together show. */
export interface Use {
  readonly personality: string;
  readonly vm: string;
  readonly isIpv6: boolean;
}

/** Values that a personality has at some time, and where they stand. */
export interface PersonalitySetting {
  readonly personality: string;
  readonly values: Profile;
  readonly at: Path;
  /** From then on. */
  readonly since: Nanos;
}

/** Reports MTUs that are too small for an IPv6 network. */
export function checkIpv6Mtus(
  uses: readonly Use[],
  settings: readonly PersonalitySetting[],
  findings: Findings,
): void {
  const users = new Map<string, string>();
  const senders = new Map<string, string>();
  for (const { personality, vm, isIpv6 } of uses) {
    if (isIpv6 && !users.has(personality)) users.set(personality, vm);
  }
  // What its users send meets it, too. The egress of an egress is not followed.
  for (const { personality, values } of settings) {
    const egress = egressOf(values);
    const vm = users.get(personality);
    if (egress !== undefined && vm !== undefined && !senders.has(egress)) senders.set(egress, vm);
  }
  for (const { personality, values, at } of settings) {
    const mtu = values[MTU];
    const vm = users.get(personality) ?? senders.get(personality);
    if (vm === undefined || typeof mtu !== 'number' || mtu >= LEAST_IPV6_MTU) continue;
    const allowed = `at least ${LEAST_IPV6_MTU}: ${vm}, which gets this personality, is in an IPv6 network (RFC 8200)`;
    findings.add(fieldPath(at, MTU), mtu, allowed);
  }
}

/** What a personality begins with, where its preset has a series the first values of that. */
interface Begun {
  readonly values: Profile;
  /** What begins with it for packets from its VMs, where that has a series. It is there already. */
  readonly up?: { readonly personality: string; readonly values: Profile };
}

/** Names for personalities that are written where they are used. */
export class Personalities {
  readonly values: Record<string, Profile> = {};
  /** When each can first be used; 0 for those that are there from the beginning. */
  readonly since: Map<string, Nanos>;
  /** Those that the timeline deletes. */
  readonly deleted = new Set<string>();
  readonly settings: PersonalitySetting[] = [];
  readonly uses: Use[] = [];
  /** What changes by itself. */
  readonly series: SeriesUse[] = [];
  readonly #inline = new Map<string, string>();
  readonly #presets: Presets;
  readonly #fields: FieldReader;
  readonly #findings: Findings;

  constructor(
    raw: unknown,
    presets: Presets,
    fields: FieldReader,
    findings: Findings,
    since = new Map<string, Nanos>(),
  ) {
    this.since = since;
    this.#presets = presets;
    this.#fields = fields;
    this.#findings = findings;
    for (const [id, value] of Object.entries(mapping(raw))) {
      const at: Path = ['personalities', id];
      this.#set(id, this.#begun(id, value, this.#read(value, at), at, null).values, at);
    }
  }

  #set(id: string, values: Profile, at: Path): void {
    this.values[id] = values;
    this.since.set(id, 0);
    this.note(id, values, at, 0);
  }

  #read(value: unknown, at: Path): Profile {
    return readPersonality(value, at, this.#presets, this.#fields, this.#findings);
  }

  /** A personality that an action of the timeline brings about; the series of its preset begin then. */
  begin(id: string, value: unknown, at: Path, order: ActionOrder): Begun {
    return this.#begun(id, value, this.#read(value, at), at, order);
  }

  #begun(id: string, value: unknown, profile: Profile, at: Path, order: ActionOrder | null): Begun {
    const raw = mapping(value);
    const name = text(raw['preset']) ?? '';
    const preset = this.#presets.get(name);
    const isPresets = (path: string): boolean => {
      const field = FIELD_BY_PATH.get(path);
      return field !== undefined && profile[path] !== undefined && givenFor(field, raw) === undefined;
    };
    const series = preset?.series === undefined ? null : partOf(preset.series, isPresets);
    const values = series === null ? profile : this.#follow(id, profile, series, at, order);
    if (preset?.upSeries === undefined || egressOf(profile) !== upName(name) || raw['egress'] !== undefined)
      return { values };
    // One of its own, so that both ways change at one instant. The name of another preset's way up is taken.
    const egress = id === name || !this.#presets.has(id) ? upName(id) : upName(`${id}/${name}`);
    const first = this.#follow(egress, preset.up ?? {}, preset.upSeries, at, order, id);
    if (!this.since.has(egress)) this.#set(egress, first, at);
    return { values: { ...values, egress }, up: { personality: egress, values: first } };
  }

  #follow(
    id: string,
    profile: Profile,
    series: Series,
    at: Path,
    order: ActionOrder | null,
    owner = id,
  ): Profile {
    const isFollowed =
      order === null && this.series.some((use) => use.order === null && use.personality === id);
    if (!isFollowed) this.series.push({ personality: id, owner, series, profile, at, order });
    return { ...profile, ...firstValues(series) };
  }

  /** A field of a personality just before `now`, as it is from the beginning of the scenario on, unless something changes it. */
  initially(id: string, path: string, now: Nanos): ParamValue | undefined {
    const use = this.series.find(({ personality, order }) => order === null && personality === id);
    return (use && valueAt(use.series, path, Math.max(0, now - 1))) ?? this.values[id]?.[path];
  }

  /** A field of a preset, just before `elapsed` ns after it was taken. */
  ofPreset(name: string, path: string, elapsed: Nanos): ParamValue | undefined {
    const preset = this.#presets.get(name);
    const series = preset?.series;
    return (series && valueAt(series, path, Math.max(0, elapsed - 1))) ?? preset?.profile[path];
  }

  readFields(value: unknown, at: Path): Profile {
    return this.#fields.read(mapping(value), at).profile;
  }

  /** Remembers what the personality is from `since` on. The way up of a preset is there from the beginning. */
  note(personality: string, values: Profile, at: Path, since: Nanos): void {
    this.settings.push({ personality, values, at, since });
    const egress = egressOf(values);
    if (egress === undefined || this.since.has(egress)) return;
    const up = upProfile(egress, this.#presets);
    if (up === undefined) return;
    const series = this.#presets.get(egress.slice(0, -UP.length))?.upSeries;
    this.#set(egress, series === undefined ? up : this.#follow(egress, up, series, at, null), at);
  }

  /** Whom personalities name, once all of them are known. */
  checkReferences(flows: ReadonlySet<string>): void {
    for (const setting of this.settings) {
      this.#checkEgress(setting);
      for (const path of FLOW_FIELDS) {
        const flow = setting.values[path];
        if (typeof flow === 'string' && !flows.has(flow))
          this.#findings.unknown(fieldPath(setting.at, path), flow, 'the id of traffic', flows);
      }
    }
    this.#checkCircles();
  }

  #checkEgress({ values, at, since: now }: PersonalitySetting): void {
    const egress = egressOf(values);
    if (egress === undefined) return;
    const since = this.since.get(egress);
    const place: Path = [...at, 'egress'];
    if (since === undefined)
      this.#findings.unknown(place, egress, 'the id of a personality', this.since.keys());
    else if (since > now) {
      const allowed = `a personality that exists by then (${egress} is created at ${since / 1e9} s)`;
      this.#findings.add(place, egress, allowed);
    }
  }

  /** Those of the beginning; later ones are found when they are made. */
  #checkCircles(): void {
    const profiles = new Map(Object.entries(this.values));
    const told = new Set<string>();
    for (const { personality, at, since } of this.settings) {
      if (since > 0 || told.has(personality)) continue;
      const circle = egressCircle(personality, profiles);
      if (circle === null) continue;
      this.#findings.add([...at, 'egress'], words(circle.join(' > ')), NO_CIRCLE);
      for (const id of circle) told.add(id);
    }
  }

  /** An id, or a personality written out, which is named after its preset or else after the VM. */
  resolve(value: unknown, at: Path, vm: string): string | undefined {
    const id = text(value);
    if (id !== undefined) {
      if (!this.since.has(id)) this.#findings.unknown(at, id, 'the id of a personality', this.since.keys());
      return id;
    }
    if (!isMapping(value)) return undefined;
    const values = this.#read(value, at);
    const preset = text(value['preset']);
    const hasSeries = this.#presets.get(preset ?? '')?.series !== undefined;
    // What is given leaves the series, even with the preset's own value.
    const fingerprint = JSON.stringify(
      hasSeries ? [values, Object.keys(this.readFields(value, at))] : values,
    );
    const name = this.#nameFor(preset ?? `${vm}-personality`, fingerprint);
    if (!this.since.has(name)) this.#set(name, this.#begun(name, value, values, at, null).values, at);
    return name;
  }

  #nameFor(wanted: string, fingerprint: string): string {
    for (let n = 1; ; n++) {
      const name = n === 1 ? wanted : `${wanted}-${n}`;
      const inline = this.#inline.get(name);
      if (inline === undefined && this.since.has(name)) continue;
      if (inline !== undefined && inline !== fingerprint) continue;
      this.#inline.set(name, fingerprint);
      return name;
    }
  }
}

const FLOW_FIELDS = FIELDS.filter(({ kind }) => kind === 'flow').map(({ path }) => path);

export const aKnownField = (name: string, at: Path, findings: Findings): Field | undefined => {
  const field = FIELD_BY_PATH.get(name);
  if (field === undefined) findings.unknown(at, name, 'a field of a personality', FIELD_BY_PATH.keys());
  else if (quantityOf(field) === undefined) findings.add(at, words(name), 'a field that is a number');
  else return field;
  return undefined;
};
