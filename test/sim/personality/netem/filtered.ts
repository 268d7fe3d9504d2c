/** What netem's filter does to uniform numbers, without netem's numbers: the limit distribution of x' = (1 - r) u + r x. */

const CELLS = 20_000;

/** The distribution function of x, as a fixed point: F(x) is the integral of F over (x - (1 - r) u)/r for u from 0 to 1. */
export function filteredCdf(rho: number): (x: number) => number {
  let values = Float64Array.from({ length: CELLS + 1 }, (_, i) => i / CELLS);
  for (let round = 0; round < 60; round++) {
    const sums = new Float64Array(CELLS + 1);
    for (let i = 1; i <= CELLS; i++) sums[i] = sums[i - 1]! + (values[i - 1]! + values[i]!) / 2 / CELLS;
    const integral = (y: number): number => {
      if (y <= 0) return 0;
      if (y >= 1) return sums[CELLS]! + y - 1;
      return between(sums, y);
    };
    values = Float64Array.from({ length: CELLS + 1 }, (_, i) => {
      const x = i / CELLS;
      return (rho / (1 - rho)) * (integral(x / rho) - integral((x - (1 - rho)) / rho));
    });
  }
  return (x) => between(values, x);
}

function between(values: Float64Array, x: number): number {
  const at = Math.min(CELLS - 1, Math.floor(x * CELLS));
  return values[at]! + (x * CELLS - at) * (values[at + 1]! - values[at]!);
}
