/** The command line as a user meets it: the built one, in a process of its own. */

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder, without a slash at the end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

export interface CliOptions {
  /** Default: the repository. */
  readonly cwd?: string;
  /** Added to the environment; `undefined` removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What stdin holds; default nothing. */
  readonly input?: string;
  /** Milliseconds after which the process is killed, and the promise rejects. Default two minutes. */
  readonly timeoutMs?: number;
}

export interface CliResult {
  /** `null` when a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `netpersona ARGS` to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startCli(args, options);
  child.stdin.end(options.input ?? '');
  return ended(child, `netpersona ${args.join(' ')}`, options.timeoutMs);
}

/** Starts `netpersona ARGS` and leaves it running: for servers and signals. The caller ends it. */
export function startCli(
  args: readonly string[],
  options: Pick<CliOptions, 'cwd' | 'env'> = {},
): ChildProcessWithoutNullStreams {
  ensureBuilt();
  return spawn(process.execPath, [join(ROOT, 'dist', 'app', 'main.js'), ...args], {
    cwd: options.cwd ?? ROOT,
    env: environment(options.env),
  });
}

/** Runs any program to its end, as `runCli` does. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const child = spawn(command, args, { cwd: options.cwd ?? ROOT, env: environment(options.env) });
  child.stdin.end(options.input ?? '');
  return ended(child, [command, ...args].join(' '), options.timeoutMs);
}

/** Collects what a process says until it ends. */
export function ended(
  child: ChildProcessWithoutNullStreams,
  what: string,
  timeoutMs = 120_000,
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // A process may end without reading its input.
    child.stdin.on('error', () => undefined);
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`no end after ${timeoutMs} ms: ${what}\n${stdout}${stderr}`));
    }, timeoutMs);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** A new empty folder for the time of `use`. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'netpersona-test-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Neither colours nor the variables with which npm tells its scripts about itself, nor uvu's. */
function environment(changes: CliOptions['env'] = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...changes };
  for (const name of Object.keys(env)) {
    if (env[name] === undefined || name.startsWith('npm_lifecycle_') || name === 'NODE_OPTIONS')
      delete env[name];
  }
  return env;
}

let built = false;

/** A test must not judge yesterday's build. Costs nothing when nothing changed. */
export function ensureBuilt(): void {
  if (built) return;
  const bootstrap = join(ROOT, 'app', 'bootstrap.mjs');
  const { status, stderr } = spawnSync(process.execPath, [bootstrap, '--build-only'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  built = true;
}
