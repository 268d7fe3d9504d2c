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

/**
 * Numbers from 1 as RFC 4737 has them, and when each arrives, ms; sent 20 ms apart from 0. Those without an instant are 68 ms on
 * the way.
 */
const arrivals = (list: readonly (number | readonly [seq: number, at: number])[]): Row[] =>
  list.map((entry) => {
    const [seq, at] = typeof entry === 'number' ? [entry, (entry - 1) * 20 + 68] : entry;
    return { seq: seq - 1, sentNs: (seq - 1) * 20 * MS, endNs: at * MS };
  });

test('one packet reordered: RFC 4737, 7.1', () => {
  const { reordered, reordering } = figures(arrivals([1, 2, 3, 5, 6, 7, 8, [4, 210], 9, 10]));
  assert.is(reordered, 1);
  assert.equal(reordering, {
    ratio: 1 / 10,
    extent: { mean: 4, max: 4 },
    lateTime: { mean: 62 * MS, max: 62 * MS },
    n1: 1 / 10,
    n2: 1 / 10,
    n3: 1 / 10,
    beyondMemory: 0,
  });
});

test('two packets reordered: RFC 4737, 7.2', () => {
  // 5 comes right after 7; 6 comes after 5, which is no later one.
  const { reordered, reordering } = figures(arrivals([1, 2, 3, 4, 7, [5, 189], [6, 190], 8, 9, 10]));
  assert.is(reordered, 2);
  assert.equal(reordering, {
    ratio: 2 / 10,
    extent: { mean: 1.5, max: 2 },
    lateTime: { mean: 1.5 * MS, max: 2 * MS },
    n1: 1 / 10,
    n2: 0,
    n3: 0,
    beyondMemory: 0,
  });
});

test('three packets reordered: RFC 4737, 7.3', () => {
  // The extents are 4, 5 and 6. After 4, which is 4-reordered, neither 5 nor 6 comes right after a later one.
  const order = [1, 2, 3, 7, 8, 9, 10, [4, 250], [5, 252], [6, 256], 11] as const;
  assert.equal(figures(arrivals(order)).reordering, {
    ratio: 3 / 11,
    extent: { mean: 5, max: 6 },
    lateTime: { mean: Math.round(((62 + 64 + 68) * MS) / 3), max: 68 * MS },
    n1: 1 / 11,
    n2: 1 / 11,
    n3: 1 / 11,
    beyondMemory: 0,
  });
});

test('right after one, two and three later ones', () => {
  // c comes after d, b after c and d, a after all three.
  const { reordering } = figures(ends('dcba'));
  assert.equal([reordering?.n1, reordering?.n2, reordering?.n3], [3 / 4, 2 / 4, 1 / 4]);
  assert.equal(reordering?.extent, { mean: 2, max: 3 });
});

test('lost packets are no arrivals: extents count what arrived', () => {
  // b, c and d are lost, then f, e: e is one arrival late.
  assert.equal(figures(ends('a.b.c.dfe')).reordering?.extent, { mean: 1, max: 1 });
});

test('a packet from before what is remembered is at least so far and so late', () => {
  // a, then every second one, 1 ms apart: 3,000 gaps, of which the last 1,024 are kept. Then b, and the last but one, at once.
  const skipping = Array.from({ length: 3001 }, (_, k) => ({ seq: 2 * k, sentNs: 0, endNs: k * MS }));
  const late = [1, 5999].map((seq) => ({ seq, sentNs: 0, endNs: 3001 * MS }));
  const { reordered, reordering } = figures([...skipping, ...late]);
  assert.is(reordered, 2);
  assert.is(reordering?.beyondMemory, 1);
  // The oldest that is known is behind gap 1,976, the arrival at 1,977 ms; b's came before it. Of the other all is known.
  assert.equal(reordering?.extent, { mean: (1025 + 2) / 2, max: 1025 });
  assert.equal(reordering?.lateTime, { mean: ((1024 + 1) * MS) / 2, max: 1024 * MS });
  assert.is(reordering?.n3, 1 / 3003);
});

test('in order is a ratio of 0, and no arrival is none', () => {
  assert.equal(figures(ends('a.bc')).reordering, {
    ratio: 0,
    extent: { mean: 0, max: 0 },
    lateTime: { mean: 0, max: 0 },
    n1: 0,
    n2: 0,
    n3: 0,
    beyondMemory: 0,
  });
  assert.is(figures(ends('.a.b')).reordering, null);
});

