import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inTemporaryFolder, ROOT, runCli } from '../support/cli.ts';

const EXAMPLES = join(ROOT, 'test', 'scenarios', 'dialects', 'examples');
const NETEM = 'netem delay 40ms loss 1% seed 7\n';

const SCENARIO = `seed: 1
duration: 1s
networks: [{ id: n, subnet: 10.0.0.0/24 }]
vms: [{ id: a, network: n }, { id: b, network: n }]
include: wan.yaml
assignments: { b: wan }
traffic: [{ id: pings, kind: ping, from: a, to: b, interval: 100ms }]
`;

test('what is imported into a file is a part of a scenario, which runs, and goes out again', async () => {
  await inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'wan.sh'), NETEM);
    writeFileSync(join(folder, 'scenario.yaml'), SCENARIO);
    const first = await runCli(['import', 'wan.sh', '--out', 'wan.yaml'], { cwd: folder });
    assert.is(first.code, 0, first.stderr);
    assert.is(first.stdout, '');
    assert.match(
      first.stderr,
      /^1 personality from tc in wan\.yaml; not word for word:\n {2}left out: seed 7: .* \(line 1\)\n$/,
    );
    assert.match(readFileSync(join(folder, 'wan.yaml'), 'utf8'), /^personalities:\n {2}# netem delay 40ms/m);
    assert.equal(readdirSync(folder).sort(), ['scenario.yaml', 'wan.sh', 'wan.yaml']);

    const run = await runCli(['run', 'scenario.yaml', '--quiet'], { cwd: folder });
    assert.is(run.code, 0, run.stderr);
    const out = await runCli(['export', '--tc', 'scenario.yaml', 'wan', '--dev', 'tap0'], { cwd: folder });
    assert.is(out.stderr, '');
    assert.equal(
      out.stdout.split('\n').filter((line) => !line.startsWith('#')),
      ['tc qdisc add dev tap0 root handle 1: netem delay 40ms loss random 1% limit 1000000', ''],
    );
  });
});

test('a file that exists is replaced only by --force', async () => {
  await inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'wan.yaml'), 'mine\n');
    const again = (...more: string[]) =>
      runCli(['import', '-', '--name', 'wan', '--out', 'wan.yaml', ...more], { cwd: folder, input: NETEM });
    const refused = await again();
    assert.is(refused.code, 2);
    assert.is(refused.stderr, 'netpersona: wan.yaml exists already; --force replaces it\n');
    assert.is(readFileSync(join(folder, 'wan.yaml'), 'utf8'), 'mine\n');
    assert.is((await again('--force')).code, 0);
    assert.match(readFileSync(join(folder, 'wan.yaml'), 'utf8'), /^ {2}wan:\n {4}latencyMs: 40$/m);
    assert.equal(readdirSync(folder), ['wan.yaml']);
  });
});

test('a file that is wrong is told with its lines, and leaves nothing behind', async () => {
  await inTemporaryFolder(async (folder) => {
    const bad = await runCli(['import', '-', '--out', 'x.yaml'], {
      cwd: folder,
      input: 'netem dealy 4ms\nnetem loss 2',
    });
    assert.is(bad.code, 2);
    assert.match(
      bad.stderr,
      /^netpersona: stdin cannot be imported:\n {2}netem: found "dealy", .* did you mean delay\? \(line 1\)\n$/,
    );
    assert.equal(readdirSync(folder), []);
    const json = await runCli(['import', '-', '--json'], { input: 'netem dealy 4ms' });
    assert.is(json.code, 2);
    const { valid, problems } = JSON.parse(json.stdout) as {
      valid: boolean;
      problems: { nearest: string; line: number }[];
    };
    assert.equal([valid, problems[0]?.nearest, problems[0]?.line], [false, 'delay', 1]);
  });
});

test('--json prints the personalities and the notes', async () => {
  const { code, stdout, stderr } = await runCli([
    'import',
    join(EXAMPLES, 'atc.json'),
    '--json',
    '--name',
    'edge',
  ]);
  assert.is(code, 0, stderr);
  const { dialect, personalities, notes } = JSON.parse(stdout);
  assert.equal([dialect, notes], ['atc', []]);
  assert.equal(personalities, {
    edge: { latencyMs: 400, packetLossPercentage: 0.01, bandwidthKbps: 240, egress: 'edge-egress' },
    'edge-egress': { latencyMs: 440, packetLossPercentage: 0.01, bandwidthKbps: 200 },
  });
});

test('a trace is named from where the fragment will be', async () => {
  const file = join(EXAMPLES, 'link.trace');
  await inTemporaryFolder(async (folder) => {
    const { code, stderr } = await runCli(['import', file, '--out', join(folder, 'link.yaml')]);
    assert.is(code, 0, stderr);
    const trace = /trace: "?([^" ]+)"? }/.exec(readFileSync(join(folder, 'link.yaml'), 'utf8'))?.[1] ?? '';
    assert.ok(existsSync(join(folder, trace)), trace);
  });
});

test('presets go out, both ways', async () => {
  const { code, stdout } = await runCli([
    'export',
    '--tc',
    '--preset',
    'dsl-atc',
    '--egress-dev',
    'wan0',
    '--json',
  ]);
  assert.is(code, 0);
  const { id, towards, from } = JSON.parse(stdout);
  assert.equal(
    [id, towards.commands.length, from.commands[0]],
    ['dsl-atc', 2, 'tc qdisc add dev wan0 root handle 1: netem delay 5ms limit 1000000'],
  );
});

test('what is typed wrong is told', async () => {
  const refused = async (args: readonly string[], why: RegExp): Promise<void> => {
    const { code, stderr } = await runCli(args);
    assert.is(code, 2, stderr);
    assert.match(stderr, why);
  };
  await refused(['import'], /import needs FILE/);
  await refused(['import', 'no-such-file'], /cannot read no-such-file: no such file/);
  await refused(
    ['import', 'x', '--from', 'toxyproxy'],
    /--from: found "toxyproxy", .* did you mean toxiproxy\?/,
  );
  await refused(['import', 'x', '--force'], /--force needs --out/);
  await refused(['export', 'x', 'y'], /export needs --tc/);
  await refused(['export', '--tc'], /export needs FILE and PERSONALITY, or --preset/);
  await refused(['export', '--tc', '--preset', 'ltee'], /no preset "ltee"; did you mean lte\?/);
  await refused(['export', '--tc', '--preset', 'lte', '--dev', 'a; rm'], /--dev: found "a; rm"/);
  await refused(
    ['export', '--tc', 'scenarios/library/bufferbloat.yaml'],
    /needs PERSONALITY; the scenario has /,
  );
});

test.run();
