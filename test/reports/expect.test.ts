import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { judge, type Measured, windowsOf } from '../../reports/expect.ts';
import { FlowSink } from '../../reports/flows.ts';
import { totalsOf } from '../../reports/summary.ts';
import { VmSink } from '../../reports/vms.ts';
import type { Expectation } from '../../scenarios/format/expect.ts';
import { Fate, Origin, RowFlag, Sample } from '../../sim/index.ts';
import { flow, namesOf, type Row, tell } from './support.ts';

const names = namesOf([
  flow({ id: 'stream' }),
  flow({ id: 'many', single: false }),
  flow({ id: 'silent', transactional: true }),
]);

const expectation = (given: Partial<Expectation>): Expectation => ({
  subject: { kind: 'flow', id: 'stream' },
  metric: 'loss',
  unit: 'share',
  limit: { op: 'atMost', value: 0.25 },
  path: 'expect[0]',
  text: 'what was expected',
  ...given,
});

/** `stream` sends four packets, of which the second is lost; delays 10, 20, 30 ms. `many` sends one. */
function verdict(given: Partial<Expectation>, more: readonly Row[] = []) {
  const expectations = [expectation(given)];
  const flows = new FlowSink(names, windowsOf(expectations));
  const vms = new VmSink(names);
  for (const sink of [flows, vms]) {
    tell(sink, [
      { seq: 0, sentNs: 0, endNs: 10e6 },
      { seq: 1, sentNs: 10e6, endNs: 10e6, fate: Fate.loss },
      { seq: 2, sentNs: 20e6, endNs: 40e6 },
      { seq: 3, sentNs: 30e6, endNs: 60e6 },
      { flow: 1, seq: 0 },
      ...more,
    ]);
  }
  const measured: Measured = {
    flows: flows.reports(),
    during: (index) => flows.during(index),
    vms: vms.figures(1e9),
    links: [
      {
        id: 'eu>us',
        throughput: 5e6,
        share: 0.5,
        backlog: { mean: 10, max: 99 },
        packets: 3,
        bytes: 3000,
        dropped: 2,
      },
    ],
    pools: [
      {
        address: '10.0.0.100',
        network: 'prod',
        throughput: 1e6,
        delivered: 4,
        dropped: 0,
        members: [
          { vm: 'a', delivered: 3, share: 0.75 },
          { vm: 'b', delivered: 1, share: 0.25 },
        ],
      },
    ],
    totals: totalsOf(flows.total, vms),
  };
  return judge(expectations, measured)[0]!;
}

test('a limit holds at its very value', () => {
  const { holds, value, text } = verdict({});
  assert.equal({ holds, value, text }, { holds: true, value: 0.25, text: 'what was expected: it is 0.25' });
});

test('a failed one says what was measured', () => {
  const { holds, text } = verdict({
    metric: 'delay.max',
    unit: 'nanos',
    limit: { op: 'atMost', value: 29e6 },
  });
  assert.equal({ holds, text }, { holds: false, text: 'what was expected: but it is 30ms' });
});

test('between is inclusive', () => {
  assert.ok(
    verdict({ metric: 'delay.min', unit: 'nanos', limit: { op: 'between', low: 10e6, high: 11e6 } }).holds,
  );
  assert.not(
    verdict({ metric: 'delay.min', unit: 'nanos', limit: { op: 'between', low: 11e6, high: 12e6 } }).holds,
  );
});

test('equals compares what is printed', () => {
  const third = { during: [0, 25e6] as const, limit: { op: 'equals', value: 0.333333 } as const };
  assert.ok(verdict(third).holds);
  assert.not(verdict({ ...third, limit: { op: 'equals', value: 0.33 } }).holds);
});

test('during counts the packets that were sent then', () => {
  const during = [10e6, 30e6] as const;
  assert.is(verdict({ during }).value, 0.5);
  assert.is(verdict({ during, metric: 'sent', unit: 'count' }).value, 2);
});

