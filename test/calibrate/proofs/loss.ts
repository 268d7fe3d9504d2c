import { Fate } from '../../../sim/trace.ts';
import { countFate, runsOf, send } from '../channel.ts';
import { type Proof, share } from '../proof.ts';

const MS = 1_000_000;
const MILLION = 1_000_000;

export const proofs: readonly Proof[] = [
  {
    stage: 'loss',
    settings: 'packetLossPercentage: 0.01',
    promise: 'Each packet is lost with the same chance.',
    source: 'RFC 7680; binomial law',
    measure() {
      const outcome = send({ profile: { packetLossPercentage: 0.01 }, packets: MILLION, gap: MS });
      return share(MILLION, countFate(outcome, Fate.loss), MILLION, 0.01);
    },
  },
  {
    stage: 'loss',
    settings: 'packetLossPercentage: 0.1',
    promise: 'Losses are independent: a loss follows a loss no more often than anything else.',
    source: 'P(loss after loss) = p; RFC 3357',
    measure() {
      const outcome = send({ profile: { packetLossPercentage: 0.1 }, packets: MILLION, gap: MS });
      const lost = countFate(outcome, Fate.loss);
      const runs = runsOf(outcome, Fate.loss).length;
      return share(MILLION, lost - runs, lost, 0.1);
    },
  },
];
