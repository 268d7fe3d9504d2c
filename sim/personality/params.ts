/** How a personality's fields are described: once, for the schema, the checks, the forms, the docs and the types. */

/** What a field holds. The unit is part of the kind; bare numbers in files are in it, texts with a unit are converted to it. */
export type ParamKind =
  /** 0 to 1. */
  | 'probability'
  /** Milliseconds, fractions allowed. */
  | 'milliseconds'
  /** kbit/s, 1 kbit = 1,000 bit. */
  | 'kilobits'
  | 'bytes'
  /** A whole number without a unit. */
  | 'count'
  /** A plain number. */
  | 'number'
  | 'choice'
  | 'boolean'
  /** A list of numbers, or in a file the name of another file that holds them (see {@link Param.reader}). */
  | 'numbers'
  /** The id of another personality. */
  | 'personality'
  /** The id of a traffic. */
  | 'flow';

/** Lists are never changed: two are the same settings only if they are the same list. */
export type ParamValue = number | string | boolean | readonly number[];

/** How a file is read that stands for a list of numbers. */
export type NumbersReader =
  /** One packet number a line. */
  | 'ordinals'
  /** netem's `.dist`: whole numbers between white space, `#` begins a comment, scale 8192. */
  | 'dist'
  /** mahimahi: one delivery opportunity a line, in whole ms. */
  | 'mahimahi';

export interface Param {
  readonly kind: ParamKind;
  /** A sentence for humans. */
  readonly help: string;
  /** The value that does nothing. `undefined`: only an absent field does nothing. */
  readonly identity: ParamValue | undefined;
  /** What an absent field means where that is not the identity. */
  readonly default?: ParamValue;
  /** Inclusive bounds of the number. Probabilities have 0 and 1 without being told. */
  readonly min?: number;
  readonly max?: number;
  /** `min` itself is not allowed. */
  readonly aboveMin?: boolean;
  readonly choices?: readonly string[];
  /** Of `numbers`: how a file is read. Bounds are those of each number. */
  readonly reader?: NumbersReader;
  /** Of `numbers`: so many at least, at most; whether whole, and in which order they must come. */
  readonly fewest?: number;
  readonly most?: number;
  readonly whole?: boolean;
  readonly order?: 'ascending' | 'nonDecreasing';
}

/** By path: `jitterMs`, or `routing.chaosScope` for a field of a group. */
export type Params = Readonly<Record<string, Param>>;

type ValueOf<P extends Param> = P extends { readonly choices: readonly (infer Choice extends string)[] }
  ? Choice
  : P['kind'] extends 'boolean'
    ? boolean
    : P['kind'] extends 'numbers'
      ? readonly number[]
      : P['kind'] extends 'choice' | 'personality' | 'flow'
        ? string
        : number;

/** What a stage is configured with: each field's value, or its identity. */
export type Values<P extends Params> = {
  readonly [Path in keyof P]: undefined extends P[Path]['identity']
    ? ValueOf<P[Path]> | undefined
    : ValueOf<P[Path]>;
};
