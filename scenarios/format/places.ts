/** Networks, hosts, links, VMs, gateways and pools: who there is, where, and with which address. */
import {
  type Address,
  contains,
  formatAddress,
  isUsableHost,
  nthHost,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixText,
} from '../../sim/address.ts';
import type {
  InterfaceSpec,
  LinkSpec,
  NetworkSpec,
  PoolSpec,
  RouteSpec,
  RoutingProfile,
  VmSpec,
} from '../../sim/specs.ts';
import { ROUTING_PROFILES } from '../../sim/specs.ts';
import { type Findings, words } from './findings.ts';
import { ALLOWED_ID, isId } from './nodes.ts';
import type { Path } from './path.ts';
import { amount, flag, isMapping, isOn, list, mapping, type Raw, text, textPath, texts } from './raw.ts';

export interface Network {
  readonly id: string;
  readonly at: Path;
  readonly raw: Raw;
  readonly prefix: Prefix | null;
  /** Who has which address, VM id or `pool`, by canonical text. */
  readonly owners: Map<string, string>;
  /** VMs other than gateways, in order. */
  readonly vms: string[];
  /** The next address to try for a VM without one. */
  next: bigint;
}

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

/** The VMs that an id stands for: itself, or all of a `count`. */
export function vmsNamed(
  name: string,
  places: Pick<Places, 'vms' | 'groups'>,
): readonly string[] | undefined {
  return places.vms.has(name) ? [name] : places.groups.get(name);
}

export const vmNames = function* (places: Pick<Places, 'vms' | 'groups'>): Iterable<string> {
  yield* places.groups.keys();
  yield* places.vms.keys();
};

/** The prefix of the network that a VM's primary interface is in. */
export const prefixOf = (vm: VmSpec, places: Places): Prefix | null =>
  places.networks.get(vm.interfaces[0]?.network ?? '')?.prefix ?? null;

export const routingProfileOf = (value: unknown): RoutingProfile =>
  ROUTING_PROFILES.find((profile) => profile === value) ?? 'Static';

function readNetworks(document: Raw, findings: Findings): Map<string, Network> {
  const networks = new Map<string, Network>();
  list(document['networks']).forEach((value, index) => {
    const raw = mapping(value);
    const at: Path = ['networks', index];
    const id = text(raw['id']);
    const prefix = readPrefix(raw['subnet'], [...at, 'subnet'], findings);
    if (id === undefined) return;
    if (networks.has(id)) findings.add([...at, 'id'], id, 'an id that no other network has');
    else networks.set(id, { id, at, raw, prefix, owners: new Map(), vms: [], next: 0n });
  });
  return networks;
}

/** Null and reported when it is no prefix, or not one of hosts. */
export function readPrefix(value: unknown, at: Path, findings: Findings): Prefix | null {
  const written = text(value);
  if (written === undefined) return null;
  const prefix = parsePrefix(written);
  if (prefix === null) {
    findings.add(at, written, 'an IP prefix, such as 10.0.0.0/24 or 2001:db8::/64');
    return null;
  }
  if (prefix.hostBits) findings.add(at, written, 'a prefix without host bits', prefixText(prefix));
  return prefix;
}

function readHosts(document: Raw, findings: Findings): readonly string[] {
  const hosts: string[] = [];
  list(document['hosts']).forEach((value, index) => {
    const id = text(isMapping(value) ? value['id'] : value);
    if (id === undefined) return;
    const at: Path = isMapping(value) ? ['hosts', index, 'id'] : ['hosts', index];
    if (hosts.includes(id)) findings.add(at, id, 'an id that no other host has');
    else hosts.push(id);
  });
  return document['hosts'] === undefined ? ['host'] : hosts;
}

function readLinks(document: Raw, hosts: readonly string[], findings: Findings): readonly LinkSpec[] {
  const known = new Set<string>();
  const links: LinkSpec[] = [];
  list(document['links']).forEach((value, index) => {
    const raw = mapping(value);
    const between = readHostPair(raw['between'], ['links', index, 'between'], hosts, findings);
    if (between === undefined) return;
    const key = linkKey(between);
    if (known.has(key)) {
      findings.add(
        ['links', index, 'between'],
        words(between.join(', ')),
        'two hosts that no other link joins',
      );
    }
    known.add(key);
    links.push({
      between,
      latency: Math.round(amount({ measure: 'nanos' }, raw['latencyMs'], 0)),
      bandwidth: amount({ measure: 'bits' }, raw['bandwidthKbps'], Infinity),
      queuePackets: amount({ measure: 'count' }, raw['queuePackets'], Infinity),
    });
  });
  return links;
}

