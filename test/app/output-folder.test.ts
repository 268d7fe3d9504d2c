import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ended, inTemporaryFolder, ROOT, runCli, runProgram, startCli } from '../support/cli.ts';
import { ENDLESS, SMALL } from './small-scenarios.ts';

const FILES = [
  ...['commands.csv', 'flows.csv', 'junit.xml', 'scenario.yaml', 'summary.json', 'summary.md'],
  'timeseries.csv',
];

const runInto = (out: string, ...more: string[]) =>
  runCli(['run', '-', '--quiet', '--out', out, ...more], { input: SMALL });
const summaryIn = (folder: string) => JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));

/** Starts a run that does not end by itself, and waits until it has written packets. */
async function startEndless(folder: string) {
  writeFileSync(join(folder, 'endless.yaml'), ENDLESS);
  const child = startCli(['run', 'endless.yaml', '--out', 'out', '--packets'], { cwd: folder });
  const result = ended(child, 'an endless run');
  const packets = join(folder, `.out.netpersona-${child.pid}-tmp`, 'packets.csv');
  while ((statSync(packets, { throwIfNoEntry: false })?.size ?? 0) === 0) await sleep(20);
  return { child, result };
}

test('a folder that exists is refused, and replaced by force only when a run wrote it', async () => {
  await inTemporaryFolder(async (folder) => {
    const out = join(folder, 'deep', 'er', 'out');
    assert.is((await runInto(out)).code, 0);
    assert.equal(readdirSync(out).sort(), FILES);
    const again = await runInto(out, '--seed', '2');
    assert.is(again.code, 2);
    assert.match(again.stderr, /exists already; --force/);
    assert.is(summaryIn(out).seed, '1');
    assert.is((await runInto(out, '--seed', '2', '--force')).code, 0);
    assert.is(summaryIn(out).seed, '2');

    for (const name of ['precious', 'file', 'link']) {
      const path = join(folder, name);
      if (name === 'precious') mkdirSync(path);
      else if (name === 'file') writeFileSync(path, 'x');
      else symlinkSync(out, path);
      const { code, stderr } = await runInto(path, '--force');
      assert.is(code, 2);
      assert.match(stderr, /is not the output of a run|is not a folder/);
    }
    assert.equal(readdirSync(folder).sort(), ['deep', 'file', 'link', 'precious']);
    assert.equal(readdirSync(join(folder, 'deep', 'er')), ['out']);
  });
});

test('where nothing can be written, the reason is told and nothing is left', async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, 'file');
    writeFileSync(file, 'x');
    const behindFile = await runInto(join(file, 'out'));
    assert.is(behindFile.code, 2);
    assert.match(behindFile.stderr, /a part of the path is a file/);
    const longName = await runInto(join(folder, 'n'.repeat(250)));
    assert.is(longName.code, 2);
    assert.match(longName.stderr, /a name that is too long/);
    assert.equal(readdirSync(folder), ['file']);
    if (process.platform !== 'linux') return;
    // Not even root makes folders there.
    const proc = await runInto('/proc/out/of/bounds');
    assert.is(proc.code, 3);
    assert.match(proc.stderr, /cannot write \/proc\/out/);
  });
});

