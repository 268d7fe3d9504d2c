/** A scenario of two VMs for tests of what is built on a run. */
import { LAST_INSTANT } from '../../../engine/index.ts';
import { parseScenario, type Scenario } from '../../../scenarios/index.ts';

export const LAB = `
name: lab
seed: 5
duration: 2s
networks:
  - { id: net, subnet: 10.0.0.0/24 }
hosts: [h1, h2]
vms:
  - { id: a, network: net, ip: 10.0.0.1, host: h1 }
  - { id: b, network: net, ip: 10.0.0.2, host: h2 }
links:
  - { between: [h1, h2], latencyMs: 1, bandwidthKbps: 100000 }
personalities:
  near: { latencyMs: 2, jitterMs: 1 }
  far: { latencyMs: 50, jitterMs: 5, packetLossPercentage: 0.05 }
assignments: { b: near }
traffic:
  - { id: stream, kind: poisson, from: a, to: b, rate: 400/s, packetSize: 500B }
  - { id: pings, kind: ping, from: b, to: a, interval: 20ms }
timeline:
  - { at: 700ms, update: near, set: { latencyMs: 4 } }
  - { at: 1500ms, assign: far, vm: a }
`;

/** `open`: without an end. */
export function lab(text = LAB, end: 'open' | 'declared' = 'declared'): Scenario {
  const parsed = parseScenario(text, {}, end === 'open' ? { until: LAST_INSTANT } : {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}
