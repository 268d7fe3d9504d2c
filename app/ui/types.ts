/** What the API answers, as far as the page reads it. What never changes and what is measured has its types in `operation/run.ts`. */
import type { Blueprint, Clock, CommandEntry, Figures, Speed } from '../operation/run.ts';

export type { Blueprint, Clock, CommandEntry, Figures, Speed };

export type Scope = { readonly vm: string } | { readonly network: string } | { readonly host: string };

export interface AssignmentJson {
  readonly personality: string;
  readonly from?: Scope;
  /** Virtual instant in ns; null: never. */
  readonly expires: number | null;
}

export interface VmJson {
  readonly id: string;
  /** Where it is now. */
  readonly host: string;
  readonly up: boolean;
  readonly forwards: boolean;
  readonly interfaces: readonly { readonly network: string; readonly ip: string }[];
  readonly assignments: readonly AssignmentJson[];
}

export type FieldValue = number | string | boolean | readonly number[];

/** In the scenario format's written form: `latencyMs` flat, groups nested. */
export type WrittenFields = Readonly<Record<string, FieldValue | Readonly<Record<string, FieldValue>>>>;

export interface PersonalityJson {
  readonly id: string;
  readonly fields: WrittenFields;
}

/** What commands have made of the world so far. */
export interface ControlJson {
  readonly vms: readonly VmJson[];
  readonly personalities: readonly PersonalityJson[];
}

/** What is given to a VM: one of the run's personalities, or a preset, of which the run may not have one yet. */
export type PersonalityName = { readonly personality: string } | { readonly preset: string };

/** Type of the data that is dragged: a {@link PersonalityName} as JSON. */
export const DRAG_TYPE = 'application/x-netpersona';

/** How a field of a personality is described. */
export interface FieldJson {
  /** `latencyMs`, or `jitter.correlation` in a group. */
  readonly path: string;
  readonly stage: string;
  readonly kind:
    | 'probability'
    | 'milliseconds'
    | 'kilobits'
    | 'bytes'
    | 'count'
    | 'number'
    | 'choice'
    | 'boolean'
    | 'numbers'
    | 'personality'
    | 'flow';
  readonly help: string;
  readonly unit?: string | null;
  readonly identity?: FieldValue | null;
  readonly default?: FieldValue | null;
  readonly min?: number | null;
  readonly max?: number | null;
  readonly aboveMin?: boolean;
  readonly choices?: readonly string[] | null;
}

export interface PresetLine {
  readonly name: string;
  readonly summary: string;
}

export interface PreflightJson {
  readonly sentence: string;
  readonly warnings: readonly string[];
}

export interface PresetJson extends PresetLine {
  readonly personality: WrittenFields;
  /** Name of the personality of packets from the VM, and its fields. */
  readonly egress?: string;
  readonly up?: WrittenFields;
  readonly series?: unknown;
  readonly preflight: PreflightJson;
  readonly provenance: Readonly<
    Record<
      string,
      { readonly source: string; readonly year: number; readonly kind: string; readonly note?: string }
    >
  >;
}

export interface ProblemJson {
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
  readonly nearest?: string;
}
