import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FlowSink } from '../../reports/flows.ts';
import { Fate, type FlowInfo, Origin, RowFlag, Sample } from '../../sim/index.ts';
import { ends, flow, namesOf, type Row, tell } from './support.ts';

const MS = 1e6;

function figures(rows: readonly Row[], info: Partial<FlowInfo> = {}) {
  const sink = new FlowSink(namesOf([flow(info)]));
  tell(sink, rows);
  return sink.reports()[0]!;
}

/** Delays in ms of packets sent `every` ms apart; null: lost. They end in the order of sending. */
const delays = (list: readonly (number | null)[], every = 20): Row[] =>
  list.map((delay, seq) => ({
    seq,
    sentNs: seq * every * MS,
    endNs: (seq * every + (delay ?? 0)) * MS,
    fate: delay === null ? Fate.loss : Fate.delivered,
  }));

test('what is in flight is neither delivered nor lost (RFC 7680)', () => {
  const { sent, delivered, lost, inFlight, loss } = figures(ends('a.bcd?e'));
  assert.equal(
    { sent, delivered, lost, inFlight, loss },
    { sent: 5, delivered: 3, lost: 1, inFlight: 1, loss: 0.25 },
  );
});

test('a packet that arrives after a later one is reordered: RFC 4737, 7.1, table 2', () => {
  // Arrival order 1 2 3 5 6 7 8 4 9 10: only 4 is below NextExp.
  assert.is(figures(ends('abcefghdij')).reordered, 1);
});

test('late packets are reordered one by one: RFC 4737, 7.2 (7 8 5 6 9)', () => {
  assert.is(figures(ends('abcdghefi')).reordered, 2);
});

test('a loss does not reorder', () => {
  assert.is(figures(ends('.bacd')).reordered, 0);
});

test('loss runs follow the order of sending, not of ending (RFC 3357)', () => {
  // RFC 3357, 5: received 1 2 5 6 8 9 10 of ten with 3, 4 and 7 lost: periods of length 2 and 1.
  const { burst } = figures(ends('.c.d.gabefhij'));
  assert.equal(burst, { mean: 1.5, max: 2 });
});

test('a run of losses at the end counts', () => {
  assert.equal(figures(ends('a.b.c.d')).burst, { mean: 3, max: 3 });
});

test('no loss has bursts of length 0', () => {
  assert.equal(figures(ends('abc')).burst, { mean: 0, max: 0 });
});

test('a packet that ends very late holds the others back, and no more', () => {
  const count = 20_000;
  const rows: Row[] = Array.from({ length: count }, (_, seq) => ({
    seq,
    sentNs: seq * MS,
    endNs: (seq + 1) * MS,
    fate: seq % 10 === 0 ? Fate.loss : Fate.delivered,
  }));
  const late = { ...rows[1]!, endNs: (count + 5) * MS };
  const { burst, ipdv, reordered } = figures([...rows.filter(({ seq }) => seq !== 1), late]);
  assert.equal(burst, { mean: 1, max: 1 });
  assert.is(reordered, 1);
  // Pairs (1,2): |1 - 20,004| ms; the others do not vary. 8 pairs in each ten.
  assert.is(ipdv, Math.round((20_003 * MS) / (8 * (count / 10))));
});

test('ipdv is the mean change of delay between consecutive packets (RFC 3393)', () => {
  // |25-20|, |10-25|: the pairs around the lost one do not count; |12-30|.
  const { ipdv } = figures(delays([20, 25, 10, null, 30, 12]));
  assert.is(ipdv, Math.round(((5 + 15 + 18) * MS) / 3));
});

test('jitter is RFC 3550: J += (|D| - J) / 16 in order of arrival', () => {
  let expected = 0;
  for (const change of [16, 8, 24]) expected += (change * MS - expected) / 16;
  assert.is(figures(delays([20, 36, 28, 52], 100)).jitter, Math.round(expected));
});

test('order means nothing with several senders', () => {
  const { reordered, ipdv, jitter, burst } = figures(ends('bac'), { single: false });
  assert.equal(
    { reordered, ipdv, jitter, burst },
    { reordered: null, ipdv: null, jitter: null, burst: null },
  );
});