/** The same for both directions. */
export const linkKey = (between: readonly [string, string]): string => [...between].sort().join('\n');

/** Two different hosts; undefined and reported otherwise. */
export function readHostPair(
  value: unknown,
  at: Path,
  hosts: readonly string[],
  findings: Findings,
): readonly [string, string] | undefined {
  if (!Array.isArray(value)) return undefined;
  const [from, to] = value;
  if (value.length !== 2) {
    findings.add(at, value, 'the ids of two hosts');
    return undefined;
  }
  if (typeof from !== 'string' || typeof to !== 'string') return undefined;
  let known = true;
  value.forEach((host: string, index) => {
    if (hosts.includes(host)) return;
    known = false;
    findings.unknown([...at, index], host, 'the id of a host', hosts);
  });
  if (!known) return undefined;
  if (from === to) {
    findings.add(at, words(`${from} twice`), 'two different hosts');
    return undefined;
  }
  return [from, to];
}

/** Gives VMs their places: first the addresses that the file fixes, then the next free ones. */
class Machines {
  readonly vms = new Map<string, VmSpec>();
  readonly groups = new Map<string, readonly string[]>();
  readonly #networks: ReadonlyMap<string, Network>;
  readonly #hosts: readonly string[];
  readonly #findings: Findings;

  constructor(networks: ReadonlyMap<string, Network>, hosts: readonly string[], findings: Findings) {
    this.#networks = networks;
    this.#hosts = hosts;
    this.#findings = findings;
  }

  reserve(raw: Raw, at: Path, isGateway: boolean): void {
    const owner = text(raw['id']) ?? '';
    if (isGateway) {
      list(raw['interfaces']).forEach((value, index) => {
        this.#reserveAddress(mapping(value), [...at, 'interfaces', index], owner);
      });
    } else if (raw['count'] === undefined || raw['count'] === 1) this.#reserveAddress(raw, at, owner);
  }

  #reserveAddress(raw: Raw, at: Path, owner: string): void {
    const network = this.#network(raw['network'], [...at, 'network']);
    if (network !== undefined) claimAddress(raw['ip'], [...at, 'ip'], network, owner, this.#findings);
    else if (text(raw['ip']) !== undefined && parseAddress(text(raw['ip']) ?? '') === null) {
      this.#findings.add([...at, 'ip'], raw['ip'], 'an IP address, such as 10.0.0.1');
    }
  }

