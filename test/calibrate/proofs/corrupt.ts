import { PacketFlag, type PacketId, type PacketPool } from '../../../sim/packet.ts';
import type { Profile } from '../../../sim/personality/profile.ts';
import { flipBits } from '../../../sim/wire/bit-errors.ts';
import { type Course, send } from '../channel.ts';
import { orthant } from '../closed-forms.ts';
import {
  batchMean,
  counts,
  exact,
  MILLION,
  MS,
  onCourse,
  type Proof,
  share,
  type Verdict,
} from '../proof.ts';
import { products, sum } from '../series.ts';

const course = (profile: Profile): Course => ({ profile, packets: MILLION, gap: MS });

const plain = course({ 'corrupt.percentage': 0.05 });
const correlated = course({ 'corrupt.percentage': 0.1, 'corrupt.correlation': 0.5 });

// A UDP datagram over IPv4, with options in neither: 20 bytes of IP header, 8 of UDP, 32 of data.
const LENGTH = 60;
const HEADER = 20;
const DATA = 28;

/** RFC 1071: the ones' complement sum of 16-bit words, folded; 0xffff where a checksum that is part of them is right. */
function onesSum(bytes: Uint8Array, from: number, to: number, start = 0): number {
  let total = start;
  for (let at = from; at < to; at += 2) total += bytes[at]! * 256 + bytes[at + 1]!;
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

const pseudoHeader = (bytes: Uint8Array): number => onesSum(bytes, 12, HEADER, 17 + LENGTH - HEADER);

const isRight = (bytes: Uint8Array): boolean =>
  onesSum(bytes, 0, HEADER) === 0xffff && onesSum(bytes, HEADER, LENGTH, pseudoHeader(bytes)) === 0xffff;

function datagram(): Uint8Array {
  const bytes = Uint8Array.from({ length: LENGTH }, (_, i) => (i < DATA ? 0 : i * 37));
  bytes.set([0x45, 0, 0, LENGTH, 0x12, 0x34, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
  bytes.set([0x30, 0x39, 0x23, 0x28, 0, LENGTH - HEADER], HEADER);
  const put = (at: number, sum: number): void => bytes.set([(sum ^ 0xffff) >> 8, (sum ^ 0xffff) & 0xff], at);
  put(10, onesSum(bytes, 0, HEADER));
  put(26, onesSum(bytes, HEADER, LENGTH, pseudoHeader(bytes)));
  return bytes;
}

const INTACT = datagram();

/** Bits of lengths, versions, protocols, fragment fields and checksums never flip, RFC 791 and 768; so the bytes that may are these. */
const HEADER_BYTES = [1, 4, 5, 8, 12, 13, 14, 15, 16, 17, 18, 19];
const UDP_BYTES = [20, 21, 22, 23, ...Array.from({ length: LENGTH - DATA }, (_, i) => DATA + i)];

/** What the damage does to the bits of a real datagram. */
interface Damaged {
  readonly hits: number;
  /** By bit of the datagram. */
  readonly flips: Float64Array;
  /** By number of bits. */
  readonly bits: Map<number, number>;
  readonly right: number;
  readonly silent: number;
}

function damage(profile: Profile): Damaged {
  const flips = new Float64Array(LENGTH * 8);
  const bits = new Map<number, number>();
  let [hits, right, silent] = [0, 0, 0];
  const bytes = new Uint8Array(LENGTH);
  const observe = (packets: PacketPool, packet: PacketId): void => {
    const damages = packets.damages(packet);
    if (damages.length === 0) return;
    hits++;
    if (packets.has(packet, PacketFlag.silent)) silent++;
    bytes.set(INTACT);
    for (const one of damages) flipBits(bytes, one);
    if (isRight(bytes)) right++;
    let count = 0;
    for (let at = 0; at < LENGTH; at++) {
      // Checksums that were made right again are not counted.
      if (at === 10 || at === 11 || at === 26 || at === 27) continue;
      for (let mask = 0x80, bit = 0; mask > 0; mask >>= 1, bit++) {
        if (((bytes[at]! ^ INTACT[at]!) & mask) === 0) continue;
        flips[at * 8 + bit]! += 1;
        count++;
      }
    }
    bits.set(count, (bits.get(count) ?? 0) + 1);
  };
  send({ profile, packets: MILLION, gap: MS, size: LENGTH, observe });
  return { hits, flips, bits, right, silent };
}

/** Proofs of what flips, in one run of a million packets each. */
const onBits = (
  profile: Profile,
  promise: string,
  source: string,
  judge: (damaged: Damaged) => Verdict,
): Proof => ({
  stage: 'corrupt',
  profile,
  traffic: 'UDP, 60 bytes',
  packets: MILLION,
  promise,
  source,
  measure: () => judge(damage(profile)),
});

/** Each bit of these bytes has flipped as often as any other, and no other bit. */
function uniform({ hits, flips }: Damaged, bytes: readonly number[], bitsEach: number): Verdict {
  const places = bytes.flatMap((at) => Array.from({ length: 8 }, (_, bit) => at * 8 + bit));
  const observed = places.map((place) => flips[place]!);
  const expected = places.map(() => (hits * bitsEach) / places.length);
  if (sum(observed) !== sum(flips)) return exact('other bits flipped', 'only these');
  return counts(observed, expected, `uniform over ${places.length} bits`);
}

const QUARTER = { 'corrupt.percentage': 0.25 };

export const proofs: readonly Proof[] = [
  onCourse(
    'corrupt',
    plain,
    ['Each packet is damaged with the same chance.', 'binomial law'],
    ({ corrupted }) => share(sum(corrupted), MILLION, 0.05),
  ),
  onCourse(
    'corrupt',
    correlated,
    ['Correlation leaves the share as it is.', 'the share itself'],
    ({ corrupted }) => batchMean(corrupted, 0.1),
  ),
  onCourse(
    'corrupt',
    correlated,
    ['So often two packets in a row are damaged.', 'orthant of the normal law, Plackett 1954'],
    ({ corrupted }) => batchMean(products(corrupted), orthant(0.1, 0.5)),
  ),
  onBits(
    QUARTER,
    'One bit flips, each with the same chance, none in a length, type or checksum.',
    'bits of RFC 791 and 768, by hand',
    (damaged) => uniform(damaged, [...HEADER_BYTES, ...UDP_BYTES], 1),
  ),
  onBits(QUARTER, 'Checksums tell: of no damaged packet are they right.', 'RFC 1071', ({ right }) =>
    exact(right, 0),
  ),
  onBits(
    { ...QUARTER, 'corrupt.where': 'header' },
    'Each such bit of the IP header has the same chance, no other.',
    'bits of RFC 791, by hand',
    (damaged) => uniform(damaged, HEADER_BYTES, 1),
  ),
  onBits(
    { ...QUARTER, 'corrupt.where': 'payload', 'corrupt.bits': 3 },
    'Each such bit behind the IP header has the same chance, no other; three a packet.',
    'bits of RFC 768, by hand',
    (damaged) => uniform(damaged, UDP_BYTES, 3),
  ),
  onBits(
    { ...QUARTER, 'corrupt.bits': 3 },
    'Exactly three bits of each damaged packet flip.',
    'by hand',
    ({ hits, bits }) => exact(bits.get(3) ?? 0, hits),
  ),
  onBits(
    { ...QUARTER, 'corrupt.silent': true, 'corrupt.bits': 3 },
    'Silent: all checksums of all damaged packets are right.',
    'RFC 1071',
    ({ hits, right }) => exact(right, hits),
  ),
];
