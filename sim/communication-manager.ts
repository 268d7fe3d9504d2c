/**
 * A packet's whole path, in order, on one page. One manager per physical host: it takes a VM's packet, verifies the sender, lets
 * the personality of the destination act, rewrites the header and hands it to the substrate; at the far host it verifies,
 * rewrites back and delivers.
 */
import type { Kernel } from '../engine/index.ts';
import type { Fabric } from './fabric.ts';
import type { Ledger } from './ledger.ts';
import {
  FROM,
  HOP,
  OUTER,
  PATH,
  PacketFlag,
  type PacketId,
  type PacketPool,
  SENDER,
  SHAPED_AT,
  SOURCE,
  TARGET,
  VIA_POOL,
} from './packet.ts';
import type { Partitions } from './partitions.ts';
import type { PersonalityManager } from './personality-manager.ts';
import type { Steering } from './steering.ts';
import type { Substrate } from './substrate.ts';
import {
  type AddressId,
  type HostIndex,
  NOBODY,
  ON_LINK,
  type SystemManager,
  UNREACHABLE,
  type VmIndex,
} from './system-manager.ts';
import { Fate } from './trace.ts';
import type { IpHost } from './vm/ip-host.ts';

/** Who looks at the physical network, between hosts. It only looks: it changes nothing and keeps no packet. */
export interface WireObserver {
  /** In its substrate header, before the first link. Again when a host sends it after a VM that has moved. */
  leaves?(packet: PacketId, host: HostIndex): void;
  /** In its substrate header, before the host has verified it. */
  arrives?(packet: PacketId, host: HostIndex): void;
}

export class CommunicationManager {
  observer: WireObserver | null = null;
  readonly #host: HostIndex;
  readonly #kernel: Kernel;
  readonly #packets: PacketPool;
  readonly #ledger: Ledger;
  readonly #system: SystemManager;
  readonly #personalities: PersonalityManager;
  /** By VM: not 0 when what it sends may meet its egress. */
  readonly #hasEgress: Uint8Array;
  readonly #partitions: Partitions;
  readonly #steering: Steering;
  readonly #substrate: Substrate;
  readonly #managers: readonly CommunicationManager[];
  readonly #vms: readonly IpHost[];

  constructor(host: HostIndex, fabric: Fabric) {
    this.#host = host;
    this.#kernel = fabric.kernel;
    this.#packets = fabric.packets;
    this.#ledger = fabric.ledger;
    this.#system = fabric.system;
    this.#personalities = fabric.personalities;
    this.#hasEgress = fabric.personalities.hasEgress;
    this.#partitions = fabric.partitions;
    this.#steering = fabric.steering;
    this.#substrate = fabric.substrate;
    this.#managers = fabric.managers;
    this.#vms = fabric.vms;
  }

