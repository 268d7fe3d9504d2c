import { PacketFlag } from '../../../sim/packet.ts';
import type { Profile } from '../../../sim/personality/profile.ts';
import { Fate } from '../../../sim/trace.ts';
import type { Course } from '../channel.ts';
import { hiddenLoss, orthant } from '../closed-forms.ts';
import {
  all,
  batchMean,
  batchRatio,
  counts,
  exact,
  MILLION,
  MS,
  mean,
  onCourse,
  type Proof,
  share,
} from '../proof.ts';
import { countFate, geometric, histogram, isFate, products, runsOf, starts, sum } from '../series.ts';

const course = (profile: Profile, more: Partial<Course> = {}): Course => ({
  profile,
  packets: MILLION,
  gap: MS,
  ...more,
});

const plain = course({ packetLossPercentage: 0.01 });
const tenth = course({ packetLossPercentage: 0.1 });
const correlated = course({ packetLossPercentage: 0.1, 'loss.correlation': 0.25 });
const correlatedMore = course({ packetLossPercentage: 0.02, 'loss.correlation': 0.9 });

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
const coin = course({ 'loss.model': 'gilbertElliott', 'loss.p': 0.3 });

const burst = course({ 'loss.model': 'burst', packetLossPercentage: 0.05, 'loss.meanBurst': 5 });

const [p13, p31, p32, p23, p14] = [0.01, 0.2, 0.3, 0.4, 0.02];
const markov = course({
  'loss.model': 'markov4',
  'loss.p13': p13,
  'loss.p31': p31,
  'loss.p32': p32,
  'loss.p23': p23,
  'loss.p14': p14,
});
/** States 1 to 4, as in the paper: gap, received in a burst, lost in a burst, lone loss. */
const fourStates = (c13: number, c31: number, c32: number, c23: number, c14: number): number[][] => [
  [1 - c13 - c14, 0, c13, c14],
  [0, 1 - c23, c23, 0],
  [c31, c32, 1 - c31 - c32, 0],
  [1, 0, 0, 0],
];
const LOST_STATES = [0, 0, 1, 1];
const markovLoss = hiddenLoss(fourStates(p13, p31, p32, p23, p14), LOST_STATES);

/** Salsano et al. 2012: overall loss, mean burst, density in it, share of lone losses, mean good run in a burst. */
const intuitive = { loss: 0.05, burst: 8, density: 0.75, lone: 0.01, good: 2 };
const general = course({
  'loss.model': 'generalIntuitive',
  packetLossPercentage: intuitive.loss,
  'loss.meanBurst': intuitive.burst,
  'loss.density': intuitive.density,
  'loss.isolated': intuitive.lone,
  'loss.meanGoodRun': intuitive.good,
});
const generalStates = fourStates(
  (intuitive.loss - intuitive.lone) /
    (intuitive.burst * (intuitive.density - intuitive.loss) * (1 - intuitive.lone)),
  1 / (intuitive.density * intuitive.burst),
  (1 - intuitive.density) / (intuitive.density * intuitive.good),
  1 / intuitive.good,
  intuitive.lone / (1 - intuitive.lone),
);

const nth = course({ 'loss.model': 'nth', 'loss.every': 7, 'loss.offset': 3 });
const listed = [1, 5, 777_777, 1_000_000];
const list = course({ 'loss.model': 'list', 'loss.packets': listed });
const match = course(
  {
    'loss.model': 'match',
    'loss.matchFlow': 'flow1',
    'loss.matchFirst': 90_000,
    'loss.matchLongerThan': 999,
  },
  { flow: (seq) => seq % 3, size: (seq) => (seq % 2 === 0 ? 1000 : 999) },
);
const ecn: Course & { readonly traffic: string } = {
  ...course(
    { packetLossPercentage: 0.02, 'loss.ecn': true },
    { flags: (seq) => (seq % 2 === 0 ? PacketFlag.ecnCapable : 0) },
  ),
  traffic: 'every second packet ECN-capable',
};

