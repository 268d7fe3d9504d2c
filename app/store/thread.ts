/** The store's thread, seen from outside: one request at a time, each answered. */
import type { Worker } from 'node:worker_threads';
import { startModule } from '../module-thread.ts';
import type { Batch } from './batch.ts';
import type { KeptRecord } from './records.ts';
import type { StoreAnswer, StoreRequest, StoreThreadData } from './store-thread.ts';

/** The database has refused; the message says why. */
export class StoreProblem extends Error {
  override name = 'StoreProblem';
  /** The file is not what LMDB has written. */
  readonly isDamage: boolean;

  constructor({ code, message }: { readonly code: number; readonly message: string }) {
    super(DAMAGE[code] ?? PROBLEMS[code] ?? message);
    this.isDamage = code in DAMAGE;
  }
}

/** Of lmdb.h. */
const DAMAGE: Readonly<Record<number, string>> = {
  [-30797]: 'a page is missing',
  [-30796]: 'a page is not what it should be',
  [-30794]: 'the file has another version of LMDB',
  [-30793]: 'the file is not one of LMDB',
};

/** Of errno.h, as far as they are the same everywhere; 122 is Linux. */
const PROBLEMS: Readonly<Record<number, string>> = {
  1: 'no permission',
  5: 'the device fails',
  13: 'no permission',
  27: 'the file would be larger than the system allows',
  28: 'no space left on the device',
  30: 'a read-only file system',
  122: 'the disk quota is used up',
};

interface Waiting {
  resolve(answer: StoreAnswer): void;
  reject(error: Error): void;
}

export class StoreThread {
  /** All there was at opening. */
  readonly records: readonly KeptRecord[];
  readonly #worker: Worker;
  readonly #end: Promise<void>;
  readonly #waiting: Waiting[];
  #gone: Error | undefined;

  private constructor(worker: Worker, records: readonly KeptRecord[]) {
    this.records = records;
    this.#worker = worker;
    this.#waiting = [];
    worker.on('message', (answer: StoreAnswer) => this.#waiting.shift()?.resolve(answer));
    worker.on('error', (error) => this.#fail(error));
    this.#end = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#fail(new Error("the store's thread has ended"));
        resolve();
      });
    });
  }

  /** @throws {StoreProblem} */
  static async open(file: string): Promise<StoreThread> {
    const workerData: StoreThreadData = { file };
    const worker = startModule('./store-thread', import.meta.url, { workerData });
    const first = await firstAnswer(worker);
    if (first.ok) return new StoreThread(worker, first.records);
    await worker.terminate();
    throw new StoreProblem(first);
  }

  /** Resolves when it is on the disk. @throws {StoreProblem} when nothing of it is. */
  async write(batch: Batch): Promise<void> {
    const answer = await this.#ask({ do: 'write', batch });
    if (!answer.ok) throw new StoreProblem(answer);
  }

  async close(): Promise<void> {
    if (this.#gone === undefined) await this.#ask({ do: 'close' });
    await this.#end;
  }

  #ask(request: StoreRequest): Promise<StoreAnswer> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  #fail(error: Error): void {
    this.#gone ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#gone);
  }
}

function firstAnswer(worker: Worker): Promise<StoreAnswer> {
  return new Promise((resolve) => {
    const fail = ({ message }: Error): void => resolve({ ok: false, code: 0, message });
    worker.once('error', fail);
    worker.once('exit', () => fail(new Error('its thread has ended at once')));
    worker.once('message', (answer: StoreAnswer) => {
      worker.off('error', fail);
      resolve(answer);
    });
  });
}
