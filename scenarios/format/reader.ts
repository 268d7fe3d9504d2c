/** YAML text to plain values. Knows YAML, not scenarios. */
import { parseDocument } from 'yaml';
import type { Path } from './path.ts';
import { failure, type Outcome, type Problem, success } from './problems.ts';

/** Characters of one file. */
export const MOST_TEXT = 64 * 2 ** 20;
/** Values in one file, an alias counted as all that it stands for. */
export const MOST_NODES = 10_000_000;
/** Collections within collections. */
export const MOST_DEPTH = 50;

export interface Place {
  /** From 1. */
  readonly line: number;
  /** Characters before it. */
  readonly offset: number;
}

export function readYaml(text: string): Outcome<unknown> {
  const document = parseDocument(text);
  const problems: Problem[] = document.errors.map((error) => ({
    path: '',
    found: error.message.split('\n')[0] ?? '',
    allowed: 'YAML',
    ...(error.linePos === undefined ? {} : { line: error.linePos[0].line }),
  }));
  return problems.length > 0 ? failure(problems) : success(document.toJS());
}

/** Where the paths stand in the text: the nearest place that exists. */
export const locate = (_text: string, paths: readonly Path[]): readonly (Place | undefined)[] =>
  paths.map(() => undefined);
