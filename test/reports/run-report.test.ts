import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FateTrail, firstDifference } from '../../reports/compare.ts';
import { RunReport } from '../../reports/run-report.ts';
import type { RunFacts } from '../../reports/summary.ts';
import { terminalReport } from '../../reports/terminal.ts';
import type { Expectation } from '../../scenarios/format/expect.ts';
import { type EndedPackets, Fate, Sample } from '../../sim/index.ts';
import { chunkOf, Files, flow, namesOf, type Row, tell } from './support.ts';

const names = namesOf([flow(), flow({ id: 'pings', kind: 'ping', transactional: true })]);
const facts: RunFacts = {
  name: 'a test, "quoted"',
  seed: '42',
  version: '0.1.0',
  partial: false,
  duration: 1e9,
  born: 5000,
  personalities: [{ id: 'wan', values: { mtu: 1500, latencyMs: 40 }, vms: ['a'] }],
  queues: [{ at: 'a', bytes: 75_000, packets: null }],
};
const expectations: Expectation[] = [
  {
    subject: { kind: 'flow', id: 'stream' },
    metric: 'loss',
    unit: 'share',
    limit: { op: 'atMost', value: 0.005 },
    path: 'expect[0]',
    text: 'stream loss at most 0.005',
  },
];

/** 5,000 packets of 1,000 bytes, 0.1 ms apart, 40 ms on the way, each 100th lost. */
function chunks(): EndedPackets[] {
  const rows = Array.from({ length: 5000 }, (_, seq): Row => {
    const fate = seq % 100 === 0 ? Fate.loss : Fate.delivered;
    return { id: seq + 1, seq, sentNs: seq * 1e5, endNs: seq * 1e5 + (fate === Fate.loss ? 0 : 40e6), fate };
  });
  return Array.from({ length: 5 }, (_, k) => chunkOf(rows.slice(k * 1000, (k + 1) * 1000)));
}

function run(files?: Files) {
  const report = new RunReport({ names, expectations, ...(files && { open: files.open, packets: true }) });
  for (const chunk of chunks()) report.ended(chunk);
  report.sample(Sample.asked, 1, 0, 0);
  report.command({ at: 5e6, command: 'update', subject: 'wan', effect: 'latencyMs 40 -> 90, "now"' });
  report.interval(0, 1e9, { backlogBytes: () => 0, backlogPeakBytes: () => 0 });
  return report.finish(facts);
}

test('a run in figures', () => {
  const { flows, totals, conservation, digest } = run();
  assert.equal([flows[0]!.sent, flows[0]!.delivered, flows[0]!.loss], [5000, 4950, 0.01]);
  assert.equal([totals.delivered, totals.dropReasons.loss, conservation.closes], [4950, 50, true]);
  assert.match(digest, /^[0-9a-f]{64}$/);
});

test('sums that do not close are said', () => {
  const report = new RunReport({ names });
  for (const chunk of chunks()) report.ended(chunk);
  const summary = report.finish({ ...facts, born: 5001 });
  assert.not(summary.conservation.closes);
  assert.match(terminalReport(summary, { colour: false, width: 80 }), '✗ the sums do not close');
});

test('all files are written, closed and end with a newline', () => {
  const files = new Files();
  run(files);
  const expected = ['timeseries.csv', 'packets.csv', 'flows.csv', 'commands.csv', 'summary.json'];
  assert.equal([...files.bytes.keys()], expected);
  assert.equal(files.closed.size, expected.length);
  for (const file of expected) assert.ok(files.text(file).endsWith('\n'), file);
});

test('the files have the same bytes each time', () => {
  const [one, other] = [new Files(), new Files()];
  run(one);
  run(other);
  for (const file of one.bytes.keys()) assert.is(one.text(file), other.text(file));
});

test('without a place for files, the summary is the same', () => {
  assert.equal(run(), run(new Files()));
});

