/** The page's own files. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ScriptedRun } from './scripted-run.ts';
import { type Serving, serveScripted } from './serving.ts';

let folder: string;
let served: Serving<ScriptedRun>;
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netpersona-page-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>é</title>');
  writeFileSync(join(folder, 'main.js'), 'export {};');
  writeFileSync(join(folder, 'secret.key'), 'x');
  writeFileSync(join(folder, '.env'), 'x');
  symlinkSync('/etc/passwd', join(folder, 'link.txt'));
  mkdirSync(join(folder, 'fonts'));
  writeFileSync(join(folder, 'fonts', 'one-5D2F81C0.woff2'), 'x');
  served = await serveScripted({ page: folder, token: 'correct-horse-battery' });
});
test.after(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

test('they have their types, and need no token', async () => {
  for (const [path, type, text] of [
    ['/', 'text/html; charset=utf-8', '<!doctype html><title>é</title>'],
    ['/index.html', 'text/html; charset=utf-8', '<!doctype html><title>é</title>'],
    ['/main.js', 'text/javascript; charset=utf-8', 'export {};'],
    ['/main.js?v=1', 'text/javascript; charset=utf-8', 'export {};'],
    ['/fonts/one-5D2F81C0.woff2', 'font/woff2', 'x'],
  ]) {
    const reply = await served.ask('GET', path ?? '');
    assert.is(reply.status, 200);
    assert.is(reply.headers['content-type'], type);
    assert.is(reply.text, text);
  }
});

test('only a name that changes with the content is kept without asking', async () => {
  const caching = async (path: string) => (await served.ask('GET', path)).headers['cache-control'];
  assert.is(await caching('/main.js'), 'no-cache');
  assert.match((await caching('/fonts/one-5D2F81C0.woff2')) ?? '', /immutable/);
});

test('who has them already is not sent them again', async () => {
  const { etag = '' } = (await served.ask('GET', '/')).headers;
  const reply = await served.ask('GET', '/', { headers: { 'If-None-Match': etag } });
  assert.is(reply.status, 304);
  assert.is(reply.text, '');
});

test('nothing else of the disk is served', async () => {
  for (const path of [
    '/secret.key',
    '/.env',
    '/link.txt',
    '/../package.json',
    '/%2e%2e/package.json',
    '/fonts/../secret.key',
    '/fonts',
    '//etc/passwd',
  ])
    assert.is((await served.ask('GET', path)).status, 401, path);
});

test.run();
