/** ICMPv6 (RFC 4443): echo, and the errors that a router or a host sends back. */
import { invariant } from '../../engine/index.ts';
import { checksum, isChecksumValid, pseudoHeaderSum } from './checksum.ts';
import { type Echo, ICMP_HEADER } from './icmp.ts';
import { IPV6_HEADER } from './ipv6.ts';
import { readU16, readU32, writeU16, writeU32 } from './octets.ts';
import { type Problem, problem } from './problem.ts';
import { Protocol } from './protocols.ts';
import { upperLayer } from './upper-layer.ts';

/** RFC 4443 section 3.1 codes of `unreachable` that netpersona sends. */
export const Icmpv6Unreachable = { noRoute: 0, prohibited: 1, address: 3, port: 4 } as const;

export type Icmpv6Message =
  | Echo
  | {
      readonly kind: 'unreachable';
      /** See {@link Icmpv6Unreachable}. */
      readonly code: number;
      /** The packet that caused it, see {@link icmpv6Original}. */
      readonly original: Uint8Array;
    }
  | {
      readonly kind: 'packetTooBig';
      /** 32 bits: the largest packet that would pass. */
      readonly mtu: number;
      readonly original: Uint8Array;
    }
  | {
      readonly kind: 'timeExceeded';
      /** 0: hop limit exceeded in transit. 1: fragment reassembly time exceeded. */
      readonly code: 0 | 1;
      readonly original: Uint8Array;
    };

/** How long the message will be, in bytes. */
export const icmpv6Length = (message: Icmpv6Message): number =>
  ICMP_HEADER + ('data' in message ? message.data.length : message.original.length);

/** Writes the message with its checksum, for which `addressSum` comes from `ipv6AddressSum`; answers its length in bytes. */
export function encodeIcmpv6(
  message: Icmpv6Message,
  target: Uint8Array,
  offset: number,
  addressSum: number,
): number {
  const length = icmpv6Length(message);
  invariant(offset + length <= target.length, 'no room for an ICMPv6 message');
  target.fill(0, offset, offset + ICMP_HEADER);
  target[offset] = TYPES[message.kind];
  switch (message.kind) {
    case 'echoRequest':
    case 'echoReply':
      writeU16(target, offset + 4, message.identifier);
      writeU16(target, offset + 6, message.sequence);
      break;
    case 'packetTooBig':
      writeU32(target, offset + 4, message.mtu);
      break;
    default:
      target[offset + 1] = message.code;
  }
  target.set('data' in message ? message.data : message.original, offset + ICMP_HEADER);
  const initial = pseudoHeaderSum(addressSum, Protocol.icmpv6, length);
  writeU16(target, offset + 2, checksum(target, offset, length, initial));
  return length;
}

/** Reads the message in `bytes` from `offset` to `end`. `data` and `original` are views. */
export function decodeIcmpv6(
  bytes: Uint8Array,
  offset: number,
  end: number,
  addressSum: number,
): Icmpv6Message | Problem {
  const last = Math.min(end, bytes.length);
  const length = last - offset;
  if (length < ICMP_HEADER) return problem(offset, `${length} bytes, an ICMPv6 header has 8`);
  if (!isChecksumValid(bytes, offset, length, pseudoHeaderSum(addressSum, Protocol.icmpv6, length))) {
    return problem(offset + 2, 'a wrong ICMPv6 checksum');
  }
  const type = bytes[offset]!;
  const code = bytes[offset + 1]!;
  const body = bytes.subarray(offset + ICMP_HEADER, last);
  if (type < 128 && !beginsWithIpv6(body)) {
    return problem(offset + ICMP_HEADER, 'an ICMPv6 error without an IPv6 header');
  }
  switch (type) {
    case TYPES.echoRequest:
    case TYPES.echoReply: {
      const kind = type === TYPES.echoRequest ? 'echoRequest' : 'echoReply';
      if (code !== 0) return problem(offset + 1, `ICMPv6 echo with code ${code}, expected 0`);
      const identifier = readU16(bytes, offset + 4);
      return { kind, identifier, sequence: readU16(bytes, offset + 6), data: body };
    }
    case TYPES.unreachable:
      return { kind: 'unreachable', code, original: body };
    case TYPES.packetTooBig:
      // RFC 4443 section 3.2: the code is sent as 0 and ignored by the receiver.
      return { kind: 'packetTooBig', mtu: readU32(bytes, offset + 4), original: body };
    case TYPES.timeExceeded:
      if (code !== 0 && code !== 1) return problem(offset + 1, `ICMPv6 time exceeded with code ${code}`);
      return { kind: 'timeExceeded', code, original: body };
    default:
      return problem(offset, `ICMPv6 type ${type}, known are 1, 2, 3, 128 and 129`);
  }
}

/**
 * What an error embeds of the packet that caused it: as much as fits when the error's own packet is to have no more than the
 * minimum MTU of 1280 bytes (RFC 4443 section 2.4 c). A view.
 */
export const icmpv6Original = (packet: Uint8Array): Uint8Array =>
  packet.subarray(0, 1280 - IPV6_HEADER - ICMP_HEADER);

/** May an error be sent about this IPv6 packet? Not about ICMPv6 errors and not about later fragments. */
export function mayCauseIcmpv6Error(packet: Uint8Array): boolean {
  const upper = upperLayer(packet);
  if (upper.fragmentOffset > 0) return false;
  if (upper.protocol !== Protocol.icmpv6) return true;
  // RFC 4443 section 2.1: error messages have types 0 to 127. A type that is cut off might be one.
  return (packet[upper.offset] ?? 0) >= 128;
}

const TYPES = { unreachable: 1, packetTooBig: 2, timeExceeded: 3, echoRequest: 128, echoReply: 129 } as const;

const beginsWithIpv6 = (body: Uint8Array): boolean => body.length >= IPV6_HEADER && body[0]! >> 4 === 6;
