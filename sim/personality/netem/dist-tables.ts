/**
 * The tables that iproute2 ships for `distribution`: quantiles as 16-bit numbers, 8192 being one jitter. Number for number what its
 * generators print (iproute2 `netem/normal.c`, `pareto.c`, `paretonormal.c`).
 */
import { normalQuantile, pow } from '../../../engine/index.ts';
import { rint } from './integers.ts';

/** NETEM_DIST_SCALE. */
export const DIST_SCALE = 8192;

const ENTRIES = 4096;
const LEAST = -32768;
const GREATEST = 32767;

const clip = (value: number): number => Math.min(GREATEST, Math.max(LEAST, value));

/** A table of quantiles, in jitters. */
export const distTable = (quantiles: readonly number[]): Int16Array =>
  Int16Array.from(quantiles, (quantile) => clip(rint(quantile * DIST_SCALE)));

export const normalDist = once(() => Int16Array.from(normalValues(), clip));

/** Shape 3, moved and scaled to a mean of 0 before the clip. */
export const paretoDist = once(() => Int16Array.from(paretoValues()));

/** A quarter normal and three quarters Pareto at the same probability, as whole numbers. */
export const paretonormalDist = once(() => {
  const pareto = paretoValues();
  return Int16Array.from(normalValues(), (value, entry) =>
    clip(Math.trunc((value + 3 * pareto[entry]!) / 4)),
  );
});

/** The generator goes from -10 up in small steps; every fourth of 16384 cells keeps the last x that was rounded to it. */
function normalValues(): Float64Array {
  const cells = 4 * ENTRIES;
  const step = 0.00005;
  const values = new Float64Array(ENTRIES);
  let x = -10;
  for (let entry = 0; entry < ENTRIES; entry++) {
    const end = normalQuantile((4 * entry + 0.5) / cells);
    // Step by step, because what the additions round adds up.
    for (let next = x + step; next <= end; next += step) x = next;
    values[entry] = rint(x * DIST_SCALE);
  }
  return values;
}

function paretoValues(): Float64Array {
  return Float64Array.from({ length: ENTRIES }, (_, entry) => {
    const value = (1 / pow(1 - entry / ENTRIES, 1 / 3) - 1.5) * (4 / 3) * DIST_SCALE;
    return rint(Math.min(GREATEST, value));
  });
}

function once(make: () => Int16Array): () => Int16Array {
  let made: Int16Array | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
