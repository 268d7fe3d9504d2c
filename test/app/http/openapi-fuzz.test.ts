/** Ten thousand requests made from the API's own description, half of them broken: every answer is one that it describes. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openApiDocument } from '../../../app/http/openapi/document.ts';
import {
  Arbitraries,
  type GeneratedRequest,
  operationsOf,
  resolved,
} from '../../support/openapi-arbitrary.ts';
import { serveLab } from './served-lab.ts';

const REQUESTS = 10_000;
const SEED = 20_261_123;
/** Each is a session of its own with so many requests. */
const PER_SESSION = 50;

const document = openApiDocument();
const operations = operationsOf(document).filter(
  // A stream does not end.
  ({ path }) => path !== '/v1/events',
);
const arbitraries = new Arbitraries(document, [
  'client',
  'server',
  'wan',
  'lte',
  'pings',
  'prod',
  'eu',
  'us',
  '10s',
  '4Mbit',
]);

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ $id: 'urn:netpersona:api', ...document });
const checks = new Map<string, ValidateFunction>();

/** What the description says of an answer to this operation, with this status and type. */
function checkOf(operationId: string, status: number, type: string): ValidateFunction | undefined {
  const key = `${operationId} ${status} ${type}`;
  const known = checks.get(key);
  if (known !== undefined) return known;
  const operation = operations.find((each) => each.operationId === operationId);
  const response = operation?.responses[status];
  assert.ok(response, `${key} is not described`);
  const { content = {} } = resolved(document, response) as { content?: Record<string, { schema: object }> };
  if (type === '') {
    assert.equal(Object.keys(content), [], `${key} without content`);
    return undefined;
  }
  assert.ok(content[type], `${key} is not described`);
  const check = ajv.compile(rebased(content[type]?.schema ?? {}));
  checks.set(key, check);
  return check;
}

/** References are to the document. */
const rebased = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"urn:netpersona:api#/')) as object;

interface Heard {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function say(agent: Agent, port: number, { method, path, headers, body }: GeneratedRequest): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const asking = request({
      agent,
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: { ...headers, ...length },
    });
    asking.on('error', reject);
    asking.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status = 0 } = response;
        resolve({ status, headers: response.headers, text: Buffer.concat(chunks).toString() });
      });
    });
    asking.end(body);
  });
}

function judge({ operationId }: GeneratedRequest, { status, headers, text }: Heard): void {
  const type = headers['content-type']?.split(';')[0] ?? '';
  assert.ok(status < 500, `${status}: ${text}`);
  const check = checkOf(operationId, status, type);
  if (check === undefined) {
    assert.is(text, '');
    return;
  }
  const value: unknown = type.endsWith('json') ? JSON.parse(text) : text;
  assert.ok(
    check(value),
    `${operationId} ${status}: ${ajv.errorsText(check.errors)} in ${text.slice(0, 500)}`,
  );
}

const told = ({ method, path, body }: GeneratedRequest): string =>
  `${method} ${path} ${body?.slice(0, 1000) ?? ''}`;

/** The request that failed, not the whole session. */
function reporter({ failed, seed, errorInstance }: fc.RunDetails<[GeneratedRequest[]]>): void {
  if (failed) throw new Error(`seed ${seed}: ${(errorInstance as Error).message}`);
}

test('ten thousand requests get answers that the document describes', async () => {
  const tally = new Map<number, number>();
  const session = fc.array(fc.oneof(...operations.map((operation) => arbitraries.request(operation))), {
    minLength: PER_SESSION,
    maxLength: PER_SESSION,
    size: 'max',
  });
  const property = fc.asyncProperty(session, async (requests) => {
    const served = await serveLab({ limits: { requestsPerSecond: Infinity } });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (const each of requests) {
        const heard = await say(agent, served.port, each);
        tally.set(heard.status, (tally.get(heard.status) ?? 0) + 1);
        try {
          judge(each, heard);
        } catch (error) {
          throw new Error(`${told(each)}: ${(error as Error).message}`);
        }
      }
      assert.equal(served.defects, []);
    } finally {
      agent.destroy();
      await served.close();
    }
  });
  await fc.assert(property, { seed: SEED, numRuns: REQUESTS / PER_SESSION, endOnFailure: true, reporter });
  const asked = [...tally.values()].reduce((sum, count) => sum + count, 0);
  assert.is(asked, REQUESTS);
  // It has been in and out of every door.
  for (const status of [200, 201, 204, 400, 404, 415]) assert.ok((tally.get(status) ?? 0) > 20, `${status}`);
});

test.run();
