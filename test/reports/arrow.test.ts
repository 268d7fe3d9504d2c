import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Table, tableFromIPC } from 'apache-arrow';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadScenario } from '../../app/scenario-file.ts';
import { Session } from '../../app/session.ts';
import { ArrowSink, BATCH_ROWS } from '../../reports/arrow.ts';
import { PACKET_COLUMNS, PacketSink } from '../../reports/packets.ts';
import type { Summary } from '../../reports/summary.ts';
import { Fate } from '../../sim/index.ts';
import { Files, flow, namesOf, type Row, tell } from './support.ts';

const names = namesOf([flow({ id: 'stream' }), flow({ id: 'pings' })]);

const bytesOf = (files: Files, name: string): Uint8Array => Buffer.concat(files.bytes.get(name) ?? []);
const tableOf = (files: Files): Table => tableFromIPC(bytesOf(files, 'packets.arrow'));

function written(rows: readonly Row[], chunk = 1000): Files {
  const files = new Files();
  const sink = new ArrowSink(names, files.open);
  tell(sink, rows, chunk);
  sink.finish();
  assert.ok(files.closed.has('packets.arrow'));
  return files;
}

/** As packets.csv has them: nothing for null. */
const linesOf = (table: Table): string[] =>
  [...table].map((row) =>
    PACKET_COLUMNS.map((column) => {
      const value: unknown = row?.[column];
      return value === null ? '' : String(value);
    }).join(','),
  );

const csvLines = (text: string): string[] => text.trimEnd().split('\n').slice(1);

test('the columns are those of packets.csv, with types', () => {
  const { schema } = tableOf(written([{}]));
  assert.equal(
    schema.fields.map(({ name, type, nullable }) => [name, String(type), nullable]),
    [
      ['id', 'Int64', false],
      ['copyOf', 'Int64', true],
      ['fragmentOf', 'Int64', true],
      ['flow', 'Dictionary<Int32, Utf8>', true],
      ['from', 'Dictionary<Int32, Utf8>', true],
      ['to', 'Dictionary<Int32, Utf8>', true],
      ['routedTo', 'Dictionary<Int32, Utf8>', true],
      ['size', 'Int32', false],
      ['sentNs', 'Int64', false],
      ['shapedNs', 'Int64', true],
      ['deliveredNs', 'Int64', true],
      ['fate', 'Dictionary<Int8, Utf8>', false],
    ],
  );
  assert.equal(
    schema.fields.map(({ name }) => name),
    [...PACKET_COLUMNS],
  );
});

test('a packet is a row; what it has not is null', () => {
  const late = 2 ** 52 + 1;
  const table = tableOf(
    written([
      { sentNs: 5, shapedNs: 7, endNs: 2 ** 32, size: 1500 },
      { copyOf: 1, fragmentOf: 2 ** 33 + 5, flow: 1, from: 1, to: 0, path: 1, endNs: late, shapedNs: late },
      { flow: -1, from: -1, to: -1, path: 0, fate: Fate.loss, sentNs: 2 ** 31, endNs: 2 ** 31 },
    ]),
  );
  const none = { copyOf: null, fragmentOf: null };
  const rows = [...table].map((row) => row?.toJSON());
  assert.equal(rows, [
    // biome-ignore format: a row a line
    { id: 1n, ...none, flow: 'stream', from: 'a', to: 'b', routedTo: 'b', size: 1500, sentNs: 5n, shapedNs: 7n, deliveredNs: 2n ** 32n, fate: 'delivered' },
    // biome-ignore format: a row a line
    { id: 2n, copyOf: 1n, fragmentOf: 2n ** 33n + 5n, flow: 'pings', from: 'b', to: 'a', routedTo: 'a', size: 1000, sentNs: 0n, shapedNs: BigInt(late), deliveredNs: BigInt(late), fate: 'delivered' },
    // biome-ignore format: a row a line
    { id: 3n, ...none, flow: null, from: null, to: null, routedTo: null, size: 1000, sentNs: 2n ** 31n, shapedNs: null, deliveredNs: null, fate: 'loss' },
  ]);
  const nulls = PACKET_COLUMNS.map((column) => table.getChild(column)?.nullCount);
  assert.equal(nulls, [0, 2, 2, 1, 1, 1, 1, 0, 0, 1, 1, 0]);
});

test('a run without packets is a table without rows', () => {
  const table = tableOf(written([]));
  assert.is(table.numRows, 0);
  assert.is(table.schema.fields.length, PACKET_COLUMNS.length);
});

/** As many packets, each unlike the next, that end in blocks of `block`, each block in reverse. */
function shuffled(count: number, block: number): Row[] {
  const rows: Row[] = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    flow: index % 3 === 0 ? -1 : index % 2,
    copyOf: index % 7 === 0 ? index : 0,
    fragmentOf: index % 11 === 0 ? index : 0,
    to: index % 5 === 0 ? -1 : index % 9,
    path: index % 4,
    size: 20 + (index % 1480),
    sentNs: index * 1e6,
    shapedNs: index % 13 === 0 ? Number.NaN : index * 1e6 + 1,
    endNs: index * 1e6 + 5,
    fate: index % 17 === 0 ? Fate.queue : Fate.delivered,
  }));
  const out: Row[] = [];
  for (let first = 0; first < count; first += block) out.push(...rows.slice(first, first + block).reverse());
  return out;
}

