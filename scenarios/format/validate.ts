/** Checks a document against the schema, and says in our words what ajv found. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { type Findings, nearestName, words } from './findings.ts';
import type { Node } from './nodes.ts';
import type { Path, Step } from './path.ts';
import { nearestQuantity, type Quantity, readQuantity } from './quantity.ts';

const compiled = new Map<Node, ValidateFunction>();

function validator(schema: Node): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: false,
    discriminator: true,
    ownProperties: true,
    messages: false,
    inlineRefs: false,
    // A test does that once and for all.
    validateSchema: false,
  });
  ajv.addKeyword({
    keyword: 'x-quantity',
    type: ['number', 'string'],
    validate: (quantity: Quantity, value: unknown) => readQuantity(quantity, value) !== null,
    errors: false,
  });
  const check = ajv.compile(schema);
  compiled.set(schema, check);
  return check;
}

/** Adds everything that the schema does not allow. */
export function validate(schema: Node, document: unknown, findings: Findings): void {
  const check = validator(schema);
  if (check(document)) return;
  for (const error of check.errors ?? []) explain(error, document, findings);
}

function explain(error: ErrorObject, document: unknown, findings: Findings): void {
  const { keyword, params, data } = error;
  const schema = (error.parentSchema ?? {}) as Node;
  const at = pathOf(error.instancePath, document);
  const allowed = String(schema['x-allowed'] ?? 'something else');
  if (keyword === 'if' || keyword === 'oneOf') return;
  if (keyword === 'required') {
    const name = String(params['missingProperty']);
    const field = (schema['properties'] as Readonly<Record<string, Node>> | undefined)?.[name];
    return findings.add([...at, name], undefined, String(field?.['x-allowed'] ?? allowed));
  }
  if (keyword === 'additionalProperties') {
    const name = String(params['additionalProperty']);
    return unknownField([...at, name], name, Object.keys((schema['properties'] ?? {}) as object), findings);
  }
  if (keyword === 'propertyNames') return;
  if (error.propertyName !== undefined) {
    return findings.add([...at, error.propertyName], words(`the name "${error.propertyName}"`), allowed);
  }
  if (keyword === 'discriminator') return wrongKind(at, params, schema, findings);
  if (keyword === 'not') {
    const keys = schema['x-keys'] as readonly string[];
    const own = Object.keys(data as object);
    const slip = own.map((key) => nearestName(key, keys)).find((key) => key !== undefined);
    return findings.add(at, data, allowed, slip);
  }
  findings.add(at, data, allowed, nearestValue(schema, data));
}

function unknownField(at: Path, name: string, known: readonly string[], findings: Findings): void {
  const allowed = known.length === 0 ? 'no fields' : `the fields ${known.join(', ')}`;
  findings.add(at, words('an unknown field'), allowed, nearestName(name, known));
}

function wrongKind(
  at: Path,
  params: Readonly<Record<string, unknown>>,
  schema: Node,
  findings: Findings,
): void {
  const tag = String(params['tag']);
  const value = params['tagValue'];
  const properties = schema['properties'] as Readonly<Record<string, Node>>;
  const node = properties[tag] ?? {};
  findings.add([...at, tag], value, String(node['x-allowed']), nearestValue(node, value));
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
