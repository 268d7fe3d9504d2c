/** The guides are true: what they tell to type works, what they show comes out, what they name is there. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { commands } from '../app/commands/index.ts';
import { blocksOf, guides, parseCommand, read, runPage, withMade } from './docs/documents.ts';
import { ROOT, runProgram } from './support/cli.ts';

const decisions = readdirSync(join(ROOT, 'docs', 'decisions')).sort();
const documents = [...guides, ...decisions.map((file) => `docs/decisions/${file}`)];

/** Typed by people only: they install, or take long. */
const FOR_PEOPLE = [
  /^git clone /,
  /^cd /,
  /^npm (start|test|install\b.*|run (check|golden|docs|calibrate|mutation|bench))$/,
];

for (const path of guides) {
  test(`${path}: every command works as it says, and prints what it shows`, async () => {
    for (const { what, code, result, output } of await runPage(read(path))) {
      assert.is(result.code, code, `${what}\n${result.stdout}${result.stderr}`);
      if (output !== undefined) assert.is(result.stdout, output, `${what}: npm run docs writes it anew`);
    }
  });

  test(`${path}: what is made from the code is as the code is`, () => {
    assert.is(read(path), withMade(read(path)), 'npm run docs writes it anew');
  });

  test(`${path}: every line of a shell is known`, () => {
    const lines = blocksOf(read(path))
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.trim().split('\n'));
    const unknown = lines.filter(
      (line) => parseCommand(line) === null && !FOR_PEOPLE.some((known) => known.test(line.trim())),
    );
    assert.equal(unknown, []);
  });
}

test('the programs in the guides have the types that they say', async () => {
  mkdirSync(join(ROOT, 'out'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'out', 'types-'));
  try {
    for (const path of guides) {
      for (const { language, label, text } of blocksOf(read(path))) {
        if (language === 'ts' && label !== '') writeFileSync(join(folder, label.replaceAll('/', '-')), text);
      }
    }
    const config = {
      extends: '../../tsconfig.json',
      compilerOptions: { noEmit: true, rootDir: '../..' },
      include: ['*.ts'],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { code, stdout } = await runProgram(process.execPath, [tsc, '-p', folder], { cwd: ROOT });
    const own = stdout.split('\n').filter((line) => line.includes('types-'));
    assert.ok(code === 0 || own.length === 0, own.join('\n'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the command line page names every command, and every option that is not the same everywhere', () => {
  const page = read('docs/cli.md');
  const named = commands.flatMap(({ name, options }) => [
    `\`${name}`,
    ...Object.keys(options).map((option) => `--${option}`),
  ]);
  assert.equal(
    named.filter((name) => !page.includes(name)),
    [],
  );
});

test('every file that a document names is there', () => {
  // `sim/world.ts`, `docs/walk.md`, `scenarios/library/`: in code spans, and beginning with a folder of this repository.
  const name = /`((?:app|engine|sim|scenarios|reports|test|docs)\/[\w./-]*)`/g;
  const missing = documents.flatMap((path) =>
    Array.from(
      read(path)
        .replace(/^```[\s\S]*?^```$/gm, '')
        .matchAll(name),
      ([, named = '']) => named,
    )
      .filter((named) => !existsSync(join(ROOT, named)))
      .map((named) => `${path}: ${named}`),
  );
  assert.equal(missing, []);
});

test('decisions are numbered without a gap, and listed', () => {
  const numbers = decisions.filter((file) => /^\d{4}-/.test(file)).map((file) => Number(file.slice(0, 4)));
  assert.equal(
    numbers,
    numbers.map((_, index) => index + 1),
  );
  const list = read('docs/decisions/README.md');
  assert.equal(
    decisions.filter((file) => /^\d{4}-/.test(file) && !list.includes(`(${file})`)),
    [],
  );
  for (const file of decisions.filter((each) => /^\d{4}-/.test(each))) {
    assert.match(
      read(`docs/decisions/${file}`),
      /^# .+\n\n\*\*Status:\*\* .+\n\n\*\*Decision\.\*\* [\s\S]+\*\*Reason\.\*\* [\s\S]+\*\*Consequence\.\*\* /,
      file,
    );
  }
});

test.run();
