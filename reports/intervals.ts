/**
 * What a sample of independent trials says of a chance, by the exact binomial distribution (Clopper and Pearson, Biometrika 26,
 * 1934; of quantiles: David and Nagaraja, Order Statistics, 7.1). Does not know what was tried.
 *
 * Everything is made of the engine's own logarithm and exponential, so that a verdict is the same on every machine. Numbers of trials
 * and of hits may be broken: of trials that hang on each other, a smaller number counts.
 */
import { exp, ln } from '../engine/index.ts';

/** How often the truth may lie beyond one end of an interval: half of what 99 % leave. */
export const TAIL = 0.005;

/** Whether a chance is surely on one side of a number. */
export type Side = 'below' | 'above' | 'either';

/** A share of hits that was measured, and the chance that it is compared with. Both from 0 to 1. */
export interface Comparison {
  readonly share: number;
  readonly chance: number;
}

/** The chance of at most `hits` hits in `trials` trials, each a hit with `chance`. */
export function atMostHits(hits: number, trials: number, chance: number): number {
  if (hits < 0) return 0;
  if (hits >= trials || chance <= 0) return 1;
  if (chance >= 1) return 0;
  return betaShare(1 - chance, chance, trials - hits, hits + 1);
}

/** The chance of at least `hits` hits in `trials` trials, each a hit with `chance`. */
export function atLeastHits(hits: number, trials: number, chance: number): number {
  if (hits <= 0) return 1;
  if (hits > trials || chance <= 0) return 0;
  if (chance >= 1) return 1;
  return betaShare(chance, 1 - chance, hits, trials - hits + 1);
}

/** The chances that so many hits go with: Clopper and Pearson's interval, {@link TAIL} left out on either side. */
export function chanceInterval(hits: number, trials: number, tail = TAIL): readonly [number, number] {
  const low = hits <= 0 ? 0 : crossing((chance) => atLeastHits(hits, trials, chance) > tail);
  const high = hits >= trials ? 1 : crossing((chance) => atMostHits(hits, trials, chance) <= tail);
  return [low, high];
}

/**
 * The ranks, counted from 1, of the values between which the `level` quantile lies. A rank of 0 or of `trials` + 1 is none: on
 * that side the sample is too small to tell a limit.
 */
export function quantileRanks(trials: number, level: number, tail = TAIL): readonly [number, number] {
  let low = 0;
  // The greatest rank of which it is unlikely that fewer values are below the quantile.
  for (let step = powerOfTwo(trials); step >= 1; step /= 2) {
    if (low + step <= trials && atMostHits(low + step - 1, trials, level) <= tail) low += step;
  }
  let high = trials + 1;
  for (let step = powerOfTwo(trials); step >= 1; step /= 2) {
    if (high - step >= 1 && atLeastHits(high - step, trials, level) <= tail) high -= step;
  }
  return [low, high];
}

/** Where the chance behind a share lies, seen from the other one. */
export function sideOf({ share, chance }: Comparison, trials: number, tail = TAIL): Side {
  if (atMostHits(share * trials, trials, chance) <= tail) return 'below';
  return atLeastHits(share * trials, trials, chance) <= tail ? 'above' : 'either';
}

/** More are asked of nobody. */
export const MOST_TRIALS = 1e9;

/** With how many trials every comparison would tell a side, were the shares the same. Null when {@link MOST_TRIALS} are too few. */
export function trialsNeeded(comparisons: readonly Comparison[], tail = TAIL): number | null {
  const suffices = (trials: number): boolean =>
    comparisons.every((comparison) => sideOf(comparison, trials, tail) !== 'either');
  let enough = 1;
  while (!suffices(enough)) {
    enough *= 2;
    if (enough > MOST_TRIALS) return null;
  }
  let few = enough / 2;
  while (enough - few > 1) {
    const middle = Math.floor((few + enough) / 2);
    if (suffices(middle)) enough = middle;
    else few = middle;
  }
  return enough;
}

/** Rounded up to two digits. */
export function about(value: number): number {
  let unit = 1;
  while (value / unit > 99) unit *= 10;
  return Math.ceil(value / unit) * unit;
}

function powerOfTwo(limit: number): number {
  let power = 1;
  while (power * 2 <= limit) power *= 2;
  return power;
}

/** The least number from 0 to 1 for which it holds, if it holds for all greater ones. */
function crossing(holds: (chance: number) => boolean): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * The regularized incomplete beta function I_x(a, b) for 0 < x < 1 and a, b > 0; `y` is 1 - x, known more exactly than it
 * can be computed. By the continued fraction DLMF 8.17.22, in Lentz's way; relative error about 1e-13.
 */
