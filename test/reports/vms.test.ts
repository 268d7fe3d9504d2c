import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VmSink } from '../../reports/vms.ts';
import { Fate, Origin, RowFlag } from '../../sim/index.ts';
import { Files, flow, namesOf, tell } from './support.ts';

const names = namesOf([flow()], ['a', 'b "the second", really']);
const probe = { backlogBytes: (vm: number) => vm * 100, backlogPeakBytes: (vm: number) => vm * 300 };

test('a row per VM and interval, of what ended in it', () => {
  const files = new Files();
  const sink = new VmSink(names, files.open);
  tell(sink, [
    { at: 1, size: 1000, sentNs: 0, endNs: 10 },
    { at: 1, size: 500, sentNs: 5, endNs: 25 },
    { at: 1, fate: Fate.queue },
    { at: -1, fate: Fate.noRoute },
  ]);
  sink.interval(0, 1e6, probe);
  sink.interval(1e6, 2e6, probe);
  sink.close();
  assert.is(
    files.text('timeseries.csv'),
    [
      'startNs,endNs,vm,throughputBps,deliveredPackets,deliveredBytes,dropped,backlogBytes,backlogPeakBytes,delayMeanNs,delayMaxNs',
      '0,1000000,a,0,0,0,0,0,0,,',
      '0,1000000,"b ""the second"", really",12000000,2,1500,1,100,300,15,20',
      '1000000,2000000,a,0,0,0,0,0,0,,',
      '1000000,2000000,"b ""the second"", really",0,0,0,0,100,300,,',
      '',
    ].join('\n'),
  );
  assert.ok(files.closed.has('timeseries.csv'));
});

test('the figures are of all intervals, and of what came after the last', () => {
  const sink = new VmSink(names);
  tell(sink, [{ at: 1, size: 1000, sentNs: 0, endNs: 10 }]);
  sink.interval(0, 500, probe);
  tell(sink, [
    { at: 1, size: 1000, sentNs: 0, endNs: 30 },
    {
      at: 0,
      from: 1,
      size: 2000,
      endNs: 5,
      flags: RowFlag.clamped | RowFlag.marked | RowFlag.silent,
      origin: Origin.answer,
    },
    { at: 1, fate: Fate.loss },
    { at: 1, fate: Fate.inFlight },
  ]);
  const [a, b] = sink.figures(1000);
  assert.equal([b!.deliveredPackets, b!.deliveredBytes, b!.dropped, b!.dropReasons.loss], [2, 2000, 1, 1]);
  assert.equal(b!.delay, { mean: 20, max: 30 });
  assert.equal(b!.backlog, { mean: 100, max: 300 });
  // 2,000 bytes in 1,000 ns.
  assert.is(b!.throughput, 16e9);
  assert.is(b!.share, 0.5);
  assert.equal([a!.clampedDelays, a!.marked, a!.damaged, sink.clampedDelays, sink.damaged], [1, 1, 1, 1, 1]);
  assert.is(a!.egress.created.sent, 4);
  assert.is(a!.egress.createdTotal, a!.egress.endedTotal);
  assert.is(b!.egress.created.answer, 1);
});

test('a thousand VMs all have their rows', () => {
  const files = new Files();
  const vms = Array.from({ length: 1000 }, (_, i) => `vm-${i}`);
  const sink = new VmSink(namesOf([], vms), files.open);
  for (let k = 0; k < 5; k++) sink.interval(k * 1e8, (k + 1) * 1e8, probe);
  sink.close();
  const lines = files.text('timeseries.csv').trimEnd().split('\n');
  assert.is(lines.length, 5001);
  assert.is(lines[5000], '400000000,500000000,vm-999,0,0,0,0,99900,299700,,');
});

test.run();
