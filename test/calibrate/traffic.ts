/** When packets come. */
import { Xoshiro } from '../support/xoshiro.ts';

/** Gaps of a Poisson process with that mean, ns; the same ones each time it begins again with packet 0. `skip` so many first. */
export function poisson(seed: number, average: number, skip = 0): (seq: number) => number {
  let source = new Xoshiro(seed);
  const gap = (): number => Math.floor(source.exp() * average + 0.5);
  return (seq) => {
    if (seq === 0) {
      source = new Xoshiro(seed);
      for (let i = 0; i < skip; i++) gap();
    }
    return gap();
  };
}
