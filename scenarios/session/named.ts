/** Personalities that a document writes where it uses them, written once under the names that they got when it was read. */
import type { AssignmentSpec } from '../../sim/index.ts';
import { vmsNamed } from '../format/machines.ts';
import type { Scenario } from '../format/parse.ts';
import { pathText } from '../format/path.ts';
import type { Places } from '../format/places.ts';
import { isMapping, list, mapping, type Raw, text } from '../format/raw.ts';

/** The document in which every personality stands among the personalities, and is used by its id. */
export function spellOut(scenario: Scenario, places: Places): Raw {
  const source = mapping(scenario.source);
  const personalities = new Map(Object.entries(mapping(source['personalities'])));
  /** Its id; the first one of several alike tells what it is. */
  const nameOf = (value: unknown, id: string): string => {
    if (!personalities.has(id)) personalities.set(id, value);
    return id;
  };
  const assignments = namedAssignments(scenario, places, mapping(source['assignments']), nameOf);
  const timeline = namedTimeline(scenario, places, list(source['timeline']), nameOf);
  return {
    ...source,
    personalities: Object.fromEntries(personalities),
    ...(source['assignments'] !== undefined && { assignments }),
    ...(source['timeline'] !== undefined && { timeline }),
  };
}

type NameOf = (value: unknown, id: string) => string;

function namedAssignments({ world }: Scenario, places: Places, written: Raw, nameOf: NameOf): Raw {
  // They stand there in the order in which they were read: of each item for each of its VMs.
  let next = 0;
  const named = (item: unknown, count: number): unknown => {
    const spec = world.assignments[next];
    next += count;
    if (!isMapping(item) || spec === undefined || item['personality'] !== undefined) return item;
    const { from, ttl, ...fields } = item;
    return {
      personality: nameOf(fields, spec.personality),
      ...(from !== undefined && { from }),
      ...(ttl !== undefined && { ttl }),
    };
  };
  return Object.fromEntries(
    Object.entries(written).map(([name, value]) => {
      const count = vmsNamed(name, places)?.length ?? 0;
      const all = Array.isArray(value) ? value.map((item) => named(item, count)) : named(value, count);
      return [name, all];
    }),
  );
}

function namedTimeline(
  { world }: Scenario,
  places: Places,
  written: readonly unknown[],
  nameOf: NameOf,
): readonly unknown[] {
  const isWrittenOut = (action: unknown): boolean => isMapping(mapping(action)['assign']);
  const entries = new Map(world.timeline.map((entry) => [entry.path, entry]));
  return written.map((value, index) => {
    const raw = mapping(value);
    const items = raw['batch'] === undefined ? [raw] : list(raw['batch']);
    if (!items.some(isWrittenOut)) return value;
    const actions = entries.get(pathText(['timeline', index]))?.actions ?? [];
    const assigned = actions.filter((action) => action.op === 'assign') as readonly AssignmentSpec[];
    let next = 0;
    const named = items.map((item) => {
      const action = mapping(item);
      if (action['assign'] === undefined) return item;
      const spec = assigned[next];
      next += vmsNamed(text(action['vm']) ?? '', places)?.length ?? 0;
      if (!isWrittenOut(action) || spec === undefined) return item;
      return { ...action, assign: nameOf(action['assign'], spec.personality) };
    });
    return raw['batch'] === undefined ? named[0] : { ...raw, batch: named };
  });
}
