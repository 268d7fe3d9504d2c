/** Cutting a packet into fragments: by a router (IPv4, RFC 791 2.3) or by its source (IPv6, RFC 8200 4.5). */
import { PacketFlag, type PacketId, type PacketPool } from './packet.ts';
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
  const isPiece =
    packets.fragmentOffset[packet]! !== 0 || (packets.flags[packet]! & PacketFlag.moreFragments) !== 0;
  const data = packets.size[packet]! - (isPiece ? HEADER[family] : WHOLE_HEADER[family]);
  const run = (limit - HEADER[family]) & ~7;
  const base = packets.fragmentOffset[packet]!;
  const moreAfter = packets.flags[packet]! & PacketFlag.moreFragments;
  for (let offset = 0; offset < data; offset += run) {
    const isLast = offset + run >= data;
    const piece = packets.clone(packet, Origin.fragment);
    packets.copyOf[piece] = 0;
    packets.fragmentOf[piece] = packets.id[packet]!;
    packets.size[piece] = HEADER[family] + (isLast ? data - offset : run);
    packets.fragmentOffset[piece] = base + offset;
    if (isLast) packets.flags[piece] = (packets.flags[piece]! & ~PacketFlag.moreFragments) | moreAfter;
    else packets.flags[piece]! |= PacketFlag.moreFragments;
    onward(piece);
  }
}
