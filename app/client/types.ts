/** What the API answers. What never changes and what is measured is what a run in operation says of itself. */
import type { PersonalityFields } from './personality.ts';

export type {
  Blueprint,
  Clock,
  CommandEntry,
  DelayFigures,
  Figures,
  FlowLive,
  LinkLive,
  SessionFile,
  Speed,
  VmLive,
} from '../operation/run.ts';
export type { PersonalityFields };

/** Packets from one VM, network or host. */
export type Scope = { readonly vm: string } | { readonly network: string } | { readonly host: string };

export interface Assignment {
  readonly personality: string;
  readonly from?: Scope;
  /** Virtual instant in ns; null: never. */
  readonly expires: number | null;
}

export interface VmState {
  readonly id: string;
  /** Where it is now. */
  readonly host: string;
  readonly up: boolean;
  readonly forwards: boolean;
  readonly interfaces: readonly { readonly network: string; readonly ip: string }[];
  readonly assignments: readonly Assignment[];
}

/** With its version, for `ifMatch`. */
export interface Personality {
  readonly id: string;
  readonly fields: PersonalityFields;
  readonly tag: string | null;
}

export interface Preflight {
  /** `one way 45ms; round trip 90ms; 1 % loss; …: TCP at most 1.58 Mbit/s`. */
  readonly sentence: string;
  readonly warnings: readonly string[];
  readonly figures: Readonly<Record<string, unknown>>;
}

/** An action as a scenario's timeline has it, without `at`. */
export type TimelineAction = Readonly<Record<string, unknown>>;

export interface FieldProblem {
  /** A field of the body, a parameter or a header; empty: the whole. */
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
  readonly nearest?: string;
}

/** When a command took effect. */
export interface Done {
  /** Virtual ns. */
  readonly at: number;
}
