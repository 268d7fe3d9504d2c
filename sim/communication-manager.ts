/**
 * A packet's whole path, in order, on one page. One manager per physical host: it takes a VM's packet, verifies the sender, lets
 * the personality of the destination act, rewrites the header and hands it to the substrate; at the far host it verifies,
 * rewrites back and delivers.
 */
import type { Fabric } from './fabric.ts';
import { PacketFlag, type PacketId } from './packet.ts';
import { type AddressId, type HostIndex, NOBODY, ON_LINK, UNREACHABLE, type VmIndex } from './system-manager.ts';
import { Fate } from './trace.ts';

export class CommunicationManager {
  readonly #host: HostIndex;
  readonly #fabric: Fabric;

  constructor(host: HostIndex, fabric: Fabric) {
    this.#host = host;
    this.#fabric = fabric;
  }

  /** Takes over a packet that a VM of this host sends: it will be delivered, or dropped on the record. */
  submit(packet: PacketId): void {
    const { packets, system, ledger } = this.#fabric;
    const vm = packets.sender[packet]!;
    packets.addressed[packet] = packets.target[packet]!;
    if (system.isUp[vm] === 0) {
      ledger.end(packet, Fate.vmDown);
      return;
    }
    const source = packets.source[packet]!;
    if (system.owner[source] !== vm && !system.maySendAs(vm, source) && !this.#isUnverified(packet)) {
      ledger.end(packet, Fate.spoofed);
      return;
    }
    this.route(packet);
  }

  /** Finds whom the packet goes to next and lets that VM's personality act on it. */
  route(packet: PacketId): void {
    const { packets, system, personalities, steering } = this.#fabric;
    const target = packets.target[packet]!;
    let hop = system.owner[target]!;
    if (hop === NOBODY) {
      hop = this.#resolve(packet, target);
      if (hop === NOBODY) return;
    }
    packets.hop[packet] = hop;
    packets.path[packet] = system.pathTo(packets.path[packet]!, hop);
    const sender = packets.sender[packet]!;
    const pipeline = hop === sender ? null : personalities.pipelineFor(hop, packets.from[packet]!);
    if (pipeline !== null) {
      pipeline.enter(packet);
      return;
    }
    packets.shapedAt[packet] = this.#fabric.kernel.now;
    if (steering.meter !== null) steering.meter.accepted(packet);
    this.transmit(packet);
  }

  /** Rewrites the virtual header to the substrate's and sends it to the host of the next VM. */
  transmit(packet: PacketId): void {
    const { packets, system, partitions, substrate, ledger } = this.#fabric;
    const hop = packets.hop[packet]!;
    if (hop === NOBODY) {
      ledger.end(packet, Fate.unassigned);
      return;
    }
    if (partitions.any && partitions.stops(packet, packets.sender[packet]!, hop)) return;
    const host = system.hostOf[packets.sender[packet]!]!;
    packets.outerSource[packet] = host;
    packets.outerTarget[packet] = system.hostOf[hop]!;
    substrate.forward(packet, host);
  }

  /** Takes a packet from the substrate: verifies it, rewrites its header back and delivers it. */
  receive(packet: PacketId): void {
    const { packets, system, ledger, substrate, vms } = this.#fabric;
    const hop = packets.hop[packet]!;
    const source = packets.source[packet]!;
    const forwarded = packets.sender[packet] !== packets.from[packet];
    const claimed = forwarded ? packets.sender[packet]! : this.#whoSendsAs(source, packets.from[packet]!);
    const from = packets.outerSource[packet]!;
    if (claimed === NOBODY || (system.hostOf[claimed] !== from && !system.hasBeenOn(claimed, from))) {
      ledger.end(packet, Fate.spoofed);
      return;
    }
    const host = system.hostOf[hop]!;
    if (host !== this.#host) {
      // The VM has moved while the packet was on its way: its old host sends it after.
      packets.outerTarget[packet] = host;
      substrate.forward(packet, this.#host);
      return;
    }
    packets.outerSource[packet] = NOBODY;
    packets.outerTarget[packet] = NOBODY;
    vms[hop]!.receive(packet);
  }

  /** The VM behind an address nobody has as his own: a pool's member, or the next hop of a route. */
  #resolve(packet: PacketId, target: AddressId): VmIndex {
    const { packets, system, ledger, steering } = this.#fabric;
    const pool = system.poolAt[target]!;
    if (pool !== NOBODY) {
      const member = steering.ofPool(pool).choose(packet);
      if (member === NOBODY) {
        ledger.end(packet, Fate.vmDown);
        return NOBODY;
      }
      packets.viaPool[packet] = target;
      packets.target[packet] = system.addressIn(member, system.network[target]!);
      return member;
    }
    const reach = system.reach(target);
    if (reach === ON_LINK || reach === UNREACHABLE) {
      ledger.end(packet, reach === ON_LINK ? Fate.unassigned : Fate.noRoute);
      return NOBODY;
    }
    const hop = steering.ofRoute(system.network[target]!, reach).choose(packet);
    if (hop === NOBODY) ledger.end(packet, Fate.noRoute);
    return hop;
  }

  /** Whom the map names as the sender behind a source address: its owner, or the member of a pool. */
  #whoSendsAs(source: AddressId, from: VmIndex): VmIndex {
    const { system } = this.#fabric;
    const owner = system.owner[source]!;
    if (owner !== NOBODY) return owner;
    return system.maySendAs(from, source) ? from : NOBODY;
  }

  #isUnverified(packet: PacketId): boolean {
    return (this.#fabric.packets.flags[packet]! & PacketFlag.unverified) !== 0;
  }
}
