import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { open } from 'lmdb';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exitCodeOf } from '../../../app/faults.ts';
import type { Changes } from '../../../app/operation/run.ts';
import { openStore, type StoreOptions } from '../../../app/store/lmdb-store.ts';
import type { Kept } from '../../../app/store/store.ts';
import { inTemporaryFolder } from '../../support/cli.ts';

const OPTIONS: StoreOptions = { scenario: 'lab', version: '1.2.3' };
const NOTHING: Changes = { reset: false, personalities: [], assignments: [] };
const DATA = 'netpersona.mdb';

const personality = (id: string, latencyMs: number): Changes => ({
  ...NOTHING,
  personalities: [{ id, profile: { latencyMs } }],
});

/** Opened, written to in order, closed. */
async function write(folder: string, changes: readonly Changes[] = [], options = OPTIONS): Promise<void> {
  const store = await openStore(folder, options);
  await Promise.all(changes.map((each) => store.write(each)));
  await store.close();
}

async function keptIn(folder: string, options = OPTIONS): Promise<Kept> {
  const store = await openStore(folder, options);
  await store.close();
  return store.kept;
}

/** What refuses the folder. */
async function refusal(folder: string, options = OPTIONS): Promise<Error> {
  const error: unknown = await write(folder, [], options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, Error);
  return error as Error;
}

async function refusedAs(code: number, message: RegExp, folder: string, options = OPTIONS): Promise<void> {
  const error = await refusal(folder, options);
  assert.is(exitCodeOf(error), code, error.stack);
  assert.match(error.message, message);
  if (folder !== '') assert.ok(error.message.includes(folder), error.message);
}

/** Writes past the store. */
async function tamper(folder: string, act: (database: ReturnType<typeof open>) => void): Promise<void> {
  const database = open({
    path: join(folder, DATA),
    noSubdir: true,
    encoding: 'string',
    overlappingSync: false,
  });
  database.transactionSync(() => act(database));
  await database.close();
}

/** A file system of its own with so little room; the test is skipped where nobody may mount one. */
async function onDisk(options: string, use: (disk: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]);
    if (mounted.status !== 0)
      return console.log('not tested: a disk of its own needs the right to mount one');
    try {
      await use(disk);
    } finally {
      // Also when a test failed with a file still open.
      spawnSync('umount', ['-l', disk]);
    }
  });
}

test('what was written is there at the next opening: in order of creation, what is deleted as such', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, 'deep', 'er');
    assert.is((await keptIn(path)).personalities.size, 0);
    await write(path, [
      personality('zoe', 1),
      personality('ann', 2),
      { ...NOTHING, personalities: [{ id: 'gone', profile: null }, ...personality('bob', 3).personalities] },
      personality('zoe', 4),
      {
        ...NOTHING,
        assignments: [
          {
            vm: 'server',
            assigned: [
              { personality: 'zoe', ttl: null },
              { personality: 'ann', from: { vm: 'client' }, ttl: 5_000_000_000 },
              { personality: 'ann', from: { network: 'lan' }, ttl: null },
              { personality: 'ann', from: { host: 'h1' }, ttl: null },
            ],
          },
          { vm: 'client', assigned: [] },
        ],
      },
    ]);
    const { personalities, assignments } = await keptIn(path);
    assert.equal(
      [...personalities],
      [
        ['zoe', { latencyMs: 4 }],
        ['ann', { latencyMs: 2 }],
        ['gone', null],
        ['bob', { latencyMs: 3 }],
      ],
    );
    assert.equal(
      [...assignments],
      [
        [
          'server',
          [
            { personality: 'zoe', ttl: null },
            { personality: 'ann', from: { vm: 'client' }, ttl: 5_000_000_000 },
            { personality: 'ann', from: { network: 'lan' }, ttl: null },
            { personality: 'ann', from: { host: 'h1' }, ttl: null },
          ],
        ],
        ['client', []],
      ],
    );
    // Who is deleted and comes back comes last.
    await write(path, [{ ...NOTHING, personalities: [{ id: 'zoe', profile: null }] }, personality('zoe', 5)]);
    assert.equal([...(await keptIn(path)).personalities.keys()], ['ann', 'gone', 'bob', 'zoe']);
  });
});

