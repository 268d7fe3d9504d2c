/** The client against a real server in this process: every call, and what goes wrong. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ApiError, type Client, connect, type ServerEvent } from '../../../app/client/index.ts';
import { openApiDocument } from '../../../app/http/openapi/document.ts';
import { createServer, type Server } from '../../../app/http/server.ts';
import { Runner } from '../../../app/operation/runner.ts';
import { presets } from '../../../app/scenario-file.ts';
import { actionParser } from '../../../scenarios/index.ts';
import { lab } from '../operation/small-lab.ts';

let runner: Runner;
let server: Server;
let client: Client;
test.before.each(async () => {
  const scenario = lab();
  runner = new Runner(scenario, { paused: true });
  runner.start();
  const readActions = actionParser(scenario, presets());
  server = await createServer({ run: runner, presets: presets(), readActions, port: 0 });
  client = connect(`${server.address}/`);
});
test.after.each(async () => {
  await server.close();
  await runner.close();
});

const statusOf = async (call: Promise<unknown>): Promise<number> => {
  try {
    await call;
    return 200;
  } catch (error) {
    assert.instance(error, ApiError);
    return (error as ApiError).status;
  }
};

test('has a method for every call that is not the server itself', () => {
  const { paths } = openApiDocument() as { paths: Record<string, Record<string, { operationId: string }>> };
  const methods: Readonly<Record<string, keyof Client>> = {
    getRun: 'blueprint',
    getStats: 'stats',
    getSession: 'session',
    getClock: 'clock',
    pauseClock: 'pause',
    resumeClock: 'resume',
    stepClock: 'step',
    setSpeed: 'speed',
    listVms: 'vms',
    getVm: 'vm',
    listAssignments: 'vm',
    removePersonalities: 'remove',
    assignPersonality: 'assign',
    listPersonalities: 'personalities',
    createPersonality: 'create',
    checkPersonality: 'check',
    getPersonality: 'personality',
    replacePersonality: 'replace',
    deletePersonality: 'delete',
    updatePersonality: 'update',
    listPresets: 'presets',
    getPreset: 'preset',
    listFields: 'fields',
    listCommands: 'commands',
    postBatch: 'batch',
    postReset: 'reset',
    streamEvents: 'events',
  };
  const aside = ['getHealth', 'getMetrics', 'getOpenApi'];
  const calls = Object.values(paths).flatMap((path) => Object.values(path).map((call) => call.operationId));
  assert.equal(calls.filter((call) => !aside.includes(call)).sort(), Object.keys(methods).sort());
  for (const method of Object.values(methods)) assert.type(client[method], 'function');
});

test('personalities are made, read, changed and deleted, each at its instant', async () => {
  const made = await client.create({ id: 'x:y@z', latencyMs: 3, loss: { model: 'nth', every: 5 } });
  assert.equal(made.fields, { latencyMs: 3, loss: { model: 'nth', every: 5 } });
  assert.equal(await client.personality('x:y@z').catch((error: ApiError) => error.status), {
    id: 'x:y@z',
    fields: made.fields,
    tag: made.tag,
  });
  const replaced = await client.replace('x:y@z', { jitterMs: 1 }, { ifMatch: made.tag });
  assert.ok(replaced.at >= made.at);
  assert.is(await statusOf(client.replace('x:y@z', {}, { ifMatch: made.tag })), 412);
  const updated = await client.update('x:y@z', { latencyMs: '4ms' });
  assert.equal(updated.fields, { latencyMs: 4, jitterMs: 1 });
  assert.is((await client.personalities()).length, 3);
  await client.delete('x:y@z', { ifMatch: updated.tag });
  assert.is(await statusOf(client.personality('x:y@z')), 404);
  const { personality, preflight } = await client.check({ preset: 'geo-sat', latencyMs: 10 });
  assert.is(personality.latencyMs, 10);
  assert.match(preflight.sentence, /10ms/);
});

test('VMs get and lose personalities', async () => {
  await client.assign('a', 'far', { from: { host: 'h2' }, ttl: '1s' });
  const { assignments } = await client.vm('a');
  assert.equal(
    assignments.map(({ personality, from }) => [personality, from]),
    [['far', { host: 'h2' }]],
  );
  await client.remove('a', { vm: 'b' });
  assert.is((await client.vm('a')).assignments.length, 1);
  await client.remove('a', { host: 'h2' });
  assert.is((await client.vm('a')).assignments.length, 0);
  await client.batch([
    { assign: 'far', vm: 'a' },
    { vm: 'b', power: 'off' },
  ]);
  const [a, b] = await client.vms();
  assert.is(a?.assignments.length, 1);
  assert.is(b?.up, false);
  await client.reset();
  assert.is((await client.vm('a')).assignments.length, 0);
});

test('time goes as it is told', async () => {
  assert.is((await client.clock()).state, 'paused');
  assert.is((await client.step('250ms')).now, 250e6);
  assert.is((await client.step(250)).now, 500e6);
  assert.is((await client.speed(2)).speed, 2);
  assert.is((await client.resume()).state, 'running');
  assert.is((await client.pause()).state, 'paused');
});

test('what runs, what was commanded, presets and fields are told', async () => {
  assert.is((await client.blueprint()).name, 'lab');
  await client.assign('a', 'far');
  const [entry] = await client.commands();
  assert.equal([entry?.command, entry?.subject, entry?.posted], ['assign', 'a', true]);
  assert.equal(await client.commands(1), []);
  assert.ok((await client.presets()).some(({ name }) => name === 'lte'));
  assert.is((await client.preset<{ name: string }>('lte')).name, 'lte');
  assert.ok((await client.fields<{ path: string }>()).some(({ path }) => path === 'latencyMs'));
  assert.is((await client.stats()).totals.sentPackets, 0);
  assert.match((await client.session()).text, /assign: far, vm: a/);
});

test('a refusal says all that is wrong; nobody at all is status 0', async () => {
  const error = await client
    .create({ latencyMs: -1, packetLossPercentage: 3 })
    .catch((reason: ApiError) => reason);
  assert.instance(error, ApiError);
  if (error instanceof ApiError) {
    assert.is(error.status, 400);
    assert.equal(error.problems.map(({ path }) => path).sort(), ['latencyMs', 'packetLossPercentage']);
  }
  assert.is(await statusOf(connect('http://127.0.0.1:9').clock()), 0);
});

test('events end with their signal, and a call with the client’s', async () => {
  const stop = new AbortController();
  const heard: ServerEvent['type'][] = [];
  for await (const event of client.events({ signal: stop.signal })) {
    heard.push(event.type);
    if (event.type === 'clock') stop.abort();
  }
  assert.is(heard[0], 'hello');
  const gone = new AbortController();
  gone.abort();
  const error = await connect(server.address, { signal: gone.signal })
    .clock()
    .catch((reason: Error) => reason);
  assert.not.instance(error, ApiError);
});

test.run();
