/** The table as a user meets it: printed, and on a terminal of `script` (util-linux). */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite, test } from 'uvu';
import * as assert from 'uvu/assert';
import { inTemporaryFolder, ROOT, runCli } from '../../support/cli.ts';
import { startServe } from '../../support/served.ts';

const LAB = join(ROOT, 'scenarios/library/transatlantic-web.yaml');

test('a folder: its end, or any instant', async () => {
  await inTemporaryFolder(async (folder) => {
    const out = join(folder, 'out');
    assert.is((await runCli(['run', LAB, '--out', out, '--quiet'])).code, 0);
    const { code, stdout, stderr } = await runCli(['top', out]);
    assert.is(code, 0, stderr);
    assert.match(stdout, /^transatlantic web {2}30s of 30s {2}interval 30 of 30\n/);
    assert.match(stdout, /\nclient +\d/);
    const early = await runCli(['top', out, '--at', '500ms', '--sort', 'delay']);
    assert.match(early.stdout, /interval 1 of 30/);
    const wrong = await runCli(['top', out, '--at', 'noon']);
    assert.is(wrong.code, 2);
    assert.match(wrong.stderr, /--at: found "noon", allowed: a duration/);
  });
});

test('a served run, once; and who is not there, or not that', async () => {
  const served = await startServe([LAB, '--speed', 'max', '--quiet']);
  try {
    const { code, stdout, stderr } = await runCli(['top', served.url]);
    assert.is(code, 0, stderr);
    assert.match(stdout, /^transatlantic web {2}/);
    assert.match(stdout, /\nVM +throughput/);
    assert.match(stdout, /\nflow +throughput/);
    assert.match(stdout, / sent, /);
  } finally {
    await served.end();
  }
  const gone = await runCli(['top', served.url]);
  assert.is(gone.code, 3);
  assert.match(gone.stderr, /nobody answers at http/);
  for (const [args, why] of [
    [['top', 'nowhere'], /nowhere/],
    [['top', served.url, '--at', '1s'], /--at is for folders/],
    [['top', 'nowhere', '--token-file', 'x'], /--token-file is for a server/],
    [['top', served.url, '--refresh', '1ms'], /--refresh: found "1ms", allowed: a duration from 50ms/],
    [['top', 'http://', '--once'], /is no URL/],
  ] as const) {
    const { code, stderr } = await runCli(args);
    assert.is(code, 2, stderr);
    assert.match(stderr, why);
  }
});

const SCRIPT = '/usr/bin/script';
const onTerminal = suite('on a terminal');
(existsSync(SCRIPT) ? onTerminal : onTerminal.skip)(
  'it moves, takes keys, and leaves the terminal as it was',
  async () => {
    await inTemporaryFolder(async (folder) => {
      const out = join(folder, 'out');
      await runCli(['run', LAB, '--out', out, '--quiet']);
      const command = `stty cols 90 rows 20; '${process.execPath}' '${join(ROOT, 'dist/app/main.js')}' top '${out}' --refresh 50ms`;
      const child = spawn(SCRIPT, ['-qec', command, '/dev/null'], { env: { ...process.env, TERM: 'xterm' } });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      const code = new Promise((resolve) => child.on('exit', resolve));
      const shows = async (what: string): Promise<void> => {
        for (let i = 0; i < 600 && !text.includes(what); i++) await sleep(50);
        if (!text.includes(what)) child.kill('SIGKILL');
        assert.ok(text.includes(what), `${what}: ${text.slice(-2000)}`);
      };
      await shows('interval 3 of 30');
      child.stdin.write('s');
      await shows('(by throughput)');
      child.stdin.write('\u001b[F');
      await shows('interval 30 of 30');
      child.stdin.write('\u001b[H');
      text = '';
      await shows('interval 1 of 30');
      child.stdin.write('q');
      assert.is(await code, 0);
      assert.ok(text.endsWith('\u001b[?25h\u001b[?1049l'), JSON.stringify(text.slice(-40)));
    });
  },
);

test.run();
onTerminal.run();
