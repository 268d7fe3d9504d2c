import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  readCount,
  readPercent,
  readRate,
  readSize,
  readTime,
} from '../../../scenarios/dialects/tc-units.ts';
import { byId, example, fieldsOf, imported, leftOut, problemsOf } from './support.ts';

test("tc's units are not ours: kbps are kilobytes, kb has 1,024 of them, bare times are microseconds", () => {
  // tc(8), PARAMETERS. In kbit/s, bytes, ms.
  assert.equal(['1mbit', '1mbps', '1mibit', '1Kibps', '1gbit', '8000', '2.5kbit'].map(readRate), [
    ...[1000, 8000, 1048.576, 8.192, 1_000_000, 8, 2.5],
  ]);
  assert.equal(['1500', '10kb', '10k', '32kbit', '1mb', '1Mbit', '1.5k', '100b'].map(readSize), [
    ...[1500, 10240, 10240, 4096, 1_048_576, 131_072, 1536, 100],
  ]);
  assert.equal(['100ms', '1s', '1.5secs', '250us', '250', '5usec', '1000ns'].map(readTime), [
    ...[100, 1000, 1500, 0.25, 0.25, 0.005, 0.001],
  ]);
  assert.equal(['1%', '1', '0.07%', '100%', '1e-3%'].map(readPercent), [0.01, 0.01, 0.0007, 1, 0.00001]);
  assert.equal(['1000', '10240p'].map(readCount), [1000, 10240]);
});

test('what is no amount of the kind is none', () => {
  assert.equal(['10zbit', '10kb', '', 'ten', '-1mbit', '1e999'].map(readRate), Array(6).fill(null));
  assert.equal(['10ms', '-5', 'b'].map(readSize), Array(3).fill(null));
  assert.equal(['10m', '10kbit', '-1ms'].map(readTime), Array(3).fill(null));
  assert.equal(['101%', '-1%', '1%%', '0.1p'].map(readPercent), Array(4).fill(null));
  assert.is(readCount('1.5'), null);
});

test('every option of netem has its fields', () => {
  const all =
    'netem delay 100ms 10ms 25% distribution normal loss random 1% 20% duplicate 2% 30% corrupt 0.5% 10% reorder 25% 50% gap 5 ecn rate 5kbit 20 100 5 slot 1ms 5ms packets 10 bytes 3k';
  assert.equal(fieldsOf(all), {
    latencyMs: 100,
    jitterMs: 10,
    'jitter.correlation': 0.25,
    'jitter.distribution': 'normal',
    packetLossPercentage: 0.01,
    'loss.correlation': 0.2,
    'loss.ecn': true,
    duplicatePacketPercentage: 0.02,
    'duplicate.correlation': 0.3,
    'corrupt.percentage': 0.005,
    'corrupt.correlation': 0.1,
    'reorder.percentage': 0.25,
    'reorder.correlation': 0.5,
    'reorder.gap': 5,
    bandwidthKbps: 5,
    'bandwidth.model': 'serialize',
    'bandwidth.overheadBytes': 20,
    'bandwidth.cellBytes': 100,
    'bandwidth.cellOverheadBytes': 5,
    'bandwidth.slotMinMs': 1,
    'bandwidth.slotMaxMs': 5,
    'bandwidth.slotPackets': 10,
    'bandwidth.slotBytes': 3072,
  });
});

test('gemodel takes 1-h and 1-k; what is not given is as in tc', () => {
  // tc-netem(8): r = 1 - p, 1-h = 100 %, 1-k = 0.
  const model = { 'loss.model': 'gilbertElliott' };
  assert.equal(fieldsOf('netem loss gemodel 1%'), {
    ...model,
    'loss.p': 0.01,
    'loss.r': 0.99,
    'loss.h': 0,
    'loss.k': 1,
  });
  assert.equal(fieldsOf('netem loss gemodel 1% 10% 70% 0.1%'), {
    ...model,
    ...{ 'loss.p': 0.01, 'loss.r': 0.1, 'loss.h': 0.3, 'loss.k': 0.999 },
  });
});

