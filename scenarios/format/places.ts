/** Networks, hosts, links, VMs, gateways and pools: who there is, where, and with which address. */
import {
  type LinkSpec,
  type NetworkSpec,
  type PoolSpec,
  type Prefix,
  prefixText,
  type RouteSpec,
  type VmSpec,
} from '../../sim/index.ts';
import type { Findings } from './findings.ts';
import { readHosts, readLinks } from './hosts.ts';
import { Machines } from './machines.ts';
import { type Network, readNetworks } from './networks.ts';
import { readPool, reservePool } from './pools.ts';
import { list, mapping, type Raw } from './raw.ts';
import { readRoutes } from './routes.ts';

/** Everything that has a name and a place, for references. */
export interface Places {
  readonly networks: ReadonlyMap<string, Network>;
  readonly hosts: readonly string[];
  readonly vms: ReadonlyMap<string, VmSpec>;
  /** What an id with `count` stands for, by the id as written. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly pools: readonly PoolSpec[];
  readonly links: readonly LinkSpec[];
  readonly routes: ReadonlyMap<string, readonly RouteSpec[]>;
}

export function readPlaces(document: Raw, findings: Findings): Places {
  const networks = readNetworks(document, findings);
  const hosts = readHosts(document, findings);
  const machines = new Machines(networks, hosts, findings);
  list(document['gateways']).forEach((raw, index) => {
    machines.reserve(mapping(raw), ['gateways', index], true);
  });
  list(document['vms']).forEach((raw, index) => {
    machines.reserve(mapping(raw), ['vms', index], false);
  });
  const poolAddresses = list(document['pools']).map((raw, index) =>
    reservePool(mapping(raw), ['pools', index], networks, findings),
  );
  list(document['gateways']).forEach((raw, index) => {
    machines.addGateway(mapping(raw), ['gateways', index]);
  });
  list(document['vms']).forEach((raw, index) => {
    machines.addVm(mapping(raw), ['vms', index]);
  });
  const { vms, groups } = machines;
  return {
    networks,
    hosts,
    vms,
    groups,
    pools: list(document['pools']).map((raw, index) =>
      readPool(mapping(raw), ['pools', index], poolAddresses[index], vms, groups, findings),
    ),
    links: readLinks(document, hosts, findings),
    routes: readRoutes(networks, vms, findings),
  };
}

export const networkSpec = (network: Network, places: Places): NetworkSpec => ({
  id: network.id,
  subnet: network.prefix === null ? '' : prefixText(network.prefix),
  routes: places.routes.get(network.id) ?? [],
});

/** The prefix of the network that a VM's primary interface is in. */
export const prefixOf = (vm: VmSpec, places: Places): Prefix | null =>
  places.networks.get(vm.interfaces[0]?.network ?? '')?.prefix ?? null;
