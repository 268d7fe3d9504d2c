/** A scenario's document with what an earlier session has left behind laid over it. */
import type { Nanos } from '../../engine/index.ts';
import type { Profile, Scope } from '../../sim/index.ts';
import { Findings } from '../format/findings.ts';
import { vmsNamed } from '../format/machines.ts';
import type { Scenario } from '../format/parse.ts';
import { readPlaces } from '../format/places.ts';
import { writtenFields } from '../format/presets.ts';
import { mapping, type Raw } from '../format/raw.ts';
import { writtenAssignments } from './session-text.ts';

/** What commands have changed with respect to the scenario. */
export interface Leftovers {
  /** By id; null: deleted. */
  readonly personalities: ReadonlyMap<string, Profile | null>;
  /** By VM: all that it has. `ttl`: how long from the beginning on; null: for ever. */
  readonly assignments: ReadonlyMap<
    string,
    readonly { readonly personality: string; readonly from?: Scope; readonly ttl: Nanos | null }[]
  >;
}

/** What the commands did not touch stands there as before. The document is to be parsed anew: it may not fit any more. */
export function overlay(scenario: Scenario, { personalities, assignments }: Leftovers): Raw {
  const source = mapping(scenario.source);
  return {
    ...source,
    personalities: overlaidPersonalities(scenario, mapping(source['personalities']), personalities),
    assignments: overlaidAssignments(scenario, mapping(source['assignments']), assignments),
  };
}

function overlaidPersonalities(
  { world }: Scenario,
  written: Raw,
  kept: Leftovers['personalities'],
): Record<string, unknown> {
  // Those that are written where they are used may be used by name from now on.
  const all: Record<string, unknown> = { ...written };
  for (const [id, profile] of Object.entries(world.personalities)) all[id] ??= writtenFields(profile);
  for (const [id, profile] of kept) {
    if (profile === null) delete all[id];
    else all[id] = writtenFields(profile);
  }
  return all;
}

function overlaidAssignments(
  { source, world }: Scenario,
  written: Raw,
  kept: Leftovers['assignments'],
): Record<string, unknown> {
  const places = readPlaces(mapping(source), new Findings());
  const isTouched = (name: string): boolean => (vmsNamed(name, places) ?? []).some((vm) => kept.has(vm));
  const untouched = Object.fromEntries(Object.entries(written).filter(([name]) => !isTouched(name)));
  // An id with `count` of which some were touched: the others one by one.
  const groups = Object.keys(written).filter((name) => isTouched(name));
  const others = new Set(
    groups.flatMap((name) => vmsNamed(name, places) ?? []).filter((vm) => !kept.has(vm)),
  );
  const rest = writtenAssignments(world.assignments.filter(({ vm }) => others.has(vm)));
  const specs = [...kept].flatMap(([vm, list]) =>
    list.map(({ personality, from, ttl }) => ({
      vm,
      personality,
      ...(from === undefined ? {} : { from }),
      ...(ttl === null ? {} : { ttl }),
    })),
  );
  return { ...untouched, ...rest, ...writtenAssignments(specs) };
}