test('state takes p13 p31 p32 p23 p14; what is not given is as in tc', () => {
  const model = { 'loss.model': 'markov4' };
  const chances = (p13: number, p31: number, p32: number, p23: number, p14: number) => ({
    ...model,
    ...{ 'loss.p13': p13, 'loss.p31': p31, 'loss.p32': p32, 'loss.p23': p23, 'loss.p14': p14 },
  });
  assert.equal(fieldsOf('netem loss state 1%'), chances(0.01, 0.99, 0, 1, 0));
  assert.equal(fieldsOf('netem loss state 1% 50% 10% 80% 0.1%'), chances(0.01, 0.5, 0.1, 0.8, 0.001));
});

test('jitter reorders in netem, but not with a rate', () => {
  assert.is(fieldsOf('netem delay 100ms 10ms')['jitter.preserveOrder'], false);
  assert.is(fieldsOf('netem delay 100ms 10ms rate 1mbit')['jitter.preserveOrder'], undefined);
  // A rate beyond every link keeps the order, and limits nothing.
  assert.equal(fieldsOf('netem delay 100ms 10ms rate 400gbit'), { latencyMs: 100, jitterMs: 10 });
});

test('names may be cut short, as tc takes them, and stand in any order', () => {
  const fields = { latencyMs: 10, jitterMs: 2, 'jitter.distribution': 'pareto', packetLossPercentage: 0.01 };
  assert.equal(fieldsOf('netem dist pareto lo 1% lat 10ms 2ms rate 400gbit'), fields);
});

test("netem's limit counts delayed packets: they are taken off", () => {
  // 12 Mbit/s carry 1000 packets of 1500 bytes a second: 100 of them are in a delay of 100 ms.
  assert.is(fieldsOf('netem delay 100ms rate 12mbit limit 1000')['bandwidth.queuePackets'], 900);
  assert.is(fieldsOf('netem rate 12mbit limit 50')['bandwidth.queuePackets'], 50);
  assert.is(fieldsOf('netem delay 1s rate 12mbit limit 100')['bandwidth.queuePackets'], 1);
  assert.equal(leftOut(imported('netem delay 100ms limit 50')), ['limit 50']);
  // Without one, netem drops at 1000 packets, which nobody asked for.
  assert.equal(fieldsOf('netem rate 12mbit'), { bandwidthKbps: 12000, 'bandwidth.model': 'serialize' });
});

test('a token bucket: latency is a limit in other words', () => {
  // tc-tbf(8): limit = rate x latency + burst = 125 bytes/ms x 400 ms + 4096.
  assert.equal(fieldsOf('tbf rate 1mbit burst 32kbit latency 400ms'), {
    ...{ bandwidthKbps: 1000, 'bandwidth.burstBytes': 4096, 'bandwidth.queueBytes': 54_096 },
  });
  assert.equal(fieldsOf('tbf rate 1mbps burst 10kb/8 limit 30kb peakrate 2mbps mtu 1500'), {
    ...{ bandwidthKbps: 8000, 'bandwidth.burstBytes': 10_240, 'bandwidth.queueBytes': 30_720 },
    'bandwidth.peakKbps': 16_000,
  });
  assert.equal(fieldsOf('tbf rate 1mbit burst 2kb limit 9000 overhead 10 linklayer adsl'), {
    ...{ bandwidthKbps: 1000, 'bandwidth.burstBytes': 2048, 'bandwidth.queueBytes': 9000 },
    ...{ 'bandwidth.overheadBytes': 10, 'bandwidth.cellBytes': 48, 'bandwidth.cellOverheadBytes': 5 },
  });
});

