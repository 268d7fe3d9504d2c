/**
 * Who is where: virtual networks, hosts, VM placement, addresses, routes, pools, and who may send as whom. Addresses and paths
 * are numbered when first seen, so that packets carry small integers. Decides nothing about impairments.
 */
import { invariant } from '../engine/index.ts';
import {
  type Address,
  contains,
  formatAddress,
  isUsableHost,
  nthHost,
  type Prefix,
  parseAddress,
  parsePrefix,
  usableHosts,
} from './address.ts';
import type { NetworkSpec, PoolSpec, RouteSpec, VmSpec, WorldSpec } from './specs.ts';
import type { FlowInfo, Names } from './trace.ts';

export type VmIndex = number;
export type HostIndex = number;
export type NetworkIndex = number;
/** An address of one virtual network; the same text in two networks is two addresses. */
export type AddressId = number;

export const NOBODY = -1;

export interface Route {
  readonly prefix: Prefix;
  readonly spec: RouteSpec;
  readonly via: Int32Array;
}

export interface Network {
  readonly id: string;
  readonly prefix: Prefix;
  /** The longest prefix first. */
  readonly routes: readonly Route[];
}

export interface Pool {
  readonly spec: PoolSpec;
  readonly network: NetworkIndex;
  readonly address: AddressId;
  readonly members: Int32Array;
}

/** How an address is reached from inside its network; the `reach` of an address. */
const UNKNOWN = -3;
/** In the network's own subnet. */
export const ON_LINK = -2;
export const UNREACHABLE = -1;

export class SystemManager implements Names {
  readonly networks: readonly Network[];
  readonly hosts: readonly string[];
  readonly vms: readonly string[];
  readonly pools: readonly Pool[];
  flows: readonly FlowInfo[] = [];
  /** By flow: differentiated services code point (RFC 2474). */
  dscp: readonly number[] = [];
  /** By VM. */
  readonly hostOf: Int32Array;
  readonly isUp: Uint8Array;
  readonly forwards: Uint8Array;
  /** The VM's address in its first network. */
  readonly primaryAddress: Int32Array;
  /** By address: the VM that has it, else NOBODY. */
  owner: Int32Array = new Int32Array(256).fill(NOBODY);
  /** By address: the pool it belongs to, else NOBODY. */
  poolAt: Int32Array = new Int32Array(256).fill(NOBODY);
  network: Int32Array = new Int32Array(256);
  isIpv6: Uint8Array = new Uint8Array(256);
  readonly #values: Address[] = [];
  #reach: Int32Array = new Int32Array(256).fill(UNKNOWN);
  /** By network: number by numeric value. */
  readonly #numbers: Map<bigint, AddressId>[];
  readonly #interfaces: AddressId[][];
  readonly #poolsOf: number[][];
  /** Hosts a VM has been on: what is under way from there is still its own. */
  readonly #pastHosts: (Set<HostIndex> | undefined)[] = [];
  readonly #vmIndex: ReadonlyMap<string, VmIndex>;
  readonly #hostIndex: ReadonlyMap<string, HostIndex>;
  readonly #networkIndex: ReadonlyMap<string, NetworkIndex>;
  // Paths: each is an earlier path and one more VM. Path vm + 1 is the direct one.
  readonly #pathParent: number[] = [];
  readonly #pathVm: number[] = [];
  readonly #pathNumbers = new Map<number, number>();
  /** By network: addresses of VMs in numeric order. */
  readonly #assigned: AddressId[][];

