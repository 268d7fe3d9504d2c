import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertRatio, Bench, lossesOf, ones, picture, pictured } from './support.ts';

const COUNT = 1_000_000;

interface Chances {
  readonly p13: number;
  readonly p31: number;
  readonly p32?: number;
  readonly p23?: number;
  readonly p14?: number;
}

const markov4 = (chances: Partial<Chances>) => ({
  'loss.model': 'markov4',
  ...Object.fromEntries(Object.entries(chances).map(([name, value]) => [`loss.${name}`, value])),
});

test('by hand: each draw leads to a state, whose fate the packet has', () => {
  // From 1: below 0.1 to 4, below 0.3 to 3. From 3: below 0.3 to 2, below 0.7 to 1. From 2: below 0.6 to 3. From 4 always to 1.
  const draws = [0.35, 0.05, 0, 0.2, 0.9, 0.1, 0.7, 0.5, 0.5, 0.29, 0.69, 0.31];
  //          to 1     4     1  3    3    2    2    3    1    3     1     1
  assert.is(picture(markov4({ p14: 0.1, p13: 0.2, p32: 0.3, p31: 0.4, p23: 0.6 }), draws), '.x.xx..x.x..');
});

test('after a lone loss a packet gets through, whatever is drawn', () => {
  const chances = { p14: 0.1, p13: 0.2, p32: 0.3, p31: 0.4, p23: 0.6 };
  assert.is(picture(markov4(chances), [0.09, 0.9, 0.09, 0, 0.1, 0.9]), 'x.x.xx');
});

test('a draw at the very edge belongs to the state behind it: there are no holes', () => {
  // From 3 the chances are 0.25 and 0.75, and none is left to stay.
  const chances = { p14: 0.25, p13: 0.5, p32: 0.25, p31: 0.75, p23: 0.5 };
  assert.is(picture(markov4(chances), [0.25, 0.25, 0.75]), 'x..', 'to 3, to 1, stays in 1');
  assert.is(picture(markov4(chances), [0.25, 0.2, 0.5, 0.49, 0.999, 0.75]), 'x..x..', 'to 3, 2, 2, 3, 1');
});

test('p31 is 1 - p13 unless it is given, p32 0, p23 1 and p14 0, as in netem', () => {
  const draws = Array.from({ length: 500 }, (_, i) => ((i * 211) % 500) / 500);
  assert.is(
    picture(markov4({ p13: 0.3 }), draws),
    picture(markov4({ p13: 0.3, p31: 0.7, p32: 0, p23: 1, p14: 0 }), draws),
  );
});

test('the share of lost packets is that of the stationary chain: (p13/p31 + p14) / (1 + p14 + p13/p31 (1 + p32/p23))', () => {
  for (const { p13, p31, p32 = 0, p23 = 1, p14 = 0 } of [
    { p13: 0.02, p31: 0.3 },
    { p13: 0.02, p31: 0.2, p32: 0.3, p23: 0.4, p14: 0.01 },
    { p13: 0.3, p31: 0.5, p32: 0.5, p23: 0.9, p14: 0.2 },
    { p13: 0.7, p31: 0.1, p32: 0.8, p23: 0.3, p14: 0.3 },
  ]) {
    const loss = (p13 / p31 + p14) / (1 + p14 + (p13 / p31) * (1 + p32 / p23));
    assertRatio(lossesOf(markov4({ p13, p31, p32, p23, p14 }), COUNT), ones(COUNT), loss, 0.06);
  }
});

test('new settings find the state as it is', () => {
  const bench = new Bench(markov4({ p13: 0.5, p31: 0.1 }), [0.1, 0.9, 0.9, 0.3]);
  assert.is(pictured(bench.next(2)), 'xx');
  assert.is(pictured(bench.set(markov4({ p13: 0.01, p31: 0.5 })).next(2)), 'x.');
});

test.run();
