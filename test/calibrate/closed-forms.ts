/** Closed forms and numerical integrals of theory; nothing in here is taken from the program that is measured. */

/** Simpson's rule with `steps` (even) intervals. */
function integral(f: (x: number) => number, from: number, to: number, steps: number): number {
  const h = (to - from) / steps;
  let sum = f(from) + f(to);
  for (let i = 1; i < steps; i++) sum += f(from + i * h) * (i % 2 === 1 ? 4 : 2);
  return (sum * h) / 3;
}

const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

const STEP = 1 / 512;
const END = 8;
let nodes: Float64Array | undefined;

/** The standard normal distribution function, to eight digits: its density, integrated. */
export function phi(x: number): number {
  if (x > 0) return 1 - phi(-x);
  if (nodes === undefined) {
    nodes = new Float64Array(END / STEP + 1);
    for (let i = 1; i < nodes.length; i++) {
      const from = -END + (i - 1) * STEP;
      nodes[i] = nodes[i - 1]! + integral(density, from, from + STEP, 2);
    }
  }
  if (x <= -END) return 0;
  const at = (x + END) / STEP;
  const cell = Math.floor(at);
  // One term of Taylor's series more than a straight line.
  const part = (at - cell) * STEP;
  const start = -END + cell * STEP;
  return nodes[cell]! + part * density(start) * (1 - (start * part) / 2);
}

/** Its inverse, by bisection. */
export function phiInverse(p: number): number {
  let [low, high] = [-END, END];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (phi(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * P(Z1 < z, Z2 < z) of two standard normal variables with correlation rho, where P(Z < z) = p: Plackett's identity (Biometrika 41, 1954),
 * p^2 + 1/(2 pi) times the integral of exp(-z^2 / (1 + r)) / sqrt(1 - r^2) for r from 0 to rho.
 */
export function orthant(p: number, rho: number): number {
  const z = phiInverse(p);
  const f = (r: number): number => Math.exp((-z * z) / (1 + r)) / Math.sqrt(1 - r * r);
  return p * p + integral(f, 0, rho, 200) / (2 * Math.PI);
}

/** Correlation of two uniform variables made of normal ones with correlation rho (Pearson 1907). */
export const uniformCorrelation = (rho: number): number => (6 / Math.PI) * Math.asin(rho / 2);

/** netem's generators: 4/3 (u^(-1/3) - 1.5), and a quarter normal with three quarters of that; both end at 4. */
export const paretoQuantile = (p: number): number => Math.min(4, ((1 - p) ** (-1 / 3) - 1.5) * (4 / 3));
export const paretonormalQuantile = (p: number): number =>
  0.25 * Math.max(-4, Math.min(4, phiInverse(p))) + 0.75 * paretoQuantile(p);

/** The share below which `paretoQuantile` is not cut. */
export const PARETO_UNCUT = 1 - 4.5 ** -3;
/** Of values below the cut. */
export const paretoCdf = (x: number): number =>
  x <= -2 / 3 ? 0 : Math.min(1, (1 - (0.75 * x + 1.5) ** -3) / PARETO_UNCUT);

/** The distribution function of a continuous quantile function: straight lines between `cells` + 1 of its values. */
export function cdfOf(quantile: (p: number) => number, cells: number): (x: number) => number {
  const values = Float64Array.from({ length: cells + 1 }, (_, i) => quantile(i / cells));
  return (x) => {
    if (x <= values[0]!) return 0;
    if (x >= values[cells]!) return 1;
    let [low, high] = [0, cells];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (values[middle]! <= x) low = middle;
      else high = middle;
    }
    return (low + (x - values[low]!) / (values[high]! - values[low]!)) / cells;
  };
}

/** The long-run chances of the states of a Markov chain, by its matrix of transitions: the matrix's powers, squared until nothing changes. */
export function stationary(matrix: readonly (readonly number[])[]): number[] {
  let power = matrix.map((row) => [...row]);
  for (let i = 0; i < 40; i++) power = times(power, power);
  const total = power[0]!.reduce((a, b) => a + b, 0);
  return power[0]!.map((value) => value / total);
}

type Matrix = readonly (readonly number[])[];

function times(a: Matrix, b: Matrix): number[][] {
  const square = a.map((row) =>
    b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)),
  );
  // Squared often, rounding would grow.
  return square.map((row) => {
    const total = row.reduce((x, y) => x + y, 0);
    return row.map((value) => value / total);
  });
}

/** Of a hidden chain whose state i loses a packet with the chance `loss[i]`: P(lost), and P(lost, and lost `lag` later). */
export function hiddenLoss(matrix: Matrix, loss: readonly number[], lag = 1): { one: number; both: number } {
  const chances = stationary(matrix);
  let power = matrix;
  for (let i = 1; i < lag; i++)
    power = times(
      power.map((row) => [...row]),
      matrix,
    );
  const one = chances.reduce((sum, chance, i) => sum + chance * loss[i]!, 0);
  const both = chances.reduce(
    (sum, chance, i) => sum + chance * loss[i]! * power[i]!.reduce((to, p, j) => to + p * loss[j]!, 0),
    0,
  );
  return { one, both };
}

/**
 * P(x <= p) of sch_netem's x_n = (1 - rho) u_n + rho x_(n-1): the fixed point of F(x) = (1 / (1 - rho)) times the integral of
 * F(y / rho) for y from x - (1 - rho) to x.
 */
export function filteredShare(p: number, rho: number): number {
  const cells = 20_000;
  const at = (f: Float64Array, x: number): number => {
    const place = Math.min(1, Math.max(0, x)) * cells;
    const cell = Math.min(cells - 1, Math.floor(place));
    return f[cell]! + (place - cell) * (f[cell + 1]! - f[cell]!);
  };
  let cdf = Float64Array.from({ length: cells + 1 }, (_, i) => i / cells);
  for (let round = 0; round < 40; round++) {
    // The integral of F(y / rho) from 0 on.
    const area = new Float64Array(cells + 1);
    for (let i = 1; i <= cells; i++) {
      const [from, to] = [(i - 1) / cells / rho, i / cells / rho];
      area[i] = area[i - 1]! + (at(cdf, from) + 4 * at(cdf, (from + to) / 2) + at(cdf, to)) / 6 / cells;
    }
    cdf = cdf.map((_, i) => (area[i]! - at(area, i / cells - (1 - rho))) / (1 - rho));
  }
  return at(cdf, p);
}
