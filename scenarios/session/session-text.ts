/**
 * A session as a scenario file: the world as it was set up, and everything that was done to it, each at its instant. Reads no files.
 *
 * Ramps and series stand there unfolded, as what they did: what was commanded in between must not change what they mean.
 */
import { dump } from 'js-yaml';
import type { Nanos } from '../../engine/index.ts';
import type { AssignmentSpec, TimelineEntry } from '../../sim/index.ts';
import type { Scenario } from '../format/parse.ts';
import { writtenFields } from '../format/presets.ts';
import { list, mapping, type Raw, text } from '../format/raw.ts';
import { nanosText, writtenEntry } from './written-actions.ts';

export interface SessionOptions {
  /** What happens to actions that are impossible at their instant; default: as in the scenario. */
  readonly impossible?: 'stop' | 'skip';
  /** How the file of traffic is written that stands in the scenario as that. */
  readonly path?: (written: string) => string;
}

/** What the world is made of, as the file had it. What may be written in other words stands in {@link sessionText}. */
const VERBATIM = ['networks', 'hosts', 'links', 'mesh', 'gateways', 'vms', 'pools'] as const;

/**
 * YAML of a scenario that does what `scenario` does with `posted` besides, up to and including `end` (ns, at least 1). Its
 * expectations are part of it if it lasts as long as the scenario was to.
 */
export function sessionText(
  scenario: Scenario,
  posted: readonly TimelineEntry[],
  end: Nanos,
  { impossible = scenario.impossible, path = (written) => written }: SessionOptions = {},
): string {
  const source = mapping(scenario.source);
  const isWhole = end >= scenario.declaredDuration;
  const interval = Math.min(scenario.interval, end);
  const begins = beginnings(scenario, posted);
  const sections: readonly Raw[] = [
    {
      name: scenario.name,
      ...(scenario.description === undefined ? {} : { description: scenario.description }),
      seed: source['seed'] ?? scenario.seed,
      duration: nanosText(end),
      interval: nanosText(interval),
      ...(impossible === 'skip' && { impossible }),
    },
    ...VERBATIM.map((name) => only(source, name)),
    section('personalities', mapValues(scenario.world.personalities, writtenFields)),
    section('assignments', writtenAssignments(scenario.world.assignments)),
    section(
      'traffic',
      list(source['traffic']).map((raw) => withPath(withStart(mapping(raw), begins), path)),
    ),
    ...(isWhole ? [only(source, 'expect')] : []),
  ];
  const entries = [...scenario.world.timeline, ...posted].flatMap((entry) => writtenEntry(entry, end) ?? []);
  return [
    `# A session of ${oneLine(scenario.name)} with seed ${oneLine(scenario.seed)}, ${end / 1e9} s long, with ${posted.length} orders given on the way.`,
    ...(isWhole || source['expect'] === undefined
      ? []
      : ['# It was shorter than the scenario, whose expectations are left out.']),
    ...sections.filter((part) => Object.keys(part).length > 0).map((part) => dump(part, STYLE).trimEnd()),
    ...(entries.length === 0
      ? []
      : ['timeline:', ...entries.map((entry) => `  - ${dump(entry, LINE).trim()}`)]),
    '',
  ].join('\n');
}

/** A thing a line: as deep as the lists of VMs and traffic. */
const STYLE = { flowLevel: 2, lineWidth: -1, noRefs: true } as const;
const LINE = { flowLevel: 0, lineWidth: -1, noRefs: true } as const;

const only = (source: Raw, name: string): Raw => (source[name] === undefined ? {} : { [name]: source[name] });

const section = (name: string, value: object): Raw =>
  Object.keys(value).length === 0 ? {} : { [name]: value };

const mapValues = <T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

/** For a comment, which must not end early nor hold what no YAML may. */
const oneLine = (text: string): string => text.replaceAll(/[\s\p{C}\p{Z}]+/gu, ' ');

/** By VM: the id alone where that says it all. */
export function writtenAssignments(assignments: readonly AssignmentSpec[]): Raw {
  const byVm = new Map<string, unknown[]>();
  for (const { vm, personality, from, ttl } of assignments) {
    const written = {
      personality,
      ...(from === undefined ? {} : { from }),
      ...(ttl === undefined ? {} : { ttl: nanosText(ttl) }),
    };
    byVm.set(vm, [...(byVm.get(vm) ?? []), Object.keys(written).length === 1 ? personality : written]);
  }
  return Object.fromEntries([...byVm].map(([vm, all]) => [vm, all.length === 1 ? all[0] : all]));
}

/** Traffic that is started or stopped on the way, by id: whether it runs from the beginning. */
function beginnings({ world }: Scenario, posted: readonly TimelineEntry[]): ReadonlyMap<string, boolean> {
  const begins = new Map<string, boolean>();
  const autostart = new Map(world.traffic.map((traffic) => [traffic.id, traffic.autostart]));
  for (const { actions } of [...world.timeline, ...posted]) {
    for (const action of actions)
      if (action.op === 'start' || action.op === 'stop')
        begins.set(action.traffic, autostart.get(action.traffic) ?? true);
  }
  return begins;
}

/** The file's timeline is another one, from which that must not be concluded anew. */
function withStart(traffic: Raw, begins: ReadonlyMap<string, boolean>): Raw {
  const autostart = begins.get(text(traffic['id']) ?? '');
  return autostart === undefined ? traffic : { ...traffic, autostart };
}

function withPath(traffic: Raw, path: (written: string) => string): Raw {
  const { file, module } = traffic;
  return {
    ...traffic,
    ...(typeof file === 'string' && { file: path(file) }),
    ...(typeof module === 'string' && { module: path(module) }),
  };
}
