import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { complete, FULL, History, SHORT, WATCHED } from '../../../app/ui/history.ts';
import { type Selection, WHOLE_RUN } from '../../../app/ui/selection.ts';
import { delay, flow, link, look, vm } from './figures.ts';

const MS = 1_000_000;
const server: Selection = { kind: 'vm', id: 'server' };

const totals = (dropped: object) => ({ ...look(1).totals, dropped });

test('a series is one value for each look, at the end of its window', () => {
  const history = new History();
  history.push(
    look(1, { vms: [vm('server', { throughputBps: 4000, backlogBytes: 90, delay: delay(1, 2, 3, 4) })] }),
  );
  history.push(look(2, { vms: [vm('server', { throughputBps: 5000 })] }));
  const { x, y } = history.series(server, 'throughputBps');
  assert.equal([...x], [250 * MS, 500 * MS]);
  assert.equal(y, [4000, 5000]);
  assert.equal(history.series(server, 'backlogBytes').y, [90, 0]);
  // Nothing arrived in the second window: there is no delay, not one of 0.
  assert.equal(history.series(server, 'delay.p95').y, [2, null]);
  assert.equal(history.series(server, 'delay.max').y, [4, null]);
});

test('drops are those of the window, by reason, though the counts are of the whole run', () => {
  const history = new History();
  const dropped = [{ loss: 2 }, { loss: 2 }, { loss: 5, queue: 7 }];
  dropped.forEach((counts, n) => {
    history.push(look(n + 1, { vms: [vm('server', { dropped: counts })], totals: totals(counts) }));
  });
  for (const selection of [server, WHOLE_RUN]) {
    assert.equal(history.series(selection, 'dropped.loss').y, [2, 0, 3]);
    assert.equal(history.series(selection, 'dropped.queue').y, [0, 0, 7]);
    assert.equal(history.series(selection, 'dropped').y, [2, 0, 10]);
    assert.equal(history.reasons(selection), ['loss', 'queue']);
  }
});

test('what was dropped before the page came is in no window', () => {
  const history = new History();
  history.push(look(41, { vms: [vm('server', { dropped: { loss: 1000 } })] }));
  history.push(look(42, { vms: [vm('server', { dropped: { loss: 1001 } })] }));
  assert.equal(history.series(server, 'dropped').y, [0, 1]);
});

test('the run has the sum of its VMs, and the delay of the slowest', () => {
  const history = new History();
  history.push(
    look(1, {
      vms: [
        vm('a', { throughputBps: 10, backlogBytes: 1, delay: delay(5, 6, 7, 90) }),
        vm('b', { throughputBps: 20, backlogBytes: 2, delay: delay(1, 2, 80, 81) }),
        vm('c'),
      ],
    }),
  );
  assert.equal(history.series(WHOLE_RUN, 'throughputBps').y, [30]);
  assert.equal(history.series(WHOLE_RUN, 'backlogBytes').y, [3]);
  assert.equal(
    (['delay.p50', 'delay.p95', 'delay.p99', 'delay.max'] as const).map(
      (field) => history.series(WHOLE_RUN, field).y,
    ),
    [[5], [6], [80], [90]],
  );
});

test('a row that a partial look leaves out has had no traffic, and keeps its counts', () => {
  const history = new History();
  const busy = vm('server', { throughputBps: 9, delay: delay(3), backlogBytes: 70, dropped: { loss: 4 } });
  const talk = flow('talk', { throughputBps: 9, rtt: delay(8), sentPackets: 2 });
  const cable = link('us', 'eu', { loadBps: 9, utilization: 0.5, bytes: 100, dropped: 1 });
  history.push(look(1, { vms: [vm('client'), busy], flows: [talk], links: [cable] }));
  history.push(look(2, { partial: true, vms: [vm('client', { throughputBps: 1 })] }));
  history.push(look(3, { vms: [vm('client'), vm('server', { dropped: { loss: 6 } })] }));
  assert.equal(history.series(server, 'throughputBps').y, [9, 0, 0]);
  assert.equal(history.series(server, 'delay.p50').y, [3, null, null]);
  // A level, not a rate: it would have changed the row.
  assert.equal(history.series(server, 'backlogBytes').y, [70, 70, 0]);
  assert.equal(history.series(server, 'dropped.loss').y, [4, 0, 2]);
});

test('a partial look is completed in the order of the rows before it', () => {
  const before = look(1, {
    vms: [vm('a', { throughputBps: 1, deliveredBytes: 10 }), vm('b', { throughputBps: 2 })],
    flows: [flow('f', { throughputBps: 3, rtt: delay(1), deliveredPackets: 4 })],
    links: [link('x', 'y', { loadBps: 5, utilization: 0.1, bytes: 6 })],
  });
  const b = vm('b', { throughputBps: 7 });
  const whole = complete(before, look(2, { partial: true, vms: [b, vm('new')] }));
  assert.equal(whole.vms, [vm('a', { deliveredBytes: 10 }), b, vm('new')]);
  assert.equal(whole.flows, [flow('f', { deliveredPackets: 4 })]);
  assert.equal(whole.links, [link('x', 'y', { utilization: 0, bytes: 6 })]);
  assert.is(whole.end, 500 * MS);
});