test('a script with variables, comments and continued lines is one personality', () => {
  const result = imported(example('wan.sh'), { fileName: 'wan.sh' });
  assert.is(result.dialect, 'tc');
  assert.equal(byId(result), {
    wan: {
      ...{ latencyMs: 40, jitterMs: 5, 'jitter.correlation': 0.25, 'jitter.distribution': 'normal' },
      ...{ 'loss.model': 'gilbertElliott', 'loss.p': 0.01, 'loss.r': 0.1, 'loss.h': 0.3, 'loss.k': 0.999 },
      ...{ 'jitter.preserveOrder': false, bandwidthKbps: 10_000, 'bandwidth.burstBytes': 4096 },
      ...{ 'bandwidth.discipline': 'fqCodel', 'bandwidth.queuePackets': 300 },
      ...{ 'bandwidth.targetMs': 10, 'bandwidth.ecn': false },
    },
  });
});

test('what tc qdisc show prints is read, too', () => {
  const shown =
    'qdisc netem 8001: dev eth0 root refcnt 2 limit 1000 delay 100ms  10ms 25% loss gemodel p 1% r 10% 1-h 100% 1-k 0% rate 1Mbit packetoverhead 20 cellsize 48 celloverhead 5\n Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0)\n backlog 0b 0p requeues 0\n';
  assert.equal(fieldsOf(shown), {
    ...{ latencyMs: 100, jitterMs: 10, 'jitter.correlation': 0.25 },
    ...{ 'loss.model': 'gilbertElliott', 'loss.p': 0.01, 'loss.r': 0.1, 'loss.h': 0, 'loss.k': 1 },
    ...{ bandwidthKbps: 1000, 'bandwidth.model': 'serialize', 'bandwidth.overheadBytes': 20 },
    // 125 bytes/ms x 110 ms are 13,750 bytes: ten packets in the delay.
    ...{ 'bandwidth.cellBytes': 48, 'bandwidth.cellOverheadBytes': 5, 'bandwidth.queuePackets': 990 },
  });
});

test('disciplines in a row: delays sum up, losses combine, the lower rate holds', () => {
  const chain = `tc qdisc add dev eth0 root handle 1: netem delay 50ms loss 10% rate 1mbit
tc qdisc add dev eth0 parent 1: handle 2: netem delay 100ms loss 50%
tc qdisc add dev eth0 parent 2: handle 3: tbf rate 500kbit burst 3000 limit 6000`;
  const { latencyMs, packetLossPercentage, bandwidthKbps } = fieldsOf(chain) as Record<string, number>;
  // Of ten packets nine pass the first, half of them the second.
  assert.equal([latencyMs, packetLossPercentage, bandwidthKbps], [150, 0.55, 500]);
});

test('change and replace take the place of what was there, del and show say nothing', () => {
  const script = `tc qdisc del dev eth0 root
tc qdisc add dev eth0 root netem delay 50ms
tc qdisc change dev eth0 root netem delay 70ms loss 1%
tc qdisc show dev eth0`;
  assert.equal(fieldsOf(script), { latencyMs: 70, packetLossPercentage: 0.01 });
});

test('several devices, and several ends of one, are personalities of their own', () => {
  const devices =
    'tc qdisc add dev eth0 root netem delay 10ms\ntc qdisc add dev ifb0 root netem delay 20ms\n';
  assert.equal(byId(imported(devices, { name: 'line' })), {
    line: { latencyMs: 10 },
    'line-ifb0': { latencyMs: 20 },
  });
  const bands = `tc qdisc add dev eth0 root handle 1: prio
tc qdisc add dev eth0 parent 1:1 handle 10: netem delay 10ms
tc qdisc add dev eth0 parent 1:2 handle 20: netem delay 20ms
tc filter add dev eth0 parent 1: protocol ip u32 match ip dst 10.0.0.1 flowid 1:2`;
  const result = imported(bands, { name: 'line' });
  assert.equal(Object.values(byId(result)), [{ latencyMs: 10 }, { latencyMs: 20 }]);
  assert.ok(leftOut(result).some((words) => words.startsWith('tc filter add')));
});

test('a class of htb shapes what hangs below it', () => {
  const script = `tc qdisc add dev eth0 root handle 1: htb default 10
tc class add dev eth0 parent 1: classid 1:10 htb rate 5mbit burst 15k
tc qdisc add dev eth0 parent 1:10 handle 10: netem delay 50ms`;
  assert.equal(fieldsOf(script), { latencyMs: 50, bandwidthKbps: 5000 });
});

