import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inTemporaryFolder, ROOT } from '../../support/cli.ts';
import { ExpectedKept, keptText } from '../../support/store-stream.ts';
import { Xoshiro } from '../../support/xoshiro.ts';

/** Two stores at a time, one for each core. */
const LANES = [1, 2];
const KILLS_EACH = 100;
/** A start from the sources would take ten times as long. */
async function bundleWriter(folder: string): Promise<string> {
  await build({
    entryPoints: {
      'store-writer': join(ROOT, 'test/support/store-writer.ts'),
      'store-thread': join(ROOT, 'app/store/store-thread.ts'),
    },
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['lmdb'],
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return join(folder, 'store-writer.js');
}

interface Killed {
  /** What the process found at its start; undefined when it was killed before it could say. */
  readonly found: number | undefined;
  readonly kept: string;
  readonly acknowledged: readonly number[];
  readonly errors: string;
}

/** When it dies: so many ms after its start, or so many ms after so many acknowledged writes. */
interface Death {
  readonly afterWrites: number;
  readonly afterMs: number;
}

async function lifeOf(args: readonly string[], { afterWrites, afterMs }: Death): Promise<Killed> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = ended(child);
  let found: number | undefined;
  let kept = '';
  let errors = '';
  const acknowledged: number[] = [];
  const kill = async (): Promise<void> => {
    await sleep(afterMs);
    child.kill('SIGKILL');
  };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const [word, text = ''] = line.split(/ (.*)/s);
    if (word === 'found') found = Number(text);
    else if (word === 'kept') kept = text;
    else if (word === 'acknowledged') acknowledged.push(Number(text));
    if (acknowledged.length === afterWrites) void kill();
  });
  if (afterWrites === 0) void kill();
  assert.is(await end, 'SIGKILL', errors);
  return { found, kept, acknowledged, errors };
}

/** Resolves with the signal when all that it said has been read. */
const ended = (child: ChildProcess): Promise<NodeJS.Signals | null> =>
  new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)));

/** Answers how many writes were kept. */
async function killAgainAndAgain(writer: string, folder: string, seed: number): Promise<number> {
  const random = new Xoshiro(seed);
  const upTo = (limit: number): number => Math.floor(random.u() * limit);
  const expected = new ExpectedKept(seed);
  let promised = 0;
  for (let kills = 0; kills < KILLS_EACH; ) {
    // One of ten dies while it starts, which does not count.
    const afterWrites = upTo(10) === 0 ? 0 : 1 + upTo(30);
    const width = 1 + upTo(12);
    const death = { afterWrites, afterMs: afterWrites === 0 ? upTo(250) : upTo(4) };
    const { found, kept, acknowledged, errors } = await lifeOf(
      [writer, folder, `${seed}`, `${width}`],
      death,
    );
    assert.is(errors, '');
    if (found === undefined) continue;
    assert.ok(found >= promised, `${promised} were acknowledged, ${found} are there`);
    // Not more than half of it, and not less: each change names several ids.
    assert.is(kept, keptText(expected.advanceTo(found)), `after ${found}`);
    assert.equal(
      acknowledged,
      acknowledged.map((_, index) => found + 1 + index),
    );
    promised = acknowledged.at(-1) ?? found;
    if (afterWrites > 0) kills++;
  }
  assert.ok(readdirSync(folder).length <= 3, 'what killed processes leave behind is cleared away');
  return promised;
}

test('of writes to a process that is killed, again and again, none that was acknowledged is lost, and none is there in part', async () => {
  await inTemporaryFolder(async (folder) => {
    const writer = await bundleWriter(folder);
    const lanes = LANES.map((seed) => killAgainAndAgain(writer, join(folder, `store-${seed}`), seed));
    // To the end, also when one fails: no process outlives its folder.
    await Promise.allSettled(lanes);
    for (const kept of await Promise.all(lanes)) assert.ok(kept >= KILLS_EACH);
  });
});

test.run();
