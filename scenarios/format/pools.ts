/** Pools: one address, several VMs behind it. */
import { contains, formatAddress, type PoolSpec, parseAddress, type VmSpec } from '../../sim/index.ts';
import type { Findings } from './findings.ts';
import { vmNames, vmsNamed } from './machines.ts';
import { claimAddress, isIn, type Network } from './networks.ts';
import type { Path } from './path.ts';
import { amount, type Raw, text, textPath, texts } from './raw.ts';
import { routingProfileOf } from './routes.ts';

interface PoolAddress {
  readonly address: string;
  readonly network: string;
}

export function reservePool(
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

export function readPool(
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