  #network(value: unknown, at: Path): Network | undefined {
    const id = text(value);
    if (id === undefined) return undefined;
    const network = this.#networks.get(id);
    if (network === undefined) this.#findings.unknown(at, id, 'the id of a network', this.#networks.keys());
    return network;
  }

  #host(value: unknown, at: Path): string {
    const id = text(value);
    if (id !== undefined && !this.#hosts.includes(id)) {
      this.#findings.unknown(at, id, 'the id of a host', this.#hosts);
    }
    return id ?? this.#hosts[0] ?? '';
  }

  addVm(raw: Raw, at: Path): void {
    const written = text(raw['id']);
    const host = this.#host(raw['host'], [...at, 'host']);
    const network = this.#networks.get(text(raw['network']) ?? '');
    if (written === undefined) return;
    const ids = this.#ids(raw, written, at);
    if (ids.length > 1) {
      this.groups.set(written, ids);
      if (raw['ip'] !== undefined) {
        this.#findings.add(
          [...at, 'ip'],
          raw['ip'],
          'no address: with count, each VM gets the next free one',
        );
      }
    }
    for (const id of ids) {
      if (!this.#isFree(id, [...at, 'id'])) continue;
      network?.vms.push(id);
      const ip = ids.length > 1 ? undefined : raw['ip'];
      const interfaces = network === undefined ? [] : [this.#interface(ip, network, id, at)];
      this.vms.set(id, {
        id,
        host,
        interfaces,
        forwards: flag(raw['forwards'], false),
        power: isOn(raw['power']),
      });
    }
  }

  #ids(raw: Raw, written: string, at: Path): readonly string[] {
    const count = amount({ measure: 'count', min: 1, max: 1_000_000 }, raw['count'], 1);
    const template = written.includes('{n}');
    if (raw['count'] === undefined || !template) {
      if (template) this.#findings.add([...at, 'id'], written, 'an id with {n} only together with count');
      else if (count > 1)
        this.#findings.add([...at, 'id'], written, 'with count: an id that contains {n}', `${written}-{n}`);
      else if (!isId(written)) this.#findings.add([...at, 'id'], written, ALLOWED_ID);
      return [written];
    }
    const digits = String(count).length;
    const ids = Array.from({ length: count }, (_, index) =>
      written.replaceAll('{n}', String(index + 1).padStart(digits, '0')),
    );
    if (!isId(ids[0] ?? '')) this.#findings.add([...at, 'id'], written, ALLOWED_ID);
    return ids;
  }

  #isFree(id: string, at: Path): boolean {
    if (this.vms.has(id)) this.#findings.add(at, id, 'an id that no other VM or gateway has');
    else if (parseAddress(id) !== null) this.#findings.add(at, id, 'an id that is not an address');
    return !this.vms.has(id);
  }

  addGateway(raw: Raw, at: Path): void {
    const id = text(raw['id']);
    const host = this.#host(raw['host'], [...at, 'host']);
    if (id === undefined || !this.#isFree(id, [...at, 'id'])) return;
    const interfaces: InterfaceSpec[] = [];
    list(raw['interfaces']).forEach((value, index) => {
      const entry = mapping(value);
      const network = this.#networks.get(text(entry['network']) ?? '');
      const place = [...at, 'interfaces', index];
      if (network === undefined) return;
      if (interfaces.some((other) => other.network === network.id)) {
        this.#findings.add([...place, 'network'], network.id, 'a network that it has no other interface in');
        return;
      }
      const family = this.#networks.get(interfaces[0]?.network ?? network.id)?.prefix?.family;
      if (family !== undefined && network.prefix !== null && network.prefix.family !== family) {
        this.#findings.add([...place, 'network'], network.id, `an IPv${family} network, like its first one`);
      }
      interfaces.push(this.#interface(entry['ip'], network, id, place));
    });
    this.vms.set(id, { id, host, interfaces, forwards: true, power: isOn(raw['power']) });
  }

  #interface(ip: unknown, network: Network, id: string, at: Path): InterfaceSpec {
    const fixed = parseAddress(text(ip) ?? '');
    if (fixed !== null) return { network: network.id, ip: formatAddress(fixed) };
    const free = ip === undefined ? nextAddress(network) : null;
    if (free === null) {
      if (ip === undefined && network.prefix !== null) {
        const allowed = `an address: ${prefixText(network.prefix)} has no free one left`;
        this.#findings.add([...at, 'ip'], undefined, allowed);
      }
      return { network: network.id, ip: '' };
    }
    network.owners.set(free, id);
    return { network: network.id, ip: free };
  }
}

function nextAddress(network: Network): string | null {
  if (network.prefix === null) return null;
  for (;;) {
    const address = nthHost(network.prefix, network.next);
    if (address === null) return null;
    network.next++;
    const free = formatAddress(address);
    if (!network.owners.has(free)) return free;
  }
}

/** Checks that an address fits its network and is nobody else's yet. Absent ones are fine. */
function claimAddress(
  value: unknown,
  at: Path,
  network: Network,
  owner: string,
  findings: Findings,
): Address | null {
  const written = text(value);
  if (written === undefined) return null;
  const address = parseAddress(written);
  const { prefix } = network;
  if (address === null) {
    findings.add(at, written, 'an IP address, such as 10.0.0.1');
    return null;
  }
  if (prefix === null) return address;
  const subnet = prefixText(prefix);
  if (!contains(prefix, address)) findings.add(at, written, `an address of ${network.id}, ${subnet}`);
  else if (!isUsableHost(prefix, address)) {
    const special = prefix.family === 4 ? 'its network or broadcast address' : 'its subnet-router address';
    findings.add(at, written, `a host's address of ${subnet}, not ${special}`);
  }
  const canonical = formatAddress(address);
  const other = network.owners.get(canonical);
  if (other !== undefined)
    findings.add(at, written, `an address that nobody else in ${network.id} has (${other} has it)`);
  else network.owners.set(canonical, owner);
  return address;
}

interface PoolAddress {
  readonly address: string;
  readonly network: string;
}

