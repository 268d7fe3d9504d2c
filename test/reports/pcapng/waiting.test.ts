import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ABSENT, Fifo, HeldBlocks, IdRing, Rows } from '../../../reports/pcapng/waiting.ts';
import { ENDED_AT, ID, OUTER, ROW, SIZE } from '../../../sim/index.ts';

/** 0 to count - 1 in an order of its own: 7919 is prime. */
const shuffled = (count: number): number[] => Array.from({ length: count }, (_, i) => (i * 7919) % count);

test('ids come in any order and leave in theirs, however far apart', () => {
  const ring = new IdRing();
  const count = 20_000;
  const seen: number[] = [];
  for (const n of shuffled(count)) {
    ring.put(n + 1, n * 2, n * 3);
    for (let slot = ring.head(); slot !== ABSENT; slot = ring.head()) {
      seen.push(slot);
      assert.is(ring.headTime, (ring.first - 1) * 3);
      ring.drop();
    }
  }
  assert.equal(
    seen,
    Array.from({ length: count }, (_, n) => n * 2),
  );
  assert.is(ring.first, ring.end);
});

test('first in, first out, also when the line grows while it goes round', () => {
  const fifo = new Fifo();
  const out: number[] = [];
  let next = 0;
  for (let round = 0; round < 300; round++) {
    for (let i = 0; i < 20; i++) fifo.push(next++);
    for (let i = 0; i < 7; i++) out.push(fifo.shift());
  }
  while (fifo.length > 0) out.push(fifo.shift());
  assert.equal(
    out,
    Array.from({ length: next }, (_, i) => i),
  );
});

test('blocks leave in order of time, at one instant in that of coming', () => {
  const held = new HeldBlocks();
  const times = shuffled(997).map((n) => Math.floor(n / 3));
  times.forEach((time, id) => {
    held.push({ time, id, block: new Uint8Array() });
  });
  const out: [number, number][] = [];
  for (let head = held.shift(); head !== undefined; head = held.shift()) out.push([head.time, head.id]);
  const expected = times.map((time, id): [number, number] => [time, id]);
  assert.equal(
    out,
    expected.sort(([a, first], [b, second]) => a - b || first - second),
  );
  assert.is(held.head, undefined);
});

test('a row is kept until its last record is written, and its place is used again', () => {
  const rows = new Rows();
  const ints = new Int32Array(2 * ROW);
  const doubles = new Float64Array(ints.buffer);
  ints[ROW + SIZE] = 1200;
  ints[ROW + OUTER] = -1;
  doubles[ROW / 2 + ID] = 2 ** 40;
  doubles[ROW / 2 + ENDED_AT] = 2 ** 50;
  const slot = rows.keep(ints, doubles, ROW, 2);
  ints.fill(0);
  rows.done(slot);
  for (let i = 0; i < 5000; i++) assert.is.not(rows.keep(ints, doubles, 0, 1), slot);
  assert.is(rows.ints[slot * ROW + SIZE], 1200);
  assert.is(rows.ints[slot * ROW + OUTER], -1);
  assert.is(rows.doubles[(slot * ROW) / 2 + ID], 2 ** 40);
  assert.is(rows.doubles[(slot * ROW) / 2 + ENDED_AT], 2 ** 50);
  rows.done(slot);
  assert.is(rows.keep(ints, doubles, 0, 1), slot);
});

test.run();
