import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  axisUnit,
  type Chart,
  capacityOf,
  chartsFor,
  isEmpty,
  type Line,
  nearest,
  reachOf,
  stacked,
} from '../../../app/ui/chart-data.ts';
import { History } from '../../../app/ui/history.ts';
import { type Selection, WHOLE_RUN } from '../../../app/ui/selection.ts';
import type { Blueprint } from '../../../app/ui/types.ts';
import { delay, flow, link, look, vm } from './figures.ts';

const line = (key: string, y: Line['y'], more: Partial<Line> = {}): Line => ({
  key,
  label: key,
  y,
  colour: 'series-1',
  ...more,
});
const chart = (lines: readonly Line[], more: Partial<Chart> = {}): Chart => ({
  key: 'chart',
  title: 'Chart',
  quantity: 'rate',
  x: Float64Array.of(10, 20, 30),
  lines,
  empty: 'Nothing.',
  ...more,
});

const history = new History();
for (const n of [1, 2])
  history.push(
    look(n, {
      vms: [
        vm('server', {
          throughputBps: 4000 * n,
          delay: delay(n, 2 * n),
          backlogBytes: n,
          dropped: { queue: n, loss: 1 },
        }),
      ],
      flows: [flow('asks', { sentPackets: 1, rtt: delay(90) }), flow('tells', { sentPackets: 1 })],
      links: [link('us', 'eu', { loadBps: 10 * n }), link('eu', 'us', { loadBps: 1 })],
    }),
  );
const valuesOf = (selection: Selection) =>
  chartsFor(history, selection, null).map(({ key, lines }) => [key, lines.map(({ label, y }) => [label, y])]);

test('a VM has its throughput, delay, drops and backlog', () => {
  assert.equal(valuesOf({ kind: 'vm', id: 'server' }), [
    ['throughput', [['delivered', [4000, 8000]]]],
    [
      'delay',
      [
        ['p50', [1, 2]],
        ['p95', [2, 4]],
        ['p99', [2, 4]],
        ['max', [2, 4]],
      ],
    ],
    [
      'drops',
      [
        ['loss', [1, 0]],
        ['queue', [1, 1]],
      ],
    ],
    ['backlog', [['waiting', [1, 2]]]],
  ]);
});

test('a flow that asks has round trips, one that tells has none', () => {
  const keys = (id: string) => chartsFor(history, { kind: 'flow', id }, null).map(({ key }) => key);
  assert.equal(keys('asks'), ['throughput', 'drops', 'delay', 'rtt']);
  assert.equal(keys('tells'), ['throughput', 'drops', 'delay']);
});

test('a link has a line for each direction', () => {
  assert.equal(valuesOf({ kind: 'link', from: 'us', to: 'eu' })[0], [
    'load',
    [
      ['us to eu', [10, 20]],
      ['eu to us', [1, 1]],
    ],
  ]);
});

test('all charts of a selection have the same times', () => {
  const selections: Selection[] = [
    WHOLE_RUN,
    { kind: 'vm', id: 'server' },
    { kind: 'link', from: 'us', to: 'eu' },
  ];
  for (const selection of selections)
    for (const { x } of chartsFor(history, selection, null)) assert.equal([...x], [250_000_000, 500_000_000]);
});

test('a limit fills no chart that is empty', () => {
  assert.is(isEmpty(chart([line('rate', [0, null, 0]), line('limit', [9, 9, 9], { isLimit: true })])), true);
  assert.is(isEmpty(chart([line('rate', [0, null, 1])])), false);
  assert.is(isEmpty(chart([])), true);
  // No time at all is a delay.
  assert.is(isEmpty({ ...chart([line('rate', [0, null])]), quantity: 'duration' }), false);
});

test('what is stacked stands on what is below it, and gaps stay gaps', () => {
  const lines = stacked([line('a', [1, null, 3]), line('b', [10, null, 0]), line('c', [5, null, 5])]);
  assert.equal(
    lines.map(({ y }) => y),
    [
      [1, null, 3],
      [11, null, 3],
      [16, null, 8],
    ],
  );
});

test('the axis reaches above the highest value, and to the limit when that is near', () => {
  assert.is(reachOf(100_000, null, 'rate'), 108_000);
  assert.is(reachOf(100_000, 200_000, 'rate'), 216_000);
  assert.is(reachOf(100_000, 251_000, 'rate'), 108_000);
  assert.is(reachOf(0, null, 'packets'), 5);
});

test('the unit of the axis is that of what is shown', () => {
  const lines = [line('low', [900, 1000, 2000]), line('high', [900, 3e6, 3e6])];
  const unit = (hidden: string[], from: number, to: number) =>
    axisUnit(chart(lines), new Set(hidden), from, to).name;
  assert.is(unit([], 10, 30), 'Mbit/s');
  assert.is(unit(['high'], 10, 30), 'kbit/s');
  assert.is(unit([], 10, 10), 'kbit/s');
});

test('the cursor is at the nearest look, the earlier of two', () => {
  const x = Float64Array.of(10, 20, 40);
  assert.equal(
    [0, 10, 14, 15, 16, 30, 31, 99].map((at) => nearest(x, at)),
    [0, 0, 0, 0, 1, 1, 2, 2],
  );
  assert.is(nearest(new Float64Array(), 5), null);
});

test('the capacity is the rate of the personality for all packets, or the bandwidth of the link', () => {
  const interfaces = [{ network: 'net', ip: '10.0.0.1' }];
  const has = (id: string, ...assignments: { personality: string; from?: { host: string } }[]) => ({
    id,
    host: 'us',
    up: true,
    forwards: false,
    interfaces,
    assignments: assignments.map((each) => ({ ...each, expires: null })),
  });
  const control = {
    vms: [
      has('one', { personality: 'lte' }),
      has('two', { personality: 'lte' }, { personality: 'far', from: { host: 'us' } }),
      has('far', { personality: 'far' }),
      has('none'),
    ],
    personalities: [
      { id: 'lte', fields: { bandwidthKbps: 12_000 } },
      { id: 'far', fields: { latencyMs: 90 } },
    ],
  };
  const links: Blueprint['links'] = [
    { between: ['us', 'eu'], latencyNs: 1, bandwidthBps: 5_000_000, queuePackets: null },
  ];
  const of = (selection: Selection) => capacityOf(selection, { links } as Blueprint, control);
  assert.equal(
    ['one', 'two', 'far', 'none', 'nobody'].map((id) => of({ kind: 'vm', id })),
    [12_000_000, null, null, null, null],
  );
  assert.is(of({ kind: 'link', from: 'eu', to: 'us' }), 5_000_000);
  assert.is(of(WHOLE_RUN), null);
});

test.run();
