/** A small scenario in operation, behind a server. */
import type { ServerOptions } from '../../../app/http/server.ts';
import { Runner } from '../../../app/operation/runner.ts';
import { filesFrom, presets } from '../../../app/scenario-file.ts';
import { actionParser, parseScenario } from '../../../scenarios/index.ts';
import { type Serving, serve } from './serving.ts';

const LAB = `
name: lab
seed: 5
duration: 10s
networks:
  - { id: prod, subnet: 10.0.0.0/24 }
hosts: [eu, us]
links:
  - { between: [eu, us], latencyMs: 1, bandwidthKbps: 100000 }
vms:
  - { id: client, network: prod, ip: 10.0.0.1, host: eu }
  - { id: server, network: prod, ip: 10.0.0.2, host: us }
  - { id: spare, network: prod, ip: 10.0.0.3, host: us }
personalities:
  wan: { latencyMs: 40, jitterMs: 3, packetLossPercentage: 0.002, bandwidthKbps: 50000 }
assignments: { server: wan }
traffic:
  - { id: pings, kind: ping, from: client, to: server, interval: 100ms }
`;

/** Paused at the beginning. */
export async function serveLab(options: Partial<ServerOptions> = {}): Promise<Serving<Runner>> {
  const parsed = parseScenario(LAB, filesFrom('lab.yaml'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const run = new Runner(parsed.value, { paused: true });
  run.start();
  const readActions = actionParser(parsed.value, presets());
  const served = await serve(run, { readActions, ...options });
  const close = async (): Promise<void> => {
    await served.close();
    await run.close();
  };
  return { ...served, close };
}
