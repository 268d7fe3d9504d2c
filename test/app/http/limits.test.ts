/** Requests that are too large, too slow, too many, or that are none. */
import { connect, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Limits } from '../../../app/http/limits.ts';
import type { ScriptedRun } from './scripted-run.ts';
import { pathsOf, type Serving, serveScripted } from './serving.ts';

let served: Serving<ScriptedRun>;
test.before.each(async () => {
  served = await serveScripted();
});
test.after.each(async () => {
  await served.close();
  assert.equal(served.defects, []);
});

async function limited(limits: Partial<Limits>, visit: (server: Serving<ScriptedRun>) => Promise<void>) {
  const server = await serveScripted({ limits });
  try {
    await visit(server);
  } finally {
    await server.close();
  }
}

/** The status and the body of an answer that ends with the connection. */
function read(text: string): { readonly status: number; readonly body: Readonly<Record<string, unknown>> } {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  assert.match(head, /\r\nContent-Type: application\/problem\+json; charset=utf-8/i);
  return { status: Number(head.split(' ')[1]), body: JSON.parse(body) };
}

const batch = (body: string | Uint8Array) => served.ask('POST', '/v1/batch', { body });

test('a body of more than a mebibyte is refused before it is read', async () => {
  const text = await served.raw(
    `POST /v1/batch HTTP/1.1\r\nHost: localhost:${served.port}\r\nContent-Type: application/json\r\nContent-Length: ${2 ** 20 + 1}\r\n\r\n`,
  );
  assert.is(read(text).status, 413);
});

test('so is one that does not tell its length', async () => {
  const chunk = `10000\r\n${' '.repeat(2 ** 16)}\r\n`;
  const text = await served.raw(
    `POST /v1/batch HTTP/1.1\r\nHost: localhost:${served.port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}`,
  );
  assert.is(read(text).status, 413);
});

test('headers of more than 16 KiB are refused', async () => {
  const text = await served.raw(
    `GET /v1/clock HTTP/1.1\r\nHost: localhost:${served.port}\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`,
  );
  assert.is(read(text).status, 431);
});

test('an address of more than 8 KiB is refused, and a part of it of more than 1 KiB', async () => {
  assert.is((await served.ask('GET', `/v1/clock?x=${'x'.repeat(8192)}`)).status, 414);
  assert.is((await served.ask('GET', `/v1/vms/${'x'.repeat(1025)}`)).status, 414);
});

test('what is no HTTP is refused', async () => {
  for (const bytes of [
    'hello\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
  ])
    assert.is(read(await served.raw(bytes)).status, 400);
});

test('a length and chunks at once, which two servers might read differently, are refused', async () => {
  const text = await served.raw(
    `POST /v1/reset HTTP/1.1\r\nHost: localhost:${served.port}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  );
  assert.is(read(text).status, 400);
  assert.equal(served.run.orders, []);
});

test('an address that cannot be read is refused', async () => {
  const text = await served.raw(
    `GET /v1/vms/%ff%zz HTTP/1.1\r\nHost: localhost:${served.port}\r\nConnection: close\r\n\r\n`,
  );
  assert.is(read(text).status, 400);
});

test('who takes too long for the headers is cut off', async () => {
  await limited({ headersMs: 100, requestMs: 100 }, async (server) => {
    const text = await server.raw(`GET /v1/clock HTTP/1.1\r\nHost: localhost:${server.port}\r\nX-Slow: `);
    assert.is(read(text).status, 408);
  });
});

test('who takes too long for the body is cut off', async () => {
  await limited({ headersMs: 100, requestMs: 200 }, async (server) => {
    const text = await server.raw(
      `POST /v1/reset HTTP/1.1\r\nHost: localhost:${server.port}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{`,
    );
    assert.is(read(text).status, 408);
    assert.equal(server.run.orders, []);
  });
});

test('who says nothing at all is cut off', async () => {
  await limited({ idleMs: 100 }, async (server) => {
    assert.is(await server.raw(''), '');
  });
});

test('who keeps a connection without using it is cut off', async () => {
  await limited({ keepAliveMs: 100 }, async (server) => {
    const text = await server.raw(`GET /healthz HTTP/1.1\r\nHost: localhost:${server.port}\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.1 200 /);
  });
});

