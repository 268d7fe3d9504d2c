import { send } from '../channel.ts';
import { mean, type Proof } from '../proof.ts';

const MS = 1_000_000;
const MILLION = 1_000_000;

/** Arrivals of a packet that is lost with p, and otherwise doubled with d: mean and standard deviation. */
function copies(p: number, d: number): { readonly mean: number; readonly deviation: number } {
  const average = (1 - p) * (1 + d);
  const square = (1 - p) * (1 - d + 4 * d);
  return { mean: average, deviation: Math.sqrt(square - average * average) };
}

const total = (arrivals: Uint16Array): number => arrivals.reduce((sum, one) => sum + one, 0);

export const proofs: readonly Proof[] = [
  {
    stage: 'duplicate',
    settings: 'packetLossPercentage: 0.05, duplicatePacketPercentage: 0.1',
    promise: 'A packet that is not lost is doubled with that chance, and a copy is not copied again.',
    source: '(1 - p)(1 + d), RFC 5560',
    measure() {
      const profile = { packetLossPercentage: 0.05, duplicatePacketPercentage: 0.1 };
      const { arrivals } = send({ profile, packets: MILLION, gap: MS });
      const law = copies(0.05, 0.1);
      return mean(MILLION, total(arrivals) / MILLION, law.mean, law.deviation, MILLION);
    },
  },
];
