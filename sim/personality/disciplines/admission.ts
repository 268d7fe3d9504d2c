/** What every discipline asks of a packet that comes: is there room for it, may it be marked. */
import { FLAGS, PacketFlag, type PacketId, type PacketPool } from '../../packet.ts';
import type { DisciplineSettings } from './discipline.ts';

/** Whether so many bytes more, in one packet, are within the limits. */
export const hasRoom = (size: number, bytes: number, packets: number, limits: DisciplineSettings): boolean =>
  packets < limits.limitPackets && bytes + size <= limits.limitBytes;

/** Congestion experienced (RFC 3168), if the packet's sender can read it; otherwise false. */
export function mark(packets: PacketPool, packet: PacketId): boolean {
  if ((packets.ints[packet + FLAGS]! & PacketFlag.ecnCapable) === 0) return false;
  packets.ints[packet + FLAGS]! |= PacketFlag.marked;
  return true;
}
