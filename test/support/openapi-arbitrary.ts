/** From an OpenAPI 3.1 document to requests: such as it describes, and such as it does not. Knows no API. */
import fc from 'fast-check';

export interface Schema {
  readonly [keyword: string]: unknown;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly schema: Schema; readonly required: boolean };
  readonly responses: Readonly<Record<string, unknown>>;
}

export interface GeneratedRequest {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As it is sent; undefined: none. */
  readonly body: string | undefined;
}

type Document = Readonly<Record<string, unknown>>;
type Mapping = Readonly<Record<string, unknown>>;

export function operationsOf(document: Document): readonly Operation[] {
  const paths = document['paths'] as Readonly<Record<string, Readonly<Record<string, Mapping>>>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const body = operation['requestBody'] as
        | {
            readonly required?: boolean;
            readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
          }
        | undefined;
      const schema = body?.content['application/json']?.schema;
      return {
        method: method.toUpperCase(),
        path,
        operationId: String(operation['operationId']),
        parameters: (operation['parameters'] ?? []) as readonly Parameter[],
        ...(schema === undefined ? {} : { body: { schema, required: body?.required === true } }),
        responses: operation['responses'] as Mapping,
      };
    }),
  );
}

export function resolved(document: Document, value: unknown): unknown {
  const { $ref } = value as { readonly $ref?: string };
  if ($ref === undefined) return value;
  const steps = $ref.slice(2).split('/');
  return resolved(
    document,
    steps.reduce<unknown>(
      (here, step) => (here as Mapping)[step.replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    ),
  );
}

export class Arbitraries {
  readonly #document: Document;
  readonly #words: readonly string[];

  /** `words`: texts that mean something there, names of things that exist. */
  constructor(document: Document, words: readonly string[]) {
    this.#document = document;
    this.#words = words;
  }

  /** Half of them such as the operation describes, half of them broken somewhere. */
  request(operation: Operation): fc.Arbitrary<GeneratedRequest> {
    return fc.oneof(this.#valid(operation), this.#broken(operation));
  }

  /** Values that match the schema. */
  of(schema: Schema): fc.Arbitrary<unknown> {
    const { $ref, const: only, enum: choices, anyOf, oneOf, type } = schema;
    if ($ref !== undefined) return this.of(resolved(this.#document, schema) as Schema);
    if (only !== undefined) return fc.constant(only);
    if (choices !== undefined) return fc.constantFrom(...(choices as readonly unknown[]));
    const branches = (anyOf ?? oneOf) as readonly Schema[] | undefined;
    if (branches !== undefined) return fc.oneof(...branches.map((branch) => this.of(branch)));
    if (Array.isArray(type)) return fc.oneof(...type.map((one: string) => this.of({ ...schema, type: one })));
    return this.#ofType(String(type), schema);
  }

  #ofType(type: string, schema: Schema): fc.Arbitrary<unknown> {
    switch (type) {
      case 'null':
        return fc.constant(null);
      case 'boolean':
        return fc.boolean();
      case 'integer':
        return fc.integer(boundsOf(schema, 1));
      case 'number':
        return numberOf(schema);
      case 'string':
        return this.#text(schema);
      case 'array': {
        const {
          items = {},
          minItems = 0,
          maxItems = 5,
        } = schema as { items?: Schema; minItems?: number; maxItems?: number };
        return fc.array(this.of(items), {
          minLength: minItems,
          maxLength: Math.max(minItems, Math.min(maxItems, 5)),
        });
      }
      case 'object':
        return this.#mapping(schema);
      default:
        return fc.jsonValue({ maxDepth: 2 });
    }
  }

  #text({ pattern, minLength = 0, maxLength = 50, examples = [] }: Schema): fc.Arbitrary<string> {
    const shown = (examples as readonly unknown[]).filter((example) => typeof example === 'string');
    const words = pattern === undefined ? this.#words : [];
    const any =
      pattern === undefined
        ? fc.string({
            minLength: Number(minLength),
            maxLength: Math.min(Number(maxLength), 50),
            unit: 'grapheme',
          })
        : textMatching(String(pattern));
    return fc.oneof(
      ...[shown, words].flatMap((some) =>
        some.length === 0 ? [] : [{ weight: 3, arbitrary: fc.constantFrom(...some) }],
      ),
      any,
    );
  }

  #mapping(schema: Schema): fc.Arbitrary<unknown> {
    const {
      properties = {},
      required = [],
      additionalProperties,
    } = schema as {
      readonly properties?: Readonly<Record<string, Schema>>;
      readonly required?: readonly string[];
      readonly additionalProperties?: unknown;
    };
    const fields = Object.fromEntries(
      Object.entries(properties).map(([name, inner]) => [name, this.of(inner)]),
    );
    const names = Object.keys(fields);
    if (names.length === 0 && typeof additionalProperties === 'object')
      return fc.dictionary(fc.string(), this.of(additionalProperties as Schema), { maxKeys: 3 });
    // A few at a time: most fields get along with few others.
    return fc
      .subarray(
        names.filter((name) => !required.includes(name)),
        { maxLength: Math.min(4, names.length - required.length) },
      )
      .chain((some) =>
        fc.record(Object.fromEntries([...required, ...some].map((name) => [name, fields[name]!]))),
      );
  }

  #valid(operation: Operation): fc.Arbitrary<GeneratedRequest> {
    const { parameters, body } = operation;
    const values = fc.tuple(...parameters.map((each) => this.#parameter(each)));
    const sent = body === undefined ? fc.constant(undefined) : this.#bodyText(body);
    return fc
      .tuple(values, sent)
      .map(([given, text]) => assembled(operation, given, text, 'application/json'));
  }

  #parameter({ required = false, schema }: Parameter): fc.Arbitrary<string | undefined> {
    const value = this.of(schema).map((each) => String(each));
    if (required) return value;
    // Most calls need none of what they may have.
    return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, value);
  }

  #bodyText({ schema, required }: NonNullable<Operation['body']>): fc.Arbitrary<string | undefined> {
    const value = this.of(schema).map((each) => JSON.stringify(each));
    return required ? value : fc.option(value, { nil: undefined });
  }

  #broken(operation: Operation): fc.Arbitrary<GeneratedRequest> {
    const { parameters, body } = operation;
    const values = fc.tuple(
      ...parameters.map((each) =>
        fc.oneof(this.#parameter(each), { weight: 1, arbitrary: fc.string({ unit: 'binary' }) }),
      ),
    );
    const type = fc.oneof(
      { weight: 9, arbitrary: fc.constant('application/json') },
      fc.constantFrom(
        'text/plain',
        'application/json; charset=utf-16',
        'x',
        'application/merge-patch+json',
        '',
      ),
    );
    const sent = fc.oneof(
      { weight: 6, arbitrary: body === undefined ? fc.json() : this.#damaged(body.schema) },
      fc.string(),
      fc.constant(undefined),
    );
    return fc
      .tuple(values, sent, type)
      .map(([given, text, media]) => assembled(operation, given, text, media));
  }

  /** Something that matches, but for one place. */
  #damaged(schema: Schema): fc.Arbitrary<string> {
    const junk = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(
        -1,
        0,
        1e308,
        -0.5,
        2 ** 53,
        '',
        ' ',
        '1e999',
        '5%',
        '40 parsecs',
        'x'.repeat(5000),
        [],
        {},
        null,
      ),
      fc.constantFrom(...this.#words, 'toString', '__proto__', 'constructor', '\u0000', '../..', '\ud800'),
    );
    return fc
      .tuple(this.of(schema), fc.nat(), fc.constantFrom('replace', 'remove', 'add', 'rename'), junk)
      .map(([value, place, how, other]) => JSON.stringify(damagedAt(value, place, how, other)));
  }
}

