import type { Profile } from '../../../sim/personality/profile.ts';
import { Fate } from '../../../sim/trace.ts';
import { Xoshiro } from '../../support/xoshiro.ts';
import type { Course, Outcome } from '../channel.ts';
import { filteredShare, hiddenLoss, phi } from '../closed-forms.ts';
import { all, batchMean, batchRatio, law, MILLION, MS, mean, onCourse, type Proof } from '../proof.ts';
import { cycles, delaysOf, isFate, products, starts, sum } from '../series.ts';

const course = (more: Profile, gap = 100 * MS, size: Course['size'] = 1000): Course => ({
  profile: { netemCompat: true, ...more },
  packets: MILLION,
  gap,
  size,
});

const tenth = course({ packetLossPercentage: 0.1, 'loss.correlation': 0.25 });
const twentieth = course({ packetLossPercentage: 0.05, 'loss.correlation': 0.25 });
const copies = course({ packetLossPercentage: 0.2, duplicatePacketPercentage: 0.3 });

const [p, r, h, k] = [0.02, 0.25, 0.1, 0.99];
const gilbert = course({
  'loss.model': 'gilbertElliott',
  'loss.p': p,
  'loss.r': r,
  'loss.h': h,
  'loss.k': k,
});
const gilbertLoss = hiddenLoss(
  [
    [1 - p, p],
    [r, 1 - r],
  ],
  [1 - k, 1 - h],
);
const [p13, p31, p32, p23, p14] = [0.01, 0.2, 0.3, 0.4, 0.02];
const state = course({
  'loss.model': 'markov4',
  'loss.p13': p13,
  'loss.p31': p31,
  'loss.p32': p32,
  'loss.p23': p23,
  'loss.p14': p14,
});

/** INT_MAX ns, the most that the kernel takes: twice that is 2^32 but for 2, so that the flaw of the filter shows undisturbed. */
const LONGEST = 2147.483647;
const wide = course({ latencyMs: 2200, jitterMs: LONGEST, 'jitter.correlation': 0.25 });
const narrow = course({ latencyMs: 50, jitterMs: 5, 'jitter.correlation': 0.5 });
const normal = course({ latencyMs: 50, jitterMs: 5, 'jitter.distribution': 'normal' });
const swapping = course({ latencyMs: 50, jitterMs: 5 }, 2 * MS);
const reorder = course({ latencyMs: 45, 'reorder.percentage': 0.25, 'reorder.gap': 5 }, 10 * MS);

const source = new Xoshiro(48);
const SIZES = Int32Array.from({ length: MILLION }, () => 40 + source.below(1461));
const atm = course(
  {
    latencyMs: 20,
    bandwidthKbps: 10_000,
    'bandwidth.overheadBytes': 14,
    'bandwidth.cellBytes': 48,
    'bandwidth.cellOverheadBytes': 5,
  },
  100 * MS,
  (seq) => SIZES[seq]!,
);
const limited = course({ latencyMs: 100 }, MS / 20);

/** Arrivals of a packet, netem's order: none, two, otherwise one. */
function copiesLaw(l: number, d: number): { readonly mean: number; readonly deviation: number } {
  const two = (1 - l) ** 2 * d;
  const one = 1 - two - l * (1 - d);
  const average = one + 2 * two;
  return { mean: (1 - l) * (1 + d) + d * l * l, deviation: Math.sqrt(one + 4 * two - average ** 2) };
}

const variation = (outcome: Outcome, latencyMs: number, jitterMs: number): Float64Array =>
  delaysOf(outcome).map((delay) => (delay - latencyMs * MS) / (jitterMs * MS));

