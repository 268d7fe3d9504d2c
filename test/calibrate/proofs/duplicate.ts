import { orthant } from '../closed-forms.ts';
import { batchMean, MILLION, MS, mean, onCourse, type Proof, share } from '../proof.ts';
import { products, sum } from '../series.ts';

/** Arrivals of a packet that is lost with p, and otherwise doubled with d: mean and standard deviation. */
function copies(p: number, d: number): { readonly mean: number; readonly deviation: number } {
  const average = (1 - p) * (1 + d);
  const square = (1 - p) * (1 - d + 4 * d);
  return { mean: average, deviation: Math.sqrt(square - average * average) };
}

const plain = { profile: { duplicatePacketPercentage: 0.1 }, packets: MILLION, gap: MS };
const lossy = {
  profile: { packetLossPercentage: 0.05, duplicatePacketPercentage: 0.1 },
  packets: MILLION,
  gap: MS,
};
const correlated = {
  profile: { duplicatePacketPercentage: 0.1, 'duplicate.correlation': 0.5 },
  packets: MILLION,
  gap: MS,
};

const isTwice = ({ arrivals }: { readonly arrivals: Uint16Array }): Uint8Array =>
  Uint8Array.from(arrivals, (count) => (count === 2 ? 1 : 0));

export const proofs: readonly Proof[] = [
  onCourse(
    'duplicate',
    plain,
    ['Each packet is doubled with the same chance.', 'RFC 5560; binomial law'],
    (outcome) => share(sum(isTwice(outcome)), MILLION, 0.1),
  ),
  onCourse(
    'duplicate',
    lossy,
    ['Lost packets are not doubled, copies not copied: arrivals per packet.', '(1 - p)(1 + d), RFC 5560'],
    ({ arrivals }) => {
      const { mean: expected, deviation } = copies(0.05, 0.1);
      return mean(sum(arrivals) / MILLION, expected, deviation, MILLION);
    },
  ),
  onCourse(
    'duplicate',
    correlated,
    ['Correlation leaves the share as it is.', 'the share itself'],
    (outcome) => batchMean(isTwice(outcome), 0.1),
  ),
  onCourse(
    'duplicate',
    correlated,
    ['So often two packets in a row are doubled.', 'orthant of the normal law, Plackett 1954'],
    (outcome) => batchMean(products(isTwice(outcome)), orthant(0.1, 0.5)),
  ),
];
