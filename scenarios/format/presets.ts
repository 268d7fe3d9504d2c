/** Presets: personalities with a name and a source. One file each; the files are read elsewhere. */
import type { Profile } from '../../sim/index.ts';
import { FIELD_BY_PATH, FieldReader, noFiles, type ReadFile } from './fields.ts';
import { type Finding, Findings, words } from './findings.ts';
import { pathText } from './path.ts';
import { readSeries } from './preset-series.ts';
import { failure, type Outcome, type Problem, success } from './problems.ts';
import { isMapping, mapping, type Raw, text } from './raw.ts';
import { readYaml } from './reader.ts';
import { PRESET, type ProvenanceKind } from './schema/presets.ts';
import type { Series } from './series.ts';
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
  /** What changes of `profile` over time, for those who follow it ({@link seriesPairs}): scenarios do. */
  readonly series?: Series;
  /** The same of `up`. */
  readonly upSeries?: Series;
  /** By field; fields of `up` as `up.latencyMs`, of the series as `series.up.latencyMs` and `series.change.latencyMs`. */
  readonly provenance: Readonly<Record<string, Provenance>>;
}

/** Reads one file. Every field that it sets must have a provenance. `read`: for the lists that stand in files of their own. */
export function readPreset(name: string, fileText: string, read: ReadFile = noFiles): Outcome<Preset> {
  const document = readYaml(fileText);
  if (!document.ok) return failure(document.problems.map((problem) => ({ ...problem, file: name })));
  const findings = new Findings();
  validate(PRESET, document.value, findings);
  const raw = mapping(document.value);
  const fields = new FieldReader(findings, read);
  const { profile } = fields.read(mapping(raw['personality']), ['personality']);
  const up = isMapping(raw['up']) ? fields.read(raw['up'], ['up']).profile : undefined;
  const { sourced, ...series } = readSeries(raw['series'], profile, up, findings);
  const set = [...Object.keys(profile), ...Object.keys(up ?? {}).map((field) => `up.${field}`), ...sourced];
  const provenance = readProvenance(raw, set, findings);
  if (findings.count > 0) return failure(findings.all.map((finding) => problemOf(finding, name)));
  return success({
    name,
    summary: text(raw['summary']) ?? '',
    profile,
    ...(up === undefined ? {} : { up }),
    ...series,
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
  set: readonly string[],
  findings: Findings,
): Readonly<Record<string, Provenance>> {
  const given = mapping(raw['provenance']);
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

/** Presets by name, from the files' texts by name. `read`: as for {@link readPreset}. */
export function loadPresets(
  files: Iterable<readonly [name: string, text: string]>,
  read: ReadFile = noFiles,
): Outcome<ReadonlyMap<string, Preset>> {
  const presets = new Map<string, Preset>();
  const problems: Problem[] = [];
  for (const [name, fileText] of files) {
    const preset = readPreset(name, fileText, read);
    if (preset.ok) presets.set(name, preset.value);
    else problems.push(...preset.problems);
  }
  return problems.length > 0 ? failure(problems) : success(presets);
}

/** A preset's series as its file writes it, durations in ms; undefined when it has none. */
export function writtenSeries({ series, upSeries }: Preset): Record<string, unknown> | undefined {
  const both = [
    { part: series, prefix: '' },
    { part: upSeries, prefix: 'up.' },
  ];
  const named = (values: (part: Series) => object | undefined): Record<string, unknown> =>
    Object.fromEntries(
      both.flatMap(({ part, prefix }) =>
        Object.entries((part && values(part)) ?? {}).map(([path, value]) => [`${prefix}${path}`, value]),
      ),
    );
  const any = series ?? upSeries;
  if (any === undefined) return undefined;
  const change = series?.change ?? upSeries?.change;
  return {
    every: any.every / 1e6,
    levels: named(({ fields }) => fields),
    ...(change === undefined
      ? {}
      : {
          change: {
            before: change.before / 1e6,
            after: change.after / 1e6,
            set: named((part) => part.change?.values),
          },
        }),
  };
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