test('a reset clears everything, and what comes after it is kept', async () => {
  await inTemporaryFolder(async (folder) => {
    await write(folder, [personality('a', 1), { ...NOTHING, assignments: [{ vm: 'v', assigned: [] }] }]);
    await write(folder, [personality('b', 1), { ...NOTHING, reset: true }, personality('c', 2)]);
    const { personalities, assignments } = await keptIn(folder);
    assert.equal([...personalities], [['c', { latencyMs: 2 }]]);
    assert.is(assignments.size, 0);
    await write(folder, [{ ...NOTHING, reset: true }]);
    assert.is((await keptIn(folder)).personalities.size, 0);
  });
});

test('deleted personalities that the scenario never had leave nothing behind', async () => {
  await inTemporaryFolder(async (folder) => {
    const deleted = (id: string): Changes => ({ ...NOTHING, personalities: [{ id, profile: null }] });
    const declared = { ...OPTIONS, declared: new Set(['own']) };
    await write(folder, [personality('other', 1), deleted('other'), deleted('own')], declared);
    assert.equal([...(await keptIn(folder)).personalities], [['own', null]]);
  });
});

test('ids of any length and script fit, and so do large tables', async () => {
  await inTemporaryFolder(async (folder) => {
    const ids = ['\u{1d538}'.repeat(100), 'a/up', '\u00e9', '\u00e9'.normalize('NFD'), 'x'.repeat(5000)];
    const table = Array.from({ length: 16_384 }, (_, index) => index / 16_384 - 0.123456789);
    const profile = { 'jitter.distribution': 'table', 'jitter.table': table };
    await write(folder, [
      ...ids.map((id, index) => personality(id, index)),
      { ...NOTHING, personalities: Array.from({ length: 20 }, (_, at) => ({ id: `table${at}`, profile })) },
    ]);
    const { personalities } = await keptIn(folder);
    for (const [index, id] of ids.entries()) assert.equal(personalities.get(id), { latencyMs: index });
    assert.equal(personalities.get('table19'), profile);
  });
});

test('writes that come together are acknowledged in their order', async () => {
  await inTemporaryFolder(async (folder) => {
    const store = await openStore(folder, OPTIONS);
    const acknowledged: number[] = [];
    const numbers = Array.from({ length: 2_000 }, (_, index) => index);
    await Promise.all(
      numbers.map(async (number) => {
        if (number % 100 === 0) await new Promise(setImmediate);
        await store.write(personality(`p${number % 7}`, number));
        acknowledged.push(number);
      }),
    );
    await store.close();
    assert.is(acknowledged.length, 2_000);
    const later = acknowledged.filter((number) => number % 100 !== 0);
    assert.equal(
      later,
      [...later].sort((a, b) => a - b),
    );
  });
});

test('close waits for writes, can be asked twice, and is the end', async () => {
  await inTemporaryFolder(async (folder) => {
    const store = await openStore(folder, OPTIONS);
    let isWritten = false;
    void store.write(personality('a', 1)).then(() => {
      isWritten = true;
    });
    await Promise.all([store.close(), store.close()]);
    assert.ok(isWritten);
    const late: unknown = await store.write(personality('b', 1)).catch((error: unknown) => error);
    assert.instance(late, Error);
    assert.equal(readdirSync(folder).sort(), [DATA, `${DATA}-lock`]);
    assert.equal([...(await keptIn(folder)).personalities.keys()], ['a']);
  });
});

test('what is no folder for a store is refused, and left as it is', async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, 'file');
    writeFileSync(file, 'x');
    await refusedAs(2, /exists and is not a folder/, file);
    await refusedAs(2, /a part of the path is a file/, join(file, 'store'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
    await refusedAs(2, /exists and is not a folder/, join(folder, 'dangling'));
    await refusedAs(2, /needs the name of a folder/, '');
    await refusedAs(2, /a zero character/, 'a\0b');
    await refusedAs(2, /a name that is too long/, join(folder, 'n'.repeat(300)));

    const photos = join(folder, 'photos');
    mkdirSync(photos);
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']) writeFileSync(join(photos, name), name);
    await refusedAs(2, /is no store, and holds other files \(a.jpg, b.jpg, c.jpg, …\)/, photos);
    assert.equal(readdirSync(photos), ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']);

    const odd = join(folder, 'odd');
    mkdirSync(join(odd, DATA), { recursive: true });
    await refusedAs(2, /is not a file/, odd);

    if (process.platform !== 'linux') return;
    // Not even root makes folders there.
    await refusedAs(3, /cannot write \/proc\/store/, '/proc/store');
  });
});

