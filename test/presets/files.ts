/** The parts of the presets that are made by a program: what should stand in which file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/cli.ts';
import { type Direction, lteDriving } from './lte-driving.ts';
import { starlinkLevels } from './starlink.ts';

const FOLDER = join('scenarios', 'presets');

export interface MadeFile {
  /** From the repository's folder. */
  readonly path: string;
  readonly text: string;
}

export const madeFiles = (): readonly MadeFile[] => [starlink(), trace('down'), trace('up')];

/** What people wrote stays; the levels stand between two comments. */
function starlink(): MadeFile {
  const path = join(FOLDER, 'leo-starlink.yaml');
  const lines = Object.entries(starlinkLevels()).map(
    ([field, values]) => `    ${field}: [${values.join(', ')}]\n`,
  );
  const before = readFileSync(join(ROOT, path), 'utf8');
  const text = before.replace(
    /^( *# made by npm run presets.*\n)[\s\S]*?^( *# end\n)/m,
    `$1${lines.join('')}$2`,
  );
  return { path, text };
}

const trace = (direction: Direction): MadeFile => ({
  path: join(FOLDER, `lte-driving-${direction}.trace`),
  text: `${lteDriving(direction).join('\n')}\n`,
});