test('the queues below a bucket take the place of its own', () => {
  const below = (queue: string) => {
    const root = 'tc qdisc add dev eth0 root handle 1: tbf rate 8mbit burst 3000 limit 60000';
    const {
      bandwidthKbps,
      'bandwidth.burstBytes': burst,
      ...rest
    } = fieldsOf(`${root}\ntc qdisc add dev eth0 parent 1: handle 2: ${queue}`);
    assert.equal([bandwidthKbps, burst], [8000, 3000]);
    return rest;
  };
  assert.equal(below('codel limit 60 target 4ms interval 80ms ecn'), {
    ...{ 'bandwidth.discipline': 'codel', 'bandwidth.queuePackets': 60, 'bandwidth.targetMs': 4 },
    ...{ 'bandwidth.intervalMs': 80, 'bandwidth.ecn': true },
  });
  assert.equal(below('fq_codel flows 64 quantum 300 memory_limit 32Mb drop_batch 64'), {
    ...{ 'bandwidth.discipline': 'fqCodel', 'bandwidth.flows': 64, 'bandwidth.quantumBytes': 300 },
  });
  assert.equal(below('pie limit 50 target 20ms tupdate 30ms alpha 2 beta 20 ecn'), {
    ...{ 'bandwidth.discipline': 'pie', 'bandwidth.queuePackets': 50, 'bandwidth.targetMs': 20 },
    ...{ 'bandwidth.updateMs': 30, 'bandwidth.ecn': true },
  });
  assert.equal(below('pfifo limit 7'), { 'bandwidth.queuePackets': 7 });
  assert.equal(below('bfifo limit 7k'), { 'bandwidth.queueBytes': 7168 });
  assert.equal(below('pfifo_head_drop limit 7'), {
    ...{ 'bandwidth.discipline': 'drophead', 'bandwidth.queuePackets': 7 },
  });
  assert.equal(below('prio bands 4'), { 'bandwidth.discipline': 'prio', 'bandwidth.bands': 4 });
});

test('red counts in bytes and takes its weight from a burst', () => {
  const red = `tc qdisc add dev eth0 root handle 1: tbf rate 8mbit burst 3000 limit 60000
tc qdisc add dev eth0 parent 1: red limit 90000 min 5000 max 15000 avpkt 1000 burst 20 probability 0.1 ecn`;
  // tc/tc_red.c: the largest W = 2^-n with burst + 1 - min/avpkt <= (1 - (1-W)^burst) / W. Here 16:
  // (1 - (31/32)^20) * 32 = 15.04 is too little, (1 - (63/64)^20) * 64 = 17.29 is not.
  assert.equal(fieldsOf(red), {
    ...{ bandwidthKbps: 8000, 'bandwidth.burstBytes': 3000, 'bandwidth.queueBytes': 90_000 },
    ...{
      'bandwidth.discipline': 'red',
      'bandwidth.redGentle': false,
      'bandwidth.redMin': 5,
      'bandwidth.redMax': 15,
    },
    ...{ 'bandwidth.redWeight': 1 / 64, 'bandwidth.redMaxProbability': 0.1, 'bandwidth.ecn': true },
  });
});

test('--compat leaves netem its own formulas, and its limit', () => {
  const text = 'netem delay 100ms 10ms 25% loss 10% 25% limit 100';
  assert.equal(fieldsOf(text, { compat: true }), {
    ...{ latencyMs: 100, jitterMs: 10, 'jitter.correlation': 0.25, packetLossPercentage: 0.1 },
    ...{ 'loss.correlation': 0.25, 'bandwidth.queuePackets': 100, netemCompat: true },
  });
  assert.equal(imported(text, { compat: true }).notes, []);
  const exact = imported(text).notes.filter(({ words }) => words === 'loss 10% 25%');
  assert.match(exact[0]?.why ?? '', /--compat/);
  // netem alone: a bucket of its own has other formulas.
  const chain = `tc qdisc add dev eth0 root handle 1: ${text}\ntc qdisc add dev eth0 parent 1: tbf rate 1mbit burst 2k limit 9k`;
  assert.is(fieldsOf(chain, { compat: true })['netemCompat'], undefined);
});

