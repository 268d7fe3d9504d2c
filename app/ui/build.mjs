/**
 * Puts the page together: one script, one style sheet, one document, with everything they need in them, so that no request leaves the
 * machine. Plain JavaScript, since it is part of the build.
 *
 *   node app/ui/build.mjs [FOLDER]     default: dist/app/ui
 */

import { cpSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/** Writes `index.html`, `main.js`, `style.css` and `icon.svg`, and nothing else; what was in the folder before is gone. */
export async function buildPage(outFolder) {
  rmSync(outFolder, { recursive: true, force: true });
  mkdirSync(outFolder, { recursive: true });
  await build({
    absWorkingDir: here,
    entryPoints: ['main.tsx', 'style.css'],
    outdir: outFolder,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'eof',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
  });
  for (const file of ['index.html', 'icon.svg']) cpSync(join(here, file), join(outFolder, file));
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await buildPage(process.argv[2] ?? join(here, '..', '..', 'dist', 'app', 'ui'));
  } catch {
    // esbuild has said what is wrong, and where.
    process.exitCode = 1;
  }
}
