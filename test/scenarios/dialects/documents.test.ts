/** Dialects that are JSON or YAML, and mahimahi's lists of numbers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { atc } from '../../../scenarios/dialects/atc.ts';
import { chaosMesh } from '../../../scenarios/dialects/chaos-mesh.ts';
import { devtools } from '../../../scenarios/dialects/devtools.ts';
import { mahimahi } from '../../../scenarios/dialects/mahimahi.ts';
import { toxiproxy } from '../../../scenarios/dialects/toxiproxy.ts';
import { byId, example, fieldsOf, imported, leftOut, problemsOf } from './support.ts';

test('Toxiproxy: downstream is towards the VM, upstream is its egress', () => {
  const result = imported(example('toxiproxy.json'));
  assert.is(result.dialect, toxiproxy.name);
  assert.equal(byId(result), {
    'mysql-master': {
      ...{ latencyMs: 1000, jitterMs: 50 },
      // After a loss the next piece is lost with 0.05 + 0.25: it stays in the bad state with 0.3.
      ...{ 'loss.model': 'gilbertElliott', 'loss.p': 0.05, 'loss.r': 0.7 },
    },
    // A KB has 1,000 bytes there.
    'mysql-master-egress': { bandwidthKbps: 800, 'bandwidth.model': 'serialize' },
    redis: { packetLossPercentage: 1 },
  });
  assert.equal(leftOut(result), ['[0].toxics[3].attributes']);
});

test('Toxiproxy: a single toxic, a list of them, and a mapping of proxies are read', () => {
  const toxic = '{ "type": "latency", "attributes": { "latency": 100 } }';
  assert.equal(fieldsOf(toxic), { latencyMs: 100 });
  assert.equal(fieldsOf(`[${toxic}, ${toxic}]`), { latencyMs: 200 });
  assert.equal(byId(imported(`{ "db": { "name": "db", "toxics": [${toxic}] } }`)), {
    db: { latencyMs: 100 },
  });
  assert.equal(fieldsOf('{ "type": "timeout", "attributes": { "timeout": 0 } }'), {
    packetLossPercentage: 1,
  });
});

test('Toxiproxy: what no packet can show is left out', () => {
  const types = ['slow_close', 'reset_peer', 'limit_data', 'slicer'];
  const toxics = types.map((type) => `{ "type": "${type}", "attributes": {} }`);
  const result = imported(`[{ "type": "latency", "attributes": { "latency": 1 } }, ${toxics.join()}]`);
  assert.is(leftOut(result).length, 4);
  const none = '{ "type": "latency", "toxicity": 0, "attributes": { "latency": 1 } }';
  assert.equal(byId(imported(none, { name: 'x' })), { x: {} });
});

test('Toxiproxy: problems have their line and the nearest name', () => {
  const broken = `[ { "name": "p", "listen": "a", "upstream": "b",
  "toxics": [
    { "type": "latencyy" },
    { "type": "latency", "strem": "up",
      "attributes": { "latencey": 1000, "jitter": -5 } } ] } ]`;
  const shown = problemsOf(broken).map((line) => line.replace(/allowed: .*?(; |(?=\(line))/, ''));
  assert.equal(shown, [
    '[0].toxics[0].type: found "latencyy", did you mean latency? (line 3)',
    '[0].toxics[1].strem: found "strem", did you mean stream? (line 4)',
    '[0].toxics[1].attributes.latencey: found "latencey", did you mean latency? (line 5)',
    '[0].toxics[1].attributes.jitter: found -5, (line 5)',
  ]);
});

test('Chaos Mesh: each resource of a file, with whom to assign it to', () => {
  const result = imported(example('chaos-mesh.yaml'));
  assert.is(result.dialect, chaosMesh.name);
  assert.equal(byId(result), {
    'web-delay': {},
    'web-delay-egress': {
      ...{ latencyMs: 90, jitterMs: 90, 'jitter.correlation': 0.25, 'jitter.preserveOrder': false },
      ...{ 'reorder.percentage': 0.05, 'reorder.gap': 3 },
    },
    // 1 mbps are 1,048,576 bytes a second.
    'db-bandwidth': {
      bandwidthKbps: 8388.608,
      'bandwidth.burstBytes': 10_000,
      'bandwidth.queueBytes': 20_971_520,
    },
  });
  assert.equal(leftOut(result), ['spec.mode: one', 'spec.duration: 30s']);
  assert.equal(
    result.notes.filter(({ words }) => words.startsWith('spec.bandwidth')).map(({ line }) => line),
    [21],
  );
});

const chaos = (spec: string): string =>
  `apiVersion: chaos-mesh.org/v1alpha1\nkind: NetworkChaos\nmetadata: { name: c }\nspec: { selector: {}, direction: from, target: {}, ${spec} }\n`;

test('Chaos Mesh: every action has its fields', () => {
  assert.equal(fieldsOf(chaos("action: loss, loss: { loss: '25', correlation: '10' }")), {
    ...{ packetLossPercentage: 0.25, 'loss.correlation': 0.1 },
  });
  assert.equal(fieldsOf(chaos("action: duplicate, duplicate: { duplicate: '40' }")), {
    duplicatePacketPercentage: 0.4,
  });
  assert.equal(fieldsOf(chaos("action: corrupt, corrupt: { corrupt: '0.5' }")), {
    'corrupt.percentage': 0.005,
  });
  assert.equal(fieldsOf(chaos('action: partition')), { packetLossPercentage: 1 });
  assert.equal(fieldsOf(chaos('action: rate, rate: { rate: 1kbps }')), {
    ...{ bandwidthKbps: 8.192, 'bandwidth.model': 'serialize' },
  });
  assert.equal(fieldsOf(chaos("action: netem, delay: { latency: 1m1.5s }, loss: { loss: '1' }")), {
    ...{ latencyMs: 61_500, packetLossPercentage: 0.01 },
  });
  assert.equal(
    fieldsOf(chaos("action: loss, loss: { loss: '25', correlation: '10' }"), { compat: true })['netemCompat'],
    true,
  );
});

test('Chaos Mesh: problems of all documents, with the lines of the file', () => {
  const two = `${chaos('action: dely')}---\n${chaos('action: delay, delay: { latency: 90 }')}`;
  assert.equal(problemsOf(two), [
    'spec.action: found "dely", allowed: netem, delay, loss, duplicate, corrupt, partition, bandwidth, rate; did you mean delay? (line 4)',
    'spec.delay.latency: found 90, allowed: a duration, such as 90ms or 1m30s (line 9)',
  ]);
});

test('Chaos Mesh: a schedule is its chaos', () => {
  const schedule = `apiVersion: chaos-mesh.org/v1alpha1
kind: Schedule
metadata: { name: now-and-then }
spec:
  schedule: '*/5 * * * *'
  type: NetworkChaos
  networkChaos: { action: loss, direction: both, loss: { loss: '50' } }
