import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { atMostHits, chanceInterval, quantileRanks, sideOf } from '../../reports/intervals.ts';

const chance = fc.double({ min: 0.0001, max: 0.9999, noNaN: true });
const trials = fc.integer({ min: 1, max: 60 });

/** P(X = hits) for every number of hits, by the recurrence of Pascal's triangle. */
function distribution(n: number, p: number): number[] {
  let row = [1];
  for (let i = 0; i < n; i++) {
    const next = [...row, 0].map((value, k) => value * (1 - p) + (k > 0 ? (row[k - 1] ?? 0) * p : 0));
    row = next;
  }
  return row;
}

describe('intervals', () => {
  test.prop({ n: trials, p: chance }, { seed: 611, numRuns: 150 })(
    'hold the truth at least 99 times of 100',
    ({ n, p }) => {
      const covered = distribution(n, p).reduce((total, weight, hits) => {
        const [low, high] = chanceInterval(hits, n);
        return total + (low <= p && p <= high ? weight : 0);
      }, 0);
      expect(covered).toBeGreaterThanOrEqual(0.99 - 1e-12);
    },
  );

  test.prop({ n: trials, level: chance }, { seed: 612, numRuns: 200 })(
    'of quantiles hold the truth at least 99 times of 100, and no narrower ones do so on both sides',
    ({ n, level }) => {
      const weights = distribution(n, level);
      const [low, high] = quantileRanks(n, level);
      // The quantile is below the value of rank `low` when fewer than `low` values are below it.
      const below = weights.slice(0, low).reduce((total, weight) => total + weight, 0);
      const above = weights.slice(high).reduce((total, weight) => total + weight, 0);
      expect(below).toBeLessThanOrEqual(0.005 + 1e-12);
      expect(above).toBeLessThanOrEqual(0.005 + 1e-12);
      expect(below + (weights[low] ?? 1)).toBeGreaterThan(0.005 - 1e-12);
      expect(above + (weights[high - 1] ?? 1)).toBeGreaterThan(0.005 - 1e-12);
    },
  );

  test.prop({ n: trials, p: chance, hits: fc.nat({ max: 60 }) }, { seed: 613, numRuns: 300 })(
    'tell a side exactly when they lie on it',
    ({ n, p, hits }) => {
      const k = Math.min(hits, n);
      const [low, high] = chanceInterval(k, n);
      const side = sideOf({ share: k / n, chance: p }, n);
      // At the very ends a rounding may decide.
      if (Math.min(Math.abs(low - p), Math.abs(high - p)) < 1e-9) return;
      expect(side).toBe(high < p ? 'below' : low > p ? 'above' : 'either');
    },
  );

  test.prop({ n: trials, p: chance }, { seed: 614, numRuns: 200 })(
    'tails grow with every hit',
    ({ n, p }) => {
      let before = 0;
      for (let hits = 0; hits <= n; hits++) {
        const now = atMostHits(hits, n, p);
        expect(now).toBeGreaterThanOrEqual(before - 1e-13);
        before = now;
      }
      expect(before).toBe(1);
    },
  );
});
