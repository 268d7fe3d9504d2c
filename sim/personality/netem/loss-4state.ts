/** sch_netem's `loss state`: `loss_4state`. */
import { ZERO } from '../../../engine/index.ts';

/** All u32. */
export interface FourStateOptions {
  readonly p13: number;
  readonly p31: number;
  readonly p32: number;
  readonly p23: number;
  readonly p14: number;
}

// The kernel's names.
const TX_IN_GAP_PERIOD = 1;
const TX_IN_BURST_PERIOD = 2;
const LOST_IN_GAP_PERIOD = 3;
const LOST_IN_BURST_PERIOD = 4;

/**
 * Begins in a gap. The flaw: chances of one state are added as u32, and a sum of 100 % may be 2^32, which is 0. With `p31` and `p32`
 * both 50 % (each rounded to 2^31) a burst only ever pauses, and never ends.
 */
export class Loss4State {
  #state = TX_IN_GAP_PERIOD;
  #p32 = ZERO;
  #p31or32 = ZERO;
  #p23 = ZERO;
  #p14 = ZERO;
  #p13or14 = ZERO;

  start({ p13, p31, p32, p23, p14 }: FourStateOptions): void {
    this.#state = TX_IN_GAP_PERIOD;
    this.#p32 = p32;
    this.#p31or32 = (p31 + p32) >>> 0;
    this.#p23 = p23;
    this.#p14 = p14;
    this.#p13or14 = (p13 + p14) >>> 0;
  }

  /** One u32 draw. */
  isLost(draw: number): boolean {
    switch (this.#state) {
      case TX_IN_GAP_PERIOD:
        if (draw < this.#p14) this.#state = LOST_IN_GAP_PERIOD;
        else if (draw < this.#p13or14) this.#state = LOST_IN_BURST_PERIOD;
        break;
      case TX_IN_BURST_PERIOD:
        if (draw < this.#p23) this.#state = LOST_IN_BURST_PERIOD;
        break;
      case LOST_IN_BURST_PERIOD:
        if (draw < this.#p32) this.#state = TX_IN_BURST_PERIOD;
        else if (draw < this.#p31or32) this.#state = TX_IN_GAP_PERIOD;
        break;
      default:
        this.#state = TX_IN_GAP_PERIOD;
    }
    return this.#state >= LOST_IN_GAP_PERIOD;
  }
}
