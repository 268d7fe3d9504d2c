/** What never changes while a scenario runs, as those who look at it want it. */
import type { Scenario } from '../../scenarios/index.ts';
import type { Names } from '../../sim/index.ts';
import { packageVersion } from '../version.ts';
import type { Blueprint } from './run.ts';

export function blueprintOf(scenario: Scenario, names: Names, isOpenEnded: boolean): Blueprint {
  const { name, description, seed, duration, world } = scenario;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    seed,
    version: packageVersion(),
    duration: isOpenEnded ? null : duration,
    networks: world.networks.map(({ id, subnet }) => ({ id, subnet })),
    hosts: world.hosts,
    mesh: world.mesh,
    links: world.links.map(({ between, latency, bandwidth, queuePackets }) => ({
      between,
      latencyNs: latency,
      bandwidthBps: finite(bandwidth),
      queuePackets: finite(queuePackets),
    })),
    vms: world.vms.map(({ id, host, interfaces, forwards }) => ({ id, host, interfaces, forwards })),
    pools: world.pools.map(({ address, network, members }) => ({ address, network, members })),
    flows: names.flows.map((flow) => ({ ...flow })),
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
