/**
 * The same scenario and seed give the same bytes elsewhere: under other versions of Node, another time zone and another language.
 * Runs scenarios of the library on the built command line and compares digests and files with those of this Node.
 *
 *   node test/other-node.mjs [NODE-BINARY ...]
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from '../app/bootstrap.mjs';

const FIRST = 'transatlantic-web.yaml';
const AT_MOST = 8;
const ELSEWHERE = { TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' };

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const library = join(root, 'scenarios', 'library');
const scratch = mkdtempSync(join(tmpdir(), 'netpersona-other-node-'));
const sum = { passed: 0, failed: 0 };

/** The first one, and others from the whole length of the list. */
function selection() {
  const all = readdirSync(library)
    .filter((file) => file.endsWith('.yaml') && file !== FIRST)
    .sort();
  const step = Math.max(1, all.length / (AT_MOST - 1));
  const others = Array.from(
    { length: Math.min(all.length, AT_MOST - 1) },
    (_, n) => all[Math.floor(n * step)],
  );
  return [FIRST, ...others];
}

/** Runs one scenario; gives its digest and the files that it wrote, or throws with what went wrong. */
function run(binary, scenario, changes, out) {
  const args = [join(root, 'dist', 'app', 'main.js'), 'run', join('scenarios', 'library', scenario)];
  const { status, stdout, stderr, error } = spawnSync(binary, [...args, '--json', '--out', out], {
    cwd: root,
    env: { ...process.env, ...changes },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  // 1 is a failed expectation: also a result, and the same one everywhere.
  if (status !== 0 && status !== 1) throw new Error(`code ${status}\n${stderr}`);
  const { digest } = JSON.parse(stdout);
  if (!/^(sha256:)?[0-9a-f]{64}$/.test(digest)) throw new Error(`no digest: ${digest}`);
  const files = readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(out.length + 1))
    .sort();
  return { digest, status, files: new Map(files.map((file) => [file, readFileSync(join(out, file))])) };
}

/** Where two runs of one scenario differ, or nothing. */
function difference(here, there) {
  if (there.digest !== here.digest) return `digest ${there.digest} instead of ${here.digest}`;
  if (there.status !== here.status) return `code ${there.status} instead of ${here.status}`;
  const names = [...new Set([...here.files.keys(), ...there.files.keys()])];
  const other = names.find((name) => !here.files.get(name)?.equals(there.files.get(name) ?? Buffer.alloc(0)));
  return other ? `${other} differs` : undefined;
}

function check(name, test) {
  let problem;
  try {
    problem = test();
  } catch (error) {
    problem = error.message;
  }
  if (problem) sum.failed++;
  else sum.passed++;
  console.log(`${problem ? 'FAIL' : 'ok  '} ${name}${problem ? `: ${problem}` : ''}`);
}

function versionOf(binary) {
  const { stdout, error } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (error) throw error;
  return stdout.trim();
}

async function main(binaries) {
  await prepare();
  const nodes = [process.execPath, ...binaries].map((binary) => ({ binary, version: versionOf(binary) }));
  let runs = 0;
  for (const scenario of selection()) {
    let here;
    check(`${scenario}, ${process.version}`, () => {
      here = run(process.execPath, scenario, {}, join(scratch, String(runs++)));
    });
    for (const { binary, version } of nodes) {
      check(`${scenario}, ${version}, Tokyo in German`, () => {
        if (!here) return 'nothing to compare with';
        return difference(here, run(binary, scenario, ELSEWHERE, join(scratch, String(runs++))));
      });
    }
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  sum.failed++;
  console.log(`FAIL ${error.stack}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = sum.failed > 0 ? 1 : 0;
