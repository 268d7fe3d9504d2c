/** A scenario file, from text to a value, or to everything that is wrong with it. No files are read here but through the resources. */
import type { Nanos } from '../../engine/index.ts';
import type { AssignmentSpec, WorldSpec } from '../../sim/index.ts';
import type { Expectation } from './expect.ts';
import { readExpectations } from './expectations.ts';
import { FieldReader } from './fields.ts';
import { type Finding, Findings, words } from './findings.ts';
import { type Include, readWhole, type SourceFile, type Whole } from './include.ts';
import { locate } from './locate.ts';
import { vmNames, vmsNamed } from './machines.ts';
import { applySettings, type Setting } from './override.ts';
import { type Path, pathText } from './path.ts';
import { checkIpv6Mtus, Personalities } from './personalities.ts';
import { networkSpec, type Places, readPlaces } from './places.ts';
import type { Preset } from './presets.ts';
import { failure, type Outcome, type Problem, success } from './problems.ts';
import { DURATION, readQuantity } from './quantity.ts';
import { amount, flag, isMapping, list, mapping, type Raw, text } from './raw.ts';
import { type Rebase, rebased } from './rebase.ts';
import { DOCUMENT } from './schema/document.ts';
import { isIpv6, readScope, readTimeline, startedLater } from './timeline.ts';
import { readTraffic } from './traffic.ts';
import { validate } from './validate.ts';

export interface Scenario {
  readonly name: string;
  readonly description?: string;
  readonly seed: string;
  readonly duration: Nanos;
  /** As the file has it; whoever runs it may have it end elsewhere. */
  readonly declaredDuration: Nanos;
  /** What happens to actions of the timeline that are impossible at their instant. */
  readonly impossible: 'stop' | 'skip';
  /** Of the time series. */
  readonly interval: Nanos;
  readonly world: WorldSpec;
  readonly expect: readonly Expectation[];
  /** The document as it was run: included files put in, with paths as the main file would write them, settings applied. */
  readonly source: unknown;
}

/** Where the scenario's other files are. All may throw an Error, whose message becomes a problem. */
export interface Resources {
  /** The main file's name, for `from` below and for scenarios without a name. */
  readonly name?: string;
  readonly include?: Include;
  /** The bytes of a file that traffic or a personality names; `from` is the name of the file that names it. */
  read?(path: string, from: string): Uint8Array;
  /** How the main file would write the path that the included file `from` writes so; absent: in the same way. */
  rebase?(path: string, from: string): string;
  readonly presets?: ReadonlyMap<string, Preset>;
}

export interface Overrides {
  readonly seed?: string;
  /** The run ends here instead. */
  readonly until?: Nanos;
  /** It goes on until somebody ends it: what changes by itself does so as long as it may, and stays then. */
  readonly isOpenEnded?: boolean;
  readonly set?: readonly Setting[];
}

const nowhere = (): never => {
  throw new Error('no files can be read here');
};

/** Never throws for what is in the text, the files or the overrides. */
export function parseScenario(
  fileText: string,
  resources: Resources = {},
  overrides: Overrides = {},
): Outcome<Scenario> {
  const {
    name = 'scenario',
    include = nowhere,
    read = nowhere,
    rebase,
    presets = new Map<string, Preset>(),
  } = resources;
  const whole = readWhole(fileText, name, include);
  if (whole.document === undefined || whole.problems.length > 0) return failure(whole.problems);
  const set = applySettings(whole.document, overrides.set ?? []);
  const document = overrides.seed === undefined ? set.document : withSeed(set.document, overrides.seed);
  const findings = new Findings();
  validate(DOCUMENT, document, findings);
  const scenario = isMapping(document)
    ? readScenario(document, name, overrides, { presets, findings, read, rebase, whole })
    : undefined;
  if (findings.count > 0 || set.problems.length > 0 || scenario === undefined) {
    return failure([...set.problems, ...problemsOf(findings, whole)]);
  }
  return success(scenario);
}

const withSeed = (document: unknown, seed: string): unknown =>
  isMapping(document) ? { ...document, seed } : document;

interface Tools {
  readonly presets: ReadonlyMap<string, Preset>;
  readonly findings: Findings;
  read(path: string, from: string): Uint8Array;
  readonly rebase: Rebase | undefined;
  readonly whole: Whole;
}

