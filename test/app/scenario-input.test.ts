import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inTemporaryFolder, ROOT, runCli, runProgram } from '../support/cli.ts';
import { SMALL } from './small-scenarios.ts';

const CLI = [process.execPath, join(ROOT, 'dist', 'app', 'main.js')];

test('what is no scenario is refused in a line, and leaves no output folder', async () => {
  await inTemporaryFolder(async (cwd) => {
    mkdirSync(join(cwd, 'folder'));
    writeFileSync(
      join(cwd, 'junk.yaml'),
      Uint8Array.from({ length: 999 }, (_, i) => (i * 197) % 256),
    );
    writeFileSync(join(cwd, 'huge.yaml'), '');
    // Sparse: takes no room.
    truncateSync(join(cwd, 'huge.yaml'), 3e9);
    writeFileSync(join(cwd, 'empty.yaml'), '');
    const cases: readonly (readonly [string, RegExp])[] = [
      ['missing.yaml', /cannot read missing\.yaml: no such file/],
      ['folder', /cannot read folder: a folder, not a file/],
      ['junk.yaml', /cannot read junk\.yaml: not text/],
      ['huge.yaml', /cannot read huge\.yaml: more than \d+ MiB/],
      ['empty.yaml', /empty\.yaml cannot run:\n {2}document: found an empty file/],
    ];
    for (const [file, why] of cases) {
      for (const command of ['run', 'validate']) {
        const { code, stdout, stderr } = await runCli([command, file], { cwd });
        assert.is(code, 2);
        if (command === 'run') assert.match(stderr, why);
        else assert.match(stdout, /1 problem\n {2}document: found /);
      }
    }
    const run = await runCli(['run', 'empty.yaml', '--out', 'out'], { cwd });
    assert.is(run.code, 2);
    const { stdout } = await runProgram('ls', ['-A', cwd]);
    assert.is(stdout, 'empty.yaml\nfolder\nhuge.yaml\njunk.yaml\n');
  });
});

test('every problem is told at once, with its place and the nearest name', async () => {
  const wrong = SMALL.replace('latencyMs: 10', 'latencyms: 10').replace('to: bob', 'to: bop');
  const run = await runCli(['run', '-'], { input: wrong });
  assert.is(run.code, 2);
  assert.match(run.stderr, /personalities\.wan\.latencyms: .* did you mean latencyMs\?/);
  assert.match(run.stderr, /traffic\[0\]\.to: .* did you mean bob\?/);

  const validated = await runCli(['validate', '-', '--json'], { input: wrong });
  assert.is(validated.code, 2);
  const [{ file, valid, problems }] = JSON.parse(validated.stdout);
  assert.equal([file, valid], ['stdin', false]);
  assert.equal(problems.map((one: { path: string; nearest: string }) => [one.path, one.nearest]).sort(), [
    ['personalities.wan.latencyms', 'latencyMs'],
    ['traffic[0].to', 'bob'],
  ]);
});

test('validate looks at every file, and says what a good one holds', async () => {
  await inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'good.yaml'), SMALL);
    writeFileSync(join(cwd, 'bad.yaml'), SMALL.replace('seed: 1\n', ''));
    const both = await runCli(['validate', 'bad.yaml', 'good.yaml'], { cwd });
    assert.is(both.code, 2);
    assert.match(
      both.stdout,
      /^bad\.yaml: 1 problem\n {2}seed: found nothing, .*\ngood\.yaml: valid, 2 VMs, 1 flow, 1s\n {2}wan: one way 10ms; round trip 10ms, 20ms when the other end has it too; 10 % loss; no rate limit: TCP at most .*\n$/,
    );
    assert.is((await runCli(['validate', 'good.yaml'], { cwd })).code, 0);
  });
});

test('stdin is a file like others, and none is an empty one', async () => {
  const piped = await runCli(['run', '-', '--json'], { input: SMALL });
  assert.is(piped.code, 0, piped.stderr);
  assert.is(JSON.parse(piped.stdout).name, 'small');
  const closed = await runProgram('sh', ['-c', `'${CLI.join("' '")}' run - <&-`]);
  assert.is(closed.code, 2);
  assert.match(closed.stderr, /stdin cannot run/);
});

