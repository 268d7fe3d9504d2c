/** Scenarios for the doors' own tests: what is simulated matters little, how long it takes does. */

/** One second, a thousand packets, a tenth of them lost. */
export const SMALL = scenario('small', '1s', '1ms');
/** Nobody waits for its end. */
export const ENDLESS = scenario('endless', '100h', '100us');

function scenario(name: string, duration: string, interval: string): string {
  return `name: ${name}
seed: 1
duration: ${duration}
networks: [{ id: lan, subnet: 10.0.0.0/24 }]
hosts: [host]
vms:
  - { id: alice, network: lan, ip: 10.0.0.1, host: host }
  - { id: bob, network: lan, ip: 10.0.0.2, host: host }
personalities: { wan: { latencyMs: 10, packetLossPercentage: 0.1 } }
assignments: { bob: wan }
traffic:
  - { id: stream, kind: cbr, from: alice, to: bob, interval: ${interval}, packetSize: 100B }
`;
}

/** The small one with a program on alice; `module` is beside it. */
export function withProgram(module: string): string {
  return `${SMALL}  - { id: job, kind: program, from: alice, to: bob, module: ${module} }\n`;
}
