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
    let whole = Math.floor(dividend / divisor);
    let rest = dividend - whole * divisor;
    // The quotient was rounded before its fraction was cut off.
    if (rest < 0) {
      whole--;
      rest += divisor;
    } else if (rest >= divisor) {
      whole++;
      rest -= divisor;
    }
    this.whole = whole;
    this.rest = rest;
  }
}
