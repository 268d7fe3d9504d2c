/** What a decoder answers instead of fields when the bytes make no sense. */

export interface Problem {
  /** A sentence without a full stop: what was found, and what is allowed. */
  readonly problem: string;
  /** Where, in bytes from the start of the array that was read. */
  readonly offset: number;
}

export const problem = (offset: number, text: string): Problem => ({ problem: text, offset });

export const isProblem = <T extends object>(answer: T | Problem): answer is Problem => 'problem' in answer;