test('a constant delay prints exactly', () => {
  const delay = 41_234_567;
  const rows = Array.from({ length: 9 }, (_, seq) => ({ seq, sentNs: seq * MS, endNs: seq * MS + delay }));
  assert.equal(figures(rows).delay, {
    min: delay,
    mean: delay,
    p50: delay,
    p90: delay,
    p99: delay,
    p999: delay,
    max: delay,
  });
});

test('a steady stream has its rate for goodput, whatever the delay', () => {
  // 500 bytes each ms: 4 Mbit/s.
  const rows = Array.from({ length: 50 }, (_, seq) => ({
    seq,
    size: 500,
    sentNs: seq * MS,
    endNs: (seq + 80) * MS,
  }));
  assert.is(figures(rows).goodput, 4e6);
});

test('a bottleneck shows in the goodput', () => {
  // Ten packets of 1,000 bytes sent at once arrive 8 ms apart: 1 Mbit/s.
  const rows = Array.from({ length: 10 }, (_, seq) => ({ seq, sentNs: 0, endNs: (seq + 1) * 8 * MS }));
  assert.is(figures(rows).goodput, 1e6);
});

test('an outage counts: half of it lost is half the goodput', () => {
  const rows = Array.from({ length: 10 }, (_, seq) => ({
    seq,
    sentNs: seq * 8 * MS,
    endNs: (seq * 8 + 1) * MS,
    fate: seq < 5 ? Fate.delivered : Fate.loss,
  }));
  assert.is(figures(rows).goodput, 5e5);
});

test('a twin pair is one packet, and its second arrival a duplicate (RFC 5560)', () => {
  const twin = RowFlag.twin;
  const { sent, delivered, duplicates, lost, burst, packets } = figures([
    { id: 1, seq: 0, flags: twin, endNs: 5 },
    { id: 2, seq: 0, flags: twin, endNs: 6, origin: Origin.copy, copyOf: 1 },
    // The copy of the next arrives, the original does not; of the third neither.
    { id: 3, seq: 1, flags: twin, endNs: 7, fate: Fate.queue },
    { id: 4, seq: 1, flags: twin, endNs: 8, origin: Origin.copy, copyOf: 3 },
    { id: 5, seq: 2, flags: twin, endNs: 9, fate: Fate.queue },
    { id: 6, seq: 2, flags: twin, endNs: 9, fate: Fate.queue, origin: Origin.copy, copyOf: 5 },
  ]);
  assert.equal({ sent, delivered, duplicates, lost }, { sent: 3, delivered: 2, duplicates: 1, lost: 1 });
  assert.equal(burst, { mean: 1, max: 1 });
  assert.is(packets.created.copy, 3);
  assert.is(packets.createdTotal, packets.endedTotal);
});

test('a packet cut up and put together counts once, with the original delay', () => {
  const piece = { seq: 0, origin: Origin.fragment, fragmentOf: 1, size: 500 };
  const { sent, delivered, lost, delay, packets } = figures([
    { id: 1, seq: 0, size: 1000, fate: Fate.fragmented },
    { ...piece, id: 2, endNs: 30, fate: Fate.reassembled },
    { ...piece, id: 3, endNs: 40, fate: Fate.reassembled },
    { id: 4, seq: 0, origin: Origin.whole, endNs: 40 },
  ]);
  assert.equal({ sent, delivered, lost }, { sent: 1, delivered: 1, lost: 0 });
  assert.is(delay?.max, 40);
  assert.is(packets.createdTotal, 4);
  assert.is(packets.ended.reassembled, 2);
});

test('a lost fragment loses the packet, even while another is in flight', () => {
  const piece = { seq: 0, origin: Origin.fragment, fragmentOf: 1 };
  const { sent, delivered, lost, inFlight, burst } = figures([
    { id: 1, seq: 0, fate: Fate.fragmented },
    { ...piece, id: 2, fate: Fate.loss },
    { ...piece, id: 3, fate: Fate.inFlight },
    { id: 4, seq: 1, fate: Fate.fragmented },
    { ...piece, id: 5, seq: 1, fragmentOf: 4, fate: Fate.inFlight },
    { ...piece, id: 6, seq: 1, fragmentOf: 4, fate: Fate.inFlight },
  ]);
  assert.equal({ sent, delivered, lost, inFlight }, { sent: 2, delivered: 0, lost: 1, inFlight: 1 });
  assert.equal(burst, { mean: 1, max: 1 });
});

test('a window has the packets that were sent in it', () => {
  const windows = [{ flow: 'stream', from: 2 * MS, to: 5 * MS }];
  const sink = new FlowSink(namesOf([flow()]), windows);
  // Sent at 0..5 ms: c, d, e are inside; d is lost and e overtakes c.
  tell(sink, ends('.aebc.df'));
  const { sent, delivered, lost, loss, reordered, burst, delay } = sink.during(0);
  assert.equal(
    { sent, delivered, lost, loss, reordered },
    { sent: 3, delivered: 2, lost: 1, loss: 1 / 3, reordered: 1 },
  );
  assert.equal(burst, { mean: 1, max: 1 });
  // e: sent at 4, ended at 101; c: sent at 2, ended at 103.
  assert.is(delay?.min, 97 * MS);
  assert.is(delay?.max, 101 * MS);
  assert.is(sink.reports()[0]!.sent, 6);
});

test('a flow with windows has the same figures as without', () => {
  const rows = ends('.aebc.dfghji?k');
  const watched = new FlowSink(namesOf([flow()]), [{ flow: 'stream', from: 0, to: 3 * MS }]);
  const plain = new FlowSink(namesOf([flow()]));
  tell(watched, rows);
  tell(plain, rows);
  assert.equal(watched.reports(), plain.reports());
});

test('questions count when asked, answered and timed out', () => {
  const sink = new FlowSink(namesOf([flow({ transactional: true, kind: 'ping' })]), [
    { flow: 'stream', from: 0, to: 200 },
  ]);
  const say = (kind: Sample, at: number, value: number) => sink.sample(kind, 0, at, value);
  say(Sample.asked, 0, 0);
  say(Sample.answered, 80, 80);
  say(Sample.asked, 100, 1);
  say(Sample.asked, 200, 2);
  say(Sample.retried, 250, 1);
  say(Sample.answered, 290, 90);
  say(Sample.timedOut, 600, 1);
  say(Sample.asked, 700, 3);
  const all = sink.reports()[0]!;
  assert.equal([all.sent, all.delivered, all.lost, all.inFlight, all.retried], [4, 2, 1, 1, 1]);
  assert.is(all.loss, 1 / 3);
  assert.equal([all.rtt?.min, all.rtt?.mean, all.rtt?.max], [80, 85, 90]);
  assert.is(all.ipdv, 10);
  assert.is(all.jitter, Math.round(10 / 16));
  const first = sink.during(0);
  assert.equal([first.sent, first.delivered, first.lost, first.retried], [2, 1, 1, 1]);
});

test('answers and traffic of no flow are in the conservation and in no figure', () => {
  const sink = new FlowSink(namesOf([flow()]));
  tell(sink, [
    { seq: 0 },
    { seq: 0, origin: Origin.answer, flags: RowFlag.reverse },
    { flow: -1, seq: 9, fate: Fate.noRoute },
  ]);
  assert.is(sink.reports()[0]!.sent, 1);
  assert.is(sink.packets(0).created.answer, 1);
  assert.is(sink.total.createdTotal, 3);
  assert.is(sink.total.ended['no-route'], 1);
});

test('nothing sent leaves figures empty, not zero', () => {
  const { sent, loss, goodput, delay, ipdv, jitter, burst } = figures([]);
  assert.equal(
    { sent, loss, goodput, delay, ipdv, jitter, burst },
    { sent: 0, loss: null, goodput: null, delay: null, ipdv: null, jitter: null, burst: null },
  );
});

test.run();
