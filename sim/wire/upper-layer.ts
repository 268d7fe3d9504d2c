/** Finds what an IP packet carries, behind options and extension headers. Unchecked bytes are fine; it never reads past the end. */
import { ipv4HeaderLength } from './ipv4.ts';
import { IPV6_HEADER } from './ipv6.ts';
import { readU16 } from './octets.ts';
import { Protocol } from './protocols.ts';

export interface UpperLayer {
  /** The last protocol number that could be reached; -1 when the chain of headers breaks off. */
  readonly protocol: number;
  /** Where its header begins, in bytes. */
  readonly offset: number;
  /** Bytes of the original payload before this packet's; over 0, there is no transport header at `offset`. */
  readonly fragmentOffset: number;
  /** A Routing header with segments left: the pseudo-header has its last segment, not the IPv6 destination. */
  readonly sourceRouted: boolean;
}

/** Of a packet with at least a whole IPv4 or IPv6 base header. */
export function upperLayer(packet: Uint8Array): UpperLayer {
  if (packet[0]! >> 4 === 6) return upperLayerIpv6(packet);
  const fragmentOffset = (readU16(packet, 6) & 0x1fff) << 3;
  return { protocol: packet[9]!, offset: ipv4HeaderLength(packet), fragmentOffset, sourceRouted: false };
}

function upperLayerIpv6(packet: Uint8Array): UpperLayer {
  let protocol: number = packet[6]!;
  let offset = IPV6_HEADER;
  let sourceRouted = false;
  while (EXTENSIONS.has(protocol)) {
    if (offset + 8 > packet.length) return { protocol: -1, offset, fragmentOffset: 0, sourceRouted };
    const next = packet[offset]!;
    if (protocol === Protocol.fragment) {
      const fragmentOffset = readU16(packet, offset + 2) & 0xfff8;
      if (fragmentOffset > 0) return { protocol: next, offset: offset + 8, fragmentOffset, sourceRouted };
    }
    if (protocol === Protocol.routing && packet[offset + 3]! > 0) sourceRouted = true;
    offset += extensionLength(protocol, packet[offset + 1]!);
    protocol = next;
  }
  return { protocol, offset, fragmentOffset: 0, sourceRouted };
}

/** In bytes; the length field counts words of 8 bytes, in AH of 4 (RFC 4302), and the Fragment header has none. */
function extensionLength(protocol: number, field: number): number {
  if (protocol === Protocol.fragment) return 8;
  if (protocol === Protocol.authentication) return (field + 2) * 4;
  return (field + 1) * 8;
}

const EXTENSIONS: ReadonlySet<number> = new Set([
  Protocol.hopByHop,
  Protocol.routing,
  Protocol.fragment,
  Protocol.authentication,
  Protocol.destinationOptions,
  Protocol.mobility,
  Protocol.hostIdentity,
  Protocol.shim6,
]);