export function betaShare(x: number, y: number, a: number, b: number): number {
  // There it converges in about the square root of a + b steps.
  if (x * (a + b + 2) > a + 1) return 1 - betaShare(y, x, b, a);
  let c = 1;
  let d = 1 / awayFrom0(1 - ((a + b) * x) / (a + 1));
  let product = d;
  for (let m = 1; m < MOST_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFrom0(1 + even * d);
    c = awayFrom0(1 + even / c);
    product *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFrom0(1 + odd * d);
    c = awayFrom0(1 + odd / c);
    product *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return (b / (a + b)) * binomialTerm(a, b, x, y) * product;
}

const MOST_STEPS = 1e6;
const awayFrom0 = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value);

const TWO_PI = 6.283185307179586;

/**
 * Gamma(a + b + 1) / (Gamma(a + 1) Gamma(b + 1)) x^a y^b, without the differences of great logarithms: C. Loader, "Fast and
 * accurate computation of binomial probabilities", 2000.
 */
function binomialTerm(a: number, b: number, x: number, y: number): number {
  const n = a + b;
  const exponent =
    stirlingRest(n) - stirlingRest(a) - stirlingRest(b) - deviance(a, n * x) - deviance(b, n * y);
  return exp(exponent) * Math.sqrt(n / (TWO_PI * a * b));
}

/** ln Gamma(n + 1) without Stirling's sqrt(2 pi n) (n/e)^n. */
function stirlingRest(n: number): number {
  let rest = 0;
  let z = n;
  // The series (DLMF 5.11.1) is exact to the last digit from 15 on; the recurrence leads there.
  for (; z < 15; z++) rest += (z + 0.5) * ln((z + 1) / z) - 1;
  const w = z * z;
  return rest + (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / w) / w) / w) / w) / z;
}

/** x ln(x/m) + m - x, also where x is close to m. */
function deviance(x: number, m: number): number {
  if (Math.abs(x - m) >= 0.1 * (x + m)) return x * ln(x / m) + m - x;
  const v = (x - m) / (x + m);
  let sum = (x - m) * v;
  let term = 2 * x * v;
  for (let j = 1; j < 100; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

/** Below this chance, that runs are so few is no accident. */
const DEPENDENT = 0.001;

/**
 * How many independent trials `trials` are worth, of which `hits` in `runs` rows of neighbours were hits. All of them, unless so few
 * runs come by chance less often than once in a thousand times (exact: Wald and Wolfowitz, 1940); then as many as in a two-state
 * Markov chain with these runs: n (1 - r) / (1 + r), with r the correlation of neighbours.
 */
export function worthOfRuns(trials: number, hits: number, runs: number): number {
  const misses = trials - hits;
  if (hits < 2 || misses < 1 || runs < 1 || chanceOfRuns(trials, hits, runs) > DEPENDENT) return trials;
  const correlation = 1 - runs / hits - runs / misses;
  return correlation <= 0 ? trials : Math.max(1, (trials * (1 - correlation)) / (1 + correlation));
}

/** The chance that so many hits among so many trials, in any order, form at most so many runs. */
export function chanceOfRuns(trials: number, hits: number, runs: number): number {
  const gaps = trials - hits + 1;
  const most = Math.min(hits, gaps);
  // P(r) is C(hits - 1, r - 1) C(gaps, r) / C(trials, hits): only the ratio of neighbours is needed.
  const growth = (r: number): number => ((hits - r) / r) * ((gaps - r) / (r + 1));
  let mode = Math.max(1, Math.min(most, Math.round((hits * gaps) / trials)));
  while (mode < most && growth(mode) > 1) mode++;
  while (mode > 1 && growth(mode - 1) < 1) mode--;
  let all = 1;
  let few = mode <= runs ? 1 : 0;
  let weight = 1;
  for (let r = mode; r < most && weight > 1e-20; r++) {
    weight *= growth(r);
    all += weight;
    if (r + 1 <= runs) few += weight;
  }
  weight = 1;
  for (let r = mode - 1; r >= 1 && weight > 1e-20; r--) {
    weight /= growth(r);
    all += weight;
    if (r <= runs) few += weight;
  }
  return few / all;
}

/**
 * The same of values whose neighbours differ by `step` on average, where any two differ by `spread`: their correlation is
 * 1 - (step/spread)^2, as of a Gaussian process of the first order. All of them, unless that is four deviations off.
 */
export function worthOfSteps(trials: number, step: number, spread: number): number {
  if (spread <= 0) return trials;
  const correlation = 1 - (step / spread) ** 2;
  if (correlation * Math.sqrt(trials) <= 4) return trials;
  return Math.max(1, (trials * (1 - correlation)) / (1 + correlation));
}