function reservePool(
  raw: Raw,
  at: Path,
  networks: ReadonlyMap<string, Network>,
  findings: Findings,
): PoolAddress {
  const named = text(raw['network']);
  const network = named === undefined ? soleNetwork(raw, networks) : networks.get(named);
  const address = text(raw['address']);
  if (named !== undefined && network === undefined) {
    findings.unknown([...at, 'network'], named, 'the id of a network', networks.keys());
  } else if (network === undefined) {
    findings.add([...at, 'network'], undefined, 'the id of a network: the address is in several, or in none');
  }
  if (network === undefined) return { address: address ?? '', network: '' };
  const claimed = claimAddress(address, [...at, 'address'], network, `pool ${address}`, findings);
  return { address: claimed === null ? '' : formatAddress(claimed), network: network.id };
}

/** The one network that the pool's address is in. */
function soleNetwork(raw: Raw, networks: ReadonlyMap<string, Network>): Network | undefined {
  const address = parseAddress(text(raw['address']) ?? '');
  if (address === null) return networks.size === 1 ? [...networks.values()][0] : undefined;
  const fitting = [...networks.values()].filter(({ prefix }) => prefix !== null && contains(prefix, address));
  return fitting.length === 1 ? fitting[0] : undefined;
}

function readPool(
  raw: Raw,
  at: Path,
  place: PoolAddress | undefined,
  vms: ReadonlyMap<string, VmSpec>,
  groups: ReadonlyMap<string, readonly string[]>,
  findings: Findings,
): PoolSpec {
  const network = place?.network ?? '';
  const members: string[] = [];
  texts(raw['members']).forEach((name, index) => {
    const path = textPath(raw['members'], [...at, 'members'], index);
    const named = vmsNamed(name, { vms, groups });
    if (named === undefined) findings.unknown(path, name, 'the id of a VM', vmNames({ vms, groups }));
    for (const id of named ?? []) {
      if (network !== '' && !isIn(vms.get(id), network))
        findings.add(path, name, `a VM in ${network}, like the pool`);
      else if (members.includes(id)) findings.add(path, name, 'each member once');
      else members.push(id);
    }
  });
  return {
    address: place?.address ?? '',
    network,
    members,
    routingProfile: routingProfileOf(raw['routingProfile']),
    hysteresis: amount({ measure: 'number' }, raw['hysteresis'], 0.1),
    loadWindow: amount({ measure: 'nanos' }, raw['loadWindowMs'], 100_000_000),
    chaosProbability: amount({ measure: 'probability' }, raw['chaosProbability'], 0.01),
  };
}

const isIn = (vm: VmSpec | undefined, network: string): boolean =>
  vm?.interfaces.some((entry) => entry.network === network) ?? false;

function readRoutes(
  networks: ReadonlyMap<string, Network>,
  vms: ReadonlyMap<string, VmSpec>,
  findings: Findings,
): Map<string, readonly RouteSpec[]> {
  const routes = new Map<string, readonly RouteSpec[]>();
  for (const network of networks.values()) {
    const known = new Set<string>();
    const own: RouteSpec[] = [];
    list(network.raw['routes']).forEach((value, index) => {
      const raw = mapping(value);
      const at = [...network.at, 'routes', index];
      const to = readPrefix(raw['to'], [...at, 'to'], findings);
      if (to !== null && network.prefix !== null && to.family !== network.prefix.family) {
        findings.add([...at, 'to'], raw['to'], `an IPv${network.prefix.family} prefix, like the subnet`);
      }
      if (to !== null && known.has(prefixText(to)))
        findings.add([...at, 'to'], raw['to'], 'each prefix once in a network');
      if (to !== null) known.add(prefixText(to));
      const via = texts(raw['via']).filter((name, hop) =>
        isNextHop(name, textPath(raw['via'], [...at, 'via'], hop), network, vms, findings),
      );
      own.push({
        to: to === null ? '' : prefixText(to),
        via,
        routingProfile: routingProfileOf(raw['routingProfile']),
      });
    });
    routes.set(network.id, own);
  }
  return routes;
}

function isNextHop(
  name: string,
  at: Path,
  network: Network,
  vms: ReadonlyMap<string, VmSpec>,
  findings: Findings,
): boolean {
  const vm = vms.get(name);
  const forwarding = function* (): Iterable<string> {
    for (const candidate of vms.values()) {
      if (candidate.forwards && isIn(candidate, network.id)) yield candidate.id;
    }
  };
  if (vm === undefined) findings.unknown(at, name, 'the id of a VM or gateway that forwards', forwarding());
  else if (!isIn(vm, network.id)) findings.add(at, name, `a VM or gateway in ${network.id}`);
  else if (!vm.forwards) findings.add(at, name, 'a VM with forwards: true, or a gateway');
  else return true;
  return false;
}
