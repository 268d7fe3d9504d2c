/** All fields of a personality, from the stages that own them. Schema, checks, forms and docs are made from this list. */
import type { Param } from './params.ts';
import { stages } from './stages/index.ts';

export interface Field extends Param {
  /** `latencyMs`, or `routing.chaosScope` for a field of a group. */
  readonly path: string;
  readonly stage: string;
}

/** Names what packets meet that the VM itself sends. It is no stage's: a second pipeline has all of them once more. */
const EGRESS: Field = {
  path: 'egress',
  stage: 'egress',
  kind: 'personality',
  identity: undefined,
  help: 'The id of another personality, for packets that the VM itself sends; absent: nothing applies to them. Its routing profile does nothing there, and its own egress is not followed.',
};

/** Each field once, in the order of the stages. */
export const FIELDS: readonly Field[] = [
  ...stages.flatMap((stage) =>
    Object.entries(stage.params).map(([path, param]) => ({ ...param, path, stage: stage.name })),
  ),
  EGRESS,
];
