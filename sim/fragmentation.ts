/** Cutting a packet into fragments: by a router (IPv4, RFC 791 2.3) or by its source (IPv6, RFC 8200 4.5). */
import {
  COPY_OF,
  FLAGS,
  FRAGMENT_OF,
  IDENT,
  PacketFlag,
  type PacketId,
  type PacketPool,
  SIZE,
} from './packet.ts';
import { Origin } from './trace.ts';

/** What each fragment repeats: the IPv4 header; the IPv6 header and the Fragment header. */
const HEADER: Readonly<Record<4 | 6, number>> = { 4: 20, 6: 48 };
const WHOLE_HEADER: Readonly<Record<4 | 6, number>> = { 4: 20, 6: 40 };

/**
 * Hands the fragments on in order; the packet itself is left to the caller. Data goes in runs of the largest multiple of 8 bytes that
 * fits `limit`; a fragment that is cut again keeps the offsets of the first whole.
 */
export function fragment(
  packets: PacketPool,
  packet: PacketId,
  limit: number,
  family: 4 | 6,
  onward: (packet: PacketId) => void,
): void {
  const isPart = packets.isFragment(packet);
  const data = packets.size(packet) - (isPart ? HEADER[family] : WHOLE_HEADER[family]);
  const whole = isPart ? packets.wholePayload(packet) : data;
  const run = (limit - HEADER[family]) & ~7;
  const base = packets.offset(packet);
  const moreAfter = packets.ints[packet + FLAGS]! & PacketFlag.moreFragments;
  for (let offset = 0; offset < data; offset += run) {
    const isLast = offset + run >= data;
    const piece = packets.clone(packet, Origin.fragment);
    // Read anew: the pool may have grown.
    const { ints } = packets;
    packets.doubles[(piece >> 1) + COPY_OF] = 0;
    packets.doubles[(piece >> 1) + FRAGMENT_OF] = packets.id(packet);
    ints[piece + SIZE] = HEADER[family] + (isLast ? data - offset : run);
    packets.setOffset(piece, base + offset);
    ints[piece + IDENT] = packets.ident(packet) | (whole << 16);
    const more = isLast ? moreAfter : PacketFlag.moreFragments;
    ints[piece + FLAGS] = (ints[piece + FLAGS]! & ~PacketFlag.moreFragments) | more;
    onward(piece);
  }
}
