/**
 * How fast virtual time may go: at once, or with the wall clock. The only file of the engine that sees the
 * real clock.
 */

import { invariant } from './invariant.ts';
import type { Nanos } from './time.ts';
import { NEVER } from './time.ts';

/** How far the run may go, and how it waits when it may not. */
export interface Pacer {
  /** The last instant the run may have reached by now. Never goes back. */
  horizon(): Nanos;
  /** Resolves when the horizon has reached `until`, or earlier when poked: look again. */
  wait(until: Nanos): Promise<void>;
  /** Something arrived: stop waiting. A poke while nobody waits ends the next wait. */
  poke(): void;
  /** Lets the host's event loop turn once: files, sockets, timers. */
  breathe(): Promise<void>;
  /**
   * Lets every promise that can go on go on, until none can. Cheaper than to breathe, and the outside stays
   * out.
   */
  drained(): Promise<void>;
}

/** Virtual time runs as fast as it can. */
export function virtualPacer(): Pacer {
  return { horizon: () => NEVER, wait: async () => {}, poke: () => {}, breathe, drained };
}

export interface WallPacerOptions {
  /** Virtual seconds in a real one. */
  readonly speed?: number;
  /** The virtual instant at which it begins. */
  readonly origin?: Nanos;
  /** A monotonic clock, in real nanoseconds. */
  readonly clock?: () => number;
  /**
   * The last stretch before an instant, in real ms, is not slept but spun, since a timer counts whole
   * milliseconds and may be one late. 0 spins never, and is up to about 2 ms late.
   */
  readonly spinMs?: number;
}

/** How long after their instants the events noted have run, in nanoseconds of virtual time. */
export interface Lateness {
  readonly count: number;
  readonly mean: number;
  readonly max: number;
}

export interface WallPacer extends Pacer {
  readonly speed: number;
  readonly paused: boolean;
  /** Virtual time stands still, from here on until `resume`. */
  pause(): void;
  resume(): void;
  /** Virtual time goes on from where it is, at this speed. */
  setSpeed(speed: number): void;
  /** An event that was due at this instant runs now. */
  note(due: Nanos): void;
  readonly lateness: Lateness;
}

/**
 * Virtual time = origin + real nanoseconds since the start x speed. It starts when the horizon is first asked
 * for, so that what is prepared before costs no time.
 */
export function wallPacer(options: WallPacerOptions = {}): WallPacer {
  return new WallClockPacer(options);
}

/** Longer sleeps are taken in pieces: a timer holds no more than 2^31 ms. */
const LONGEST_SLEEP_MS = 2 ** 30;

class WallClockPacer implements WallPacer {
  readonly breathe = breathe;
  readonly drained = drained;
  readonly #clock: () => number;
  readonly #spinMs: number;
  #speed: number;
  #paused = false;
  #started = false;
  // Virtual time was `#virtual` when the clock said `#real`.
  #virtual: Nanos;
  #real = 0;
  #poked = false;
  #wake: (() => void) | undefined = undefined;
  #late = { count: 0, sum: 0, max: 0 };

  constructor({ speed = 1, origin = 0, clock = monotonic, spinMs = 1 }: WallPacerOptions) {
    this.#speed = checked(speed);
    this.#virtual = origin;
    this.#clock = clock;
    this.#spinMs = spinMs;
  }

  get speed(): number {
    return this.#speed;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get lateness(): Lateness {
    const { count, sum, max } = this.#late;
    return { count, mean: count === 0 ? 0 : sum / count, max };
  }

  horizon(): Nanos {
    if (!this.#started) {
      this.#started = true;
      this.#real = this.#clock();
    }
    return Math.floor(this.#present());
  }

  async wait(until: Nanos): Promise<void> {
    while (!this.#poked && this.horizon() < until) {
      const ms = this.#paused ? LONGEST_SLEEP_MS : (until - this.#present()) / this.#speed / 1e6;
      const sleep = this.#spinMs === 0 ? Math.ceil(ms) : Math.floor(ms - this.#spinMs);
      if (sleep >= 1) await this.#sleep(Math.min(sleep, LONGEST_SLEEP_MS));
      else await breathe();
    }
    this.#poked = false;
  }

  poke(): void {
    this.#poked = true;
    this.#wake?.();
  }

  pause(): void {
    this.#fix();
    this.#paused = true;
    this.#wake?.();
  }

  resume(): void {
    this.#fix();
    this.#paused = false;
    this.#wake?.();
  }

  setSpeed(speed: number): void {
    checked(speed);
    this.#fix();
    this.#speed = speed;
    this.#wake?.();
  }

  note(due: Nanos): void {
    const late = Math.max(0, this.#present() - due);
    this.#late.count++;
    this.#late.sum += late;
    this.#late.max = Math.max(this.#late.max, late);
  }

  #present(): number {
    if (this.#paused || !this.#started) return this.#virtual;
    return this.#at(this.#clock());
  }

  #at(real: number): number {
    return this.#virtual + (real - this.#real) * this.#speed;
  }

  /** Before anything changes: what has passed has passed at the old speed. */
  #fix(): void {
    if (!this.#started) return;
    const real = this.#clock();
    if (!this.#paused) this.#virtual = this.#at(real);
    this.#real = real;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

function checked(speed: number): number {
  invariant(speed > 0 && Number.isFinite(speed), `a wall clock at ${speed} times its speed`);
  return speed;
}

const monotonic = (): number => performance.now() * 1e6;

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Node takes up its tick queue when no microtask is left; but from outside a microtask it would do so before
 * them.
 */
async function drained(): Promise<void> {
  await null;
  await new Promise<void>((resolve) => process.nextTick(resolve));
}
