/** The IPv6 header and the extension headers that the substrate uses (RFC 8200, RFC 8754). */
import { invariant } from '../../engine/index.ts';
import { readAddress, writeAddress } from '../address.ts';
import { readU16, readU32, writeU16, writeU32 } from './octets.ts';
import { type Problem, problem } from './problem.ts';

export const IPV6_HEADER = 40;
export const FRAGMENT_HEADER = 8;
/** A Segment Routing Header with one segment. */
export const SEGMENT_ROUTING_HEADER = 24;

export interface Ipv6Header {
  /** DSCP and ECN. */
  readonly trafficClass: number;
  /** 20 bits. */
  readonly flowLabel: number;
  /** Bytes after the header, extension headers included. */
  readonly payloadLength: number;
  readonly nextHeader: number;
  readonly hopLimit: number;
  /** 128 bits. */
  readonly source: bigint;
  readonly destination: bigint;
}

/** Writes 40 bytes; answers 40. */
export function encodeIpv6(fields: Ipv6Header, target: Uint8Array, offset: number): number {
  invariant(fields.payloadLength <= 65535, 'an IPv6 payload over 65535 bytes');
  invariant(offset + IPV6_HEADER <= target.length, 'no room for an IPv6 header');
  writeU32(target, offset, 0x6000_0000 | (fields.trafficClass << 20) | fields.flowLabel);
  writeU16(target, offset + 4, fields.payloadLength);
  target[offset + 6] = fields.nextHeader;
  target[offset + 7] = fields.hopLimit;
  writeAddress({ family: 6, value: fields.source }, target, offset + 8);
  writeAddress({ family: 6, value: fields.destination }, target, offset + 24);
  return IPV6_HEADER;
}

/** Reads the header at `offset`. Bytes after the payload (Ethernet padding) are allowed. */
export function decodeIpv6(bytes: Uint8Array, offset = 0): Ipv6Header | Problem {
  const wrong = checkIpv6(bytes, offset);
  if (wrong !== null) return wrong;
  const first = readU32(bytes, offset);
  return {
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xfffff,
    payloadLength: readU16(bytes, offset + 4),
    nextHeader: bytes[offset + 6]!,
    hopLimit: bytes[offset + 7]!,
    source: readAddress(bytes, offset + 8, 6).value,
    destination: readAddress(bytes, offset + 24, 6).value,
  };
}

export function checkIpv6(bytes: Uint8Array, offset = 0): Problem | null {
  const room = bytes.length - offset;
  if (room < IPV6_HEADER) return problem(offset, `${room} bytes, an IPv6 header has 40`);
  if (bytes[offset]! >> 4 !== 6) return problem(offset, `IP version ${bytes[offset]! >> 4}, expected 6`);
  const payload = readU16(bytes, offset + 4);
  if (payload > room - IPV6_HEADER) {
    return problem(offset + 4, `a payload length of ${payload}, ${room - IPV6_HEADER} bytes are there`);
  }
  return null;
}

/** RFC 8200 section 4.5. */
export interface FragmentHeader {
  readonly nextHeader: number;
  /** In bytes, a multiple of 8. */
  readonly fragmentOffset: number;
  readonly moreFragments: boolean;
  /** 32 bits. */
  readonly identification: number;
}

/** Writes 8 bytes; answers 8. */
export function encodeFragmentHeader(fields: FragmentHeader, target: Uint8Array, offset: number): number {
  invariant(fields.fragmentOffset % 8 === 0 && fields.fragmentOffset <= 65528, 'a fragment at an odd offset');
  invariant(offset + FRAGMENT_HEADER <= target.length, 'no room for a Fragment header');
  target[offset] = fields.nextHeader;
  target[offset + 1] = 0;
  writeU16(target, offset + 2, fields.fragmentOffset | (fields.moreFragments ? 1 : 0));
  writeU32(target, offset + 4, fields.identification);
  return FRAGMENT_HEADER;
}

/** Reserved bits must be zero, as RFC 8200 has them sent. */
export function decodeFragmentHeader(bytes: Uint8Array, offset: number): FragmentHeader | Problem {
  const room = bytes.length - offset;
  if (room < FRAGMENT_HEADER) return problem(offset, `${room} bytes, a Fragment header has 8`);
  const word = readU16(bytes, offset + 2);
  if (bytes[offset + 1] !== 0 || (word & 6) !== 0) {
    return problem(offset + 1, 'reserved bits set in a Fragment header');
  }
  return {
    nextHeader: bytes[offset]!,
    fragmentOffset: word & 0xfff8,
    moreFragments: (word & 1) !== 0,
    identification: readU32(bytes, offset + 4),
  };
}

/**
 * A Segment Routing Header (RFC 8754 section 2) with one segment, no flags and no TLVs. With one segment left it is the
 * reduced form of section 4.1.1: the packet is on its way to the segment before, which stands only in the IPv6 header.
 */
