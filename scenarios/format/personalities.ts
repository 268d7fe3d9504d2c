/** Personalities as they are written, with presets, groups and units, to flat profiles. */

import type { Nanos } from '../../engine/index.ts';
import {
  combinationProblems,
  egressCircle,
  egressOf,
  FIELDS,
  type Field,
  NO_CIRCLE,
  type Profile,
} from '../../sim/index.ts';
import { FIELD_BY_PATH, type FieldReader, fieldPath } from './fields.ts';
import { type Findings, words } from './findings.ts';
import type { Path } from './path.ts';
import { quantityOf } from './quantity.ts';
import { isMapping, mapping, text } from './raw.ts';

/** What is needed of presets here: their values, by name. */
export type Presets = ReadonlyMap<string, { readonly profile: Profile; readonly up?: Profile }>;

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
  const profile = { ...preset?.profile, ...egress, ...own.profile };
  // What could not be read has been reported; what it would have meant for the rest is not known.
  if (own.isWhole) checkCombinations(profile, own.profile, at, findings);
  return profile;
}

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

/** Names for personalities that are written where they are used. */
export class Personalities {
  readonly values: Record<string, Profile> = {};
  /** When each can first be used; 0 for those that are there from the beginning. */
  readonly since = new Map<string, Nanos>();
  readonly settings: PersonalitySetting[] = [];
  readonly uses: Use[] = [];
  readonly #inline = new Map<string, Profile>();
  readonly #presets: Presets;
  readonly #fields: FieldReader;
  readonly #findings: Findings;

  constructor(raw: unknown, presets: Presets, fields: FieldReader, findings: Findings) {
    this.#presets = presets;
    this.#fields = fields;
    this.#findings = findings;
    for (const [id, value] of Object.entries(mapping(raw))) {
      const at: Path = ['personalities', id];
      this.#set(id, this.read(value, at), at);
    }
  }

  #set(id: string, values: Profile, at: Path): void {
    this.values[id] = values;
    this.since.set(id, 0);
    this.note(id, values, at, 0);
  }

  read(value: unknown, at: Path): Profile {
    return readPersonality(value, at, this.#presets, this.#fields, this.#findings);
  }

  readFields(value: unknown, at: Path): Profile {
    return this.#fields.read(mapping(value), at).profile;
  }

  /** Remembers what the personality is from `since` on. The way up of a preset is there from the beginning. */
  note(personality: string, values: Profile, at: Path, since: Nanos): void {
    this.settings.push({ personality, values, at, since });
    const egress = egressOf(values);
    const up = egress === undefined ? undefined : upProfile(egress, this.#presets);
    if (egress !== undefined && up !== undefined && !this.since.has(egress)) this.#set(egress, up, at);
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
    const values = this.read(value, at);
    const wanted = text(value['preset']) ?? `${vm}-personality`;
    const name = this.#nameFor(wanted, values);
    if (!this.since.has(name)) this.#set(name, values, at);
    return name;
  }

  #nameFor(wanted: string, values: Profile): string {
    const fingerprint = JSON.stringify(values);
    for (let n = 1; ; n++) {
      const name = n === 1 ? wanted : `${wanted}-${n}`;
      const inline = this.#inline.get(name);
      if (inline === undefined && this.since.has(name)) continue;
      if (inline !== undefined && JSON.stringify(inline) !== fingerprint) continue;
      this.#inline.set(name, values);
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