test('flows.csv and commands.csv', () => {
  const files = new Files();
  run(files);
  const [head, first, second] = files.text('flows.csv').split('\n');
  assert.is(head!.split(',').length, first!.split(',').length);
  assert.ok(first!.startsWith('stream,cbr,a,b,5000,4950,50,0,0.01,0,0,'));
  // 1,000 bytes each 0.1 ms, 1 % lost: 79.2 Mbit/s.
  assert.match(first!, ',79200000,40000000,40000000,');
  assert.ok(second!.startsWith('pings,ping,a,b,1,0,0,1,,0,0,'));
  const cells = Object.fromEntries(head!.split(',').map((name, i) => [name, first!.split(',')[i]]));
  // 50 losses, each 100th, from 0 to 4,900: 49 distances of 100. Nothing varies, comes twice or out of order.
  const figures = [
    'pdvMaxNs',
    'ipdvP99Ns',
    'burstCount',
    'lossDistanceMin',
    'lossDistanceMean',
    'noticeableLoss',
  ];
  assert.equal(
    figures.map((name) => cells[name]),
    ['0', '0', '50', '100', '100', '0'],
  );
  assert.equal(
    [cells['duplicationFraction'], cells['reorderingRatio'], cells['reorderingN3']],
    ['0', '0', '0'],
  );
  assert.ok(head!.endsWith(',reorderingBeyondMemory'));
  assert.is(
    files.text('commands.csv'),
    'atNs,command,subject,effect\n5000000,update,wan,"latencyMs 40 -> 90, ""now"""\n',
  );
});

test('the tables have a header even when nothing happened', () => {
  const files = new Files();
  new RunReport({ names: namesOf([]), open: files.open }).finish({ ...facts, born: 0 });
  assert.is(files.text('commands.csv'), 'atNs,command,subject,effect\n');
  assert.ok(files.text('flows.csv').startsWith('flow,kind,from,to,sent,'));
});

test('summary.json: keys of what is handed in are in order', () => {
  const files = new Files();
  run(files);
  const text = files.text('summary.json');
  assert.ok(text.startsWith('{\n  "name": "a test, \\"quoted\\"",\n  "seed": "42",\n'));
  assert.ok(text.indexOf('"latencyMs": 40') < text.indexOf('"mtu": 1500'));
  const parsed = JSON.parse(text);
  const { pdvNs, ipdvQuantilesNs, lossDistance, burstDistance, noticeableLoss, duplication, reordering } =
    parsed.flows[0];
  const still = { p50: 0, p95: 0, p99: 0, p999: 0, max: 0 };
  assert.equal([pdvNs, ipdvQuantilesNs], [still, still]);
  assert.equal(
    [lossDistance, burstDistance, noticeableLoss],
    [{ min: 100, mean: 100 }, { min: 100, mean: 100 }, 0],
  );
  assert.equal(duplication, { fraction: 0, replicated: 0 });
  assert.equal(reordering, {
    ratio: 0,
    extent: { mean: 0, max: 0 },
    lateTimeNs: { mean: 0, max: 0 },
    n1: 0,
    n2: 0,
    n3: 0,
    beyondMemory: 0,
  });
  assert.equal(parsed.expectations, [
    {
      path: 'expect[0]',
      expected: 'stream loss at most 0.005',
      value: 0.01,
      holds: false,
      text: 'stream loss at most 0.005: but it is 0.01',
      confidence: 'fail',
      // The binomial tails summed term by term, 50 of 5,000: 0.5 % beyond 0.00674312 and 0.01422288.
      evidence: { n: 5000, worth: 5000, interval: [0.006743, 0.014223], needed: null },
      doubt: null,
    },
  ]);
});

