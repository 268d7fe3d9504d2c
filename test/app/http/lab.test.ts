/** The API before a real run: what is commanded happens, and comes out as a scenario that repeats it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Runner } from '../../../app/operation/runner.ts';
import { simulate } from '../../../app/simulate.ts';
import { serveLab } from './served-lab.ts';
import { pathsOf, type Serving } from './serving.ts';

let served: Serving<Runner>;
test.before.each(async () => {
  served = await serveLab();
});
test.after.each(async () => {
  await served.close();
  assert.equal(served.defects, []);
});

const post = (path: string, body?: unknown) => served.ask('POST', path, { body });
const idsNow = async () =>
  ((await served.ask('GET', '/v1/personalities')).body['personalities'] as { id: string }[]).map(
    ({ id }) => id,
  );

test('the four calls of the contract do what it says', async () => {
  const made = await post('/v1/personalities', { id: 'far', latencyMs: 300 });
  assert.is(made.status, 201);
  assert.is(made.headers.location, '/v1/personalities/far');
  const put = await served.ask('PUT', '/v1/personalities/far', { body: { latencyMs: 400 } });
  assert.is(put.status, 200);
  assert.equal(put.body, { id: 'far', latencyMs: 400 });
  const assigned = await post('/v1/vms/client/personalities/far');
  assert.is(assigned.status, 200);
  const { body } = await served.ask('GET', '/v1/vms/client');
  assert.equal(body['assignments'], [{ personality: 'far', expires: null }]);
  assert.is((await served.ask('DELETE', '/v1/personalities/far')).status, 409);
  for (let again = 0; again < 2; again++)
    assert.is((await served.ask('DELETE', '/v1/vms/client/personalities')).status, 204);
  assert.is((await served.ask('DELETE', '/v1/personalities/far')).status, 204);
  assert.is((await served.ask('DELETE', '/v1/personalities/far')).status, 404);
});

test('what is not there is not found', async () => {
  assert.is((await post('/v1/vms/server/personalities/wam')).status, 404);
  assert.is((await post('/v1/vms/servr/personalities/wan')).status, 404);
  assert.is((await served.ask('DELETE', '/v1/vms/servr/personalities')).status, 404);
  assert.is((await served.ask('PUT', '/v1/personalities/wam', { body: {} })).status, 404);
  assert.is((await served.ask('PATCH', '/v1/personalities/wam', { body: { latencyMs: 1 } })).status, 404);
  assert.is((await served.ask('DELETE', '/v1/vms/server/personalities?fromVm=servr')).status, 400);
});

test('of two who change the same version, one does', async () => {
  const { etag = '' } = (await served.ask('GET', '/v1/personalities/wan')).headers;
  const change = (latencyMs: number) =>
    served.ask('PATCH', '/v1/personalities/wan', { body: { latencyMs }, headers: { 'If-Match': etag } });
  const replies = await Promise.all([change(1), change(2), change(3)]);
  assert.equal(replies.map(({ status }) => status).toSorted(), [200, 412, 412]);
  const winner = replies.find(({ status }) => status === 200);
  const now = await served.ask('GET', '/v1/personalities/wan');
  assert.equal(now.body, winner?.body);
  assert.is(now.headers.etag, winner?.headers.etag);
  assert.is.not(now.headers.etag, etag);
});

test('a ttl ends an assignment, and an answer says when', async () => {
  const reply = await post('/v1/vms/client/personalities/wan', { from: 'server', ttl: '2s' });
  const { at, expires } = reply.body as { at: number; expires: number };
  assert.is(expires, at + 2e9);
  await post('/v1/clock/step', { by: '1s' });
  const has = async () => (await served.ask('GET', '/v1/vms/client/personalities')).body['assignments'];
  assert.equal(await has(), [{ personality: 'wan', from: { vm: 'server' }, expires }]);
  await post('/v1/clock/step', { by: '2s' });
  assert.equal(await has(), []);
});

test('a batch happens at one instant, or not at all', async () => {
  const commands = [
    { create: 'far', values: { latencyMs: 300 } },
    { assign: 'far', vm: 'client' },
    { vm: 'spare', power: 'off' },
    { partition: { between: ['client'], and: ['spare'] } },
    { stop: 'pings' },
  ];
  const refused = await post('/v1/batch', { commands: [...commands, { delete: 'nobody' }] });
  assert.is(refused.status, 400);
  assert.equal(pathsOf(refused), ['commands[5].delete']);
  assert.equal(await idsNow(), ['wan']);
  const done = await post('/v1/batch', { commands });
  assert.is(done.status, 200);
  assert.is(done.headers['netpersona-at'], String(done.body['at']));
  const { body } = await served.ask('GET', '/v1/commands');
  const entries = body['commands'] as { at: number; posted: boolean; sequence: number }[];
  assert.is(entries.length, 5);
  assert.is(entries.at(-1)?.sequence, done.body['sequence']);
  for (const { at, posted } of entries) assert.ok(at === done.body['at'] && posted);
  assert.is((await served.ask('GET', '/v1/vms/spare')).body['up'], false);
});

test('every problem of a batch is told by the number of its command', async () => {
  const reply = await post('/v1/batch', {
    commands: [
      { assign: 'wan', vm: 'servr' },
      { update: 'wan', set: { jitter: {} } },
      { assign: { latencyMS: 1 }, vm: 'client' },
      { start: 'ping' },
    ],
  });
  assert.is(reply.status, 400);
  assert.equal(pathsOf(reply).toSorted(), ['commands[2].assign.latencyMS']);
  const rest = await post('/v1/batch', {
    commands: [{ assign: 'wan', vm: 'servr' }, { update: 'wan', set: { jitter: {} } }, { start: 'ping' }],
  });
  assert.equal(pathsOf(rest).toSorted(), ['commands[0].vm', 'commands[1].set', 'commands[2].start']);
});

test('what a command implies is made at the same instant', async () => {
  const reply = await post('/v1/batch', {
    commands: [
      { assign: { preset: 'lte', latencyMs: 80 }, vm: 'client' },
      { assign: { latencyMs: 7 }, vm: 'spare' },
      { create: 'second', values: { preset: 'lte' } },
    ],
  });
  assert.is(reply.status, 200, reply.text);
  assert.equal((await idsNow()).toSorted(), ['lte', 'lte/up', 'second', 'spare-personality', 'wan']);
  // The same once more is the same personality; another one gets another name.
  await post('/v1/batch', { commands: [{ assign: { latencyMs: 7 }, vm: 'spare' }] });
  await post('/v1/batch', { commands: [{ assign: { latencyMs: 8 }, vm: 'spare' }] });
  assert.equal(
    (await idsNow()).filter((id) => id.startsWith('spare')),
    ['spare-personality', 'spare-personality-2'],
  );
  const up = await served.ask('GET', '/v1/personalities/lte%2Fup');
  assert.is(up.status, 200);
  assert.is((await served.ask('DELETE', '/v1/personalities/lte%2Fup')).status, 409);
});

test('an order that is refused names the command of its caller', async () => {
  const reply = await post('/v1/batch', {
    commands: [
      { create: 'mobile', values: { preset: 'lte' } },
      { create: 'wan', values: {} },
    ],
  });
  assert.is(reply.status, 409);
  assert.equal(pathsOf(reply), ['commands[1].create']);
  assert.equal(await idsNow(), ['wan']);
});

test('a reset brings back how it began', async () => {
  await post('/v1/batch', {
    commands: [
      { update: 'wan', set: { latencyMs: 1 } },
      { remove: true, vm: 'server' },
    ],
  });
  await post('/v1/personalities', { id: 'far' });
  const reply = await post('/v1/reset');
  assert.is(reply.status, 200);
  assert.equal((await served.ask('GET', '/v1/personalities')).body['personalities'], [
    { id: 'wan', packetLossPercentage: 0.002, bandwidthKbps: 50000, latencyMs: 40, jitterMs: 3 },
  ]);
  assert.equal((await served.ask('GET', '/v1/vms/server/personalities')).body['assignments'], [
    { personality: 'wan', expires: null },
  ]);
});

test('the session, run as a scenario, gives its digest', async () => {
  await post('/v1/clock/step', { by: '1s' });
  await served.ask('PATCH', '/v1/personalities/wan', { body: { latencyMs: 90 } });
  await post('/v1/personalities', { id: 'mobile', preset: 'lte' });
  await post('/v1/vms/client/personalities/mobile', { ttl: '500ms' });
  await post('/v1/clock/step', { by: '2s' });
  const session = await served.ask('GET', '/v1/session');
  const { digest } = await simulate(session.text);
  assert.is(digest, session.headers['netpersona-digest']);
});

test('after the end, questions are answered and commands are refused', async () => {
  await served.ask('PUT', '/v1/clock/speed', { body: { speed: 'max' } });
  await post('/v1/clock/step', { by: '10s' });
  await post('/v1/clock/resume');
  for (;;) {
    const { body } = await served.ask('GET', '/v1/clock');
    if (body['state'] === 'ended') break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (const path of ['/v1/reset', '/v1/vms/server/personalities/wan', '/v1/clock/pause'])
    assert.is((await post(path)).status, 409, path);
  for (const path of ['/v1/vms', '/v1/personalities/wan', '/v1/stats', '/v1/session', '/v1/commands'])
    assert.is((await served.ask('GET', path)).status, 200, path);
});

test.run();
