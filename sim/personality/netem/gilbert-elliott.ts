/** sch_netem's `loss gemodel`: `loss_gilb_ell`. */
import { ZERO } from '../../../engine/index.ts';

/** All u32. `k1` is 1-k, as in tc; `h` is h, for which tc takes 1-h. */
export interface GilbertElliottOptions {
  readonly p: number;
  readonly r: number;
  readonly h: number;
  readonly k1: number;
}

/** Begins in the good state. Whether a packet is lost depends on the state before its transition. */
export class LossGilbertElliott {
  #isBad = false;
  #p = ZERO;
  #r = ZERO;
  #h = ZERO;
  #k1 = ZERO;

  start({ p, r, h, k1 }: GilbertElliottOptions): void {
    this.#isBad = false;
    this.#p = p;
    this.#r = r;
    this.#h = h;
    this.#k1 = k1;
  }

  /** Two u32 draws: for the transition, and for the loss. */
  isLost(change: number, loss: number): boolean {
    if (this.#isBad) {
      if (change < this.#r) this.#isBad = false;
      return loss > this.#h;
    }
    if (change < this.#p) this.#isBad = true;
    return loss < this.#k1;
  }
}
