/** What a dialect is: another tool's way to write down a network, and how it is read. */
import type { Profile } from '../../sim/index.ts';
import type { Outcome } from '../format/problems.ts';

/** Something that did not go over word for word. */
export interface Note {
  /** `left out`: nothing here does it. `interpreted`: it is there, in another way than the words say. */
  readonly kind: 'left out' | 'interpreted';
  /** The words of the file. */
  readonly words: string;
  readonly why: string;
  /** In the file, from 1. */
  readonly line?: number;
}

/** One personality that a file describes. */
export interface ImportedPersonality {
  /** What the file calls it; empty when it has no name. */
  readonly name: string;
  /** The words that it was made from, for a comment. */
  readonly source: readonly string[];
  /** Towards the VM, by path. */
  readonly fields: Profile;
  /** From the VM, where that differs. */
  readonly egress?: Profile;
}

export interface Imported {
  readonly personalities: readonly ImportedPersonality[];
  readonly notes: readonly Note[];
}

/** A file of another tool. */
export interface Source {
  readonly text: string;
  /** How a scenario would name the file, where one must; undefined for stdin. */
  readonly fileName?: string | undefined;
  /** Keep netem's own formulas where they differ from what its words promise. */
  readonly compat?: boolean;
}

export interface Dialect {
  /** As `--from` names it. */
  readonly name: string;
  readonly summary: string;
  /** Whether a text looks like it. `document` is the text read as YAML, or undefined where it is none. */
  recognises(text: string, document: unknown): boolean;
  /** Everything that is wrong with the text at once, or what it says. */
  read(source: Source): Outcome<Imported>;
}

/** Without the noise of binary fractions: 0.07 / 100 is 0.0007. */
export const tidy = (value: number): number => Number(value.toPrecision(12));

/** A name as the id of a personality: `Edge - Lossy` is `edge-lossy`. */
export const idFrom = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);

/** Two independent chances to be lost, one after the other. */
export const either = (one: number, other: number): number => tidy(1 - (1 - one) * (1 - other));
