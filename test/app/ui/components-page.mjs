/**
 * A page with the topology and the charts alone, over figures that nobody has measured: `?scene=regions|thousand|empty`, `&of=vm:db`
 * for what is looked at. `components.test.ts` bundles it and plays with it.
 */
import { h, render } from 'preact';
import { useState } from 'preact/hooks';
import { Charts } from '../../../app/ui/charts.tsx';
import { History } from '../../../app/ui/history.ts';
import { Topology } from '../../../app/ui/topology.tsx';

const query = new URLSearchParams(location.search);
const scene = query.get('scene') ?? 'regions';
document.documentElement.dataset.theme = query.get('theme') ?? 'light';

const WINDOW = 250_000_000;
const count = Number(query.get('looks') ?? 160);

function regions() {
  const hosts = ['frankfurt', 'virginia', 'tokyo'];
  const networks = [
    { id: 'app', subnet: '10.8.0.0/24' },
    { id: 'backup', subnet: '10.9.0.0/24' },
  ];
  const vm = (id, host, nets, assignments, up = true) => ({
    id,
    host,
    up,
    forwards: nets.length > 1,
    interfaces: nets.map((network, n) => ({ network, ip: `10.8.0.${id.length + n}` })),
    assignments: assignments.map((personality, n) => ({
      personality,
      expires: null,
      ...(n > 0 ? { from: { host: hosts[n] } } : {}),
    })),
  });
  const vms = [
    vm('db', 'frankfurt', ['app', 'backup'], ['somewhere', 'in-the-region', 'across-atlantic']),
    vm('user-eu', 'frankfurt', ['app'], []),
    vm('user-us', 'virginia', ['app'], ['transatlantic']),
    vm(
      'spare-with-a-long-name-that-does-not-fit',
      'virginia',
      ['backup'],
      ['satellite-geostationary-2024'],
      false,
    ),
    vm('user-jp', 'tokyo', ['app'], ['lte']),
    vm('mirror', 'tokyo', ['backup'], []),
  ];
  const flow = (id, from, to) => ({ id, kind: 'ping', from, to, single: true, transactional: true });
  return {
    hosts,
    networks,
    vms,
    flows: [
      flow('eu', 'user-eu', 'db'),
      flow('us', 'user-us', 'db'),
      flow('jp', 'user-jp', 'db'),
      flow('replication', 'db', 'mirror'),
    ],
    links: [
      { between: ['frankfurt', 'tokyo'], latencyNs: 115e6, bandwidthBps: 5e6, queuePackets: 20 },
      { between: ['frankfurt', 'virginia'], latencyNs: 40e6, bandwidthBps: null, queuePackets: null },
      { between: ['virginia', 'tokyo'], latencyNs: 80e6, bandwidthBps: 1e7, queuePackets: null },
    ],
    personalities: [
      { id: 'somewhere', fields: { latencyMs: 200 } },
      { id: 'transatlantic', fields: { latencyMs: 40, jitterMs: 3, packetLossPercentage: 0.002 } },
      { id: 'lte', fields: { latencyMs: 25, jitterMs: 8, bandwidthKbps: 12000 } },
      { id: 'satellite-geostationary-2024', fields: { latencyMs: 280, packetLossPercentage: 0.01 } },
    ],
  };
}

function thousand() {
  const hosts = Array.from({ length: 10 }, (_, n) => `host${n}`);
  return {
    hosts,
    networks: [
      { id: 'prod', subnet: '10.0.0.0/16' },
      { id: 'test', subnet: '10.0.0.0/16' },
    ],
    vms: Array.from({ length: 1000 }, (_, n) => ({
      id: `vm${n}`,
      host: hosts[n % 10],
      up: n % 97 !== 5,
      forwards: false,
      interfaces: [{ network: n % 3 ? 'prod' : 'test', ip: '10.0.0.1' }],
      assignments: n % 2 ? [{ personality: 'lte', expires: null }] : [],
    })),
    flows: [],
    links: hosts.slice(1).map((host) => ({
      between: ['host0', host],
      latencyNs: 1e6,
      bandwidthBps: 1e9,
      queuePackets: null,
    })),
    personalities: [{ id: 'lte', fields: { latencyMs: 25 } }],
  };
}

const world = scene === 'thousand' ? thousand() : regions();
const blueprint = { name: scene, seed: '1', version: '0', duration: null, mesh: false, pools: [], ...world };
const control = { vms: world.vms, personalities: world.personalities };

/** A wave that is the same every time. */
const wave = (n, phase, period) => (1 + Math.sin(((n + phase) / period) * 2 * Math.PI)) / 2;

