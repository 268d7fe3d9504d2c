/** Pages of other sites, other names for this machine, and those without the token: refused. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../../app/faults.ts';
import { isLoopback } from '../../../app/http/guard.ts';
import { createServer } from '../../../app/http/server.ts';
import { ScriptedRun } from './scripted-run.ts';
import { type Ask, pathsOf, type Serving, serveScripted } from './serving.ts';

let served: Serving<ScriptedRun>;
test.before.each(async () => {
  served = await serveScripted();
});
test.after.each(() => served.close());

const TOKEN = 'correct-horse-battery';

async function withServer(
  options: Parameters<typeof serveScripted>[0],
  visit: (server: Serving<ScriptedRun>) => Promise<void>,
): Promise<void> {
  const server = await serveScripted(options);
  try {
    await visit(server);
  } finally {
    await server.close();
  }
}

const resetBy = (ask: Ask) => served.ask('POST', '/v1/reset', ask);

test('this machine may be named in several ways', async () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '[::1]'])
    assert.is(
      (await served.ask('GET', '/v1/clock', { headers: { Host: `${host}:${served.port}` } })).status,
      200,
    );
});

test('another name is refused: it may have been made to lead here', async () => {
  const { port } = served;
  const others = [
    'evil.example',
    `evil.example:${port}`,
    `localhost.evil.example:${port}`,
    `127.0.0.1.evil.example:${port}`,
    `evil.localhost:${port}`,
    'localhost',
    `localhost:${port + 1}`,
    `localhost:${port}.evil.example`,
    `user@localhost:${port}`,
    `10.0.0.1:${port}`,
    `[::2]:${port}`,
    '[::1',
  ];
  for (const host of others) {
    for (const path of ['/v1/clock', '/healthz', '/', '/docs', '/nowhere']) {
      const reply = await served.ask('GET', path, { headers: { Host: host } });
      assert.is(reply.status, 403, host);
      assert.equal(pathsOf(reply), ['Host']);
    }
  }
});

test('a request without a host is refused', async () => {
  for (const line of ['', 'Host:\r\n', 'Host: \r\n']) {
    const text = await served.raw(`GET /v1/clock HTTP/1.1\r\n${line}Connection: close\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.1 403 /);
  }
});

test('the path of a request cannot stand for its host', async () => {
  const text = await served.raw(
    `GET http://localhost:${served.port}/v1/clock HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
  );
  assert.match(text, /^HTTP\/1\.1 403 /);
});

test('hosts may be allowed by name, with or without their port', async () => {
  await withServer({ allowedHosts: ['lab.example', 'Other.example:8443'] }, async (server) => {
    const by = async (host: string) =>
      (await server.ask('GET', '/v1/clock', { headers: { Host: host } })).status;
    assert.is(await by('lab.example'), 200);
    assert.is(await by('LAB.example:9000'), 200);
    assert.is(await by('other.example:8443'), 200);
    assert.is(await by('other.example'), 403);
    assert.is(await by('www.lab.example'), 403);
  });
});

test('pages of other origins are refused, whatever they ask', async () => {
  const origins = [
    'http://evil.example',
    'null',
    `http://localhost:${served.port + 1}`,
    `https://127.0.0.1:${served.port}`,
    `http://127.0.0.1:${served.port}.evil.example`,
    `http://localhost:${served.port}`,
  ];
  for (const origin of origins) {
    for (const [method, path] of [
      ['GET', '/v1/clock'],
      ['POST', '/v1/reset'],
      ['POST', '/v1/clock/pause'],
      ['OPTIONS', '/v1/reset'],
    ] as const) {
      const reply = await served.ask(method, path, { headers: { Origin: origin } });
      assert.is(reply.status, 403, `${method} ${path} from ${origin}`);
      assert.equal(pathsOf(reply), ['Origin']);
    }
  }
  assert.equal(served.run.orders, []);
  assert.equal(served.run.steerings, []);
});

test('the own page is let in, and nobody is told that he may read answers', async () => {
  const reply = await resetBy({ headers: { Origin: served.address, 'Sec-Fetch-Site': 'same-origin' } });
  assert.is(reply.status, 200);
  for (const name of Object.keys(reply.headers)) assert.not.match(name, /^access-control-/);
});

test('what a page of another site makes a browser send without an origin is refused', async () => {
  for (const site of ['cross-site', 'same-site', 'anything']) {
    const reply = await resetBy({ headers: { 'Sec-Fetch-Site': site } });
    assert.is(reply.status, 403);
    assert.equal(pathsOf(reply), ['Sec-Fetch-Site']);
  }
  assert.equal(served.run.orders, []);
  // A link may lead here.
  assert.is(
    (await served.ask('GET', '/v1/clock', { headers: { 'Sec-Fetch-Site': 'cross-site' } })).status,
    200,
  );
  assert.is((await resetBy({ headers: { 'Sec-Fetch-Site': 'none' } })).status, 200);
});

test('forms cannot command: only JSON is read', async () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'x',
  ])
    assert.is((await resetBy({ body: '{}', headers: { 'Content-Type': type } })).status, 415);
  assert.equal(served.run.orders, []);
});

test('with a token, nobody without it gets further than the page', async () => {
  await withServer({ token: TOKEN }, async (server) => {
    const closed = [
      '/v1/clock',
      '/v1/run',
      '/v1/events',
      '/metrics',
      '/nowhere',
      '/docsx',
      '/docs%2f..%2fv1/run',
    ];
    const wrong = [undefined, 'Bearer', 'Bearer ', `Bearer ${TOKEN}x`, 'Bearer x', `Basic ${TOKEN}`, TOKEN];
    for (const path of closed) {
      for (const authorization of wrong) {
        const headers = authorization === undefined ? {} : { Authorization: authorization };
        const reply = await server.ask('GET', path, { headers });
        assert.is(reply.status, 401, `${path} ${authorization}`);
        assert.match(reply.headers['www-authenticate'] ?? '', /^Bearer /);
        assert.not.match(reply.text, new RegExp(TOKEN));
      }
    }
    assert.is((await server.ask('GET', `/v1/clock?token=${TOKEN}`)).status, 401);
    // What the calls are like is no secret; a browser could not show it otherwise.
    for (const path of ['/healthz', '/openapi.json', '/docs', '/docs/static/swagger-ui.css'])
      assert.ok((await server.ask('GET', path)).status < 400, path);
    // Not built here, but open.
    assert.is((await server.ask('GET', '/')).status, 404);
    for (const scheme of ['Bearer', 'bearer'])
      assert.is(
        (await server.ask('GET', '/v1/clock', { headers: { Authorization: `${scheme} ${TOKEN}` } })).status,
        200,
      );
  });
});

test('a token does not make another origin or host welcome', async () => {
  await withServer({ token: TOKEN }, async (server) => {
    const Authorization = `Bearer ${TOKEN}`;
    for (const headers of [{ Origin: 'http://evil.example' }, { Host: 'evil.example' }])
      assert.is(
        (await server.ask('GET', '/v1/clock', { headers: { Authorization, ...headers } })).status,
        403,
      );
  });
});

async function refusal(options: object): Promise<Error> {
  const run = new ScriptedRun();
  const readActions = () => ({ ok: true, value: [] }) as const;
  try {
    const server = await createServer({ run, presets: new Map(), readActions, port: 0, ...options });
    await server.close();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was not refused');
}

test('to be reached from elsewhere needs a token', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'lab.example'])
    assert.instance(await refusal({ host }), UsageError);
});

test('a token that nobody could send, or that is soon guessed, is refused', async () => {
  for (const token of ['', 'short', 'with spaces and more', 'ümläute-ümläute-ümläute'])
    assert.instance(await refusal({ token }), UsageError);
});

test('an address of nobody and a port of somebody are told', async () => {
  assert.instance(await refusal({ host: '192.0.2.1', token: TOKEN }), UsageError);
  assert.match((await refusal({ port: served.port })).message, new RegExp(`port ${served.port} .* is taken`));
});

test('loopback is 127.0.0.0/8, ::1 and localhost', () => {
  for (const host of ['127.0.0.1', '127.255.255.254', '::1', '[::1]', '0:0:0:0:0:0:0:1', 'localhost'])
    assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '128.0.0.1', '127.0.0.1.example', '127.1', 'localhost.example', ''])
    assert.not(isLoopback(host), host);
});

test('every answer forbids what a page of ours never needs', async () => {
  const replies = [
    await served.ask('GET', '/v1/clock'),
    await served.ask('GET', '/nowhere'),
    await served.ask('GET', '/docs/'),
    await served.ask('GET', '/v1/clock', { headers: { Host: 'evil.example' } }),
  ];
  for (const { headers } of replies) {
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'self'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.not.match(policy, /unsafe|https?:/);
    assert.is(headers['x-content-type-options'], 'nosniff');
    assert.is(headers['referrer-policy'], 'no-referrer');
    assert.is(headers['cross-origin-resource-policy'], 'same-origin');
    assert.is(headers['strict-transport-security'], undefined);
  }
});

test.run();
