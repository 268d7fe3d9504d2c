/** Presets: personalities with a name and a source. One file each; the files are read elsewhere. */
import type { Profile } from '../../sim/index.ts';
import { FIELD_BY_PATH, FieldReader } from './fields.ts';
import { type Finding, Findings, words } from './findings.ts';
import { pathText } from './path.ts';
import { failure, type Outcome, type Problem, success } from './problems.ts';
import { isMapping, mapping, type Raw, text } from './raw.ts';
import { readYaml } from './reader.ts';
import { PRESET, type ProvenanceKind } from './schema/presets.ts';
import { validate } from './validate.ts';

/** Where a value comes from. */
export interface Provenance {
  readonly source: string;
  readonly year: number;
  readonly kind: ProvenanceKind;
  /** How the value was made from what the source says: `half of the RTT of 60 ms`. */
  readonly note?: string;
}

export interface Preset {
  readonly name: string;
  readonly summary: string;
  /** Towards the VM. */
  readonly profile: Profile;
  /** From the VM: the personality `NAME/up`, which is the egress of whoever has the preset. Absent: nothing applies. */
  readonly up?: Profile;
  /** By field; fields of `up` as `up.latencyMs`. */
  readonly provenance: Readonly<Record<string, Provenance>>;
}

/** Reads one file. Every field that it sets must have a provenance. */
export function readPreset(name: string, fileText: string): Outcome<Preset> {
  const document = readYaml(fileText);
  if (!document.ok) return failure(document.problems.map((problem) => ({ ...problem, file: name })));
  const findings = new Findings();
  validate(PRESET, document.value, findings);
  const raw = mapping(document.value);
  const fields = new FieldReader(findings);
  const { profile } = fields.read(mapping(raw['personality']), ['personality']);
  const up = isMapping(raw['up']) ? fields.read(raw['up'], ['up']).profile : undefined;
  const provenance = readProvenance(raw, profile, up ?? {}, findings);
  if (findings.count > 0) return failure(findings.all.map((finding) => problemOf(finding, name)));
  return success({
    name,
    summary: text(raw['summary']) ?? '',
    profile,
    ...(up === undefined ? {} : { up }),
    provenance,
  });
}

const problemOf = ({ at, ...rest }: Finding, file: string): Problem => ({
  path: pathText(at),
  ...rest,
  file,
});

function readProvenance(
  raw: Raw,
  profile: Profile,
  up: Profile,
  findings: Findings,
): Readonly<Record<string, Provenance>> {
  const given = mapping(raw['provenance']);
  const set = [...Object.keys(profile), ...Object.keys(up).map((field) => `up.${field}`)];
  for (const field of set) {
    if (!Object.hasOwn(given, field))
      findings.add(['provenance', field], undefined, 'the source of the value');
  }
  for (const field of Object.keys(given)) {
    if (set.includes(field)) continue;
    findings.add(['provenance', field], words('the source of a value that is not set'), set.join(', '));
  }
  return given as unknown as Readonly<Record<string, Provenance>>;
}

/** Presets by name, from the files' texts by name. */
export function loadPresets(
  files: Iterable<readonly [name: string, text: string]>,
): Outcome<ReadonlyMap<string, Preset>> {
  const presets = new Map<string, Preset>();
  const problems: Problem[] = [];
  for (const [name, fileText] of files) {
    const preset = readPreset(name, fileText);
    if (preset.ok) presets.set(name, preset.value);
    else problems.push(...preset.problems);
  }
  return problems.length > 0 ? failure(problems) : success(presets);
}

/** The fields of a profile as they are written in a file: groups as mappings. */
export function writtenFields(profile: Profile): Record<string, unknown> {
  const written: Record<string, Record<string, unknown> | unknown> = {};
  for (const [path, value] of Object.entries(profile)) {
    if (!FIELD_BY_PATH.has(path)) continue;
    const [name = '', inner] = path.split('.');
    written[name] = inner === undefined ? value : { ...mapping(written[name]), [inner]: value };
  }
  return written;
}
