/** What each call asks of the run, and what it makes of the answer. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Verdict } from '../../../app/operation/run.ts';
import { RunGone } from '../../../app/operation/thread.ts';
import { NotKept } from '../../../app/store/keeping.ts';
import type { ScriptedRun } from './scripted-run.ts';
import { done, refused } from './scripted-run.ts';
import { pathsOf, type Reply, type Serving, serveScripted } from './serving.ts';

let served: Serving<ScriptedRun>;
test.before.each(async () => {
  served = await serveScripted();
});
test.after.each(async () => {
  await served.close();
  assert.equal(served.defects, []);
});

/** RFC 9457 section 3. */
function isProblem(reply: Reply, status: number): void {
  assert.is(reply.status, status);
  assert.is(reply.headers['content-type'], 'application/problem+json; charset=utf-8');
  assert.is(reply.body['status'], status);
  assert.is(reply.body['type'], 'about:blank');
  assert.type(reply.body['title'], 'string');
  assert.type(reply.body['detail'], 'string');
  assert.ok(Array.isArray(reply.body['problems']));
}

test('health needs nothing', async () => {
  const { status, body } = await served.ask('GET', '/healthz');
  assert.is(status, 200);
  assert.is(body['status'], 'ok');
});

test('the run and its figures are told as they are', async () => {
  const run = await served.ask('GET', '/v1/run');
  assert.equal(run.body, JSON.parse(JSON.stringify(served.run.blueprint)));
  const stats = await served.ask('GET', '/v1/stats');
  assert.equal(stats.body['end'], 7);
});

test('VMs are told with where they are, whether they run, and what they have', async () => {
  const server = {
    id: 'server',
    host: 'eu',
    up: false,
    forwards: true,
    interfaces: [{ network: 'prod', ip: '10.0.0.2' }],
    assignments: [
      { personality: 'wan', from: { vm: 'client' }, expires: 9_000_000_000 },
      { personality: 'wan', expires: null },
    ],
  };
  const all = await served.ask('GET', '/v1/vms');
  assert.equal((all.body['vms'] as unknown[])[1], server);
  assert.equal((await served.ask('GET', '/v1/vms/server')).body, server);
  const { body } = await served.ask('GET', '/v1/vms/server/personalities');
  assert.equal(body, { assignments: server.assignments });
});

test('who asks for a VM that there is not learns which was meant', async () => {
  for (const path of ['/v1/vms/servr', '/v1/vms/servr/personalities']) {
    const reply = await served.ask('GET', path);
    isProblem(reply, 404);
    assert.equal(reply.body['problems'], [
      { path: 'vmId', found: 'servr', allowed: 'the id of a VM', nearest: 'server' },
    ]);
  }
});

test('an assignment takes effect at the instant that is answered', async () => {
  served.run.verdicts = [done(1_500_000_000)];
  const reply = await served.ask('POST', '/v1/vms/server/personalities/wan');
  assert.is(reply.status, 200);
  assert.is(reply.headers['netpersona-at'], '1500000000');
  assert.equal(reply.body, { vm: 'server', personality: 'wan', at: 1_500_000_000, expires: null });
  assert.equal(served.run.orders, [{ actions: [{ op: 'assign', vm: 'server', personality: 'wan' }] }]);
});

test('an assignment may be for packets from somebody, and for a time', async () => {
  served.run.verdicts = [done(5)];
  const reply = await served.ask('POST', '/v1/vms/server/personalities/lte%2Fup', {
    body: { from: { network: 'prod' }, ttl: '10s' },
  });
  const from = { network: 'prod' };
  assert.equal(reply.body, { vm: 'server', personality: 'lte/up', at: 5, expires: 10_000_000_005, from });
  assert.equal(served.run.orders[0]?.actions, [
    { op: 'assign', vm: 'server', personality: 'lte/up', from, ttl: 10_000_000_000 },
  ]);
});