test('what cannot be told fails, and says why', () => {
  const why = (given: Partial<Expectation>): string => {
    const { holds, value, text } = verdict(given);
    assert.equal({ holds, value }, { holds: false, value: null });
    return text.replace('what was expected: unknown, ', '');
  };
  const atLeast0 = { op: 'atLeast', value: 0 } as const;
  const silent = { kind: 'flow', id: 'silent' } as const;
  assert.is(
    why({ subject: { kind: 'flow', id: 'many' }, metric: 'burst.max' }),
    'it has several senders or destinations, so order means nothing',
  );
  assert.is(
    why({ metric: 'rtt.p50', limit: atLeast0 }),
    'it asks no questions, so it has a delay but no rtt',
  );
  assert.is(why({ subject: silent, metric: 'rtt.p50', limit: atLeast0 }), 'nothing was sent');
  assert.is(why({ metric: 'lossDistance.min', limit: atLeast0 }), 'fewer than two were lost');
  assert.is(
    why({ metric: 'burstDistance.mean', limit: atLeast0 }),
    'there were fewer than two bursts of loss',
  );
  assert.is(why({ metric: 'ipdv.p99', limit: atLeast0, during: [0, 15e6] }), 'no two in a row arrived');
  assert.is(
    why({ subject: { kind: 'flow', id: 'many' }, metric: 'reordering.extent.max', limit: atLeast0 }),
    'it has several senders or destinations, so order means nothing',
  );
  assert.is(why({ subject: { kind: 'vm', id: 'c' }, metric: 'dropped' }), 'there is no VM c');
  assert.is(
    why({ subject: { kind: 'link', from: 'us', to: 'eu' }, metric: 'dropped' }),
    'there is no link from us to eu',
  );
  assert.is(
    why({ subject: { kind: 'pool', address: '10.0.0.100', network: 'prod' }, metric: 'share' }),
    'a share is that of a member, and none is no member',
  );
  assert.is(
    why({ subject: { kind: 'total' }, metric: 'delivered', during: [0, 1] }),
    'only flows are measured during a part of the run, not a total',
  );
});

test('ipdv alone is the mean, and has percentiles', () => {
  // 20 and 30 ms are next to each other.
  const value = (metric: string) => verdict({ metric, unit: 'nanos' }).value;
  assert.equal([value('ipdv'), value('ipdv.p99'), value('ipdv.max')], [10e6, 10e6, 10e6]);
  assert.is(value('pdv.max'), 20e6);
});

test('VMs, links, pools and the run have their figures', () => {
  const value = (subject: Expectation['subject'], metric: string) =>
    verdict({ subject, metric, unit: 'count' }).value;
  assert.is(value({ kind: 'vm', id: 'b' }, 'dropped'), 1);
  assert.is(value({ kind: 'vm', id: 'b' }, 'throughput'), 32_000);
  assert.is(value({ kind: 'vm', id: 'b' }, 'share'), 1);
  assert.is(value({ kind: 'link', from: 'eu', to: 'us' }, 'backlog.max'), 99);
  assert.is(value({ kind: 'pool', address: '10.0.0.100', network: 'prod', member: 'a' }, 'share'), 0.75);
  assert.is(value({ kind: 'pool', address: '10.0.0.100', network: 'prod' }, 'throughput'), 1e6);
  assert.is(value({ kind: 'total' }, 'dropped'), 1);
  assert.is(value({ kind: 'total' }, 'dropped.loss'), 1);
  assert.is(value({ kind: 'total' }, 'dropped.no-route'), 0);
  assert.is(value({ kind: 'total' }, 'sent'), 5);
});

test('every metric of the vocabulary is known here', async () => {
  const { METRICS } = await import('../../scenarios/format/expect.ts');
  const subjects: Record<string, Expectation['subject']> = {
    flow: { kind: 'flow', id: 'stream' },
    vm: { kind: 'vm', id: 'b' },
    link: { kind: 'link', from: 'eu', to: 'us' },
    pool: { kind: 'pool', address: '10.0.0.100', network: 'prod', member: 'a' },
    total: { kind: 'total' },
  };
  for (const [kind, metrics] of Object.entries(METRICS)) {
    for (const [metric, unit] of Object.entries(metrics)) {
      if (metric.startsWith('rtt.')) continue;
      const given = { subject: subjects[kind]!, metric, unit, limit: { op: 'atLeast', value: 0 } } as const;
      const another = { seq: 4, sentNs: 40e6, endNs: 70e6, fate: Fate.loss };
      // Some need two losses apart from each other.
      const { value } = verdict(given, /Distance/.test(metric) ? [another] : []);
      assert.type(value, 'number', `${kind} ${metric}`);
    }
  }
});

/** One flow that sends `letters`: `.` is lost, a digit arrives after so many ms. */
function judged(letters: string, given: Partial<Expectation>, drawn = true) {
  const expectations = [expectation(given)];
  const flows = new FlowSink(names, windowsOf(expectations));
  tell(
    flows,
    [...letters].map((letter, seq) => {
      const sentNs = seq * 20e6;
      return letter === '.'
        ? { seq, sentNs, endNs: sentNs, fate: Fate.loss }
        : { seq, sentNs, endNs: sentNs + Number(letter) * 1e6 };
    }),
  );
  const nothing = { vms: [], links: [], pools: [], totals: totalsOf(flows.total, new VmSink(names)) };
  const measured: Measured = {
    flows: flows.reports(),
    during: (index) => flows.during(index),
    ranked: (kind, flow, window) => flows.ranked(kind, flow, window),
    drawn,
    ...nothing,
  };
  return judge(expectations, measured)[0]!;
}

