/**
 * Failed expectations as GitHub's workflow commands: a line on stdout or stderr that a runner shows at the line of a file.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
import type { Verdict } from './expect.ts';
import { isDoubtful, isFailure, type Strictness } from './expect-strict.ts';
import type { Summary } from './summary.ts';

/** Where an expectation stands. */
export interface AnnotationPlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/**
 * A line for each expectation that fails (`::error`) or that cannot be told (`::warning`, an error when `strict`); empty when all is well.
 * `place` answers undefined for what stands in no file.
 */
export function annotations(
  { name, expectations }: Summary,
  place: (verdict: Verdict) => AnnotationPlace | undefined,
  strictness: Strictness = {},
): string {
  return expectations
    .filter((verdict) => isFailure(verdict, strictness) || isDoubtful(verdict))
    .map((verdict) => {
      const { text, doubt } = verdict;
      const level = isFailure(verdict, strictness) ? 'error' : 'warning';
      const at = place(verdict);
      const properties = [
        ...(at === undefined ? [] : [`file=${property(at.file)}`, `line=${at.line}`]),
        `title=${property(name)}`,
      ];
      return `::${level} ${properties.join(',')}::${data(doubt === null ? text : `${text} (${doubt})`)}\n`;
    })
    .join('');
}

/** As the runner's toolkit escapes messages. */
const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

/** And what stands between the colons. */
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