test('an id alone says from whom, if only one thing is called that', async () => {
  await served.ask('POST', '/v1/vms/server/personalities/wan', { body: { from: 'us' } });
  assert.equal(served.run.orders[0]?.actions, [
    { op: 'assign', vm: 'server', personality: 'wan', from: { host: 'us' } },
  ]);
  for (const from of ['both', 'nobody', {}, { vm: 'client', host: 'us' }]) {
    const reply = await served.ask('POST', '/v1/vms/server/personalities/wan', { body: { from } });
    isProblem(reply, 400);
    assert.equal(pathsOf(reply), ['from']);
  }
  assert.is(served.run.orders.length, 1);
});

test('every problem of an assignment is told at once', async () => {
  const reply = await served.ask('POST', '/v1/vms/server/personalities/wan', {
    body: { form: 'us', ttl: -1 },
  });
  isProblem(reply, 400);
  assert.equal(pathsOf(reply).toSorted(), ['form', 'ttl']);
});

test('unknown things in the path are not found; in the body they are a bad request', async () => {
  const missing = (path: string) => refused('refused', [{ path, found: 'x', allowed: 'y', kind: 'missing' }]);
  const assign = () => served.ask('POST', '/v1/vms/server/personalities/wan', { body: {} });
  served.run.verdicts = [missing('[0].assign'), missing('[0].vm'), missing('[0].from')];
  const [personality, vm, from] = [await assign(), await assign(), await assign()];
  isProblem(personality, 404);
  assert.equal(pathsOf(personality), ['personalityId']);
  isProblem(vm, 404);
  assert.equal(pathsOf(vm), ['vmId']);
  isProblem(from, 400);
});

test('personalities are taken away, all or the one for packets from somebody', async () => {
  served.run.verdicts = [done(3)];
  const reply = await served.ask('DELETE', '/v1/vms/server/personalities');
  assert.is(reply.status, 204);
  assert.is(reply.text, '');
  assert.is(reply.headers['netpersona-at'], '3');
  await served.ask('DELETE', '/v1/vms/server/personalities?fromHost=us');
  assert.equal(
    served.run.orders.map(({ actions }) => actions),
    [[{ op: 'remove', vm: 'server' }], [{ op: 'remove', vm: 'server', from: { host: 'us' } }]],
  );
});

test('a query that says two things, or something unknown, is refused', async () => {
  for (const [query, path] of [
    ['fromVm=client&fromHost=us', 'fromHost'],
    ['form=client', 'form'],
    ['fromVm=', 'fromVm'],
    ['fromVm=a&fromVm=b', 'fromVm'],
  ]) {
    const reply = await served.ask('DELETE', `/v1/vms/server/personalities?${query}`);
    isProblem(reply, 400);
    assert.equal(pathsOf(reply), [path]);
  }
  assert.equal(served.run.orders, []);
});

test('what does not exist to be taken away from is named as the caller named it', async () => {
  served.run.verdicts = [
    refused('refused', [{ path: '[0].from', found: 'x', allowed: 'the id of a VM', kind: 'missing' }]),
  ];
  const reply = await served.ask('DELETE', '/v1/vms/server/personalities?fromVm=x');
  isProblem(reply, 400);
  assert.equal(pathsOf(reply), ['fromVm']);
});

test('personalities are told in the form in which files write them', async () => {
  const wan = { id: 'wan', latencyMs: 40, jitter: { correlation: 0.5 } };
  assert.equal((await served.ask('GET', '/v1/personalities')).body, { personalities: [wan] });
  assert.equal((await served.ask('GET', '/v1/personalities/wan')).body, wan);
  isProblem(await served.ask('GET', '/v1/personalities/wam'), 404);
});

