import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Bench, lossesOf, picture, pictured, sum } from './support.ts';

const list = (...packets: number[]) => ({ 'loss.model': 'list', 'loss.packets': packets });

test('exactly the listed packets are lost, the first being 1', () => {
  assert.is(picture(list(1, 3, 4, 8), new Array<number>(9).fill(0)), 'x.xx...x.');
});

test('a long list', () => {
  const squares = Array.from({ length: 300 }, (_, i) => (i + 1) ** 2);
  const lost = lossesOf(list(...squares), 100_000);
  assert.is(sum(lost), 300);
  for (const square of squares) assert.is(lost[square - 1], 1);
});

test('a new list goes on with the numbers', () => {
  const bench = new Bench(list(2, 5), 'seed');
  assert.is(pictured(bench.next(3)), '.x.');
  // Packets 4 to 8; what is listed before 4 has passed.
  assert.is(pictured(bench.set(list(1, 3, 4, 7)).next(5)), 'x..x.');
  assert.is(pictured(bench.set(list(8)).next(2)), '..');
});

test.run();