test('what is interpreted or left out is told with its words and its line', () => {
  const { notes } = imported(
    '# a line\nnetem delay 5000 seed 7\ntc qdisc add dev eth1 root sfq perturb 10\n',
  );
  const told = notes.map(({ kind, words, line }) => [kind, words, line]);
  assert.equal(told, [
    ['left out', 'tc qdisc add dev eth1 root sfq perturb 10', 3],
    ['interpreted', 'delay 5000', 2],
    ['left out', 'seed 7', 2],
  ]);
});

test('everything that is wrong is told at once, with the nearest name', () => {
  assert.equal(
    problemsOf(`tc qdisc add dev eth0 root netem dealy 100ms loss 120% rate 10zbit
tc qdisc ad dev eth0 root netem
tc qdisc add dev eth1 root nettem delay 1ms
netm delay 5ms
tbf burst 3000 limit 5000`).map((line) => line.replace(/allowed: .*?(; |(?=\(line))/, '')),
    [
      'tc qdisc: found "ad", did you mean add? (line 2)',
      'tc qdisc: found "nettem", did you mean netem? (line 3)',
      'line: found "netm delay 5ms", did you mean netem? (line 4)',
      'netem: found "dealy", did you mean delay? (line 1)',
      'netem.loss: found "120%", (line 1)',
      'netem.rate: found "10zbit", (line 1)',
      'tbf.rate: found nothing, (line 5)',
    ],
  );
});

test('what tc refuses is refused', () => {
  const found = (text: string): string => problemsOf(text)[0]?.split(', allowed')[0] ?? '';
  assert.is(found('netem reorder 25%'), 'netem.reorder: found reorder without a delay');
  assert.is(found('netem delay 10ms gap 5'), 'netem.gap: found gap 5 without reorder');
  assert.is(found('netem delay 10ms ecn'), 'netem.ecn: found ecn without loss');
  assert.is(
    found('netem delay 10ms distribution normal'),
    'netem.distribution: found distribution without jitter',
  );
  assert.is(found('netem loss 1% loss 2%'), 'netem.loss: found loss');
  assert.is(found('netem rate 50%'), 'netem.rate: found "50%"');
  assert.is(found('tbf rate 1mbit burst 2000'), 'tbf.limit: found nothing');
  assert.is(
    found('tbf rate 1mbit burst 2000 limit 5000 peakrate 2mbit'),
    'tbf.mtu: found peakrate without mtu',
  );
  assert.is(found('netem delay'), 'netem.delay: found nothing');
});

test('handles that go in circles, are taken twice, or are very many, are answered', () => {
  const line = (parent: string, handle: string) =>
    `tc qdisc add dev eth0 parent ${parent} handle ${handle} netem delay 1ms`;
  assert.match(
    problemsOf(`${line('2:', '1:')}\n${line('1:', '2:')}`)[0] ?? '',
    /nothing that can be carried over/,
  );
  // Two disciplines below each of the ones before, all with the handles of their neighbours: no more than there are.
  const layers = Array.from(
    { length: 40 },
    (_, n) => `${line(`${n}:1`, `${n + 1}:`)}\n${line(`${n}:2`, `${n + 1}:`)}`,
  );
  assert.is(imported(layers.join('\n')).personalities.length, 1);
  const many = Array.from({ length: 1001 }, (_, n) => `tc qdisc add dev eth${n} root netem delay 1ms`);
  assert.match(
    problemsOf(many.join('\n'))[0] ?? '',
    /found more than 1000 disciplines, allowed: at most 1000/,
  );
});

test('what is beyond the format is told with what it allows', () => {
  assert.match(
    problemsOf('netem delay 2000000ms 7200s')[0] ?? '',
    /jitterMs: found 7200000, allowed: .*3600000/,
  );
  assert.match(problemsOf('netem rate 1mbit 0 48 -5')[0] ?? '', /cellOverheadBytes: found -5/);
});

test.run();
