import { spawn } from 'node:child_process';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FolderClaim } from '../../../app/store/folder-claim.ts';
import { inTemporaryFolder } from '../../support/cli.ts';

/** `.netpersona-PLACE-PID-START` of this process. */
async function ownParts(folder: string): Promise<readonly [place: string, pid: string, start: string]> {
  const claim = await FolderClaim.take(folder);
  const [, place = '', pid = '', start = ''] = readdirSync(folder)[0]?.slice(1).split('-') ?? [];
  claim.release();
  return [place, pid, start];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const taking = async (folder: string): Promise<string> => {
  try {
    (await FolderClaim.take(folder)).release();
    return 'taken';
  } catch (error) {
    return messageOf(error);
  }
};

test('one at a time, and again after a release', async () => {
  await inTemporaryFolder(async (folder) => {
    const claim = await FolderClaim.take(folder);
    assert.match(await taking(folder), new RegExp(`is in use \\(process ${process.pid}\\)`));
    claim.release();
    assert.is(await taking(folder), 'taken');
    assert.equal(readdirSync(folder), []);
  });
});

test('a living process keeps it, a killed one does not, nor one that only has the number', async () => {
  await inTemporaryFolder(async (folder) => {
    const [place, pid, start] = await ownParts(folder);
    assert.is(pid, String(process.pid));
    const claimOf = (number: number | undefined, begun: string) =>
      writeFileSync(join(folder, `.netpersona-${place}-${number}-${begun}`), '');

    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const end = new Promise((resolve) => child.on('exit', resolve));
    claimOf(child.pid, '0');
    assert.match(await taking(folder), new RegExp(`is in use \\(process ${child.pid}\\)`));
    child.kill('SIGKILL');
    await end;
    assert.is(await taking(folder), 'taken');
    assert.equal(readdirSync(folder), []);

    if (start === '0') return;
    // This process lives, and began at another time than that one.
    claimOf(process.pid, String(Number(start) - 1));
    assert.is(await taking(folder), 'taken');
    assert.equal(readdirSync(folder), []);
  });
});

test('where process numbers mean nothing, the one that is touched lives, and the silent one does not', async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, '.netpersona-00000000-1-1');
    writeFileSync(file, '');
    const beats = setInterval(() => utimesSync(file, new Date(), new Date()), 100);
    try {
      assert.match(await taking(folder), /is in use \(process 1\)/);
    } finally {
      clearInterval(beats);
    }
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(file, longAgo, longAgo);
    assert.is(await taking(folder), 'taken');
    assert.equal(readdirSync(folder), []);
  });
});

test('other files are left alone', async () => {
  await inTemporaryFolder(async (folder) => {
    const names = ['.netpersona-1', 'netpersona-00000000-1-1', '.netpersona-00000000-1-1.txt'].sort();
    for (const name of names) writeFileSync(join(folder, name), '');
    assert.is(await taking(folder), 'taken');
    assert.equal(readdirSync(folder).sort(), names);
  });
});

test.run();
