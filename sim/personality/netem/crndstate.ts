/** sch_netem's correlated random numbers: `struct crndstate`, `init_crandom` and `get_crandom`. */
import { ZERO } from '../../../engine/index.ts';
import { timesShare } from './integers.ts';

/**
 * x_n = (1 - r) u_n + r x_(n-1), rounded down, on 32-bit numbers. The flaw: for r above 0 the result is not uniform. Its mean stays 1/2,
 * but its variance shrinks to (1 - r)/(1 + r) of a uniform one, so that it rarely gets near 0, and a small chance compared with it
 * hardly ever hits: `loss 10% 25%` loses 1.75 %, `5% 25%` 0.19 %. Its low bits are as good as uniform and uncorrelated.
 */
export class CrndState {
  #rho = ZERO;
  #last = ZERO;

  /** `rho` and `last`, the number that the first one resembles, are u32; a `rho` of 0 is no correlation. */
  start(rho: number, last: number): void {
    this.#rho = rho;
    this.#last = last;
  }

  /** The next number, a u32, with the draw `value`, a u32. */
  next(value: number): number {
    if (this.#rho === 0) return value;
    this.#last = value + timesShare(this.#last - value, this.#rho + 1);
    return this.#last;
  }
}
