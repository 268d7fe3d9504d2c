/** Fields of a personality, as requests give them and as answers write them. Both come from the stages' definitions. */
import { type FormatNode, nodes, PARTS } from '../../../scenarios/index.ts';
import { FIELDS, type Field, type ParamKind } from '../../../sim/index.ts';
import { type JsonSchema, object } from './json-schema.ts';

/** What a number of this kind is in, in answers. */
export const UNITS: Readonly<Partial<Record<ParamKind, string>>> = {
  milliseconds: 'ms',
  kilobits: 'kbit/s',
  bytes: 'bytes',
};

/** As in a file, but that nothing is read from other files here. */
const requestFields: Readonly<Record<string, FormatNode>> = Object.fromEntries(
  Object.entries(PARTS.fields).map(([name, node]) => [name, withoutFiles(node, name)]),
);

function withoutFiles(node: FormatNode, path: string): FormatNode {
  const inner = node['properties'] as Readonly<Record<string, FormatNode>> | undefined;
  if (inner !== undefined) {
    const properties = Object.entries(inner).map(([name, each]) => [
      name,
      withoutFiles(each, `${path}.${name}`),
    ]);
    return { ...node, properties: Object.fromEntries(properties) };
  }
  const isList = FIELDS.some((field) => field.path === path && field.kind === 'numbers');
  if (!isList) return node;
  const { minLength: _, ...list } = node;
  const allowed = String(node['x-allowed']).replace(/, or a file: .*$/, '');
  return { ...list, type: 'array', 'x-allowed': allowed };
}

const A_PERSONALITY = 'a mapping with fields of a personality';

/** What makes a personality: a preset, fields, or both; `id` where it is to be created. */
export const PERSONALITY_BODY: FormatNode = nodes.closed(
  {
    id: nodes.id({ description: 'Its id; absent: one is made.', examples: ['wan'] }),
    preset: PARTS.preset,
    ...requestFields,
  },
  [],
  A_PERSONALITY,
  { description: 'What packets towards a VM meet. An absent field does nothing.' },
);

export const SOME_FIELDS: FormatNode = nodes.closed(
  requestFields,
  [],
  'a mapping with the fields to change',
  {
    description: 'The fields to change; the others stay as they are.',
  },
);

/** Of answers: numbers without texts, in the units of the fields' names. */
export function writtenFieldsSchema(): Record<string, JsonSchema> {
  const properties: Record<string, JsonSchema> = {};
  const groups = new Map<string, Record<string, JsonSchema>>();
  for (const field of FIELDS) {
    const [name = '', inner] = field.path.split('.');
    if (inner === undefined) properties[name] = writtenField(field);
    else groups.set(name, { ...groups.get(name), [inner]: writtenField(field) });
  }
  for (const [name, inner] of groups) properties[name] = object(inner, { optional: Object.keys(inner) });
  return properties;
}

function writtenField(field: Field): JsonSchema {
  const { kind, help, choices, identity, default: other } = field;
  const unit = UNITS[kind];
  const absent = other ?? identity;
  const words = {
    description: unit === undefined ? help : `${help} In ${unit}.`,
    ...(absent === undefined ? {} : { default: absent }),
  };
  switch (kind) {
    case 'boolean':
      return { type: 'boolean', ...words };
    case 'choice':
      return { type: 'string', enum: choices, ...words };
    case 'personality':
    case 'flow':
      return { type: 'string', minLength: 1, ...words };
    case 'numbers':
      return {
        type: 'array',
        items: { type: field.whole === true ? 'integer' : 'number', ...boundsOf(field) },
        ...words,
      };
    default:
      return {
        type: kind === 'count' || kind === 'bytes' ? 'integer' : 'number',
        ...boundsOf(field),
        ...words,
      };
  }
}

function boundsOf(field: Field): JsonSchema {
  const { min, max } = limitsOf(field);
  return {
    ...(min === null ? {} : { [field.aboveMin === true ? 'exclusiveMinimum' : 'minimum']: min }),
    ...(max === null ? {} : { maximum: max }),
  };
}

/** A probability has bounds without being told. */
export function limitsOf({ kind, min, max }: Field): {
  readonly min: number | null;
  readonly max: number | null;
} {
  const isShare = kind === 'probability';
  return { min: min ?? (isShare ? 0 : null), max: max ?? (isShare ? 1 : null) };
}
