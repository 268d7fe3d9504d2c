/** What is wrong with a document: every problem at once, each with its place, what was found and what is allowed. */

export interface Problem {
  /** `personalities.wan.jitterMs`, `traffic[2].to`; empty for the document as a whole. */
  readonly path: string;
  /** What stands there, as short text; `nothing` when something is missing. */
  readonly found: string;
  /** What may stand there. */
  readonly allowed: string;
  /** The closest known name for a misspelled one. */
  readonly nearest?: string;
  /** Line in the file, from 1. */
  readonly line?: number;
  /** Only when it is not the main file: the included file or the preset it is in. */
  readonly file?: string;
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export const success = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const failure = (problems: readonly Problem[]): Outcome<never> => ({ ok: false, problems });

/** `traffic[2].to: found "servr", allowed: the id of a VM; did you mean server? (line 12)` */
export function formatProblem(problem: Problem): string {
  const { path, found, allowed, nearest, line, file } = problem;
  const guess = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  const place = [file, line === undefined ? undefined : `line ${line}`].filter((part) => part !== undefined);
  const where = place.length === 0 ? '' : ` (${place.join(', ')})`;
  return `${path === '' ? 'document' : path}: found ${found}, allowed: ${allowed}${guess}${where}`;
}

/** One problem per line. */
export const formatProblems = (problems: readonly Problem[]): string =>
  problems.map(formatProblem).join('\n');