/** Patterns that the generator does not know are those of names. */
function textMatching(pattern: string): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern), { maxLength: 12 } as never);
  } catch {
    return fc.stringMatching(/^[a-z0-9][a-z0-9_.:@+-]{0,20}$/);
  }
}

function boundsOf(
  { minimum, maximum, exclusiveMinimum }: Schema,
  least: number,
): { min: number; max: number } {
  const above = exclusiveMinimum === undefined ? undefined : Number(exclusiveMinimum) + least;
  const min = above ?? (minimum === undefined ? -1e9 : Number(minimum));
  const max = maximum === undefined ? Math.max(1e9, min) : Number(maximum);
  return { min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31 - 1) };
}

function numberOf(schema: Schema): fc.Arbitrary<number> {
  const { min, max } = boundsOf(schema, Number.MIN_VALUE);
  const some = fc.double({
    min,
    max,
    noNaN: true,
    minExcluded: schema['exclusiveMinimum'] !== undefined && min === 0,
  });
  const whole = fc.integer({ min: Math.ceil(min), max: Math.floor(max) });
  return fc.oneof(some, Math.ceil(min) <= Math.floor(max) ? whole : some);
}

function assembled(
  { operationId, method, path, parameters }: Operation,
  values: readonly (string | undefined)[],
  body: string | undefined,
  type: string,
): GeneratedRequest {
  let place = path;
  const query: string[] = [];
  const headers: Record<string, string> = body === undefined || type === '' ? {} : { 'Content-Type': type };
  parameters.forEach((parameter, index) => {
    const value = values[index];
    if (parameter.in === 'path') place = place.replace(`{${parameter.name}}`, encoded(value ?? ''));
    else if (value === undefined) return;
    else if (parameter.in === 'query') query.push(`${parameter.name}=${encoded(value)}`);
    else headers[parameter.name] = value.replaceAll(/[^\x20-\x7e]/g, '?').trim();
  });
  return {
    operationId,
    method,
    path: query.length === 0 ? place : `${place}?${query.join('&')}`,
    headers,
    body,
  };
}

/** Halves of a pair, which no address can carry. */
const LONE = /[\ud800-\udfff]/gu;
const encoded = (text: string): string => encodeURIComponent(text.replaceAll(LONE, '\ufffd'));

/** Every place of a value, itself first. */
function damagedAt(value: unknown, place: number, how: string, other: unknown): unknown {
  const places = countOf(value);
  let left = place % places;
  const removed = (): [] => {
    left--;
    return [];
  };
  const visit = (here: unknown): unknown => {
    if (left-- === 0) return how === 'add' || how === 'rename' ? changed(here, how, other) : other;
    if (Array.isArray(here)) return here.map(visit);
    if (typeof here !== 'object' || here === null) return here;
    const entries = Object.entries(here).flatMap(([key, inner]): [string, unknown][] =>
      how === 'remove' && left === 0 ? removed() : [[key, visit(inner)]],
    );
    return Object.fromEntries(entries);
  };
  return visit(value);
}

function changed(here: unknown, how: string, other: unknown): unknown {
  if (Array.isArray(here)) return [...here, other];
  if (typeof here !== 'object' || here === null) return other;
  if (how === 'add') return { ...here, [(JSON.stringify(other) ?? '').slice(0, 20)]: other };
  return Object.fromEntries(Object.entries(here).map(([key, inner]) => [key.slice(1), inner]));
}

const countOf = (value: unknown): number =>
  1 +
  (typeof value === 'object' && value !== null
    ? Object.values(value).reduce<number>((sum, inner) => sum + countOf(inner), 0)
    : 0);
