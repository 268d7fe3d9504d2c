import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SteeredPacer } from '../../engine/steered-pacer.ts';
import { ms } from '../../engine/time.ts';

/** A clock, a timer and a run of the test's own. */
function bench(options: { speed?: number; paused?: boolean } = {}) {
  const state = { clock: 1e15, reached: 0, slept: [] as number[], pauses: 0, ring: () => {} };
  const pacer = new SteeredPacer({
    ...options,
    reached: () => state.reached,
    clock: () => state.clock,
    timer: (callback, sleep) => {
      state.slept.push(sleep);
      state.ring = callback;
      return () => {};
    },
    onPause: () => state.pauses++,
  });
  return { state, pacer };
}

/** Lets promises go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('virtual time begins when first asked for and goes with the clock at its speed', () => {
  const { state, pacer } = bench({ speed: 10 });
  state.clock += 5e9;
  assert.is(pacer.horizon(), 0);
  state.clock += 3e6;
  assert.is(pacer.horizon(), ms(30));
});

test('a change of speed is no jump', () => {
  const { state, pacer } = bench();
  pacer.horizon();
  state.clock += 4e6;
  state.reached = ms(4);
  pacer.setSpeed(0.5);
  assert.is(pacer.horizon(), ms(4));
  state.clock += 2e6;
  assert.is(pacer.horizon(), ms(5));
});

test('at full speed there is no horizon, and a pause stops where the run is', () => {
  const { state, pacer } = bench({ speed: Infinity });
  assert.is(pacer.horizon(), Infinity);
  state.reached = ms(123);
  pacer.pause();
  assert.is(pacer.paused, true);
  assert.is(pacer.horizon(), ms(123));
  pacer.resume();
  assert.is(pacer.horizon(), Infinity);
});

test('a run that has nothing to do pauses where the clock is, not where it last did something', async () => {
  const { state, pacer } = bench();
  pacer.horizon();
  state.reached = ms(1);
  const woken = pacer.wait(ms(1000));
  state.clock += 700e6;
  assert.is(pacer.reading, ms(700));
  pacer.pause();
  assert.is(pacer.horizon(), ms(700));
  pacer.poke();
  await woken;
});

test('a run that cannot keep up pauses where it is, and is behind by what the clock has gone on', () => {
  const { state, pacer } = bench();
  pacer.horizon();
  state.clock += 500e6;
  state.reached = ms(100);
  assert.is(pacer.lag, ms(400));
  assert.is(pacer.reading, ms(100));
  pacer.pause();
  assert.is(pacer.horizon(), ms(100));
  assert.is(pacer.lag, 0);
  pacer.resume();
  assert.is(pacer.horizon(), ms(100));
});

test('waits as long as the instant is away at its speed, and looks again when woken early', async () => {
  const { state, pacer } = bench({ speed: 2 });
  pacer.horizon();
  let isOver = false;
  const over = pacer.wait(ms(10)).then(() => {
    isOver = true;
  });
  assert.equal(state.slept, [5]);
  state.clock += 2e6;
  state.ring();
  await turn();
  assert.is(isOver, false);
  assert.equal(state.slept, [5, 3]);
  state.clock += 3e6;
  state.ring();
  await over;
});

test('a poke ends the wait, or the next one', async () => {
  const { pacer } = bench({ paused: true });
  const first = pacer.wait(ms(1));
  pacer.poke();
  await first;
  pacer.poke();
  await pacer.wait(ms(1));
});

test('a longer sleep than a timer can hold is taken in pieces', () => {
  const { state, pacer } = bench();
  pacer.horizon();
  void pacer.wait(2 ** 51 - 1);
  assert.equal(state.slept, [2 ** 30]);
  pacer.poke();
});

test('a step goes as far as it says and pauses there', async () => {
  const { state, pacer } = bench({ paused: true });
  const woken = pacer.wait(ms(1000));
  pacer.step(ms(30));
  await woken;
  assert.is(pacer.horizon(), ms(30));
  assert.is(state.pauses, 0);
  // The run comes by when it has done what there was.
  state.reached = ms(30);
  const next = pacer.wait(ms(1000));
  assert.is(state.pauses, 1);
  assert.is(pacer.horizon(), ms(30));
  pacer.poke();
  await next;
  state.clock += 1e9;
  assert.is(pacer.horizon(), ms(30));
});

test('a pause during a step ends it where the run is', () => {
  const { state, pacer } = bench({ paused: true });
  pacer.step(ms(30));
  state.reached = ms(12);
  pacer.pause();
  assert.is(pacer.horizon(), ms(12));
});

test('impossible speeds and steps are defects', () => {
  assert.throws(() => bench({ speed: 0 }), /speed/);
  const { pacer } = bench();
  assert.throws(() => pacer.setSpeed(-1), /speed/);
  assert.throws(() => pacer.step(0), /step/);
  assert.throws(() => pacer.step(0.5), /step/);
});

test.run();
