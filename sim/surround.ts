/** What the gates of a pipeline may ask of the world around it. */
import { FLOW, FROM, HOP, type PacketId, PacketKind, type PacketPool, TARGET } from './packet.ts';
import type { Surroundings } from './personality/stage.ts';
import type { Steering } from './steering.ts';
import type { SystemManager } from './system-manager.ts';
import type { IpHost } from './vm/ip-host.ts';

export class Surround implements Surroundings {
  readonly #steering: Steering;
  readonly #system: SystemManager;
  readonly #packets: PacketPool;
  readonly #vms: readonly IpHost[];
  readonly #isEgress: boolean;

  /** `isEgress`: around pipelines that packets go through before anything is decided about where they go. */
  constructor(
    steering: Steering,
    system: SystemManager,
    packets: PacketPool,
    vms: readonly IpHost[],
    isEgress = false,
  ) {
    this.#isEgress = isEgress;
    this.#steering = steering;
    this.#system = system;
    this.#packets = packets;
    this.#vms = vms;
  }

  rebalance(packet: PacketId, loadWindow: number, hysteresis: number): void {
    this.#steering.rebalance(packet, loadWindow, hysteresis);
  }

  scatter(packet: PacketId, draw: number, scope: 'assigned' | 'subnet'): boolean {
    return this.#steering.scatter(packet, draw, scope);
  }

  /** The answer comes from the address of the VM that the packet was on its way to; on the way out from the sender's own. */
  answerTooBig(packet: PacketId, mtu: number): void {
    const vm = this.#packets.ints[packet + (this.#isEgress ? FROM : HOP)]!;
    if (vm >= 0) this.#vms[vm]!.complain(packet, PacketKind.tooBig, mtu);
  }

  isIpv6(packet: PacketId): boolean {
    return this.#system.isIpv6[this.#packets.ints[packet + TARGET]!] === 1;
  }

  flowId(packet: PacketId): string {
    return this.#system.flows[this.#packets.ints[packet + FLOW]!]?.id ?? '';
  }

  dscp(packet: PacketId): number {
    return this.#system.dscp[this.#packets.ints[packet + FLOW]!] ?? 0;
  }
}