test('a personality is made of fields in any of their units', async () => {
  served.run.verdicts = [done(9)];
  const reply = await served.ask('POST', '/v1/personalities', {
    body: { id: 'a line', latencyMs: 1 },
  });
  // An id has no spaces.
  isProblem(reply, 400);
  assert.equal(pathsOf(reply), ['id']);
  const made = await served.ask('POST', '/v1/personalities', {
    body: { id: 'ligne-é', latencyMs: '40ms', bandwidthKbps: '4Mbit' },
  });
  assert.is(made.status, 201);
  assert.is(made.headers.location, '/v1/personalities/ligne-%C3%A9');
  assert.is(made.headers['netpersona-at'], '9');
  assert.match(made.headers.etag ?? '', /^"[\w-]{22}"$/);
  assert.equal(made.body, { id: 'ligne-é', bandwidthKbps: 4000, latencyMs: 40 });
  assert.equal(
    served.run.orders.map(({ actions }) => actions),
    [[{ op: 'create', personality: 'ligne-é', values: { bandwidthKbps: 4000, latencyMs: 40 } }]],
  );
});

test('who gives no id gets one', async () => {
  const one = await served.ask('POST', '/v1/personalities', { body: {} });
  const other = await served.ask('POST', '/v1/personalities', { body: {} });
  assert.match(String(one.body['id']), /^personality-[0-9a-f]{8}$/);
  assert.is.not(one.body['id'], other.body['id']);
});

test('what a preset has for the way up is made at the same instant, unless it is there', async () => {
  const body = { id: 'mobile', preset: 'lte' };
  await served.ask('POST', '/v1/personalities', { body });
  const names = () => served.run.orders.at(-1)?.actions as readonly { op: string; personality: string }[];
  assert.equal(
    names().map(({ op, personality }) => [op, personality]),
    [
      ['create', 'lte/up'],
      ['create', 'mobile'],
    ],
  );
  served.run.state = { ...served.run.state, personalities: [{ id: 'lte/up', profile: {} }] };
  await served.ask('POST', '/v1/personalities', { body });
  assert.equal(
    names().map(({ op, personality }) => [op, personality]),
    [['create', 'mobile']],
  );
});

test('a way up that somebody else makes meanwhile is looked for again', async () => {
  const { run } = served;
  const submit = run.submit.bind(run);
  run.verdicts = [
    refused('refused', [{ path: '[0].create', found: 'lte/up', allowed: 'another', kind: 'conflict' }]),
  ];
  run.submit = (order) => {
    run.state = { ...run.state, revision: 1, personalities: [{ id: 'lte/up', profile: {} }] };
    return submit(order);
  };
  const reply = await served.ask('POST', '/v1/personalities', { body: { id: 'mobile', preset: 'lte' } });
  assert.is(reply.status, 201);
  assert.equal(
    run.orders.map(({ actions }) => actions.length),
    [2, 1],
  );
});

test('an id that is taken is a conflict', async () => {
  served.run.verdicts = [
    refused('refused', [
      { path: '[0].create', found: 'wan', allowed: 'the id of no personality yet', kind: 'conflict' },
    ]),
  ];
  const reply = await served.ask('POST', '/v1/personalities', { body: { id: 'wan' } });
  isProblem(reply, 409);
  assert.equal(reply.body['problems'], [
    { path: 'id', found: 'wan', allowed: 'the id of no personality yet' },
  ]);
});

test('every wrong field is told, with what was meant', async () => {
  const body = { latencyMS: 4, packetLossPercentage: 5, jitter: { correlation: 'x' }, preset: 'ltte', id: 7 };
  for (const [method, path] of [
    ['POST', '/v1/personalities'],
    ['POST', '/v1/personalities/check'],
    ['PUT', '/v1/personalities/wan'],
  ] as const) {
    const reply = await served.ask(method, path, { body });
    isProblem(reply, 400);
    assert.equal(pathsOf(reply).toSorted(), [
      'id',
      'jitter.correlation',
      'latencyMS',
      'packetLossPercentage',
      'preset',
    ]);
    const nearest = (reply.body['problems'] as { nearest?: string }[]).map((each) => each.nearest);
    for (const name of ['latencyMs', '0.05', 'lte']) assert.ok(nearest.includes(name), name);
  }
  assert.equal(served.run.orders, []);
});

