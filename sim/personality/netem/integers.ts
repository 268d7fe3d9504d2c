/** The kernel's whole numbers: 32 and 64 bits wide, and exact. */

/** What a draw and a chance are counted in: 2^32 would be 1. */
export const U32 = 2 ** 32;

/** C's `rint` in its usual mode: to the nearest whole number, halves to the even one. */
export function rint(x: number): number {
  const below = Math.floor(x);
  const part = x - below;
  return part < 0.5 || (part === 0.5 && below % 2 === 0) ? below : below + 1;
}

/**
 * A probability as tc hands it to the kernel (`get_percent`): a share of 2^32 - 1, so that 100 % is the greatest u32. The kernel
 * compares such a number with a draw; depending on the place a chance is then its value, or one more, out of 2^32.
 */
export const percent = (probability: number): number => rint(probability * (U32 - 1));

/** a * b >> 32 for whole numbers, |a| below 2^42 and b from 0 to 2^32: rounded down, below zero too, and exact. */
export function timesShare(a: number, b: number): number {
  const high = Math.floor(a / 2 ** 21);
  const low = a - high * 2 ** 21;
  return Math.floor((high * b + Math.floor((low * b) / 2 ** 21)) / 2 ** 11);
}