const rare = (n: number, every: number): string =>
  Array.from({ length: n }, (_, i) => (i % every === every - 1 ? '.' : '1')).join('');

test('a loss is told from its limit when the interval lies on one side', () => {
  const atMost = (value: number) => ({ limit: { op: 'atMost', value } as const });
  // 4 of 400: Clopper and Pearson's 99 % are 0.0017 to 0.0312.
  const low = judged(rare(400, 100), atMost(0.05));
  assert.equal([low.confidence, low.holds, low.doubt], ['pass', true, null]);
  assert.ok(Math.abs(low.evidence!.interval[0] - 0.00169) < 1e-4);
  assert.ok(Math.abs(low.evidence!.interval[1]! - 0.03116) < 1e-4);
  const high = judged(rare(400, 100), atMost(0.001));
  assert.equal([high.confidence, high.holds, high.doubt], ['fail', false, null]);
});

test('otherwise it cannot be told, whether it holds in this run or not', () => {
  for (const [value, holds] of [
    [0.02, true],
    [0.005, false],
  ] as const) {
    const verdict = judged(rare(400, 100), { limit: { op: 'atMost', value } });
    assert.equal([verdict.confidence, verdict.holds], ['cannot tell', holds]);
    assert.match(verdict.doubt ?? '', /^cannot tell with n = 400: needs about [\d,]+$/);
  }
});

test('as many packets as it says are enough', () => {
  const limit = { op: 'atMost', value: 0.02 } as const;
  const { needed } = judged(rare(400, 100), { limit }).evidence!;
  assert.is(judged(rare(needed!, 100), { limit }).confidence, 'pass');
  assert.is(judged(rare(Math.round(needed! * 0.8), 100), { limit }).confidence, 'cannot tell');
});

test('a limit that was measured exactly can never be told', () => {
  const { doubt } = judged(rare(400, 100), { limit: { op: 'atMost', value: 0.01 } });
  assert.is(doubt, 'cannot tell with n = 400: no number would do, so close is the limit');
});

test('0 and 1 are no limits of a share', () => {
  assert.is(judged('1111', { limit: { op: 'between', low: 0, high: 1 } }).confidence, 'pass');
});

test('without chance, counted, or equal to a number: a fact', () => {
  const facts = [
    judged('1.11', {}, false),
    judged('1.11', { metric: 'delivered', unit: 'count', limit: { op: 'atMost', value: 3 } }),
    judged('1.11', { limit: { op: 'equals', value: 0.25 } }),
    judged('1.11', { metric: 'delay.mean', unit: 'nanos', limit: { op: 'atMost', value: 1e6 } }),
    judged('1.11', { metric: 'delay.max', unit: 'nanos', limit: { op: 'atMost', value: 1e6 } }),
  ];
  for (const { confidence, evidence, doubt } of facts)
    assert.equal([confidence, evidence, doubt], ['pass', null, null]);
  assert.is(judged('1.11', { limit: { op: 'atMost', value: 0.1 } }, false).confidence, 'fail');
});

/** As exact as percentiles are: at most 1/1,024 above. */
const isAbout = (
  found: readonly [number, number | null] | undefined,
  expected: readonly [number, number],
): boolean =>
  expected.every((value, end) => {
    const one = found?.[end] ?? -1;
    return one >= value && one <= value * (1 + 1 / 1024);
  });

test('a quantile is told by ranks', () => {
  const p50 = (letters: string, value: number) =>
    judged(letters, { metric: 'delay.p50', unit: 'nanos', limit: { op: 'atMost', value } });
  // Of 8, the first and the last: beyond either with 1/256 = 0.0039. Of 7: with 1/128 = 0.0078, too often.
  assert.ok(isAbout(p50('51423142', 5e6).evidence?.interval, [1e6, 5e6]));
  assert.is(p50('51423142', 5e6).confidence, 'pass');
  assert.is(p50('51423142', 4e6).confidence, 'cannot tell');
  assert.is(p50('51423142', 0.9e6).confidence, 'fail');
  assert.equal(p50('5142314', 5e6).evidence?.interval, [0, null]);
  assert.is(p50('5142314', 5e6).doubt, 'cannot tell with n = 7: needs about 8');
});

