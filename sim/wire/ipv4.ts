/** The IPv4 header (RFC 791). */
import { invariant } from '../../engine/index.ts';
import { readAddress, writeAddress } from '../address.ts';
import { checksum, isChecksumValid } from './checksum.ts';
import { readU16, writeU16 } from './octets.ts';
import { type Problem, problem } from './problem.ts';

export interface Ipv4Header {
  /** The second octet: DSCP and ECN. */
  readonly tos: number;
  /** 16 bits. */
  readonly identification: number;
  /** Bit 0 of the flags, which RFC 791 wants to be zero. */
  readonly reservedFlag: boolean;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** In bytes, a multiple of 8. */
  readonly fragmentOffset: number;
  readonly ttl: number;
  readonly protocol: number;
  /** 32 bits. */
  readonly source: bigint;
  readonly destination: bigint;
  /** As they stand in the header: a multiple of 4 octets, at most 40. */
  readonly options: Uint8Array;
  /** Bytes after the header. */
  readonly payloadLength: number;
}

/** An IPv4 header as it was read. `options` is a view of the bytes that were read. */
export interface DecodedIpv4 extends Ipv4Header {
  /** Bytes, 20 to 60. */
  readonly headerLength: number;
  /** Bytes, header and payload. */
  readonly totalLength: number;
}

/** The header that most packets have. */
export const plainIpv4 = {
  tos: 0,
  identification: 0,
  reservedFlag: false,
  dontFragment: false,
  moreFragments: false,
  fragmentOffset: 0,
  ttl: 64,
  options: new Uint8Array(0),
} as const satisfies Partial<Ipv4Header>;

/** Writes the header with its checksum; answers its length in bytes. The payload is the caller's to write. */
export function encodeIpv4(fields: Ipv4Header, target: Uint8Array, offset: number): number {
  const { options } = fields;
  const length = 20 + options.length;
  invariant(options.length % 4 === 0 && options.length <= 40, 'IPv4 options fill words, ten at most');
  invariant(fields.fragmentOffset % 8 === 0 && fields.fragmentOffset <= 65528, 'a fragment at an odd offset');
  invariant(length + fields.payloadLength <= 65535, 'an IPv4 packet over 65535 bytes');
  invariant(offset + length <= target.length, 'no room for an IPv4 header');
  target[offset] = 0x40 | (length >> 2);
  target[offset + 1] = fields.tos;
  writeU16(target, offset + 2, length + fields.payloadLength);
  writeU16(target, offset + 4, fields.identification);
  const flags =
    (fields.reservedFlag ? 0x8000 : 0) |
    (fields.dontFragment ? 0x4000 : 0) |
    (fields.moreFragments ? 0x2000 : 0);
  writeU16(target, offset + 6, flags | (fields.fragmentOffset >> 3));
  target[offset + 8] = fields.ttl;
  target[offset + 9] = fields.protocol;
  writeAddress({ family: 4, value: fields.source }, target, offset + 12);
  writeAddress({ family: 4, value: fields.destination }, target, offset + 16);
  target.set(options, offset + 20);
  writeIpv4Checksum(target, offset);
  return length;
}

/** Reads the header at `offset`. Bytes after the packet's total length (Ethernet padding) are allowed. */
export function decodeIpv4(bytes: Uint8Array, offset = 0): DecodedIpv4 | Problem {
  const wrong = checkIpv4(bytes, offset);
  if (wrong !== null) return wrong;
  const headerLength = ipv4HeaderLength(bytes, offset);
  const totalLength = readU16(bytes, offset + 2);
  const flags = readU16(bytes, offset + 6);
  return {
    tos: bytes[offset + 1]!,
    identification: readU16(bytes, offset + 4),
    reservedFlag: (flags & 0x8000) !== 0,
    dontFragment: (flags & 0x4000) !== 0,
    moreFragments: (flags & 0x2000) !== 0,
    fragmentOffset: (flags & 0x1fff) << 3,
    ttl: bytes[offset + 8]!,
    protocol: bytes[offset + 9]!,
    source: readAddress(bytes, offset + 12, 4).value,
    destination: readAddress(bytes, offset + 16, 4).value,
    options: bytes.subarray(offset + 20, offset + headerLength),
    payloadLength: totalLength - headerLength,
    headerLength,
    totalLength,
  };
}

/** What is wrong with the header at `offset`, in the order in which a router would notice (RFC 1812 section 5.2.2). */
export function checkIpv4(bytes: Uint8Array, offset = 0): Problem | null {
  const room = bytes.length - offset;
  if (room < 20) return problem(offset, `${room} bytes, an IPv4 header has at least 20`);
  if (bytes[offset]! >> 4 !== 4) return problem(offset, `IP version ${bytes[offset]! >> 4}, expected 4`);
  const headerLength = ipv4HeaderLength(bytes, offset);
  if (headerLength < 20 || headerLength > room) {
    return problem(
      offset,
      `an IPv4 header length of ${headerLength}, allowed are 20 to ${Math.min(60, room)}`,
    );
  }
  if (!isChecksumValid(bytes, offset, headerLength))
    return problem(offset + 10, 'a wrong IPv4 header checksum');
  const totalLength = readU16(bytes, offset + 2);
  if (totalLength < headerLength || totalLength > room) {
    return problem(offset + 2, `a total length of ${totalLength}, allowed are ${headerLength} to ${room}`);
  }
  return null;
}

/** In bytes, unchecked. */
export const ipv4HeaderLength = (bytes: Uint8Array, offset = 0): number => (bytes[offset]! & 15) << 2;

/** Makes the header checksum right after its header has changed. */
export function writeIpv4Checksum(bytes: Uint8Array, offset = 0): void {
  writeU16(bytes, offset + 10, 0);
  writeU16(bytes, offset + 10, checksum(bytes, offset, ipv4HeaderLength(bytes, offset)));
}