test('a link to a folder is that folder', async () => {
  await inTemporaryFolder(async (folder) => {
    const real = join(folder, 'real');
    await write(real, [personality('a', 1)]);
    symlinkSync(real, join(folder, 'link'));
    const store = await openStore(join(folder, 'link'), OPTIONS);
    assert.ok(store.kept.personalities.has('a'));
    assert.match((await refusal(real)).message, /is in use/);
    await store.close();
  });
});

test('a folder belongs to one scenario, and to no older netpersona than made it', async () => {
  await inTemporaryFolder(async (folder) => {
    await write(folder, [personality('a', 1)]);
    const other = { ...OPTIONS, scenario: 'other' };
    await refusedAs(2, /belongs to the scenario 'lab', and this is 'other'/, folder, other);
    assert.ok((await keptIn(folder, { ...OPTIONS, version: '1.3.0' })).personalities.has('a'));
    const meta = JSON.stringify({ format: 2, scenario: 'lab', version: '9.0.0' });
    await tamper(folder, (database) => database.putSync('meta', meta));
    await refusedAs(
      2,
      /has format 2, made by netpersona 9\.0\.0; this is 1\.2\.3, which reads format 1/,
      folder,
    );
  });
});

test('damage is told, and where', async () => {
  const fresh = async (use: (folder: string) => Promise<void>) =>
    inTemporaryFolder(async (folder) => {
      await write(folder, [
        personality('a', 1),
        { ...NOTHING, assignments: [{ vm: 'v', assigned: [{ personality: 'a', ttl: null }] }] },
      ]);
      await use(folder);
    });
  const broken: readonly (readonly [value: unknown, key: RegExp, message: RegExp])[] = [
    [{ id: 'a', order: 0, value: { latencyMs: -1 } }, /^personality/, /a\.latencyMs.*-1/s],
    [{ id: 'a', order: 0, value: { latencyMiles: 1 } }, /^personality/, /a\.latencyMiles.*unknown field/s],
    [{ id: 'a', order: 0, value: 7 }, /^personality/, /'a' has no fields/],
    [{ id: 'b', order: 0, value: {} }, /^personality/, /'b' stands in a wrong place/],
    [{ id: 'a', value: {} }, /^personality/, /lacks what it should say/],
    [[1], /^personality/, /cannot be read/],
    [{ id: 'v', order: 0, value: {} }, /^vm/, /'v' has no list/],
    [{ id: 'v', order: 0, value: [{ personality: 'a', ttl: 0 }] }, /^vm/, /assignment of VM 'v'/],
    [
      { id: 'v', order: 0, value: [{ personality: 'a', ttl: null, from: {} }] },
      /^vm/,
      /assignment of VM 'v'/,
    ],
    [{ id: 'v', order: 0, value: [null] }, /^vm/, /assignment of VM 'v'/],
    [{ scenario: 'lab' }, /^meta/, /does not say whose it is/],
  ];
  await fresh(async (folder) => {
    for (const [value, pattern, message] of broken) {
      let before = '';
      let key = '';
      await tamper(folder, (database) => {
        key = [...database.getKeys()].map(String).find((each) => pattern.test(each)) ?? '';
        before = database.get(key) as string;
        database.putSync(key, JSON.stringify(value));
      });
      const error = await refusal(folder);
      assert.is(exitCodeOf(error), 2);
      assert.ok(error.message.startsWith(`the store in ${folder} is damaged: `), error.message);
      assert.match(error.message, message);
      await tamper(folder, (database) => database.putSync(key, before));
    }
    await tamper(folder, (database) => database.putSync('more', 'no JSON'));
    await refusedAs(2, /the entry more cannot be read/, folder);
    await tamper(folder, (database) => {
      database.removeSync('more');
      database.removeSync('meta');
    });
    await refusedAs(2, /does not say whose it is/, folder);
  });
});

