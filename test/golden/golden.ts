/** What is kept of a run to compare later ones with: enough to see what changed, not only that something did. */
import type { Summary } from '../../app/index.ts';

export function goldenText({ name, seed, digest, totals, flows }: Summary): string {
  const drops = Object.fromEntries(Object.entries(totals.dropReasons).filter(([, count]) => count > 0));
  const { sent, answers, delivered, dropped, inFlight } = totals;
  const perFlow = flows.map((flow) => [flow.id, { sent: flow.sent, delivered: flow.delivered }] as const);
  const golden = {
    name,
    seed,
    digest,
    totals: { sent, answers, delivered, dropped, inFlight },
    drops,
    flows: Object.fromEntries(perFlow),
  };
  return `${JSON.stringify(golden, null, 2)}\n`;
}