  constructor(spec: WorldSpec) {
    const numbered = (ids: readonly string[]) => new Map(ids.map((id, index) => [id, index]));
    this.hosts = spec.hosts;
    this.vms = spec.vms.map((vm) => vm.id);
    this.#vmIndex = numbered(this.vms);
    this.#hostIndex = numbered(this.hosts);
    this.#networkIndex = numbered(spec.networks.map((network) => network.id));
    this.networks = spec.networks.map((network) => this.#makeNetwork(network));
    this.#numbers = spec.networks.map(() => new Map());
    this.#assigned = spec.networks.map(() => []);
    const count = spec.vms.length;
    this.hostOf = new Int32Array(count);
    this.isUp = new Uint8Array(count);
    this.forwards = new Uint8Array(count);
    this.primaryAddress = new Int32Array(count);
    this.#interfaces = spec.vms.map((vm, index) => this.#place(vm, index));
    this.#poolsOf = spec.vms.map(() => []);
    this.pools = spec.pools.map((pool, index) => this.#makePool(pool, index));
    for (const addresses of this.#assigned) {
      addresses.sort((a, b) => (this.#values[a]!.value < this.#values[b]!.value ? -1 : 1));
    }
    for (let vm = 0; vm < count; vm++) {
      this.#pathParent[vm + 1] = 0;
      this.#pathVm[vm + 1] = vm;
    }
    this.#pathParent[0] = 0;
    this.#pathVm[0] = NOBODY;
  }

  // Names to numbers. The scenario has been checked: an unknown name is a defect.

  vmIndex(id: string): VmIndex {
    return found(this.#vmIndex.get(id), 'VM', id);
  }

  hostIndex(id: string): HostIndex {
    return found(this.#hostIndex.get(id), 'host', id);
  }

  networkIndex(id: string): NetworkIndex {
    return found(this.#networkIndex.get(id), 'network', id);
  }

  hasVm(id: string): boolean {
    return this.#vmIndex.has(id);
  }

  hasHost(id: string): boolean {
    return this.#hostIndex.has(id);
  }

  hasNetwork(id: string): boolean {
    return this.#networkIndex.has(id);
  }

  /** The number of an address text in a network. Throws on text that is no address. */
  addressNumber(network: NetworkIndex, text: string): AddressId {
    const address = parseAddress(text);
    if (address === null) throw new RangeError(`'${text}' is not an IP address`);
    return this.number(network, address);
  }

  /** The number of an address in a network; a new one when it was never seen. */
  number(network: NetworkIndex, address: Address): AddressId {
    const numbers = this.#numbers[network]!;
    const known = numbers.get(address.value);
    if (known !== undefined) return known;
    const id = this.#values.length;
    if (id === this.owner.length) this.#grow();
    this.#values.push(address);
    this.network[id] = network;
    this.isIpv6[id] = address.family === 6 ? 1 : 0;
    numbers.set(address.value, id);
    return id;
  }

  /** The number of an address in a network, NOBODY when it was never seen. */
  find(network: NetworkIndex, address: Address): AddressId {
    return this.#numbers[network]!.get(address.value) ?? NOBODY;
  }

  /** How many addresses have a number. */
  get addressCount(): number {
    return this.#values.length;
  }

  valueOf(address: AddressId): Address {
    return this.#values[address]!;
  }

  /** The same IP address seen from another network. */
  inNetwork(address: AddressId, network: NetworkIndex): AddressId {
    return this.network[address] === network ? address : this.number(network, this.#values[address]!);
  }

  // Questions of the data plane.

  /** May this VM send with that source address? Its own, and those of pools it is a member of. */
  maySendAs(vm: VmIndex, source: AddressId): boolean {
    if (this.owner[source] === vm) return true;
    const pool = this.poolAt[source]!;
    return pool !== NOBODY && this.pools[pool]!.members.includes(vm);
  }

  /** The VM's address in that network, or NOBODY. */
  addressIn(vm: VmIndex, network: NetworkIndex): AddressId {
    for (const address of this.#interfaces[vm]!) if (this.network[address] === network) return address;
    return NOBODY;
  }

  interfacesOf(vm: VmIndex): readonly AddressId[] {
    return this.#interfaces[vm]!;
  }

  poolsOf(vm: VmIndex): readonly number[] {
    return this.#poolsOf[vm]!;
  }

  /** ON_LINK, UNREACHABLE, or the index of the network's longest matching route. */
  reach(address: AddressId): number {
    const known = this.#reach[address]!;
    if (known !== UNKNOWN) return known;
    const network = this.networks[this.network[address]!]!;
    const value = this.#values[address]!;
    const reach = contains(network.prefix, value)
      ? ON_LINK
      : network.routes.findIndex((route) => contains(route.prefix, value));
    this.#reach[address] = reach;
    return reach;
  }

  /** Was the VM on this host, now or before? */
  hasBeenOn(vm: VmIndex, host: HostIndex): boolean {
    return this.hostOf[vm] === host || (this.#pastHosts[vm]?.has(host) ?? false);
  }

  /** A uniformly random valid address of the network, `draw` in [0, 1): never `except`, the network's or the broadcast address. */
  randomAddress(
    network: NetworkIndex,
    draw: number,
    scope: 'assigned' | 'subnet',
    except: AddressId,
  ): AddressId {
    if (scope === 'subnet') return this.#randomOfSubnet(network, draw, except);
    const live = this.#assigned[network]!.filter(
      (address) => address !== except && this.isUp[this.owner[address]!] === 1,
    );
    return live.length === 0 ? NOBODY : live[Math.floor(draw * live.length)]!;
  }

  // Changes.

  setPower(vm: VmIndex, on: boolean): void {
    this.isUp[vm] = on ? 1 : 0;
  }

  migrate(vm: VmIndex, host: HostIndex): void {
    let past = this.#pastHosts[vm];
    if (past === undefined) {
      past = new Set();
      this.#pastHosts[vm] = past;
    }
    past.add(this.hostOf[vm]!);
    this.hostOf[vm] = host;
  }

  // Numbers to words.

  addressText(address: AddressId): string {
    return formatAddress(this.#values[address]!);
  }

  address(id: AddressId): string {
    const owner = this.owner[id]!;
    return owner === NOBODY ? this.addressText(id) : this.vms[owner]!;
  }

  /** The path that goes on from `path` to `vm`. */
  pathTo(path: number, vm: VmIndex): number {
    if (path === 0) return vm + 1;
    const key = path * this.vms.length + vm;
    let number = this.#pathNumbers.get(key);
    if (number === undefined) {
      number = this.#pathVm.length;
      this.#pathParent.push(path);
      this.#pathVm.push(vm);
      this.#pathNumbers.set(key, number);
    }
    return number;
  }

  /** The path with another last VM; without one (NOBODY) it ends where it was before. */
  pathInstead(path: number, vm: VmIndex): number {
    const parent = this.#pathParent[path]!;
    return vm === NOBODY ? parent : this.pathTo(parent, vm);
  }

  path(id: number): string {
    const vms: string[] = [];
    for (let at = id; at !== 0; at = this.#pathParent[at]!) vms.unshift(this.vms[this.#pathVm[at]!]!);
    return vms.join('>');
  }

  #makeNetwork(spec: NetworkSpec): Network {
    const prefixOf = (text: string): Prefix => {
      const prefix = parsePrefix(text);
      invariant(prefix !== null, `the scenario let '${text}' pass as a prefix`);
      return prefix;
    };
    const routes = spec.routes.map((route) => ({
      prefix: prefixOf(route.to),
      spec: route,
      via: Int32Array.from(route.via, (id) => this.vmIndex(id)),
    }));
    routes.sort((a, b) => b.prefix.length - a.prefix.length);
    return { id: spec.id, prefix: prefixOf(spec.subnet), routes };
  }

  #place(spec: VmSpec, vm: VmIndex): AddressId[] {
    this.hostOf[vm] = this.hostIndex(spec.host);
    this.isUp[vm] = spec.power ? 1 : 0;
    this.forwards[vm] = spec.forwards ? 1 : 0;
    const addresses = spec.interfaces.map(({ network, ip }) => {
      const index = this.networkIndex(network);
      const address = this.addressNumber(index, ip);
      invariant(this.owner[address] === NOBODY, `the scenario let ${ip} be given twice in '${network}'`);
      this.owner[address] = vm;
      this.#assigned[index]!.push(address);
      return address;
    });
    this.primaryAddress[vm] = addresses[0]!;
    return addresses;
  }

  #makePool(spec: PoolSpec, index: number): Pool {
    const network = this.networkIndex(spec.network);
    const address = this.addressNumber(network, spec.address);
    this.poolAt[address] = index;
    const members = Int32Array.from(spec.members, (id) => this.vmIndex(id));
    for (const vm of members) this.#poolsOf[vm]!.push(index);
    return { spec, network, address, members };
  }

  #randomOfSubnet(network: NetworkIndex, draw: number, except: AddressId): AddressId {
    const prefix = this.networks[network]!.prefix;
    const count = usableHosts(prefix);
    const excluded = except !== NOBODY && isUsableHost(prefix, this.#values[except]!);
    const choices = excluded ? count - 1n : count;
    if (choices <= 0n) return NOBODY;
    let n = (BigInt(Math.floor(draw * 2 ** 32)) * choices) >> 32n;
    if (excluded) {
      // Skip the excluded one by its place among the hosts, so that the others stay equally likely.
      const first = nthHost(prefix, 0)!.value;
      if (n >= this.#values[except]!.value - first) n++;
    }
    return this.number(network, nthHost(prefix, n)!);
  }

  #grow(): void {
    const size = this.owner.length * 2;
    const wider = (column: Int32Array, fill: number): Int32Array => {
      const next = new Int32Array(size).fill(fill);
      next.set(column);
      return next;
    };
    this.owner = wider(this.owner, NOBODY);
    this.poolAt = wider(this.poolAt, NOBODY);
    this.network = wider(this.network, 0);
    this.#reach = wider(this.#reach, UNKNOWN);
    const isIpv6 = new Uint8Array(size);
    isIpv6.set(this.isIpv6);
    this.isIpv6 = isIpv6;
  }
}

function found(index: number | undefined, what: string, id: string): number {
  invariant(index !== undefined, `the scenario let the unknown ${what} '${id}' pass`);
  return index;
}
