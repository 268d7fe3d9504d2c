/** Files that included files name, named as the main file would: there the document stands that all of them were put into. */
import { FIELDS } from '../../sim/index.ts';
import { fieldPath } from './fields.ts';
import type { Whole } from './include.ts';
import { isMapping, type Raw, text } from './raw.ts';

/** How the main file writes the path that the file `from` writes so. */
export type Rebase = (path: string, from: string) => string;

type Rename = (path: string) => string;

/** Programs are not among them: wherever they are named, it is from the main file on. */
export function rebased(document: Raw, { origin }: Whole, rebase: Rebase): Raw {
  const sections = Object.entries(document).map(([section, value]) => {
    const put = section === 'traffic' ? inTraffic : WITH_LISTS.has(section) ? inLists : undefined;
    if (put === undefined || value === null || typeof value !== 'object') return [section, value];
    const renamed = (part: unknown, step: string | number): unknown => {
      const { name: from } = origin([section, step]).file;
      return from === undefined ? part : put(part, (path) => rebase(path, from));
    };
    if (Array.isArray(value)) return [section, value.map(renamed)];
    return [section, Object.fromEntries(Object.entries(value).map(([id, part]) => [id, renamed(part, id)]))];
  });
  return Object.fromEntries(sections);
}

function inTraffic(value: unknown, rename: Rename): unknown {
  const file = isMapping(value) ? text(value['file']) : undefined;
  return file === undefined ? value : { ...(value as Raw), file: rename(file) };
}

/** Where personalities are written. */
const WITH_LISTS: ReadonlySet<string> = new Set(['personalities', 'assignments', 'timeline']);
const LISTS = FIELDS.filter(({ kind }) => kind === 'numbers').map(({ path }) => fieldPath([], path));

/** However deep the personality lies. */
function inLists(value: unknown, rename: Rename): unknown {
  if (Array.isArray(value)) return value.map((item) => inLists(item, rename));
  if (!isMapping(value)) return value;
  const renamed: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, inLists(inner, rename)]),
  );
  for (const [group = '', name = ''] of LISTS as readonly (readonly string[])[]) {
    const inner = renamed[group];
    const file = isMapping(inner) ? text(inner[name]) : undefined;
    if (file !== undefined) renamed[group] = { ...(inner as Raw), [name]: rename(file) };
  }
  return renamed;
}
