/** What goes down and comes up again by itself. Begins up. Takes part in no event: whoever asks says what time it is. */
import { type Nanos, NEVER, type RandomStream, roundNanos, ZERO } from '../../engine/index.ts';

export interface OnOffSettings {
  /** How long it is up each time, and how long down: always so long, or on average. A 0 in either: it stays up. */
  readonly up: Nanos;
  readonly down: Nanos;
  /** Always the same, or exponentially distributed with these means. */
  readonly law: 'fixed' | 'exponential';
}

const ALWAYS_UP: OnOffSettings = { up: 0, down: 0, law: 'fixed' };

/** So many times up and down are gone through one by one, when nobody has asked for long. */
const WALK = 1 << 15;

export class OnOff {
  isUp = true;
  /** When that changes next. */
  changesAt: Nanos = NEVER;
  readonly #random: RandomStream;
  #settings = ALWAYS_UP;
  #began: Nanos = ZERO;

  /** With the exponential law, each time up or down takes one draw. */
  constructor(random: RandomStream) {
    this.#random = random;
  }

  /** From `now` on; begins anew unless the settings are what they were. */
  configure(settings: OnOffSettings, now: Nanos): void {
    const { up, down, law } = this.#settings;
    if (settings.up === up && settings.down === down && settings.law === law) return;
    this.#settings = settings;
    this.#began = now;
    this.isUp = true;
    this.changesAt = settings.up > 0 && settings.down > 0 ? now + this.#sojourn() : NEVER;
  }

  /**
   * Comes to `now` at once, if it is far behind. The fixed law is arithmetic. The exponential one forgets: after so many times up and down
   * it is up with the chance up / (up + down), whatever was before (what remains of that is e^-100,000), and for an exponential time yet.
   * Two draws then.
   */
  skip(now: Nanos): void {
    const { up, down, law } = this.#settings;
    const period = up + down;
    if (law === 'fixed') {
      if (now < this.changesAt) return;
      const phase = (now - this.#began) % period;
      this.isUp = phase < up;
      this.changesAt = now - phase + (this.isUp ? up : period);
    } else if (now - this.changesAt > WALK * period) {
      this.isUp = this.#random.chance(up / period);
      this.changesAt = now + this.#sojourn();
    }
  }

  /** It is `changesAt`. */
  change(): void {
    this.isUp = !this.isUp;
    this.changesAt += this.#sojourn();
  }

  #sojourn(): Nanos {
    const { up, down, law } = this.#settings;
    const mean = this.isUp ? up : down;
    return law === 'fixed' ? mean : roundNanos(mean * this.#random.exponential());
  }
}

/**
 * Brings two that share a stream to `now`. The earlier change draws first, whoever asks when: the draws of one do not depend on how often
 * somebody asked.
 */
export function bringTo(now: Nanos, one: OnOff, other: OnOff): void {
  one.skip(now);
  other.skip(now);
  for (;;) {
    const next = one.changesAt <= other.changesAt ? one : other;
    if (next.changesAt > now) return;
    next.change();
  }
}
