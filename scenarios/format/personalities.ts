/** Personalities as they are written, with presets, groups and units, to flat profiles. */

import type { ParamValue, Profile } from '../../sim/index.ts';
import { FIELDS, type Field } from '../../sim/index.ts';
import { type Findings, words } from './findings.ts';
import type { Path } from './path.ts';
import { quantityOf, readQuantity } from './quantity.ts';
import { isMapping, mapping, type Raw, text } from './raw.ts';

/** What is needed of presets here: their values, by name. */
export type Presets = ReadonlyMap<string, { readonly profile: Profile }>;

export const FIELD_BY_PATH: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.path, field]));

/** A value in the field's unit; undefined when it is none. */
export function readField(field: Field, value: unknown): ParamValue | undefined {
  const quantity = quantityOf(field);
  if (quantity !== undefined) return readQuantity(quantity, value) ?? undefined;
  if (field.kind === 'boolean') return typeof value === 'boolean' ? value : undefined;
  return field.choices?.find((choice) => choice === value);
}

const SPLIT_FIELDS = FIELDS.map((field) => {
  const [name = '', inner] = field.path.split('.');
  return { field, name, inner };
});

/** The fields in a mapping, flat. Fields that the schema has refused are absent. */
export function readFields(raw: Raw): Profile {
  const profile: Record<string, ParamValue> = {};
  // In the order of the definitions, so that the order of keys in the file cannot matter.
  for (const { field, name, inner } of SPLIT_FIELDS) {
    const given = inner === undefined ? raw[name] : mapping(raw[name])[inner];
    const value = given === undefined ? undefined : readField(field, given);
    if (value !== undefined) profile[field.path] = value;
  }
  return profile;
}

/** Where a field stands in a mapping. */
export const fieldPath = (at: Path, field: string): Path => [...at, ...field.split('.')];

/** A personality: its preset's values, replaced by its own. */
export function readPersonality(value: unknown, at: Path, presets: Presets, findings: Findings): Profile {
  const raw = mapping(value);
  const base = readPreset(raw['preset'], [...at, 'preset'], presets, findings);
  const profile = { ...base, ...readFields(raw) };
  checkCombinations(profile, at, findings);
  return profile;
}

function readPreset(value: unknown, at: Path, presets: Presets, findings: Findings): Profile | undefined {
  const name = text(value);
  if (name === undefined) return undefined;
  const preset = presets.get(name);
  if (preset === undefined) findings.unknown(at, name, 'the name of a preset', presets.keys());
  return preset?.profile;
}

const BURST = 'bandwidth.burstBytes';
const MTU = 'mtu';
/** IPv6 needs links that carry at least this (RFC 8200 section 5). */
export const LEAST_IPV6_MTU = 1280;

function checkCombinations(profile: Profile, at: Path, findings: Findings): void {
  const burst = profile[BURST];
  const mtu = profile[MTU] ?? FIELD_BY_PATH.get(MTU)?.default;
  if (typeof burst === 'number' && typeof mtu === 'number' && burst < mtu) {
    findings.add(
      fieldPath(at, BURST),
      burst,
      `at least the MTU, ${mtu}: a packet larger than the bucket would never leave`,
    );
  }
}

/** Who is ever given which personality, to check what only the two together show. */
export interface Use {
  readonly personality: string;
  readonly vm: string;
  readonly isIpv6: boolean;
}

/** Reports MTUs that are too small for an IPv6 network. `places` says where a personality's values stand. */
export function checkIpv6Mtus(
  uses: readonly Use[],
  settings: readonly { personality: string; values: Profile; at: Path }[],
  findings: Findings,
): void {
  const users = new Map<string, string>();
  for (const { personality, vm, isIpv6 } of uses) {
    if (isIpv6 && !users.has(personality)) users.set(personality, vm);
  }
  for (const { personality, values, at } of settings) {
    const mtu = values[MTU];
    const vm = users.get(personality);
    if (vm === undefined || typeof mtu !== 'number' || mtu >= LEAST_IPV6_MTU) continue;
    const allowed = `at least ${LEAST_IPV6_MTU}: ${vm}, which gets this personality, is in an IPv6 network (RFC 8200)`;
    findings.add(fieldPath(at, MTU), mtu, allowed);
  }
}

/** Names for personalities that are written where they are used. */
export class Personalities {
  readonly values: Record<string, Profile> = {};
  /** When each can first be used; 0 for those that are there from the beginning. */
  readonly since = new Map<string, number>();
  readonly settings: { personality: string; values: Profile; at: Path }[] = [];
  readonly uses: Use[] = [];
  readonly #inline = new Map<string, Profile>();
  readonly #presets: Presets;
  readonly #findings: Findings;

  constructor(raw: unknown, presets: Presets, findings: Findings) {
    this.#presets = presets;
    this.#findings = findings;
    for (const [id, value] of Object.entries(mapping(raw))) {
      const at: Path = ['personalities', id];
      this.#set(id, this.read(value, at), at);
    }
  }

  #set(id: string, values: Profile, at: Path): void {
    this.values[id] = values;
    this.since.set(id, 0);
    this.settings.push({ personality: id, values, at });
  }

  read(value: unknown, at: Path): Profile {
    return readPersonality(value, at, this.#presets, this.#findings);
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

export const aKnownField = (name: string, at: Path, findings: Findings): Field | undefined => {
  const field = FIELD_BY_PATH.get(name);
  if (field === undefined) findings.unknown(at, name, 'a field of a personality', FIELD_BY_PATH.keys());
  else if (quantityOf(field) === undefined) findings.add(at, words(name), 'a field that is a number');
  else return field;
  return undefined;
};
