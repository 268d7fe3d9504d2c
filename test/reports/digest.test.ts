import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Digest } from '../../reports/digest.ts';
import { Fate, KIND_SHIFT, Origin, PacketFlag, PacketKind } from '../../sim/index.ts';
import { type Row, tell } from './support.ts';

const digestOf = (rows: readonly Row[], size?: number): string => {
  const digest = new Digest();
  tell(digest, rows, size);
  return digest.hex();
};

/** The documented bytes, written down once more in the plainest way. */
function documented(rows: readonly Required<Row>[]): string {
  const hash = createHash('sha256');
  for (const { id, flow, size, path, flags, origin, fate, sentNs, endNs } of rows) {
    const bytes = Buffer.alloc(36);
    bytes.writeUInt32LE(id % 2 ** 32, 0);
    bytes.writeInt32LE(flow, 4);
    bytes.writeInt32LE(size, 8);
    bytes.writeInt32LE(path, 12);
    bytes.writeUInt32LE(flags + origin * 2 ** 16 + fate * 2 ** 20, 16);
    bytes.writeDoubleLE(sentNs, 20);
    bytes.writeDoubleLE(endNs, 28);
    hash.update(bytes);
  }
  return hash.digest('hex');
}

const rows = (count: number): Required<Row>[] =>
  Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    copyOf: i === 4500 ? 7 : 0,
    fragmentOf: i === 4501 ? 9 : 0,
    origin: i % 2 === 0 ? Origin.sent : Origin.whole,
    flow: (i % 3) - 1,
    seq: i,
    from: i % 5,
    to: i % 7,
    path: i % 3,
    at: 1,
    size: 40 + (i % 1460),
    sentNs: i * 1000,
    shapedNs: i % 2 === 0 ? Number.NaN : i * 1000 + 3,
    endNs: i * 1000 + 5,
    fate: i % 9 === 0 ? Fate.loss : Fate.delivered,
    flags: i % 4,
  }));

test('nothing happened: the digest of nothing', () => {
  assert.is(new Digest().hex(), createHash('sha256').digest('hex'));
});

test('the digest is SHA-256 over the documented bytes', () => {
  for (const count of [1, 2047, 2048, 2049, 9000]) assert.is(digestOf(rows(count)), documented(rows(count)));
});

test('ids beyond 2^32, and instants to the last nanosecond of the longest run', () => {
  const wide = rows(10).map((row) => ({
    ...row,
    id: row.id + 2 ** 32 + 2 ** 31,
    sentNs: 2 ** 51 - 1 - row.id,
    endNs: 2 ** 51 - 1,
  }));
  assert.is(digestOf(wide), documented(wide));
});

test('how the packets are cut into chunks does not show', () => {
  const all = rows(5000);
  for (const size of [1, 7, 1000, 4095]) assert.is(digestOf(all, size), digestOf(all));
});

test('both zeros are one instant', () => {
  assert.is(digestOf([{ sentNs: -0, endNs: -0 }]), digestOf([{ sentNs: 0, endNs: 0 }]));
});

test('every fact of a fate shows, and the rest does not', () => {
  const plain = digestOf([{}]);
  const facts: Row[] = [
    { id: 11 },
    { flow: 11 },
    { size: 11 },
    { path: 11 },
    { flags: PacketFlag.corrupted },
    { flags: PacketKind.tooBig << KIND_SHIFT },
    { origin: Origin.whole },
    { fate: Fate.inFlight },
    { sentNs: 11 },
    { endNs: 11 },
  ];
  for (const fact of facts) assert.is.not(digestOf([fact]), plain, Object.keys(fact)[0]);
  assert.is(digestOf([{ flags: PacketFlag.body, at: 0, shapedNs: 7 }]), plain);
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
