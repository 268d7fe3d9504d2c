/** When a verdict lets a run fail. */
import type { Verdict } from './expect.ts';

export interface Strictness {
  /** Also what cannot be told is a failure. */
  readonly strict?: boolean | undefined;
}

/** The sample is too small to tell it. */
export const isDoubtful = ({ confidence }: Verdict): boolean => confidence === 'cannot tell';

/** The limit is broken in this run or, when strict, it cannot be told. */
export const isFailure = (verdict: Verdict, { strict = false }: Strictness = {}): boolean =>
  !verdict.holds || (strict && isDoubtful(verdict));
