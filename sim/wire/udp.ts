/** The UDP header (RFC 768), over IPv4 and IPv6. */
import { invariant } from '../../engine/index.ts';
import type { Family } from '../address.ts';
import { checksum, isChecksumValid, pseudoHeaderSum, udpChecksum } from './checksum.ts';
import { readU16, writeU16 } from './octets.ts';
import { type Problem, problem } from './problem.ts';
import { Protocol } from './protocols.ts';

export const UDP_HEADER = 8;

export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/**
 * Writes header and payload; answers their length in bytes. `addressSum` is what `ipv4AddressSum` or `ipv6AddressSum` say of
 * the IP header; null writes no checksum, which IPv6 forbids (RFC 8200 section 8.1).
 */
export function encodeUdp(
  fields: UdpDatagram,
  target: Uint8Array,
  offset: number,
  addressSum: number | null,
): number {
  const length = UDP_HEADER + fields.payload.length;
  invariant(length <= 65535, 'a UDP datagram over 65535 bytes');
  invariant(offset + length <= target.length, 'no room for a UDP datagram');
  writeU16(target, offset, fields.sourcePort);
  writeU16(target, offset + 2, fields.destinationPort);
  writeU16(target, offset + 4, length);
  writeU16(target, offset + 6, 0);
  target.set(fields.payload, offset + UDP_HEADER);
  if (addressSum !== null) {
    const initial = pseudoHeaderSum(addressSum, Protocol.udp, length);
    writeU16(target, offset + 6, udpChecksum(checksum(target, offset, length, initial)));
  }
  return length;
}

/**
 * Reads the datagram in `bytes` from `offset` to `end`. `payload` is a view. A checksum of 0 passes unverified over IPv4 and is
 * refused over IPv6.
 */
export function decodeUdp(
  bytes: Uint8Array,
  offset: number,
  end: number,
  family: Family,
  addressSum: number,
): UdpDatagram | Problem {
  const room = Math.min(end, bytes.length) - offset;
  if (room < UDP_HEADER) return problem(offset, `${room} bytes, a UDP header has 8`);
  const length = readU16(bytes, offset + 4);
  if (length < UDP_HEADER || length > room) {
    return problem(offset + 4, `a UDP length of ${length}, allowed are 8 to ${room}`);
  }
  if (readU16(bytes, offset + 6) === 0) {
    if (family === 6) return problem(offset + 6, 'no UDP checksum, IPv6 demands one');
  } else if (!isChecksumValid(bytes, offset, length, pseudoHeaderSum(addressSum, Protocol.udp, length))) {
    return problem(offset + 6, 'a wrong UDP checksum');
  }
  return {
    sourcePort: readU16(bytes, offset),
    destinationPort: readU16(bytes, offset + 2),
    payload: bytes.subarray(offset + UDP_HEADER, offset + length),
  };
}
