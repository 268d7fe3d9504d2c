import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FolderSource } from '../../../app/top/folder-source.ts';

const HEAD =
  'startNs,endNs,vm,throughputBps,deliveredPackets,deliveredBytes,dropped,backlogBytes,backlogPeakBytes,delayMeanNs,delayMaxNs';
const source = (lines: readonly string[], commands = '') =>
  new FolderSource({
    name: 'web',
    duration: 3e9,
    timeseries: `${[HEAD, ...lines].join('\n')}\n`,
    commands: `atNs,command,subject,effect\n${commands}`,
  });

const LINES = [
  '0,1000000000,one,800,10,100,1,5,9,40,50',
  '0,1000000000,two,0,0,0,0,0,0,,',
  '1000000000,2000000000,one,1600,20,200,2,6,9,41,51',
  '1000000000,2000000000,two,80,1,10,0,0,0,7,7',
];

test('rates are of the interval, counts of the run so far', () => {
  const folder = source(LINES);
  assert.is(folder.length, 2);
  const { at, sections, totals } = folder.look(1);
  assert.is(at, 2e9);
  assert.is(totals, '31 delivered, 3 dropped so far');
  assert.equal(sections[0]?.rows, [
    {
      id: 'one',
      throughputBps: 1600,
      deliveredPackets: 30,
      droppedPackets: 3,
      backlogBytes: 6,
      delays: [41, 51],
    },
    { id: 'two', throughputBps: 80, deliveredPackets: 1, droppedPackets: 0, backlogBytes: 0, delays: [7, 7] },
  ]);
  assert.equal(folder.look(0).sections[0]?.rows[1]?.delays, [null, null]);
});

test('an instant has its interval, and beyond the end the last', () => {
  const folder = source(LINES);
  assert.equal(
    [0, 1, 1e9, 1e9 + 1, 2e9, 9e9].map((at) => folder.indexAt(at)),
    [0, 0, 0, 1, 1, 1],
  );
});

test('commands come when they came; what is quoted is read as it was meant', () => {
  const folder = source(
    LINES,
    '500,assign,one,none -> a\n1500000000,update,a,"latencyMs 1 -> 2, mtu 3 -> 4"\n1600000000,update,a,"says ""x"""\n',
  );
  assert.equal(
    folder.look(0).commands.map(({ effect }) => effect),
    ['none -> a'],
  );
  assert.equal(
    folder.look(1).commands.map(({ effect }) => effect),
    ['none -> a', 'latencyMs 1 -> 2, mtu 3 -> 4', 'says "x"'],
  );
});

test('a run without VMs, or without an interval, has an empty table', () => {
  const folder = source([]);
  assert.is(folder.length, 0);
  assert.equal(folder.look(0).sections[0]?.rows, []);
});

test('what is damaged is named by its line', () => {
  assert.throws(
    () => source(['0,x,one,800,10,100,1,5,9,40,50']),
    /line 2: endNs: found "x", allowed: a number/,
  );
  assert.throws(() => source(['0,1000']), /line 2: .*found ""/);
  assert.throws(
    () => new FolderSource({ name: 'a', duration: 1, timeseries: 'startNs,endNs\n', commands: '' }),
    /line 1: no column vm, throughputBps/,
  );
});

test.run();
