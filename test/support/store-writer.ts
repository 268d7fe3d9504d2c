/**
 * A process that only writes to a store, to be killed. It says what it found, then goes on where that ends, and says of each change when it
 * is kept; several are under way at a time. Arguments: folder, seed, how many at a time.
 */
import { writeSync } from 'node:fs';
import { openStore } from '../../app/store/lmdb-store.ts';
import { changeOf, countIn, keptText } from './store-stream.ts';

/** At once: what was said before a kill has been said. */
function say(word: string, text: string | number): void {
  let rest = Buffer.from(`${word} ${text}\n`);
  while (rest.length > 0) rest = rest.subarray(written(rest));
}

/** How many bytes went. A reader who is busy has a full pipe: then it waits a moment. */
function written(bytes: Buffer): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(MOMENT, 0, 0, 1);
    return 0;
  }
}

const MOMENT = new Int32Array(new SharedArrayBuffer(4));

const [folder = '', seed = '', width = ''] = process.argv.slice(2);
const store = await openStore(folder, { scenario: 'stream', version: '0.0.0' });
say('found', countIn(store.kept));
say('kept', keptText(store.kept));

let number = countIn(store.kept);
async function writeOn(): Promise<void> {
  for (;;) {
    number++;
    const own = number;
    await store.write(changeOf(Number(seed), own));
    say('acknowledged', own);
  }
}

await Promise.all(Array.from({ length: Number(width) }, writeOn));
