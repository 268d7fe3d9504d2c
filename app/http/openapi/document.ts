/** The API's description as OpenAPI 3.1, made from the table of calls. Needs no server. */
import type { FormatNode } from '../../../scenarios/index.ts';
import { packageVersion } from '../../version.ts';
import { type CallWords, type Parameter, type Success, TAGS } from '../route.ts';
import { ROUTES } from '../routes/index.ts';
import { OTHER_CALLS } from '../routes/service.ts';
import { components } from './components.ts';
import { type JsonSchema, ref } from './json-schema.ts';
import { publish } from './publish.ts';

/** Problems that a call may be answered with; the first ones every call. */
const PROBLEMS: Readonly<Record<number, { readonly name: string; readonly description: string }>> = {
  400: {
    name: 'BadRequest',
    description: 'The request is malformed, or something in it is not as it should be.',
  },
  401: { name: 'Unauthorized', description: 'A token is needed, or it is another one.' },
  403: {
    name: 'Forbidden',
    description: 'The request comes from another site, or is meant for another host.',
  },
  404: { name: 'NotFound', description: 'There is no such thing.' },
  409: { name: 'Conflict', description: 'It does not fit what there is, or the run has ended.' },
  412: {
    name: 'PreconditionFailed',
    description: 'The personality is not of the expected version any more.',
  },
  413: { name: 'ContentTooLarge', description: 'The body is too large.' },
  414: { name: 'UriTooLong', description: 'The address is too long.' },
  415: { name: 'UnsupportedMediaType', description: 'A body has to be application/json.' },
  429: {
    name: 'TooManyRequests',
    description: 'Too many requests from one address; Retry-After says when to go on.',
  },
  500: { name: 'InternalServerError', description: 'A defect of the server; it tells more on its terminal.' },
  503: {
    name: 'ServiceUnavailable',
    description: 'Too much waits, the simulation is gone, or it could not be saved.',
  },
};
const EVERYWHERE = [400, 401, 403, 414, 429, 500, 503];
/** Even where none is wanted: a body may be sent. */
const WITH_BODY = [413, 415];

const HEADERS: Readonly<
  Record<string, { readonly description: string; readonly schema: JsonSchema; readonly example: unknown }>
> = {
  'Netpersona-At': {
    description: 'The instant of effect, virtual ns.',
    schema: { type: 'integer', minimum: 0 },
    example: 1_500_000_000,
  },
  'Netpersona-Digest': {
    description: 'What netpersona run says of the file.',
    schema: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  },
  ETag: {
    description: 'The version of the personality, for If-Match and If-None-Match.',
    schema: { type: 'string' },
    example: '"J0Zr1nqHe7lqNq5mlUpPQQ"',
  },
  Location: {
    description: 'Where it is from now on.',
    schema: { type: 'string', format: 'uri-reference' },
    example: '/v1/personalities/transatlantic',
  },
  'Content-Disposition': {
    description: 'A name for the file.',
    schema: { type: 'string' },
    example: 'attachment; filename="transatlantic-web.session.yaml"',
  },
};

const DESCRIPTION = `Gives VMs of a running simulation their network personality.

Instants and durations in answers are whole nanoseconds of virtual time, rates bit/s, sizes bytes. Personalities are written as in scenario
files: ms and kbit/s, groups as mappings; requests may also say \`40ms\` or \`4Mbit\`. Every command takes effect at one instant, which
the header \`Netpersona-At\` tells. What is wrong with a request is told all at once, as problem details (RFC 9457).`;

export function openApiDocument(): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const call of [...ROUTES, ...OTHER_CALLS]) {
    paths[call.path] = { ...paths[call.path], [call.method]: operation(call) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'netpersona',
      version: packageVersion(),
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The server that this document comes from.' }],
    security: [{}, { token: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Where the server was started with a token.' },
      },
      schemas: components(),
      responses: Object.fromEntries(
        Object.entries(PROBLEMS).map(([status, { name, description }]) => [
          name,
          problem(Number(status), description),
        ]),
      ),
      headers: HEADERS,
    },
  };
}

const problem = (status: number, description: string): JsonSchema => ({
  description,
  ...(status === 429 || status === 503
    ? {
        headers: {
          'Retry-After': {
            description: 'Seconds to wait.',
            schema: { type: 'integer', minimum: 0 },
            example: 1,
          },
        },
      }
    : {}),
  content: { 'application/problem+json': { schema: ref('Problem') } },
});

function operation(call: CallWords): JsonSchema {
  const { operationId, tag, summary, description, body, successes, problems, isOpen = false } = call;
  const statuses = [...EVERYWHERE, ...problems, ...(call.method === 'get' ? [] : WITH_BODY)].sort(
    (a, b) => a - b,
  );
  const responses = {
    ...Object.fromEntries(Object.entries(successes).map(([status, success]) => [status, response(success)])),
    ...Object.fromEntries(
      statuses.map((status) => [status, { $ref: `#/components/responses/${PROBLEMS[status]?.name ?? ''}` }]),
    ),
  };
  const parameters = parametersOf(call);
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(isOpen ? { security: [{}] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.required,
            content: { 'application/json': { schema: body.schema, examples: body.examples } },
          },
        }),
    responses,
  };
}

const response = ({ description, content, headers = [] }: Success): JsonSchema => ({
  description,
  ...(headers.length === 0
    ? {}
    : {
        headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
      }),
  ...(Object.keys(content).length === 0 ? {} : { content }),
});

const parametersOf = ({ params = [], query, headers = [] }: CallWords): readonly JsonSchema[] => [
  ...params.map((each) => parameter('path', each)),
  ...queryOf(query).map((each) => parameter('query', each)),
  ...headers.map((each) => parameter('header', each)),
];

const parameter = (place: string, { name, description, schema, example }: Parameter): JsonSchema => ({
  name,
  in: place,
  description,
  required: place === 'path',
  schema,
  ...(example === undefined ? {} : { example }),
});

function queryOf(query: FormatNode | undefined): readonly Parameter[] {
  const fields = (query?.['properties'] ?? {}) as Readonly<Record<string, FormatNode>>;
  return Object.entries(fields).map(([name, node]) => {
    const { description, ...schema } = publish(node, {});
    return { name, description: String(description), schema };
  });
}