test('the terminal text of a run', () => {
  const summary = { ...run(), digest: 'd1ge57' };
  assert.is(
    terminalReport(summary, { colour: false, width: 80, command: 'netpersona run a.yaml' }),
    `a test, "quoted": seed 42, 1s of virtual time, netpersona 0.1.0

flow     sent  delivered  loss          p50   p99  jitter     goodput
stream  5,000      4,950    1%  delay  40ms  40ms     0ns  79.2Mbit/s
pings       1          0     -    rtt     -     -       -           -

packets      5,000 = 5,000 sent
                   = 4,950 delivered + 50 dropped ✓
dropped      loss 50

✗ stream loss at most 0.005: but it is 0.01

digest       d1ge57
again        netpersona run a.yaml
`,
  );
});

test('a narrow terminal drops columns, and no line is longer than it is wide', () => {
  const summary = run();
  for (const width of [40, 60, 80, 120]) {
    const lines = terminalReport(summary, { colour: false, width }).split('\n').slice(2, 5);
    for (const line of lines) assert.ok(line.length <= width, `${width}: ${line}`);
  }
});

test('colours only when asked', () => {
  assert.not.match(terminalReport(run(), { colour: false, width: 80 }), '\u001b');
  assert.match(terminalReport(run(), { colour: true, width: 80 }), '\u001b[31m✗\u001b[39m');
});

test('of a thousand flows those that lost the most are shown', () => {
  const flows = Array.from({ length: 1000 }, (_, i) => flow({ id: `f${i}` }));
  const report = new RunReport({ names: namesOf(flows) });
  const summary = report.finish({ ...facts, born: 0 });
  const lossy = summary.flows.map((one, i) => ({ ...one, loss: i === 700 ? 0.5 : 0 }));
  const text = terminalReport({ ...summary, flows: lossy }, { colour: false, width: 80 });
  assert.match(text, 'f700');
  assert.match(text, 'and 980 more flows');
  assert.not.match(text, 'f20 ');
});

const trail = (rows: readonly Row[], options?: ConstructorParameters<typeof FateTrail>[0]): FateTrail => {
  const made = new FateTrail(options);
  tell(made, rows, 1000);
  made.finish();
  return made;
};

const many = (count: number, change: (row: Row, index: number) => Row = (row) => row): Row[] =>
  Array.from({ length: count }, (_, i) =>
    change({ id: i + 1, seq: i, sentNs: i * 1000, endNs: i * 1000 + 5e6 }, i),
  );

test('two equal runs leave the same trail', () => {
  const first = trail(many(10_000));
  assert.is(trail(many(10_000), { follow: first }).firstDifferentBlock, -1);
});

test('the first difference is named, with both versions', () => {
  const changed = many(10_000, (row, i) => (i >= 9000 ? { ...row, fate: Fate.queue } : row));
  const second = trail(changed, { follow: trail(many(10_000)) });
  assert.is(second.firstDifferentBlock, 2);
  const third = trail(many(10_000), { keep: 2 });
  assert.is(
    firstDifference(2, third, second, names),
    [
      'the runs differ from packet end 9001 on (fate):',
      '  first:  packet 9001 (stream 9000, a -> b, 1000 bytes), sent at 0.009s, delivered at 0.014s',
      '  second: packet 9001 (stream 9000, a -> b, 1000 bytes), sent at 0.009s, queue at 0.014s',
    ]
      .join('\n')
      .replaceAll('0.009s', '9ms')
      .replaceAll('0.014s', '14ms'),
  );
});

test('a run that stops early differs where it stops', () => {
  for (const count of [4096, 5000]) {
    const first = trail(many(10_000));
    const second = trail(many(count), { follow: first });
    assert.is(second.firstDifferentBlock, 1);
    const third = trail(many(10_000), { keep: 1 });
    assert.match(firstDifference(1, third, second, names)!, `from packet end ${count + 1} on`);
    assert.match(firstDifference(1, third, second, names)!, 'second: no more packets');
  }
});

test('equal blocks have no difference', () => {
  const keep = () => trail(many(100), { keep: 0 });
  assert.is(firstDifference(0, keep(), keep(), names), undefined);
});

test.run();
