/** Values set from outside (`--set personalities.wan.latencyMs=80`), before anything is checked. */
import { nearestName } from './findings.ts';
import { type Path, parsePath, type Step } from './path.ts';
import type { Problem } from './problems.ts';
import { isMapping, type Raw } from './raw.ts';
import { readYaml } from './reader.ts';

export type Setting = readonly [path: string, value: string];

/** A changed copy; what is not changed is shared. Settings that do not fit are reported under `--set PATH`. */
export function applySettings(
  document: unknown,
  settings: readonly Setting[],
): { readonly document: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  let result = document;
  for (const [path, value] of settings) {
    const steps = parsePath(path);
    const read = value.trim() === '' ? ({ ok: true, value: '' } as const) : readYaml(value);
    if (steps === null) {
      const allowed = 'a path, such as personalities.wan.latencyMs or traffic[2].rate';
      problems.push({ path: `--set ${path}`, found: JSON.stringify(path), allowed });
    } else if (!read.ok) {
      problems.push({ path: `--set ${path}`, found: JSON.stringify(value), allowed: 'a YAML value' });
    } else {
      try {
        result = withValue(result, steps, read.value);
      } catch (error) {
        if (!(error instanceof NoPlace)) throw error;
        problems.push({ path: `--set ${path}`, ...error.problem });
      }
    }
  }
  return { document: result, problems };
}

class NoPlace extends Error {
  readonly problem: Omit<Problem, 'path'>;

  constructor(found: string, allowed: string, nearest?: string) {
    super(found);
    this.problem = { found, allowed, ...(nearest === undefined ? {} : { nearest }) };
  }
}

function withValue(node: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(node)) {
    const index = indexOf(node, step);
    return node.map((item, at) => (at === index ? withValue(item, rest, value) : item));
  }
  if (isMapping(node) || node === undefined || node === null) {
    if (typeof step === 'number') throw new NoPlace(`[${step}]`, 'a list there');
    const before = isMapping(node) ? node : {};
    const inner = Object.hasOwn(before, step) ? before[step] : undefined;
    return Object.fromEntries([
      ...Object.entries(before).filter(([key]) => key !== step),
      [step, withValue(inner, rest, value)],
    ]);
  }
  throw new NoPlace(String(step), 'a mapping or a list around it');
}

/** Items of lists go by number or by id. */
function indexOf(items: readonly unknown[], step: Step): number {
  if (typeof step === 'number') {
    if (step < items.length) return step;
    throw new NoPlace(
      `[${step}]`,
      items.length === 0 ? 'an item: the list is empty' : `[0] to [${items.length - 1}]`,
    );
  }
  const ids = items.map((item) => (isMapping(item) ? idOf(item) : undefined));
  const index = ids.indexOf(step);
  if (index >= 0) return index;
  const known = ids.filter((id) => id !== undefined);
  throw new NoPlace(step, 'the id or the [number] of an item', nearestName(step, known));
}

const idOf = (item: Raw): string | undefined => {
  const { id, address } = item;
  return typeof id === 'string' ? id : typeof address === 'string' ? address : undefined;
};
