/** What can go wrong at the doors, by whose turn it is: the user's, the machine's, or ours. Does not print. */
import { formatProblems, type Problem } from '../scenarios/index.ts';

/** What the process answers with. */
export const ExitCode = {
  fine: 0,
  /** An expectation failed, or two runs differ. */
  failed: 1,
  /** Bad input or usage. */
  usage: 2,
  /** The machine lacks something: room, a right, a device. */
  environment: 3,
  /** A defect in netpersona. */
  defect: 70,
} as const;

/** The user can put it right: an option, a file, a scenario. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** A document is refused, with everything that is wrong in it. */
export class ScenarioError extends UsageError {
  override name = 'ScenarioError';
  /** The file, as the user named it. */
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    super(`${file} cannot run:\n${formatProblems(problems).replace(/^/gm, '  ')}`);
    this.file = file;
    this.problems = problems;
  }
}

/** The scenario's own program did not do what it should: it threw, it could not be loaded, it awaits what never comes. */
export class ProgramError extends UsageError {
  override name = 'ProgramError';
}

/** The machine does not let us. */
export class EnvironmentError extends Error {
  override name = 'EnvironmentError';
}

/** Something that cannot be, was: when and under which seed, so that it can be seen again. */
export class RunDefect extends Error {
  override name = 'RunDefect';
  readonly seed: string;
  /** Virtual ns. */
  readonly at: number;

  constructor(cause: unknown, seed: string, at: number) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.seed = seed;
    this.at = at;
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return ExitCode.usage;
  if (error instanceof EnvironmentError) return ExitCode.environment;
  return ExitCode.defect;
}
