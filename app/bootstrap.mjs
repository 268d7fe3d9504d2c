/**
 * `npm start` on a fresh clone: installs what is missing, builds what is out of date, then becomes the command line.
 * Plain JavaScript without dependencies, since it runs before there are any. Speaks on stderr only; stdout belongs to the command line.
 */

import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { constants, hostname } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OLDEST_NODE = [20, 19];
const SOURCES = ['engine', 'sim', 'scenarios', 'reports', 'app'];
const BUILD_FILES = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'app/bootstrap.mjs',
];
const FIRST_SCENARIO = 'scenarios/library/transatlantic-web.yaml';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const stamp = join(dist, '.built-from');
const lock = join(dist, '.lock');
const POLL_MS = 200;
const SILENT_POLLS = 150;
const BEAT_MS = 2_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ENOTCACHED/;

/** Why the command line cannot start. The message is one line for the user, the cause what a tool had to say. */
export class SetupError extends Error {
  constructor(message, { cause, exitCode = 3 } = {}) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

class Stopped extends Error {
  constructor(signal) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/** Makes things ready to run: dependencies as the lock file says, and a build of the sources as they are now. */
export async function prepare({ build: wanted = true } = {}) {
  checkNode(process.versions.node);
  const isReady = () => !wanted || isBuilt();
  if (isInstalled() && isReady()) return;
  const release = await acquire();
  try {
    // Asked again: whoever held the lock before may have done it.
    if (!isInstalled()) await install();
    if (!isReady()) await build();
  } finally {
    release();
  }
}

function checkNode(version) {
  const [major, minor] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new SetupError(`needs Node ${OLDEST_NODE.join('.')} or newer, and this is ${version}`);
}

/**
 * Whether every package of the lock file is there in its version. npm writes its own record last, so an interrupted
 * installation has none.
 */
function isInstalled() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true;
    // Optional ones are binaries for other platforms, which npm leaves out.
    return present[path] ? present[path].version === version : Boolean(optional || devOptional);
  });
}

async function install() {
  say('installing dependencies (npm ci), once ...');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // NODE_ENV=production would leave the compiler out.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  // npm's own patience is over a minute, in which an offline user sees nothing.
  args.push('--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000');
  const { code, output } = await work(npm, args, { shell: process.platform === 'win32' });
  if (code === 0) return;
  if (UNREACHABLE.test(output)) {
    throw new SetupError(
      'cannot install dependencies: npm reaches no package registry. Go online and try again',
    );
  }
  throw new SetupError(`cannot install dependencies: npm ci ended with code ${code}`, {
    cause: firstLines(output),
  });
}

/** npm explains itself at length, the reason first. */
function firstLines(output) {
  return output.split('\n').slice(0, 15).join('\n');
}

function isBuilt() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint();
}

/** A line per file that the build depends on: its path, size and time of change. */
function fingerprint() {
  const lines = [];
  const sources = SOURCES.flatMap(filesIn).filter(
    (path) => path.endsWith('.ts') || path.startsWith('app/ui/'),
  );
  for (const path of [...BUILD_FILES, ...sources]) {
    const { size, mtimeMs } = statSync(join(root, path), { throwIfNoEntry: false }) ?? {
      size: -1,
      mtimeMs: 0,
    };
    lines.push(`${path} ${size} ${mtimeMs}`);
  }
  return `${lines.sort().join('\n')}\n`;
}

