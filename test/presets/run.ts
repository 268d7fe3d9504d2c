/** `npm run presets`: writes the made parts of the presets anew. Says which changed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/cli.ts';
import { madeFiles } from './files.ts';

for (const { path, text } of madeFiles()) {
  const file = join(ROOT, path);
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (before !== text) writeFileSync(file, text);
  console.log(`${before === text ? 'as before' : 'changed  '}  ${path}`);
}
