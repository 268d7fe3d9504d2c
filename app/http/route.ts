/** What a call of the API is: the words of its documentation and what it does. Knows no server. */
import type { IncomingHttpHeaders } from 'node:http';
import { checkPart, type FormatNode, type Outcome, type Preset } from '../../scenarios/index.ts';
import type { Action, Run } from '../operation/run.ts';
import type { JsonSchema } from './openapi/json-schema.ts';
import { badRequest } from './problem.ts';

/** What calls are answered with. */
export interface Context {
  readonly run: Run;
  readonly presets: ReadonlyMap<string, Preset>;
  /** The commands of a batch, written as in a scenario's timeline; problems have paths like `[1].vm`. */
  readonly readActions: (commands: unknown) => Outcome<readonly Action[]>;
}

export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: IncomingHttpHeaders;
  /** undefined: none. */
  readonly body: unknown;
}

export interface Answer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: no content. Texts go as they are, everything else as JSON. */
  readonly body?: unknown;
  /** Default JSON. */
  readonly type?: string;
}

export const TAGS = {
  run: 'What runs, and how far it is.',
  clock: 'The pace of virtual time.',
  vms: 'Virtual machines and the personalities that they have.',
  personalities: 'What packets meet.',
  presets: 'Personalities that come with netpersona, with the sources of their numbers.',
  commands: 'Several commands at one instant, and what has been commanded.',
  service: 'The server itself.',
} as const;
export type Tag = keyof typeof TAGS;

export interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonSchema;
  readonly example?: unknown;
}

export interface Success {
  readonly description: string;
  /** Media types and what they carry; empty: no content. */
  readonly content: Readonly<Record<string, { readonly schema: JsonSchema; readonly example?: unknown }>>;
  /** Names of headers that the document describes. */
  readonly headers?: readonly string[];
}

/** What a caller has to know of a call, whoever answers it. */
export interface CallWords {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/v1/vms/{vmId}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly params?: readonly Parameter[];
  /** A closed mapping; what it does not name is refused. */
  readonly query?: FormatNode;
  readonly headers?: readonly Parameter[];
  readonly body?: {
    readonly schema: JsonSchema;
    readonly required: boolean;
    readonly examples: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
  };
  readonly successes: Readonly<Record<number, Success>>;
  /** Statuses of problems, besides those that every call may have. */
  readonly problems: readonly number[];
  /** Needs no token, even where one is set. */
  readonly isOpen?: boolean;
}

export interface Route extends CallWords {
  /** @throws {HttpProblem} */
  answer(call: Call, context: Context): Promise<Answer> | Answer;
}

/** A body, or the query, as it should be. @throws {HttpProblem} with every problem. */
export function checked(node: FormatNode, value: unknown): Readonly<Record<string, unknown>> {
  const problems = checkPart(node, value);
  if (problems.length > 0) throw badRequest(problems);
  return value as Readonly<Record<string, unknown>>;
}

/** Numbers in a query are texts. */
export const checkedQuery = (
  node: FormatNode,
  query: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> =>
  checked(
    node,
    Object.fromEntries(
      Object.entries(query).map(([name, value]) => [
        name,
        isCount(node, name, value) ? Number(value) : value,
      ]),
    ),
  );

function isCount(node: FormatNode, name: string, value: unknown): boolean {
  const fields = node['properties'] as Readonly<Record<string, FormatNode>>;
  const isNumber = Object.hasOwn(fields, name) && fields[name]?.['type'] === 'integer';
  return isNumber && typeof value === 'string' && /^\d{1,15}$/.test(value);
}

export const JSON_TYPE = 'application/json';

/** An answer in JSON. */
export const inJson = (
  description: string,
  schema: JsonSchema,
  example?: unknown,
  headers: readonly string[] = [],
): Success => ({
  description,
  content: { [JSON_TYPE]: { schema, ...(example === undefined ? {} : { example }) } },
  headers,
});

/** The instant of effect, told with every answer to a command. */
export const AT = 'Netpersona-At';
export const atHeader = (at: number): Readonly<Record<string, string>> => ({ [AT]: String(at) });
