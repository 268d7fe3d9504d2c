/**
 * A store in a folder, on LMDB: a transaction is there whole or not at all, whenever the process or the machine dies. While one is on
 * its way to the disk, further writes gather into the next one, so that many share a sync. LMDB itself is loaded by the thread only.
 */
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EnvironmentError, UsageError } from '../faults.ts';
import { kindOf, makeFolders, namesIn, syncFolder } from '../files.ts';
import type { Changes } from '../operation/run.ts';
import { type Batch, emptyBatch, isEmptyBatch, joined } from './batch.ts';
import { DATA_FILE, inspectDataFile, isSound, LOCK_FILE, prepareLockFile } from './data-file.ts';
import { FolderClaim, isClaim } from './folder-claim.ts';
import {
  BadRecord,
  isObject,
  type KeptAndOrders,
  type KeptRecord,
  RecordWriter,
  readJson,
  readRecords,
} from './records.ts';
import type { Kept, Store } from './store.ts';
import { StoreProblem, StoreThread } from './thread.ts';

/** Of the records. Another one is another number. */
const FORMAT = 1;
/** Where the store says what it is. */
const META_KEY = 'meta';

export interface StoreOptions {
  /** The scenario's name; a folder belongs to one. */
  readonly scenario: string;
  /** Of netpersona. */
  readonly version: string;
  /** Ids of the scenario's personalities. Without them, each that was ever deleted is remembered. */
  readonly declared?: ReadonlySet<string>;
}

/**
 * Opens the store in a folder, or makes one.
 *
 * @throws {UsageError} when the folder is something else, is damaged, belongs to another scenario or a newer netpersona, or is in use.
 * @throws {EnvironmentError} when it cannot be written.
 */
export async function openStore(folder: string, options: StoreOptions): Promise<Store> {
  const path = placeOf(folder);
  makeFolders(path);
  const claim = await FolderClaim.take(path);
  let thread: StoreThread | undefined;
  try {
    checkContent(path);
    const file = join(path, DATA_FILE);
    prepareLockFile(join(path, LOCK_FILE));
    checkDataFile(file, path, claim.isAfterOutage);
    thread = await opened(file, path);
    const found = read(thread.records, path, options);
    const meta = JSON.stringify({ format: FORMAT, scenario: options.scenario, version: options.version });
    const store = new LmdbStore({ path, claim, thread, meta, found, declared: options.declared });
    await store.begin();
    syncFolder(path);
    return store;
  } catch (error) {
    await thread?.close();
    claim.release();
    throw error;
  }
}

/** The folder's path without links, whether or not it exists yet. */
function placeOf(folder: string): string {
  if (folder === '') throw new UsageError('--data needs the name of a folder');
  if (folder.includes('\0')) throw new UsageError(`cannot use ${folder}: a name with a zero character`);
  const path = resolve(folder);
  const kind = kindOf(path);
  if (kind === 'nothing') return path;
  const place = realPath(path);
  if (place === undefined || kindOf(place) !== 'folder')
    throw new UsageError(`${path} exists and is not a folder`);
  if (!isFree(place)) checkContent(place);
  return place;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // A link to nowhere, or in circles.
    return undefined;
  }
}

const isFree = (path: string): boolean => namesIn(path).length === 0;

/** Before anything is written there, and again when nobody else can. */
function checkContent(path: string): void {
  const kind = kindOf(join(path, DATA_FILE));
  if (kind === 'file') return;
  if (kind !== 'nothing') throw new UsageError(`${join(path, DATA_FILE)} is not a file`);
  const foreign = namesIn(path).filter(
    (name) => name !== LOCK_FILE && !isClaim(name) && name !== 'lost+found',
  );
  if (foreign.length === 0) return;
  const examples = foreign.slice(0, 3).join(', ') + (foreign.length > 3 ? ', …' : '');
  throw new UsageError(
    `${path} is no store, and holds other files (${examples}); name a new or an empty folder`,
  );
}

/** After an outage too, since not every disk has written what it said it had. */
function checkDataFile(file: string, path: string, isAfterOutage: boolean): void {
  const state = inspectDataFile(file);
  if (state === 'foreign') throw damaged(path, 'the file is not one of LMDB, or has lost its beginning');
  const isDoubtful = state === 'doubtful' || isAfterOutage;
  if (isDoubtful && !isSound(file)) throw damaged(path, 'pages are missing or are not what they should be');
}