test('fields may be replaced or changed', async () => {
  const after = { latencyMs: 90, 'jitter.correlation': 0.5 };
  const changes = { reset: false, assignments: [], personalities: [{ id: 'wan', profile: after }] };
  served.run.verdicts = [done(1, { changes }), done(2, { changes })];
  const put = await served.ask('PUT', '/v1/personalities/wan', { body: { id: 'wan', latencyMs: '90ms' } });
  const patch = await served.ask('PATCH', '/v1/personalities/wan', { body: { latencyMs: 90 } });
  for (const reply of [put, patch]) {
    assert.is(reply.status, 200);
    assert.equal(reply.body, { id: 'wan', latencyMs: 90, jitter: { correlation: 0.5 } });
  }
  assert.is(patch.headers['netpersona-at'], '2');
  assert.equal(
    served.run.orders.map(({ actions }) => actions),
    [
      [{ op: 'replace', personality: 'wan', values: { latencyMs: 90 } }],
      [{ op: 'update', personality: 'wan', set: { latencyMs: 90 } }],
    ],
  );
});

test('a change of nothing is none, and an id stays', async () => {
  for (const body of [{}, { jitter: {} }, { id: 'wan', latencyMs: 1 }, { preset: 'lte' }, 7, null, []])
    isProblem(await served.ask('PATCH', '/v1/personalities/wan', { body }), 400);
  isProblem(await served.ask('PUT', '/v1/personalities/wan', { body: { id: 'lan' } }), 400);
  isProblem(await served.ask('PUT', '/v1/personalities/wan'), 400);
  assert.equal(served.run.orders, []);
});

test('problems of the run are told by the names of the body', async () => {
  served.run.verdicts = [
    refused('refused', [{ path: '[0].values.mtu', found: 'mtu 576', allowed: 'at least 1280' }]),
    refused('refused', [{ path: '[0].set.egress', found: 'x', allowed: 'y' }]),
    refused('refused', [{ path: '[0].replace', found: 'wan', allowed: 'lan', kind: 'missing' }]),
  ];
  const put = () => served.ask('PUT', '/v1/personalities/wan', { body: { mtu: 576 } });
  const mtu = await put();
  isProblem(mtu, 400);
  assert.equal(pathsOf(mtu), ['mtu']);
  assert.equal(pathsOf(await served.ask('PATCH', '/v1/personalities/wan', { body: { egress: 'x' } })), [
    'egress',
  ]);
  const gone = await put();
  isProblem(gone, 404);
  assert.equal(pathsOf(gone), ['personalityId']);
});

test('a personality in use is not deleted', async () => {
  served.run.verdicts = [
    done(3),
    refused('refused', [
      { path: '[0].delete', found: 'wan, which is assigned', allowed: 'x', kind: 'conflict' },
    ]),
    refused('refused', [{ path: '[0].delete', found: 'wan', allowed: 'x', kind: 'missing' }]),
  ];
  const gone = await served.ask('DELETE', '/v1/personalities/wan');
  assert.is(gone.status, 204);
  assert.is(gone.headers['netpersona-at'], '3');
  isProblem(await served.ask('DELETE', '/v1/personalities/wan'), 409);
  isProblem(await served.ask('DELETE', '/v1/personalities/wan'), 404);
});

test('a check makes nothing', async () => {
  const reply = await served.ask('POST', '/v1/personalities/check', {
    body: { latencyMs: '45ms', egress: 'wan' },
  });
  assert.is(reply.status, 200);
  assert.equal(reply.body['personality'], { latencyMs: 45, egress: 'wan' });
  const { figures } = reply.body['preflight'] as { figures: Record<string, unknown> };
  // 45 ms there and, by wan, 40 ms back.
  assert.is(figures['roundTrip'], 85_000_000);
  assert.equal(served.run.orders, []);
});

test('a check finds who is named but is not there', async () => {
  const body = { egress: 'wam', loss: { model: 'match', matchFlow: 'ping' } };
  const reply = await served.ask('POST', '/v1/personalities/check', { body });
  isProblem(reply, 400);
  assert.equal(
    (reply.body['problems'] as { path: string; nearest: string }[]).map(({ path, nearest }) => [
      path,
      nearest,
    ]),
    [
      ['egress', 'wan'],
      ['loss.matchFlow', 'pings'],
    ],
  );
});