function sameAsCsv(rows: readonly Row[], chunk: number): Table {
  const files = written(rows, chunk);
  const csv = new PacketSink(names, files.open);
  tell(csv, rows, chunk);
  csv.close();
  const table = tableOf(files);
  assert.equal(linesOf(table), csvLines(files.text('packets.csv')));
  return table;
}

test('rows are in the order of packets.csv, in batches of one size', () => {
  const count = 2 * BATCH_ROWS + 77;
  const table = sameAsCsv(shuffled(count, 1000), 300);
  assert.equal(
    table.batches.map(({ numRows }) => numRows),
    [BATCH_ROWS, BATCH_ROWS, 77],
  );
  // The first one ends last: all wait for it.
  const rows = shuffled(count, count);
  assert.equal(linesOf(sameAsCsv(rows, 4096)).length, count);
});

test('batches are filled again and again, and nothing of the one before is left', () => {
  sameAsCsv(shuffled(6 * BATCH_ROWS + 5, 64), 2048);
});

test('ids that never come leave no row', () => {
  const rows = shuffled(200, 1).filter((_, index) => index % 10 !== 3);
  assert.is(sameAsCsv(rows, 50).numRows, 180);
});

test('a text stands once in its dictionary, however many addresses have it', () => {
  const files = new Files();
  const sink = new ArrowSink({ ...names, address: (id) => (id < 5 ? 'a' : `10.0.0.${id}`) }, files.open);
  tell(
    sink,
    [0, 3, 7, 4, 7].map((to) => ({ to })),
  );
  sink.finish();
  const column = tableOf(files).getChild('to');
  assert.equal([...(column ?? [])], ['a', 'a', '10.0.0.7', 'a', '10.0.0.7']);
  assert.equal([...(column?.data[0]?.dictionary ?? [])], ['a', '10.0.0.7']);
});

test('the file is laid out as the format says', () => {
  const bytes = Buffer.from(bytesOf(written(shuffled(100, 10)), 'packets.arrow'));
  // Arrow columnar format, IPC file: magic, padding to 8, a schema message, …, the footer, its length, magic.
  assert.is(bytes.toString('latin1', 0, 8), 'ARROW1\0\0');
  assert.is(bytes.readUInt32LE(8), 0xffffffff);
  assert.is((bytes.readUInt32LE(12) + 16) % 8, 0);
  assert.is(bytes.toString('latin1', bytes.length - 6), 'ARROW1');
  const footer = bytes.length - 10 - bytes.readUInt32LE(bytes.length - 10);
  // The end of the stream stands before the footer.
  assert.equal([bytes.readUInt32LE(footer - 8), bytes.readUInt32LE(footer - 4)], [0xffffffff, 0]);
});

test('an abandoned file is closed', () => {
  const files = new Files();
  new ArrowSink(names, files.open).abandon();
  assert.ok(files.closed.has('packets.arrow'));
});

/** The packets of a scenario of the library, both ways. */
async function library(name: string): Promise<Files> {
  const files = new Files();
  const session = new Session(loadScenario(`scenarios/library/${name}.yaml`), {
    open: files.open,
    packets: true,
    artefacts: (world, open) => [new ArrowSink(world.names, open)],
  });
  const { summary }: { summary: Summary } = await session.run();
  assert.ok(summary.conservation.closes);
  return files;
}

for (const name of [
  'seven-fields',
  'overlapping-tenants',
  'ipv6-only',
  'path-mtu-black-hole',
  'security-audit',
]) {
  test(`every packet of ${name} is as in packets.csv`, async () => {
    const files = await library(name);
    const text = files.text('packets.csv');
    assert.not.match(text, '"');
    assert.equal(linesOf(tableOf(files)), csvLines(text));
  });
}

test('two runs give the same bytes', async () => {
  const [one, two] = [await library('seven-fields'), await library('seven-fields')];
  assert.ok(Buffer.from(bytesOf(one, 'packets.arrow')).equals(bytesOf(two, 'packets.arrow')));
});

const PYTHON = `
import csv, sys
rows = list(csv.reader(open(sys.argv[2], newline='')))
tool, columns = sys.argv[3], None
if tool == 'pyarrow':
    import pyarrow.feather
    columns = pyarrow.feather.read_table(sys.argv[1]).to_pydict()
else:
    import polars
    columns = polars.read_ipc(sys.argv[1], memory_map=False).to_dict(as_series=False)
assert list(columns) == rows[0], list(columns)
for at, line in enumerate(zip(*columns.values()), 1):
    assert ['' if value is None else str(value) for value in line] == rows[at], (at, line, rows[at])
assert len(rows) == len(columns['id']) + 1
print('same')
`;

for (const tool of ['pyarrow', 'polars']) {
  const isThere = spawnSync('python3', ['-c', `import ${tool}`]).status === 0;
  (isThere ? test : test.skip)(`${tool} reads the same rows`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'netpersona-arrow-'));
    try {
      const files = await library('seven-fields');
      const [arrow, csv] = [join(folder, 'packets.arrow'), join(folder, 'packets.csv')];
      writeFileSync(arrow, bytesOf(files, 'packets.arrow'));
      writeFileSync(csv, bytesOf(files, 'packets.csv'));
      const { stdout, stderr } = spawnSync('python3', ['-c', PYTHON, arrow, csv, tool], { encoding: 'utf8' });
      assert.is(stdout, 'same\n', stderr);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test.run();