async function opened(file: string, path: string): Promise<StoreThread> {
  try {
    return await StoreThread.open(file);
  } catch (error) {
    if (!(error instanceof StoreProblem)) throw error;
    if (error.isDamage) throw damaged(path, error.message);
    throw new EnvironmentError(`cannot open the store in ${path}: ${error.message}`);
  }
}

const damaged = (path: string, what: string): UsageError =>
  new UsageError(`the store in ${path} is damaged: ${what}\nput back a copy, or name another folder`);

/** @throws {UsageError} */
function read(records: readonly KeptRecord[], path: string, options: StoreOptions): KeptAndOrders {
  const meta = records.find(([key]) => key === META_KEY);
  if (meta === undefined && records.length > 0) throw damaged(path, 'it does not say whose it is');
  if (meta !== undefined) checkMeta(meta[1], path, options);
  try {
    return readRecords(records.filter(([key]) => key !== META_KEY));
  } catch (error) {
    if (error instanceof BadRecord) throw damaged(path, error.message);
    throw error;
  }
}

function checkMeta(text: string, path: string, options: StoreOptions): void {
  const meta = readJson(text);
  const { format, scenario, version } = isObject(meta) ? meta : {};
  if (typeof format !== 'number' || typeof scenario !== 'string')
    throw damaged(path, 'it does not say whose it is');
  if (format !== FORMAT) {
    throw new UsageError(
      `the store in ${path} has format ${format}, made by netpersona ${String(version)}; this is ${options.version}, which reads format ${FORMAT}`,
    );
  }
  if (scenario === options.scenario) return;
  throw new UsageError(
    `the store in ${path} belongs to the scenario '${scenario}', and this is '${options.scenario}'; name another folder`,
  );
}

interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
}

interface Parts {
  readonly path: string;
  readonly claim: FolderClaim;
  readonly thread: StoreThread;
  readonly meta: string;
  readonly found: KeptAndOrders;
  readonly declared: ReadonlySet<string> | undefined;
}

class LmdbStore implements Store {
  readonly kept: Kept;
  readonly #parts: Parts;
  readonly #writer: RecordWriter;
  /** What the next transaction does, and who waits for it. */
  #next = emptyBatch();
  #waiting: Waiting[] = [];
  /** Settles when nothing is under way. */
  #working: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.kept = parts.found.kept;
    this.#parts = parts;
    this.#writer = new RecordWriter(parts.found, parts.declared);
  }

  /** Says whose it is. Also shows that the disk takes writes. */
  begin(): Promise<void> {
    return this.#add({ clear: false, records: new Map([[META_KEY, this.#parts.meta]]) });
  }

  write(changes: Changes): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(new Error('a write to a store that is closed'));
    const batch = this.#writer.batchOf(changes);
    if (batch.clear) batch.records.set(META_KEY, this.#parts.meta);
    return this.#add(batch);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #add(batch: Batch): Promise<void> {
    this.#next = joined(this.#next, batch);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#working ??= this.#work();
    });
  }

  async #work(): Promise<void> {
    // Whatever else comes in this turn goes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      const failure = await this.#commit();
      for (const { resolve, reject } of waiting) {
        if (failure === undefined) resolve();
        else reject(failure);
      }
    }
    this.#working = undefined;
  }

  /** What failed stays a part of the next one. */
  async #commit(): Promise<EnvironmentError | undefined> {
    const batch = this.#next;
    this.#next = emptyBatch();
    try {
      await this.#parts.thread.write(batch);
      return undefined;
    } catch (error) {
      this.#next = joined(batch, this.#next);
      const why = error instanceof Error ? error.message : String(error);
      return new EnvironmentError(`cannot write to the store in ${this.#parts.path}: ${why}`);
    }
  }

  async #close(): Promise<void> {
    await this.#working;
    const failure = isEmptyBatch(this.#next) ? undefined : await this.#commit();
    await this.#parts.thread.close();
    this.#parts.claim.release();
    if (failure !== undefined) throw failure;
  }
}