test('presets are listed, and shown with their sources', async () => {
  const { body } = await served.ask('GET', '/v1/presets');
  const lines = body['presets'] as { name: string; summary: string }[];
  assert.ok(lines.some(({ name }) => name === 'lte'));
  const lte = await served.ask('GET', '/v1/presets/lte');
  assert.is(lte.body['egress'], 'lte/up');
  const { provenance } = lte.body as { provenance: Record<string, { source: string }> };
  assert.ok(provenance['latencyMs']?.source);
  const reply = await served.ask('GET', '/v1/presets/ltee');
  isProblem(reply, 404);
  assert.is((reply.body['problems'] as { nearest: string }[])[0]?.nearest, 'lte');
});

test('the seven core fields are described with the ranges of the contract', async () => {
  const { body } = await served.ask('GET', '/v1/fields');
  const fields = body['fields'] as Record<string, unknown>[];
  const of = (path: string) => fields.find((field) => field['path'] === path) ?? {};
  const range = (path: string) => [of(path)['min'], of(path)['max'], of(path)['unit']];
  assert.equal(range('latencyMs'), [0, 3_600_000, 'ms']);
  assert.equal(range('jitterMs'), [0, 3_600_000, 'ms']);
  assert.equal(range('packetLossPercentage'), [0, 1, null]);
  assert.equal(range('duplicatePacketPercentage'), [0, 1, null]);
  assert.equal(range('bandwidthKbps'), [0, 400_000_000, 'kbit/s']);
  assert.is(of('bandwidthKbps')['aboveMin'], true);
  assert.equal(range('mtu'), [68, 65535, 'bytes']);
  assert.equal(of('routingProfile')['choices'], ['Static', 'Dynamic', 'Chaotic']);
});

test('the clock is paused, resumed, stepped and set', async () => {
  assert.equal((await served.ask('GET', '/v1/clock')).body, { ...served.run.time });
  const replies = [
    await served.ask('POST', '/v1/clock/pause'),
    await served.ask('POST', '/v1/clock/resume'),
    await served.ask('POST', '/v1/clock/step', { body: { by: '1.5s' } }),
    await served.ask('PUT', '/v1/clock/speed', { body: { speed: 0.5 } }),
    await served.ask('PUT', '/v1/clock/speed', { body: { speed: 'max' } }),
  ];
  for (const { status, headers, body } of replies) {
    assert.is(status, 200);
    assert.is(headers['netpersona-at'], '7');
    assert.is(body['now'], 7);
  }
  assert.equal(served.run.steerings, [
    { do: 'pause' },
    { do: 'resume' },
    { do: 'step', by: 1_500_000_000 },
    { do: 'speed', speed: 0.5 },
    { do: 'speed', speed: 'max' },
  ]);
});

test('a step and a speed are above zero', async () => {
  for (const by of [0, '0s', -1, 'soon', null, undefined])
    isProblem(await served.ask('POST', '/v1/clock/step', { body: { by } }), 400);
  for (const speed of [0, -1, '2x', 'MAX', null, undefined, 1e7])
    isProblem(await served.ask('PUT', '/v1/clock/speed', { body: { speed } }), 400);
  isProblem(await served.ask('POST', '/v1/clock/step'), 400);
  assert.equal(served.run.steerings, []);
});

test('a run that has ended takes no commands', async () => {
  served.run.time = { now: 9, state: 'ended', speed: 1, lag: 0 };
  isProblem(await served.ask('POST', '/v1/clock/pause'), 409);
  isProblem(await served.ask('PUT', '/v1/clock/speed', { body: { speed: 1 } }), 409);
  served.run.verdicts = [refused('closed'), refused('closed')];
  isProblem(await served.ask('POST', '/v1/reset'), 409);
  isProblem(await served.ask('POST', '/v1/vms/server/personalities/wan'), 409);
});

