/** Which netpersona this is. */
import { join } from 'node:path';
import { packageFolder, readText } from './files.ts';

let known: string | undefined;

/** As package.json says it. */
export function packageVersion(): string {
  known ??= (JSON.parse(readText(join(packageFolder(), 'package.json'), 1e6)) as { version: string }).version;
  return known;
}
