/**
 * The header rewriting between a VM's packet and the substrate. A virtual IPv4 header is replaced by an IPv6 one in the manner
 * of RFC 7915, a virtual IPv6 header gets other addresses; nothing is encapsulated, and the way back is exact, byte for byte.
 *
 * | IPv4 | substrate |
 * | --- | --- |
 * | TOS, TTL | traffic class, hop limit |
 * | identification | the low 16 bits of the flow label, and of the Fragment header's identification |
 * | reserved flag, DF | flow label, bits 19 and 18 |
 * | MF, fragment offset | Fragment header, only when one of them is set |
 * | options | a Destination Options header with one option, only when there are some |
 * | header checksum | left out and made anew; flow label bit 17 remembers the other zero, 0xffff |
 * | protocol | next header, unchanged: ICMP stays protocol 1 and keeps its checksum |
 * | source, destination | see `substrate-address.ts` |
 *
 * The headers stand in this order: IPv6, Destination Options, Segment Routing, Fragment, payload. A packet for a next hop that
 * is not its destination has the next hop in the IPv6 header (with the form's forwarding bit) and the destination in the Segment
 * Routing Header, which in a virtual IPv6 packet comes after its Hop-by-Hop Options.
 *
 * The transport checksums that cover a pseudo-header are corrected for the new addresses (RFC 1624), so the substrate's packets
 * verify. Not in fragments after the first, and not where the checksum itself is in a later fragment.
 */
import {
  type Address,
  addressOctets,
  type Family,
  formatAddress,
  readAddress,
  sameAddress,
  writeAddress,
} from '../address.ts';
import { fold, ipv4AddressSum, ipv6AddressSum, sumWords, udpChecksum, updateChecksum } from './checksum.ts';
import { checkIpv4, ipv4HeaderLength, writeIpv4Checksum } from './ipv4.ts';
import {
  checkIpv6,
  decodeDestinationOptions,
  decodeFragmentHeader,
  decodeSegmentRoutingHeader,
  destinationOptionsLength,
  encodeDestinationOptions,
  encodeFragmentHeader,
  encodeSegmentRoutingHeader,
  FRAGMENT_HEADER,
  IPV6_HEADER,
  SEGMENT_ROUTING_HEADER,
} from './ipv6.ts';
import { readU16, readU32, writeU16, writeU32 } from './octets.ts';
import { isProblem, type Problem } from './problem.ts';
import { Protocol } from './protocols.ts';
import {
  decodeSubstrateAddress,
  encodeSubstrateAddress,
  type Refusal,
  refusal,
  type SubstrateEndpoint,
  type SubstrateMap,
} from './substrate-address.ts';
import { upperLayer } from './upper-layer.ts';

/** What came out of a substrate packet. */
export interface Restored {
  /** The host that sent it. */
  readonly host: number;
  readonly network: number;
  /** The virtual packet, as it was. */
  readonly packet: Uint8Array;
  /** The VM to hand it to, when that is not the one with the packet's destination address. */
  readonly nextHop: Address | null;
}

/**
 * The substrate packet for a VM's packet that leaves `origin.host` in `origin.network`. The array holds one packet and nothing
 * behind it. `nextHop` is the gateway to hand it to; none (or the destination itself) means straight to the destination.
 */
export function toSubstrate(
  packet: Uint8Array,
  origin: { readonly host: number; readonly network: number },
  map: SubstrateMap,
  nextHop: Address | null = null,
): Uint8Array | Refusal {
  const wrong = checkWhole(packet);
  if (wrong !== null) return wrong;
  const family = packet[0]! >> 4 === 6 ? 6 : 4;
  const { network } = origin;
  const sender = readAddress(packet, SOURCE[family], family);
  if (!map.maySend(origin.host, network, sender)) {
    return refusal(
      'spoofed',
      SOURCE[family],
      `host ${origin.host} has no ${formatAddress(sender)} in network ${network}`,
    );
  }
  const receiver = readAddress(packet, DESTINATION[family], family);
  const via = nextHop !== null && !sameAddress(nextHop, receiver) ? nextHop : null;
  const towards = via ?? receiver;
  const host = map.hostOf(network, towards);
  if (host === 0 || towards.family !== family) {
    return refusal(
      'unassigned',
      DESTINATION[family],
      `nobody has ${formatAddress(towards)} in network ${network}`,
    );
  }
  const source = encodeSubstrateAddress({ ...origin, address: sender, forwards: false }, map);
  const target = encodeSubstrateAddress({ host, network, address: towards, forwards: via !== null }, map);
  const last = { host: map.hostOf(network, receiver), network, address: receiver, forwards: false };
  const segment = via === null ? null : encodeSubstrateAddress(last, map);
  if (isProblem(source)) return source;
  if (isProblem(target)) return target;
  if (segment !== null && isProblem(segment)) return segment;
  return replaceHeader(packet, source, target, segment);
}