test('a link is both directions, and each of them', () => {
  const history = new History();
  const both = (n: number, there: number, back: number, dropped: number) =>
    history.push(
      look(n, {
        links: [link('us', 'eu', { loadBps: there, dropped }), link('eu', 'us', { loadBps: back })],
      }),
    );
  both(1, 0, 100, 0);
  both(2, 30, 0, 6);
  const selection: Selection = { kind: 'link', from: 'eu', to: 'us' };
  assert.equal(history.series(selection, 'throughputBps').y, [100, 30]);
  assert.equal(history.series(selection, 'dropped').y, [0, 6]);
  assert.equal(history.load('eu', 'us').y, [100, 0]);
  assert.equal(history.load('us', 'eu').y, [0, 30]);
});

test('a look twice, or at the same instant, is one look', () => {
  const history = new History();
  const first = look(1, { vms: [vm('server', { throughputBps: 1 })] });
  history.push(first);
  history.push(first);
  history.push({ ...look(2), start: 250 * MS, end: 250 * MS });
  assert.is(history.looks, 1);
});

test('where looks were missed, the line is broken', () => {
  const history = new History();
  history.push(look(1, { vms: [vm('server', { throughputBps: 1 })] }));
  history.push(look(3, { vms: [vm('server', { throughputBps: 3 })] }));
  history.push(look(20, { vms: [vm('server', { throughputBps: 20 })] }));
  const { x, y } = history.series(server, 'throughputBps');
  // One look is not missed much. From 750 ms to 4,750 ms nothing is known.
  assert.equal([...x], [250 * MS, 750 * MS, 4750 * MS, 5000 * MS]);
  assert.equal(y, [1, 3, null, 20]);
});

test('virtual time that begins again is another run', () => {
  const history = new History();
  for (const n of [1, 2, 3]) history.push(look(n, { vms: [vm('server', { dropped: { loss: 9 } })] }));
  history.push(look(1, { vms: [vm('server', { dropped: { loss: 1 } })] }));
  assert.equal([...history.series(server, 'dropped').x], [250 * MS]);
  assert.equal(history.series(server, 'dropped').y, [1]);
});

const numbered = (n: number, ids: readonly string[]) =>
  look(n, { vms: ids.map((id) => vm(id, { throughputBps: n, dropped: n > 700 ? { loss: n } : {} })) });

test('everything is remembered for a while, what was looked at for longer', () => {
  const history = new History();
  history.watch(server);
  for (let n = 1; n <= 1500; n++) history.push(numbered(n, ['server', 'other']));
  const full = history.series(server, 'throughputBps');
  assert.is(full.y.length, FULL);
  assert.equal([full.y[0], full.y.at(-1)], [301, 1500]);
  assert.equal([full.x[0], full.x.at(-1)], [301 * 250 * MS, 1500 * 250 * MS]);
  // Its first drop came with look 701, and was 701 packets.
  const dropped = history.series(server, 'dropped.loss').y;
  assert.equal([dropped[399], dropped[400], dropped[401]], [0, 701, 1]);

  const other: Selection = { kind: 'vm', id: 'other' };
  const short = history.series(other, 'throughputBps');
  assert.equal([short.y.length, short.y[0], short.x[0]], [SHORT, 1381, 1381 * 250 * MS]);
});

test('a thing that somebody begins to look at keeps what is known of it', () => {
  const history = new History();
  for (let n = 1; n <= 200; n++) history.push(numbered(n, ['server']));
  history.watch(server);
  for (let n = 201; n <= 300; n++) history.push(numbered(n, ['server']));
  const { y } = history.series(server, 'throughputBps');
  // 81 … 200 were known, 201 … 300 came.
  assert.equal([y.length, y[0], y[119], y.at(-1)], [220, 81, 200, 300]);
});

test('what was looked at longest ago is remembered for a while again', () => {
  const history = new History();
  const ids = Array.from({ length: WATCHED + 1 }, (_, n) => `vm${n}`);
  history.watch({ kind: 'vm', id: 'vm0' });
  for (let n = 1; n <= 400; n++) history.push(numbered(n, ids));
  assert.is(history.series({ kind: 'vm', id: 'vm0' }, 'throughputBps').y.length, 400);
  for (const id of ids) history.watch({ kind: 'vm', id });
  const { y } = history.series({ kind: 'vm', id: 'vm0' }, 'throughputBps');
  assert.equal([y.length, y[0], y.at(-1)], [SHORT, 281, 400]);
});

test('a VM without any traffic is at rest, and known to be', () => {
  const history = new History();
  for (const n of [1, 2]) history.push(look(n, { vms: [vm('server')] }));
  assert.equal(history.series(server, 'throughputBps').y, [0, 0]);
  assert.equal(history.series(server, 'delay.p50').y, [null, null]);
  assert.equal(history.reasons(server), []);
});

test.run();
