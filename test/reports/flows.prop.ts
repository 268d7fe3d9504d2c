import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { FlowSink } from '../../reports/flows.ts';
import { FATES, Fate, Origin, RowFlag } from '../../sim/index.ts';
import { flow, namesOf, type Row, tell } from './support.ts';

const packet = fc.record({
  fate: fc.constantFrom(Fate.delivered, Fate.delivered, Fate.delivered, Fate.loss, Fate.queue, Fate.inFlight),
  copyFate: fc.constantFrom(undefined, undefined, Fate.delivered, Fate.queue, Fate.inFlight),
  delay: fc.integer({ min: 0, max: 50 }),
  copyDelay: fc.integer({ min: 0, max: 50 }),
});
type Packet = typeof packet extends fc.Arbitrary<infer T> ? T : never;

/** One per ns; they end in the order of their ends, those in flight last. */
function rowsOf(packets: readonly Packet[]): Row[] {
  const rows: Row[] = [];
  packets.forEach(({ fate, copyFate, delay, copyDelay }, seq) => {
    const flags = copyFate === undefined ? 0 : RowFlag.twin;
    const id = rows.length + 1;
    rows.push({ id, seq, sentNs: seq, endNs: seq + delay, fate, flags });
    if (copyFate === undefined) return;
    const origin = Origin.copy;
    rows.push({
      id: id + 1,
      copyOf: id,
      origin,
      seq,
      sentNs: seq,
      endNs: seq + copyDelay,
      fate: copyFate,
      flags,
    });
  });
  const late = (row: Row): number => (row.fate === Fate.inFlight ? 1 : 0);
  return rows.sort((a, b) => late(a) - late(b) || a.endNs! - b.endNs! || a.id! - b.id!);
}

/** The same figures by the definitions, with all packets in memory. */
function plainly(rows: readonly Row[], count: number) {
  const arrivals: Row[] = [];
  const copies = new Map<number, number>();
  let duplicates = 0;
  let reordered = 0;
  let expected = 0;
  for (const row of rows) {
    if (row.fate !== Fate.delivered) continue;
    if (arrivals.some(({ seq }) => seq === row.seq)) {
      duplicates++;
      copies.set(row.seq!, 2);
      continue;
    }
    arrivals.push(row);
    copies.set(row.seq!, 1);
    if (row.seq! >= expected) expected = row.seq! + 1;
    else reordered++;
  }
  const delays = new Map(arrivals.map((row) => [row.seq!, row.endNs! - row.sentNs!]));
  const flying = new Set(rows.filter(({ fate }) => fate === Fate.inFlight).map(({ seq }) => seq!));
  const lost: number[] = [];
  const runs: number[] = [];
  const changes: number[] = [];
  let run = 0;
  for (let seq = 0; seq <= count; seq++) {
    if (seq < count && !delays.has(seq) && !flying.has(seq)) {
      run++;
      lost.push(seq);
      continue;
    }
    if (run > 0) runs.push(run);
    run = 0;
    if (delays.has(seq) && delays.has(seq - 1))
      changes.push(Math.abs(delays.get(seq)! - delays.get(seq - 1)!));
  }
  let jitter = 0;
  arrivals.forEach((row, i) => {
    if (i > 0) jitter += (Math.abs(delays.get(row.seq!)! - delays.get(arrivals[i - 1]!.seq!)!) - jitter) / 16;
  });
  const apart = lost.slice(1).map((seq, i) => seq - lost[i]!);
  const between = apart.filter((distance) => distance > 1);
  const inFlight = [...flying].filter((seq) => !delays.has(seq)).length;
  return {
    sent: count,
    delivered: arrivals.length,
    inFlight,
    lost: count - arrivals.length - inFlight,
    duplicates,
    duplication:
      arrivals.length === 0
        ? null
        : {
            fraction: duplicates / arrivals.length,
            replicated: [...copies.values()].filter((times) => times > 1).length / arrivals.length,
          },
    reordered: count === 0 ? 0 : reordered,
    reordering: arrivals.length === 0 ? null : reorderingOf(arrivals),
    pdv: variationOf(arrivals.map((row) => row.endNs! - row.sentNs!)),
    ipdvQuantiles: changes.length === 0 ? null : variationOf([0, ...changes], changes),
    lossDistance: distancesOf(apart),
    burstDistance: distancesOf(between),
    noticeableLoss:
      count === 0
        ? null
        : lost.length === 0
          ? 0
          : apart.filter((distance) => distance <= 99).length / lost.length,
    ipdv: changes.length === 0 ? null : Math.round(sum(changes) / changes.length),
    jitter: arrivals.length < 2 ? null : Math.round(jitter),
    burst:
      count === 0
        ? null
        : {
            mean: runs.length === 0 ? 0 : sum(runs) / runs.length,
            max: Math.max(0, ...runs),
            count: runs.length,
          },
  };
}

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

