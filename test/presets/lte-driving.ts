/**
 * The traces of lte-driving, in mahimahi's format: made up, with the average rates that recorded LTE traces from a moving car have.
 *
 * Each second has a rate of its own, exp(SIGMA z_n), with z_n = RHO z_(n-1) + sqrt(1 - RHO^2) e_n and e_n normal: log-normal, and
 * like that of the second before. Then all are scaled to the average. An opportunity is where another 1500 bytes have gone by.
 */
import { exp, normalQuantile, RandomSource } from '../../engine/index.ts';

const SECONDS = 30;
const SIGMA = 0.7;
const RHO = 0.8;
/** 1500 bytes, in bits. */
const OPPORTUNITY = 12_000;

/** kbit/s on average: mahimahi's AT&T LTE trace from driving has 5.2 Mbit/s towards the phone and 0.8 from it. */
const AVERAGES = { down: 5200, up: 800 } as const;

export type Direction = keyof typeof AVERAGES;

/** One whole millisecond per opportunity. */
export function lteDriving(direction: Direction): number[] {
  const average = AVERAGES[direction];
  const rates = scaled(drift(direction), average);
  const count = (average * 1000 * SECONDS) / OPPORTUNITY;
  const instants: number[] = [];
  let bits = 0;
  rates.forEach((kbps, second) => {
    const after = bits + kbps * 1000;
    for (let next = (instants.length + 1) * OPPORTUNITY; next <= after; next += OPPORTUNITY) {
      if (instants.length < count - 1) instants.push(second * 1000 + Math.ceil((next - bits) / kbps));
    }
    bits = after;
  });
  // By the average the last one comes at the very end, which is where the trace begins anew.
  return [...instants, SECONDS * 1000];
}

function drift(direction: Direction): number[] {
  const random = new RandomSource('lte-driving').stream(direction);
  // The middle of a draw's 2^-32, so that it is never 0.
  const normal = (): number => normalQuantile(random.uniform() + 2 ** -33);
  const levels: number[] = [];
  let z = normal();
  for (let second = 0; second < SECONDS; second++) {
    levels.push(exp(SIGMA * z));
    z = RHO * z + Math.sqrt(1 - RHO * RHO) * normal();
  }
  return levels;
}

function scaled(levels: readonly number[], average: number): number[] {
  const sum = levels.reduce((total, level) => total + level, 0);
  return levels.map((level) => (level * average * levels.length) / sum);
}