/**
 * The second half of {@link toSubstrate}, for whoever keeps the substrate addresses of its VMs: no look-ups, and of the packet
 * only what toSubstrate has checked before. `segment` is the destination's when `target` is a next hop's, which then has the
 * forwarding bit; else null.
 */
export function replaceHeader(
  packet: Uint8Array,
  source: Address,
  target: Address,
  segment: Address | null,
): Uint8Array | Refusal {
  return packet[0]! >> 4 === 4
    ? ipv4ToSubstrate(packet, source, target, segment)
    : ipv6ToSubstrate(packet, source, target, segment);
}

/** The inverse of {@link toSubstrate}, for a packet that a host receives from the substrate; refuses what that cannot have made. */
export function fromSubstrate(packet: Uint8Array, map: SubstrateMap): Restored | Refusal {
  const wrong = checkWhole(packet, 6);
  if (wrong !== null) return wrong;
  const source = decodeSubstrateAddress(readAddress(packet, SOURCE[6], 6), map);
  if (isProblem(source)) return source;
  const target = decodeSubstrateAddress(readAddress(packet, DESTINATION[6], 6), map);
  if (isProblem(target)) return target;
  const { network, host } = source;
  if (source.forwards || target.network !== network || target.address.family !== source.address.family) {
    return refusal('spoofed', SOURCE[6], `from network ${network} into network ${target.network}`);
  }
  if (!map.maySend(host, network, source.address)) {
    const who = formatAddress(source.address);
    return refusal('spoofed', SOURCE[6], `host ${host} has no ${who} in network ${network}`);
  }
  if (map.hostOf(network, target.address) !== target.host) {
    const who = formatAddress(target.address);
    return refusal('unassigned', DESTINATION[6], `host ${target.host} has no ${who} in network ${network}`);
  }
  const restored =
    source.address.family === 4
      ? ipv4FromSubstrate(packet, source, target, map)
      : ipv6FromSubstrate(packet, source, target, map);
  if (isProblem(restored)) return restored;
  return { host, network, packet: restored, nextHop: target.forwards ? target.address : null };
}

function ipv4ToSubstrate(
  packet: Uint8Array,
  source: Address,
  target: Address,
  segment: Address | null,
): Uint8Array | Refusal {
  const header = ipv4HeaderLength(packet);
  const protocol = packet[9]!;
  const identification = readU16(packet, 4);
  const flags = readU16(packet, 6);
  const isFragment = (flags & 0x3fff) !== 0;
  const hasOption = header > 20 || AMBIGUOUS.has(protocol);
  const optionLength = hasOption ? destinationOptionsLength(1 + header - 20) : 0;
  const payload =
    IPV6_HEADER + optionLength + (segment ? SEGMENT_ROUTING_HEADER : 0) + (isFragment ? FRAGMENT_HEADER : 0);
  const length = payload + packet.length - header;
  if (length - IPV6_HEADER > 65535) return tooLong(length);

  const out = new Uint8Array(length);
  const otherZero = readU16(packet, 10) === 0xffff ? OTHER_ZERO : 0;
  const label = ((flags >> 14) << 18) | otherZero | identification;
  writeU32(out, 0, 0x6000_0000 | (packet[1]! << 20) | label);
  writeU16(out, 4, length - IPV6_HEADER);
  out[7] = packet[8]!;
  writeAddress(source, out, SOURCE[6]);
  writeAddress(target, out, DESTINATION[6]);

  // Each header names the next one, so they are written back to front.
  let next = protocol;
  let at = payload;
  if (isFragment) {
    at -= FRAGMENT_HEADER;
    const fragmentOffset = (flags & 0x1fff) << 3;
    const moreFragments = (flags & 0x2000) !== 0;
    encodeFragmentHeader({ nextHeader: next, fragmentOffset, moreFragments, identification }, out, at);
    next = Protocol.fragment;
  }
  if (segment !== null) {
    at -= SEGMENT_ROUTING_HEADER;
    encodeSegmentRoutingHeader(
      { nextHeader: next, segmentsLeft: 1, tag: 0, segment: segment.value },
      out,
      at,
    );
    next = Protocol.routing;
  }
  if (hasOption) {
    const data = new Uint8Array(1 + header - 20);
    data[0] = isFragment ? FRAGMENT_FOLLOWS : 0;
    data.set(packet.subarray(20, header), 1);
    encodeDestinationOptions({ nextHeader: next, type: OPTION_TYPE, data }, out, IPV6_HEADER);
    next = Protocol.destinationOptions;
  }
  out[6] = next;

  out.set(packet.subarray(header), payload);
  const field = findChecksum(packet);
  if (field !== null) {
    const after = sumOf(source, segment ?? target);
    correct(out, payload + field.offset - header, field.protocol, ipv4AddressSum(packet, 0), after);
  }
  return out;
}