test('too much at once is told, with when to come again', async () => {
  served.run.verdicts = [refused('busy')];
  const reply = await served.ask('POST', '/v1/reset');
  isProblem(reply, 503);
  assert.is(reply.headers['retry-after'], '1');
});

test('a simulation that is gone is told', async () => {
  served.run.verdicts = [new RunGone('the run is closed')];
  isProblem(await served.ask('POST', '/v1/reset'), 503);
});

test('what is done but could not be saved is told, with its instant', async () => {
  const verdict = done(6) as Extract<Verdict, { ok: true }>;
  served.run.verdicts = [new NotKept(verdict, new Error('no space left'))];
  const reply = await served.ask('POST', '/v1/reset');
  isProblem(reply, 503);
  assert.is(reply.headers['netpersona-at'], '6');
  assert.not.match(reply.text, /space/);
  assert.match(served.defects.splice(0)[0]?.message ?? '', /no space left/);
});

test('a reset answers its instant and its number', async () => {
  served.run.verdicts = [done(5, { sequence: 12 })];
  const reply = await served.ask('POST', '/v1/reset');
  assert.equal(reply.body, { at: 5, sequence: 12 });
  assert.is(reply.headers['netpersona-at'], '5');
  assert.equal(served.run.orders, [{ actions: 'reset' }]);
});

test('commands are told after a number, so many at most', async () => {
  const numbers = async (query: string): Promise<unknown> => {
    const { body } = await served.ask('GET', `/v1/commands${query}`);
    return (body['commands'] as { sequence: number }[]).map(({ sequence }) => sequence);
  };
  assert.equal(await numbers(''), [1, 2, 3]);
  assert.equal(await numbers('?after=1'), [2, 3]);
  assert.equal(await numbers('?after=1&limit=1'), [2]);
  for (const query of ['?after=-1', '?after=1.5', '?limit=0', '?limit=10001', '?limit=', '?until=1'])
    isProblem(await served.ask('GET', `/v1/commands${query}`), 400);
});

test('the session is a file, or JSON for who asks for it by name', async () => {
  const file = await served.ask('GET', '/v1/session', { headers: { Accept: '*/*' } });
  assert.is(file.headers['content-type'], 'application/yaml; charset=utf-8');
  assert.is(file.headers['content-disposition'], 'attachment; filename="two-a-test.session.yaml"');
  assert.is(file.headers['netpersona-digest'], '0'.repeat(64));
  assert.is(file.headers['netpersona-at'], '7');
  assert.is(file.text, 'seed: 1\n');
  const json = await served.ask('GET', '/v1/session', { headers: { Accept: 'application/json' } });
  assert.equal(json.body, { ...served.run.file });
  const rather = await served.ask('GET', '/v1/session', {
    headers: { Accept: 'application/json;q=0.5, application/yaml' },
  });
  assert.is(rather.text, 'seed: 1\n');
});

test('what is elsewhere or done otherwise is told apart', async () => {
  isProblem(await served.ask('GET', '/v2/vms'), 404);
  isProblem(await served.ask('GET', '/v1/vms/'), 404);
  const reply = await served.ask('PUT', '/v1/vms');
  isProblem(reply, 405);
  assert.is(reply.headers.allow, 'GET, HEAD');
  const both = await served.ask('OPTIONS', '/v1/personalities/check');
  isProblem(both, 405);
  assert.is(both.headers.allow, 'DELETE, GET, HEAD, PATCH, POST, PUT');
});

test('the page that is not there is told so', async () => {
  isProblem(await served.ask('GET', '/'), 404);
});

test('what nobody foresaw is told to the operator alone', async () => {
  served.run.verdicts = [new Error('a secret')];
  const reply = await served.ask('POST', '/v1/reset');
  isProblem(reply, 500);
  assert.not.match(reply.text, /secret|\.ts|at /);
  assert.equal(
    served.defects.splice(0).map(({ message }) => message),
    ['a secret'],
  );
});

test.run();
