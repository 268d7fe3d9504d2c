/** The placement of VMs as the header rewriting sees it: hosts and networks by number, from 1 on, in the scenario's order. */
import type { Address, Prefix } from './address.ts';
import { type HostIndex, NOBODY, type SystemManager, type VmIndex } from './system-manager.ts';
import type { SubstrateMap } from './wire/index.ts';

export class SubstratePlan implements SubstrateMap {
  readonly #system: SystemManager;
  /** By network: the VMs in it that forward. */
  readonly #routers: readonly VmIndex[][];
  /** By an IPv6 address's value: the number it was given first, in whichever network. */
  readonly #first = new Map<bigint, number>();

  constructor(system: SystemManager) {
    this.#system = system;
    this.#routers = system.networks.map(() => []);
    system.forwards.forEach((forwards, vm) => {
      if (forwards === 0) return;
      for (const own of system.interfacesOf(vm)) this.#routers[system.network[own]!]!.push(vm);
    });
  }

  /**
   * A host may send for the VMs that are or were on it: as themselves, as their pools, and in the networks in which one of them
   * forwards, as anybody.
   */
  maySend(host: number, network: number, address: Address): boolean {
    const system = this.#system;
    const routers = this.#routers[network - 1];
    if (routers === undefined) return false;
    const isHere = (vm: VmIndex): boolean => system.hasBeenOn(vm, host - 1);
    if (routers.some(isHere)) return true;
    const id = system.find(network - 1, address);
    if (id === NOBODY) return false;
    const owner = system.owner[id]!;
    if (owner !== NOBODY) return isHere(owner);
    const pool = system.poolAt[id]!;
    return pool !== NOBODY && system.pools[pool]!.members.some(isHere);
  }

  hostOf(network: number, address: Address): number {
    const system = this.#system;
    if (system.networks[network - 1] === undefined) return 0;
    const id = system.find(network - 1, address);
    const owner = id === NOBODY ? NOBODY : system.owner[id]!;
    const host: HostIndex = owner === NOBODY ? NOBODY : system.hostOf[owner]!;
    return host + 1;
  }

  ipv6Prefix(network: number): Prefix | null {
    const prefix = this.#system.networks[network - 1]?.prefix;
    return prefix?.family === 6 ? prefix : null;
  }

  /**
   * The smallest number that the address has in any network: numbers are given in ascending order, so it stays the smallest, and
   * whoever forwards the address into another network need not have given it one there.
   */
  indexOf(_network: number, address: Address): number {
    const known = this.#first.get(address.value);
    if (known !== undefined) return known;
    const system = this.#system;
    let first = NOBODY;
    for (let network = 0; network < system.networks.length; network++) {
      const id = system.find(network, address);
      if (id !== NOBODY && (first === NOBODY || id < first)) first = id;
    }
    if (first !== NOBODY) this.#first.set(address.value, first);
    return first;
  }

  addressAt(network: number, index: number): Address | null {
    if (index >= this.#system.addressCount) return null;
    const address = this.#system.valueOf(index);
    return address.family === 6 && this.indexOf(network, address) === index ? address : null;
  }
}