const distancesOf = (list: readonly number[]) =>
  list.length === 0 ? null : { min: Math.min(...list), mean: sum(list) / list.length };

/** How far `values` are above the least of `all`. So small numbers have exact percentiles. */
function variationOf(all: readonly number[], values: readonly number[] = all) {
  if (values.length === 0) return null;
  const least = Math.min(...all);
  const sorted = values.map((value) => value - least).sort((a, b) => a - b);
  const at = (permille: number): number =>
    sorted[Math.max(1, Math.ceil((sorted.length * permille) / 1000)) - 1]!;
  return { p50: at(500), p95: at(950), p99: at(990), p999: at(999), max: sorted.at(-1)! };
}

/** RFC 4737, 4.1 to 4.3 and 5.3, word for word, with every arrival in memory. */
function reorderingOf(arrivals: readonly Row[]) {
  const extents: number[] = [];
  const lateTimes: number[] = [];
  const inRow = [0, 0, 0];
  arrivals.forEach(({ seq, endNs }, i) => {
    const j = arrivals.findIndex((other) => other.seq! > seq!);
    if (j < 0 || j >= i) return;
    extents.push(i - j);
    lateTimes.push(endNs! - arrivals[j]!.endNs!);
    for (const n of [1, 2, 3]) {
      if (i >= n && arrivals.slice(i - n, i).every((other) => other.seq! > seq!)) inRow[n - 1]! += 1;
    }
  });
  const mean = (list: readonly number[]): number => (list.length === 0 ? 0 : sum(list) / list.length);
  return {
    ratio: extents.length / arrivals.length,
    extent: { mean: mean(extents), max: Math.max(0, ...extents) },
    lateTime: { mean: Math.round(mean(lateTimes)), max: Math.max(0, ...lateTimes) },
    n1: inRow[0]! / arrivals.length,
    n2: inRow[1]! / arrivals.length,
    n3: inRow[2]! / arrivals.length,
    beyondMemory: 0,
  };
}

test.prop(
  { packets: fc.array(packet, { maxLength: 200 }), chunk: fc.integer({ min: 1, max: 300 }) },
  { seed: 21, numRuns: 400 },
)(
  'the figures are those of the definitions, for any losses, copies and orders of arrival',
  ({ packets, chunk }) => {
    const rows = rowsOf(packets);
    const sink = new FlowSink(namesOf([flow()]));
    tell(sink, rows, chunk);
    expect(sink.reports()[0]).toMatchObject(plainly(rows, packets.length));
  },
);

test.prop(
  {
    packets: fc.array(packet, { minLength: 1, maxLength: 100 }),
    from: fc.nat({ max: 100 }),
    length: fc.nat({ max: 100 }),
  },
  { seed: 22, numRuns: 300 },
)('a window has the figures of a run with only the packets sent in it', ({ packets, from, length }) => {
  const to = from + length;
  const rows = rowsOf(packets);
  const sink = new FlowSink(namesOf([flow()]), [{ flow: 'stream', from, to }]);
  tell(sink, rows);
  const alone = new FlowSink(namesOf([flow()]));
  const inside = rows.filter(({ sentNs }) => sentNs! >= from && sentNs! < to);
  tell(
    alone,
    inside.map((row) => ({ ...row, seq: row.seq! - from })),
  );
  const {
    id: _id,
    kind: _kind,
    from: _from,
    to: _to,
    transactional: _t,
    packets: _p,
    ...figures
  } = alone.reports()[0]!;
  expect(sink.during(0)).toEqual(figures);
});

test.prop(
  [
    fc.array(
      fc.record({
        flow: fc.integer({ min: -1, max: 40 }),
        origin: fc.integer({ min: 0, max: 4 }),
        fate: fc.integer({ min: 0, max: FATES.length - 1 }),
        flags: fc.constantFrom(0, RowFlag.reverse),
      }),
      { maxLength: 500 },
    ),
    fc.integer({ min: 1, max: 100 }),
  ],
  { seed: 23, numRuns: 100 },
)('every packet is in the books of its flow once, by origin and by fate', (rows, chunk) => {
  const flows = Array.from({ length: 41 }, (_, i) => flow({ id: `f${i}` }));
  const sink = new FlowSink(namesOf(flows));
  tell(
    sink,
    rows.map((row, seq) => ({ ...row, seq })),
    chunk,
  );
  expect(sink.total.createdTotal).toBe(rows.length);
  expect(sink.total.endedTotal).toBe(rows.length);
  for (let index = -1; index < 41; index++) {
    const own = rows.filter((row) => row.flow === index);
    const { created, ended } = sink.packets(index);
    expect(Object.values(created)).toEqual(
      [0, 1, 2, 3, 4].map((origin) => own.filter((row) => row.origin === origin).length),
    );
    expect(Object.values(ended)).toEqual(
      FATES.map((_, fate) => own.filter((row) => row.fate === fate).length),
    );
  }
});
