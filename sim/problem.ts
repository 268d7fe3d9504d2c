/** What is wrong with something that was asked for. */
export interface Problem {
  /** `personalities.wan.jitterMs`. */
  readonly path: string;
  /** What stands there, as short text. */
  readonly found: string;
  /** What may stand there. */
  readonly allowed: string;
  /** The closest known name for a misspelled one. */
  readonly nearest?: string;
  /** What is missing does not exist; a conflict is with what exists: the id is taken, or the personality in use. */
  readonly kind?: 'missing' | 'conflict';
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };
