/**
 * The library: every scenario holds what it expects, gives the same run as ever, and notices when what it shows is taken away.
 * `npm run golden` writes the golden summaries anew.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simulateFile } from '../../app/index.ts';
import { QUEUES } from '../../engine/index.ts';
import { goldenText } from '../golden/golden.ts';
import { ROOT } from '../support/cli.ts';

const FOLDER = join(ROOT, 'scenarios', 'library');
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length))
  .sort();
const fileOf = (name: string): string => join(FOLDER, `${name}.yaml`);

/** What is changed, and the expectation that must then fail, by its beginning. */
type Sabotage = readonly [set: Readonly<Record<string, unknown>>, fails: string];

/** Takes away, from each scenario, each thing that it shows. */
const SABOTAGE: Readonly<Record<string, readonly Sabotage[]>> = {
  bufferbloat: [
    [{ 'personalities.big-queue.bandwidth.queueBytes': 25000 }, 'bloated-pings rtt.p50'],
    [{ 'personalities.small-queue.bandwidth.queueBytes': 1000000 }, 'lean-pings rtt.p50'],
    [{ 'personalities.big-queue': { latencyMs: 10 } }, 'bloated-download loss'],
    [{ 'personalities.small-queue.latencyMs': 0 }, 'lean-pings rtt.max'],
    [{ 'personalities.big-queue.latencyMs': 0 }, 'bloated-pings rtt.max'],
  ],
  'bursty-loss': [
    [{ 'personalities.in-bursts': { packetLossPercentage: 0.02 } }, 'bursts-call burst.mean'],
    [{ 'personalities.in-bursts.loss.meanBurst': 2 }, 'bursts-call burst.max'],
    [{ 'personalities.in-bursts.packetLossPercentage': 0.05 }, 'bursts-call loss'],
    [
      { 'personalities.one-by-one': { packetLossPercentage: 0.02, loss: { model: 'burst', meanBurst: 8 } } },
      'single-call burst.mean',
    ],
    [{ 'personalities.marked.loss.ecn': false }, 'marking-call loss'],
    [{ 'personalities.noisy.corrupt.silent': true }, 'total dropped.checksum'],
    [{ 'personalities.one-by-one.packetLossPercentage': 0.03 }, 'single-call loss'],
  ],
  'chaotic-routing': [
    [{ 'personalities.broken-router.routingProfile': 'Static' }, 'writes loss'],
    [{ 'personalities.broken-router.routing.chaosScope': 'subnet' }, 'total dropped.no-listener'],
    [{ timeline: [] }, 'total dropped.unassigned'],
    [{ 'personalities.broken-router.latencyMs': 2 }, 'writes delay.max'],
    [{ 'vms[3].network': 'prod' }, 'foreign-01 dropped'],
  ],
  'developer-laptop': [
    [{ 'assignments.phone.preset': '3g-slow-wpt' }, 'phone rtt.p50'],
    [{ 'assignments.boat.packetLossPercentage': 0.3 }, 'boat loss'],
    [{ 'assignments.boat.jitterMs': 0 }, 'boat rtt.p50'],
    [{ 'assignments.phone.egress': 'lan' }, 'phone rtt.p50'],
    [{ 'assignments.desk': { preset: 'wifi-good' } }, 'desk rtt.p50'],
  ],
  'fair-queueing': [
    [{ 'personalities.fair-line.bandwidth.discipline': 'droptail' }, 'fair-call delay.max'],
    [{ 'personalities.strict-line.bandwidth.discipline': 'droptail' }, 'strict-call delay.max'],
    [{ 'traffic.strict-call.dscp': 0 }, 'strict-call delay.max'],
    [{ 'personalities.plain-line.bandwidth.discipline': 'fqCodel' }, 'plain-call delay.p50'],
    [{ 'personalities.strict-line.bandwidth.queueBytes': 25000 }, 'strict-download loss'],
  ],
  'flapping-line': [
    [{ 'timeline[0].ttl': '600ms' }, 'once delivered'],
    [{ 'timeline[0].times': 4 }, 'once delivered'],
    [{ 'traffic.insisting.retries': 0 }, 'insisting loss'],
    [{ timeline: [] }, 'after rtt.max'],
    [{ 'traffic.once.count': 10 }, 'once sent'],
    [{ 'personalities.dsl.latencyMs': 16 }, 'insisting rtt.p50'],
  ],
  'ipv6-only': [
    [{ 'personalities.tunnel.mtu': 1500 }, 'total fragments'],
    [{ 'pools[0].members': ['web-1'] }, 'calls loss'],
    [{ timeline: [] }, 'pings loss'],
    [{ 'personalities.tunnel.latencyMs': 0 }, 'backup delay.max'],
    [{ 'personalities.campus.latencyMs': 4 }, 'calls rtt.max'],
  ],
  'link-reroute': [
    [{ mesh: true }, 'pings loss'],
    [{ timeline: [] }, 'pings rtt.p50'],
    [{ 'links[2].latencyMs': 30 }, 'pings rtt.p50'],
    [{ 'timeline[3].state': 'down' }, 'pings rtt.p50'],
    [{ 'links[0].latencyMs': 6 }, 'pings rtt.p50'],
  ],
  'overlapping-tenants': [
    [{ 'personalities.far.latencyMs': 5 }, 'green-pings rtt.min'],
    [{ 'gateways[0].power': 'off' }, 'blue-mail loss'],
    // The two customers as one network, with other addresses for the second.
    [
      {
        'vms.green-app': { id: 'green-app', network: 'blue', ip: '10.0.0.3', host: 'one' },
        'vms.green-db': { id: 'green-db', network: 'blue', ip: '10.0.0.4', host: 'two' },
      },
      'green-pings rtt.min',
    ],
    [{ 'personalities.near.latencyMs': 6 }, 'blue-pings rtt.min'],
    [{ 'personalities.near.packetLossPercentage': 0.5 }, 'blue-pings loss'],
    [{ 'personalities.far.packetLossPercentage': 0.5 }, 'green-pings loss'],
    [{ 'traffic.blue-scan.ports': [22] }, 'blue-scan sent'],
  ],
  'own-program': [
    [{ 'personalities.lossy.packetLossPercentage': 0 }, 'workers loss'],
    [{ 'personalities.lossy.latencyMs': 20 }, 'workers delay.max'],
    [{ 'traffic.workers.args.rounds': 5 }, 'workers sent'],
  ],
  'partition-and-heal': [
    [{ 'timeline[2].partition.hold': false }, 'southward delay.max'],
    [{ 'timeline[4].partition.oneWay': false }, 'northward loss'],
    [{ 'timeline[1]': { at: '9s', heal: 'split' } }, 'total dropped.link-down'],
    [{ 'timeline[0].partition.between': ['n2'] }, 'southward loss'],
    [
      { 'timeline[4].partition.between': ['south'], 'timeline[4].partition.and': ['north'] },
      'southward loss',
    ],
    [{ 'assignments.n2': { latencyMs: 1, packetLossPercentage: 0.1 } }, 'inside loss'],
  ],
  'path-mtu-black-hole': [
    [{ 'assignments.deaf': 'way-back' }, 'unheard delivered'],
    [{ 'personalities.tunnel.mtu': 1500 }, 'total dropped.mtu'],
    [{ 'traffic.unheard.df': false }, 'unheard delivered'],
    [{ 'traffic.heard.df': false }, 'heard sent'],
    [{ 'personalities.way-back.latencyMs': 20 }, 'pings rtt.p50'],
    [{ 'assignments.monitor': 'firewall' }, 'pings loss'],
  ],
  'pool-failover': [
    [{ 'timeline[4].batch': [{ vm: 'first', power: 'off' }] }, 'calls loss equals 1'],
    [{ 'timeline[2]': { at: '13s', vm: 'third', power: 'off' } }, 'calls loss equals 0'],
    [{ 'pools[0].routingProfile': 'Dynamic' }, '10.1.0.100 (first) share'],
    [{ 'timeline[0].power': 'on' }, '10.1.0.100 (second) share'],
    [{ 'timeline[3].power': 'off' }, '10.1.0.100 (first) share'],
    [{ 'traffic.calls.count': 10 }, 'calls sent'],
    [{ 'personalities.near.latencyMs': 6 }, 'calls rtt.max'],
  ],
  'pool-under-load': [
    [{ 'pools[0].routingProfile': 'Static' }, '10.2.0.100 (first) share'],
    [{ timeline: [] }, '10.2.0.100 (first) share'],
    [{ 'personalities.two-mbit.bandwidthKbps': '1Mbit' }, '10.2.0.100 (first) share'],
    [{ 'traffic.load.rate': '70kbit' }, 'load sent'],
    [{ 'personalities.four-mbit.latencyMs': 40, 'personalities.two-mbit.latencyMs': 40 }, 'load delay.p50'],
  ],
  'satellite-pass': [
    [{ 'personalities.dish.latencyMs': 25 }, 'pings rtt.min'],
    [{ 'personalities.dish.latencyMs': 25 }, 'pings rtt.max'],
    [{ 'personalities.dish.preset': 'lte-wpt' }, 'pings rtt.p50'],
    [{ 'personalities.dish.latencyMs': 30 }, 'stream delay.p50'],
    [{ 'personalities.dish.packetLossPercentage': 0 }, 'stream loss'],
    [{ 'personalities.dish.loss': { meanBurst: 20 } }, 'stream burst.mean'],
  ],
  'security-audit': [
    [{ 'traffic.forged.count': 400 }, 'total dropped.spoofed'],
    // A host speaks for its own VMs, so nobody can tell who on a compromised one has sent.
    [{ 'vms.teller.host': 'broken' }, 'total dropped.spoofed'],
    // The attackers rent in the bank's own network.
    [
      {
        'vms.attacker': { id: 'attacker', network: 'bank', ip: '10.9.0.4', host: 'safe' },
        'vms.helper': { id: 'helper', network: 'bank', ip: '10.9.0.6', host: 'broken' },
      },
      'total dropped.unassigned',
    ],
    [{ 'personalities.office.latencyMs': 2 }, 'business rtt.max'],
    // Under their own names they do get through.
    [
      {
        'traffic.forged': {
          id: 'forged',
          kind: 'cbr',
          from: 'attacker',
          to: 'helper',
          rate: '50/s',
          count: 500,
        },
      },
      'forged delivered',
    ],
    [
      {
        'traffic.forged-inside': {
          id: 'forged-inside',
          kind: 'cbr',
          from: 'printer',
          to: 'ledger',
          rate: '50/s',
          count: 500,
        },
      },
      'forged-inside delivered',
    ],
    [
      {
        'traffic.scan': { id: 'scan', kind: 'cbr', from: 'attacker', to: 'helper', rate: '50/s', count: 500 },
      },
      'scan delivered',
    ],
    [{ 'personalities.office.packetLossPercentage': 0.1 }, 'business loss'],
  ],
  'seven-fields': [
    [{ 'personalities.late.latencyMs': 24 }, 'latency delay.min'],
    [{ 'personalities.shaky.jitterMs': 1 }, 'jitter delay.min'],
    [{ 'personalities.lossy.packetLossPercentage': 0.05 }, 'loss loss'],
    [{ 'personalities.doubled.duplicatePacketPercentage': 0 }, 'copies duplicates'],
    [{ 'personalities.narrow.bandwidthKbps': '1.2Mbit' }, 'rate delivered'],
    [{ 'personalities.narrow.bandwidth.queuePackets': 20 }, 'rate delay.max'],
    [{ 'personalities.small.mtu': 1500 }, 'total fragments'],
    [{ 'traffic.refused.df': false }, 'total dropped.mtu'],
    [{ 'personalities.strayed.routingProfile': 'Static' }, 'total dropped.unassigned'],
    [{ 'assignments.plain': 'late' }, 'plain delay.max'],
    [{ 'personalities.shaky.latencyMs': 15 }, 'jitter delay.mean'],
    [{ 'personalities.doubled.packetLossPercentage': 0.1 }, 'copies delivered'],
    [{ 'personalities.small.packetLossPercentage': 0.1 }, 'pieces delivered'],
  ],
  'thousand-vms': [
    [{ timeline: [] }, 'chatter loss'],
    [{ 'vms[1].count': 100 }, 'chatter sent'],
    [{ 'links[2].latencyMs': 300 }, 'calls loss'],
    [{ 'personalities.in-the-dc.packetLossPercentage': 0.01 }, 'chatter loss'],
    [{ 'personalities.in-the-dc.latencyMs': 0.6 }, 'chatter delay.min'],
  ],
  'three-regions': [
    [{ 'assignments.db': 'somewhere' }, 'eu rtt.p50'],
    [{ 'assignments.db[2].from': { vm: 'mirror' } }, 'us rtt.max'],
    [{ 'assignments.user-us.from': { vm: 'mirror' } }, 'us rtt.min'],
    [{ 'links[0].latencyMs': 50 }, 'jp rtt.p50'],
    [{ 'links[0].queuePackets': 1 }, 'frankfurt>tokyo backlog.max'],
    [{ 'personalities.across-atlantic.jitterMs': 20 }, 'us rtt.min'],
  ],
  'transatlantic-web': [
    [
      {
        'timeline[3].power': 'on',
        'personalities.transatlantic.latencyMs': 10,
        'timeline[0].set.latencyMs': 10,
      },
      'pings rtt.p50',
    ],
    [{ 'personalities.transatlantic.packetLossPercentage': 0.02 }, 'stream loss'],
  ],
  'vm-migration': [
    [{ 'timeline[0].migrate': 'berlin' }, 'from-berlin rtt.min'],
    [{ 'timeline[1].migrate': 'madrid' }, 'from-berlin rtt.max'],
    [{ 'personalities.busy.latencyMs': 0 }, 'from-berlin rtt.max'],
    [{ 'personalities.busy.packetLossPercentage': 0.1 }, 'from-berlin loss'],
  ],
};

/** Nothing that a scenario could say makes these fail. */
const LAWS = [
  'link-reroute: total dropped.no-route equals 0',
  'overlapping-tenants: total dropped.spoofed equals 0',
  'partition-and-heal: southward reordered equals 0',
  'transatlantic-web: total dropped.spoofed equals 0',
];

/** Expectations that have not been seen to fail yet. */
const unshaken = new Set<string>();

for (const name of names) {
  test(`${name} holds what it expects, and is the run it has always been`, async () => {
    const result = await simulateFile(fileOf(name), { queue: 'ladder' });
    const failed = result.summary.expectations.filter(({ holds }) => !holds).map(({ text }) => text);
    assert.equal(failed, []);
    for (const { expectation } of result.summary.expectations) unshaken.add(`${name}: ${expectation.text}`);
    assert.ok(result.summary.conservation.closes);
    const golden = readFileSync(join(ROOT, 'test', 'golden', `${name}.json`), 'utf8');
    assert.is(
      goldenText(result.summary),
      golden,
      'if the change is meant: npm run golden, and a line under Fates',
    );
  });

  for (const [set, fails] of SABOTAGE[name] ?? []) {
    const changes = Object.entries(set).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
    test(`${name} notices ${changes.join(' ')}`, async () => {
      const { ok, summary } = await simulateFile(fileOf(name), { set });
      const broken = summary.expectations.filter(({ holds }) => !holds);
      for (const { expectation } of broken) unshaken.delete(`${name}: ${expectation.text}`);
      const failed = broken.map(({ text }) => text);
      assert.ok(
        !ok && failed.some((text) => text.startsWith(fails)),
        `"${fails} …" should fail; what failed: ${failed.join('; ') || 'nothing'}`,
      );
    });
  }
}

test('every queue gives the same run, and so does going by the clock', async () => {
  const file = fileOf('chaotic-routing');
  const { digest } = await simulateFile(file);
  for (const queue of QUEUES) assert.is((await simulateFile(file, { queue })).digest, digest, queue);
  assert.is((await simulateFile(file, { speed: 100 })).digest, digest, 'by the clock');
});

test('every scenario begins with its question, and says how to run it', () => {
  for (const name of names) {
    const lines = readFileSync(fileOf(name), 'utf8').split('\n');
    assert.match(lines[0] ?? '', /^# .*[.?]$/, name);
    assert.ok(lines.includes(`#   netpersona run scenarios/library/${name}.yaml`), name);
  }
});

test('every expectation has been seen to fail', () => {
  assert.equal(Object.keys(SABOTAGE).sort(), names);
  assert.equal([...unshaken].sort(), LAWS);
});

test.run();
