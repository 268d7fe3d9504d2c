import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Digest } from '../../reports/digest.ts';
import { Fate } from '../../sim/index.ts';
import { type Row, tell } from './support.ts';

const digestOf = (rows: readonly Row[], size?: number): string => {
  const digest = new Digest();
  tell(digest, rows, size);
  return digest.hex();
};

/** The documented bytes, written down once more in the plainest way. */
function documented(rows: readonly Required<Row>[]): string {
  const hash = createHash('sha256');
  for (let first = 0; first < rows.length; first += 4096) {
    const block = rows.slice(first, first + 4096);
    const parents = block.some(({ copyOf, fragmentOf }) => copyOf + fragmentOf > 0);
    const wide = block.some(({ id, seq }) => Math.max(id, seq) >= 2 ** 32);
    const word = (value: number): void => {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32LE(value);
      hash.update(bytes);
    };
    const doubles = (of: (row: Required<Row>) => number): void => {
      for (const row of block) {
        const bytes = Buffer.alloc(8);
        bytes.writeDoubleLE(of(row));
        hash.update(bytes);
      }
    };
    word(block.length);
    word((parents ? 1 : 0) + (wide ? 2 : 0));
    doubles(({ sentNs }) => sentNs);
    doubles(({ shapedNs }) => (Number.isNaN(shapedNs) ? -1 : shapedNs));
    doubles(({ endNs }) => endNs);
    for (const column of ['id', 'seq', 'flow', 'from', 'to', 'size'] as const) {
      for (const row of block) word(row[column] | 0);
    }
    for (const { fate } of block) hash.update(Uint8Array.of(fate));
    if (!parents && !wide) continue;
    for (const column of ['copyOf', 'fragmentOf', 'id', 'seq'] as const) doubles((row) => row[column]);
  }
  return hash.digest('hex');
}

const rows = (count: number): Required<Row>[] =>
  Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    copyOf: i === 4500 ? 7 : 0,
    fragmentOf: i === 4501 ? 9 : 0,
    origin: 0,
    flow: (i % 3) - 1,
    seq: i,
    from: i % 5,
    to: i % 7,
    path: 1,
    at: 1,
    size: 40 + (i % 1460),
    sentNs: i * 1000,
    shapedNs: i % 2 === 0 ? Number.NaN : i * 1000 + 3,
    endNs: i * 1000 + 5,
    fate: i % 9 === 0 ? Fate.loss : Fate.delivered,
    flags: 0,
  }));

test('nothing happened: the digest of nothing', () => {
  assert.is(new Digest().hex(), createHash('sha256').digest('hex'));
});

test('the digest is SHA-256 over the documented bytes', () => {
  for (const count of [1, 4095, 4096, 4097, 9000]) assert.is(digestOf(rows(count)), documented(rows(count)));
});

test('numbers beyond 2^32 are told apart', () => {
  const wide = rows(10).map((row) => ({ ...row, id: row.id + 2 ** 32, seq: row.seq + 2 ** 33 }));
  assert.is(digestOf(wide), documented(wide));
  assert.is.not(digestOf(wide), digestOf(rows(10)));
});

test('how the rows are cut into chunks does not show', () => {
  const all = rows(5000);
  for (const size of [1, 7, 1000, 4095]) assert.is(digestOf(all, size), digestOf(all));
});

test('all bit patterns of NaN are one', () => {
  const strange = new Float64Array(new BigUint64Array([0xfff8_0000_0000_0001n]).buffer)[0]!;
  assert.is(digestOf([{ shapedNs: strange }]), digestOf([{ shapedNs: Number.NaN }]));
});

test('every fact of a fate shows, and the rest does not', () => {
  const plain = digestOf([{}]);
  const facts = [
    'id',
    'copyOf',
    'fragmentOf',
    'flow',
    'seq',
    'from',
    'to',
    'size',
    'sentNs',
    'shapedNs',
    'endNs',
    'fate',
  ];
  for (const fact of facts) assert.is.not(digestOf([{ [fact]: 11 }]), plain, fact);
  assert.is(digestOf([{ flags: 2, path: 9, at: 0 }]), plain);
});

test('asking in the middle of a run changes nothing', () => {
  const digest = new Digest();
  tell(digest, rows(10));
  digest.hex();
  tell(digest, rows(10));
  const other = new Digest();
  tell(other, rows(10));
  tell(other, rows(10));
  assert.is(digest.hex(), other.hex());
});

test.run();
