/** `npm run golden`: runs the library and writes its golden summaries anew. Says which changed. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

const root = fileURLToPath(new URL('../..', import.meta.url));
const library = join(root, 'scenarios', 'library');
const golden = join(root, 'test', 'golden');
const { simulateFile } = await tsImport('../../app/index.ts', import.meta.url);
const { goldenText } = await tsImport('./golden.ts', import.meta.url);

const names = readdirSync(library)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => basename(file, '.yaml'));
for (const name of names) {
  const { summary, ok } = await simulateFile(join(library, `${name}.yaml`));
  const path = join(golden, `${name}.json`);
  const text = goldenText(summary);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  const what = before === undefined ? 'new' : before === text ? 'as before' : 'changed';
  if (before !== text) writeFileSync(path, text);
  console.log(`${what.padEnd(9)}  ${name}${ok ? '' : '  (an expectation fails)'}`);
}
for (const file of readdirSync(golden)) {
  if (!file.endsWith('.json') || names.includes(basename(file, '.json'))) continue;
  rmSync(join(golden, file));
  console.log(`${'removed'.padEnd(9)}  ${basename(file, '.json')}`);
}