test('a command that takes its time is waited for', async () => {
  await limited({ idleMs: 50 }, async (server) => {
    const { run } = server;
    run.steer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return run.time;
    };
    assert.is((await server.ask('POST', '/v1/clock/step', { body: { by: 1 } })).status, 200);
  });
});

test('there are so many connections at most', async () => {
  await limited({ connections: 2 }, async (server) => {
    const opened = await Promise.all([open(server.port), open(server.port)]);
    const [first] = opened;
    assert.is(await server.raw(`GET /healthz HTTP/1.1\r\nHost: localhost:${server.port}\r\n\r\n`), '');
    assert.ok(first?.writable);
    for (const socket of opened) socket.destroy();
  });
});

/** A connection that the server has taken. */
function open(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`),
    );
    socket.once('data', () => resolve(socket));
    socket.on('error', () => {});
  });
}

test('more requests than a second may have are told when to come again', async () => {
  await limited({ requestsPerSecond: 20 }, async (server) => {
    const replies = await Promise.all(Array.from({ length: 60 }, () => server.ask('GET', '/v1/clock')));
    const refused = replies.filter(({ status }) => status === 429);
    // Sixty at once fall into two of those seconds at most.
    assert.ok(refused.length >= 20);
    assert.ok(replies.every(({ status }) => status === 200 || status === 429));
    assert.is(refused[0]?.headers['retry-after'], '1');
    assert.is(refused[0]?.headers['content-type'], 'application/problem+json; charset=utf-8');
  });
});

test('guesses of the token count as well', async () => {
  const server = await serveScripted({ token: 'correct-horse-battery', limits: { requestsPerSecond: 5 } });
  const guesses = await Promise.all(
    Array.from({ length: 30 }, () =>
      server.ask('GET', '/v1/clock', { headers: { Authorization: 'Bearer x' } }),
    ),
  );
  await server.close();
  assert.ok(guesses.filter(({ status }) => status === 429).length >= 20);
});

test('a body that is no JSON is told so', async () => {
  for (const body of ['{', 'nothing', '{"commands": [}', new Uint8Array([0x22, 0xff, 0x22])]) {
    const reply = await batch(body);
    assert.is(reply.status, 400);
    assert.equal(pathsOf(reply), ['']);
  }
});

test('collections in collections without end are refused', async () => {
  for (const body of ['['.repeat(100_000), `${'['.repeat(65)}${']'.repeat(65)}`, '{"a":'.repeat(100_000)]) {
    const reply = await batch(body);
    assert.is(reply.status, 400);
    assert.match(String((reply.body['problems'] as { found: string }[])[0]?.found), /collections/);
  }
  // Brackets in a text are no collections.
  const reply = await served.ask('POST', '/v1/personalities', { body: { id: `x"${'['.repeat(200)}` } });
  assert.equal(pathsOf(reply), ['id']);
});

test('keys that lead to prototypes are refused', async () => {
  for (const body of [
    '{"__proto__":{"latencyMs":1}}',
    '{"jitter":{"__proto__":{"correlation":1}}}',
    '{"\\u005f_proto__":{"latencyMs":1}}',
    '{"constructor":{"prototype":{"latencyMs":1}}}',
  ]) {
    const reply = await served.ask('POST', '/v1/personalities', { body });
    assert.is(reply.status, 400);
    assert.match(String((reply.body['problems'] as { found: string }[])[0]?.found), /^the key/);
  }
  const probe: Record<string, unknown> = {};
  assert.is(probe['latencyMs'], undefined);
});

test('a server that closes lets go of everybody', async () => {
  const server = await serveScripted({ limits: { closeMs: 100 } });
  const socket = await open(server.port);
  const ended = new Promise((resolve) => socket.on('close', resolve));
  await server.close();
  await ended;
});

test.run();
