/** The catalogue of dialects, and the way from a text in one of them to personalities. */
import { checkProfile, combinationProblems, FIELDS, type Profile } from '../../sim/index.ts';
import { nearestName } from '../format/findings.ts';
import { failure, type Outcome, type Problem, success } from '../format/problems.ts';
import { readYaml } from '../format/reader.ts';
import { atc } from './atc.ts';
import { chaosMesh } from './chaos-mesh.ts';
import { devtools } from './devtools.ts';
import { type Dialect, type ImportedPersonality, idFrom, type Note, type Source } from './dialect.ts';
import { fragmentText, type NamedPersonality } from './fragment.ts';
import { mahimahi } from './mahimahi.ts';
import { tc } from './tc.ts';
import { toxiproxy } from './toxiproxy.ts';

/** In the order in which a text is held against them. */
export const dialects: readonly Dialect[] = [mahimahi, tc, chaosMesh, toxiproxy, atc, devtools];

export interface ImportOptions extends Source {
  /** The dialect, by name; undefined: the one that the text looks like. */
  readonly from?: string | undefined;
  /** The id of the first personality, instead of the name that it has. */
  readonly name?: string | undefined;
  /** What the text is called in comments; default: the file name, or `stdin`. */
  readonly shownName?: string;
}

export interface ImportResult {
  readonly dialect: string;
  readonly personalities: readonly NamedPersonality[];
  readonly notes: readonly Note[];
  /** A part of a scenario, as YAML. */
  readonly yaml: string;
}

/** Never throws for what is in the text: all that is wrong is told at once. */
export function importPersonalities(options: ImportOptions): Outcome<ImportResult> {
  const dialect = dialectOf(options);
  if (!dialect.ok) return dialect;
  const read = dialect.value.read(options);
  if (!read.ok) return read;
  const { notes } = read.value;
  if (read.value.personalities.length === 0)
    return failure([{ path: '', found: 'nothing that can be carried over', allowed: dialect.value.summary }]);
  const personalities = withIds(read.value.personalities, options);
  const problems = personalities.flatMap(problemsOf);
  if (problems.length > 0) return failure(problems);
  const shown = options.shownName ?? options.fileName ?? 'stdin';
  const yaml = fragmentText(
    personalities,
    notes,
    `Imported from ${shown} (${dialect.value.name}) by netpersona import.`,
  );
  return success({ dialect: dialect.value.name, personalities, notes, yaml });
}

function dialectOf({ from, text }: ImportOptions): Outcome<Dialect> {
  const names = dialects.map(({ name }) => name);
  if (from !== undefined) {
    const dialect = dialects.find(({ name }) => name === from);
    if (dialect !== undefined) return success(dialect);
    const nearest = nearestName(from, names);
    return failure([
      { path: 'from', found: from, allowed: names.join(', '), ...(nearest === undefined ? {} : { nearest }) },
    ]);
  }
  const document = readYaml(text);
  const value = document.ok ? document.value : undefined;
  const dialect = dialects.find((each) => each.recognises(text, value));
  if (dialect !== undefined) return success(dialect);
  // A broken JSON file is no dialect's, and the reader knows where it breaks.
  if (!document.ok && /^\s*[[{]/.test(text)) return document;
  const found = text.trim() === '' ? 'an empty file' : 'a text that looks like none of the dialects';
  return failure([{ path: '', found, allowed: `${names.join(', ')}; --from names the dialect` }]);
}

const defaultId = (fileName: string | undefined): string =>
  idFrom((fileName ?? '').replace(/^.*[\\/]/, '').replace(/(?<=.)\.\w+$/, '')) || 'imported';

/** Each personality's own name, or the file's; no two are the same. */
function withIds(
  personalities: readonly ImportedPersonality[],
  { name, fileName }: ImportOptions,
): NamedPersonality[] {
  const taken = new Set<string>();
  const free = (wanted: string): string => {
    let id = wanted;
    for (let n = 2; taken.has(id); n++) id = `${wanted}-${n}`;
    taken.add(id);
    return id;
  };
  const base = name ?? defaultId(fileName);
  const isOnly = personalities.length === 1;
  const wantedBy = ({ name: own }: ImportedPersonality): string => {
    if (own === '' || (isOnly && name !== undefined)) return base;
    return name === undefined ? own : `${name}-${own}`;
  };
  return personalities.map(({ egress, ...each }) => {
    const id = free(wantedBy(each));
    const hasEgress = egress !== undefined && Object.keys(egress).length > 0;
    return hasEgress ? { ...each, id, egress, egressId: free(`${id}-egress`) } : { ...each, id };
  });
}

const LISTS = new Set(FIELDS.filter(({ kind }) => kind === 'numbers').map(({ path }) => path));

/** What the format does not take: a delay of a day, a rate of a terabit. */
function problemsOf({ id, egressId, fields, egress }: NamedPersonality): Problem[] {
  return [
    ...profileProblems(id, fields),
    ...(egress === undefined ? [] : profileProblems(egressId ?? id, egress)),
  ];
}

function profileProblems(id: string, fields: Profile): Problem[] {
  const path = `personalities.${id}`;
  // Lists that are named by their files are read with the scenario.
  const here = Object.entries(fields).filter(
    ([field, value]) => !LISTS.has(field) || typeof value !== 'string',
  );
  const problems = checkProfile(Object.fromEntries(here), path);
  if (problems.length > 0) return problems;
  return combinationProblems(fields).map((problem) => ({ ...problem, path: `${path}.${problem.path}` }));
}
