/** The only file that opens files. Says in the user's words what could not be read or written, and whose turn it is. */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ByteWriter } from '../reports/index.ts';
import { EnvironmentError, UsageError } from './faults.ts';

const MEBIBYTE = 1024 * 1024;

/** A file could not be read. */
export class UnreadableFile extends UsageError {
  override name = 'UnreadableFile';
  readonly path: string;
  /** What is there instead: `no such file`, `a folder`. */
  readonly found: string;

  constructor(path: string, found: string) {
    super(`cannot read ${path}: ${found}`);
    this.path = path;
    this.found = found;
  }
}

const READ_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file, a part of the path is not a folder',
  EISDIR: 'a folder, not a file',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  ELOOP: 'a symbolic link that leads in circles',
  ENAMETOOLONG: 'a name that is too long',
  EMFILE: 'too many open files',
};

/**
 * A whole file; `-` is stdin.
 *
 * @param limit bytes; a larger file is refused before it fills the memory.
 * @throws {UnreadableFile}
 */
export function readBytes(path: string, limit: number): Uint8Array {
  if (path.includes('\0')) throw new UnreadableFile(path, 'a name with a zero character');
  try {
    const file = path === '-' ? 0 : openSync(path, 'r');
    try {
      return readToEnd(file, path, limit);
    } finally {
      if (file !== 0) closeSync(file);
    }
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    throw new UnreadableFile(path, READ_PROBLEMS[codeOf(error)] ?? messageOf(error));
  }
}

function readToEnd(file: number, path: string, limit: number): Uint8Array {
  const tooLarge = (): UnreadableFile =>
    new UnreadableFile(path, `more than ${Math.floor(limit / MEBIBYTE)} MiB, the most that is read`);
  if (fstatSync(file).size > limit) throw tooLarge();
  // Pipes and devices do not know their size.
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const chunk = new Uint8Array(MEBIBYTE);
    const length = readSome(file, chunk);
    if (length === 0) return Buffer.concat(chunks, total);
    chunks.push(chunk.subarray(0, length));
    total += length;
    if (total > limit) throw tooLarge();
  }
}

function readSome(file: number, chunk: Uint8Array): number {
  for (;;) {
    try {
      return readSync(file, chunk);
    } catch (error) {
      // Windows says so at the end of a pipe.
      if (codeOf(error) === 'EOF') return 0;
      // A terminal or a pipe that somebody made non-blocking has nothing yet.
      if (codeOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

/**
 * A whole file as text.
 *
 * @throws {UnreadableFile} also when it is not UTF-8.
 */
export function readText(path: string, limit: number): string {
  const bytes = readBytes(path, limit);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableFile(path, 'not text (it is not UTF-8)');
  }
}

/** A whole file as text, or undefined when it cannot be read. */
export function readTextIfAny(path: string, limit: number): string | undefined {
  try {
    return readText(path, limit);
  } catch (error) {
    if (error instanceof UnreadableFile) return undefined;
    throw error;
  }
}

/** The names in a folder, sorted by code unit; none when there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return [];
    throw writeProblem(folder, error);
  }
}

export type Kind = 'nothing' | 'file' | 'folder' | 'link' | 'other';

/** What stands at a path; links are not followed. */
export function kindOf(path: string): Kind {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return 'nothing';
    if (found.isSymbolicLink()) return 'link';
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other';
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') return 'nothing';
    throw writeProblem(path, error);
  }
}

/** The folder that holds package.json, where presets and the library stand: above `app/`, or above `dist/app/`. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (kindOf(join(folder, 'package.json')) !== 'file') folder = dirname(folder);
  return folder;
}

// ---- writing

const WRITE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than the system allows',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'a read-only file system',
  EIO: 'the device fails',
  EMFILE: 'too many open files',
  ENOENT: 'no such folder, or it was removed meanwhile',
};

/** A path that cannot be, rather than a machine that does not let us. */
const PATH_PROBLEMS: Readonly<Record<string, string>> = {
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'it exists already',
  ENAMETOOLONG: 'a name that is too long',
  ELOOP: 'a symbolic link that leads in circles',
  EISDIR: 'it is a folder',
  EINVAL: 'an impossible path',
};

function writeProblem(path: string, error: unknown): UsageError | EnvironmentError {
  if (error instanceof UsageError || error instanceof EnvironmentError) return error;
  const code = codeOf(error);
  const why = PATH_PROBLEMS[code];
  if (why !== undefined) return new UsageError(`cannot write ${path}: ${why}`);
  return new EnvironmentError(`cannot write ${path}: ${WRITE_PROBLEMS[code] ?? messageOf(error)}`);
}

/** Does it, and says in the user's words what stood in the way. */
function writing<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw writeProblem(path, error);
  }
}

