/** The largest packet that passes: fragments IPv4 (RFC 791), otherwise answers "too big" (RFC 1191, RFC 8201). */
import { fragment } from '../../fragmentation.ts';
import { PacketFlag } from '../../packet.ts';
import { Fate } from '../../trace.ts';
import { defineGate } from '../stage.ts';

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
  ignoresUpTo: (values) => values.mtu,
  create({ packets, surroundings, onward, drop, replaced }) {
    let limit = 65535;
    return {
      configure(values) {
        limit = values.mtu;
      },
      admit(packet) {
        if (surroundings.isIpv6(packet) || packets.has(packet, PacketFlag.dontFragment)) {
          surroundings.answerTooBig(packet, limit);
          return drop(packet, Fate.mtu);
        }
        fragment(packets, packet, limit, 4, onward);
        replaced(packet);
        return false;
      },
    };
  },
});