function ipv4FromSubstrate(
  packet: Uint8Array,
  source: SubstrateEndpoint,
  target: SubstrateEndpoint,
  map: SubstrateMap,
): Uint8Array | Refusal {
  const first = readU32(packet, 0);
  let next = packet[6]!;
  let at = IPV6_HEADER;

  let option: Uint8Array | null = null;
  if (next === Protocol.destinationOptions) {
    const decoded = decodeDestinationOptions(packet, at);
    if (isProblem(decoded)) return malformed(decoded);
    option = decoded.data;
    const octets = option.length - 1;
    if (
      decoded.type !== OPTION_TYPE ||
      octets < 0 ||
      octets > 40 ||
      octets % 4 !== 0 ||
      option[0]! > FRAGMENT_FOLLOWS
    ) {
      return refusal('checksum', at, 'an option that holds no IPv4 options');
    }
    next = decoded.nextHeader;
    at += decoded.length;
  }
  let receiver = target.address;
  let lastSegment = DESTINATION[6];
  if (target.forwards) {
    const segment = readSegment(packet, at, next, target, map);
    if (isProblem(segment)) return segment;
    receiver = segment.receiver;
    next = segment.nextHeader;
    lastSegment = at + 8;
    at += SEGMENT_ROUTING_HEADER;
  }
  let fragmentWord = 0;
  if (option === null ? next === Protocol.fragment : option[0] === FRAGMENT_FOLLOWS) {
    const fragment = next === Protocol.fragment ? decodeFragmentHeader(packet, at) : null;
    if (fragment === null) return refusal('checksum', at, 'a Fragment header is missing');
    if (isProblem(fragment)) return malformed(fragment);
    fragmentWord = (fragment.moreFragments ? 0x2000 : 0) | (fragment.fragmentOffset >> 3);
    if (fragmentWord === 0 || fragment.identification !== (first & 0xffff)) {
      return refusal('checksum', at, 'a Fragment header that contradicts the flow label');
    }
    next = fragment.nextHeader;
    at += FRAGMENT_HEADER;
  }

  const header = 20 + (option === null ? 0 : option.length - 1);
  const length = header + packet.length - at;
  if (length > 65535) return refusal('checksum', 4, `${length} bytes, an IPv4 packet has at most 65535`);
  const out = new Uint8Array(length);
  out[0] = 0x40 | (header >> 2);
  out[1] = first >>> 20;
  writeU16(out, 2, length);
  writeU16(out, 4, first & 0xffff);
  writeU16(out, 6, (((first >>> 18) & 3) << 14) | fragmentWord);
  out[8] = packet[7]!;
  out[9] = next;
  writeAddress(source.address, out, SOURCE[4]);
  writeAddress(receiver, out, DESTINATION[4]);
  if (option !== null) out.set(option.subarray(1), 20);
  writeIpv4Checksum(out);
  if ((first & RESERVED_LABEL) !== 0) return refusal('checksum', 1, 'a reserved bit in the flow label');
  if ((first & OTHER_ZERO) !== 0) {
    if (readU16(out, 10) !== 0) return refusal('checksum', 1, 'a header checksum that cannot be 0xffff');
    writeU16(out, 10, 0xffff);
  }
  out.set(packet.subarray(at), header);
  const field = findChecksum(out);
  if (field !== null) {
    correct(
      out,
      field.offset,
      field.protocol,
      ipv6AddressSum(packet, 0, lastSegment),
      ipv4AddressSum(out, 0),
    );
  }
  return out;
}