test('a file that is none of LMDB, or not all of it, is damage, and no crash', async () => {
  await inTemporaryFolder(async (folder) => {
    const place = (name: string) => join(folder, name, DATA);
    mkdirSync(dirname(place('text')));
    writeFileSync(place('text'), 'Dear diary,\n'.repeat(1000));
    await refusedAs(2, /is damaged: the file is not one of LMDB/, dirname(place('text')));

    const table = Array.from({ length: 10_000 }, (_, index) => index);
    const large = { ...NOTHING, personalities: [{ id: 'a', profile: { 'bandwidth.trace': table } }] };
    const small = Array.from({ length: 200 }, (_, index) => personality(`p${index}`, index));
    await write(join(folder, 'whole'), [...small, large]);
    const whole = readFileSync(place('whole'));
    // In the middle of the tree, then of a table: LMDB maps the file, and what is not there would be a SIGBUS.
    for (const size of [100, 4096 + 100, 3 * 4096, 8 * 4096, Math.floor(whole.length / 2)]) {
      const cut = dirname(place(`cut${size}`));
      mkdirSync(cut);
      writeFileSync(join(cut, DATA), whole);
      truncateSync(join(cut, DATA), size);
      await refusedAs(2, /is damaged/, cut);
    }

    // A machine that lost its power left blocks of zeros; its claim tells.
    const holed = join(folder, 'holed');
    mkdirSync(holed);
    writeFileSync(join(holed, DATA), Buffer.from(whole).fill(0, 2 * 4096, whole.length - 4096));
    const claim = join(holed, '.netpersona-00000000-1-1');
    writeFileSync(claim, '');
    utimesSync(claim, new Date(0), new Date(0));
    await refusedAs(2, /is damaged: pages are missing or are not what they should be/, holed);

    // That the end is missing does not matter when nothing is in it: the number of the last page, in both meta pages, is one more.
    const short = join(folder, 'short');
    mkdirSync(short);
    const longer = Buffer.from(whole);
    for (const meta of [0, 4096]) longer.writeUInt32LE(longer.readUInt32LE(meta + 144) + 1, meta + 144);
    writeFileSync(join(short, DATA), longer);
    await write(short, [personality('p0', 7)]);
    assert.equal((await keptIn(short)).personalities.get('p0'), { latencyMs: 7 });
    assert.is((await keptIn(short)).personalities.size, 201);
  });
});

test('a disk that is full refuses writes; when there is room again, they are made up for', async () => {
  await onDisk('size=8m', async (disk) => {
    const folder = join(disk, 'store');
    const large = (id: string): Changes => ({
      ...NOTHING,
      personalities: ['/1', '/2'].map((half) => ({
        id: id + half,
        profile: { 'bandwidth.trace': Array.from({ length: 5_000 }, (_, index) => index) },
      })),
    });
    const store = await openStore(folder, OPTIONS);
    const filler = join(disk, 'filler');
    writeFileSync(filler, new Uint8Array(7 * 1024 * 1024));
    const written: string[] = [];
    const refused: string[] = [];
    for (let number = 0; number < 30; number++) {
      const id = `p${number}`;
      const error: unknown = await store.write(large(id)).catch((reason: unknown) => reason);
      if (error === undefined) written.push(id);
      else {
        refused.push(id);
        assert.is(exitCodeOf(error), 3);
        const message = (error as Error).message;
        assert.is(message, `cannot write to the store in ${folder}: no space left on the device`);
      }
    }
    assert.ok(written.length > 3 && refused.length > 3);
    const closing: unknown = await store.close().catch((reason: unknown) => reason);
    assert.match((closing as Error).message, /no space left on the device/);

    // None is there by halves. A little room is left, and little is needed to open it.
    const ids = (names: readonly string[]) => names.flatMap((id) => [`${id}/1`, `${id}/2`]);
    assert.equal([...(await keptIn(folder)).personalities.keys()], ids(written));

    const again = await openStore(folder, OPTIONS);
    const outcomes = await Promise.all(
      refused.map((id) =>
        again.write(large(id)).then(
          () => true,
          () => false,
        ),
      ),
    );
    assert.not(outcomes.includes(true), 'together they are too large');
    rmSync(filler);
    // The next one takes along what is still owed: orders have effects on each other.
    await again.write({ ...NOTHING, personalities: [{ id: 'p0/1', profile: null }] });
    await again.close();
    const kept = [...(await keptIn(folder)).personalities.keys()];
    assert.equal(kept.sort(), ids([...written, ...refused]).sort());
  });
});

test('a store cannot begin on a full disk, nor on a read-only one', async () => {
  await onDisk('size=256k', async (disk) => {
    writeFileSync(join(disk, 'filler'), new Uint8Array(252 * 1024));
    await refusedAs(3, /no space left on the device/, join(disk, 'store'));
    rmSync(join(disk, 'filler'));
    await write(join(disk, 'store'), [personality('a', 1)]);
    assert.is(spawnSync('mount', ['-o', 'remount,ro', disk]).status, 0);
    await refusedAs(3, /a read-only file system/, join(disk, 'store'));
    await refusedAs(3, /a read-only file system/, join(disk, 'another'));
    assert.ok(statSync(join(disk, 'store', DATA)).size > 0);
    assert.not(existsSync(join(disk, 'another')));
  });
});

test.run();