function readScenario(
  document: Raw,
  fileName: string,
  { until, isOpenEnded = false }: Overrides,
  tools: Tools,
): Scenario {
  const { findings, whole, rebase } = tools;
  const written = readQuantity(DURATION, document['duration']);
  // Without a duration, nothing is out of it.
  const duration = written ?? Infinity;
  const places = readPlaces(document, findings);
  const read = (path: string, at: Path): Uint8Array =>
    tools.read(path, whole.origin(at).file.name ?? fileName);
  const fields = new FieldReader(findings, read);
  const personalities = new Personalities(document['personalities'], tools.presets, fields, findings);
  const assignments = readAssignments(document, places, personalities, findings);
  const flows = new Set(list(document['traffic']).flatMap((raw) => text(mapping(raw)['id']) ?? []));
  const traffic = readTraffic(document, {
    places,
    findings,
    read,
    startedLater: startedLater(document),
  });
  const mesh = flag(document['mesh'], true);
  const skips = text(document['impossible']) === 'skip';
  // What the timeline makes of it is then looked at when it happens.
  if (skips) checkIpv6Mtus(personalities.uses, personalities.settings, findings);
  const timeline = readTimeline(document, {
    places,
    personalities,
    findings,
    flows,
    mesh,
    duration,
    end: until ?? duration,
    isOpenEnded,
    skips,
  });
  personalities.checkReferences(flows);
  if (!skips) checkIpv6Mtus(personalities.uses, personalities.settings, findings);
  const expect = readExpectations(document, { places, findings, flows, duration });
  const end = until ?? duration;
  const interval = amount(DURATION, document['interval'], Math.max(1, Math.min(1e9, Math.floor(end / 10))));
  if (document['interval'] !== undefined && interval > duration) {
    findings.add(['interval'], document['interval'], 'not longer than the duration');
  }
  const seed = String(document['seed']);
  const description = text(document['description']);
  return {
    name: text(document['name']) ?? nameOf(fileName),
    ...(description === undefined ? {} : { description }),
    seed,
    duration: end,
    declaredDuration: duration,
    impossible: skips ? 'skip' : 'stop',
    interval: Math.min(interval, end),
    world: {
      seed,
      networks: [...places.networks.values()].map((network) => networkSpec(network, places)),
      hosts: places.hosts,
      links: places.links,
      mesh,
      vms: [...places.vms.values()],
      pools: places.pools,
      personalities: personalities.values,
      assignments,
      traffic,
      timeline,
    },
    expect,
    source: rebase === undefined ? document : rebased(document, whole, rebase),
  };
}

/** `scenarios/lossy-link.yaml` is called `lossy-link`. */
const nameOf = (fileName: string): string => fileName.replace(/^.*[\\/]/, '').replace(/\.(ya?ml|json)$/, '');

function readAssignments(
  document: Raw,
  places: Places,
  personalities: Personalities,
  findings: Findings,
): readonly AssignmentSpec[] {
  const specs = new Map<string, AssignmentSpec>();
  for (const [name, value] of Object.entries(mapping(document['assignments']))) {
    const at: Path = ['assignments', name];
    const vms = vmsNamed(name, places);
    if (vms === undefined) findings.unknown(at, name, 'the id of a VM', vmNames(places));
    const items = Array.isArray(value) ? value : [value];
    items.forEach((item, index) => {
      const place = Array.isArray(value) ? [...at, index] : at;
      const spec = readAssignment(item, place, vms?.[0] ?? name, places, personalities, findings);
      if (spec === undefined) return;
      for (const vm of vms ?? []) {
        const key = JSON.stringify([vm, spec.from ?? null]);
        if (specs.has(key))
          findings.add(place, words(`a second one for ${vm}`), 'several for one VM only with different from');
        specs.set(key, { vm, ...spec });
        personalities.uses.push({ personality: spec.personality, vm, isIpv6: isIpv6(vm, places) });
      }
    });
  }
  return [...specs.values()];
}

function readAssignment(
  value: unknown,
  at: Path,
  vm: string,
  places: Places,
  personalities: Personalities,
  findings: Findings,
): Omit<AssignmentSpec, 'vm'> | undefined {
  if (!isMapping(value)) {
    const personality = personalities.resolve(value, at, vm);
    return personality === undefined ? undefined : { personality };
  }
  const { personality: named, from, ttl, ...fields } = value;
  const own = Object.keys(fields);
  if (named !== undefined && own.length > 0) {
    findings.add(
      [...at, own[0] ?? ''],
      fields[own[0] ?? ''],
      'either the id of a personality or fields of one',
    );
  }
  const personality =
    named === undefined
      ? personalities.resolve(fields, at, vm)
      : personalities.resolve(named, [...at, 'personality'], vm);
  if (personality === undefined) return undefined;
  return {
    personality,
    ...readScope(from, [...at, 'from'], places, findings),
    ...(ttl === undefined ? {} : { ttl: amount(DURATION, ttl, 1) }),
  };
}

/** The main file's first, then those of included files by name; in the order of each file, with lines. */
function problemsOf(findings: Findings, whole: Whole): readonly Problem[] {
  const byFile = new Map<SourceFile, { finding: Finding; at: Path }[]>();
  for (const finding of findings.all) {
    const { file, at } = whole.origin(finding.at);
    byFile.set(file, [...(byFile.get(file) ?? []), { finding, at }]);
  }
  const files = [...byFile].sort(([a], [b]) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
  const problems = files.flatMap(([file, found]) => inFile(file, found));
  const rest = findings.count - findings.all.length;
  if (rest > 0) problems.push({ path: '', found: `${rest} more problems`, allowed: 'none' });
  return problems;
}

function inFile(file: SourceFile, found: readonly { finding: Finding; at: Path }[]): Problem[] {
  const places = locate(
    file.text,
    found.map(({ at }) => at),
  );
  return found
    .map(({ finding, at }, index) => ({ finding, at, place: places[index] }))
    .sort((a, b) => (a.place?.offset ?? 0) - (b.place?.offset ?? 0))
    .map(({ finding: { found: shown, allowed, nearest }, at, place }) => ({
      path: pathText(at),
      found: shown,
      allowed,
      ...(nearest === undefined ? {} : { nearest }),
      ...(place === undefined ? {} : { line: place.line }),
      ...(file.name === undefined ? {} : { file: file.name }),
    }));
}