function ipv6ToSubstrate(
  packet: Uint8Array,
  source: Address,
  target: Address,
  segment: Address | null,
): Uint8Array | Refusal {
  const place = segment === null ? null : segmentPlace(packet);
  if (place !== null && isProblem(place)) return place;
  const out = new Uint8Array(packet.length + (place === null ? 0 : SEGMENT_ROUTING_HEADER));
  if (out.length - IPV6_HEADER > 65535) return tooLong(out.length);
  if (place === null || segment === null) {
    out.set(packet);
  } else {
    out.set(packet.subarray(0, place.at));
    out.set(packet.subarray(place.at), place.at + SEGMENT_ROUTING_HEADER);
    const nextHeader = packet[place.named]!;
    encodeSegmentRoutingHeader(
      { nextHeader, segmentsLeft: 1, tag: 0, segment: segment.value },
      out,
      place.at,
    );
    out[place.named] = Protocol.routing;
    writeU16(out, 4, out.length - IPV6_HEADER);
  }
  writeAddress(source, out, SOURCE[6]);
  writeAddress(target, out, DESTINATION[6]);
  const field = findChecksum(packet);
  if (field !== null) {
    const [before, after] = field.sourceRouted
      ? [sumWords(packet, SOURCE[6], 16), sumOf(source)]
      : [ipv6AddressSum(packet, 0), sumOf(source, segment ?? target)];
    correct(out, field.offset + out.length - packet.length, field.protocol, before, after);
  }
  return out;
}

function ipv6FromSubstrate(
  packet: Uint8Array,
  source: SubstrateEndpoint,
  target: SubstrateEndpoint,
  map: SubstrateMap,
): Uint8Array | Refusal {
  let receiver = target.address;
  let lastSegment = DESTINATION[6];
  let out = packet.slice();
  if (target.forwards) {
    const place = segmentPlace(packet);
    if (isProblem(place)) return place;
    const segment = readSegment(packet, place.at, packet[place.named]!, target, map);
    if (isProblem(segment)) return segment;
    receiver = segment.receiver;
    lastSegment = place.at + 8;
    out = new Uint8Array(packet.length - SEGMENT_ROUTING_HEADER);
    out.set(packet.subarray(0, place.at));
    out.set(packet.subarray(place.at + SEGMENT_ROUTING_HEADER), place.at);
    out[place.named] = segment.nextHeader;
    writeU16(out, 4, out.length - IPV6_HEADER);
  }
  writeAddress(source.address, out, SOURCE[6]);
  writeAddress(receiver, out, DESTINATION[6]);
  const field = findChecksum(out);
  if (field !== null) {
    const [before, after] = field.sourceRouted
      ? [sumWords(packet, SOURCE[6], 16), sumWords(out, SOURCE[6], 16)]
      : [ipv6AddressSum(packet, 0, lastSegment), ipv6AddressSum(out, 0)];
    correct(out, field.offset, field.protocol, before, after);
  }
  return out;
}

const SOURCE: Readonly<Record<Family, number>> = { 4: 12, 6: 8 };
const DESTINATION: Readonly<Record<Family, number>> = { 4: 16, 6: 24 };

/** Flow label bits, beside DF (18), the reserved flag (19) and the identification (0 to 15). */
const OTHER_ZERO = 1 << 17;
const RESERVED_LABEL = 1 << 16;

/**
 * RFC 4727's experimental option: skipped by whoever does not know it, never changed on the way. Its data are one octet that says
 * whether a Fragment header follows, then the IPv4 options.
 */
const OPTION_TYPE = 0x1e;
const FRAGMENT_FOLLOWS = 1;

/** IPv4 payloads whose number would pass for one of our headers: they get the option, even an empty one, to tell them apart. */
const AMBIGUOUS: ReadonlySet<number> = new Set([Protocol.fragment, Protocol.destinationOptions]);

/** Is there exactly one packet, of `family` if that is given? */
function checkWhole(packet: Uint8Array, family?: Family): Refusal | null {
  const isIpv6 = (family ?? (packet.length > 0 ? packet[0]! >> 4 : 4)) === 6;
  const wrong = isIpv6 ? checkIpv6(packet) : checkIpv4(packet);
  if (wrong !== null) return malformed(wrong);
  const length = isIpv6 ? IPV6_HEADER + readU16(packet, 4) : readU16(packet, 2);
  if (length === packet.length) return null;
  return refusal('checksum', length, `${packet.length - length} bytes after the packet`);
}