export const proofs: readonly Proof[] = [
  onCourse(
    'loss',
    plain,
    ['Each packet is lost with the same chance.', 'RFC 7680; binomial law'],
    (outcome) => share(countFate(outcome, Fate.loss), MILLION, 0.01),
  ),
  onCourse(
    'loss',
    tenth,
    ['A loss follows a loss no more often than anything else.', 'P(loss after loss) = p; RFC 3357'],
    (outcome) => {
      const lost = isFate(outcome, Fate.loss);
      return share(sum(products(lost)), sum(lost), 0.1);
    },
  ),
  onCourse('loss', correlated, ['Correlation leaves the share as it is.', 'the share itself'], (outcome) =>
    batchMean(isFate(outcome, Fate.loss), 0.1),
  ),
  onCourse(
    'loss',
    correlated,
    ['So often two packets in a row are lost.', 'orthant of the normal law, Plackett 1954'],
    (outcome) => batchMean(products(isFate(outcome, Fate.loss)), orthant(0.1, 0.25)),
  ),
  onCourse('loss', correlatedMore, ['The same close to 1: the share.', 'the share itself'], (outcome) =>
    batchMean(isFate(outcome, Fate.loss), 0.02),
  ),
  onCourse('loss', correlatedMore, ['And two losses in a row.', 'orthant, rho = 0.9'], (outcome) =>
    batchMean(products(isFate(outcome, Fate.loss)), orthant(0.02, 0.9)),
  ),
  onCourse('loss', gilbert, ['The share of the two states.', 'p/(p+r) (1-h) + r/(p+r) (1-k)'], (outcome) =>
    batchMean(isFate(outcome, Fate.loss), (p * (1 - h) + r * (1 - k)) / (p + r)),
  ),
  onCourse('loss', gilbert, ['The mean length of a run of losses.', 'P_L / (P_L - P_LL)'], (outcome) => {
    const lost = isFate(outcome, Fate.loss);
    return batchRatio(lost, starts(lost), gilbertLoss.one / (gilbertLoss.one - gilbertLoss.both));
  }),
  onCourse('loss', coin, ['Without r it is 1 - p: the share.', 'p'], (outcome) =>
    share(countFate(outcome, Fate.loss), MILLION, 0.3),
  ),
  onCourse('loss', coin, ['And there is no memory: the share after a loss.', 'p'], (outcome) => {
    const lost = isFate(outcome, Fate.loss);
    return share(sum(products(lost)), sum(lost), 0.3);
  }),
  onCourse('loss', burst, ['So many are lost in the long run.', 'the share itself'], (outcome) =>
    batchMean(isFate(outcome, Fate.loss), 0.05),
  ),
  onCourse('loss', burst, ['The mean length of a burst.', 'the length itself'], (outcome) => {
    const runs = runsOf(isFate(outcome, Fate.loss));
    return mean(sum(runs) / runs.length, 5, Math.sqrt(5 * 4), runs.length);
  }),
  onCourse(
    'loss',
    burst,
    ['The lengths of bursts follow the geometric law.', 'P(n) = (1/B)(1 - 1/B)^(n-1)'],
    (outcome) => {
      const runs = runsOf(isFate(outcome, Fate.loss));
      return counts(histogram(runs, 30), geometric(runs.length, 5, 30), 'geometric, mean 5');
    },
  ),
  onCourse('loss', markov, ['The share of the four states.', 'Salsano et al. 2012'], (outcome) => {
    const gap = 1 / (1 + p14 + (p13 / p31) * (1 + p32 / p23));
    return batchMean(isFate(outcome, Fate.loss), gap * (p13 / p31 + p14));
  }),
  onCourse(
    'loss',
    markov,
    ['The mean length of a run of losses.', 'P_L / (P_L - P_LL) of the chain'],
    (outcome) => {
      const lost = isFate(outcome, Fate.loss);
      return batchRatio(lost, starts(lost), markovLoss.one / (markovLoss.one - markovLoss.both));
    },
  ),
  onCourse(
    'loss',
    markov,
    ['A loss two packets after a loss.', 'square of the chain’s matrix'],
    (outcome) => {
      const { both } = hiddenLoss(fourStates(p13, p31, p32, p23, p14), LOST_STATES, 2);
      return batchMean(products(isFate(outcome, Fate.loss), 0, 2), both);
    },
  ),
  onCourse('loss', general, ['So many are lost in the long run.', 'the share itself'], (outcome) =>
    batchMean(isFate(outcome, Fate.loss), intuitive.loss),
  ),
  ...[1, 2, 5].map((lag) =>
    onCourse(
      'loss',
      general,
      [`A loss ${lag} after a loss.`, 'the chain that looks so: Salsano et al. 2012, section 4'],
      (outcome) =>
        batchMean(
          products(isFate(outcome, Fate.loss), 0, lag),
          hiddenLoss(generalStates, LOST_STATES, lag).both,
        ),
    ),
  ),
  onCourse(
    'loss',
    nth,
    ['Of 7 packets behind the first 3 the last one is lost, nobody else.', 'by hand'],
    (outcome) =>
      all(MILLION, (seq) => (outcome.fate[seq] === Fate.loss) === (seq >= 3 && (seq - 3) % 7 === 6)),
  ),
  onCourse('loss', list, ['These packets are lost, nobody else.', 'by hand'], (outcome) =>
    all(MILLION, (seq) => (outcome.fate[seq] === Fate.loss) === listed.includes(seq + 1)),
  ),
  onCourse(
    'loss',
    match,
    ['Of three flows one, of its packets the first 90000, of these the longer half: lost.', 'by hand'],
    (outcome) => {
      const lost = (seq: number): boolean => seq % 3 === 1 && (seq - 1) / 3 < 90_000 && seq % 2 === 0;
      return all(MILLION, (seq) => (outcome.fate[seq] === Fate.loss) === lost(seq));
    },
  ),
  onCourse('loss', match, ['And that is how many are lost.', '90000 / 2'], (outcome) =>
    exact(countFate(outcome, Fate.loss), 45_000),
  ),
  onCourse(
    'loss',
    ecn,
    ['ECN-capable packets are marked instead.', 'RFC 3168; half a million packets'],
    (outcome) => share(sum(outcome.marked), MILLION / 2, 0.02),
  ),
  onCourse('loss', ecn, ['Those are never lost, and the others never marked.', 'RFC 3168'], (outcome) =>
    all(MILLION, (seq) => (seq % 2 === 0 ? outcome.fate[seq] === Fate.delivered : outcome.marked[seq] === 0)),
  ),
];
