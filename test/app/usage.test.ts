import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runCli } from '../support/cli.ts';

/** What was typed is refused, in one line that says why. */
async function refused(args: readonly string[], why: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runCli(args);
  assert.is(code, 2, stderr);
  assert.match(stderr, why);
  assert.not.match(stderr, /\n\s+at /);
  assert.is(stderr.trim().split('\n').length, 1, stderr);
  assert.is(stdout, '');
}

test('what is typed wrong is told with the nearest right spelling', async () => {
  await refused([], /a command is missing; netpersona --help/);
  await refused(['vaildate'], /no command "vaildate"; did you mean validate\?/);
  await refused(['rnu', 'x'], /no command "rnu"; did you mean run\?/);
  await refused(['teleport'], /no command "teleport"; there are run, /);
  await refused(['run', 'x', '--sed', '3'], /run has no option --sed; did you mean --seed\?/);
  await refused(['run', 'x', '--check-determinsm'], /did you mean --check-determinism\?/);
  await refused(['--frobnicate'], /no option --frobnicate/);
  await refused(['presets', 'show', 'lt'], /no preset "lt"; did you mean lte\?/);
});

test('an option says what it takes', async () => {
  await refused(['run'], /run needs FILE/);
  await refused(['run', 'x', 'y'], /does not know what to do with "y"/);
  await refused(['run', 'x', '--seed'], /--seed needs a value/);
  await refused(['run', 'x', '--seed', '1', '--seed', '2'], /--seed is given more than once/);
  await refused(['run', 'x', '--queue', 'stack'], /--queue: found "stack", allowed: ladder, heap, heap-js/);
  await refused(['run', 'x', '--speed', 'fast'], /--speed: found "fast", allowed: max, or/);
  await refused(['run', 'x', '--until', 'noon'], /--until: found "noon", allowed: a duration/);
  await refused(['run', 'x', '--until', '0s'], /--until: found "0s"/);
  await refused(['run', 'x', '--set', 'latency'], /--set: found "latency", allowed: path=value/);
  await refused(['run', 'x', '--packets'], /--packets needs --out/);
});

test('every command explains itself, with something to type', async () => {
  const { code, stdout } = await runCli(['--help']);
  assert.is(code, 0);
  const names = [...stdout.matchAll(/^ {2}netpersona (\w+)/gm)].map(([, name]) => name ?? '');
  assert.equal(names, [
    'run',
    'serve',
    'top',
    'explain',
    'validate',
    'init',
    'presets',
    'import',
    'export',
    'schema',
  ]);
  for (const name of names) {
    const help = await runCli([name, '--help']);
    assert.is(help.code, 0);
    assert.match(help.stdout, new RegExp(`Examples:\\n +netpersona ${name}`));
  }
});

test('no language of its user changes what it says', async () => {
  for (const LANG of ['de_DE.UTF-8', 'tr_TR.UTF-8']) {
    const { stderr } = await runCli(['run', 'x', '--seed'], { env: { LANG, LC_ALL: LANG, LANGUAGE: LANG } });
    assert.is(stderr, 'netpersona: --seed needs a value\n');
  }
});

test.run();
