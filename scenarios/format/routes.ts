/** Routes out of networks. */
import {
  prefixText,
  ROUTING_PROFILES,
  type RouteSpec,
  type RoutingProfile,
  type VmSpec,
} from '../../sim/index.ts';
import type { Findings } from './findings.ts';
import { isIn, type Network, readPrefix } from './networks.ts';
import type { Path } from './path.ts';
import { list, mapping, textPath, texts } from './raw.ts';

export const routingProfileOf = (value: unknown): RoutingProfile =>
  ROUTING_PROFILES.find((profile) => profile === value) ?? 'Static';

export function readRoutes(
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
