import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type LinkView,
  levelOf,
  linkLabel,
  TopologyModel,
  TREND,
  type VmView,
  widthOf,
  wordsOf,
} from '../../../app/ui/topology-model.ts';
import type { Blueprint, ControlJson } from '../../../app/ui/types.ts';
import { flow, link, look, vm } from './figures.ts';

const talk = (id: string, from: string, to: string) => ({
  ...{ id, kind: 'ping', from, to },
  ...{ single: true, transactional: true },
});
const place = (id: string, host: string, ...networks: string[]) => ({
  id,
  host,
  forwards: false,
  interfaces: networks.map((network) => ({ network, ip: '10.0.0.1' })),
});
const blueprint: Blueprint = {
  ...{ name: 'test', seed: '1', version: '0', duration: null, mesh: true, pools: [] },
  networks: [
    { id: 'red', subnet: '10.0.0.0/24' },
    { id: 'blue', subnet: '10.0.0.0/24' },
  ],
  hosts: ['us', 'eu', 'jp'],
  links: [{ between: ['us', 'eu'], latencyNs: 40_000_000, bandwidthBps: 5e6, queuePackets: null }],
  vms: [place('server', 'us', 'red', 'blue'), place('client', 'eu', 'blue')],
  flows: [talk('ask', 'client', 'server'), talk('many', '3 VMs', 'server'), talk('self', 'server', 'server')],
};
const NOTHING: ControlJson = { vms: [], personalities: [] };

test('before anything is known, VMs are where they start, at rest', () => {
  const { vms, flows, links } = new TopologyModel(blueprint).view(NOTHING, null);
  assert.equal(
    vms.map(({ id, host, up, networks, throughputBps, trend }) => [
      id,
      host,
      up,
      networks,
      throughputBps,
      trend,
    ]),
    [
      ['server', 'us', true, ['red', 'blue'], 0, []],
      ['client', 'eu', true, ['blue'], 0, []],
    ],
  );
  // Only between two VMs; in the network that both are in.
  assert.equal(
    flows.map(({ id, network }) => [id, network]),
    [['ask', 'blue']],
  );
  assert.equal(
    links.map(({ between, up }) => [between, up]),
    [[['us', 'eu'], true]],
  );
});

test('a VM shows the personality for packets from anywhere, and how many others there are', () => {
  const control: ControlJson = {
    vms: [
      {
        ...place('server', 'jp', 'red'),
        up: false,
        assignments: [
          { personality: 'near', from: { vm: 'client' }, expires: null },
          { personality: 'far', expires: null },
        ],
      },
    ],
    personalities: [{ id: 'far', fields: { latencyMs: 90 } }],
  };
  const [server] = new TopologyModel(blueprint).view(control, null).vms;
  assert.equal(
    [server?.host, server?.up, server?.assignment?.personality, server?.fields, server?.others],
    ['jp', false, 'far', { latencyMs: 90 }, 1],
  );
});

test('drops are news for twelve looks, and those from before the page came are none', () => {
  const model = new TopologyModel(blueprint);
  const isNews = (n: number, loss: number) =>
    model.view(NOTHING, look(n, { vms: [vm('server', { dropped: { loss } })] })).vms[0]?.isDropping;
  assert.is(isNews(1, 1000), false);
  assert.is(isNews(2, 1001), true);
  for (let n = 3; n <= 13; n++) assert.is(isNews(n, 1001), true, String(n));
  assert.is(isNews(14, 1001), false);
});

test('the trend is the throughput of the last looks, each once', () => {
  const model = new TopologyModel(blueprint);
  const trendAt = (n: number) =>
    model.view(NOTHING, look(n, { vms: [vm('server', { throughputBps: n })] })).vms[0]?.trend;
  assert.equal(trendAt(1), [1]);
  // Something else has changed.
  assert.equal(trendAt(1), [1]);
  for (let n = 2; n < 40; n++) trendAt(n);
  const trend = trendAt(40) ?? [];
  assert.equal([trend.length, trend[0], trend.at(-1)], [TREND, 41 - TREND, 40]);
});

test('a link has both directions, the fuller utilization, and is down when either is', () => {
  const live = [
    link('eu', 'us', { loadBps: 7, utilization: 0.9, dropped: 2, up: false }),
    link('us', 'eu', { loadBps: 3, utilization: 0.1, dropped: 1 }),
    link('eu', 'jp', { bytes: 5 }),
    link('jp', 'us', {}),
  ];
  const { links } = new TopologyModel(blueprint).view(NOTHING, look(1, { links: live }));
  const [declared, mesh, ...others] = links;
  assert.equal(
    [declared?.between, declared?.loads, declared?.utilization, declared?.dropped, declared?.up],
    [['us', 'eu'], [3, 7], 0.9, 3, false],
  );
  // A link of the mesh is there once it has carried something.
  assert.equal([mesh?.between, others], [['eu', 'jp'], []]);
});

test('a flow is as fast and as lossy as it is now', () => {
  const model = new TopologyModel(blueprint);
  const at = (n: number, loss: number) =>
    model.view(NOTHING, look(n, { flows: [flow('ask', { throughputBps: n, dropped: { loss } })] })).flows[0];
  at(1, 0);
  const ask = at(2, 1);
  assert.equal([ask?.throughputBps, ask?.isDropping], [2, true]);
});

test('a VM in words', () => {
  const server: VmView = {
    ...{ id: 'server', host: 'us', up: true, networks: [], fields: undefined, trend: [], isDropping: false },
    ...{ assignment: { personality: 'transatlantic', expires: null }, others: 0 },
    ...{ throughputBps: 4_000_000, dropped: 12 },
  };
  assert.is(wordsOf(server), 'server on us, personality transatlantic, 4 Mbit/s, 12 drops');
  assert.is(
    wordsOf({ ...server, up: false, others: 2, dropped: 1 }),
    'server on us, personality transatlantic and 2 more, off, 1 drop',
  );
  assert.is(
    wordsOf({ ...server, assignment: undefined, throughputBps: 0, dropped: 0 }),
    'server on us, no personality, 0 bit/s, 0 drops',
  );
});

test('what is written on a link', () => {
  const cable: LinkView = {
    ...{ key: 'us\neu', between: ['us', 'eu'], latencyNs: 115_000_000, isDropping: false, up: true },
    ...{ loads: [4_850_000, 96_000], utilization: 0.97, dropped: 162 },
  };
  assert.is(linkLabel(cable, ['>', '<']), '> 4.85 Mbit/s\n< 96 kbit/s\n115 ms, 97 % full\n162 lost');
  assert.is(linkLabel({ ...cable, loads: [0, 0], utilization: null, dropped: 0 }, ['>', '<']), '115 ms');
  assert.is(linkLabel({ ...cable, up: false }, ['>', '<']), 'down');
});

test('levels and widths go by factors of ten', () => {
  assert.equal([0, 1, 99_999, 1e5, 999_999, 1e6, 1e7, 1e9].map(levelOf), [0, 1, 1, 2, 2, 3, 4, 4]);
  assert.equal([0, 1000, 10_000, 1e6, 1e9, 1e12].map(widthOf), [1, 1, 2.2, 4.6, 8.2, 9]);
});

test.run();
