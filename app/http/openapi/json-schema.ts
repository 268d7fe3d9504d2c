/** Words to write the schemas of answers with. JSON Schema 2020-12, as OpenAPI 3.1 has it. */

export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

type Words = Readonly<Record<string, unknown>>;
type Properties = Readonly<Record<string, JsonSchema>>;

/** One of the components of the document. */
export const ref = (name: string, description?: string): JsonSchema => ({
  $ref: `#/components/schemas/${name}`,
  ...(description === undefined ? {} : { description }),
});

/** Exactly these fields; those named in `optional` may be absent. */
export function object(
  properties: Properties,
  { optional = [], ...words }: Words & { readonly optional?: readonly string[] } = {},
): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false, ...words };
}

export const array = (items: JsonSchema, description?: string): JsonSchema => ({
  type: 'array',
  items,
  ...(description === undefined ? {} : { description }),
});

export const text = (description: string, words: Words = {}): JsonSchema => ({
  type: 'string',
  description,
  ...words,
});

export const flag = (description: string): JsonSchema => ({ type: 'boolean', description });

export const choice = (choices: readonly string[], description: string): JsonSchema => ({
  type: 'string',
  enum: choices,
  description,
});

/** A count, or an amount of something: never negative. */
export const whole = (description: string, words: Words = {}): JsonSchema => ({
  type: 'integer',
  minimum: 0,
  description,
  ...words,
});

export const amount = (description: string, words: Words = {}): JsonSchema => ({
  type: 'number',
  minimum: 0,
  description,
  ...words,
});

/** An instant or a duration of virtual time. */
export const nanos = (description: string): JsonSchema => whole(`${description} Virtual ns.`);

export const orNull = (schema: JsonSchema, when: string): JsonSchema => {
  const description = `${String(schema['description'] ?? '')} null: ${when}.`.trim();
  if (schema['$ref'] === undefined) return { ...schema, type: [schema['type'], 'null'], description };
  const { $ref } = schema;
  return { anyOf: [{ $ref }, { type: 'null' }], description };
};
