/** Who is at the far end, for settings that depend on it: the address where it is at home. Sends nothing and chooses no route. */
import {
  type AddressId,
  type NetworkIndex,
  NOBODY,
  ON_LINK,
  type SystemManager,
  type VmIndex,
} from './system-manager.ts';

export class FarEnds {
  readonly #system: SystemManager;
  /** By address. */
  readonly #known = new Map<AddressId, AddressId>();
  /** By network: those that gateways lead to from there, the nearest first. */
  readonly #beyond = new Map<NetworkIndex, readonly NetworkIndex[]>();

  constructor(system: SystemManager) {
    this.#system = system;
  }

  /**
   * The same IP address in the nearest network where a VM or a pool has it; the address itself when nobody has it, and when it is
   * one of its network's own subnet.
   */
  of(target: AddressId): AddressId {
    const system = this.#system;
    if (system.owner[target] !== NOBODY || system.poolAt[target] !== NOBODY) return target;
    let end = this.#known.get(target);
    if (end === undefined) {
      end = this.#find(target);
      this.#known.set(target, end);
    }
    return end;
  }

  #find(target: AddressId): AddressId {
    const system = this.#system;
    if (system.reach(target) === ON_LINK) return target;
    const value = system.valueOf(target);
    for (const network of this.#networksBeyond(system.network[target]!)) {
      const seen = system.find(network, value);
      if (seen !== NOBODY && (system.owner[seen] !== NOBODY || system.poolAt[seen] !== NOBODY)) return seen;
    }
    return target;
  }

  #networksBeyond(network: NetworkIndex): readonly NetworkIndex[] {
    let beyond = this.#beyond.get(network);
    if (beyond === undefined) {
      beyond = this.#search(network);
      this.#beyond.set(network, beyond);
    }
    return beyond;
  }

  /** Breadth first; gateways in the order of the scenario. */
  #search(start: NetworkIndex): NetworkIndex[] {
    const system = this.#system;
    const found: NetworkIndex[] = [start];
    // The list grows while it is gone through.
    for (const network of found) {
      for (let vm: VmIndex = 0; vm < system.vms.length; vm++) {
        if (system.forwards[vm] === 0 || system.addressIn(vm, network) === NOBODY) continue;
        for (const own of system.interfacesOf(vm)) {
          const next = system.network[own]!;
          if (!found.includes(next)) found.push(next);
        }
      }
    }
    return found.slice(1);
  }
}
