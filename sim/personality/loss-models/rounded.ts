/** Numbers in messages. */

/** With four decimals at most, rounded down: of an upper bound, what is printed is within it. */
export const rounded = (value: number): string => String(Math.floor(value * 10_000) / 10_000);

/** The same, rounded up, for a lower bound. */
export const roundedUp = (value: number): string => String(Math.ceil(value * 10_000) / 10_000);