test('losses in rows are worth fewer', () => {
  // 20 rows of five in 2,000: r = 1 - 20/100 - 20/1900 = 0.789, so 2,000 x 0.211/1.789 = 235.
  const rows = `${'1'.repeat(95)}.....`.repeat(20);
  const { evidence, doubt } = judged(rows, { limit: { op: 'atMost', value: 0.06 } });
  assert.is(evidence?.worth, 235);
  assert.match(doubt ?? '', /^cannot tell with n = 2,000, worth 235 independent ones: needs about /);
});

test('delays that follow each other are no sample', () => {
  const course = '1'.repeat(200) + '2'.repeat(200) + '3'.repeat(200);
  const { doubt } = judged(course, {
    metric: 'delay.p50',
    unit: 'nanos',
    limit: { op: 'atMost', value: 2.5e6 },
  });
  assert.match(doubt ?? '', /^cannot tell with n = 600, worth 1 independent one: needs a part of the run/);
});

/** What one flow's facts say, told by `facts`. */
function judgedOf(id: string, given: Partial<Expectation>, facts: (sink: FlowSink) => void) {
  const expectations = [expectation({ subject: { kind: 'flow', id }, ...given })];
  const flows = new FlowSink(names, windowsOf(expectations));
  facts(flows);
  return judge(expectations, {
    flows: flows.reports(),
    during: (index) => flows.during(index),
    ranked: (kind, flow, window) => flows.ranked(kind, flow, window),
    vms: [],
    links: [],
    pools: [],
    totals: totalsOf(flows.total, new VmSink(names)),
  })[0]!;
}

test('questions are a sample: of round trips, and of those that nobody answered', () => {
  const ask = (sink: FlowSink): void => {
    for (const [number, rtt] of [5, 1, 4, 2, 3, 1, 4, 2].entries()) {
      sink.sample(Sample.asked, 2, number * 10e6, number);
      sink.sample(Sample.answered, 2, number * 10e6 + rtt * 1e6, rtt * 1e6);
    }
    sink.sample(Sample.asked, 2, 100e6, 8);
    sink.sample(Sample.timedOut, 2, 200e6, 8);
  };
  const limit = { op: 'atMost', value: 5e6 } as const;
  const rtt = judgedOf('silent', { metric: 'rtt.p50', unit: 'nanos', limit }, ask);
  assert.ok(isAbout(rtt.evidence?.interval, [1e6, 5e6]));
  assert.is(rtt.confidence, 'pass');
  // 1 of 9: (alpha/2)-quantiles of a beta distribution, 1 - 0.995^(1/9) = 0.00055679 below.
  const { evidence } = judgedOf('silent', { limit: { op: 'atMost', value: 0.9 } }, ask);
  assert.is(evidence?.n, 9);
  assert.ok(Math.abs(evidence!.interval[0] - (1 - 0.995 ** (1 / 9))) < 1e-12);
});

test('packets that arrived twice are a sample; those that arrived three times are no share', () => {
  const copies = (twins: number) => (sink: FlowSink) =>
    tell(sink, [
      ...Array.from({ length: 10 }, (_, seq) => ({ seq, flags: seq === 0 ? RowFlag.twin : 0, endNs: 1e6 })),
      ...Array.from({ length: twins }, () => ({
        seq: 0,
        copyOf: 1,
        origin: Origin.copy,
        flags: RowFlag.twin,
        endNs: 2e6,
      })),
    ]);
  const of = (metric: string, twins: number) =>
    judgedOf('stream', { metric, limit: { op: 'atMost', value: 0.9 } }, copies(twins));
  assert.equal([of('duplication.fraction', 1).value, of('duplication.fraction', 1).evidence?.n], [0.1, 10]);
  assert.equal([of('duplication.fraction', 2).value, of('duplication.fraction', 2).evidence], [0.2, null]);
  const { interval } = of('duplication.replicated', 2).evidence!;
  assert.ok(Math.abs(interval[0] - (1 - 0.995 ** 0.1)) < 1e-12);
});

test('a part of the run is a sample of its own', () => {
  const letters = `${'5'.repeat(10)}51423142${'5'.repeat(10)}`;
  const given = { metric: 'delay.p50', unit: 'nanos', limit: { op: 'atMost', value: 5e6 } } as const;
  const { evidence } = judged(letters, { ...given, during: [200e6, 360e6] });
  assert.is(evidence?.n, 8);
  assert.ok(isAbout(evidence?.interval, [1e6, 5e6]));
});

test.run();
