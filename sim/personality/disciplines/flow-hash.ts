/** Which flow a packet belongs to, as a number that the salt scatters. */
import { OFFSET_TTL_PROTOCOL, type PacketId, type PacketPool, PORTS, SOURCE, TARGET } from '../../packet.ts';

/**
 * A number in [0, 2^32) of the packet's addresses, ports and protocol. Only the first fragment of a packet would have ports: all of
 * them go by the other three, so that they stay together. The function is MurmurHash3_x86_32 (Appleby, public domain) of these four words.
 */
export function flowHash(packets: PacketPool, packet: PacketId, salt: number): number {
  const { ints } = packets;
  const ports = packets.isFragment(packet) ? 0 : ints[packet + PORTS]!;
  let hash = mixed(salt, ints[packet + SOURCE]!);
  hash = mixed(hash, ints[packet + TARGET]!);
  hash = mixed(hash, ports);
  hash = mixed(hash, ints[packet + OFFSET_TTL_PROTOCOL]! & 0xff);
  hash ^= 16;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mixed(hash: number, word: number): number {
  const scattered = Math.imul(word, 0xcc9e2d51);
  const turned = hash ^ Math.imul((scattered << 15) | (scattered >>> 17), 0x1b873593);
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0;
}
