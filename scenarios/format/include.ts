/** Puts a document together from the files that it includes, and remembers which part came from which file. */
import { type Finding, messageOf, show } from './findings.ts';
import type { Path } from './path.ts';
import { pathText } from './path.ts';
import type { Problem } from './problems.ts';
import { isMapping, type Raw, textPath, texts } from './raw.ts';
import { readYaml } from './reader.ts';

/** Files within files. */
export const MOST_INCLUDE_DEPTH = 16;

export interface SourceFile {
  /** Undefined for the main file. */
  readonly name: string | undefined;
  readonly text: string;
}

/** Finds an included file. `from` is the name of the file that asks. Throws when there is none. */
export type Include = (path: string, from: string) => { readonly name: string; readonly text: string };

export interface Whole {
  readonly document: unknown;
  readonly problems: readonly Problem[];
  /** The file that a place came from, and the place in that file. */
  origin(at: Path): { readonly file: SourceFile; readonly at: Path };
}

/** Of top-level lists each item, of top-level mappings each key, of the rest the value. */
type Origins = Map<
  string,
  readonly { readonly file: SourceFile; readonly index: number }[] | Map<string, SourceFile> | SourceFile
>;

interface Part {
  readonly document: Raw;
  readonly origins: Origins;
}

export function readWhole(mainText: string, mainName: string, include: Include): Whole {
  const main: SourceFile = { name: undefined, text: mainText };
  const problems: Problem[] = [];
  const document = readYaml(mainText);
  if (!document.ok)
    return { document: undefined, problems: document.problems, origin: (at) => ({ file: main, at }) };
  if (!isMapping(document.value) || document.value['include'] === undefined) {
    return { document: document.value, problems, origin: (at) => ({ file: main, at }) };
  }
  const assembly = new Assembly(include, problems);
  const part = assembly.combine(document.value, main, mainName, [mainName]);
  return {
    document: part.document,
    problems,
    origin: (at) => originOf(at, part.origins, main),
  };
}

function originOf(at: Path, origins: Origins, main: SourceFile): { file: SourceFile; at: Path } {
  const [section, step, ...rest] = at;
  const origin = typeof section === 'string' ? origins.get(section) : undefined;
  if (section === undefined || origin === undefined) return { file: main, at };
  if (Array.isArray(origin)) {
    const item = typeof step === 'number' ? origin[step] : undefined;
    return item === undefined ? { file: main, at } : { file: item.file, at: [section, item.index, ...rest] };
  }
  if (origin instanceof Map) return { file: (typeof step === 'string' && origin.get(step)) || main, at };
  return { file: origin as SourceFile, at };
}

class Assembly {
  readonly #include: Include;
  readonly #problems: Problem[];
  readonly #seen = new Set<string>();

  constructor(include: Include, problems: Problem[]) {
    this.#include = include;
    this.#problems = problems;
  }

  /** The included files in order, then the file itself. */
  combine(own: Raw, file: SourceFile, name: string, chain: readonly string[]): Part {
    const { include, ...rest } = own;
    const part: Part = { document: {}, origins: new Map() };
    texts(include).forEach((path, index) => {
      const at = textPath(include, ['include'], index);
      const included = this.#read(path, at, file, name, chain);
      if (included !== undefined) merge(part, included);
    });
    if (include !== undefined && !isListOfTexts(include)) {
      const allowed = 'the path of a file, or a list of paths';
      this.#problems.push(problemIn(file, { at: ['include'], found: show(include), allowed }));
    }
    merge(part, { document: rest, origins: originsOf(rest, file) });
    return part;
  }

  #read(path: string, at: Path, file: SourceFile, from: string, chain: readonly string[]): Part | undefined {
    const refuse = (found: string, allowed: string): undefined => {
      this.#problems.push(problemIn(file, { at, found, allowed }));
      return undefined;
    };
    if (chain.length > MOST_INCLUDE_DEPTH)
      return refuse(show(path), `at most ${MOST_INCLUDE_DEPTH} files within files`);
    let found: ReturnType<Include>;
    try {
      found = this.#include(path, from);
    } catch (error) {
      return refuse(`${path}: ${messageOf(error)}`, 'a file that can be read');
    }
    const { name, text } = found;
    if (chain.includes(name))
      return refuse([...chain.slice(chain.indexOf(name)), name].join(' > '), 'no file that includes itself');
    // A file that two others include says what it says once.
    if (this.#seen.has(name)) return undefined;
    this.#seen.add(name);
    const included: SourceFile = { name, text };
    const document = readYaml(text);
    if (!document.ok) {
      this.#problems.push(...document.problems.map((problem) => ({ ...problem, file: name })));
      return undefined;
    }
    if (!isMapping(document.value)) {
      this.#problems.push(problemIn(included, { at: [], found: show(document.value), allowed: 'a mapping' }));
      return undefined;
    }
    return this.combine(document.value, included, name, [...chain, name]);
  }
}

const isListOfTexts = (value: unknown): boolean =>
  (Array.isArray(value) ? value : [value]).every((item) => typeof item === 'string' && item !== '');

const problemIn = (file: SourceFile, { at, found, allowed }: Finding): Problem => ({
  path: pathText(at),
  found,
  allowed,
  ...(file.name === undefined ? {} : { file: file.name }),
});

function originsOf(document: Raw, file: SourceFile): Origins {
  const origins: Origins = new Map();
  for (const [section, value] of Object.entries(document)) {
    if (Array.isArray(value))
      origins.set(
        section,
        value.map((_, index) => ({ file, index })),
      );
    else if (isMapping(value)) origins.set(section, new Map(Object.keys(value).map((key) => [key, file])));
    else origins.set(section, file);
  }
  return origins;
}

/** Lists follow one another; mappings are joined, the later one wins; everything else is replaced. */
function merge(into: Part, part: Part): void {
  const document = into.document as Record<string, unknown>;
  for (const [section, value] of Object.entries(part.document)) {
    const before = document[section];
    const origin = part.origins.get(section);
    const originBefore = into.origins.get(section);
    if (origin === undefined) continue;
    if (
      Array.isArray(before) &&
      Array.isArray(value) &&
      Array.isArray(originBefore) &&
      Array.isArray(origin)
    ) {
      document[section] = [...before, ...value];
      into.origins.set(section, [...originBefore, ...origin]);
    } else if (
      isMapping(before) &&
      isMapping(value) &&
      originBefore instanceof Map &&
      origin instanceof Map
    ) {
      document[section] = { ...before, ...value };
      into.origins.set(section, new Map([...originBefore, ...origin]));
    } else {
      document[section] = value;
      into.origins.set(section, origin);
    }
  }
}
