import { Fate } from '../../../sim/trace.ts';
import { Xoshiro } from '../../support/xoshiro.ts';
import { countFate, type Outcome, send } from '../channel.ts';
import { batchMean, exact, type Proof } from '../proof.ts';

const MS = 1_000_000;
const MILLION = 1_000_000;

/** Gaps of a Poisson process, ns. */
function poisson(seed: number, average: number): () => number {
  const source = new Xoshiro(seed);
  return () => Math.floor(source.exp() * average + 0.5);
}

/**
 * By how many bytes the worst window was over r t + b: a bucket that fills by the packet and leaks at r holds at each departure the
 * greatest excess over r t of all windows that end there.
 */
function worstExcess({ order, shapedAt }: Outcome, size: number, rate: number, burst: number): number {
  let level = 0;
  let last = 0;
  let worst = -Infinity;
  for (const seq of order) {
    const at = shapedAt[seq]!;
    level = Math.max(0, level - ((at - last) * rate) / 8e9) + size;
    last = at;
    worst = Math.max(worst, level - burst);
  }
  return worst;
}

export const proofs: readonly Proof[] = [
  {
    stage: 'bandwidth',
    settings: 'bandwidthKbps: 10000, bandwidth.burstBytes: 15000',
    promise: 'In no window of t seconds do more than r t + b bytes leave.',
    source: 'token bucket, RFC 2697; checked in every window',
    measure() {
      const profile = { bandwidthKbps: 10_000, 'bandwidth.burstBytes': 15_000 };
      const outcome = send({ profile, packets: MILLION, gap: poisson(1, 700_000) });
      const worst = worstExcess(outcome, 1000, 1e7, 15_000);
      return exact(MILLION, worst <= 1e-3 ? 'no excess' : `${worst} bytes too many`, 'no excess');
    },
  },
  {
    stage: 'bandwidth',
    settings: 'bandwidthKbps: 10000, bandwidth.model: serialize, load 0.8',
    promise:
      'A wire serves Poisson arrivals of fixed size as M/D/1: the mean wait is rho / (2 mu (1 - rho)).',
    source: 'Pollaczek and Khinchine: 1.6 ms',
    measure() {
      const profile = {
        bandwidthKbps: 10_000,
        'bandwidth.model': 'serialize',
        'bandwidth.queuePackets': 1e6,
      };
      const packets = 4 * MILLION;
      const { sentAt, shapedAt } = send({ profile, packets, gap: poisson(2, 1_000_000) });
      const waits = shapedAt.map((shaped, seq) => (shaped - sentAt[seq]! - 800_000) / MS);
      return batchMean(packets, waits, 1.6);
    },
  },
  {
    stage: 'bandwidth',
    settings: 'bandwidthKbps: 10000, bandwidth.model: serialize, bandwidth.queuePackets: 100, load 1.2',
    promise: 'A full queue drops: as many as in ns-3 and in C++ on the same arrivals (workload W3).',
    source: 'ns-3 3.37, 166,543 of 1,000,000',
    measure() {
      const profile = {
        bandwidthKbps: 10_000,
        'bandwidth.model': 'serialize',
        'bandwidth.queuePackets': 100,
      };
      const gaps = poisson(1, (8000 / 12e6) * 1e9);
      // The first packet of the workload comes after a gap of its own.
      gaps();
      const outcome = send({ profile, packets: MILLION, gap: gaps });
      return exact(MILLION, countFate(outcome, Fate.queue), 166_543);
    },
  },
];
