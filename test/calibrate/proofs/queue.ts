import type { Profile } from '../../../sim/personality/profile.ts';
import { Xoshiro } from '../../support/xoshiro.ts';
import type { Course, Outcome } from '../channel.ts';
import { all, atMost, law, MILLION, MS, onCourse, type Proof } from '../proof.ts';
import { firstWaits } from '../series.ts';
import { worstExcess } from '../windows.ts';

const course = (
  profile: Profile,
  traffic: string,
  gap: Course['gap'],
  size: Course['size'] = 1000,
): Course & { readonly traffic: string } => ({ profile, packets: MILLION, gap, size, traffic });

const peak = course(
  { bandwidthKbps: 10_000, 'bandwidth.burstBytes': 15_000, 'bandwidth.peakKbps': 40_000 },
  '40 packets at once every 60 ms',
  (seq) => (seq % 40 === 39 ? 60 * MS : 0),
);

/**
 * Two buckets, in real numbers: each packet leaves as soon as both hold its bytes, behind the one before it. The program's instants are
 * the first whole ns of these.
 */
function buckets({ sentAt, leftAt }: Outcome): ReturnType<typeof all> {
  const rates = [10e6 / 8e9, 40e6 / 8e9];
  const depths = [15_000, 1500];
  const tokens = [...depths];
  let last = 0;
  return all(MILLION, (seq) => {
    let now = Math.max(last, sentAt[seq]!);
    for (const bucket of [0, 1]) {
      tokens[bucket] = Math.min(depths[bucket]!, tokens[bucket]! + (now - last) * rates[bucket]!);
    }
    const wait = Math.max(0, ...[0, 1].map((bucket) => (1000 - tokens[bucket]!) / rates[bucket]!));
    for (const bucket of [0, 1]) {
      tokens[bucket] = Math.min(depths[bucket]!, tokens[bucket]! + wait * rates[bucket]!) - 1000;
    }
    now += wait;
    last = now;
    const late = leftAt[seq]! - now;
    return late > -1e-3 && late < 1;
  });
}

const source = new Xoshiro(53);
const SIZES = Int32Array.from({ length: MILLION }, () => 40 + source.below(1461));
const framed = (more: Profile): ReturnType<typeof course> =>
  course(
    { bandwidthKbps: 10_000, 'bandwidth.model': 'serialize', ...more },
    '40 to 1500 bytes, one at a time',
    2 * MS,
    (seq) => SIZES[seq]!,
  );
/** At 10 Mbit/s a byte takes 800 ns. */
const takes = (outcome: Outcome, bytesOf: (size: number) => number): ReturnType<typeof all> =>
  all(MILLION, (seq) => outcome.leftAt[seq]! - outcome.sentAt[seq]! === bytesOf(SIZES[seq]!) * 800);

const fixedSlots = course({ 'bandwidth.slotMinMs': 10 }, 'every 2.5 ms', 2.5 * MS);
const randomSlots = course({ 'bandwidth.slotMinMs': 5, 'bandwidth.slotMaxMs': 15 }, 'every 2.5 ms', 2.5 * MS);
const slotPackets = course(
  { 'bandwidth.slotMinMs': 10, 'bandwidth.slotPackets': 3 },
  'every 2.5 ms',
  2.5 * MS,
);
const slotBytes = course(
  { 'bandwidth.slotMinMs': 10, 'bandwidth.slotBytes': 2500 },
  'every 2.5 ms',
  2.5 * MS,
);

const OPPORTUNITIES = [1, 3, 3, 7];
const trace = (size: number): ReturnType<typeof course> =>
  course({ 'bandwidth.trace': OPPORTUNITIES }, `${size} bytes every 0.5 ms`, MS / 2, size);
/** When the n-th opportunity is, from 0; the list repeats after its last one. */
const opportunity = (n: number): number => (Math.floor(n / 4) * 7 + OPPORTUNITIES[n % 4]!) * MS;