test('a full disk ends the run at once, and nothing is left', async () => {
  await inTemporaryFolder(async (folder) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    if (mounted.status !== 0) return console.log('not tested: a full disk needs the right to mount one');
    try {
      writeFileSync(join(folder, 'endless.yaml'), ENDLESS);
      const { code, stderr } = await runCli(['run', 'endless.yaml', '--packets', '--out', 'disk/a/b'], {
        cwd: folder,
      });
      assert.is(code, 3);
      assert.match(stderr, /packets\.csv: no space left on the device/);
      assert.equal(readdirSync(disk), []);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

test('Ctrl-C keeps what was simulated so far, whole and marked partial', async () => {
  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    await inTemporaryFolder(async (folder) => {
      const { child, result } = await startEndless(folder);
      assert.not.ok(existsSync(join(folder, 'out')));
      child.kill(signal);
      const { code, stdout, stderr } = await result;
      assert.is(code, expected, stderr);
      assert.match(stderr, new RegExp(`${signal}: ending`));
      assert.match(stdout, /cut short/);
      assert.equal(readdirSync(folder).sort(), ['endless.yaml', 'out']);
      const { partial, flows, conservation } = summaryIn(join(folder, 'out'));
      assert.equal([partial, conservation.closes], [true, true]);
      const rows = readFileSync(join(folder, 'out', 'packets.csv'), 'utf8')
        .trimEnd()
        .split('\n');
      assert.is(rows.length - 1, flows[0].sent);
    });
  }
});

test('a second Ctrl-C does not wait, and leaves nothing', async () => {
  await inTemporaryFolder(async (folder) => {
    // A run whose end takes for ever, which no scenario can bring about.
    const script = `
      import { Interrupts } from '${ROOT}/app/interrupts.ts';
      import { OutputFolder } from '${ROOT}/app/output-folder.ts';
      const folder = await OutputFolder.claim('out', { force: false });
      folder.open('packets.csv').write(new Uint8Array(999));
      process.on('exit', () => folder.discard());
      const interrupts = new Interrupts(() => console.log('first'));
      setInterval(() => {}, 1000);
      console.log('ready');
    `;
    writeFileSync(join(folder, 'script.mts'), script);
    const loader = ['--import', `file://${ROOT}/node_modules/tsx/dist/loader.mjs`];
    const child = spawn(process.execPath, [...loader, 'script.mts'], { cwd: folder });
    const result = ended(child, 'a run that does not end');
    const said = (word: string) =>
      new Promise<void>((resolve) => {
        child.stdout.on('data', (text: string) => text.includes(word) && resolve());
      });
    await said('ready');
    assert.is(readdirSync(folder).length, 2);
    child.kill('SIGINT');
    await said('first');
    // What comes at once is taken for the same key press.
    child.kill('SIGINT');
    await sleep(400);
    assert.is(child.exitCode, null);
    child.kill('SIGINT');
    assert.is((await result).code, 130);
    assert.equal(readdirSync(folder), ['script.mts']);
  });
});

test('a killed run leaves no folder, and the next one clears up after it', async () => {
  await inTemporaryFolder(async (folder) => {
    const { child, result } = await startEndless(folder);
    child.kill('SIGKILL');
    await result;
    assert.equal(readdirSync(folder).sort(), [`.out.netpersona-${child.pid}-tmp`, 'endless.yaml']);
    assert.is((await runInto(join(folder, 'out'))).code, 0);
    assert.equal(readdirSync(folder).sort(), ['endless.yaml', 'out']);
  });
});

test('what a killed run had put aside comes back', async () => {
  await inTemporaryFolder(async (folder) => {
    const out = join(folder, 'out');
    assert.is((await runInto(out)).code, 0);
    const { stdout } = await runProgram(process.execPath, ['-p', 'process.pid']);
    const aside = join(folder, `.out.netpersona-${stdout.trim()}-old`);
    spawnSync('mv', [out, aside]);
    const refused = await runInto(out, '--seed', '2');
    assert.is(refused.code, 2);
    assert.is(summaryIn(out).seed, '1');
    assert.equal(readdirSync(folder), ['out']);
  });
});

test('of two runs into one folder the second is refused', async () => {
  await inTemporaryFolder(async (folder) => {
    const { child, result } = await startEndless(folder);
    const second = await runInto(join(folder, 'out'));
    assert.is(second.code, 2);
    assert.match(second.stderr, new RegExp(`another run is writing .*out \\(process ${child.pid}\\)`));
    child.kill('SIGINT');
    assert.is((await result).code, 130);
    assert.equal(readdirSync(folder).sort(), ['endless.yaml', 'out']);
  });
});

test('a reader who has seen enough takes nothing from the folder', async () => {
  await inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'small.yaml'), SMALL);
    const cli = `'${process.execPath}' '${ROOT}/dist/app/main.js'`;
    const script = `${cli} run small.yaml --out out | true; echo "code \${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await runProgram('bash', ['-c', script], { cwd: folder });
    assert.match(stdout, /^code 0$/m);
    assert.not.match(stderr, /EPIPE|Error/);
    assert.equal(readdirSync(join(folder, 'out')).sort(), FILES);
  });
});

test.run();
