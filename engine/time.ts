/** Virtual time: whole nanoseconds since the run began. Does not know what runs. */

/**
 * Whole nanoseconds of virtual time, held in a double. The event queue orders by `time * 4 + rank`, which is exact up
 * to {@link LAST_INSTANT}.
 */
export type Nanos = number;

/** Later than every instant. */
export const NEVER: Nanos = Infinity;

/** The last instant that a run may reach: 2^51 - 1 ns, 26 days and 1.5 hours. */
export const LAST_INSTANT: Nanos = 2 ** 51 - 1;

/**
 * Zero for a field that will hold large numbers. It equals 0, but the virtual machine keeps it as a double from the start: a field
 * that begins as a small integer changes the object's shape later, and throws away the code that was compiled for it.
 */
export const ZERO: Nanos = -0;

/** Round to nearest nanosecond, halves up. */
export const roundNanos = (ns: number): Nanos => Math.floor(ns + 0.5);

export const us = (n: number): Nanos => roundNanos(n * 1e3);
export const ms = (n: number): Nanos => roundNanos(n * 1e6);
export const seconds = (n: number): Nanos => roundNanos(n * 1e9);

/** `1500000` as `1.5ms`: the largest unit that leaves at least 1, at most `digits` decimals, no trailing zeros. */
export function formatNanos(ns: Nanos, digits = 3): string {
  if (!Number.isFinite(ns)) return 'never';
  const size = Math.abs(ns);
  const [unit, scale] =
    size >= 1e9 ? ['s', 1e9] : size >= 1e6 ? ['ms', 1e6] : size >= 1e3 ? ['us', 1e3] : ['ns', 1];
  return `${Number((ns / scale).toFixed(digits))}${unit}`;
}
