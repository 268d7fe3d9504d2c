import type { Profile } from '../../../sim/personality/profile.ts';
import { Fate } from '../../../sim/trace.ts';
import type { Course } from '../channel.ts';
import { all, batchMean, counts, law, MILLION, MS, onCourse, type Proof, share } from '../proof.ts';
import { firstWaits, geometric, histogram, isFate, products, runsOf, sum } from '../series.ts';

const course = (gap: number, profile: Profile): Course & { traffic: string } => ({
  profile,
  packets: MILLION,
  gap,
  traffic: `every ${gap / MS} ms`,
});

const drops = course(MS / 10, { 'outage.dropEvery': 70, 'outage.dropFor': 30 });
const holds = course(MS / 10, { 'outage.holdEvery': 70, 'outage.holdFor': 30 });
const randomDrops = course(5 * MS, {
  'outage.dropEvery': 70,
  'outage.dropFor': 30,
  'outage.law': 'exponential',
});
const randomHolds = course(5 * MS, {
  'outage.holdEvery': 70,
  'outage.holdFor': 30,
  'outage.law': 'exponential',
});

/** Up 70 ms, then down 30 ms, in ns. */
const isDown = (at: number): boolean => at % (100 * MS) >= 70 * MS;
const nextUp = (at: number): number => at - (at % (100 * MS)) + 100 * MS;

/** P(down, and still or again down 5 ms later) of the two-state Markov process, given that it is down. */
const STAY = 0.3 + 0.7 * Math.exp(-5 * (1 / 70 + 1 / 30));

export const proofs: readonly Proof[] = [
  onCourse(
    'outage',
    drops,
    ['Up for 70 ms, then down for 30: who comes then is dropped, nobody else.', 'by hand'],
    ({ sentAt, fate }) =>
      all(MILLION, (seq) => fate[seq] === (isDown(sentAt[seq]!) ? Fate.linkDown : Fate.delivered)),
  ),
  onCourse(
    'outage',
    holds,
    ['Who comes in an outage leaves at its end, everybody else at once; in order.', 'by hand'],
    ({ sentAt, leftAt, order }) =>
      all(MILLION, (seq) => {
        const at = sentAt[seq]!;
        return leftAt[seq] === (isDown(at) ? nextUp(at) : at) && order[seq] === seq;
      }),
  ),
  onCourse(
    'outage',
    randomDrops,
    ['The share of the time that the link is down.', 'renewal theory: 30 / (70 + 30)'],
    (outcome) => batchMean(isFate(outcome, Fate.linkDown), 0.3),
  ),
  onCourse(
    'outage',
    randomDrops,
    ['Down now, down 5 ms later.', 'two-state Markov process: 0.3 + 0.7 exp(-5 (1/70 + 1/30))'],
    (outcome) => {
      const down = isFate(outcome, Fate.linkDown);
      return share(sum(products(down)), sum(down), STAY);
    },
  ),
  onCourse(
    'outage',
    randomDrops,
    ['Packets lost in a row follow the geometric law.', 'the same process, looked at every 5 ms'],
    (outcome) => {
      const runs = runsOf(isFate(outcome, Fate.linkDown));
      return counts(histogram(runs, 40), geometric(runs.length, 1 / (1 - STAY), 40), 'geometric');
    },
  ),
  onCourse(
    'outage',
    randomHolds,
    ['The mean time, in ms, that packets are held.', 'share 0.3 times the mean rest of 30 ms'],
    ({ sentAt, leftAt }) =>
      batchMean(
        leftAt.map((left, seq) => (left - sentAt[seq]!) / MS),
        9,
      ),
  ),
  onCourse(
    'outage',
    randomHolds,
    ['The first packet of an outage waits an exponential time.', '1 - exp(-t / 30 ms): no memory'],
    (outcome) => law(firstWaits(outcome), 'exponential, mean 30 ms', (x) => 1 - Math.exp(-x / (30 * MS))),
  ),
];
