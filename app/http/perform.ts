/** Orders of the API and what becomes of them: the instant of effect, or a problem with the right status. */
import type { Problem } from '../../sim/index.ts';
import type { Order, Verdict } from '../operation/run.ts';
import { HttpProblem } from './problem.ts';
import type { Context } from './route.ts';

export type Effect = Extract<Verdict, { readonly ok: true }>;
export type Refusal = Extract<Verdict, { readonly ok: false }>;

/** What the caller calls the fields of actions. */
export interface Names {
  /** `[0].assign` is `personalityId`, say. */
  rename(path: string): string;
  /** Which of those names are parameters of the path: what they name but does not exist is not found. */
  readonly params: readonly string[];
}

/** Of a single action, or of the last of several. `[0].values.jitter.correlation` is `jitter.correlation` to who sent the fields alone. */
export function namesOf(fields: Readonly<Record<string, string>>, params: readonly string[]): Names {
  const rename = (path: string): string => {
    const field = path.replace(/^\[\d+\]\.?/u, '').replace(/^(values|set)(\.|$)/u, '');
    return fields[field] ?? field;
  };
  return { rename, params };
}

export const ended = (): HttpProblem =>
  new HttpProblem(409, 'the run has ended: it takes no commands any more');

export const busy = (): HttpProblem =>
  new HttpProblem(503, 'too many commands wait to be carried out', { headers: { 'Retry-After': '1' } });

/** @throws {HttpProblem} */
export async function perform(order: Order, names: Names, { run }: Context): Promise<Effect> {
  const verdict = await run.submit(order);
  if (verdict.ok) return verdict;
  throw problemOf(verdict, names);
}

export function problemOf({ why, problems }: Refusal, names: Names): HttpProblem {
  switch (why) {
    case 'closed':
      return ended();
    case 'busy':
      return busy();
    case 'stale':
      return new HttpProblem(412, 'it is not as you know it any more', { problems });
    case 'refused':
      return refused(problems, names);
  }
}

function refused(refusals: readonly Problem[], names: Names): HttpProblem {
  const problems = refusals.map((problem) => ({ ...problem, path: names.rename(problem.path) }));
  const isMissing = problems.some(({ kind, path }) => kind === 'missing' && names.params.includes(path));
  if (isMissing) return new HttpProblem(404, 'there is no such thing', { problems });
  const isConflict = problems.length > 0 && problems.every(({ kind }) => kind === 'conflict');
  if (isConflict) return new HttpProblem(409, 'that does not fit what there is', { problems });
  return new HttpProblem(400, 'the request is not as it should be', { problems });
}