test('files are found beside the file that names them', async () => {
  await inTemporaryFolder(async (cwd) => {
    mkdirSync(join(cwd, 'parts'));
    writeFileSync(join(cwd, 'main.yaml'), `include: parts/world.yaml\n`);
    const list = '  - { id: replay, kind: list, from: alice, to: bob, file: packets.csv }\n';
    writeFileSync(join(cwd, 'parts', 'world.yaml'), SMALL + list);
    writeFileSync(join(cwd, 'parts', 'packets.csv'), 'sentNs,size\n0,100\n5000,200\n');
    const run = await runCli(['run', join(cwd, 'main.yaml'), '--json']);
    assert.is(run.code, 0, run.stderr);
    const replay = JSON.parse(run.stdout).flows.find(({ id }: { id: string }) => id === 'replay');
    assert.is(replay.sent, 2);

    writeFileSync(join(cwd, 'parts', 'world.yaml'), SMALL + list.replace('packets', 'none'));
    const missing = await runCli(['run', 'main.yaml'], { cwd });
    assert.is(missing.code, 2);
    assert.match(missing.stderr, /traffic\[1\]\.file: found .*no such file/);
    writeFileSync(join(cwd, 'main.yaml'), 'include: nowhere.yaml\n');
    const lost = await runCli(['run', 'main.yaml'], { cwd });
    assert.is(lost.code, 2);
    assert.match(lost.stderr, /include: found nowhere\.yaml: no such file/);
  });
});

test('init writes a scenario that runs, and overwrites nothing', async () => {
  await inTemporaryFolder(async (cwd) => {
    const made = await runCli(['init', 'first one.yaml'], { cwd });
    assert.is(made.code, 0, made.stderr);
    assert.match(made.stdout, /netpersona run 'first one\.yaml'/);
    const run = await runCli(['run', 'first one.yaml', '--quiet'], { cwd });
    assert.is(run.code, 0, run.stderr);
    const again = await runCli(['init', 'first one.yaml'], { cwd });
    assert.is(again.code, 2);
    assert.match(again.stderr, /exists already; --force replaces it/);
    assert.is((await runCli(['init', 'first one.yaml', '--force'], { cwd })).code, 0);
  });
});

test('presets are listed, and shown with their sources', async () => {
  const list = await runCli(['presets', '--json']);
  const names = JSON.parse(list.stdout).map(({ name }: { name: string }) => name);
  assert.ok(names.includes('lte'));
  const text = await runCli(['presets']);
  assert.is(text.stdout.trim().split('\n').length, names.length);
  const { personality, provenance } = JSON.parse((await runCli(['presets', 'show', 'lte', '--json'])).stdout);
  assert.type(personality.latencyMs, 'number');
  assert.type(provenance.latencyMs.source, 'string');
  assert.match((await runCli(['presets', 'show', 'lte'])).stdout, /^ {2}latencyMs +\d+ +\w+, \d{4}: /m);
});

test('a preset that changes over time shows its period, its range and where they come from', async () => {
  const { stdout } = await runCli(['presets', 'show', 'leo-starlink']);
  assert.match(
    stdout,
    /^ {2}series\.every +15s, 41 levels, again after 615s +measured, 2023: arXiv 2310\.09242/m,
  );
  assert.match(stdout, /^ {2}series\.latencyMs +10 to 50, median 25 +measured, 2022: UCLouvain/m);
  assert.match(stdout, /^ {2}series\.change +100ms before to 100ms after +estimate/m);
  const { series } = JSON.parse((await runCli(['presets', 'show', 'leo-starlink', '--json'])).stdout);
  assert.is(series.every, 15_000);
  assert.is(series.levels['up.latencyMs'].length, 41);
});

test('schema prints one, also to a reader who has seen enough', async () => {
  const { code, stdout } = await runCli(['schema']);
  assert.is(code, 0);
  assert.match(JSON.parse(stdout).$schema, /2020-12/);
  const cut = await runProgram('bash', [
    '-c',
    `'${CLI.join("' '")}' schema | head -1; echo "code \${PIPESTATUS[0]}"`,
  ]);
  assert.is(cut.stdout, '{\ncode 0\n');
  assert.is(cut.stderr, '');
});

test.run();
