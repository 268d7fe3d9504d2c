/** The two files of the database, made ready for being mapped into memory: what a mapping does not find there ends the process. */
import { closeSync, ftruncateSync, openSync, readSync } from 'node:fs';
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

/** Of LMDB's data format 2: its magic number, and what follows in each of the two meta pages, which come first. */
const MAGIC = 0xbeefc0de;
const FORMAT = 2;
const META = { magic: 24, format: 28, pageSize: 48, lastPage: 144, end: 152 } as const;

/**
 * A file that lost its end is given back its length, with zeros: LMDB recognizes a page of zeros as damage, and a page that is not there
 * is a SIGBUS. What is no such file is left to LMDB to refuse.
 *
 * @throws {EnvironmentError} when it cannot be written.
 */
export function completeDataFile(path: string): void {
  if (kindOf(path) === 'nothing') return;
  const file = openToWrite(path);
  try {
    const first = readMeta(file, 0);
    const second = first && readMeta(file, first.pageSize);
    if (!first) return;
    const lastPage = Math.max(first.lastPage, second?.lastPage ?? 0);
    const size = (lastPage + 1) * first.pageSize;
    if (readSync(file, new Uint8Array(1), 0, 1, size - 1) === 0) ftruncateSync(file, size);
  } finally {
    closeSync(file);
  }
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
  const word = (offset: number): number => bytes.getUint32(offset, true);
  if (word(META.magic) !== MAGIC || word(META.format) !== FORMAT) return undefined;
  return { pageSize: word(META.pageSize), lastPage: Number(bytes.getBigUint64(META.lastPage, true)) };
}
