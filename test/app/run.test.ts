import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inTemporaryFolder, runCli, startCli } from '../support/cli.ts';
import { ENDLESS, SMALL, withProgram } from './small-scenarios.ts';

const FIRST = 'scenarios/library/transatlantic-web.yaml';
const LOSSLESS = ['--set', 'personalities.wan.packetLossPercentage=0'];
const FILES = [
  ...['commands.csv', 'flows.csv', 'junit.xml', 'packets.csv', 'scenario.yaml', 'summary.json', 'summary.md'],
  'timeseries.csv',
];

const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

async function digestOf(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await runCli(['run', ...args, '--json'], { env, input: SMALL });
  assert.is(code, 0, stderr);
  return JSON.parse(stdout).digest;
}

test('the first scenario runs as it stands: tables, expectations, digest, and how to see it again', async () => {
  const { code, stdout, stderr } = await runCli(['run', FIRST]);
  assert.is(code, 0, stderr);
  for (const flow of ['pings', 'stream', 'calls']) assert.match(stdout, new RegExp(`^${flow} `, 'm'));
  assert.match(stdout, /^dropped +loss \d+/m);
  assert.is(stdout.match(/^✓ /gm)?.length, 3);
  assert.match(stdout, /^digest +[0-9a-f]{64}$/m);
  const again = /^again +netpersona (.*)$/m.exec(stdout)?.[1] ?? '';
  assert.is((await runCli(again.split(' '))).stdout, stdout);
  assert.match(stderr, /of virtual time in/);
});

test('two runs write the same bytes, wherever and however they run', async () => {
  await inTemporaryFolder(async (cwd) => {
    const one = join(cwd, 'one');
    const other = join(cwd, 'other');
    assert.is((await runCli(['run', FIRST, '--packets', '--out', one, '--quiet'])).code, 0);
    const second = await runCli(
      ['run', FIRST, '--packets', '--out', other, '--quiet', '--queue', 'heap-js'],
      {
        env: { TZ: 'Pacific/Auckland', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
      },
    );
    assert.is(second.code, 0, second.stderr);
    assert.equal(readdirSync(one).sort(), FILES);
    assert.equal(contents(one), contents(other));
    const json = await runCli(['run', FIRST, '--json']);
    assert.is(json.stdout, contents(one)['summary.json']);
  });
});

test('queues, speed and packet files change no fate; the seed and the scenario do', async () => {
  const digest = await digestOf(['-']);
  for (const queue of ['ladder', 'heap', 'heap-js'])
    assert.is(await digestOf(['-', '--queue', queue]), digest);
  assert.is(await digestOf(['-', '--speed', '20x']), digest);
  assert.is(await digestOf(['-'], { TZ: 'Asia/Kathmandu', LANG: 'C' }), digest);
  assert.is.not(await digestOf(['-', '--seed', '2']), digest);
  assert.is.not(await digestOf(['-', '--set', 'personalities.wan.latencyMs=11']), digest);
});

test('--until ends earlier, and says that something is missing', async () => {
  const { stdout } = await runCli(['run', '-', '--json', '--until', '500ms'], { input: SMALL });
  const { partial, durationNs, flows } = JSON.parse(stdout);
  assert.equal([partial, durationNs, flows[0].sent], [true, 5e8, 500]);
  assert.is(JSON.parse((await runCli(['run', '-', '--json'], { input: SMALL })).stdout).partial, false);
});

test('an expectation that fails is exit code 1', async () => {
  const input = `${SMALL}expect: [{ flow: stream, metric: loss, atMost: 0.01 }]\n`;
  const { code, stdout } = await runCli(['run', '-'], { input });
  assert.is(code, 1);
  assert.match(stdout, /^✗ stream loss at most 0\.01/m);
  assert.is((await runCli(['run', '-', '--quiet'], { input })).code, 1);
});

test('--check-determinism finds that both runs are the same', async () => {
  const { code, stderr } = await runCli(['run', '-', '--check-determinism'], { input: SMALL });
  assert.is(code, 0, stderr);
  assert.match(stderr, /both runs are the same/);
});

test('--check-determinism names the first packet that differs', async () => {
  await inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'scenario.yaml'), withProgram('./random.mjs'));
    const program = `export default async (vm) => {
      await vm.sleep(50_000_000 + process.hrtime()[1] % 1_000_000);
      await vm.ping({ vm: 'bob' });
    };`;
    writeFileSync(join(cwd, 'random.mjs'), program);
    const { code, stderr } = await runCli(['run', 'scenario.yaml', '--check-determinism', '--quiet'], {
      cwd,
    });
    assert.is(code, 1);
    assert.match(stderr, /not deterministic: /);
    assert.match(stderr, /first: .*\(job 0, /);
  });
});

