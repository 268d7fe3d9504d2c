/** ICMP for IPv4 (RFC 792): echo, and the errors that a router or a host sends back. */
import { invariant } from '../../engine/index.ts';
import { checksum, isChecksumValid } from './checksum.ts';
import { ipv4HeaderLength } from './ipv4.ts';
import { readU16, writeU16 } from './octets.ts';
import { type Problem, problem } from './problem.ts';
import { Protocol } from './protocols.ts';

export const ICMP_HEADER = 8;

/** RFC 792, RFC 1191 and RFC 1812 codes of `unreachable` that netpersona sends. */
export const IcmpUnreachable = { network: 0, host: 1, protocol: 2, port: 3, fragmentationNeeded: 4 } as const;

export interface Echo {
  readonly kind: 'echoRequest' | 'echoReply';
  /** 16 bits. */
  readonly identifier: number;
  /** 16 bits. */
  readonly sequence: number;
  readonly data: Uint8Array;
}

export type IcmpMessage =
  | Echo
  | {
      readonly kind: 'unreachable';
      /** See {@link IcmpUnreachable}. */
      readonly code: number;
      /** RFC 1191: with code 4, the largest packet that would pass; 0 from a router that does not say. Else 0. */
      readonly nextHopMtu: number;
      /** The packet that caused it, see {@link icmpOriginal}. */
      readonly original: Uint8Array;
    }
  | {
      readonly kind: 'timeExceeded';
      /** 0: TTL exceeded in transit. 1: fragment reassembly time exceeded. */
      readonly code: 0 | 1;
      readonly original: Uint8Array;
    };

/** How long the message will be, in bytes. */
export const icmpLength = (message: IcmpMessage): number =>
  ICMP_HEADER + ('data' in message ? message.data.length : message.original.length);

/** Writes the message with its checksum; answers its length in bytes. */
export function encodeIcmp(message: IcmpMessage, target: Uint8Array, offset: number): number {
  const length = icmpLength(message);
  invariant(offset + length <= target.length, 'no room for an ICMP message');
  target.fill(0, offset, offset + ICMP_HEADER);
  target[offset] = TYPES[message.kind];
  if ('data' in message) {
    writeU16(target, offset + 4, message.identifier);
    writeU16(target, offset + 6, message.sequence);
    target.set(message.data, offset + ICMP_HEADER);
  } else {
    target[offset + 1] = message.code;
    if (message.kind === 'unreachable') writeU16(target, offset + 6, message.nextHopMtu);
    target.set(message.original, offset + ICMP_HEADER);
  }
  writeU16(target, offset + 2, checksum(target, offset, length));
  return length;
}

/** Reads the message in `bytes` from `offset` to `end`. `data` and `original` are views. */
export function decodeIcmp(bytes: Uint8Array, offset: number, end: number): IcmpMessage | Problem {
  const last = Math.min(end, bytes.length);
  if (last - offset < ICMP_HEADER) return problem(offset, `${last - offset} bytes, an ICMP header has 8`);
  if (!isChecksumValid(bytes, offset, last - offset)) return problem(offset + 2, 'a wrong ICMP checksum');
  const code = bytes[offset + 1]!;
  const body = bytes.subarray(offset + ICMP_HEADER, last);
  switch (bytes[offset]) {
    case TYPES.echoRequest:
    case TYPES.echoReply:
      if (code !== 0) return problem(offset + 1, `ICMP echo with code ${code}, expected 0`);
      return {
        kind: bytes[offset] === TYPES.echoRequest ? 'echoRequest' : 'echoReply',
        identifier: readU16(bytes, offset + 4),
        sequence: readU16(bytes, offset + 6),
        data: body,
      };
    case TYPES.unreachable: {
      const nextHopMtu = code === IcmpUnreachable.fragmentationNeeded ? readU16(bytes, offset + 6) : 0;
      return checkOriginal(body, offset) ?? { kind: 'unreachable', code, nextHopMtu, original: body };
    }
    case TYPES.timeExceeded:
      if (code !== 0 && code !== 1) return problem(offset + 1, `ICMP time exceeded with code ${code}`);
      return checkOriginal(body, offset) ?? { kind: 'timeExceeded', code, original: body };
    default:
      return problem(offset, `ICMP type ${bytes[offset]}, known are 0, 3, 8 and 11`);
  }
}

/**
 * What an error embeds of the packet that caused it: as much as fits when the error's own packet is to have no more than 576
 * bytes (RFC 1812 section 4.3.2.3). That includes the header and 8 bytes that RFC 792 asks for. A view.
 */
export const icmpOriginal = (packet: Uint8Array): Uint8Array => packet.subarray(0, 576 - 20 - ICMP_HEADER);

/** May an error be sent about this IPv4 packet? Not about ICMP errors and not about later fragments (RFC 1122, 3.2.2). */
export function mayCauseIcmpError(packet: Uint8Array): boolean {
  if ((readU16(packet, 6) & 0x1fff) !== 0) return false;
  if (packet[9] !== Protocol.icmp) return true;
  const type = packet[ipv4HeaderLength(packet)];
  return type !== undefined && !ERROR_TYPES.has(type);
}

const TYPES = { echoReply: 0, unreachable: 3, echoRequest: 8, timeExceeded: 11 } as const;

/** Unreachable, source quench, redirect, time exceeded, parameter problem. */
const ERROR_TYPES: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

/** RFC 792: the header, and the first 8 bytes after it, or fewer when the packet had fewer. */
function checkOriginal(original: Uint8Array, offset: number): Problem | null {
  const at = offset + ICMP_HEADER;
  if (original.length < 20 || original[0]! >> 4 !== 4)
    return problem(at, 'an ICMP error without an IPv4 header');
  const headerLength = ipv4HeaderLength(original);
  if (headerLength < 20) return problem(at, `an embedded IPv4 header length of ${headerLength}`);
  if (original.length < headerLength + Math.max(0, Math.min(8, readU16(original, 2) - headerLength))) {
    return problem(at, 'an ICMP error with less than the IPv4 header and 8 bytes');
  }
  return null;
}
