/**
 * Every check there is, one after the other, and one sum at the end: `N passed, N failed`. A lint step counts as one test.
 *
 *   node test/run.mjs          everything
 *   node test/run.mjs check    without the slow ones: seconds, offline
 *   node test/run.mjs lint     format, rules, types, layers
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare, SetupError } from '../app/bootstrap.mjs';

/** These take half a minute and more: they install packages, start servers and browsers, kill processes, ask ten thousand things. */
const SLOW = [
  'app/pack.test.ts',
  'app/http/openapi-fuzz.test.ts',
  'app/serve/guide.test.ts',
  'app/serve/page.test.ts',
  'app/serve/serve.test.ts',
  'app/store/kill.test.ts',
  'app/ui/components.test.ts',
];
const TIMEOUT_MS = 600_000;
const AT_ONCE = Math.min(4, availableParallelism());

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (path) => join(root, 'node_modules', ...path.split('/'));
const sum = { passed: 0, failed: 0, skipped: 0 };

/** A tool that is content or not: one test. */
function lint(name, path, ...args) {
  return async () => {
    const { code, output } = await node([bin(path), ...args]);
    report(name, { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }, output);
  };
}

const LINTS = [
  lint('biome', '@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'),
  lint('types', 'typescript/bin/tsc', '--noEmit', '-p', '.'),
  lint('types of the page', 'typescript/bin/tsc', '--noEmit', '-p', 'app/ui'),
  lint(
    'layers',
    'dependency-cruiser/bin/dependency-cruise.mjs',
    ...['--config', '.dependency-cruiser.cjs', 'engine', 'sim', 'scenarios', 'reports', 'app'],
  ),
];

/** Files of one folder share a process, which is quick. When that process breaks, each gets its own, which names the culprit. */
function units(name, files) {
  return async () => {
    const all = await uvu(files);
    if (all.counts || files.length === 1) return reportUnits(name, all);
    for (const file of files) reportUnits(`test/${file}`, await uvu([file]));
  };
}

async function uvu(files) {
  const pattern = `^(${files.map((file) => file.replaceAll('.', '\\.')).join('|')})$`;
  const { code, output } = await node(['--import', 'tsx', bin('uvu/bin.js'), '--no-color', 'test', pattern]);
  const found = /^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)$/m.exec(output);
  if (!found) return { code, output };
  const [total, passed, skipped] = found.slice(1).map(Number);
  return { code, output, counts: { passed, failed: total - passed, skipped } };
}

function reportUnits(name, { code, output, counts }) {
  if (!counts)
    return report(name, { passed: 0, failed: 1, skipped: 0 }, `${output}\nno result: code ${code}`);
  report(name, withCode(counts, code), output);
}

async function properties() {
  const folder = mkdtempSync(join(tmpdir(), 'netpersona-vitest-'));
  try {
    const file = join(folder, 'result.json');
    const { code, output } = await node([
      bin('vitest/vitest.mjs'),
      ...[
        'run',
        '--config',
        'vitest.config.ts',
        '--reporter=default',
        '--reporter=json',
        `--outputFile=${file}`,
      ],
    ]);
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = readJson(file);
    const counts = {
      passed: numPassedTests ?? 0,
      failed: numFailedTests ?? 0,
      skipped: (numPendingTests ?? 0) + (numTodoTests ?? 0),
    };
    report('properties', withCode(counts, code), output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // It died before it could write; its code and its output say why.
    return {};
  }
}

/** A runner that ran nothing, or says that it failed without naming a test, is a failure too. */
function withCode(counts, code) {
  const isSuspicious = counts.failed === 0 && (code !== 0 || counts.passed === 0);
  return isSuspicious ? { ...counts, failed: 1 } : counts;
}

function report(name, { passed, failed, skipped }, output) {
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
  const counts = `${passed} passed${failed ? `, ${failed} failed` : ''}${skipped ? `, ${skipped} skipped` : ''}`;
  if (failed) console.log(`\n${output.trim()}\n`);
  console.log(`${failed ? 'FAIL' : 'ok  '} ${name.padEnd(24)} ${counts}`);
}

/** Not a test that failed, but what should have run it. */
function broken(error) {
  const isKnown = error instanceof SetupError;
  report(
    'setup',
    { passed: 0, failed: 1, skipped: 0 },
    isKnown ? `${error.message}\n${error.cause ?? ''}` : error.stack,
  );
}

/** Runs Node to its end and keeps what it says, both streams in one. */
function node(args) {
  return new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: '1' };
    delete env.FORCE_COLOR;
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (text) => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve({ code: 1, output: `${output}\nno end after ${TIMEOUT_MS / 1000} s` });
    }, TIMEOUT_MS);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ code: 1, output: error.message });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output: signal ? `${output}\nended by ${signal}` : output });
    });
  });
}

/** Unit test files by their first folder, in `app` by their second, too; paths from `test/`. */
function unitGroups() {
  const files = readdirSync(join(root, 'test'), { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.test.ts'))
    .sort();
  const groups = new Map();
  for (const file of files) {
    const folders = file.split('/').slice(0, -1);
    const group = folders.slice(0, folders[0] === 'app' ? 2 : 1);
    const name = SLOW.includes(file) ? `test/${file}` : ['test', ...group].join('/');
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  return groups;
}

function stepsOf(what) {
  if (what === 'lint') return LINTS;
  const groups = unitGroups();
  if (what === 'check') for (const file of SLOW) groups.delete(`test/${file}`);
  const unitSteps = [...groups].map(([name, files]) => units(name, files));
  if (unitSteps.length === 0)
    unitSteps.push(async () => report('units', { passed: 0, failed: 1, skipped: 0 }, 'none found'));
  return [...unitSteps, properties, ...LINTS];
}

async function main(what = 'all') {
  try {
    await prepare({ build: what !== 'lint' });
    const steps = stepsOf(what);
    const worker = async () => {
      for (let step = steps.shift(); step; step = steps.shift()) await step().catch(broken);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  } catch (error) {
    broken(error);
  }
  console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ''}`);
  process.exitCode = sum.failed > 0 ? 1 : 0;
}

await main(process.argv[2]);
