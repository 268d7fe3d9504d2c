import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CliResult, inTemporaryFolder, ROOT, runProgram } from '../support/cli.ts';

const SCENARIO = 'node_modules/netpersona/scenarios/library/transatlantic-web.yaml';
const TEN_MINUTES = 600_000;

async function npm(args: readonly string[], cwd: string): Promise<CliResult> {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  return runProgram('npm', [...args, ...quiet], { cwd, timeoutMs: TEN_MINUTES });
}

/** Packs the repository and gives the tarball's path and the names of the files in it. */
async function pack(folder: string): Promise<{ tarball: string; files: string[] }> {
  const packed = await npm(['pack', '--json', '--pack-destination', folder], ROOT);
  assert.is(packed.code, 0, packed.stderr);
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  assert.ok(tarball, packed.stdout);
  const listed = await runProgram('tar', ['-tzf', join(folder, tarball)]);
  assert.is(listed.code, 0, listed.stderr);
  const files = listed.stdout.trim().split('\n');
  return { tarball: join(folder, tarball), files: files.map((file) => file.replace('package/', '')) };
}

test('the package installs into an empty folder, runs there, and types a program of its user', async () => {
  await inTemporaryFolder(async (folder) => {
    const { tarball, files } = await pack(folder);
    const isExpected =
      /^(package\.json|README\.md|LICENSE|dist\/(app|engine|sim|scenarios|reports)\/|scenarios\/(library|presets)\/)/;
    assert.equal(
      files.filter((file) => !isExpected.test(file)),
      [],
    );
    for (const needed of ['dist/app/main.js', 'dist/app/index.js', 'dist/app/index.d.ts', 'LICENSE']) {
      assert.ok(files.includes(needed), `${needed} is not packed`);
    }

    const user = join(folder, 'user');
    mkdirSync(user);
    writeFileSync(join(user, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n');
    const installed = await npm(['install', '--prefer-offline', tarball], user);
    assert.is(installed.code, 0, installed.stderr);
    await itRuns(user);
    await itTypes(user);
  });
});

async function itRuns(user: string): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const asked = await runProgram('npx', ['--no-install', 'netpersona', '--version'], { cwd: user });
  assert.is(asked.code, 0, asked.stderr);
  assert.is(asked.stdout.trim(), version);

  const command = join('node_modules', '.bin', 'netpersona');
  const run = await runProgram(join(user, command), ['run', SCENARIO, '--json'], { cwd: user });
  assert.is(run.code, 0, run.stderr);
  assert.match(String((JSON.parse(run.stdout) as { digest: unknown }).digest), /[0-9a-f]{64}$/);
}

/** A program that asks for the type of every export, checked without any types but those of the package. */
async function itTypes(user: string): Promise<void> {
  const exported = (await import(join(user, 'node_modules/netpersona/dist/app/index.js'))) as object;
  const names = Object.keys(exported).sort();
  assert.ok(names.length > 0, 'the package exports nothing');
  const lines = [
    `import { ${names.join(', ')} } from 'netpersona';`,
    // What resolves to nothing would be `any`.
    'type IsAny<T> = 0 extends 1 & T ? true : false;',
    ...names.map((name) => `export const ${name}IsTyped: IsAny<typeof ${name}> = false;`),
  ];
  writeFileSync(join(user, 'program.ts'), `${lines.join('\n')}\n`);
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: 'es2022', module: 'nodenext', lib: ['es2023'] },
    // Nothing but what the package brings: the user may have no types of Node.
    ...{ types: [], skipLibCheck: true },
  };
  writeFileSync(join(user, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const checked = await runProgram(process.execPath, [tsc, '-p', '.'], { cwd: user });
  assert.is(checked.code, 0, checked.stdout);
}

test.run();
