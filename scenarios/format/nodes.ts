/**
 * Words to write a JSON Schema with. Each value's node also says in a sentence what is allowed (`x-allowed`), and numbers with a unit
 * carry their quantity (`x-quantity`). `published` turns these and the other `x-` keywords into
 * JSON Schema's own.
 */
import { allowedQuantity, type Quantity } from './quantity.ts';

/** A JSON Schema. */
export interface Node {
  readonly [keyword: string]: unknown;
}

export interface Words {
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

const ID = '^[\\p{L}\\p{N}][\\p{L}\\p{N}_.:@+-]{0,99}$';
const ID_OR_UP = `${ID.slice(0, -1)}((/[\\p{L}\\p{N}][\\p{L}\\p{N}_.:@+-]{0,99})?/up)?$`;
export const ALLOWED_ID = 'a name of letters, digits and _ . : @ + -, beginning with a letter or digit';

export const id = (words: Words): Node => ({
  type: 'string',
  pattern: ID,
  ...words,
  'x-allowed': ALLOWED_ID,
});

/** Also what a way up is called that belongs to a personality or a preset: sessions write down that one was made. */
export const idOrUp = (words: Words): Node => ({ ...id(words), pattern: ID_OR_UP });

/** Keys that may be such names. */
export const namesOrUp = { pattern: ID_OR_UP, 'x-allowed': ALLOWED_ID } as const;

export const isId = (text: string): boolean => ID_TEXT.test(text);
const ID_TEXT = new RegExp(ID, 'u');

export const text = (allowed: string, words: Words): Node => ({
  type: 'string',
  minLength: 1,
  ...words,
  'x-allowed': allowed,
});

export const choice = (choices: readonly (string | boolean)[], words: Words): Node => ({
  enum: choices,
  ...words,
  'x-allowed': choices.length === 1 ? String(choices[0]) : `one of ${choices.join(', ')}`,
});

export const flag = (words: Words): Node => ({ type: 'boolean', ...words, 'x-allowed': 'true or false' });

const TEXT_TOO: ReadonlySet<string> = new Set([
  'nanos',
  'milliseconds',
  'bits',
  'kilobits',
  'bytes',
  'packetInterval',
  'flowRate',
]);

export const quantity = (range: Quantity, words: Words): Node => ({
  type: TEXT_TOO.has(range.measure) ? ['number', 'string'] : range.measure === 'count' ? 'integer' : 'number',
  'x-quantity': range,
  ...words,
  'x-allowed': allowedQuantity(range),
});

export const list = (items: Node, allowed: string, words: Words & { minItems?: number } = {}): Node => ({
  type: 'array',
  items,
  ...words,
  'x-allowed': allowed,
});

/** A mapping with these fields and no others. */
export const closed = (
  properties: Readonly<Record<string, Node>>,
  required: readonly string[],
  allowed: string,
  words: Words = {},
): Node => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
  ...words,
  'x-allowed': allowed,
});

/** A mapping from names to values. */
export const record = (values: Node, allowed: string, words: Words = {}): Node => ({
  type: 'object',
  propertyNames: { pattern: ID, 'x-allowed': ALLOWED_ID },
  additionalProperties: values,
  ...words,
  'x-allowed': allowed,
});

/**
 * Either of several nodes of different JSON types. The keywords of one type say nothing about the others, so they fit in
 * one node, and a value is only told about its own.
 */
export function either(words: Words, ...nodes: readonly Node[]): Node {
  const types = nodes.flatMap((node) => node['type']);
  const allowed = nodes.map((node) => node['x-allowed']).join(', or ');
  return { ...Object.assign({}, ...nodes), type: types, ...words, 'x-allowed': allowed };
}

/** One of several nodes. Which one is told by the value of the field `by`, or without `by` by the key that is present. */
export interface Branches {
  readonly by?: string;
  readonly nodes: Readonly<Record<string, Node>>;
}

/** The node whose key is present, the first one if there are several. */
export const byKey = (nodes: Readonly<Record<string, Node>>, allowed: string): Node => ({
  type: 'object',
  'x-branches': { nodes },
  'x-allowed': allowed,
});

/** The node that the field `by` names; each describes that field, too. */
export const byField = (
  by: string,
  nodes: Readonly<Record<string, Node>>,
  allowed: string,
  words: Words = {},
): Node => ({
  type: 'object',
  required: [by],
  properties: { [by]: choice(Object.keys(nodes), words) },
  'x-branches': { by, nodes },
  'x-allowed': allowed,
});

/** A mapping that stands in several places. It is published once, under its name, and compiled when first met. */
export const shared = (name: string, node: Node): Node => ({
  type: 'object',
  'x-shared': { name, node },
  'x-allowed': node['x-allowed'],
});

export interface Shared {
  readonly name: string;
  readonly node: Node;
}
