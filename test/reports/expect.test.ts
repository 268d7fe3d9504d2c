import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { judge, type Measured, windowsOf } from '../../reports/expect.ts';
import { FlowSink } from '../../reports/flows.ts';
import { totalsOf } from '../../reports/summary.ts';
import { VmSink } from '../../reports/vms.ts';
import type { Expectation } from '../../scenarios/format/expect.ts';
import { Fate } from '../../sim/index.ts';
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

test.run();
