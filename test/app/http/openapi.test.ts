/** The API's description: valid to others, and about what there is. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openApiDocument } from '../../../app/http/openapi/document.ts';
import { presets } from '../../../app/scenario-file.ts';
import { parsePersonality, writtenFields } from '../../../scenarios/index.ts';
import { FIELDS } from '../../../sim/index.ts';
import { operationsOf } from '../../support/openapi-arbitrary.ts';
import type { ScriptedRun } from './scripted-run.ts';
import { type Serving, serveScripted } from './serving.ts';

const document = openApiDocument();
const operations = operationsOf(document);
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'urn:netpersona:api', ...document });
const matches = (name: string, value: unknown): boolean =>
  ajv.getSchema(`urn:netpersona:api#/components/schemas/${name}`)?.(value) === true;

let served: Serving<ScriptedRun>;
test.before(async () => {
  served = await serveScripted();
});
test.after(() => served.close());

test('another program’s strictest rules find nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netpersona-openapi-'));
  try {
    const file = join(folder, 'openapi.json');
    writeFileSync(file, JSON.stringify(document));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        'node_modules/@redocly/cli/bin/cli.js',
        'lint',
        file,
        '--config',
        'test/app/http/redocly.yaml',
        '--format',
        'json',
      ],
      {
        encoding: 'utf8',
        env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
      },
    );
    const found = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { totals: object; problems: unknown[] };
    assert.equal(found.problems, [], stderr);
    assert.equal(found.totals, { errors: 0, warnings: 0, ignored: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('it is OpenAPI 3.1, served as it is', async () => {
  assert.is(document['openapi'], '3.1.0');
  const { body } = await served.ask('GET', '/openapi.json');
  assert.equal(body, JSON.parse(JSON.stringify(document)));
});

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);

test('it describes every method of every path, and no other', async () => {
  for (const place of new Set(operations.map(({ path }) => path.replaceAll(/\{\w+\}/g, '~')))) {
    const { headers } = await served.ask('OPTIONS', place);
    const allowed = (headers.allow ?? '').split(', ').filter((method) => method !== 'HEAD');
    // A parameter may have a value that is a path of its own, too.
    const described = operations
      .filter(({ path }) => patternOf(path).test(place))
      .map(({ method }) => method);
    assert.equal(allowed, described.toSorted(), place);
  }
  assert.is(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
});

test('the calls of the contract are there', () => {
  const known = operations.map(({ method, path }) => `${method} ${path}`);
  for (const call of [
    'GET /healthz',
    'GET /metrics',
    'GET /openapi.json',
    'GET /v1/run',
    'GET /v1/clock',
    'POST /v1/clock/pause',
    'POST /v1/clock/resume',
    'POST /v1/clock/step',
    'PUT /v1/clock/speed',
    'GET /v1/vms',
    'GET /v1/vms/{vmId}',
    'GET /v1/vms/{vmId}/personalities',
    'POST /v1/vms/{vmId}/personalities/{personalityId}',
    'DELETE /v1/vms/{vmId}/personalities',
    'GET /v1/personalities',
    'POST /v1/personalities',
    'GET /v1/personalities/{personalityId}',
    'PUT /v1/personalities/{personalityId}',
    'PATCH /v1/personalities/{personalityId}',
    'DELETE /v1/personalities/{personalityId}',
    'POST /v1/personalities/check',
    'GET /v1/presets',
    'GET /v1/presets/{name}',
    'GET /v1/fields',
    'POST /v1/batch',
    'POST /v1/reset',
    'GET /v1/commands',
    'GET /v1/stats',
    'GET /v1/events',
    'GET /v1/session',
  ])
    assert.ok(known.includes(call), call);
});

interface Properties {
  readonly properties: Readonly<
    Record<string, { readonly properties?: object; readonly description?: string }>
  >;
}

test('it knows every field of a personality, in requests and in answers', () => {
  const schemas = (document['components'] as { schemas: Record<string, Properties> }).schemas;
  for (const name of [
    'PersonalityBody',
    'PersonalityValues',
    'PersonalityFields',
    'Personality',
    'WrittenFields',
  ]) {
    for (const { path } of FIELDS) {
      const [group = '', inner] = path.split('.');
      const field = schemas[name]?.properties[group];
      assert.ok(
        inner === undefined ? field?.description : Object.hasOwn(field?.properties ?? {}, inner),
        `${name} ${path}`,
      );
    }
  }
});

test('every preset, as it is written, is a personality to it and to the checks alike', () => {
  for (const { name, profile } of presets().values()) {
    const written = writtenFields(profile);
    assert.ok(matches('WrittenFields', written), name);
    assert.ok(matches('PersonalityBody', written), name);
    assert.ok(parsePersonality(written).ok, name);
  }
});

test('what the checks refuse in a single field it refuses as well', () => {
  for (const body of [
    { latencyMs: -1 },
    { latencyMs: '40 parsecs' },
    { packetLossPercentage: 1.5 },
    { packetLossPercentage: '5%' },
    { bandwidthKbps: 0 },
    { mtu: 67 },
    { mtu: 65536 },
    { routingProfile: 'chaotic' },
    { jitter: { corelation: 0.1 } },
    { loss: { packets: 'file.txt' } },
    { id: 'a b' },
    { latency: 1 },
    [],
    7,
  ]) {
    assert.not(matches('PersonalityBody', body), JSON.stringify(body));
    const { id, ...fields } = body as { id?: unknown };
    if (id === undefined)
      assert.not(parsePersonality(Array.isArray(body) ? body : typeof body === 'object' ? fields : body).ok);
  }
});

test('the docs need nothing from elsewhere', async () => {
  const page = await served.ask('GET', '/docs/');
  assert.is(page.status, 200);
  const named = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, place = '']) => place);
  assert.ok(named.length > 3);
  for (const place of named) {
    assert.match(place, /^\.\/static\//);
    assert.is((await served.ask('GET', `/docs/${place.slice(2)}`)).status, 200, place);
  }
  // No script stands in the page itself: its policy would forbid it.
  assert.not.match(page.text, /<script[^>]*>[^<\s]/);
});

test.run();