function figuresAt(n) {
  const isIdle = scene === 'empty';
  const delayOf = (base) => {
    const p50 = Math.round(base * (1 + 0.2 * wave(n, 3, 37)));
    return { p50, p95: Math.round(p50 * 1.2), p99: Math.round(p50 * (1.3 + wave(n, 9, 11))), max: p50 * 3 };
  };
  // Everything gets worse at look 80.
  const bad = n >= 80;
  const vms = world.vms.map(({ id, up }, index) => {
    const busy = !isIdle && up && (scene !== 'thousand' || index % 5 !== 0);
    const size = scene === 'thousand' ? 10 ** (3 + (index % 5)) : 2_000_000 / (index + 1);
    const losses = busy && index % 4 === 0 ? Math.floor(n / 3) + (bad ? (n - 80) * 3 : 0) : 0;
    return {
      id,
      deliveredPackets: busy ? n * 100 : 0,
      deliveredBytes: busy ? n * 100_000 : 0,
      sentPackets: busy ? n * 100 : 0,
      throughputBps: busy ? Math.round(size * (0.6 + 0.8 * wave(n, index * 7, 29)) * (bad ? 0.5 : 1)) : 0,
      delay: busy ? delayOf((bad ? 90 : 45) * 1e6) : null,
      backlogBytes: busy && bad ? Math.round(30_000 * wave(n, index, 17)) : 0,
      dropped: losses > 0 ? { loss: losses, ...(bad ? { queue: (n - 80) * 2 } : {}) } : {},
    };
  });
  const dropped = {};
  for (const vm of vms)
    for (const [reason, packets] of Object.entries(vm.dropped))
      dropped[reason] = (dropped[reason] ?? 0) + packets;
  const links = world.links.flatMap(({ between: [a, b], bandwidthBps }, index) => {
    const up = !(bad && index === 2);
    const loadBps =
      isIdle || !up ? 0 : Math.round((bandwidthBps ?? 8e6) * (0.2 + 0.79 * wave(n, index * 40, 160)));
    const row = (from, to, load) => ({
      from,
      to,
      packets: n,
      bytes: n * 1000,
      dropped: index === 0 && bad ? n - 80 : 0,
      loadBps: load,
      utilization: bandwidthBps === null ? null : load / bandwidthBps,
      up,
    });
    return [row(a, b, loadBps), row(b, a, Math.round(loadBps / 50))];
  });
  return {
    sequence: n,
    start: (n - 1) * WINDOW,
    end: n * WINDOW,
    vms,
    flows: world.flows.map(({ id }, index) => ({
      id,
      sentPackets: n,
      deliveredPackets: n,
      deliveredBytes: n * 1000,
      throughputBps: isIdle ? 0 : Math.round(10 ** (4 + index) * (0.5 + wave(n, index, 21))),
      delay: isIdle ? null : delayOf(20e6),
      rtt: isIdle ? null : delayOf((bad ? 100 : 50) * 1e6),
      dropped: index === 3 && bad ? { loss: n - 79 } : {},
    })),
    links,
    totals: { sentPackets: n, deliveredPackets: n, deliveredBytes: n, inFlight: 3, events: n, dropped },
  };
}

const commands = [
  {
    sequence: 1,
    at: 10e9,
    command: 'create',
    subject: 'transatlantic',
    effect: 'latencyMs 40',
    posted: true,
  },
  { sequence: 2, at: 20e9, command: 'assign', subject: 'db', effect: 'none -> somewhere', posted: true },
  { sequence: 3, at: 20e9, command: 'link', subject: 'virginia - tokyo', effect: 'down', posted: false },
];

const history = new History();
let now = 0;
for (let n = 1; n <= count; n++) history.push(figuresAt(++now));

/** What the components have asked for, for the test to read. */
window.calls = [];
const call =
  (name) =>
  (...values) =>
    window.calls.push([name, ...values]);

const [kind, id] = (query.get('of') ?? 'run').split(':');
const start =
  kind === 'link'
    ? { kind, from: id.split('-')[0], to: id.split('-')[1] }
    : kind === 'run'
      ? { kind }
      : { kind, id };

function Page() {
  const [selection, setSelection] = useState(start);
  const [look, setLook] = useState(now);
  // The test pushes looks, so that nothing depends on the wall clock.
  window.advance = (by = 1) => {
    for (let n = 0; n < by; n++) history.push(figuresAt(++now));
    setLook(now);
  };
  window.series = (field) => history.series(selection, field);
  const isShown = (name) => (query.get('show') ?? name) === name;
  return h(
    'main',
    { class: 'components' },
    isShown('topology') &&
      h(
        'section',
        { class: 'card topology-card' },
        h(
          'div',
          { class: 'topology' },
          h(Topology, {
            blueprint,
            control,
            figures: history.latest,
            selected: selection,
            onSelect: (selected) => {
              call('select')(selected);
              setSelection(selected);
            },
            onDropPersonality: call('drop'),
            onOpenAssign: call('assign'),
          }),
        ),
      ),
    isShown('charts') &&
      h(
        'section',
        { class: 'card charts-card' },
        h(
          'div',
          { class: 'charts' },
          h(Charts, {
            history,
            selection,
            commands,
            now: look * WINDOW,
            ...(query.get('capacity') === null ? {} : { capacityBps: Number(query.get('capacity')) }),
          }),
        ),
      ),
  );
}

render(h(Page), document.body);
