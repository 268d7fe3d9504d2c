import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Nanos, normalCdf, normalQuantile, QuantileTable, RandomSource } from '../../../engine/index.ts';
import { Delays } from '../../../sim/personality/delays.ts';

const stream = () => new RandomSource('seed').stream('delay');
const draws = (count: number): number[] => {
  const random = stream();
  return Array.from({ length: count }, () => random.uniform());
};
const met = (delays: Delays, count: number): number[] => Array.from({ length: count }, () => delays.draw());

test('the n-th packet meets the n-th draw, also when those before it needed none', () => {
  const all = draws(10);
  const delays = new Delays(stream());
  assert.equal(met(delays, 2), all.slice(0, 2));
  delays.pass();
  delays.pass(3);
  assert.equal(met(delays, 4), all.slice(6));
});

test('who passed and is called back meets its own draw', () => {
  const all = draws(10);
  const delays = new Delays(stream());
  delays.pass(5);
  delays.recall(2);
  assert.equal(met(delays, 7), all.slice(3));
});

test('who comes again meets the same draw', () => {
  const all = draws(10);
  const delays = new Delays(stream());
  met(delays, 4);
  delays.giveBack(all.slice(1, 4), 3);
  assert.equal(met(delays, 9), all.slice(1));
});

test('of those who come again some had no draw yet', () => {
  const all = draws(10);
  const delays = new Delays(stream());
  met(delays, 3);
  delays.pass(4);
  delays.giveBack(all.slice(1, 3), 6);
  assert.equal(met(delays, 9), all.slice(1));
});

test('given back, passed over, called back, given back again: still their own', () => {
  const all = draws(12);
  const delays = new Delays(stream());
  met(delays, 5);
  delays.giveBack(all.slice(2, 5), 3);
  delays.pass(3);
  delays.pass(2);
  delays.recall(5);
  assert.equal(met(delays, 1), all.slice(2, 3));
  // The one that has just met its draw, and four that passed or never did.
  delays.pass(4);
  delays.giveBack(all.slice(2, 3), 5);
  assert.equal(met(delays, 10), all.slice(2));
});

test('given back and never used, the draws after them are those after them', () => {
  const all = draws(12);
  const delays = new Delays(stream());
  met(delays, 5);
  delays.giveBack(all.slice(2, 5), 3);
  delays.pass(6);
  assert.equal(met(delays, 4), all.slice(8));
});

test('the delay for a draw, by hand', () => {
  const delays = new Delays(stream());
  delays.configure({ latency: 1000, jitter: 0 });
  assert.is(delays.delayFor(0.9), 1000);
  delays.configure({ latency: 1000, jitter: 100 });
  assert.equal(
    [0, 0.25, 0.5, 0.999].map((draw) => delays.delayFor(draw)),
    [900, 950, 1000, 1100],
  );
  delays.configure({ latency: 100, jitter: 100, table: QuantileTable.from([-2, 0, 4]) });
  assert.equal(
    [0, 0.25, 0.5, 0.75].map((draw) => delays.delayFor(draw)),
    [-100, 0, 100, 300],
  );
});

/** The delays of a chain of correlated draws, by the formula. */
function chained(all: readonly number[], r: number, scale: number): Nanos[] {
  let z = Number.NaN;
  return all.map((draw) => {
    const own = normalQuantile(draw + 2 ** -33);
    z = Number.isNaN(z) ? own : r * z + Math.sqrt(1 - r * r) * own;
    return Math.floor((2 * normalCdf(z) - 1) * scale + 0.5);
  });
}

test('correlated, by the formula', () => {
  const all = draws(50);
  const delays = new Delays(stream());
  delays.configure({ latency: 0, jitter: 1e6, correlation: 0.7 });
  assert.equal(
    all.map((draw) => delays.delayFor(draw)),
    chained(all, 0.7, 1e6),
  );
});

test('who is foreseen does not count before it has come', () => {
  const all = draws(6);
  const expected = chained(all, 0.7, 1e6);
  const delays = new Delays(stream());
  delays.configure({ latency: 0, jitter: 1e6, correlation: 0.7 });
  const tell = (from: number, to: number): Nanos[] =>
    all.slice(from, to).map((draw) => delays.delayFor(draw));
  assert.equal(tell(0, 2), expected.slice(0, 2));
  // The third to the fifth are foreseen, told again, and come one by one.
  assert.equal(tell(2, 3), expected.slice(2, 3));
  delays.foresee();
  assert.equal(tell(3, 5), expected.slice(3, 5));
  delays.rewind();
  assert.equal(tell(2, 3), expected.slice(2, 3));
  delays.foresee();
  assert.equal(tell(3, 5), expected.slice(3, 5));
  delays.come(all[2]!, false);
  delays.rewind();
  assert.equal(tell(3, 4), expected.slice(3, 4));
  delays.foresee();
  assert.equal(tell(4, 5), expected.slice(4, 5));
  delays.come(all[3]!, false);
  delays.come(all[4]!, true);
  assert.equal(tell(5, 6), expected.slice(5));
});

test.run();
