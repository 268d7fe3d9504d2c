/** Whole summaries for tests of what is made of them. */
import type { Verdict } from '../../reports/expect.ts';
import { FlowSink } from '../../reports/flows.ts';
import { type Summary, totalsOf } from '../../reports/summary.ts';
import { Fate, type FlowInfo } from '../../sim/index.ts';
import { flow, namesOf, tell } from './support.ts';

export const verdictOf = ({
  expected = 'stream loss at most 0.005',
  ...given
}: Partial<Omit<Verdict, 'expectation'>> & {
  readonly expected?: string;
} = {}): Verdict => ({
  expectation: {
    subject: { kind: 'flow', id: 'stream' },
    metric: 'loss',
    unit: 'share',
    limit: { op: 'atMost', value: 0.005 },
    path: 'expect[0]',
    text: expected,
  },
  value: 0.0021,
  holds: true,
  text: `${expected}: it is 0.0021`,
  confidence: 'pass',
  evidence: null,
  doubt: null,
  ...given,
});

export const FAILED = verdictOf({
  value: 0.01,
  holds: false,
  confidence: 'fail',
  text: 'stream loss at most 0.005: but it is 0.01',
});

export const DOUBTFUL = verdictOf({
  confidence: 'cannot tell',
  evidence: { n: 400, worth: 400, interval: [0.0001, 0.0185], needed: 6000 },
  doubt: 'cannot tell with n = 400: needs about 6,000',
});

/** Each flow sends two packets, of which one is lost. */
export function summaryOf(given: Partial<Summary> = {}, flows: readonly Partial<FlowInfo>[] = [{}]): Summary {
  const sink = new FlowSink(namesOf(flows.map(flow)));
  tell(
    sink,
    flows.flatMap((_, index) => [
      { flow: index, seq: 0, endNs: 40e6 },
      { flow: index, seq: 1, sentNs: 1e6, endNs: 1e6, fate: Fate.loss },
    ]),
  );
  const total = sink.total;
  return {
    name: 'a test',
    seed: '42',
    version: '1.2.3',
    partial: false,
    duration: 1e9,
    born: 2 * flows.length,
    digest: 'd1ge57',
    totals: totalsOf(total, { clampedDelays: 0, marked: 0, damaged: 0 }),
    conservation: { ...total, closes: true },
    flows: sink.reports(),
    vms: [],
    links: [],
    pools: [],
    queues: [],
    personalities: [],
    expectations: [],
    ...given,
  };
}
