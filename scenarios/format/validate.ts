/** Checks a document against the schema, and says in our words what ajv found. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { DataValidationCxt } from 'ajv/dist/types/index.js';
import { type Findings, nearestName, words } from './findings.ts';
import type { Branches, Node, Shared } from './nodes.ts';
import type { Path, Step } from './path.ts';
import { nearestQuantity, type Quantity, readQuantity } from './quantity.ts';

const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  strict: false,
  ownProperties: true,
  messages: false,
  // A test does that once and for all.
  validateSchema: false,
  // Documents are small, and compiling is most of the work.
  code: { optimize: false },
});

ajv.addKeyword({
  keyword: 'x-quantity',
  type: ['number', 'string'],
  validate: (quantity: Quantity, value: unknown) => readQuantity(quantity, value) !== null,
  errors: false,
});
ajv.addKeyword({ keyword: 'x-shared', type: 'object', validate: checkShared, errors: 'full' });
ajv.addKeyword({ keyword: 'x-branches', type: 'object', validate: checkBranch, errors: 'full' });

const compiled = new Map<Node, ValidateFunction>();

/** Each part is compiled when the first document needs it: few use all kinds of traffic and all actions. */
function validator(schema: Node): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const check = ajv.compile(schema);
  compiled.set(schema, check);
  return check;
}

function checkShared(
  { node }: Shared,
  value: unknown,
  _parent?: unknown,
  context?: DataValidationCxt,
): boolean {
  checkShared.errors = errorsOf(node, value, context?.instancePath ?? '');
  return checkShared.errors.length === 0;
}
checkShared.errors = [] as PartError[];

function checkBranch(
  { by, nodes }: Branches,
  value: Readonly<Record<string, unknown>>,
  parentSchema?: Node,
  context?: DataValidationCxt,
): boolean {
  const names = Object.keys(nodes);
  const name = by === undefined ? names.find((key) => Object.hasOwn(value, key)) : value[by];
  const node = typeof name === 'string' && names.includes(name) ? nodes[name] : undefined;
  const instancePath = context?.instancePath ?? '';
  if (node !== undefined) checkBranch.errors = errorsOf(node, value, instancePath);
  // The field that would have told has its own node, which has said so.
  else checkBranch.errors = by === undefined ? [noBranch(names, parentSchema, value, instancePath)] : [];
  return node !== undefined && checkBranch.errors.length === 0;
}
checkBranch.errors = [] as PartError[];

const noBranch = (
  names: readonly string[],
  parentSchema: Node = {},
  value: unknown,
  instancePath: string,
): PartError => ({
  keyword: 'no branch',
  instancePath,
  params: { names },
  parentSchema,
  value,
});

function errorsOf(node: Node, value: unknown, at: string): PartError[] {
  const check = validator(node);
  if (check(value)) return [];
  return (check.errors ?? []).map((error) => ({
    value: error.data,
    ...error,
    instancePath: at + error.instancePath,
  }));
}

/** ajv puts the outer keyword's data into the errors of a part, so the value itself travels beside. */
interface PartError extends Partial<ErrorObject> {
  readonly value?: unknown;
}

/** Adds everything that the schema does not allow. */
export function validate(schema: Node, document: unknown, findings: Findings): void {
  const check = validator(schema);
  if (check(document)) return;
  for (const error of check.errors ?? []) explain(error, document, findings);
}

function explain(error: ErrorObject, document: unknown, findings: Findings): void {
  const { keyword, params } = error;
  const data = 'value' in error ? error.value : error.data;
  const schema = (error.parentSchema ?? {}) as Node;
  const at = pathOf(error.instancePath, document);
  const allowed = String(schema['x-allowed'] ?? 'something else');
  if (keyword === 'propertyNames') return;
  if (keyword === 'required') {
    const name = String(params['missingProperty']);
    const field = (schema['properties'] as Readonly<Record<string, Node>> | undefined)?.[name];
    findings.add([...at, name], undefined, String(field?.['x-allowed'] ?? allowed));
  } else if (keyword === 'additionalProperties') {
    const name = String(params['additionalProperty']);
    unknownField([...at, name], name, Object.keys((schema['properties'] ?? {}) as object), findings);
  } else if (error.propertyName !== undefined) {
    findings.add([...at, error.propertyName], words(`the name "${error.propertyName}"`), allowed);
  } else if (keyword === 'no branch') {
    const names = params['names'] as readonly string[];
    const slips = Object.keys(data as object).map((key) => nearestName(key, names));
    findings.add(
      at,
      data,
      allowed,
      slips.find((slip) => slip !== undefined),
    );
  } else findings.add(at, data, allowed, nearestValue(schema, data));
}

function unknownField(at: Path, name: string, known: readonly string[], findings: Findings): void {
  const allowed = known.length === 0 ? 'no fields' : `the fields ${known.join(', ')}`;
  findings.add(at, words('an unknown field'), allowed, nearestName(name, known));
}

function nearestValue(schema: Node, value: unknown): string | undefined {
  const range = schema['x-quantity'] as Quantity | undefined;
  if (range !== undefined) return nearestQuantity(range, value);
  const choices = schema['enum'];
  if (!Array.isArray(choices) || typeof value !== 'string') return undefined;
  return nearestName(
    value,
    choices.filter((choice) => typeof choice === 'string'),
  );
}

/** A JSON pointer as steps; a step is an index where the document has a list. */
function pathOf(pointer: string, document: unknown): Path {
  const steps: Step[] = [];
  let here = document;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    steps.push(Array.isArray(here) ? Number(key) : key);
    here = (here as Readonly<Record<string, unknown>> | undefined)?.[key];
  }
  return steps;
}
