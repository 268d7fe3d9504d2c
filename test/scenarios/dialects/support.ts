/** Imports in one line: what came of a text, or what is wrong with it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  formatProblem,
  formatProblems,
  type ImportOptions,
  type ImportResult,
  importPersonalities,
} from '../../../scenarios/index.ts';
import type { Profile } from '../../../sim/index.ts';
import { ROOT } from '../../support/cli.ts';

export const example = (name: string): string =>
  readFileSync(join(ROOT, 'test', 'scenarios', 'dialects', 'examples', name), 'utf8');

export function imported(text: string, options: Partial<ImportOptions> = {}): ImportResult {
  const outcome = importPersonalities({ text, ...options });
  if (!outcome.ok) throw new Error(formatProblems(outcome.problems));
  return outcome.value;
}

/** The fields of the only personality. */
export function fieldsOf(text: string, options: Partial<ImportOptions> = {}): Profile {
  const { personalities } = imported(text, options);
  assert.is(personalities.length, 1);
  return personalities[0]!.fields;
}

export function problemsOf(text: string, options: Partial<ImportOptions> = {}): string[] {
  const outcome = importPersonalities({ text, ...options });
  return outcome.ok ? [] : outcome.problems.map(formatProblem);
}

/** What was not carried over, by its words. */
export const leftOut = ({ notes }: ImportResult): string[] =>
  notes.filter(({ kind }) => kind === 'left out').map(({ words }) => words);

/** By path, each personality with its counterpart. */
export const byId = ({ personalities }: ImportResult): Record<string, Profile> =>
  Object.fromEntries(
    personalities.flatMap(({ id, egressId, fields, egress }) => [
      [id, fields],
      ...(egressId === undefined || egress === undefined ? [] : [[egressId, egress] as const]),
    ]),
  );
