/**
 * A folder that appears complete or not at all: written beside its place under a hidden name, then renamed. The hidden name
 * holds the number of the process, so that what a killed one left behind can be told from what a living one is writing.
 */
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ByteWriter } from '../reports/index.ts';
import { UsageError } from './faults.ts';
import {
  FileWriter,
  kindOf,
  makeFolder,
  makeFolders,
  namesIn,
  readTextIfAny,
  remove,
  removeEmptyFolder,
  rename,
  syncFolder,
} from './files.ts';

export interface OutputFolderOptions {
  /** An output folder of an earlier run is replaced. */
  readonly force: boolean;
}

const SUMMARY_LIMIT = 256 * 1024 * 1024;
const CLAIMS = 3;

export class OutputFolder {
  readonly path: string;
  readonly #options: OutputFolderOptions;
  readonly #temporary: string;
  readonly #writers: FileWriter[] = [];
  /** The topmost folder that was made for this one. */
  readonly #made: string | undefined;
  #ended = false;

  private constructor(path: string, options: OutputFolderOptions, made: string | undefined) {
    this.path = path;
    this.#options = options;
    this.#made = made;
    this.#temporary = hidden(path, process.pid, 'tmp');
  }

  /**
   * Takes the place, so that no other run does.
   *
   * @throws {UsageError} when something stands there, or another run is about to put something there.
   */
  static async claim(named: string, options: OutputFolderOptions): Promise<OutputFolder> {
    if (named === '') throw new UsageError('--out needs the name of a folder');
    const path = resolve(named);
    checkPlace(path, options);
    const folder = new OutputFolder(path, options, makeFolders(dirname(path)));
    try {
      await folder.#claim();
      // Clearing up may have brought back what a killed run had put aside.
      checkPlace(path, options);
    } catch (error) {
      folder.discard();
      throw error;
    }
    return folder;
  }

  /** A new file in it; `name` is a bare name. */
  open(name: string): ByteWriter {
    const writer = new FileWriter(join(this.#temporary, name));
    this.#writers.push(writer);
    return writer;
  }

  /** The folder appears. */
  publish(): void {
    for (const writer of this.#writers) writer.close();
    syncFolder(this.#temporary);
    // It was free when the run began; that may be long ago.
    checkPlace(this.path, this.#options);
    const old = hidden(this.path, process.pid, 'old');
    const isReplaced = kindOf(this.path) !== 'nothing';
    if (isReplaced) rename(this.path, old);
    try {
      rename(this.#temporary, this.path);
    } catch (error) {
      if (isReplaced) rename(old, this.path);
      throw error;
    }
    this.#ended = true;
    syncFolder(dirname(this.path));
    if (isReplaced) remove(old);
  }

  /** Nothing of it remains. Does nothing after `publish`. */
  discard(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const writer of this.#writers) writer.abandon();
    remove(this.#temporary);
    if (this.#made === undefined) return;
    // Those that were made for it, from the innermost out, as long as nobody else uses them.
    for (let folder = dirname(this.path); removeEmptyFolder(folder); folder = dirname(folder)) {
      if (folder === this.#made) return;
    }
  }

  /**
   * First the own name, then a look at the others': of two that come at once, at least one sees the other. When both do, both
   * step back, and not for equally long.
   */
  async #claim(): Promise<void> {
    for (let claims = 1; ; claims++) {
      // A process that died had the same number.
      remove(this.#temporary);
      makeFolder(this.#temporary);
      const rival = clearRivals(this.path);
      if (rival === undefined) return;
      remove(this.#temporary);
      if (claims === CLAIMS) throw new UsageError(`another run is writing ${this.path} (process ${rival})`);
      await sleep(20 + (process.pid % 10) * 20);
    }
  }
}

/** Beside the folder, so that a rename stays on the same file system. */
const hidden = (path: string, pid: number, kind: 'tmp' | 'old'): string =>
  join(dirname(path), `.${basename(path)}.netpersona-${pid}-${kind}`);

/** Removes what dead processes left behind for this folder; answers a living one's number. */
function clearRivals(path: string): number | undefined {
  let rival: number | undefined;
  const beginning = `.${basename(path)}.netpersona-`;
  for (const name of namesIn(dirname(path))) {
    if (!name.startsWith(beginning)) continue;
    const [, pid, kind] = /^(\d+)-(tmp|old)$/.exec(name.slice(beginning.length)) ?? [];
    const isMine = Number(pid) === process.pid;
    if (pid === undefined || (isMine && kind === 'tmp')) continue;
    const left = join(dirname(path), name);
    if (!isMine && isAlive(Number(pid))) rival = Number(pid);
    // It was killed between the two renames: what it put aside goes back.
    else if (kind === 'old' && kindOf(path) === 'nothing') rename(left, path);
    else remove(left);
  }
  return rival;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, and is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function checkPlace(path: string, { force }: OutputFolderOptions): void {
  const kind = kindOf(path);
  if (kind === 'nothing') return;
  if (kind !== 'folder') throw new UsageError(`${path} exists and is not a folder`);
  if (!force) throw new UsageError(`${path} exists already; --force replaces the output of an earlier run`);
  const summary = readTextIfAny(join(path, 'summary.json'), SUMMARY_LIMIT);
  if (summary === undefined || !isSummary(summary)) {
    throw new UsageError(`${path} is not the output of a run, so --force does not replace it`);
  }
}

/** Whether the text of a `summary.json` is one that a run wrote. */
function isSummary(text: string): boolean {
  try {
    const { digest, version, durationNs } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return typeof digest === 'string' && typeof version === 'string' && typeof durationNs === 'number';
  } catch {
    return false;
  }
}