/** When those that leave do so, in their order. */
const departures = ({ order, leftAt }: Outcome, isRight: (at: number, place: number) => boolean) =>
  all(order.length, (place) => isRight(leftAt[order[place]!]!, place));

export const proofs: readonly Proof[] = [
  onCourse(
    'queue',
    peak,
    ['In no window do more than r t + b bytes leave: the worst excess, bytes.', 'RFC 2698; every window'],
    (outcome) => atMost(Math.max(0, worstExcess(outcome, 1000, 10e6, 15_000) - 0.00125), 0),
  ),
  onCourse('queue', peak, ['Nor do more than p t + one MTU.', 'the same with the peak rate'], (outcome) =>
    atMost(Math.max(0, worstExcess(outcome, 1000, 40e6, 1500) - 0.005), 0),
  ),
  onCourse(
    'queue',
    peak,
    ['And none leaves later than that asks for.', 'both buckets, packet by packet'],
    buckets,
  ),
  onCourse(
    'queue',
    framed({ 'bandwidth.overheadBytes': 38 }),
    ['Each packet takes (size + 38) x 8 / rate.', 'by hand: Ethernet with preamble and gap'],
    (outcome) => takes(outcome, (size) => size + 38),
  ),
  onCourse(
    'queue',
    framed({ 'bandwidth.overheadBytes': -14 }),
    ['Each packet takes (size - 14) x 8 / rate.', 'by hand'],
    (outcome) => takes(outcome, (size) => size - 14),
  ),
  onCourse(
    'queue',
    framed({ 'bandwidth.overheadBytes': 10, 'bandwidth.cellBytes': 48, 'bandwidth.cellOverheadBytes': 5 }),
    ['Each packet takes whole cells of 53 bytes.', 'ATM: ceil((size + 10) / 48) x 53'],
    (outcome) => takes(outcome, (size) => Math.ceil((size + 10) / 48) * 53),
  ),
  onCourse(
    'queue',
    fixedSlots,
    [
      'Who comes leaves in the next slot, 10 ms after the first who waits for it.',
      'by hand: the next multiple of 10 ms',
    ],
    ({ sentAt, leftAt }) =>
      all(MILLION, (seq) => leftAt[seq] === (Math.floor(sentAt[seq]! / (10 * MS)) + 1) * 10 * MS),
  ),
  onCourse(
    'queue',
    randomSlots,
    ['A slot takes a uniform time to come: that of the first who waits for it.', 'F(x) = (x - 5 ms) / 10 ms'],
    (outcome) =>
      law(firstWaits(outcome), 'uniform 5 to 15 ms', (x) =>
        Math.min(1, Math.max(0, (x + 0.5 - 5 * MS) / (10 * MS))),
      ),
  ),
  onCourse('queue', slotPackets, ['Three leave in each slot, every 10 ms.', 'by hand'], (outcome) =>
    departures(outcome, (at, place) => at === (Math.floor(place / 3) + 1) * 10 * MS),
  ),
  onCourse(
    'queue',
    slotBytes,
    ['The packet that reaches the bytes is the last of its slot: three of 1000.', 'by hand'],
    (outcome) => departures(outcome, (at, place) => at === (Math.floor(place / 3) + 1) * 10 * MS),
  ),
  onCourse(
    'queue',
    trace(1500),
    ['Each opportunity carries one packet of 1500 bytes; the list repeats.', 'mahimahi, by hand'],
    (outcome) => departures(outcome, (at, place) => at === opportunity(place)),
  ),
  onCourse(
    'queue',
    trace(1000),
    [
      'Bytes count: a packet may take the rest of one opportunity and a part of the next.',
      'mahimahi, by hand',
    ],
    (outcome) =>
      departures(outcome, (at, place) => at === opportunity(Math.ceil(((place + 1) * 1000) / 1500) - 1)),
  ),
];