/** Writes a small file; `replace: false` refuses when it exists. */
export function writeText(path: string, text: string, { replace }: { replace: boolean }): void {
  writing(path, () => {
    const file = openSync(path, replace ? 'w' : 'wx');
    try {
      writeAll(file, Buffer.from(text));
    } finally {
      closeSync(file);
    }
  });
}

/** Writes a small file that is there whole or, whatever happens, not at all; `replace: false` refuses when it exists. */
export function writeTextAtomically(path: string, text: string, { replace }: { replace: boolean }): void {
  const temporary = join(dirname(path), `.${basename(path)}.netpersona-${process.pid}-tmp`);
  remove(temporary);
  try {
    writeText(temporary, text, { replace: false });
    if (replace) rename(temporary, path);
    else putIfNothing(temporary, path, text);
  } finally {
    remove(temporary);
  }
}

/** A link is made only where nothing is. Where the file system has none, writing the text has to do. */
function putIfNothing(temporary: string, path: string, text: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error)))
      throw writeProblem(path, error);
    writeText(path, text, { replace: false });
  }
}

/**
 * Makes a folder and those above it; answers the topmost one that was made. One by one: where a parent takes no folders and says
 * that there is none (/proc), Node's own way never ends.
 */
export function makeFolders(path: string): string | undefined {
  if (kindOf(path) !== 'nothing') return undefined;
  const above = makeFolders(dirname(path));
  makeFolder(path);
  return above ?? path;
}

/** Makes one folder; it must not exist. */
export function makeFolder(path: string): void {
  writing(path, () => mkdirSync(path));
}

export function rename(from: string, to: string): void {
  writing(to, () => renameSync(from, to));
}

/** With everything in it. Nothing there is fine. */
export function remove(path: string): void {
  writing(path, () => rmSync(path, { recursive: true, force: true }));
}

/** Only when it is empty; answers whether it was. */
export function removeEmptyFolder(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    // Whatever is in it is not ours.
    return false;
  }
}

/** What a folder holds is on the disk. */
export function syncFolder(path: string): void {
  // Windows opens no folders.
  if (process.platform === 'win32') return;
  writing(path, () => {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } catch (error) {
      // Some file systems have nothing to do there, and say so.
      if (codeOf(error) !== 'EINVAL') throw error;
    } finally {
      closeSync(folder);
    }
  });
}

const BUFFER_BYTES = 256 * 1024;

/**
 * A new file, written in large pieces, on the disk when closed.
 *
 * @throws {EnvironmentError} at the first write that the device refuses.
 */
export class FileWriter implements ByteWriter {
  readonly #path: string;
  readonly #file: number;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  #open = true;

  constructor(path: string) {
    this.#path = path;
    this.#file = writing(path, () => openSync(path, 'wx'));
  }

  write(bytes: Uint8Array): void {
    if (this.#used + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length > BUFFER_BYTES) {
      writing(this.#path, () => writeAll(this.#file, bytes));
      return;
    }
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  close(): void {
    if (!this.#open) return;
    this.#flush();
    writing(this.#path, () => fsyncSync(this.#file));
    this.#open = false;
    writing(this.#path, () => closeSync(this.#file));
  }

  /** Closes the file as it is: it will be removed, so what the device says to that does not matter. */
  abandon(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      closeSync(this.#file);
    } catch {
      // Closed all the same.
    }
  }

  #flush(): void {
    if (this.#used > 0) writing(this.#path, () => writeAll(this.#file, this.#buffer.subarray(0, this.#used)));
    this.#used = 0;
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
