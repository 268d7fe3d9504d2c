/** All fields of a personality, from the stages that own them. Schema, checks, forms and docs are made from this list. */
import type { Param } from './params.ts';
import { stages } from './stages/index.ts';

export interface Field extends Param {
  /** `latencyMs`, or `routing.chaosScope` for a field of a group. */
  readonly path: string;
  readonly stage: string;
}

/** Each field once, in the order of the stages. */
export const FIELDS: readonly Field[] = stages.flatMap((stage) =>
  Object.entries(stage.params).map(([path, param]) => ({ ...param, path, stage: stage.name })),
);
