import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue, Kernel, LAST_INSTANT, Rank } from '../../../../engine/index.ts';
import { Ticker } from '../../../../sim/personality/disciplines/ticker.ts';

/** A clock of 10 ns; somebody waits from each wake to the next leave. From `restsAt` on, ticks in idle times change nothing. */
class Watch {
  readonly kernel = new Kernel(createQueue('heap'));
  readonly ticks: number[] = [];
  isIdle = () => !this.#isWaiting;
  #isWaiting = false;
  readonly #actions: (() => void)[] = [];
  readonly #actor = this.kernel.enroll({ onEvent: (_kind, n) => this.#actions[n]!() }, Rank.arrival);
  readonly #ticker: Ticker;

  constructor(restsAt = Infinity) {
    this.#ticker = new Ticker(this.kernel, 10, {
      tick: (at) => this.ticks.push(at),
      isIdle: () => this.isIdle(),
      isAtRest: (at) => at >= restsAt,
    });
  }

  at(time: number, action: () => void): this {
    this.kernel.at(time, this.#actor, 0, this.#actions.push(action) - 1);
    return this;
  }

  wake(time: number): this {
    return this.at(time, () => {
      this.#ticker.wake();
      this.#isWaiting = true;
    });
  }

  leave(time: number): this {
    return this.at(time, () => {
      this.#isWaiting = false;
    });
  }

  every(time: number, interval: number): this {
    return this.at(time, () => this.#ticker.every(interval));
  }

  run(until: number): number[] {
    this.kernel.advance(until, Infinity);
    return this.ticks;
  }
}

test('it ticks from the first one who comes, as long as somebody waits', () => {
  const watch = new Watch().wake(5).wake(17).leave(40);
  // The tick at 45 finds nobody, and is the last.
  assert.equal(watch.run(1000), [15, 25, 35, 45]);
  assert.is(watch.kernel.pending, 0);
});

test('who comes later finds all ticks made', () => {
  const watch = new Watch()
    .wake(0)
    .leave(1)
    .wake(34)
    .at(34, () => {
      assert.equal(watch.ticks, [10, 20, 30]);
    });
  assert.equal(watch.leave(41).run(1000), [10, 20, 30, 40, 50]);
  // Also one that is due at that very instant.
  assert.equal(new Watch().wake(0).leave(1).wake(30).run(35), [10, 20, 30]);
});

test('ticks that would change nothing are not made up for, and the beat stays', () => {
  assert.equal(
    new Watch(30).wake(0).leave(1).wake(1_000_005).leave(1_000_011).run(2_000_000),
    [10, 20, 30, 1_000_010, 1_000_020],
  );
});

test('another interval counts from the last tick', () => {
  assert.equal(new Watch().wake(0).every(14, 25).leave(40).run(1000), [10, 35, 60]);
  // One that is over already ends now.
  assert.equal(new Watch().wake(0).every(18, 3).leave(20).run(1000), [10, 18, 21]);
  // While nobody waits: up to the change by the old beat.
  assert.equal(
    new Watch().wake(0).leave(1).every(25, 100).wake(220).leave(221).run(1000),
    [10, 20, 120, 220, 320],
  );
});

test('its last tick is at the end of time, and none is asked for after it', () => {
  assert.equal(new Watch().wake(LAST_INSTANT - 20).run(LAST_INSTANT), [LAST_INSTANT - 10, LAST_INSTANT]);
  assert.equal(new Watch().wake(LAST_INSTANT - 9).run(LAST_INSTANT), []);
});

test.run();
