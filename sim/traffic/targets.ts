/** Where a flow's packets go, as its sender sees it, and which VMs wait for them. */
import type { RandomStream } from '../../engine/index.ts';
import type { TrafficSpec } from '../specs.ts';
import { type AddressId, NOBODY, type SystemManager, type VmIndex } from '../system-manager.ts';
import { addressOfVm, homeNetwork } from '../vm/addressing.ts';
import type { IpHost } from '../vm/ip-host.ts';
import type { SourceGround } from './source.ts';

/** Where a source's packets go: a fixed address, or one of several drawn per packet. */
export class Targets {
  /** The sender's own address for the target that `next` returned last. */
  source: AddressId = NOBODY;
  readonly #fixed: AddressId;
  readonly #choices: Int32Array;
  readonly #random: RandomStream;
  readonly #host: IpHost;

  /** @throws {RangeError} when there is nobody to send to but the sender. */
  constructor(spec: TrafficSpec, ground: SourceGround) {
    const { system } = ground.fabric;
    this.#random = ground.random;
    this.#host = ground.fabric.vms[ground.vm]!;
    const { to } = spec;
    if ('anyOf' in to) {
      const others = to.anyOf.map((id) => system.vmIndex(id)).filter((vm) => vm !== ground.vm);
      if (others.length === 0) {
        throw new RangeError(`traffic '${spec.id}' from '${system.vms[ground.vm]!}' has nobody to go to`);
      }
      this.#fixed = NOBODY;
      this.#choices = Int32Array.from(others, (vm) => addressOfVm(system, ground.vm, vm));
      return;
    }
    this.#choices = new Int32Array(0);
    this.#fixed =
      'vm' in to
        ? addressOfVm(system, ground.vm, system.vmIndex(to.vm))
        : system.addressNumber(homeNetwork(system, ground.vm), to.address);
    this.source = this.#host.sourceFor(this.#fixed);
  }

  /** The next packet's target; one draw where there is a choice. */
  next(): AddressId {
    if (this.#fixed !== NOBODY) return this.#fixed;
    const target = this.#choices[this.#random.below(this.#choices.length)]!;
    this.source = this.#host.sourceFor(target);
    return target;
  }
}

/** The VMs whose ports a flow is sent to: those named, a pool's members, or whoever has the address in any network. */
export function receivers(spec: TrafficSpec, system: SystemManager): readonly VmIndex[] {
  const { to } = spec;
  if ('vm' in to) return [system.vmIndex(to.vm)];
  if ('anyOf' in to) return [...new Set(to.anyOf.map((id) => system.vmIndex(id)))];
  const found = new Set<VmIndex>();
  for (const id of spec.from) {
    const home = system.addressNumber(homeNetwork(system, system.vmIndex(id)), to.address);
    for (const vm of holders(system, home)) found.add(vm);
  }
  return [...found];
}

/** Who answers to an address of a network; where nobody there has it, who does in the networks that gateways join. */
function holders(system: SystemManager, address: AddressId): readonly VmIndex[] {
  const pool = system.poolAt[address]!;
  if (pool !== NOBODY) return [...system.pools[pool]!.members];
  if (system.owner[address] !== NOBODY) return [system.owner[address]!];
  return joined(system, system.network[address]!).flatMap((network) => {
    const there = system.inNetwork(address, network);
    const shared = system.poolAt[there]!;
    if (shared !== NOBODY) return [...system.pools[shared]!.members];
    return system.owner[there] === NOBODY ? [] : [system.owner[there]!];
  });
}

/** The networks that can be reached from one through VMs that forward, itself left out. */
function joined(system: SystemManager, home: number): readonly number[] {
  const found = new Set([home]);
  for (const network of found) {
    for (let vm = 0; vm < system.vms.length; vm++) {
      if (system.forwards[vm] === 0 || system.addressIn(vm, network) === NOBODY) continue;
      for (const address of system.interfacesOf(vm)) found.add(system.network[address]!);
    }
  }
  found.delete(home);
  return [...found];
}