test('a loss does not reorder', () => {
  assert.is(figures(ends('.bacd')).reordered, 0);
});

test('loss runs follow the order of sending, not of ending (RFC 3357)', () => {
  // RFC 3357, 5: received 1 2 5 6 8 9 10 of ten with 3, 4 and 7 lost: periods of length 2 and 1.
  const { burst } = figures(ends('.c.d.gabefhij'));
  assert.equal(burst, { mean: 1.5, max: 2, count: 2 });
});

test('a run of losses at the end counts', () => {
  assert.equal(figures(ends('a.b.c.d')).burst, { mean: 3, max: 3, count: 1 });
});

test('no loss has bursts of length 0', () => {
  assert.equal(figures(ends('abc')).burst, { mean: 0, max: 0, count: 0 });
});

test('distances between losses: the stream of RFC 3357, 5.4', () => {
  // Packets 2, 5, 7, 9 and 10 of ten are lost: distances 3, 2, 2, 1; periods of 1, 1, 1, 2, and 3, 2, 2 between them.
  const { burst, lossDistance, burstDistance, noticeableLoss } = figures(ends('a.bcd.ef.gh.i.j'));
  assert.equal(burst, { mean: 5 / 4, max: 2, count: 4 });
  assert.equal(lossDistance, { min: 1, mean: 8 / 4 });
  assert.equal(burstDistance, { min: 2, mean: 7 / 3 });
  assert.is(noticeableLoss, 4 / 5);
});

test('the four loss periods of RFC 3357, 4', () => {
  // r r r x r r x x x r x r r x x x
  const { burst, lossDistance, burstDistance } = figures(ends('abc.def.g.h.ij.klm.n.o.p'));
  assert.equal(burst, { mean: 8 / 4, max: 3, count: 4 });
  assert.equal(lossDistance, { min: 1, mean: 12 / 7 });
  assert.equal(burstDistance, { min: 2, mean: (3 + 2 + 3) / 3 });
});

/** Of 500 packets these are lost; numbers from 1. */
const losing = (...lost: readonly number[]): Row[] =>
  Array.from({ length: 500 }, (_, seq) => ({
    seq,
    sentNs: seq,
    endNs: seq + 5,
    fate: lost.includes(seq + 1) ? Fate.loss : Fate.delivered,
  }));

test('losses less than 100 apart are noticeable: RFC 3357, 6.1', () => {
  assert.is(figures(losing(100, 200, 300, 400, 500)).noticeableLoss, 0);
  // Those at 175 and 290 come too soon.
  assert.is(figures(losing(100, 175, 275, 290, 400)).noticeableLoss, 2 / 5);
});

test('one loss has no distance, and none at all are not noticed', () => {
  const one = figures(ends('a.bc'));
  assert.equal([one.lossDistance, one.burstDistance, one.noticeableLoss], [null, null, 0]);
  const run = figures(ends('a.b.c.d'));
  assert.equal([run.lossDistance, run.burstDistance], [{ min: 1, mean: 1 }, null]);
  assert.is(figures(ends('abc')).noticeableLoss, 0);
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
  assert.equal(burst, { mean: 1, max: 1, count: 2000 });
  assert.is(reordered, 1);
  // Pairs (1,2): |1 - 20,004| ms; the others do not vary. 8 pairs in each ten.
  assert.is(ipdv, Math.round((20_003 * MS) / (8 * (count / 10))));
});

test('ipdv is the mean change of delay between consecutive packets (RFC 3393)', () => {
  // |25-20|, |10-25|: the pairs around the lost one do not count; |12-30|.
  const { ipdv } = figures(delays([20, 25, 10, null, 30, 12]));
  assert.is(ipdv, Math.round(((5 + 15 + 18) * MS) / 3));
});

/** The same in ns: so few that all percentiles are exact. */
const nanoDelays = (list: readonly (number | null)[]): Row[] =>
  delays(list).map((row, seq) => ({ ...row, endNs: row.sentNs! + (list[seq] ?? 0) }));

test('delay variation is how far delays are above the least (RFC 5481, PDV)', () => {
  // 10, 12, 20, 25, 30 less 10.
  const { pdv } = figures(nanoDelays([20, 25, 10, null, 30, 12]));
  assert.equal(pdv, { p50: 10, p95: 20, p99: 20, p999: 20, max: 20 });
});

