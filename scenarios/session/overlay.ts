/** A scenario's document with what an earlier session has left behind laid over it. */
import type { Nanos } from '../../engine/index.ts';
import type { Profile, Scope } from '../../sim/index.ts';
import { Findings } from '../format/findings.ts';
import { vmsNamed } from '../format/machines.ts';
import type { Scenario } from '../format/parse.ts';
import { type Places, readPlaces } from '../format/places.ts';
import { writtenFields } from '../format/presets.ts';
import { mapping, type Raw } from '../format/raw.ts';
import { spellOut } from './named.ts';
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

/** What the commands did not touch means what it meant. The document is to be parsed anew: it may not fit any more. */
export function overlay(scenario: Scenario, { personalities, assignments }: Leftovers): Raw {
  const places = readPlaces(mapping(scenario.source), new Findings());
  // Commands know personalities by name, those that are written where they are used as well.
  const source = spellOut(scenario, places);
  return {
    ...source,
    personalities: overlaidPersonalities(scenario, mapping(source['personalities']), personalities),
    assignments: overlaidAssignments(scenario, places, mapping(source['assignments']), assignments),
  };
}

function overlaidPersonalities(
  { world }: Scenario,
  written: Raw,
  kept: Leftovers['personalities'],
): Record<string, unknown> {
  const all = new Map(Object.entries(written));
  // Ways up of presets, which may be used without those who brought them.
  for (const [id, profile] of Object.entries(world.personalities))
    if (!all.has(id)) all.set(id, writtenFields(profile));
  for (const [id, profile] of kept) {
    if (profile === null) all.delete(id);
    else all.set(id, writtenFields(profile));
  }
  return Object.fromEntries(all);
}

function overlaidAssignments(
  { world }: Scenario,
  places: Places,
  written: Raw,
  kept: Leftovers['assignments'],
): Record<string, unknown> {
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
