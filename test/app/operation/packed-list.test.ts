import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PackedList } from '../../../app/operation/packed-list.ts';

const value = (i: number) => ({
  at: i * 1e6,
  actions: [{ op: 'assign', vm: `v${i % 7}`, ttl: i % 3 ? null : Infinity }],
});
const values = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => value(from + i));

test('it is as an array, wherever one looks, below and above a block', () => {
  for (const length of [0, 1, 1023, 1024, 1025, 5000]) {
    const list = new PackedList<unknown>();
    for (const each of values(0, length)) list.push(each);
    const array = values(0, length);
    assert.is(list.length, length);
    assert.is(list.first, 0);
    assert.equal(list.slice(), array);
    for (const [start, end] of [
      [0, 10],
      [1020, 1030],
      [1024, 2048],
      [2047, 2049],
      [4990, 9000],
      [3000, 3000],
      [9000, 9001],
    ])
      assert.equal(list.slice(start, end), array.slice(start, end), `${length}: ${start} to ${end}`);
  }
});

test('what is read is a copy', () => {
  const list = new PackedList<{ at: number }>();
  for (let i = 0; i < 2000; i++) list.push({ at: i });
  list.slice(0, 10).push({ at: -1 });
  assert.is(list.slice(0, 11)[10]?.at, 10);
});

test('it keeps the last ones, and every place its number', () => {
  const list = new PackedList<unknown>(3000);
  for (let i = 0; i < 20_000; i++) {
    list.push(value(i));
    assert.ok(list.length - list.first >= Math.min(i + 1, 3000));
    assert.ok(list.length - list.first <= 3000 + 2 * 1024);
  }
  assert.is(list.length, 20_000);
  assert.equal(list.slice(), values(list.first, 20_000));
  assert.equal(list.slice(0, list.first + 2), values(list.first, list.first + 2));
});

test.run();
