import type { Profile } from '../../../sim/personality/profile.ts';
import type { Course, Outcome } from '../channel.ts';
import { orthant, phi } from '../closed-forms.ts';
import { all, batchMean, MILLION, MS, mean, onCourse, type Proof, share } from '../proof.ts';
import { cycles, isReordered, products, sum } from '../series.ts';

const course = (gap: number, profile: Profile): Course & { traffic: string } => ({
  profile,
  packets: MILLION,
  gap,
  traffic: `every ${gap / MS} ms`,
});

const uniform = course(2 * MS, { latencyMs: 50, jitterMs: 5, 'jitter.preserveOrder': false });
const normal = course(5 * MS, {
  latencyMs: 50,
  jitterMs: 5,
  'jitter.distribution': 'normal',
  'jitter.preserveOrder': false,
});
// The delay is no multiple of the gap: nothing arrives at the same instant.
const ahead = course(10 * MS, { latencyMs: 45, 'reorder.percentage': 0.05 });
const correlated = course(10 * MS, {
  latencyMs: 45,
  'reorder.percentage': 0.1,
  'reorder.correlation': 0.5,
});
const gapped = course(10 * MS, { latencyMs: 45, 'reorder.percentage': 0.25, 'reorder.gap': 5 });
const held = course(10 * MS, {
  latencyMs: 5,
  'reorder.percentage': 0.05,
  'reorder.holdPackets': 3,
  'reorder.holdMs': 10_000,
});
const heldLong = course(10 * MS, { latencyMs: 5, 'reorder.percentage': 0.05, 'reorder.holdMs': 25 });

/** 1: its successor arrives before it. */
const swaps = ({ leftAt }: Outcome): Uint8Array =>
  Uint8Array.from({ length: MILLION - 1 }, (_, seq) => (leftAt[seq + 1]! < leftAt[seq]! ? 1 : 0));

/** 1: it skipped its delay. */
const skips = ({ sentAt, leftAt }: Outcome): Uint8Array =>
  Uint8Array.from({ length: MILLION }, (_, seq) => (leftAt[seq] === sentAt[seq] ? 1 : 0));

/** 1: it took longer than its delay of 5 ms. */
const isHeld = ({ sentAt, leftAt }: Outcome): Uint8Array =>
  Uint8Array.from({ length: MILLION }, (_, seq) => (leftAt[seq]! - sentAt[seq]! > 5 * MS ? 1 : 0));

/** By held packet: how many later ones that were not held arrived before it. Near the end of the run nobody comes who would. */
function overtakers(outcome: Outcome): number[] {
  const held = isHeld(outcome);
  const place = new Int32Array(MILLION);
  outcome.order.forEach((seq, at) => {
    place[seq] = at;
  });
  const counts: number[] = [];
  for (let seq = 0; seq < MILLION - 100; seq++) {
    if (held[seq] === 0) continue;
    let count = 0;
    for (let later = seq + 1; later < seq + 100; later++) {
      if (held[later] === 0 && place[later]! < place[seq]!) count++;
    }
    counts.push(count);
  }
  return counts;
}

export const proofs: readonly Proof[] = [
  onCourse(
    'disorder',
    uniform,
    ['Without order, neighbours swap so often.', 'uniform jitter s, gap g: (2s - g)^2 / 8s^2'],
    (outcome) => batchMean(swaps(outcome), (10 - 2) ** 2 / (8 * 25)),
  ),
  onCourse(
    'disorder',
    normal,
    ['The same with normal jitter.', 'erfc(g / 2s) / 2 = P(Z > g / (s sqrt 2))'],
    (outcome) => batchMean(swaps(outcome), phi(-1 / Math.SQRT2)),
  ),
  onCourse(
    'disorder',
    ahead,
    ['Each packet skips its delay with the same chance.', 'binomial law'],
    (outcome) => share(sum(skips(outcome)), MILLION, 0.05),
  ),
  onCourse(
    'disorder',
    ahead,
    ['Reordered packets, RFC 4737: those that any of the next four overtakes.', '(1 - p)(1 - (1 - p)^4)'],
    ({ order }) => batchMean(isReordered(order), 0.95 * (1 - 0.95 ** 4)),
  ),
  onCourse(
    'disorder',
    correlated,
    ['Correlation leaves the share as it is.', 'the share itself'],
    (outcome) => batchMean(skips(outcome), 0.1),
  ),
  onCourse(
    'disorder',
    correlated,
    ['So often two packets in a row skip it.', 'orthant of the normal law, Plackett 1954'],
    (outcome) => batchMean(products(skips(outcome)), orthant(0.1, 0.5)),
  ),
  onCourse(
    'disorder',
    gapped,
    ['Mean number of packets from one that skips its delay to the next.', 'gap - 1 + 1 / p'],
    (outcome) => {
      const lengths = cycles(skips(outcome));
      return mean(sum(lengths) / lengths.length, 4 + 4, Math.sqrt(0.75) / 0.25, lengths.length);
    },
  ),
  onCourse('disorder', gapped, ['Four in between at least.', 'by hand'], (outcome) => {
    const lengths = cycles(skips(outcome));
    return all(lengths.length, (i) => lengths[i]! >= 5);
  }),
  onCourse('disorder', held, ['Each packet is held back with the same chance.', 'binomial law'], (outcome) =>
    share(sum(isHeld(outcome)), MILLION, 0.05),
  ),
  onCourse(
    'disorder',
    held,
    ['It leaves when exactly three others have left after it was to.', 'by hand'],
    (outcome) => {
      const counts = overtakers(outcome);
      return all(counts.length, (i) => counts[i] === 3);
    },
  ),
  onCourse(
    'disorder',
    heldLong,
    ['Who is held leaves exactly 25 ms after its delay, everybody else at its end.', 'by hand'],
    ({ sentAt, leftAt }) => all(MILLION, (seq) => [5 * MS, 30 * MS].includes(leftAt[seq]! - sentAt[seq]!)),
  ),
  onCourse('disorder', heldLong, ['Each is held with the same chance.', 'binomial law'], (outcome) =>
    share(sum(isHeld(outcome)), MILLION, 0.05),
  ),
  onCourse(
    'disorder',
    heldLong,
    ['Reordered packets, RFC 4737: the held ones that one of the next two overtakes.', 'p (1 - p^2)'],
    ({ order }) => batchMean(isReordered(order), 0.05 * (1 - 0.05 ** 2)),
  ),
];
