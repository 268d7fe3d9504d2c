/**
 * A process that only writes to a store, to be killed. It says what it found, then goes on where that ends, and says of each change when it
 * is kept; several are under way at a time. Arguments: folder, seed, how many at a time.
 */
import { writeSync } from 'node:fs';
import { openStore } from '../../app/store/lmdb-store.ts';
import { changeOf, countIn, keptText } from './store-stream.ts';

/** At once: what was said before a kill has been said. */
const say = (word: string, text: string | number): void => {
  writeSync(1, `${word} ${text}\n`);
};

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
