/** The two files of the database, made ready for being mapped into memory: what a mapping does not find there ends the process. */
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { EnvironmentError } from '../faults.ts';
import { FileWriter, kindOf, remove } from '../files.ts';

export const DATA_FILE = 'netpersona.mdb';
export const LOCK_FILE = `${DATA_FILE}-lock`;

/** More than LMDB's table of readers needs. */
const LOCK_BYTES = 16 * 1024;

/**
 * LMDB makes this file as a hole and writes to it through memory: on a full disk, that is a SIGBUS. So its bytes are on the disk before.
 * Only for who has the folder: nobody else may have it open.
 *
 * @throws {EnvironmentError} when the disk is full.
 */
export function prepareLockFile(path: string): void {
  remove(path);
  const writer = new FileWriter(path);
  try {
    writer.write(new Uint8Array(LOCK_BYTES));
    writer.close();
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** Of LMDB's data format 2 where addresses have 64 bits: what stands where in each of the two meta pages, which come first. */
const META = { magic: 24, format: 28, pageSize: 48, lastPage: 144, end: 152 } as const;
const MAGIC = 0xbeefc0de;
const FORMAT = 2;
const NARROW = ['arm', 'ia32', 'mips', 'mipsel', 'ppc'];
const IS_LITTLE_ENDIAN = endianness() === 'LE';

export type DataState = 'fine' | 'doubtful' | 'foreign';

/**
 * `foreign`: it does not begin as it should. `doubtful`: its end is missing; it is given back its length, with zeros, since a page that is
 * not there is a SIGBUS. That end may hold nothing, or what makes LMDB abort.
 *
 * @throws {EnvironmentError} when it cannot be written.
 */
export function inspectDataFile(path: string): DataState {
  if (kindOf(path) === 'nothing' || NARROW.includes(process.arch)) return 'fine';
  const file = openToWrite(path);
  try {
    const length = fstatSync(file).size;
    // Made, and killed before the first byte.
    if (length === 0) return 'fine';
    const first = readMeta(file, 0);
    const second = first && readMeta(file, first.pageSize);
    if (first === undefined || second === undefined) return 'foreign';
    const needed = (Math.max(first.lastPage, second.lastPage) + 1) * first.pageSize;
    if (length >= needed) return 'fine';
    ftruncateSync(file, needed);
    return 'doubtful';
  } finally {
    closeSync(file);
  }
}

/** Whether a process survives reading all of it and writing to it: LMDB ends it when pages are not what they should be. */
export function isSound(path: string): boolean {
  const code = `
    const { open } = await import(${JSON.stringify(import.meta.resolve('lmdb'))});
    const database = open({ path: process.argv[1], noSubdir: true, encoding: 'binary', overlappingSync: false });
    for (const { value } of database.getRange()) value.length;
    database.transactionSync(() => {
      database.putSync('probe', new Uint8Array(1));
      database.removeSync('probe');
    });
    await database.close();`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', code, path], {
    stdio: 'ignore',
  });
  return status === 0;
}

function openToWrite(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    throw new EnvironmentError(`cannot write ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

function readMeta(file: number, at: number): { pageSize: number; lastPage: number } | undefined {
  const bytes = new DataView(new ArrayBuffer(META.end));
  if (readSync(file, bytes, 0, META.end, at) < META.end) return undefined;
  const word = (offset: number): number => bytes.getUint32(offset, IS_LITTLE_ENDIAN);
  if (word(META.magic) !== MAGIC || word(META.format) !== FORMAT) return undefined;
  return {
    pageSize: word(META.pageSize),
    lastPage: Number(bytes.getBigUint64(META.lastPage, IS_LITTLE_ENDIAN)),
  };
}
