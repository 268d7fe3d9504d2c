/** `npm run docs`: writes anew what the guides show of the code and of its output. Says which changed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { guides, read, renewed } = await tsImport('./documents.ts', import.meta.url);
const { describePersonality } = await tsImport('./describe-personality.ts', import.meta.url);

writeFileSync(join(root, 'app', 'client', 'personality.ts'), describePersonality());

for (const path of guides) {
  const before = read(path);
  const after = await renewed(before);
  if (before !== after) writeFileSync(join(root, path), after);
  console.log(`${before === after ? 'as before' : 'changed  '}  ${path}`);
}
