/** What a VM calls others by: an address of a network may be reached from several, and is another one in each. */
import { type Address, contains } from '../address.ts';
import {
  type AddressId,
  type NetworkIndex,
  NOBODY,
  type SystemManager,
  type VmIndex,
} from '../system-manager.ts';

/** The network of a VM's first address: the one it sends into unless something else is said. */
export const homeNetwork = (system: SystemManager, vm: VmIndex): NetworkIndex =>
  system.network[system.primaryAddress[vm]!]!;

/** A VM's address as a sender sees it: in a network they share, else its primary address by the sender's routes. */
export function addressOfVm(system: SystemManager, sender: VmIndex, vm: VmIndex): AddressId {
  for (const own of system.interfacesOf(sender)) {
    const shared = system.addressIn(vm, system.network[own]!);
    if (shared !== NOBODY) return shared;
  }
  return system.inNetwork(system.primaryAddress[vm]!, homeNetwork(system, sender));
}

/**
 * An address as a sender sees it: in the first of its networks with such a subnet, else in the first one of that family; NOBODY
 * when there is none.
 */
export function addressSeenFrom(system: SystemManager, sender: VmIndex, address: Address): AddressId {
  const networks = system.interfacesOf(sender).map((own) => system.network[own]!);
  const network =
    networks.find((each) => contains(system.networks[each]!.prefix, address)) ??
    networks.find((each) => system.networks[each]!.prefix.family === address.family);
  return network === undefined ? NOBODY : system.number(network, address);
}
