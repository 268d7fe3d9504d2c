/** What no linter knows: about the files of this repository, not about what they do. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT } from './support/cli.ts';

const CATALOGUES = [
  'sim/personality/stages',
  'sim/personality/loss-models',
  'sim/personality/disciplines',
  'sim/routing',
  'sim/traffic',
];
const BINARY = /\.(pcap|pcapng|png|gif|ico|woff2?|gz|bin)$/;
const CODE = /\.(ts|mjs|cjs|js)$/;

/** Everything that git keeps or would keep. */
const files = ownFiles();
const texts = files.filter((file) => !BINARY.test(file));

function ownFiles(): string[] {
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const all = listed.status === 0 ? listed.stdout.split('\0').filter(Boolean) : walk('.');
  // A file deleted since it was added is still listed.
  return [...new Set(all)].filter((file) => isFile(file)).sort();
}

/** For sources that came without git. */
function walk(folder: string): string[] {
  const aside = new Set(['node_modules', 'dist', 'out', '.git']);
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !aside.has(entry.name))
    .flatMap((entry) => {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
      return entry.isDirectory() ? walk(path) : [path];
    });
}

function isFile(path: string): boolean {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile() ?? false;
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function inFolder(folder: string): string[] {
  return files.filter((file) => dirname(file) === folder);
}

/** What was found stands in the message. */
function none(found: readonly string[]): void {
  assert.is(found.join('\n'), '');
}

/** `file:line: text` for every line on which the pattern is found. */
function linesWith(pattern: RegExp, paths: readonly string[], prepare = (text: string) => text): string[] {
  return paths.flatMap((path) =>
    prepare(read(path))
      .split('\n')
      .flatMap((line, n) => (pattern.test(line) ? [`${path}:${n + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

/** Comments become blanks; lines stay where they are. */
function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
}

/** A word that this file may name without containing it. */
const word = (...parts: string[]): string => parts.join('');

test('every test file runs its tests, and all of them', () => {
  const tests = files.filter((file) => file.endsWith('.test.ts'));
  // uvu passes a file that forgets this, with zero tests.
  none(tests.filter((file) => !/\.run\(\);\s*$/.test(read(file))));
  none(
    linesWith(
      new RegExp(word('\\.on', 'ly\\(')),
      files.filter((file) => /\.(test|prop)\.ts$/.test(file)),
    ),
  );
});

test('every member of a catalogue is in its index, and has a test of its own', () => {
  for (const folder of CATALOGUES) {
    const members = inFolder(folder).filter((file) => file.endsWith('.ts') && basename(file) !== 'index.ts');
    if (members.length === 0) continue;
    assert.ok(isFile(`${folder}/index.ts`), `${folder} has no index.ts`);
    const importsOf = (file: string): Set<string> =>
      new Set(Array.from(read(file).matchAll(/from '\.\/([a-z0-9-]+\.ts)'/g), (match) => match[1] ?? ''));
    const listed = importsOf(`${folder}/index.ts`);
    const helpers = new Set(members.flatMap((member) => [...importsOf(member)]));
    none(members.filter((file) => !listed.has(basename(file)) && !helpers.has(basename(file))));
    // A test by its name, or one beside it that calls the member by its name.
    const index = read(`${folder}/index.ts`).replace(/^(import|export) type [^;]*;/gm, '');
    const runs = members.filter(
      (file) => index.includes(`'./${basename(file)}'`) && !isOnlyTypes(read(file)),
    );
    const tests = inFolder(`test/${folder}`).map((file) => ({ file, text: read(file) }));
    none(
      runs.filter((file) => {
        const stem = basename(file, '.ts');
        const name = stem.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
        return !tests.some(
          (test) => basename(test.file).startsWith(`${stem}.`) || new RegExp(`\\b${name}\\b`).test(test.text),
        );
      }),
    );
  }
});

/** Interfaces have nothing to run. */
function isOnlyTypes(code: string): boolean {
  return !/^export (async )?(const|let|function|class)\b/m.test(code);
}

test('every scenario of the library has a golden summary, and every golden summary a scenario', () => {
  const names = (folder: string, ending: string): string[] =>
    inFolder(folder)
      .filter((file) => file.endsWith(ending))
      .map((file) => basename(file, ending));
  assert.equal(names('test/golden', '.json'), names('scenarios/library', '.yaml'));
});

test('no file knows the machine or the registry that it was made with', () => {
  const folders = ['work', 'root', 'home', 'Users', 'private'].join('|');
  const machine = new RegExp(`(^|[\\s"'\`(=:,])/(${folders})/[\\w.]`);
  const registry = new RegExp(
    word(
      'https?://[^\\s"\']*(regi',
      'stry|artifac',
      'tory|npmmir',
      'ror|npm',
      'js\\.(org|com)/[^\\s]*\\.tgz)',
    ),
    'i',
  );
  const temporary = new RegExp(word('/tmp', '/np'));
  none(linesWith(machine, texts));
  none(linesWith(registry, texts));
  none(linesWith(temporary, texts));
  none(linesWith(/"resolved":/, ['package-lock.json']));
});

test('the lock file names a version for every package that a package asks for', () => {
  // npm leaves out what its registry lacks for other platforms, and then `npm ci` refuses the file.
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const asked = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies),
  );
  const named = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
  none([...new Set(asked)].filter((name) => !named.has(name)));
});

test('nothing is left for later', () => {
  const marks = new RegExp(`\\b(${[word('TO', 'DO'), word('FIX', 'ME'), word('X', 'XX')].join('|')})\\b`);
  none(
    linesWith(
      marks,
      texts.filter((file) => file !== 'package-lock.json'),
    ),
  );
});

test('the engine and the network ask neither the machine nor its mathematics', () => {
  const inside = files.filter((file) => /^(engine|sim)\/.*\.ts$/.test(file));
  const code = (pattern: RegExp, except: string[] = []): void =>
    none(
      linesWith(
        pattern,
        inside.filter((file) => !except.includes(file)),
        withoutComments,
      ),
    );
  // Not fixed bit by bit by the language. Powers of two and of big integers are.
  code(/\bMath\.(random|log\w*|exp\w*|pow|sinh?|cosh?|tanh?|a(sin|cos|tan)\w*|cbrt|hypot)\b/);
  code(/(?<!\b(2|\d+n|[A-Z][A-Z_]*) )\*\*/);
  code(/\b(Date|performance|setTimeout|setInterval|setImmediate|queueMicrotask)\b[.(]/, ['engine/pacer.ts']);
  code(/\b(process|console|globalThis)\./, ['engine/pacer.ts']);
  code(/\b(crypto\.|Intl\.|toLocale\w+\(|localeCompare\()/);
  code(/from '(node:)?(fs|crypto|os|path|process|timers|perf_hooks)/);
});

test('a link between documents leads somewhere', () => {
  const documents = files.filter((file) => file.endsWith('.md'));
  none(
    documents.flatMap((file) =>
      Array.from(prose(read(file)).matchAll(/\]\(([^)\s]+)\)/g), (match) => match[1] ?? '')
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => !leadsSomewhere(file, link))
        .map((link) => `${file}: ${link}`),
    ),
  );
});

function leadsSomewhere(file: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const target = path === '' ? file : join(dirname(file), decodeURIComponent(path)).replaceAll('\\', '/');
  if (!existsSync(join(ROOT, target))) return false;
  if (heading === undefined || !target.endsWith('.md')) return true;
  return Array.from(prose(read(target)).matchAll(/^#+ +(.+)$/gm), (match) => slug(match[1] ?? '')).includes(
    heading,
  );
}

/** Markdown without what stands in code blocks and code spans' brackets. */
function prose(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```/gm, '');
}

/** A heading's anchor, as the common renderers make it. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

test('the sources are plain text: ASCII, and in words also Latin and Greek letters, their punctuation, and two marks', () => {
  const odd = /[^\x20-\x7e\t\p{Script=Latin}\p{Script=Greek}\u00b5\u2019\u2026\u2013\u2014\u2713\u2717]/u;
  none(
    linesWith(
      odd,
      files.filter((file) => CODE.test(file)),
    ),
  );
  // Nowhere what a reader cannot see: zero-width and direction marks, odd blanks, a byte order mark, a carriage return.
  const unseen = /(?![\t ])[\p{Cc}\p{Cf}\p{Z}]/u;
  // The broken scenarios may hold anything: that is what they are for.
  none(
    linesWith(
      unseen,
      texts.filter((file) => !file.startsWith('test/scenarios/format/broken/')),
    ),
  );
});

test.run();