export const proofs: readonly Proof[] = [
  onCourse(
    'netem',
    tenth,
    [
      'The flaw of its correlation: loss 10% 25% loses 1.75 %.',
      'x = 0.75 u + 0.25 x below 0.1: fixed point of its law',
    ],
    (outcome) => batchMean(isFate(outcome, Fate.loss), filteredShare(0.1, 0.25)),
  ),
  onCourse('netem', twentieth, ['The same flaw: loss 5% 25% loses 0.19 %.', 'the same'], (outcome) =>
    batchMean(isFate(outcome, Fate.loss), filteredShare(0.05, 0.25)),
  ),
  onCourse(
    'netem',
    copies,
    ['Lost and duplicated arrives once, a copy may be lost: arrivals per packet.', '(1 - l)(1 + d) + d l^2'],
    ({ arrivals }) => {
      const expected = copiesLaw(0.2, 0.3);
      return mean(sum(arrivals) / MILLION, expected.mean, expected.deviation, MILLION);
    },
  ),
  onCourse('netem', gilbert, ['gemodel: the share.', 'p/(p+r) (1-h) + r/(p+r) (1-k)'], (outcome) =>
    batchMean(isFate(outcome, Fate.loss), (p * (1 - h) + r * (1 - k)) / (p + r)),
  ),
  onCourse(
    'netem',
    gilbert,
    ['gemodel: the mean length of a run of losses.', 'P_L / (P_L - P_LL)'],
    (outcome) => {
      const lost = isFate(outcome, Fate.loss);
      return batchRatio(lost, starts(lost), gilbertLoss.one / (gilbertLoss.one - gilbertLoss.both));
    },
  ),
  onCourse('netem', state, ['state: the share.', 'Salsano et al. 2012'], (outcome) => {
    const inGap = 1 / (1 + p14 + (p13 / p31) * (1 + p32 / p23));
    return batchMean(isFate(outcome, Fate.loss), inGap * (p13 / p31 + p14));
  }),
  onCourse(
    'netem',
    wide,
    [
      'The flaw of its correlation: the variance of the delay shrinks, in jitters squared.',
      '(1 - rho) / (1 + rho) / 3',
    ],
    (outcome) =>
      batchMean(
        variation(outcome, 2200, LONGEST).map((x) => x * x),
        0.75 / 1.25 / 3,
      ),
  ),
  onCourse(
    'netem',
    wide,
    ['Neighbours resemble each other as asked.', 'rho times that variance'],
    (outcome) => batchMean(products(variation(outcome, 2200, LONGEST)), (0.25 * 0.75) / 1.25 / 3),
  ),
  onCourse(
    'netem',
    narrow,
    ['The flaw of its remainder: with jitter far below a second correlation does nothing.', '0'],
    (outcome) => batchMean(products(variation(outcome, 50, 5)), 0),
  ),
  onCourse('netem', normal, ['Its table of the normal law.', 'the integral of the density'], (outcome) =>
    law(variation(outcome, 50, 5), 'normal', phi),
  ),
  onCourse(
    'netem',
    { ...swapping, traffic: 'every 2 ms' },
    ['Jitter reorders: neighbours swap so often.', 'uniform jitter s, gap g: (2s - g)^2 / 8s^2'],
    ({ leftAt }) =>
      batchMean(
        Float64Array.from({ length: MILLION - 1 }, (_, seq) => (leftAt[seq + 1]! < leftAt[seq]! ? 1 : 0)),
        0.32,
      ),
  ),
  onCourse(
    'netem',
    { ...reorder, traffic: 'every 10 ms' },
    ['Mean number of packets from one that is sent at once to the next.', 'gap - 1 + 1 / p'],
    ({ sentAt, leftAt }) => {
      const lengths = cycles(Uint8Array.from(leftAt, (left, seq) => (left === sentAt[seq] ? 1 : 0)));
      return mean(sum(lengths) / lengths.length, 4 + 4, Math.sqrt(0.75) / 0.25, lengths.length);
    },
  ),
  onCourse(
    'netem',
    { ...atm, traffic: '40 to 1500 bytes' },
    [
      'Each takes its delay, then its cells at that rate; 50 bytes with 14 are 106.',
      'ceil((size + 14) / 48) x 53 x 0.8 us',
    ],
    ({ sentAt, leftAt }) =>
      all(MILLION, (seq) => {
        const bytes = Math.ceil((SIZES[seq]! + 14) / 48) * 53;
        return leftAt[seq] === sentAt[seq]! + 20 * MS + bytes * 800;
      }),
  ),
  onCourse(
    'netem',
    { ...limited, traffic: 'every 0.05 ms' },
    [
      'The trap of its limit: delayed packets count, of 2000 on the way 1000 are dropped.',
      'limit 1000, by hand',
    ],
    ({ fate }) => all(MILLION, (seq) => (fate[seq] === Fate.delivered) === seq % 2000 < 1000),
  ),
];
