/**
 * The thread that waits for the disk, so that nobody else does. Transactions are synchronous here: each is synced before it returns
 * (LMDB's default), and one that fails is undone and says so. (The asynchronous ones of the package end the process when the disk is full.)
 */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { open, type RootDatabase } from 'lmdb';
import type { Batch } from './batch.ts';
import type { KeptRecord } from './records.ts';

export interface StoreThreadData {
  /** The database's file. */
  readonly file: string;
}

export type StoreRequest = { readonly do: 'write'; readonly batch: Batch } | { readonly do: 'close' };

/** Answers come in the order of the requests; the first is to the opening. */
export type StoreAnswer =
  | { readonly ok: true; readonly records: readonly KeptRecord[] }
  /** `code`: of LMDB (negative) or the system (errno). */
  | { readonly ok: false; readonly code: number; readonly message: string };

const NO_SPACE = 28;
/** The environment does not trust itself any more; it has to be opened anew. */
const PANIC = -30795;

/** What a transaction may take besides its texts, whatever the shape of the tree. */
const SPACE_PER_BATCH = 64 * 1024;
const SPACE_PER_RECORD = 16 * 1024;

const { file } = workerData as StoreThreadData;
const port = parentPort;

const openDatabase = (): RootDatabase<string, string> =>
  open({ path: file, noSubdir: true, encoding: 'string', overlappingSync: false });

let database: RootDatabase<string, string> | undefined;

port?.postMessage(
  attempt(() => {
    database = openDatabase();
    return [...database.getRange()].map(({ key, value }): KeptRecord => [key, value]);
  }),
);

port?.on('message', async (request: StoreRequest) => {
  if (request.do === 'write') {
    port.postMessage(await written(request.batch));
    return;
  }
  await database?.close();
  port.postMessage({ ok: true, records: [] } satisfies StoreAnswer);
  port.close();
});

async function written(batch: Batch): Promise<StoreAnswer> {
  const answer = attempt(() => write(batch));
  if (answer.ok || answer.code !== PANIC) return answer;
  await database?.close();
  database = undefined;
  return attempt(() => write(batch));
}

function write({ clear, records }: Batch): readonly KeptRecord[] {
  checkSpace(records);
  database ??= openDatabase();
  const db = database;
  db.transactionSync(() => {
    if (clear) db.clearSync();
    for (const [key, text] of records) {
      if (text === null) db.removeSync(key);
      else db.putSync(key, text);
    }
  });
  return [];
}

/** Asked first, since LMDB itself writes a line to stderr whenever the disk is full. */
function checkSpace(records: Batch['records']): void {
  let needed = SPACE_PER_BATCH;
  for (const text of records.values()) needed += SPACE_PER_RECORD + 3 * (text?.length ?? 0);
  if (freeBytes() < needed) throw Object.assign(new Error('no space'), { code: NO_SPACE });
}

/** Infinity where a file system does not tell. */
function freeBytes(): number {
  const { bavail, bsize, blocks } = statfsSync(dirname(file));
  return blocks === 0 ? Infinity : bavail * bsize;
}

function attempt(act: () => readonly KeptRecord[]): StoreAnswer {
  try {
    return { ok: true, records: act() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : 0;
    return { ok: false, code, message: error instanceof Error ? error.message : String(error) };
  }
}
