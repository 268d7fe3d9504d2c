import type { Profile } from '../../../sim/personality/profile.ts';
import { Fate } from '../../../sim/trace.ts';
import type { Course, Outcome } from '../channel.ts';
import { all, atMost, batchMean, exact, MILLION, MS, onCourse, type Proof, type Verdict } from '../proof.ts';
import { countFate } from '../series.ts';
import { poisson } from '../traffic.ts';
import { worstExcess } from '../windows.ts';

type Described = Course & { readonly traffic: string };

/** A wire of 10 Mbit/s, 0.8 ms for each packet of 1000 bytes, at that load. */
const wire = (more: Profile, load: number, packets = MILLION, skip = 0): Described => ({
  profile: { bandwidthKbps: 10_000, 'bandwidth.model': 'serialize', ...more },
  packets,
  gap: poisson(load === 1.2 ? 1 : 2, 800_000 / load, skip),
  traffic: `Poisson, load ${load}`,
});

const bucket: Described = {
  profile: { bandwidthKbps: 10_000, 'bandwidth.burstBytes': 15_000 },
  packets: MILLION,
  gap: poisson(1, 700_000),
  traffic: 'Poisson, load 1.14',
};
const paced: Course = { profile: { bandwidthKbps: 12_000 }, packets: MILLION, gap: MS / 2, size: 1500 };
const light = wire({ 'bandwidth.queuePackets': 1_000_000 }, 0.8, 4 * MILLION);
// The first packet of the workload comes after a gap of its own.
const overload = wire({ 'bandwidth.queuePackets': 100 }, 1.2, MILLION, 1);

const SERVICE = 800_000;

/**
 * A drop-tail queue before a wire, packet by packet, told by instants of leaving alone: who comes is dropped when `limit` wait, of whom
 * the one on the wire is none. Who leaves at an instant has left when another comes.
 */
function dropTail({ sentAt, fate, leftAt }: Outcome, limit: number): Verdict {
  const leaves = new Float64Array(sentAt.length);
  let [first, count] = [0, 0];
  return all(sentAt.length, (seq) => {
    const now = sentAt[seq]!;
    while (first < count && leaves[first]! <= now) first++;
    const waiting = Math.max(0, count - first - 1);
    const isOnWire = first === count;
    if (!isOnWire && waiting >= limit) return fate[seq] === Fate.queue;
    const leave = (isOnWire ? now : leaves[count - 1]!) + SERVICE;
    leaves[count++] = leave;
    return fate[seq] === Fate.delivered && leftAt[seq] === leave;
  });
}

const limited = (more: Profile, limit: number, source: string): Proof => {
  const course = wire(more, 1.2);
  return onCourse(
    'bandwidth',
    course,
    [`Who finds ${limit} packets waiting is dropped, everybody else leaves at its time.`, source],
    (outcome) => dropTail(outcome, limit),
  );
};

export const proofs: readonly Proof[] = [
  onCourse(
    'bandwidth',
    bucket,
    [
      'In no window of t seconds do more than r t + b bytes leave: the worst excess, bytes.',
      'RFC 2697; every window',
    ],
    // A nanosecond's worth of rounding.
    (outcome) => atMost(Math.max(0, worstExcess(outcome, 1000, 1e7, 15_000) - 0.00125), 0),
  ),
  onCourse(
    'bandwidth',
    { ...paced, traffic: '1500 bytes every 0.5 ms' },
    ['Without burstBytes the bucket holds one MTU: packets leave 1 ms apart.', '1500 x 8 / 12e6'],
    ({ leftAt, order }) =>
      all(order.length - 1, (place) => leftAt[order[place + 1]!]! - leftAt[order[place]!]! === MS),
  ),
  onCourse(
    'bandwidth',
    light,
    ['The mean wait on a wire, ms: fixed sizes, M/D/1.', 'rho / (2 mu (1 - rho)), Pollaczek and Khinchine'],
    ({ sentAt, shapedAt }) =>
      batchMean(
        shapedAt.map((shaped, seq) => (shaped - sentAt[seq]! - SERVICE) / MS),
        1.6,
      ),
  ),
  onCourse(
    'bandwidth',
    overload,
    ['A full queue drops as many as in ns-3 and in C++ on the same arrivals (workload W3).', 'ns-3 3.37'],
    (outcome) => exact(countFate(outcome, Fate.queue), 166_543),
  ),
  limited({ 'bandwidth.queuePackets': 20 }, 20, 'every packet by hand (Lindley)'),
  limited({ 'bandwidth.queueBytes': 20_999 }, 20, '20,999 bytes hold 20 packets of 1000'),
  limited({ 'bandwidth.queueMs': 50 }, 62, '50 ms x 10 Mbit/s = 62,500 bytes'),
  limited({}, 187, 'default: 1.5 x 10 Mbit/s x 100 ms = 187,500 bytes'),
];
