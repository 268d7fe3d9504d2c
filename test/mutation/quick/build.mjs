/** All mutants in one program, each switched off, together with all tests that look at them. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInstrumenter } from '@stryker-mutator/instrumenter';
import { build } from 'esbuild';
import { createInjector } from 'typed-inject';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..');
const SOURCES = 'sim/personality';
/** Those that look at them. */
const TESTS =
  /^test\/(sim\/personality\/.*\.(test|prop)|sim\/(control-plane|egress|personality-manager)\.test|scenarios\/preflight\/.*\.test)\.ts$/;
const INSTEAD = /^(uvu|vitest|@fast-check\/vitest)$/;

const silent = () => {};
const logger = {
  ...{ isTraceEnabled: () => false, isDebugEnabled: () => false, isInfoEnabled: () => false },
  ...{ isWarnEnabled: () => true, isErrorEnabled: () => true, isFatalEnabled: () => true },
  ...{
    trace: silent,
    debug: silent,
    info: silent,
    warn: console.warn,
    error: console.error,
    fatal: console.error,
  },
};

/**
 * Writes the program into `folder`; answers its entry, which exports `collected`, and its mutants: {id, file, line, column, from, to, name,
 * isIgnored}.
 */
export async function buildMutants(folder) {
  const files = filesBelow(SOURCES).filter((file) => file.endsWith('.ts'));
  const input = files.map((file) => ({
    name: join(root, file),
    mutate: true,
    content: readFileSync(join(root, file), 'utf8'),
  }));
  const instrumenter = createInstrumenter(createInjector().provideValue('logger', logger));
  const instrumented = await instrumenter.instrument(input, {
    ignorers: [],
    excludedMutations: [],
    plugins: null,
  });
  const contents = new Map(instrumented.files.map(({ name, content }) => [name, content]));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const tests = filesBelow('test').filter((file) => TESTS.test(file));
  const entry = join(folder, 'tests.mjs');
  writeFileSync(
    entry,
    [
      `import { collect } from ${JSON.stringify(join(here, 'harness.mjs'))};`,
      `export { collected } from ${JSON.stringify(join(here, 'harness.mjs'))};`,
      ...tests.map(
        (test) =>
          `await collect(${JSON.stringify(test)}, () => import(${JSON.stringify(join(root, test))}));`,
      ),
    ].join('\n'),
  );
  await build({
    entryPoints: [entry],
    outdir: join(folder, 'built'),
    ...{
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'error',
    },
    outExtension: { '.js': '.mjs' },
    // Packages that were made for require ask for it.
    banner: {
      js: "import { createRequire as made } from 'node:module'; const require = made(import.meta.url);",
    },
    plugins: [
      {
        name: 'mutants',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: INSTEAD }, () => ({ path: join(here, 'harness.mjs') }));
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const text = contents.get(path);
            // Counting who covers what takes longer than the tests themselves, and is needed once.
            return text === undefined
              ? undefined
              : {
                  contents: text.replace('function cover() {', COUNT_IF_ASKED),
                  loader: 'ts',
                  resolveDir: dirname(path),
                };
          });
        },
      },
    ],
  });
  const mutants = instrumented.mutants.map(
    ({ id, fileName, location, replacement, mutatorName, status }) => ({
      id,
      file: relative(root, fileName),
      line: location.start.line + 1,
      column: location.start.column + 1,
      from: textAt(fileName, location),
      to: replacement,
      name: mutatorName,
      isIgnored: status === 'Ignored',
    }),
  );
  return { entry: join(folder, 'built', 'tests.mjs'), mutants };
}

const COUNT_IF_ASKED = 'function cover() { if (globalThis.countsCover !== true) return;';

const filesBelow = (folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .map((name) => `${folder}/${name}`)
    .sort();

function textAt(file, { start, end }) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const first = lines[start.line] ?? '';
  return start.line === end.line ? first.slice(start.column, end.column) : `${first.slice(start.column)} …`;
}
