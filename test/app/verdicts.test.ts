/** How a run's verdicts reach people and programs: exit codes, annotations, the files for CI systems. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readXml } from '../reports/xml.ts';
import { inTemporaryFolder, runCli } from '../support/cli.ts';

/** Of 400 packets some 4 are lost: that goes with a chance of 0.2 % to 3 %, so 2 % is neither kept nor broken for sure. */
const scenario = (atMost: number, loss = 0.01): string => `name: 'chance, 1 %'
seed: 1
duration: 4s
networks: [{ id: prod, subnet: 10.0.0.0/24 }]
vms:
  - { id: a, network: prod, ip: 10.0.0.1 }
  - { id: b, network: prod, ip: 10.0.0.2 }
personalities: { lossy: { packetLossPercentage: ${loss} } }
assignments: { b: lossy }
traffic:
  - { id: stream, kind: cbr, from: a, to: b, interval: 10ms, packetSize: 100B }
expect:
  - { flow: stream, metric: sent, equals: 400 }
  - { flow: stream, metric: loss, atMost: ${atMost} }
`;

const codeOf = async (input: string, ...args: readonly string[]): Promise<number | null> =>
  (await runCli(['run', '-', '--quiet', ...args], { input })).code;

test('what cannot be told fails when it is asked to', async () => {
  assert.is(await codeOf(scenario(0.02)), 0);
  const strict = await runCli(['run', '-', '--quiet', '--strict'], { input: scenario(0.02) });
  assert.is(strict.code, 1);
  assert.match(
    strict.stderr,
    /^netpersona: --strict: stream loss at most 0.02: cannot tell with n = 400: needs about /m,
  );
});

test('what can be told does not, and what is broken fails either way', async () => {
  assert.is(await codeOf(scenario(0.2), '--strict'), 0);
  assert.is(await codeOf(scenario(0.001)), 1);
  assert.is(await codeOf(scenario(0.001), '--strict'), 1);
});

test('without a random number drawn, a figure is a fact', async () => {
  assert.is(await codeOf(scenario(0.02, 0), '--strict'), 0);
  const { stdout } = await runCli(['run', '-', '--json'], { input: scenario(0.02, 0) });
  const [, verdict] = JSON.parse(stdout).expectations;
  assert.equal([verdict.confidence, verdict.evidence, verdict.doubt], ['pass', null, null]);
});

test('annotations name the line of the scenario', async () => {
  await inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'one.yaml'), scenario(0.001));
    const run = await runCli(['run', 'one.yaml', '--quiet', '--annotate'], { cwd });
    assert.is(run.code, 1);
    assert.match(
      run.stdout,
      /^::error file=one\.yaml,line=14,title=chance%2C 1 %25::stream loss at most 0\.001: but it is 0\.\d+\n$/,
    );
    // For a program, stdout is JSON alone.
    const json = await runCli(['run', 'one.yaml', '--json', '--annotate'], { cwd });
    assert.is(JSON.parse(json.stdout).name, 'chance, 1 %');
    assert.match(json.stderr, /^::error file=one\.yaml,line=14,/m);
    // Nobody can show a line of stdin.
    const stdin = await runCli(['run', '-', '--quiet', '--annotate'], { cwd, input: scenario(0.001) });
    assert.match(stdin.stdout, /^::error title=/);
  });
});

test('the files for CI systems agree with the exit code', async () => {
  await inTemporaryFolder(async (cwd) => {
    for (const [args, failures] of [
      [[], '0'],
      [['--strict'], '1'],
    ] as const) {
      const out = join(cwd, `out${failures}`);
      const { code } = await runCli(['run', '-', '--quiet', '--out', out, ...args], {
        input: scenario(0.02),
      });
      assert.is(String(code), failures);
      const junit = readXml(readFileSync(join(out, 'junit.xml'), 'utf8'));
      assert.equal([junit.attributes['tests'], junit.attributes['failures']], ['2', failures]);
      const heading = readFileSync(join(out, 'summary.md'), 'utf8').split('\n')[0];
      assert.is(heading?.slice(0, 4), failures === '0' ? '## ✓' : '## ✗');
    }
  });
});

test('packets.arrow comes when it is asked for', async () => {
  await inTemporaryFolder(async (cwd) => {
    const out = join(cwd, 'out');
    const run = await runCli(['run', '-', '--quiet', '--out', out, '--arrow'], { input: scenario(0.02) });
    assert.is(run.code, 0, run.stderr);
    assert.ok(readdirSync(out).includes('packets.arrow'));
    const table = tableFromIPC(readFileSync(join(out, 'packets.arrow')));
    assert.is(table.numRows, 400);
    const { totals } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
    const fates = [...(table.getChild('fate') ?? [])];
    assert.is(fates.filter((fate) => fate === 'loss').length, totals.dropReasons.loss);
  });
});

test.run();
