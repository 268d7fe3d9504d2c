/** The largest packet that passes: fragments IPv4 (RFC 791), otherwise answers "too big" (RFC 1191, RFC 8201). */
import { PacketFlag, type PacketId, type PacketPool } from '../../packet.ts';
import { Fate, Origin } from '../../trace.ts';
import { defineGate } from '../stage.ts';

const IPV4_HEADER = 20;

export const mtuParams = {
  mtu: {
    kind: 'bytes',
    identity: 65535,
    default: 1500,
    min: 68,
    max: 65535,
    help: 'Largest IP packet that passes unfragmented; at least 1280 in IPv6 networks (RFC 8200).',
  },
} as const;

export const mtu = defineGate({
  name: 'mtu',
  summary: 'Fragments or refuses packets that are longer than the link can carry.',
  params: mtuParams,
  drawsPerPacket: 0,
  active: (values) => values.mtu < 65535,
  create({ packets, surroundings, onward, drop, replaced }) {
    let limit = 65535;
    return {
      configure(values) {
        limit = values.mtu;
      },
      admit(packet) {
        if (packets.size[packet]! <= limit) return true;
        if (surroundings.isIpv6(packet) || (packets.flags[packet]! & PacketFlag.dontFragment) !== 0) {
          surroundings.answerTooBig(packet, limit);
          return drop(packet, Fate.mtu);
        }
        fragment(packets, packet, limit, onward);
        replaced(packet);
        return false;
      },
    };
  },
});

/**
 * RFC 791 section 2.3: data in runs of the largest multiple of 8 bytes that fits, the header on each; a fragment that is cut
 * again keeps the offsets of the first whole.
 */
function fragment(packets: PacketPool, packet: PacketId, limit: number, onward: (packet: PacketId) => void): void {
  const data = packets.size[packet]! - IPV4_HEADER;
  const run = (limit - IPV4_HEADER) & ~7;
  const base = packets.fragmentOffset[packet]!;
  const moreAfter = packets.flags[packet]! & PacketFlag.moreFragments;
  for (let offset = 0; offset < data; offset += run) {
    const last = offset + run >= data;
    const piece = packets.clone(packet, Origin.fragment);
    packets.copyOf[piece] = 0;
    packets.fragmentOf[piece] = packets.id[packet]!;
    packets.size[piece] = IPV4_HEADER + (last ? data - offset : run);
    packets.fragmentOffset[piece] = base + offset;
    if (!last) packets.flags[piece]! |= PacketFlag.moreFragments;
    else packets.flags[piece] = (packets.flags[piece]! & ~PacketFlag.moreFragments) | moreAfter;
    onward(piece);
  }
}