/** Where a Segment Routing Header belongs in a virtual IPv6 packet, and where the header in front names it. */
function segmentPlace(packet: Uint8Array): { readonly at: number; readonly named: number } | Refusal {
  if (packet[6] !== Protocol.hopByHop) return { at: IPV6_HEADER, named: 6 };
  const at = IPV6_HEADER + ((packet[IPV6_HEADER + 1] ?? 255) + 1) * 8;
  if (at > packet.length)
    return refusal('checksum', IPV6_HEADER, 'a Hop-by-Hop Options header that is cut off');
  return { at, named: IPV6_HEADER };
}

function readSegment(
  packet: Uint8Array,
  at: number,
  nextHeader: number,
  target: SubstrateEndpoint,
  map: SubstrateMap,
): { readonly receiver: Address; readonly nextHeader: number } | Refusal {
  if (nextHeader !== Protocol.routing)
    return refusal('checksum', at, 'the Segment Routing Header is missing');
  const header = decodeSegmentRoutingHeader(packet, at);
  if (isProblem(header)) return malformed(header);
  if (header.segmentsLeft !== 1 || header.tag !== 0)
    return refusal('checksum', at, 'a foreign Segment Routing Header');
  const last = decodeSubstrateAddress({ family: 6, value: header.segment }, map);
  if (isProblem(last)) return last;
  if (last.forwards || last.network !== target.network || last.address.family !== target.address.family) {
    return refusal('spoofed', at + 8, `from network ${target.network} into network ${last.network}`);
  }
  return { receiver: last.address, nextHeader: header.nextHeader };
}

interface ChecksumField {
  readonly offset: number;
  readonly protocol: number;
  readonly sourceRouted: boolean;
}

/** Where a virtual packet has a checksum that covers its addresses; null when it has none, or not in this fragment. */
function findChecksum(packet: Uint8Array): ChecksumField | null {
  const upper = upperLayer(packet);
  const isIpv6 = packet[0]! >> 4 === 6;
  const within =
    upper.protocol === Protocol.icmpv6 && !isIpv6 ? undefined : CHECKSUM_OFFSETS.get(upper.protocol);
  if (within === undefined || upper.fragmentOffset > 0) return null;
  const offset = upper.offset + within;
  if (offset + 2 > packet.length) return null;
  return { offset, protocol: upper.protocol, sourceRouted: upper.sourceRouted };
}

/** Bytes from the start of the transport header to its checksum, where that covers a pseudo-header. */
const CHECKSUM_OFFSETS: ReadonlyMap<number, number> = new Map([
  [Protocol.tcp, 16],
  [Protocol.udp, 6],
  [Protocol.udpLite, 6],
  [Protocol.dccp, 6],
  [Protocol.icmpv6, 2],
]);

/**
 * Corrects the checksum at `at` for addresses that summed to `before` and now sum to `after`, so that the opposite correction
 * restores it, whatever it was. Zero has two representations: UDP never writes 0, which says that there is no checksum and is
 * left alone; the others write 0 for both, and a 0xffff, which no sender computes, is left alone.
 */
function correct(bytes: Uint8Array, at: number, protocol: number, before: number, after: number): void {
  const old = readU16(bytes, at);
  const isUdp = protocol === Protocol.udp || protocol === Protocol.udpLite;
  if (old === (isUdp ? 0 : 0xffff)) return;
  const corrected = updateChecksum(old, before, after);
  writeU16(bytes, at, isUdp ? udpChecksum(corrected) : corrected);
}

/** The sum of addresses that are not yet in a packet. */
function sumOf(...addresses: readonly Address[]): number {
  const bytes = new Uint8Array(16);
  let sum = 0;
  for (const address of addresses) {
    writeAddress(address, bytes, 0);
    sum += sumWords(bytes, 0, addressOctets(address.family));
  }
  return fold(sum);
}

const malformed = ({ problem, offset }: Problem): Refusal => refusal('checksum', offset, problem);

const tooLong = (length: number): Refusal =>
  refusal('mtu', 4, `${length - IPV6_HEADER} bytes after the substrate's IPv6 header, at most 65535`);
