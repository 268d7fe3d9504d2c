import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inTemporaryFolder, ROOT, runProgram } from './support/cli.ts';

/** A small house: each file with its import, and the rules that it breaks. A cycle is reported once. */
const HOUSE: readonly (readonly [file: string, imports: string, ...rules: string[]])[] = [
  ['engine/index.ts', './clock.ts'],
  ['engine/clock.ts', 'heap-js'],
  ['engine/seed.ts', 'seedrandom'],
  ['engine/upward.ts', '../sim/index.ts', 'engine-imports-only'],
  ['engine/typing.ts', 'type ../sim/index.ts', 'engine-imports-only'],
  ['engine/reading.ts', 'node:fs', 'engine-imports-only'],
  ['engine/talking.ts', 'js-yaml', 'engine-imports-only'],
  ['sim/index.ts', './world.ts'],
  ['sim/world.ts', '../engine/index.ts'],
  ['sim/prying.ts', '../engine/clock.ts', 'engine-through-its-index'],
  ['sim/packing.ts', 'seedrandom', 'sim-imports-only'],
  ['sim/hashing.ts', 'node:crypto', 'sim-imports-only'],
  ['sim/round.ts', './trip.ts', 'no-cycles'],
  ['sim/trip.ts', './round.ts'],
  ['scenarios/index.ts', '../sim/index.ts'],
  ['scenarios/parse.ts', 'js-yaml'],
  ['scenarios/schema.ts', 'ajv'],
  ['scenarios/deep.ts', 'ajv/dist/2020.js'],
  ['scenarios/nearest.ts', 'fastest-levenshtein'],
  ['scenarios/reading.ts', 'node:path', 'scenarios-imports-only'],
  ['scenarios/reporting.ts', '../reports/index.ts', 'scenarios-imports-only'],
  ['scenarios/calling.ts', '../app/main.ts', 'scenarios-imports-only', 'app-through-its-index'],
  ['reports/index.ts', '../scenarios/index.ts'],
  ['reports/digest.ts', 'node:crypto'],
  ['reports/csv.ts', 'csv-stringify/sync'],
  ['reports/quantiles.ts', 'hdr-histogram-js'],
  ['reports/terminal.ts', 'cli-table3'],
  ['reports/writing.ts', 'node:fs', 'reports-imports-only'],
  ['reports/parsing.ts', 'js-yaml', 'reports-imports-only'],
  ['app/index.ts', '../reports/index.ts'],
  ['app/main.ts', 'node:fs'],
  ['app/arguments.ts', 'yargs'],
  ['app/prying.ts', '../sim/world.ts', 'sim-through-its-index'],
  ['app/lost.ts', './nowhere.ts', 'no-dead-ends'],
  ['app/testing.ts', '../test/support.ts', 'no-tests-inside'],
  ['app/checking.ts', 'fast-check', 'no-dev-packages-inside'],
  ['test/support.ts', '../sim/world.ts'],
];

interface Finding {
  readonly from: string;
  readonly rule: { readonly name: string };
}

test('a forbidden import is found, under the name of its rule, and no other', async () => {
  await inTemporaryFolder(async (folder) => {
    for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
      cpSync(join(ROOT, file), join(folder, file));
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
    for (const [file, imports] of HOUSE) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      const [, onlyTypes = '', path] = /^(type )?(.*)$/.exec(imports) ?? [];
      const line = onlyTypes ? `import type * as other from '${path}';` : `import '${path}';`;
      writeFileSync(join(folder, file), `${line}\nexport const name = '${file}';\n`);
    }
    const cruise = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const folders = ['engine', 'sim', 'scenarios', 'reports', 'app', 'test'];
    const { stdout, stderr } = await runProgram(
      process.execPath,
      [cruise, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders],
      { cwd: folder },
    );
    assert.match(stdout, /^\{/, stderr);
    const { violations } = (JSON.parse(stdout) as { summary: { violations: Finding[] } }).summary;
    const found = violations.map(({ from, rule }) => `${from} ${rule.name}`);
    const expected = HOUSE.flatMap(([file, , ...rules]) => rules.map((rule) => `${file} ${rule}`));
    assert.equal(found.sort(), expected.sort());
  });
});

test.run();
