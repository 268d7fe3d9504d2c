/** Parts of the format that stand on their own elsewhere, as in requests over HTTP: what they look like, and the same checks as in a file. */
import type { Profile } from '../../sim/index.ts';
import { FieldReader } from './fields.ts';
import { Findings } from './findings.ts';
import { closed, type Node } from './nodes.ts';
import { pathText } from './path.ts';
import { failure, type Outcome, type Problem, success } from './problems.ts';
import { mapping } from './raw.ts';
import { mapValues } from './schema/common.ts';
import { FIELD_NODES, preset, scope, someFields, ttl } from './schema/personalities.ts';
import { ACTIONS } from './schema/timeline.ts';
import { validate } from './validate.ts';

/** What a batch may consist of, by the key that names the action. */
const actions: Readonly<Record<string, Node>> = mapValues(
  Object.fromEntries(Object.entries(ACTIONS).filter(([name]) => name !== 'ramp' && name !== 'batch')),
  ({ description, fields, required }) => closed(fields, required, 'a mapping', { description }),
);

export const PARTS = {
  /** By name; groups are mappings. */
  fields: FIELD_NODES,
  preset,
  /** Whom an assignment is limited to. */
  scope,
  ttl,
  actions,
} as const;

/** What is wrong with a value that should be like this. */
export function checkPart(part: Node, value: unknown): readonly Problem[] {
  const findings = new Findings();
  validate(part, value, findings);
  return problemsOf(findings);
}

/** Fields to change, flat and in their own units, or every problem. What they make of the rest is not checked: the rest is not known. Names no files. */
export function parseFields(value: unknown): Outcome<Profile> {
  const findings = new Findings();
  validate(someFields, value, findings);
  const { profile } = new FieldReader(findings).read(mapping(value), []);
  if (findings.count === 0 && Object.keys(profile).length === 0)
    findings.add([], value, 'a mapping with the fields to change');
  return findings.count === 0 ? success(profile) : failure(problemsOf(findings));
}

const problemsOf = (findings: Findings): readonly Problem[] =>
  findings.all.map(({ at, ...rest }) => ({ path: pathText(at), ...rest }));
