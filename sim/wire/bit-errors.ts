/**
 * Bit errors in an IP packet, for which nobody but a checksum can tell: never in a length, a type or the number of the next protocol,
 * which a receiver would stumble over in other ways, and never in a checksum itself. What is left:
 *
 * | | bits that may flip |
 * | --- | --- |
 * | IPv4 header | TOS, identification, TTL, addresses |
 * | IPv6 header | addresses; no checksum covers the rest |
 * | behind the IP headers | everything but UDP's length and checksum, TCP's data offset and checksum, ICMP's type, code and checksum |
 *
 * IPv6 addresses count as the header although the checksum of what follows covers them.
 */
import type { Family } from '../address.ts';
import { mix } from '../mix.ts';
import {
  checksum,
  ipv4AddressSum,
  ipv6AddressSum,
  pseudoHeaderSum,
  sumWords,
  udpChecksum,
} from './checksum.ts';
import { writeIpv4Checksum } from './ipv4.ts';
import { readU16, writeU16 } from './octets.ts';
import { Protocol } from './protocols.ts';
import { type UpperLayer, upperLayer } from './upper-layer.ts';

/** The IP header, or what follows it and its extensions. */
export const DAMAGE_PLACES = ['any', 'header', 'payload'] as const;
export type DamagePlace = (typeof DAMAGE_PLACES)[number];

export interface Damage {
  /** 32 bits, from which the positions follow. */
  readonly draw: number;
  /** So many different bits; all that may flip where there are no more. */
  readonly bits: number;
  readonly where: DamagePlace;
  /** Checksums are made right again: the receiver does not notice. Not for fragments, which have only a part of what one covers. */
  readonly isSilent: boolean;
}

/** Bytes as [from, to). */
type Run = readonly [from: number, to: number];

interface Transport {
  /** Bytes from its start to its checksum. */
  readonly checksum: number;
  readonly hasPseudoHeader: boolean;
  /** Where in its header bits may flip. What follows the header may flip, too. */
  readonly flippable: readonly Run[];
  readonly header: number;
}

const ICMP: Transport = { checksum: 2, hasPseudoHeader: false, flippable: [[4, 8]], header: 8 };
const TRANSPORTS: ReadonlyMap<number, Transport> = new Map<number, Transport>([
  [Protocol.udp, { checksum: 6, hasPseudoHeader: true, flippable: [[0, 4]], header: 8 }],
  [
    Protocol.tcp,
    {
      checksum: 16,
      hasPseudoHeader: true,
      flippable: [
        [0, 12],
        [13, 16],
        [18, 20],
      ],
      header: 20,
    },
  ],
]);

const IN_HEADER: Readonly<Record<Family, readonly Run[]>> = {
  4: [
    [1, 2],
    [4, 6],
    [8, 9],
    [12, 20],
  ],
  6: [[8, 40]],
};

/**
 * Flips bits of a whole IP packet or a fragment, in place; the same damage to the same packet always the same ones. Unless it is silent,
 * the checksum of the IPv4 header, or that of UDP, TCP or ICMP, is wrong afterwards if it was right; of a fragment: that of its whole.
 */
export function flipBits(packet: Uint8Array, damage: Damage): void {
  const layout = layoutOf(packet);
  const runs = runsOf(packet, layout, damage.where);
  const total = runs.reduce((sum, [from, to]) => sum + (to - from) * 8, 0);
  const before = sumsOf(packet, layout);
  const chosen = choose(damage.draw, Math.min(damage.bits, total), total);
  for (const place of chosen) flip(packet, runs, place);
  if (damage.isSilent) makeRight(packet, layout);
  else if (chosen.length > 1) makeWrong(packet, layout, runs, chosen, total, before);
}

/** What flipped in the header of a whole has flipped in that of its fragment, too: routers copy it. The fragment's checksum is right. */
export function copyFlips(intact: Uint8Array, damaged: Uint8Array, fragment: Uint8Array): void {
  const family = intact[0]! >> 4 === 6 ? 6 : 4;
  for (const [from, to] of IN_HEADER[family])
    for (let at = from; at < to; at++) fragment[at]! ^= intact[at]! ^ damaged[at]!;
  if (family === 4) writeIpv4Checksum(fragment);
}

interface Layout extends UpperLayer {
  readonly family: Family;
  /** Null: none that is known, or its checksum is none of ours. */
  readonly transport: Transport | null;
}

