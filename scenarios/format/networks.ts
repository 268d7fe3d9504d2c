/** Networks, and who has which address in them. */
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
  type VmSpec,
} from '../../sim/index.ts';
import type { Findings } from './findings.ts';
import type { Path } from './path.ts';
import { list, mapping, type Raw, text } from './raw.ts';

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

export function readNetworks(document: Raw, findings: Findings): Map<string, Network> {
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

export function nextAddress(network: Network): string | null {
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
export function claimAddress(
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

export const isIn = (vm: VmSpec | undefined, network: string): boolean =>
  vm?.interfaces.some((entry) => entry.network === network) ?? false;