`;
  const result = imported(schedule);
  assert.equal(byId(result), { 'now-and-then': { packetLossPercentage: 0.5 } });
  assert.equal(leftOut(result), ['spec.schedule: */5 * * * *']);
});

test('ATC: down is towards the VM, up its egress; numbers may stand in quotes', () => {
  const result = imported(example('atc.json'));
  assert.is(result.dialect, atc.name);
  assert.equal(byId(result), {
    'edge-lossy': { latencyMs: 400, packetLossPercentage: 0.01, bandwidthKbps: 240 },
    'edge-lossy-egress': { latencyMs: 440, packetLossPercentage: 0.01, bandwidthKbps: 200 },
  });
  assert.equal(result.notes, []);
});

test("ATC: netem's groups are its fields, without wrapping too", () => {
  const block =
    '{ "rate": null, "delay": { "delay": 100, "jitter": 20, "correlation": 10 }, "loss": { "percentage": 2, "correlation": 25 }, "reorder": { "percentage": 5, "correlation": 0, "gap": 8 }, "corruption": { "percentage": 6 }, "iptables_options": ["-p tcp"] }';
  const result = imported(`{ "down": ${block}, "up": {} }`, { name: 'x' });
  assert.equal(byId(result), {
    x: {
      ...{ latencyMs: 100, jitterMs: 20, 'jitter.correlation': 0.1, 'jitter.preserveOrder': false },
      ...{ packetLossPercentage: 0.02, 'loss.correlation': 0.25, 'corrupt.percentage': 0.06 },
      ...{ 'reorder.percentage': 0.05, 'reorder.gap': 8 },
    },
  });
  assert.equal(leftOut(result), ['down.iptables_options: ["-p tcp"]']);
  assert.match(problemsOf('{ "down": { "dealy": {} } }')[0] ?? '', /down\.dealy: .* did you mean delay\?/);
});

test('DevTools: its own presets say the network that they stand for, others what they say', () => {
  const result = imported(example('devtools.json'));
  assert.is(result.dialect, devtools.name);
  // Slow 4G: 1.6 and 0.75 Mbit/s, a round trip of 150 ms; DevTools applies 0.9 of that and 562.5 ms per request.
  assert.equal(byId(result), {
    'slow-4g': { latencyMs: 75, bandwidthKbps: 1600 },
    'slow-4g-egress': { latencyMs: 75, bandwidthKbps: 750 },
    mine: { latencyMs: 40, packetLossPercentage: 0.02, bandwidthKbps: 1000 },
    'mine-egress': { latencyMs: 40, packetLossPercentage: 0.02 },
    offline: { packetLossPercentage: 1 },
    'offline-egress': { packetLossPercentage: 1 },
  });
});

test('DevTools: Slow 3G and Fast 4G, the protocol, and Lighthouse', () => {
  const down = (text: string) => byId(imported(text, { name: 'x' }))['x'];
  assert.equal(down('{ "download": 50000, "upload": 50000, "latency": 2000 }'), {
    latencyMs: 200,
    bandwidthKbps: 500,
  });
  assert.equal(down('{ "download": 1012500, "upload": 168750, "latency": 165 }'), {
    latencyMs: 30,
    bandwidthKbps: 9000,
  });
  const message =
    '{ "method": "Network.emulateNetworkConditions", "params": { "offline": false, "latency": 20, "downloadThroughput": 1e6, "uploadThroughput": -1 } }';
  assert.equal(down(message), { latencyMs: 10, bandwidthKbps: 8000 });
  const lighthouse =
    '{ "rttMs": 150, "throughputKbps": 1638.4, "requestLatencyMs": 562.5, "downloadThroughputKbps": 1474.56, "uploadThroughputKbps": 675, "cpuSlowdownMultiplier": 4 }';
  assert.equal(down(lighthouse), { latencyMs: 75, bandwidthKbps: 1638.4 });
});

test('mahimahi: a trace is named, or written out where it has no name', () => {
  const text = example('link.trace');
  assert.is(imported(text).dialect, mahimahi.name);
  assert.equal(fieldsOf(text, { fileName: 'link.trace' }), { 'bandwidth.trace': 'link.trace' });
  assert.equal(fieldsOf(text), { 'bandwidth.trace': [0, 5, 5, 10] });
  // Four times 1500 bytes in 10 ms.
  assert.match(imported(text).yaml, /4 opportunities in 10 ms, 4800 kbit\/s on average/);
});

test('mahimahi: lines that are none are told', () => {
  assert.equal(problemsOf('5\n\n3\n1.5\nx\n', { from: 'mahimahi' }), [
    'trace: found an empty line, allowed: a whole number of ms (line 2)',
    'trace: found "3", allowed: at least the line before it, 5 (line 3)',
    'trace: found "1.5", allowed: a whole number of ms (line 4)',
    'trace: found "x", allowed: a whole number of ms (line 5)',
  ]);
  assert.match(problemsOf('0\n0\n')[0] ?? '', /a last time above 0/);
});

test('a text that is no dialect is told so, and so is JSON that is none', () => {
  assert.match(problemsOf('hello: world')[0] ?? '', /looks like none of the dialects, allowed: mahimahi, tc/);
  assert.match(problemsOf('')[0] ?? '', /an empty file/);
  assert.match(problemsOf('[{ "type": "latency",\n  "attributes": { ] }')[0] ?? '', /\(line 2\)/);
  assert.match(problemsOf('x', { from: 'toxyproxy' })[0] ?? '', /did you mean toxiproxy\?/);
});

test('names that are none, or taken, become ids', () => {
  const toxic = '"toxics": [{ "type": "latency", "attributes": { "latency": 1 } }]';
  const proxies = `[{ "name": "A B", ${toxic} }, { "name": "a-b", ${toxic} }, { "name": "%", ${toxic} }]`;
  assert.equal(Object.keys(byId(imported(proxies, { fileName: 'x/My Proxies.json' }))), [
    'a-b',
    'a-b-2',
    'my-proxies',
  ]);
  assert.equal(Object.keys(byId(imported(proxies, { name: 'p' }))), ['p-a-b', 'p-a-b-2', 'p']);
});

test('nothing in a file can leave the comments that quote it', () => {
  const toxic =
    '{ "type": "latency", "name": "x\\n  evil: {}\\u2028evil: 1", "attributes": { "latency": 5 } }';
  const { yaml } = imported(toxic, { shownName: 'a\nb: c' });
  assert.equal(
    yaml.split('\n').filter((line) => !line.trim().startsWith('#') && line !== ''),
    ['personalities:', '  imported:', '    latencyMs: 5'],
  );
});

test.run();