export interface SegmentRoutingHeader {
  readonly nextHeader: number;
  readonly segmentsLeft: 0 | 1;
  /** 16 bits. */
  readonly tag: number;
  /** 128 bits: the last segment, the packet's final destination. */
  readonly segment: bigint;
}

/** Writes 24 bytes; answers 24. */
export function encodeSegmentRoutingHeader(
  fields: SegmentRoutingHeader,
  target: Uint8Array,
  offset: number,
): number {
  invariant(offset + SEGMENT_ROUTING_HEADER <= target.length, 'no room for a Segment Routing Header');
  target[offset] = fields.nextHeader;
  target[offset + 1] = SEGMENT_ROUTING_HEADER / 8 - 1;
  target[offset + 2] = ROUTING_TYPE_SEGMENTS;
  target[offset + 3] = fields.segmentsLeft;
  target[offset + 4] = 0; // last entry: the index of the only one
  target[offset + 5] = 0; // flags
  writeU16(target, offset + 6, fields.tag);
  writeAddress({ family: 6, value: fields.segment }, target, offset + 8);
  return SEGMENT_ROUTING_HEADER;
}

export function decodeSegmentRoutingHeader(
  bytes: Uint8Array,
  offset: number,
): SegmentRoutingHeader | Problem {
  const room = bytes.length - offset;
  if (room < SEGMENT_ROUTING_HEADER) {
    return problem(offset, `${room} bytes, a Segment Routing Header with one segment has 24`);
  }
  if (bytes[offset + 2] !== ROUTING_TYPE_SEGMENTS) {
    return problem(offset + 2, `routing type ${bytes[offset + 2]}, expected 4`);
  }
  if (bytes[offset + 1] !== 2 || bytes[offset + 4] !== 0 || bytes[offset + 5] !== 0) {
    return problem(offset + 1, 'a Segment Routing Header with more than one segment');
  }
  const segmentsLeft = bytes[offset + 3]!;
  if (segmentsLeft !== 0 && segmentsLeft !== 1) {
    return problem(offset + 3, `${segmentsLeft} segments left, allowed are 0 and 1`);
  }
  return {
    nextHeader: bytes[offset]!,
    segmentsLeft,
    tag: readU16(bytes, offset + 6),
    segment: readAddress(bytes, offset + 8, 6).value,
  };
}

const ROUTING_TYPE_SEGMENTS = 4;

/** A Destination Options header (RFC 8200 section 4.6) that carries one option. Padding is not shown. */
export interface DestinationOptions {
  readonly nextHeader: number;
  /** The option's type octet. 0 and 1 are padding and no option. */
  readonly type: number;
  /** At most 255 octets. */
  readonly data: Uint8Array;
}

/** How long the header with an option of `octets` octets is, in bytes: a multiple of 8. */
export const destinationOptionsLength = (octets: number): number => (4 + octets + 7) & ~7;

/** Writes the header, padded with zeros as PadN prescribes; answers its length in bytes. */
export function encodeDestinationOptions(
  fields: DestinationOptions,
  target: Uint8Array,
  offset: number,
): number {
  const { type, data } = fields;
  const length = destinationOptionsLength(data.length);
  invariant(type > 1 && data.length <= 255, 'an option of a type over 1 and 255 octets at most');
  invariant(offset + length <= target.length, 'no room for a Destination Options header');
  target.fill(0, offset, offset + length);
  target[offset] = fields.nextHeader;
  target[offset + 1] = length / 8 - 1;
  target[offset + 2] = type;
  target[offset + 3] = data.length;
  target.set(data, offset + 4);
  const padding = length - 4 - data.length;
  if (padding > 1) {
    target[offset + 4 + data.length] = PAD_N;
    target[offset + 5 + data.length] = padding - 2;
  }
  return length;
}

/** Reads a header that carries exactly one option. `data` is a view; `length` is the header's, in bytes. */
export function decodeDestinationOptions(
  bytes: Uint8Array,
  offset: number,
): (DestinationOptions & { readonly length: number }) | Problem {
  const room = bytes.length - offset;
  if (room < 8) return problem(offset, `${room} bytes, a Destination Options header has at least 8`);
  const length = (bytes[offset + 1]! + 1) * 8;
  if (length > room)
    return problem(offset + 1, `a Destination Options header of ${length} bytes, ${room} are there`);
  let type = 0;
  let data: Uint8Array | null = null;
  for (let at = offset + 2; at < offset + length; ) {
    if (bytes[at] === 0) {
      at += 1;
      continue;
    }
    const octets = at + 1 < offset + length ? bytes[at + 1]! : 256;
    if (at + 2 + octets > offset + length) return problem(at, 'an option that leaves its header');
    if (bytes[at] !== PAD_N) {
      if (data !== null) return problem(at, 'a second option, expected one');
      type = bytes[at]!;
      data = bytes.subarray(at + 2, at + 2 + octets);
    }
    at += 2 + octets;
  }
  if (data === null) return problem(offset, 'a Destination Options header without an option');
  return { nextHeader: bytes[offset]!, type, data, length };
}

const PAD_N = 1;
