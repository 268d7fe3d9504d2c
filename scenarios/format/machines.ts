/** VMs and gateways. */
import { formatAddress, type InterfaceSpec, parseAddress, prefixText, type VmSpec } from '../../sim/index.ts';
import type { Findings } from './findings.ts';
import { claimAddress, type Network, nextAddress } from './networks.ts';
import { ALLOWED_ID, isId } from './nodes.ts';
import type { Path } from './path.ts';
import { amount, flag, isOn, list, mapping, type Raw, text } from './raw.ts';

/** Gives VMs their places: first the addresses that the file fixes, then the next free ones. */
export class Machines {
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

/** VMs by id, and what ids with `count` stand for. */
export interface NamedVms {
  readonly vms: ReadonlyMap<string, VmSpec>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** The VMs that an id stands for: itself, or all of a `count`. */
export function vmsNamed(name: string, places: NamedVms): readonly string[] | undefined {
  return places.vms.has(name) ? [name] : places.groups.get(name);
}

export const vmNames = function* (places: NamedVms): Iterable<string> {
  yield* places.groups.keys();
  yield* places.vms.keys();
};
