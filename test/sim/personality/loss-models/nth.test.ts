import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Bench, pictured } from './support.ts';

const nth = (every: number, offset = 0) => ({
  'loss.model': 'nth',
  'loss.every': every,
  'loss.offset': offset,
});
const through = (every: number, offset: number, count: number): string =>
  pictured(new Bench(nth(every, offset), 'seed').next(count));

test('of every three packets the third is lost', () => {
  assert.is(through(3, 0, 10), '..x..x..x.');
});

test('the offset lets so many through before the counting begins', () => {
  assert.is(through(3, 2, 10), '....x..x..');
  assert.is(through(1, 4, 7), '....xxx');
});

test('1 loses everybody', () => {
  assert.is(through(1, 0, 5), 'xxxxx');
});

test('new settings go on counting', () => {
  const bench = new Bench(nth(3), 'seed');
  assert.is(pictured(bench.next(4)), '..x.');
  // Packets 5, 6, 7, 8.
  assert.is(pictured(bench.set(nth(2)).next(4)), '.x.x');
});

test.run();
