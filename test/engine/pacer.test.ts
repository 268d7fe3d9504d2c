import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { virtualPacer, wallPacer } from '../../engine/pacer.ts';
import { ms } from '../../engine/time.ts';

/** A clock that stands until it is told. */
function handClock(): { now: number; read: () => number } {
  const clock = { now: 1e15, read: () => clock.now };
  return clock;
}

test('virtual time has no horizon and never waits', async () => {
  const pacer = virtualPacer();
  assert.is(pacer.horizon(), Infinity);
  await pacer.wait(1e15);
  await pacer.breathe();
});

test('drained lets every promise go on, however deep, and nothing from outside', async () => {
  const order: string[] = [];
  const outside = new Promise<void>((resolve) => {
    setImmediate(() => {
      order.push('outside');
      resolve();
    });
  });
  (async () => {
    for (let i = 0; i < 1000; i++) await null;
    order.push('deep');
  })();
  await virtualPacer().drained();
  order.push('drained');
  await outside;
  assert.equal(order, ['deep', 'drained', 'outside']);
});

test('virtual time begins at the origin, when first asked, and goes with the clock', () => {
  const clock = handClock();
  const pacer = wallPacer({ origin: ms(5), clock: clock.read });
  clock.now += 1e9;
  assert.is(pacer.horizon(), ms(5));
  clock.now += 1e6;
  assert.is(pacer.horizon(), ms(6));
});

test('at double speed twice as much passes, and a change of speed is no jump', () => {
  const clock = handClock();
  const pacer = wallPacer({ speed: 2, clock: clock.read });
  assert.is(pacer.horizon(), 0);
  clock.now += 1e6;
  assert.is(pacer.horizon(), ms(2));
  pacer.setSpeed(0.5);
  assert.is(pacer.speed, 0.5);
  assert.is(pacer.horizon(), ms(2));
  clock.now += 4e6;
  assert.is(pacer.horizon(), ms(4));
});

test('while paused time stands, and goes on from there', () => {
  const clock = handClock();
  const pacer = wallPacer({ clock: clock.read });
  pacer.horizon();
  clock.now += 3e6;
  pacer.pause();
  assert.is(pacer.paused, true);
  clock.now += 50e6;
  assert.is(pacer.horizon(), ms(3));
  pacer.setSpeed(10);
  clock.now += 50e6;
  assert.is(pacer.horizon(), ms(3));
  pacer.resume();
  assert.is(pacer.horizon(), ms(3));
  clock.now += 1e6;
  assert.is(pacer.horizon(), ms(13));
});

test('instants are whole nanoseconds and never go back', () => {
  const clock = handClock();
  const pacer = wallPacer({ speed: 0.3, clock: clock.read });
  let last = pacer.horizon();
  for (let i = 0; i < 1000; i++) {
    clock.now += 7;
    if (i % 10 === 0) pacer.setSpeed(0.1 + (i % 7));
    const now = pacer.horizon();
    assert.ok(Number.isInteger(now) && now >= last);
    last = now;
  }
});

test('how late events ran is kept', () => {
  const clock = handClock();
  const pacer = wallPacer({ clock: clock.read });
  pacer.horizon();
  assert.equal(pacer.lateness, { count: 0, mean: 0, max: 0 });
  clock.now += 10e6;
  pacer.note(ms(10));
  pacer.note(ms(7));
  pacer.note(ms(4));
  assert.equal(pacer.lateness, { count: 3, mean: ms(3), max: ms(6) });
});

test('a speed that is none is refused', () => {
  for (const speed of [0, -1, Infinity, Number.NaN]) assert.throws(() => wallPacer({ speed }), /speed/);
});

test('a wait is never over early', async () => {
  for (const spinMs of [1, 0]) {
    const pacer = wallPacer({ spinMs });
    for (const step of [0.2, 1, 3.7, 12]) {
      const until = pacer.horizon() + ms(step);
      await pacer.wait(until);
      assert.ok(pacer.horizon() >= until);
    }
  }
});

test('waits end in the order of their instants', async () => {
  const [slow, fast] = [wallPacer({ speed: 1 }), wallPacer({ speed: 100 })];
  slow.horizon();
  fast.horizon();
  const order: string[] = [];
  await Promise.all([
    slow.wait(ms(200)).then(() => order.push('slow')),
    fast.wait(ms(200)).then(() => order.push('fast')),
  ]);
  assert.equal(order, ['fast', 'slow']);
});

test('a poke ends a wait for an hour, or the next one', async () => {
  const pacer = wallPacer();
  const hour = 3_600_000;
  const waiting = pacer.wait(ms(hour));
  pacer.poke();
  await waiting;
  pacer.poke();
  await pacer.wait(ms(hour));
  setTimeout(() => pacer.poke(), 5);
  await pacer.wait(Infinity);
  assert.ok(pacer.horizon() < ms(hour));
});

test('who waits hears of a new speed and of a resumption', async () => {
  const pacer = wallPacer({ speed: 0.001 });
  const waiting = pacer.wait(ms(100));
  pacer.setSpeed(1000);
  await waiting;
  pacer.pause();
  const order: string[] = [];
  const later = pacer.wait(pacer.horizon() + 1).then(() => order.push('waited'));
  await pacer.breathe();
  order.push('resumed');
  pacer.resume();
  await later;
  assert.equal(order, ['resumed', 'waited']);
});

test.run();
