/** Division of whole numbers as quotient and remainder, so that the rounding of times never adds up. */
import { ZERO } from '../../../engine/index.ts';

/** A byte in the unit of a bucket's account, bits times ns: at r bit/s one ns earns r of it. */
export const BYTE = 8e9;

export class Division {
  whole = ZERO;
  /** From 0 to the divisor, which is not reached. */
  rest = ZERO;

  /** Of whole numbers; beyond 2^53 the dividend is a multiple of {@link BYTE}, which is exact up to 4 GB. */
  of(dividend: number, divisor: number): void {
    if (dividend > Number.MAX_SAFE_INTEGER) {
      this.rest = dividend % divisor;
      this.whole = Math.floor((dividend - this.rest) / divisor + 0.5);
      return;
    }
    // Of whole numbers below 2^53 the rounded quotient has the right whole part: what is less than it is so by more than the rounding.
    this.whole = Math.floor(dividend / divisor);
    this.rest = dividend - this.whole * divisor;
  }
}
