/** A pace that somebody steers while the run goes on: pause, resume, step, another speed. */
import { invariant } from './invariant.ts';
import { type Pacer, virtualPacer } from './pacer.ts';
import type { Nanos } from './time.ts';
import { LAST_INSTANT, NEVER } from './time.ts';

export interface SteeredPacerOptions {
  /** Virtual seconds in a real one; Infinity: as fast as it goes. */
  readonly speed?: number;
  readonly paused?: boolean;
  /** Where the run is. */
  readonly reached: () => Nanos;
  /** A monotonic clock, in real nanoseconds. */
  readonly clock: () => number;
  /** Calls back after so many real ms, at the earliest; returns what prevents that. */
  readonly timer: (callback: () => void, ms: number) => () => void;
  /** The run has paused by itself: a step is over. */
  readonly onPause?: () => void;
}

/** Longer sleeps are taken in pieces: a timer holds no more than 2^31 ms. */
const LONGEST_SLEEP_MS = 2 ** 30;

export class SteeredPacer implements Pacer {
  readonly breathe: () => Promise<void>;
  readonly drained: () => Promise<void>;
  readonly #reached: () => Nanos;
  readonly #clock: () => number;
  readonly #timer: SteeredPacerOptions['timer'];
  readonly #onPause: () => void;
  #speed: number;
  #paused: boolean;
  #started = false;
  // Virtual time was `#virtual` when the clock said `#real`.
  #virtual: Nanos = 0;
  #real = 0;
  /** Where a step ends; NEVER while there is none. */
  #target: Nanos = NEVER;
  /** The run has done everything before this instant, and waits for it; -1 while it has something to do. */
  #awaited: Nanos = -1;
  #poked = false;
  #wake: (() => void) | undefined = undefined;

  constructor({ speed = 1, paused = false, reached, clock, timer, onPause = () => {} }: SteeredPacerOptions) {
    const { breathe, drained } = virtualPacer();
    this.breathe = breathe;
    this.drained = drained;
    this.#speed = checked(speed);
    this.#paused = paused;
    this.#reached = reached;
    this.#clock = clock;
    this.#timer = timer;
    this.#onPause = onPause;
  }

  get speed(): number {
    return this.#speed;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** What a clock on the wall of the simulation shows. */
  get reading(): Nanos {
    const reached = this.#reached();
    return this.#awaited < 0 ? reached : Math.max(reached, Math.min(this.horizon(), this.#awaited));
  }

  /** How far the run is behind the pace, in ns of virtual time; 0 when nothing is to be kept up with. */
  get lag(): Nanos {
    if (this.#paused || this.#speed === Infinity || this.#target !== NEVER || this.#awaited >= 0) return 0;
    return Math.max(0, this.horizon() - this.#reached());
  }

  horizon(): Nanos {
    if (!this.#started) {
      this.#started = true;
      this.#real = this.#clock();
    }
    if (this.#target !== NEVER) return this.#target;
    if (this.#paused) return this.#virtual;
    if (this.#speed === Infinity) return NEVER;
    return Math.floor(this.#virtual + (this.#clock() - this.#real) * this.#speed);
  }

  async wait(until: Nanos): Promise<void> {
    this.#awaited = until;
    this.#endStep();
    while (!this.#poked && this.horizon() < until) {
      const ms = this.#paused ? LONGEST_SLEEP_MS : (until - this.horizon()) / this.#speed / 1e6;
      await this.#sleep(Math.max(0, Math.min(Math.ceil(ms), LONGEST_SLEEP_MS)));
    }
    this.#poked = false;
    this.#awaited = -1;
  }

  poke(): void {
    this.#poked = true;
    this.#wake?.();
  }

  /** Virtual time stands still from here on. A step that is under way ends here. */
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

  /** Goes on by so much, as fast as it goes, and pauses there; `onPause` is called when that is done. */
  step(by: Nanos): void {
    invariant(by > 0 && Number.isInteger(by), `a step of ${by} ns`);
    this.#fix();
    this.#paused = true;
    this.#target = Math.min(this.#virtual + by, LAST_INSTANT);
    // The run has to come by: only then it is known to have got there.
    this.poke();
  }

  /** Virtual time goes on from where it is, at this speed. What it was behind is forgotten. */
  setSpeed(speed: number): void {
    checked(speed);
    this.#fix();
    this.#speed = speed;
    this.#wake?.();
  }

  /** Before anything changes: what has passed has passed. */
  #fix(): void {
    this.#virtual = this.reading;
    this.#target = NEVER;
    this.#real = this.#clock();
    this.#started = true;
  }

  #endStep(): void {
    if (this.#target === NEVER || this.#reached() < this.#target) return;
    this.#virtual = this.#target;
    this.#target = NEVER;
    this.#onPause();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#timer(() => this.#wake?.(), ms);
      this.#wake = () => {
        this.#wake = undefined;
        cancel();
        resolve();
      };
    });
  }
}

function checked(speed: number): number {
  invariant(speed > 0, `a clock at ${speed} times its speed`);
  return speed;
}
