/** Where the values of a scenario are written: places in its document, and their lines. */
import {
  type Path,
  parsePath,
  pathText,
  placesOf,
  type Resources,
  type Scenario,
} from '../../scenarios/index.ts';
import type { FieldFact, PersonalityFact, Setter, StoryEvent } from '../../sim/index.ts';
import type { Origin, Origins } from './explanation.ts';

/** A scenario as it was read. */
export interface Source {
  readonly scenario: Scenario;
  readonly text: string;
  readonly resources: Resources;
  /** What the file is called. */
  readonly file: string;
  /** `path=value`, from the command line. */
  readonly set: readonly string[];
}

type Raw = Readonly<Record<string, unknown>>;

/** A place in the document; `preset`: the value stands there through that preset. */
interface Place {
  readonly at: Path;
  readonly preset: string | null;
}

const isRaw = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const nowhere = (): never => {
  throw new Error('no files can be read here');
};

/** Finds all lines that the events name, in one walk through the files. */
export class SourceOrigins implements Origins {
  readonly file: string;
  readonly #source: Source;
  readonly #document: Raw;
  readonly #lines = new Map<string, { readonly file: string; readonly line: number }>();

  constructor(source: Source, events: readonly StoryEvent[]) {
    this.#source = source;
    this.file = source.file;
    this.#document = isRaw(source.scenario.source) ? source.scenario.source : {};
    const paths = new Map<string, Path>();
    for (const { at } of events.flatMap((event) => this.#placesIn(event))) paths.set(pathText(at), at);
    const { text, file, resources } = source;
    const { name, include = nowhere } = resources;
    const found = placesOf(text, [...paths.values()], { name, include });
    [...paths.keys()].forEach((path, index) => {
      const place = found[index];
      if (place !== undefined) this.#lines.set(path, { file: place.file ?? file, line: place.line });
    });
  }

  ofField(personality: PersonalityFact, field: FieldFact): Origin | null {
    const place = this.#field(personality, field);
    return place === null ? null : this.#origin(place);
  }

  ofAssignment(personality: PersonalityFact): Origin {
    return this.#origin(this.#assignment(personality));
  }

  ofVersion({ version, versionBy }: PersonalityFact): Origin | null {
    return version === 1 && versionBy.path === null ? null : this.ofEntry(versionBy);
  }

  ofEntry(setter: Setter): Origin {
    return this.#origin(entry(setter));
  }

  #origin({ at, preset }: Place): Origin {
    const path = pathText(at);
    const setting = this.#source.set.find((each) => {
      const [set = ''] = each.split('=', 1);
      return path === set || path.startsWith(`${set}.`) || path.startsWith(`${set}[`);
    });
    if (setting !== undefined) return { file: null, line: null, path: `--set ${setting}`, preset };
    const line = this.#lines.get(path);
    return { file: line?.file ?? null, line: line?.line ?? null, path, preset };
  }

  #placesIn(event: StoryEvent): Place[] {
    const places: Place[] = [];
    if ('personality' in event && event.personality !== null) {
      const { personality } = event;
      places.push(this.#assignment(personality), entry(personality.versionBy));
      if ('fields' in event)
        for (const field of event.fields) places.push(...[this.#field(personality, field) ?? []].flat());
    }
    if ('by' in event && event.by !== null) places.push(entry(event.by));
    if ('partitions' in event) places.push(...event.partitions.map(({ by }) => entry(by)));
    return places;
  }

  #field({ id }: PersonalityFact, { path, setBy }: FieldFact): Place | null {
    if (setBy === null) return null;
    const steps = path.split('.');
    if (setBy.path !== null) {
      const place = this.#action(setBy.path, (action) =>
        [action['update'], action['replace'], action['create'], nameOfRamp(action['ramp'])].includes(id),
      );
      const given = ['set', 'values'].find((key) => this.#at([...place, key]) !== undefined);
      return given === undefined ? { at: place, preset: null } : this.#inside([...place, given], steps);
    }
    const base = this.#personality(id, steps);
    return base === undefined ? { at: ['personalities', id], preset: null } : this.#inside(base, steps);
  }

  /** Where a field of a personality stands that is written there. */
  #inside(base: Path, steps: readonly string[]): Place {
    const at = [...base, ...steps];
    if (this.#at(at) !== undefined) return { at, preset: null };
    const preset = this.#at([...base, 'preset']);
    return typeof preset === 'string' ? { at: [...base, 'preset'], preset } : { at: base, preset: null };
  }

  /** Where the scenario has the personality that it begins with: under its id, or where it is assigned. */
  #personality(id: string, steps: readonly string[]): Path | undefined {
    if (this.#at(['personalities', id]) !== undefined) return ['personalities', id];
    const owner = id.endsWith('/up') ? id.slice(0, -3) : id;
    if (owner !== id && this.#at(['personalities', owner]) !== undefined) return ['personalities', owner];
    const vms = this.#source.scenario.world.assignments.filter((each) => each.personality === id);
    const inline = Object.entries(isRaw(this.#document['assignments']) ? this.#document['assignments'] : {})
      .filter(([key]) => vms.some(({ vm }) => standsFor(key, vm)))
      .flatMap(([key, value]) => {
        const at: Path = ['assignments', key];
        return Array.isArray(value)
          ? value.map((item, index) => [[...at, index], item] as const)
          : [[at, value] as const];
      })
      .flatMap(([at, value]) => {
        if (!isRaw(value)) return [];
        return isRaw(value['personality']) ? [[...at, 'personality']] : 'personality' in value ? [] : [at];
      });
    return inline.find((at) => this.#at([...at, ...steps]) !== undefined) ?? inline[0];
  }

  #assignment({ assignedBy, vm, scope }: PersonalityFact): Place {
    if (assignedBy.path !== null) {
      const at = this.#action(
        assignedBy.path,
        (action) => action['assign'] !== undefined && standsFor(action['vm'], vm),
      );
      return { at, preset: null };
    }
    const assignments = isRaw(this.#document['assignments']) ? this.#document['assignments'] : {};
    const key = Object.hasOwn(assignments, vm)
      ? vm
      : Object.keys(assignments).find((each) => standsFor(each, vm));
    if (key === undefined) return { at: ['assignments'], preset: null };
    const value = assignments[key];
    const index = Array.isArray(value) ? value.findIndex((item) => isOfScope(item, scope)) : -1;
    return { at: index < 0 ? ['assignments', key] : ['assignments', key, index], preset: null };
  }

  /** The entry, or the action of its batch that is meant; the last one that is. */
  #action(path: string, isMeant: (action: Raw) => boolean): Path {
    const at = parsePath(path) ?? [path];
    const batch = this.#at([...at, 'batch']);
    if (!Array.isArray(batch)) return at;
    const index = batch.findLastIndex((action) => isRaw(action) && isMeant(action));
    return index < 0 ? at : [...at, 'batch', index];
  }

  #at(path: Path): unknown {
    let value: unknown = this.#document;
    for (const step of path) {
      if (Array.isArray(value)) value = typeof step === 'number' ? value[step] : undefined;
      else value = isRaw(value) && Object.hasOwn(value, step) ? value[step] : undefined;
    }
    return value;
  }
}

/** An id of the file is a VM's own, or with `count` that of several: `web-{n}`. */
function standsFor(id: unknown, vm: string): boolean {
  if (typeof id !== 'string') return false;
  const [before = '', after] = id.split('{n}', 2);
  if (after === undefined) return id === vm;
  const isAround = vm.startsWith(before) && vm.endsWith(after);
  return isAround && /^\d+$/.test(vm.slice(before.length, vm.length - after.length));
}

const entry = ({ path }: Setter): Place => ({
  at: path === null ? [] : (parsePath(path) ?? [path]),
  preset: null,
});

const nameOfRamp = (ramp: unknown): string | undefined =>
  typeof ramp === 'string' ? ramp.split('.', 1)[0] : undefined;

/** An assignment as it is written, limited to those packets: `vm client`, or empty for everybody's. */
function isOfScope(item: unknown, scope: string): boolean {
  const from = isRaw(item) ? item['from'] : undefined;
  if (from === undefined) return scope === '';
  const [kind = '', ...id] = scope.split(' ');
  return isRaw(from) ? from[kind] === id.join(' ') : from === id.join(' ');
}
