import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exportTc, tcScript } from '../../../scenarios/index.ts';
import type { Profile } from '../../../sim/index.ts';
import { fieldsOf } from './support.ts';

const commands = (fields: Profile): string[] =>
  exportTc(fields, 'eth0').commands.map((command) => command.replace('tc qdisc add dev eth0 ', ''));
const notes = (fields: Profile): string[] => exportTc(fields, 'eth0').notes.map(({ field }) => field);

test('a line without a rate is a netem that drops nothing by itself', () => {
  assert.equal(commands({ latencyMs: 40, packetLossPercentage: 0.015 }), [
    'root handle 1: netem delay 40ms loss random 1.5% limit 1000000',
  ]);
  assert.equal(notes({ latencyMs: 40, packetLossPercentage: 0.015 }), []);
});

test('jitter that keeps the order needs a rate, too fast to matter', () => {
  const jitter = { latencyMs: 40, jitterMs: 3, 'jitter.distribution': 'normal' };
  const netem = 'root handle 1: netem delay 40ms 3ms distribution normal';
  assert.equal(commands(jitter), [`${netem} rate 400gbit limit 1000000`]);
  assert.equal(commands({ ...jitter, 'jitter.preserveOrder': false }), [`${netem} limit 1000000`]);
});

test('a bucket is tbf below netem, with a queue as long as here', () => {
  // 1.5 x 1250 bytes/ms x 100 ms; a bucket of one MTU, with the Ethernet header that tc measures, too.
  assert.equal(commands({ latencyMs: 40, bandwidthKbps: 10_000 }), [
    'root handle 1: netem delay 40ms limit 1000000',
    'parent 1:1 handle 2: tbf rate 10mbit burst 1514b limit 187500b',
  ]);
  assert.equal(commands({ bandwidthKbps: 64, 'bandwidth.queueBytes': 9000, 'bandwidth.peakKbps': 128 }), [
    'root handle 1: tbf rate 64kbit burst 1514b limit 9000b peakrate 128kbit mtu 1514b',
  ]);
});

test('a bucket holds a packet as it is on the link, and comes back as the default', () => {
  const adsl = { 'bandwidth.overheadBytes': 10, 'bandwidth.cellBytes': 48, 'bandwidth.cellOverheadBytes': 5 };
  const line = { bandwidthKbps: 1000, 'bandwidth.peakKbps': 2000, 'bandwidth.queueBytes': 9000, ...adsl };
  // 1500 + 14 + 10 bytes are 32 cells of 53.
  assert.equal(commands(line), [
    'root handle 1: tbf rate 1mbit burst 1696b limit 9000b peakrate 2mbit mtu 1696b overhead 10 linklayer atm',
  ]);
  assert.equal(fieldsOf(exportTc(line, 'eth0').commands.join('\n')), line);
});

test('a wire is the rate of netem, whose limit counts delayed packets', () => {
  // 12 Mbit/s: 1500 bytes/ms, so 100 packets in the delay; by default 1.5 x 1500 x 200 bytes, 300 packets, wait.
  const wire = { latencyMs: 100, bandwidthKbps: 12_000, 'bandwidth.model': 'serialize' };
  assert.equal(commands(wire), ['root handle 1: netem delay 100ms rate 12mbit limit 400']);
  const atm = { 'bandwidth.overheadBytes': -14, 'bandwidth.cellBytes': 48, 'bandwidth.cellOverheadBytes': 5 };
  assert.equal(commands({ ...wire, ...atm, 'bandwidth.queuePackets': 20 }), [
    'root handle 1: netem delay 100ms rate 12mbit -14 48 5 limit 120',
  ]);
});

test('netem takes 1-h and 1-k; bursts are its gemodel, told by their length its state', () => {
  const ge = {
    'loss.model': 'gilbertElliott',
    'loss.p': 0.01,
    'loss.r': 0.1,
    'loss.h': 0.3,
    'loss.k': 0.999,
  };
  assert.equal(commands(ge), ['root handle 1: netem loss gemodel 1% 10% 70% 0.1% limit 1000000']);
  // r = 1/5, p = 0.2 / (5 x 0.8).
  assert.equal(commands({ 'loss.model': 'burst', packetLossPercentage: 0.2, 'loss.meanBurst': 5 }), [
    'root handle 1: netem loss gemodel 5% 20% 100% 0% limit 1000000',
  ]);
  // Salsano et al.: p31 = 1/(0.5 x 8), p32 = 0.5/(0.5 x 2), p23 = 1/2, p14 = 0, p13 = 0.1/(8 x 0.4).
  const intuitive = {
    packetLossPercentage: 0.1,
    'loss.meanBurst': 8,
    'loss.density': 0.5,
    'loss.meanGoodRun': 2,
  };
  assert.equal(commands({ 'loss.model': 'generalIntuitive', ...intuitive, 'loss.ecn': true }), [
    'root handle 1: netem loss state 3.125% 25% 50% 50% 0% ecn limit 1000000',
  ]);
});

test('each discipline hangs below the bucket', () => {
  const below = (fields: Profile): string | undefined =>
    commands({ bandwidthKbps: 8000, 'bandwidth.queuePackets': 60, ...fields })[1]?.replace(
      'parent 1:1 handle 2: ',
      '',
    );
  assert.is(below({}), 'pfifo limit 60');
  assert.is(below({ 'bandwidth.discipline': 'drophead' }), 'pfifo_head_drop limit 60');
  assert.is(
    below({ 'bandwidth.discipline': 'codel', 'bandwidth.targetMs': 4, 'bandwidth.ecn': true }),
    'codel limit 60 target 4ms ecn',
  );
  // fq_codel marks unless told otherwise, here and there.
  assert.is(
    below({ 'bandwidth.discipline': 'fqCodel', 'bandwidth.flows': 64 }),
    'fq_codel limit 60 flows 64 ecn',
  );
  assert.is(below({ 'bandwidth.discipline': 'fqCodel', 'bandwidth.ecn': false }), 'fq_codel limit 60 noecn');
  assert.is(below({ 'bandwidth.discipline': 'pie', 'bandwidth.updateMs': 30 }), 'pie limit 60 tupdate 30ms');
  assert.is(below({ 'bandwidth.discipline': 'prio', 'bandwidth.bands': 4 }), 'prio bands 4');
});

test('drr spreads flows over classes, by the example of its manual', () => {
  const { commands: lines } = exportTc(
    {
      bandwidthKbps: 8000,
      'bandwidth.discipline': 'drr',
      'bandwidth.flows': 16,
      'bandwidth.quantumBytes': 600,
    },
    'eth0',
  );
  assert.equal(lines.slice(1), [
    'tc qdisc add dev eth0 parent 1:1 handle 2: drr',
    "for i in $(printf '%x ' $(seq 1 16)); do tc class add dev eth0 parent 2: classid 2:$i drr quantum 600b; done",
    'tc filter add dev eth0 parent 2: handle 1 protocol all prio 1 flow hash keys src,dst,proto,proto-src,proto-dst divisor 16 baseclass 2:1',
  ]);
});

test('what tc cannot do is told, field by field', () => {
  const fields = {
    ...{ mtu: 1400, routingProfile: 'Chaotic', 'outage.dropEvery': 1000, 'outage.dropFor': 10 },
    ...{ 'loss.model': 'nth', 'loss.every': 7, 'reorder.percentage': 0.1, 'reorder.holdPackets': 3 },
    ...{ 'corrupt.percentage': 0.1, 'corrupt.bits': 3, 'corrupt.silent': true, 'bandwidth.trace': [1] },
    ...{ jitterMs: 1, 'jitter.correlation': 0.5 },
  };
  assert.equal(notes(fields).sort(), [
    ...['bandwidth.trace', 'corrupt.bits', 'corrupt.silent', 'jitter.correlation', 'loss.model', 'mtu'],
    ...['outage', 'reorder', 'routingProfile'],
  ]);
});

test('a personality that is a netem is one', () => {
  const compat = {
    netemCompat: true,
    latencyMs: 10,
    jitterMs: 2,
    'jitter.correlation': 0.25,
    bandwidthKbps: 1000,
  };
  assert.equal(commands(compat), ['root handle 1: netem delay 10ms 2ms 25% rate 1mbit limit 1000']);
  assert.equal(commands({ ...compat, 'bandwidth.queuePackets': 50 })[0]?.endsWith('limit 50'), true);
});

test('a script says both directions, and runs nothing that a name says', () => {
  const script = tcScript({
    id: 'wan\nrm -rf x',
    fields: { latencyMs: 1 },
    device: 'eth0',
    egress: {},
    egressDevice: 'eth1',
  });
  assert.equal(script.split('\n'), [
    '# wan rm -rf x, as netpersona export --tc writes it',
    '# packets towards the VM: where they leave for it, eth0',
    'tc qdisc add dev eth0 root handle 1: netem delay 1ms limit 1000000',
    '# packets from the VM: where those leave, eth1',
    '# nothing for tc to do',
    '',
  ]);
});

test('red comes back with its thresholds and its weight', () => {
  const red = {
    ...{ bandwidthKbps: 8000, 'bandwidth.discipline': 'red', 'bandwidth.redMin': 5, 'bandwidth.redMax': 15 },
    ...{ 'bandwidth.redWeight': 1 / 64, 'bandwidth.redMaxProbability': 0.1, 'bandwidth.redGentle': false },
    'bandwidth.queueBytes': 90_000,
  };
  assert.equal(fieldsOf(exportTc(red, 'eth0').commands.join('\n')), red);
});

test.run();