test('changes of delay have percentiles beside their mean (RFC 3393)', () => {
  // 5, 15 and 18.
  const { ipdvQuantiles } = figures(nanoDelays([20, 25, 10, null, 30, 12]));
  assert.equal(ipdvQuantiles, { p50: 15, p95: 18, p99: 18, p999: 18, max: 18 });
});

test('neighbours with the same delay are changes of 0', () => {
  // Nine pairs, of which one changes.
  const { ipdvQuantiles, ipdv } = figures(nanoDelays([7, 7, 7, 7, 7, 7, 7, 7, 7, 16]));
  assert.equal(ipdvQuantiles, { p50: 0, p95: 9, p99: 9, p999: 9, max: 9 });
  assert.is(ipdv, 1);
});

test('a variation of 1 ms on 280 ms is told to 1/255 of it', () => {
  // 1,000 delays, evenly spread; in an order that leaves no pattern to hide behind.
  const rows = Array.from({ length: 1000 }, (_, seq) => {
    const sentNs = seq * MS;
    return { seq, sentNs, endNs: sentNs + 280 * MS + ((seq * 389) % 1000) * 1000 };
  });
  const { pdv } = figures(rows);
  for (const [found, exact] of [
    [pdv!.p50, 499_000],
    [pdv!.p95, 949_000],
    [pdv!.p99, 989_000],
    [pdv!.p999, 998_000],
    [pdv!.max, 999_000],
  ] as const) {
    assert.ok(found >= exact && found <= exact + 999_000 / 255, `${found} for ${exact}`);
  }
});

test('a lost packet has no delay, and none that arrived has a larger one for it (RFC 7679)', () => {
  const { delay, loss } = figures(nanoDelays([10, null, null, 20, null]));
  assert.equal([delay?.min, delay?.mean, delay?.p50, delay?.p999, delay?.max], [10, 15, 10, 20, 20]);
  assert.is(loss, 3 / 5);
});

test('jitter is RFC 3550: J += (|D| - J) / 16 in order of arrival', () => {
  let expected = 0;
  for (const change of [16, 8, 24]) expected += (change * MS - expected) / 16;
  assert.is(figures(delays([20, 36, 28, 52], 100)).jitter, Math.round(expected));
});

test('order means nothing with several senders', () => {
  const { reordered, reordering, pdv, ipdv, ipdvQuantiles, jitter, ...rest } = figures(ends('ba.c'), {
    single: false,
  });
  const { burst, lossDistance, burstDistance, noticeableLoss } = rest;
  const without = [reordered, reordering, pdv, ipdv, ipdvQuantiles, jitter, burst];
  assert.ok([...without, lossDistance, burstDistance, noticeableLoss].every((figure) => figure === null));
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
  assert.equal(burst, { mean: 1, max: 1, count: 1 });
  assert.is(packets.created.copy, 3);
  assert.is(packets.createdTotal, packets.endedTotal);
});

test('duplication: RFC 5560, 5', () => {
  /** The numbers in the order of arrival; those that come again are copies. */
  const copies = (list: readonly number[]): Row[] =>
    list.map((seq, index) => ({
      id: index + 1,
      seq,
      flags: list.filter((one) => one === seq).length > 1 ? RowFlag.twin : 0,
      endNs: index,
      ...(list.indexOf(seq) < index ? { origin: Origin.copy, copyOf: list.indexOf(seq) + 1 } : {}),
    }));
  const duplication = (...list: readonly number[]) => figures(copies(list)).duplication;
  // Arrivals per packet that arrived, less 1; and the share that arrived more than once.
  assert.equal(duplication(0, 1, 2, 3), { fraction: 0, replicated: 0 });
  assert.equal(duplication(0, 1, 1, 2, 3), { fraction: 0.25, replicated: 0.25 });
  assert.equal(duplication(0, 1, 1, 1, 2, 3), { fraction: 0.5, replicated: 0.25 });
  assert.equal(duplication(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3), { fraction: 2, replicated: 1 });
  assert.equal(duplication(), null);
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
  assert.equal(burst, { mean: 1, max: 1, count: 1 });
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
  assert.equal(burst, { mean: 1, max: 1, count: 1 });
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
  assert.equal(all.ipdvQuantiles, { p50: 10, p95: 10, p99: 10, p999: 10, max: 10 });
  assert.equal(all.pdv, { p50: 0, p95: 10, p99: 10, p999: 10, max: 10 });
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
