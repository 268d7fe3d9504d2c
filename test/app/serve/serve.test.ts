/** `netpersona serve` from the outside: options, signals, what survives, what is written. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { connect } from '../../../app/client/index.ts';
import { runCli } from '../../support/cli.ts';
import { startServe } from '../../support/served.ts';

const SCENARIO = `
name: small
seed: 3
duration: 20s
networks:
  - { id: net, subnet: 10.0.0.0/24 }
vms:
  - { id: a, network: net, ip: 10.0.0.1 }
  - { id: b, network: net, ip: 10.0.0.2 }
personalities:
  near: { latencyMs: 2 }
assignments: { b: near }
traffic:
  - { id: stream, kind: cbr, from: a, to: b, rate: 100/s, packetSize: 500B }
`;

let folder = '';
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'netpersona-serve-'));
  writeFileSync(join(folder, 'small.yaml'), SCENARIO);
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const wrong: readonly (readonly [what: string, args: readonly string[], says: RegExp])[] = [
  ['a speed', ['--speed', 'fast'], /--speed: found "fast", allowed: max, or/],
  ['a port', ['--port', '70000'], /--port: found "70000", allowed: a whole number/],
  ['a duration', ['--duration', 'long'], /--duration: found "long", allowed: none, or/],
  ['a bind without a token', ['--host', '0.0.0.0'], /token/],
  ['a token file that is not there', ['--token-file', 'none'], /cannot read none: no such file/],
  ['a misspelled option', ['--prot', '1'], /did you mean --port/],
  ['a data folder with other files', ['--data', '.'], /small\.yaml|other files|not/],
];
for (const [what, args, says] of wrong) {
  test(`${what} that cannot be is refused, and nothing is left behind`, async () => {
    const { code, stdout, stderr } = await runCli(['serve', 'small.yaml', ...args], { cwd: folder });
    assert.is(code, 2, stderr);
    assert.is(stdout, '');
    assert.match(stderr, says);
    assert.not.match(stderr, /^ {4}at /m);
    assert.equal(readdirSync(folder), ['small.yaml']);
  });
}

test('a token that is too short is refused without being told', async () => {
  writeFileSync(join(folder, 'token'), 'short');
  const { code, stderr } = await runCli(['serve', 'small.yaml', '--token-file', 'token'], { cwd: folder });
  assert.is(code, 2);
  assert.match(stderr, /16 or more/);
  assert.not.match(stderr, /short\b/);
});

test('a broken scenario is told with all its problems', async () => {
  writeFileSync(
    join(folder, 'broken.yaml'),
    SCENARIO.replace('latencyMs', 'latencyMS').replace('to: b', 'to: c'),
  );
  const { code, stderr } = await runCli(['serve', 'broken.yaml'], { cwd: folder });
  assert.is(code, 2);
  assert.match(stderr, /personalities\.near\.latencyMS.*did you mean latencyMs/);
  assert.match(stderr, /traffic\[0\]\.to/);
});

test('a port that is taken is told', async () => {
  const served = await startServe(['small.yaml', '--paused'], folder);
  try {
    const { port } = new URL(served.url);
    const { code, stderr } = await runCli(['serve', 'small.yaml', '--port', port], { cwd: folder });
    assert.is(code, 2);
    assert.match(stderr, new RegExp(`port ${port} .*taken`));
  } finally {
    assert.is((await served.end()).code, 0);
  }
});

test('what is commanded comes out as a file that runs to the same digest, and Ctrl-C ends with 0', async () => {
  const served = await startServe(['small.yaml', '--paused', '--record', 'session.yaml'], folder);
  const lab = connect(served.url);
  const made = await lab.create({ id: 'far', latencyMs: 80, loss: { model: 'nth', every: 7 } });
  await lab.step('1.5s');
  await lab.assign('b', 'far', { from: { vm: 'a' }, ttl: '2s' });
  await lab.step('3s');
  await lab.batch([
    { vm: 'a', power: 'off' },
    { update: 'near', set: { latencyMs: 9 } },
  ]);
  await lab.step(100);
  await lab.batch([{ vm: 'a', power: 'on' }]);
  await lab.step('1s');
  assert.ok(made.tag !== null);
  const session = await lab.session();
  const { code, stderr } = await served.end();
  assert.is(code, 0, stderr);
  writeFileSync(join(folder, 'asked.yaml'), session.text);
  for (const file of ['asked.yaml', 'session.yaml']) {
    const run = await runCli(['run', file, '--json'], { cwd: folder });
    assert.is(run.code, 0, run.stderr);
    const { digest } = JSON.parse(run.stdout) as { digest: string };
    if (file === 'asked.yaml') assert.is(digest, session.digest);
    else assert.match(stderr, new RegExp(`digest ${digest}`));
  }
});

test('a file that is there is not written over, unless that is asked for', async () => {
  writeFileSync(join(folder, 'session.yaml'), 'mine');
  const args = ['serve', 'small.yaml', '--record', 'session.yaml', '--port', '0'];
  const { code, stderr } = await runCli(args, { cwd: folder });
  assert.is(code, 2);
  assert.match(stderr, /session\.yaml/);
  assert.is(readFileSync(join(folder, 'session.yaml'), 'utf8'), 'mine');
  const served = await startServe(['small.yaml', '--record', 'session.yaml', '--force'], folder);
  assert.is((await served.end()).code, 0);
  assert.match(readFileSync(join(folder, 'session.yaml'), 'utf8'), /^# A session of small/);
});

test('with --data, what was answered is there after a kill -9, and reset forgets it', async () => {
  const args = ['small.yaml', '--paused', '--data', 'state'];
  const first = await startServe(args, folder);
  const lab = connect(first.url);
  await lab.create({ id: 'far', latencyMs: 80 });
  await lab.assign('b', 'far');
  await lab.update('near', { jitterMs: 1 });
  await first.end('SIGKILL');

  const second = await startServe(args, folder);
  const again = connect(second.url);
  assert.equal((await again.vm('b')).assignments, [{ personality: 'far', expires: null }]);
  assert.equal((await again.personality('near')).fields, { latencyMs: 2, jitterMs: 1 });
  // The session says how it began.
  await again.step('1s');
  const session = await again.session();
  assert.match(session.text, /far: \{latencyMs: 80\}/);
  // Back to what the scenario says, now and after a restart.
  const near = [{ personality: 'near', expires: null }];
  await again.reset();
  assert.equal((await again.vm('b')).assignments, near);
  assert.is((await second.end()).code, 0);

  const third = await startServe(args, folder);
  assert.equal((await connect(third.url).vm('b')).assignments, near);
  await third.end();
});

test('when the duration is over it goes on answering', async () => {
  const served = await startServe(['small.yaml', '--speed', 'max', '--duration', '2s'], folder);
  const lab = connect(served.url);
  while ((await lab.clock()).state !== 'ended') await new Promise((resolve) => setTimeout(resolve, 10));
  assert.is((await lab.clock()).now, 2e9);
  assert.is((await lab.stats()).totals.deliveredPackets, 200);
  const refused = await lab.reset().then(
    () => 0,
    (error: { status: number }) => error.status,
  );
  assert.is(refused, 409);
  const { code, stderr } = await served.end();
  assert.is(code, 0);
  assert.match(stderr, /come to its end/);
});

test('a program hears what happens, from where it wants', async () => {
  const served = await startServe(['small.yaml', '--paused'], folder);
  const lab = connect(served.url);
  await lab.assign('a', 'near');
  await lab.assign('b', 'near');
  const heard: string[] = [];
  for await (const event of lab.events({ types: ['command'], after: 0 })) {
    if (event.type !== 'command') continue;
    heard.push(`${event.entry.sequence} ${event.entry.command} ${event.entry.subject}`);
    if (heard.length === 2) await lab.remove('a');
    if (heard.length === 3) break;
  }
  assert.equal(heard, ['1 assign a', '2 assign b', '3 remove a']);
  assert.is((await served.end('SIGTERM')).code, 0);
});

test('a stranger without the token is refused, whoever has it is not', async () => {
  writeFileSync(join(folder, 'token'), 'a-token-of-some-length\n');
  const served = await startServe(['small.yaml', '--paused', '--token-file', 'token'], folder);
  const status = await connect(served.url)
    .vms()
    .then(
      () => 200,
      (error: { status: number }) => error.status,
    );
  assert.is(status, 401);
  const vms = await connect(served.url, { token: 'a-token-of-some-length' }).vms();
  assert.equal(
    vms.map(({ id }) => id),
    ['a', 'b'],
  );
  await served.end();
});

test.run();
