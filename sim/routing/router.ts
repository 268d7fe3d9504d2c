/** Choosing one of several VMs for a packet: members of a pool, candidates of a route. */
import type { PacketId } from '../packet.ts';

export interface Router {
  /** The VM to take, or -1 when none is alive. */
  choose(packet: PacketId): number;
  /** Told of bits on their way to one of its candidates. */
  onLoad?(vm: number, bits: number): void;
}

/** What a router may look at. */
export interface RouterView {
  isAlive(vm: number): boolean;
  /** Bytes waiting in front of a VM. */
  backlogBytes(vm: number): number;
  /** Its rate in bit/s; 0 for no limit. */
  rate(vm: number): number;
}