async function build() {
  say('building ...');
  // Taken first, so that a change during the build leads to another one.
  const builtFrom = fingerprint();
  // Without a stamp the last build did not end well, and what the compiler remembers of it is not to be trusted.
  if (!existsSync(stamp)) rmSync(join(dist, '.tsbuildinfo'), { force: true });
  rmSync(stamp, { force: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, output } = await work(process.execPath, [
    tsc,
    '-p',
    'tsconfig.build.json',
    '--pretty',
    'false',
  ]);
  if (code !== 0) throw new SetupError('the sources do not compile', { cause: output, exitCode: 70 });
  removeLeftovers();
  await buildPage();
  writeFileSync(stamp, builtFrom);
}

/** Compiled files whose source is gone would still be found by an import, and packed. */
function removeLeftovers() {
  for (const folder of SOURCES) {
    for (const file of filesIn(join('dist', folder))) {
      const page = relative('dist', file);
      const source = page.replace(/(\.d\.ts|\.js)$/, '.ts');
      if (!existsSync(join(root, source)) && !existsSync(join(root, page))) unlinkSync(join(root, file));
    }
  }
}

/** In a process of its own, since the bundler is a dependency, and this file has none. */
async function buildPage() {
  const { code, output } = await work(process.execPath, [
    join('app', 'ui', 'build.mjs'),
    join(dist, 'app', 'ui'),
  ]);
  if (code !== 0) throw new SetupError('the page does not build', { cause: output, exitCode: 70 });
}

/** Every file under a folder of the repository, as paths from its root. */
function filesIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

/**
 * Waits until this process alone may install and build, and returns the function that lets the next one in. The lock is
 * a folder, because making one succeeds for exactly one process on every file system.
 */
async function acquire() {
  mkdirSync(dist, { recursive: true });
  let lastBeat = 0;
  let silence = 0;
  for (let polls = 0; !makeFolder(lock); polls++) {
    if (polls === 5) say(`waiting for another start to finish installing or building (${lock})`);
    const beat = beatOf(lock);
    silence = beat === lastBeat ? silence + 1 : 0;
    lastBeat = beat;
    if (silence >= SILENT_POLLS || ownerIsGone()) breakLock(beat);
    else await sleep(POLL_MS);
  }
  writeFileSync(join(lock, 'owner'), `${process.pid} ${hostname()}`);
  const heart = setInterval(() => utimesSync(lock, new Date(), new Date()), BEAT_MS);
  return () => {
    clearInterval(heart);
    rmSync(lock, { recursive: true, force: true });
  };
}

/** Asks only about processes of this machine; for others there is the heartbeat. */
function ownerIsGone() {
  try {
    const [pid, host] = readFileSync(join(lock, 'owner'), 'utf8').split(' ');
    if (host !== hostname()) return false;
    // A container starts counting anew: the same number, and it is not us.
    if (Number(pid) === process.pid) return true;
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** One at a time, and only the lock that was judged: by now another process may have broken it and hold its own. */
function breakLock(judgedBeat) {
  const breaking = `${lock}.breaking`;
  if (!makeFolder(breaking)) return;
  try {
    if (beatOf(lock) === judgedBeat) rmSync(lock, { recursive: true, force: true });
  } finally {
    rmdirSync(breaking);
  }
}

function makeFolder(path) {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function beatOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Runs a tool to its end and keeps what it says, both streams in one. Stopped when we are. */
function work(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let stoppedBy;
    const keep = (chunk) => {
      output += chunk;
    };
    const stop = (signal) => {
      stoppedBy = signal;
      child.kill(signal);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    for (const signal of SIGNALS) process.on(signal, stop);
    const done = (settle, value) => {
      for (const signal of SIGNALS) process.off(signal, stop);
      settle(value);
    };
    child.on('error', (error) => done(reject, new SetupError(`cannot run ${command}: ${error.message}`)));
    child.on('close', (code) => {
      if (stoppedBy) done(reject, new Stopped(stoppedBy));
      else done(resolve, { code, output });
    });
  });
}

/**
 * From here on this process is the command line, as if `node dist/app/main.js ARGS` had been typed: no process in between that would
 * have to pass on signals, streams and exit codes.
 */
async function become(args) {
  const main = join(dist, 'app', 'main.js');
  process.argv.splice(1, Infinity, main, ...args);
  if (process.env.npm_lifecycle_event === 'start') endWithParent();
  await import(pathToFileURL(main).href);
}

/** npm passes SIGTERM to its shell only, which dies of it and leaves us behind: then the signal was for us. */
function endWithParent() {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}

function dieOf(signal) {
  process.kill(process.pid, signal);
  // Reached only where a signal cannot end the process by itself.
  setTimeout(() => process.exit(128 + constants.signals[signal]), 1_000);
}

function fail(error) {
  if (error instanceof Stopped) return dieOf(error.signal);
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  if (error.cause) process.stderr.write(`${String(error.cause).trim()}\n`);
  process.exitCode = error.exitCode;
}

function say(line) {
  process.stderr.write(`netpersona: ${line}\n`);
}

async function main([first, ...rest]) {
  try {
    await prepare();
  } catch (error) {
    return fail(error);
  }
  if (first === '--build-only') return;
  await become(
    first === undefined ? ['run', relative(process.cwd(), join(root, FIRST_SCENARIO))] : [first, ...rest],
  );
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(process.argv.slice(2));
}