function layoutOf(packet: Uint8Array): Layout {
  const family = packet[0]! >> 4 === 6 ? 6 : 4;
  const upper = upperLayer(packet);
  const transport = TRANSPORTS.get(upper.protocol) ?? null;
  const isIcmp = upper.protocol === (family === 4 ? Protocol.icmp : Protocol.icmpv6);
  return { ...upper, family, transport: isIcmp ? { ...ICMP, hasPseudoHeader: family === 6 } : transport };
}

/** Where bits may flip, in order. */
function runsOf(packet: Uint8Array, layout: Layout, where: DamagePlace): Run[] {
  const { family, transport, offset, fragmentOffset } = layout;
  const runs: Run[] = where === 'payload' ? [] : [...IN_HEADER[family]];
  if (where === 'header') return runs;
  // Fragments behind the first have no transport header.
  const header = fragmentOffset === 0 ? transport : null;
  for (const [from, to] of header?.flippable ?? []) runs.push([offset + from, offset + to]);
  runs.push([offset + (header?.header ?? 0), packet.length]);
  return runs.map(([from, to]): Run => [from, Math.min(to, packet.length)]).filter(([from, to]) => from < to);
}

/** `count` different places of `total`, each set of them with the same chance: R. Floyd's sampling (Comm. ACM 30, 1987). */
function choose(draw: number, count: number, total: number): number[] {
  const chosen = new Set<number>();
  for (let last = total - count; last < total; last++) {
    // The first is the draw itself; each further one is made of it.
    const word = chosen.size === 0 ? draw : mix(draw + chosen.size * GOLDEN);
    const place = Math.floor((word / 2 ** 32) * (last + 1));
    chosen.add(chosen.has(place) ? last : place);
  }
  return [...chosen];
}

/** 2^32 over the golden ratio: multiples of it are far from each other. */
const GOLDEN = 0x9e3779b9;

function flip(packet: Uint8Array, runs: readonly Run[], place: number): void {
  let left = place;
  for (const [from, to] of runs) {
    const bits = (to - from) * 8;
    if (left < bits) {
      packet[from + (left >>> 3)]! ^= 0x80 >>> (left & 7);
      return;
    }
    left -= bits;
  }
}

/** The sums that the packet's checksums are made of, as one number: while it stays, nobody notices anything. */
function sumsOf(packet: Uint8Array, { family, offset, transport }: Layout): number {
  const addresses = family === 4 ? ipv4AddressSum(packet, 0) : ipv6AddressSum(packet, 0);
  const header = family === 4 ? sumWords(packet, 0, Math.min(offset, packet.length)) : 0;
  const covered = transport?.hasPseudoHeader === true ? addresses : 0;
  const start = Math.min(offset, packet.length);
  // Ones' complement: 0xffff is another zero.
  return (header % 0xffff) * 0x10000 + (sumWords(packet, start, packet.length - start, covered) % 0xffff);
}

/**
 * Two bits at the same place of two words, one set and one cleared, leave a sum as it was. Then the last one flips elsewhere; where there
 * is no elsewhere, not at all. One bit alone always changes a sum.
 */
function makeWrong(
  packet: Uint8Array,
  layout: Layout,
  runs: readonly Run[],
  chosen: readonly number[],
  total: number,
  before: number,
): void {
  const others = new Set(chosen.slice(0, -1));
  const last = chosen.at(-1)!;
  let moved = last;
  while (sumsOf(packet, layout) === before) {
    flip(packet, runs, moved);
    do moved = (moved + 1) % total;
    while (others.has(moved));
    if (moved === last) return;
    flip(packet, runs, moved);
  }
}

function makeRight(packet: Uint8Array, { family, transport, protocol, offset }: Layout): void {
  if (family === 4) writeIpv4Checksum(packet);
  if (transport === null) return;
  const at = offset + transport.checksum;
  const isUdp = protocol === Protocol.udp;
  // Over IPv4, UDP may come without a checksum.
  if (isUdp && readU16(packet, at) === 0) return;
  const length = packet.length - offset;
  const addresses = family === 4 ? ipv4AddressSum(packet, 0) : ipv6AddressSum(packet, 0);
  const initial = transport.hasPseudoHeader ? pseudoHeaderSum(addresses, protocol, length) : 0;
  writeU16(packet, at, 0);
  const right = checksum(packet, offset, length, initial);
  writeU16(packet, at, isUdp ? udpChecksum(right) : right);
}
