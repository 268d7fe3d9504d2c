import { delaysOf, send } from '../channel.ts';
import { exact, law, type Proof, share } from '../proof.ts';

const MS = 1_000_000;
const MILLION = 1_000_000;

export const proofs: readonly Proof[] = [
  {
    stage: 'delay',
    settings: 'latencyMs: 20',
    promise: 'Every packet takes exactly the latency.',
    source: 'RFC 7679',
    measure() {
      const delays = delaysOf(send({ profile: { latencyMs: 20 }, packets: MILLION, gap: MS / 10 }));
      return exact(MILLION, delays.filter((delay) => delay === 20 * MS).length, MILLION);
    },
  },
  {
    stage: 'delay',
    settings: 'latencyMs: 20, jitterMs: 5',
    promise: 'The delay is uniform between latency - jitter and latency + jitter.',
    source: 'F(x) = (x - 15 ms) / 10 ms',
    measure() {
      // So far apart that no packet has to wait for the one before it.
      const outcome = send({ profile: { latencyMs: 20, jitterMs: 5 }, packets: MILLION, gap: 20 * MS });
      return law(MILLION, delaysOf(outcome), 'uniform 15 to 25 ms', (x) =>
        Math.min(1, Math.max(0, (x + 0.5 - 15 * MS) / (10 * MS))),
      );
    },
  },
  {
    stage: 'delay',
    settings: 'latencyMs: 2, jitterMs: 5',
    promise: 'A delay that would be below zero is none, and is counted.',
    source: 'P(delay < 0) = (5 - 2) / 10',
    measure() {
      const { clamped } = send({ profile: { latencyMs: 2, jitterMs: 5 }, packets: MILLION, gap: 20 * MS });
      return share(MILLION, clamped, MILLION, 0.3);
    },
  },
];
