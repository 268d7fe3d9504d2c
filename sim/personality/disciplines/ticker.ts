/** A clock that ticks only while somebody waits, and makes up for the ticks in between when somebody comes. */
import type { Actor, ActorId, EventId, Kernel, Nanos } from '../../../engine/index.ts';
import { LAST_INSTANT, NO_EVENT, Rank } from '../../../engine/index.ts';

export interface Ticking {
  tick(at: Nanos): void;
  /** Nobody waits. */
  isIdle(): boolean;
  /** After the tick at `at`, more of them would change nothing as long as nobody waits. */
  isAtRest(at: Nanos): boolean;
}

const NOT_YET = -1;

export class Ticker implements Actor {
  readonly #kernel: Kernel;
  readonly #ticking: Ticking;
  readonly #actor: ActorId;
  #interval: Nanos;
  /** The last tick, made or to be made up for; the first is one interval after the first `wake`. */
  #last: Nanos = NOT_YET;
  #event: EventId = NO_EVENT;

  constructor(kernel: Kernel, interval: Nanos, ticking: Ticking) {
    this.#kernel = kernel;
    this.#interval = interval;
    this.#ticking = ticking;
    this.#actor = kernel.enroll(this, Rank.departure);
  }

  /** To be called before somebody comes. */
  wake(): void {
    if (this.#event !== NO_EVENT) return;
    this.#catchUp();
    this.#arm();
  }

  /** Ticks are so far apart from now on, but never less than a nanosecond. */
  every(apart: Nanos): void {
    const interval = Math.max(1, apart);
    if (interval === this.#interval) return;
    const wasAwake = this.#event !== NO_EVENT;
    if (wasAwake) this.#kernel.cancel(this.#event, this.#actor);
    else if (this.#last !== NOT_YET) this.#catchUp();
    this.#event = NO_EVENT;
    this.#interval = interval;
    if (wasAwake) this.#arm();
  }

  onEvent(): void {
    this.#event = NO_EVENT;
    this.#last = this.#kernel.now;
    this.#ticking.tick(this.#last);
    if (!this.#ticking.isIdle()) this.#arm();
  }

  #catchUp(): void {
    const { now } = this.#kernel;
    if (this.#last === NOT_YET) this.#last = now;
    const latest = now - ((now - this.#last) % this.#interval);
    for (let at = this.#last; at < latest && !this.#ticking.isAtRest(at); ) {
      at += this.#interval;
      this.#ticking.tick(at);
    }
    this.#last = latest;
  }

  #arm(): void {
    const next = Math.max(this.#kernel.now, this.#last + this.#interval);
    if (next <= LAST_INSTANT) this.#event = this.#kernel.at(next, this.#actor, 0);
  }
}