  /** Takes over a packet that a VM of this host sends: it will be delivered, or dropped on the record. */
  submit(packet: PacketId): void {
    const { ints } = this.#packets;
    const system = this.#system;
    const vm = ints[packet + SENDER]!;
    if (system.isUp[vm] === 0) {
      this.#ledger.end(packet, Fate.vmDown);
      return;
    }
    const source = ints[packet + SOURCE]!;
    if (system.owner[source] !== vm && !this.#maySend(packet, vm, source)) {
      this.#ledger.end(packet, Fate.spoofed);
      return;
    }
    if (this.#hasEgress[vm] === 0) this.route(packet);
    else this.dispatch(packet);
  }

  /** As `submit`, without asking whether it may: the VM's egress acts on the packet before it is routed. */
  dispatch(packet: PacketId): void {
    const { ints } = this.#packets;
    const pipeline = this.#personalities.egressFor(ints[packet + SENDER]!, ints[packet + TARGET]!);
    if (pipeline === null) this.route(packet);
    else pipeline.enter(packet);
  }

  /** Finds whom the packet goes to next and lets that VM's personality act on it. */
  route(packet: PacketId): void {
    const { ints } = this.#packets;
    const target = ints[packet + TARGET]!;
    let hop = this.#system.owner[target]!;
    if (hop === NOBODY) {
      hop = this.#resolve(packet, target);
      if (hop === NOBODY) return;
    }
    ints[packet + HOP] = hop;
    ints[packet + PATH] = this.#system.pathTo(ints[packet + PATH]!, hop);
    if (hop !== ints[packet + SENDER]) {
      const pipeline = this.#personalities.pipelineFor(hop, ints[packet + FROM]!);
      if (pipeline !== null) {
        pipeline.enter(packet);
        return;
      }
    }
    this.#packets.doubles[(packet >> 1) + SHAPED_AT] = this.#kernel.now;
    if (this.#steering.meter !== null) this.#steering.meter.accepted(packet);
    this.transmit(packet);
  }

  /** Rewrites the virtual header to the substrate's and sends it to the host of the next VM. */
  transmit(packet: PacketId): void {
    const { ints } = this.#packets;
    const hop = ints[packet + HOP]!;
    if (hop === NOBODY) {
      this.#ledger.end(packet, Fate.unassigned);
      return;
    }
    if (this.#partitions.any && this.#partitions.stops(packet, ints[packet + SENDER]!, hop)) return;
    const from = this.#system.hostOf[ints[packet + SENDER]!]!;
    ints[packet + OUTER] = (from << 16) | this.#system.hostOf[hop]!;
    if (this.observer !== null) this.observer.leaves?.(packet, from);
    if (this.#substrate.isIdeal) this.#managers[this.#system.hostOf[hop]!]!.receive(packet);
    else this.#substrate.forward(packet, from);
  }

  /** Takes a packet from the substrate: verifies it, rewrites its header back and delivers it. */
  receive(packet: PacketId): void {
    if (this.observer !== null) this.observer.arrives?.(packet, this.#host);
    const { ints } = this.#packets;
    const system = this.#system;
    const claimed = this.#claimedSender(packet);
    const from = ints[packet + OUTER]! >>> 16;
    if (claimed === NOBODY || (system.hostOf[claimed] !== from && !system.hasBeenOn(claimed, from))) {
      this.#ledger.end(packet, Fate.spoofed);
      return;
    }
    const hop = ints[packet + HOP]!;
    const host = system.hostOf[hop]!;
    if (host !== this.#host) {
      // The VM has moved while the packet was on its way: its old host sends it after.
      ints[packet + OUTER] = (from << 16) | host;
      if (this.observer !== null) this.observer.leaves?.(packet, this.#host);
      this.#substrate.forward(packet, this.#host);
      return;
    }
    ints[packet + OUTER] = -1;
    this.#vms[hop]!.receive(packet);
  }

  /** The VM behind an address nobody has as his own: a pool's member, or the next hop of a route. */
  #resolve(packet: PacketId, target: AddressId): VmIndex {
    const system = this.#system;
    const pool = system.poolAt[target]!;
    if (pool !== NOBODY) {
      const member = this.#steering.ofPool(pool).choose(packet);
      if (member === NOBODY) {
        this.#ledger.end(packet, Fate.vmDown);
        return NOBODY;
      }
      this.#packets.ints[packet + VIA_POOL] = target;
      this.#packets.ints[packet + TARGET] = system.addressIn(member, system.network[target]!);
      return member;
    }
    const reach = system.reach(target);
    if (reach === ON_LINK || reach === UNREACHABLE) {
      this.#ledger.end(packet, reach === ON_LINK ? Fate.unassigned : Fate.noRoute);
      return NOBODY;
    }
    const hop = this.#steering.ofRoute(system.network[target]!, reach).choose(packet);
    if (hop === NOBODY) this.#ledger.end(packet, Fate.noRoute);
    return hop;
  }

  /** Whom the map names as the sender: the source address's owner, the member of a pool, or the router that handed it on. */
  #claimedSender(packet: PacketId): VmIndex {
    const { ints } = this.#packets;
    const from = ints[packet + FROM]!;
    if (ints[packet + SENDER] !== from) return ints[packet + SENDER]!;
    const source = ints[packet + SOURCE]!;
    const owner = this.#system.owner[source]!;
    if (owner !== NOBODY) return owner;
    return this.#system.maySendAs(from, source) ? from : NOBODY;
  }

  #maySend(packet: PacketId, vm: VmIndex, source: AddressId): boolean {
    return this.#system.maySendAs(vm, source) || this.#packets.has(packet, PacketFlag.unverified);
  }
}
