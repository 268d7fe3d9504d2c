import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomSource } from '../../../../engine/index.ts';
import { LossGilbertElliott } from '../../../../sim/personality/netem/gilbert-elliott.ts';
import { percent, U32 } from '../../../../sim/personality/netem/integers.ts';
import { Loss4State } from '../../../../sim/personality/netem/loss-4state.ts';
import { binomialInterval } from '../../../support/statistics.ts';

const COUNT = 60_000;
/** Packets between two that are looked at: far more than a state is remembered. */
const APART = 40;

function assertShare(isLost: (draw: () => number) => boolean, wanted: number, name: string): void {
  const random = new RandomSource('netem').stream(name);
  const draw = () => random.uniform() * U32;
  let hits = 0;
  for (let i = 0; i < COUNT * APART; i++) if (isLost(draw) && i % APART === 0) hits++;
  const { low, high } = binomialInterval(hits, COUNT);
  assert.ok(low <= wanted && wanted <= high, `${name}: ${low} to ${high}, not ${wanted}`);
}

test('gemodel loses (r k1 + p (1-h))/(p + r)', () => {
  for (const [p, r, h, k] of [
    [0.2, 0.4, 0, 1],
    [0.1, 0.3, 0.3, 0.98],
    [0.5, 0.5, 0.9, 0.5],
  ] as const) {
    const model = new LossGilbertElliott();
    model.start({ p: percent(p), r: percent(r), h: percent(1) - percent(1 - h), k1: percent(1 - k) });
    const wanted = (r * (1 - k) + p * (1 - h)) / (p + r);
    assertShare((draw) => model.isLost(draw(), draw()), wanted, `gemodel ${p} ${r} ${h} ${k}`);
  }
});

test('gemodel loses by the state before the transition, and begins in the good one', () => {
  const model = new LossGilbertElliott();
  model.start({ p: 100, r: 100, h: 0, k1: 0 });
  const [changes, stays] = [99, 100];
  // Good, bad, bad, bad, good: the change shows one packet later. In the bad state a draw of 0 is not above h.
  assert.not(model.isLost(changes, 5));
  assert.ok(model.isLost(stays, 5));
  assert.not(model.isLost(stays, 0));
  assert.ok(model.isLost(changes, 5));
  assert.not(model.isLost(stays, 5));
});

test('gemodel: a chance of c is hit by c of 2^32 draws, and a new start is in the good state', () => {
  const model = new LossGilbertElliott();
  const settings = { p: 100, r: 50, h: 7, k1: 3 };
  model.start(settings);
  assert.equal(
    [2, 3, 4].map((draw) => model.isLost(100, draw)),
    [true, false, false],
  );
  // To the bad state with a draw of 99; there a draw above h is lost.
  assert.not(model.isLost(99, 3));
  assert.equal(
    [6, 7, 8].map((draw) => model.isLost(50, draw)),
    [false, false, true],
  );
  model.start(settings);
  assert.not(model.isLost(100, 8));
});

test('state: after a lone loss comes the gap, whatever is drawn', () => {
  const model = new Loss4State();
  model.start({ p14: 10, p13: 20, p32: 30, p31: 40, p23: 50 });
  assert.equal(
    [9, 2 ** 32 - 1, 10, 2 ** 32 - 1, 2 ** 32 - 1].map((draw) => model.isLost(draw)),
    [true, false, true, true, true],
  );
});

test('state loses p1 (p13/p31 + p14)', () => {
  for (const [p13, p31, p32, p23, p14] of [
    [0.1, 0.6, 0, 1, 0],
    [0.1, 0.4, 0.3, 0.5, 0.02],
    [0.3, 0.3, 0.6, 0.7, 0.1],
  ] as const) {
    const model = new Loss4State();
    model.start({
      p13: percent(p13),
      p31: percent(p31),
      p32: percent(p32),
      p23: percent(p23),
      p14: percent(p14),
    });
    const share = 1 / (1 + p14 + (p13 / p31) * (1 + p32 / p23));
    assertShare((draw) => model.isLost(draw()), share * (p13 / p31 + p14), `state ${p13} ${p31} ${p32}`);
  }
});

test('state goes from state to state as in the paper', () => {
  const model = new Loss4State();
  model.start({ p14: 10, p13: 20, p32: 30, p31: 40, p23: 50 });
  // By draw: lone loss, back whatever is drawn, a burst begins and goes on, pauses, pauses, goes on, ends, and nothing happens.
  const draws = [9, 0, 10, 70, 29, 50, 49, 69, 30];
  assert.equal(
    draws.map((draw) => model.isLost(draw)),
    [true, false, true, true, false, false, true, false, false],
  );
});

test('state adds up to 100 % as u32: with p31 and p32 of 50 % each a burst never ends', () => {
  const model = new Loss4State();
  const half = percent(0.5);
  model.start({ p13: percent(1), p31: half, p32: half, p23: 0, p14: 0 });
  assert.ok(model.isLost(0));
  // Half of the draws pause the burst, the other half should end it.
  for (let i = 0; i < 100; i++) assert.ok(model.isLost(half + i), 'still in the burst');
});

test.run();
