/** Versions of personalities: who changes one knows which. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { profileTag } from '../../../app/operation/profile-tag.ts';
import { done, refused, type ScriptedRun } from './scripted-run.ts';
import { pathsOf, type Serving, serveScripted } from './serving.ts';

let served: Serving<ScriptedRun>;
test.before.each(async () => {
  served = await serveScripted();
});
test.after.each(() => served.close());

const WAN = '/v1/personalities/wan';
const changing = (headers: Readonly<Record<string, string>>) => [
  () => served.ask('PUT', WAN, { body: { latencyMs: 1 }, headers }),
  () => served.ask('PATCH', WAN, { body: { latencyMs: 1 }, headers }),
  () => served.ask('DELETE', WAN, { headers }),
];
const tagNow = async () => (await served.ask('GET', WAN)).headers.etag ?? '';

test('equal personalities have equal tags, however they came to be; others have others', () => {
  const tag = profileTag({ latencyMs: 1, 'jitter.correlation': 0.5, 'jitter.preserveOrder': false });
  assert.is(profileTag({ 'jitter.preserveOrder': false, 'jitter.correlation': 0.5, latencyMs: 1 }), tag);
  assert.is.not(profileTag({ latencyMs: 1, 'jitter.correlation': 0.5 }), tag);
  assert.is.not(profileTag({ latencyMs: 2, 'jitter.correlation': 0.5, 'jitter.preserveOrder': false }), tag);
  assert.match(tag, /^[\w-]{22}$/);
});

test('the tag is the beginning of the SHA-256 of the written form', () => {
  // printf '{"latencyMs":1}' | openssl dgst -sha256 -binary | basenc --base64url | cut -c-22
  assert.is(profileTag({ latencyMs: 1 }), 'jBe-7ALYuUNPzaSSoTddkM');
});

test('who knows the version is not sent it again', async () => {
  const etag = await tagNow();
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const reply = await served.ask('GET', WAN, { headers: { 'If-None-Match': known } });
    assert.is(reply.status, 304);
    assert.is(reply.headers.etag, etag);
    assert.is(reply.text, '');
  }
  assert.is((await served.ask('GET', WAN, { headers: { 'If-None-Match': '"x"' } })).status, 200);
});

test('a change of a known version says which, so that the check and the change are one', async () => {
  const etag = await tagNow();
  for (const change of changing({ 'If-Match': `"x", ${etag}` })) {
    const { status } = await change();
    assert.ok(status === 200 || status === 204);
  }
  const expected = [{ personality: 'wan', tag: etag.slice(1, -1) }];
  assert.equal(
    served.run.orders.map((order) => order.expected),
    [expected, expected, expected],
  );
});

test('a change of another version is refused, and nothing is ordered', async () => {
  const etag = await tagNow();
  // A weak tag never matches here (RFC 9110 section 13.1.1).
  for (const known of ['"x"', `W/${etag}`]) {
    for (const change of changing({ 'If-Match': known })) {
      const reply = await change();
      assert.is(reply.status, 412);
      assert.equal(pathsOf(reply), ['If-Match']);
    }
  }
  assert.equal(served.run.orders, []);
});

test('who was slower than somebody else is told the version that there is now', async () => {
  const etag = await tagNow();
  for (const change of changing({ 'If-Match': etag })) {
    served.run.verdicts = [refused('stale', [{ path: 'wan', found: 'another', allowed: etag }])];
    const reply = await change();
    assert.is(reply.status, 412);
    assert.equal(reply.body['problems'], [{ path: 'If-Match', found: etag, allowed: etag }]);
  }
});

test('a condition on what there is not is none', async () => {
  // RFC 9110 section 13.2.1: what would be answered 404 is answered 404.
  served.run.state = { ...served.run.state, personalities: [] };
  for (const change of changing({ 'If-Match': '"x"' })) assert.is((await change()).status, 404);
  served.run.verdicts = [1, 2, 3].map(() =>
    refused('refused', [{ path: '[0].replace', found: 'wan', allowed: '', kind: 'missing' }]),
  );
  const [put] = changing({ 'If-Match': '*' });
  assert.is((await put?.())?.status, 404);
});

test('any version will do', async () => {
  served.run.verdicts = [done(1)];
  const [put] = changing({ 'If-Match': '*' });
  assert.is((await put?.())?.status, 200);
  assert.equal(served.run.orders[0]?.expected, []);
});

test('a version may be excluded', async () => {
  const etag = await tagNow();
  for (const known of ['*', etag, `W/${etag}`])
    for (const change of changing({ 'If-None-Match': known })) assert.is((await change()).status, 412);
  assert.equal(served.run.orders, []);
  const [put] = changing({ 'If-None-Match': '"x"' });
  assert.is((await put?.())?.status, 200);
});

test('what is no list of tags is refused', async () => {
  for (const header of ['x', '"a" "b"', '"a', '', 'W/a', '"a",']) {
    const reply = await served.ask('DELETE', WAN, { headers: { 'If-Match': header } });
    assert.is(reply.status, 400);
    assert.equal(pathsOf(reply), ['If-Match']);
  }
});

test.run();
