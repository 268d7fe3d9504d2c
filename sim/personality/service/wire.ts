/** A wire: one packet at a time, each for its length by the rate, rounded to the nearest nanosecond (netem's `rate`, ns-3's point-to-point). */
import { type Nanos, ZERO } from '../../../engine/index.ts';
import { BYTE, Division } from './division.ts';
import type { Service } from './service.ts';

export class Wire implements Service {
  /** Whole bit/s. */
  #rate = ZERO;
  readonly #time = new Division();
  #timeBytes = -1;

  /** What is on the wire stays on it. */
  configure(rate: number): void {
    this.#rate = rate;
    this.#timeBytes = -1;
  }

  awake(): void {}

  begins(_bytes: number, since: Nanos): Nanos {
    return since;
  }

  begin(bytes: number, now: Nanos): Nanos {
    if (bytes !== this.#timeBytes) {
      this.#time.of(bytes * BYTE, this.#rate);
      this.#timeBytes = bytes;
    }
    return now + this.#time.whole + (this.#time.rest * 2 >= this.#rate ? 1 : 0);
  }
}