test('programs come in TypeScript and JavaScript', async () => {
  await inTemporaryFolder(async (cwd) => {
    const typed = `import type { Program } from 'netpersona';
      type Count = number;
      export const program: Program = async (vm) => { const n: Count = 3; for (let i = 0; i < n; i++) await vm.ping({ vm: 'bob' }); };`;
    const plain = `export default async (vm) => { for (let i = 0; i < 3; i++) await vm.ping({ vm: 'bob' }); };`;
    for (const [ending, text] of [
      ['ts', typed],
      ['mts', typed],
      ['js', plain],
      ['mjs', plain],
    ] as const) {
      writeFileSync(join(cwd, `job.${ending}`), text);
      writeFileSync(join(cwd, 'scenario.yaml'), withProgram(`job.${ending}`));
      const { code, stdout, stderr } = await runCli([
        'run',
        join(cwd, 'scenario.yaml'),
        '--json',
        ...LOSSLESS,
      ]);
      assert.is(code, 0, stderr);
      assert.is(JSON.parse(stdout).flows.find(({ id }: { id: string }) => id === 'job').sent, 3, ending);
    }
  });
});

test('a program that fails ends the run, and is told from a defect of ours', async () => {
  const cases: readonly (readonly [program: string, code: number, why: RegExp])[] = [
    [
      `export default async () => { throw new Error('on purpose'); };`,
      2,
      /program `job@alice` failed: Error: on purpose\n +at .*job\.mjs:1:/,
    ],
    [
      `export default async () => { await new Promise((done) => setTimeout(done, 1e6)); };`,
      2,
      /`job@alice` awaits something/,
    ],
    [
      `export default async (vm) => { void Promise.reject(new Error('nobody')); };`,
      2,
      /failed: Error: nobody\n +at .*job\.mjs:1:/,
    ],
    ['export default 3;', 2, /job\.mjs: its default export, or `program`, is to be a function/],
    ['export default async () => {', 2, /job\.mjs cannot be loaded: /],
    [
      `Math.floor = () => { throw new Error('no floor'); }; export default async () => {};`,
      70,
      /a defect in netpersona .*no floor\n +seed 1, at .*\n +to see it again: netpersona run .*\nError: no floor\n +at /,
    ],
  ];
  await inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'scenario.yaml'), withProgram('job.mjs'));
    for (const [program, expected, why] of cases) {
      writeFileSync(join(cwd, 'job.mjs'), program);
      const { code, stderr } = await runCli(['run', 'scenario.yaml', '--out', 'out'], { cwd });
      assert.is(code, expected, stderr);
      assert.match(stderr, why);
      assert.equal(readdirSync(cwd).sort(), ['job.mjs', 'scenario.yaml']);
    }
  });
});

test('what the timeline asks for and is impossible then, is told with its place', async () => {
  const input = `${SMALL}timeline: [{ at: 100ms, assign: wan, vm: bob, ttl: 10ms }, { at: 200ms, delete: wan }, { at: 300ms, assign: wan, vm: bob }]\n`;
  const { code, stderr } = await runCli(['run', '-'], { input });
  assert.is(code, 2);
  assert.match(stderr, /timeline\[2\]/);
});

test('progress comes as a line now and then, and results stay clean', async () => {
  await inTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'endless.yaml'), ENDLESS);
    const child = startCli(['run', 'endless.yaml', '--json'], { cwd });
    const line = await new Promise<string>((resolve) => {
      let text = '';
      child.stderr.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        if (text.includes('\n')) resolve(text);
      });
    });
    assert.match(line, /^[\d.]+m?s of 360000s {2}\d+% {2}[\d.]+x {2}[\d:]+ to go\n/);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      stdout += more;
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGINT');
    assert.is(await ended, 130);
    assert.is(JSON.parse(stdout).partial, true);
  });
});

test.run();
