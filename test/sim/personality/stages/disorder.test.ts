import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LAST_INSTANT, normalCdf, RandomSource } from '../../../../engine/index.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { type End, TestPipeline } from '../../../support/pipeline.ts';
import { binomialInterval } from '../../../support/statistics.ts';

const MS = 1_000_000;
const FREE = { 'jitter.preserveOrder': false };

const assertShare = (hits: number, trials: number, chance: number): void => {
  const { low, high } = binomialInterval(hits, trials);
  assert.ok(low <= chance && chance <= high, `${hits} of ${trials}, expected ${chance}`);
};

const inOrderOfSending = (pipeline: TestPipeline): End[] =>
  [...pipeline.run().ends].sort((a, b) => a.seq - b.seq);

/** Draws of a stage's stream. */
function drawsOf(stage: string, count: number): number[] {
  const stream = new RandomSource('seed').stream(`vm/${stage}`);
  return Array.from({ length: count }, () => stream.uniform());
}

/** Pairs of packets `gapMs` apart, and the pairs far apart: how many of them change places. */
function swaps(profile: Profile, gapMs: number, pairs: number): number {
  const pipeline = new TestPipeline({ seed: 'swap' });
  pipeline.pipeline.configure(profile);
  for (let pair = 0; pair < pairs; pair++) {
    pipeline.send(pair * 1000 * MS).send((pair * 1000 + gapMs) * MS);
  }
  const ends = inOrderOfSending(pipeline);
  let swapped = 0;
  for (let pair = 0; pair < pairs; pair++) if (ends[2 * pair + 1]!.at < ends[2 * pair]!.at) swapped++;
  return swapped;
}

// Free jitter.

test('free jitter: a packet leaves when its own delay is over, whoever is before it', () => {
  const pipeline = new TestPipeline().configureAt(0, { latencyMs: 10, jitterMs: 10, ...FREE });
  for (let seq = 0; seq < 1000; seq++) pipeline.send(seq * 100_000);
  const draws = drawsOf('delay', 1000);
  for (const { seq, at, sentAt, clamped } of inOrderOfSending(pipeline)) {
    assert.is(at - sentAt, 10 * MS + Math.floor((2 * draws[seq]! - 1) * 10 * MS + 0.5));
    assert.is(clamped, false);
  }
});

test('two packets a gap g apart, delays uniform by +-s: they change places with chance (2s - g)^2 / 8s^2', () => {
  const PAIRS = 10_000;
  for (const [s, g] of [
    [10, 1],
    [10, 10],
    [7, 12],
  ] as const) {
    const swapped = swaps({ latencyMs: 20, jitterMs: s, ...FREE }, g, PAIRS);
    assertShare(swapped, PAIRS, (2 * s - g) ** 2 / (8 * s ** 2));
  }
  assert.is(swaps({ latencyMs: 20, jitterMs: 10, ...FREE }, 20, 500), 0);
});

test('and with normal delays of deviation s with chance erfc(g / 2s) / 2', () => {
  const PAIRS = 10_000;
  const normal = { 'jitter.distribution': 'normal', ...FREE };
  for (const [s, g] of [
    [10, 1],
    [10, 10],
    [5, 12],
  ] as const) {
    const swapped = swaps({ latencyMs: 50, jitterMs: s, ...normal }, g, PAIRS);
    // erfc(x) / 2 is the normal distribution function at -x sqrt(2).
    assertShare(swapped, PAIRS, normalCdf(-g / (s * Math.SQRT2)));
  }
});

test("RFC 3550's jitter comes to 2s/3 for uniform delays and 2s/sqrt(pi) for normal ones", () => {
  const COUNT = 50_000;
  for (const [distribution, expected] of [
    ['uniform', 2 / 3],
    ['normal', 2 / Math.sqrt(Math.PI)],
  ] as const) {
    const pipeline = new TestPipeline({ seed: distribution });
    pipeline.pipeline.configure({
      latencyMs: 50,
      jitterMs: 10,
      'jitter.distribution': distribution,
      ...FREE,
    });
    for (let seq = 0; seq < COUNT; seq++) pipeline.send(seq * 1000 * MS);
    const delays = inOrderOfSending(pipeline).map((end) => (end.at - end.sentAt) / (10 * MS));
    let jitter = expected;
    let sum = 0;
    for (let i = 1; i < COUNT; i++) {
      jitter += (Math.abs(delays[i]! - delays[i - 1]!) - jitter) / 16;
      sum += jitter;
    }
    // The differences have a mean square of 2 s^2 at most; three neighbours of each may go with it. Six standard errors.
    assert.ok(Math.abs(sum / (COUNT - 1) - expected) < 6 * Math.sqrt((3 * 2) / COUNT));
  }
});

test('free jitter without delay to spare is clamped: at once, and counted', () => {
  const COUNT = 20_000;
  const pipeline = new TestPipeline().configureAt(0, { latencyMs: 1, jitterMs: 4, ...FREE });
  for (let seq = 0; seq < COUNT; seq++) pipeline.send(seq * 10 * MS);
  const clamped = pipeline.run().ends.filter((end) => end.clamped);
  // Uniform between -3 and 5 ms.
  assertShare(clamped.length, COUNT, 3 / 8);
  for (const { at, sentAt } of clamped) assert.is(at, sentAt);
});

// Reordering as netem does it.

test('a chosen packet skips the delay; the others keep their order and their delays', () => {
  const delayed = { latencyMs: 10, jitterMs: 5 };
  const ends = (profile: Profile): End[] => {
    const pipeline = new TestPipeline().configureAt(0, { ...delayed, ...profile });
    for (let seq = 0; seq < 2000; seq++) pipeline.send(seq * MS);
    return inOrderOfSending(pipeline);
  };
  const draws = drawsOf('disorder', 2000);
  const some = ends({ 'reorder.percentage': 0.2 });
  const skipped = some.filter((end) => end.at === end.sentAt).map((end) => end.seq);
  assert.equal(
    skipped,
    some.map((end) => end.seq).filter((seq) => draws[seq]! < 0.2),
  );
  const others = some.filter((end) => end.at > end.sentAt);
  for (let i = 1; i < others.length; i++) assert.ok(others[i]!.at >= others[i - 1]!.at);
  // With free jitter nobody depends on anybody else, so that all others leave as they do without reordering.
  const free = ends(FREE);
  for (const end of ends({ ...FREE, 'reorder.percentage': 0.2 })) {
    assert.is(end.at, draws[end.seq]! < 0.2 ? end.sentAt : free[end.seq]!.at);
  }
});

test('with gap g and chance p a share of p / (1 + (g - 1) p) is chosen, never before g - 1 others', () => {
  const COUNT = 40_000;
  for (const [gap, p] of [
    [1, 0.25],
    [5, 0.5],
    [3, 0.9],
    [10, 0.02],
  ] as const) {
    const pipeline = new TestPipeline({ seed: `gap ${gap}` });
    pipeline.pipeline.configure({ latencyMs: 1, 'reorder.percentage': p, 'reorder.gap': gap });
    for (let seq = 0; seq < COUNT; seq++) pipeline.send(seq * 10 * MS);
    let hits = 0;
    let last = -1;
    for (const { seq, at, sentAt } of pipeline.run().ends) {
      if (at !== sentAt) continue;
      assert.ok(seq - last >= gap);
      last = seq;
      hits++;
    }
    // Each hit costs g - 1 packets that were not asked; all others were, each with chance p.
    assertShare(hits, COUNT - hits * (gap - 1) - (gap - 1), p);
    assert.ok(Math.abs(hits / COUNT - p / (1 + (gap - 1) * p)) < 0.02);
  }
});

test('at chance 1 every g-th packet is chosen', () => {
  const pipeline = new TestPipeline().configureAt(0, {
    latencyMs: 50,
    'reorder.percentage': 1,
    'reorder.gap': 4,
  });
  for (let seq = 0; seq < 10; seq++) pipeline.send(seq * MS);
  assert.equal(pipeline.run().seqs(), [3, 7, 0, 1, 2, 4, 5, 6, 8, 9]);
});

test('more of them: the same and others, as long as there is no gap', () => {
  const skipped = (p: number): number[] => {
    const pipeline = new TestPipeline().configureAt(0, { latencyMs: 5, 'reorder.percentage': p });
    for (let seq = 0; seq < 1000; seq++) pipeline.send(seq * MS);
    return pipeline
      .run()
      .ends.filter((end) => end.at === end.sentAt)
      .map((end) => end.seq);
  };
  const more = new Set(skipped(0.3));
  assert.ok(skipped(0.1).every((seq) => more.has(seq)));
});

test('correlated reordering: as many, in runs', () => {
  const COUNT = 100_000;
  const p = 0.2;
  const run = (correlation: number): { hits: number; pairs: number } => {
    const pipeline = new TestPipeline({ seed: 'runs' });
    pipeline.pipeline.configure({
      latencyMs: 1,
      'reorder.percentage': p,
      'reorder.correlation': correlation,
    });
    for (let seq = 0; seq < COUNT; seq++) pipeline.send(seq * 10 * MS);
    const isHit = inOrderOfSending(pipeline).map((end) => end.at === end.sentAt);
    return {
      hits: isHit.filter((hit) => hit).length,
      pairs: isHit.filter((hit, i) => hit && isHit[i - 1]).length,
    };
  };
  const { hits, pairs } = run(0.8);
  // The count's variance is at most (1 + r)/(1 - r) = 9 times that of independent draws.
  assert.ok(Math.abs(hits / COUNT - p) < 6 * Math.sqrt((9 * p * (1 - p)) / COUNT));
  assert.ok(pairs / hits > 2 * p);
  assertShare(run(0).pairs, run(0).hits, p);
});

test('there is nothing to skip without a delay', () => {
  const pipeline = new TestPipeline().configureAt(0, { 'reorder.percentage': 1 });
  for (let seq = 0; seq < 5; seq++) pipeline.send(seq * MS);
  assert.equal(
    pipeline.run().ends.map((end) => end.at),
    [0, 1, 2, 3, 4].map((time) => time * MS),
  );
});

// Held back.

/** Packets one ms apart, of which every fourth, from the fourth on, is held back. Who leaves when, in ms. */
function heldBack(hold: Profile, count: number, changes: Readonly<Record<number, Profile>> = {}): string {
  const profile = { 'reorder.percentage': 1, 'reorder.gap': 4, ...hold };
  const pipeline = new TestPipeline().configureAt(0, profile);
  for (let seq = 0; seq < count; seq++) pipeline.send(seq * MS);
  for (const [time, change] of Object.entries(changes)) {
    pipeline.configureAt(Number(time) * MS, { ...profile, ...change });
  }
  return pipeline
    .run()
    .ends.map((end) => `${end.seq}@${end.at / MS}`)
    .join(' ');
}

test('held back until one other has left: neighbours change places', () => {
  assert.is(heldBack({ 'reorder.holdPackets': 1 }, 6), '0@0 1@1 2@2 4@4 3@4 5@5');
});

test('held back until five others have left, of whom one is held back itself and waits as long', () => {
  // 3 sees 4 5 6 8 9 leave, 7 sees 8 9 10 12 13; 11 waits for others that do not come.
  assert.is(
    heldBack({ 'reorder.holdPackets': 5 }, 14),
    '0@0 1@1 2@2 4@4 5@5 6@6 8@8 9@9 3@9 10@10 12@12 13@13 7@13 11@1011',
  );
});

test('held back for a time', () => {
  assert.is(heldBack({ 'reorder.holdMs': 2.5 }, 8), '0@0 1@1 2@2 4@4 5@5 3@5.5 6@6 7@9.5');
});

test('held back for a number of packets or a time, whichever is over first', () => {
  assert.is(heldBack({ 'reorder.holdPackets': 2, 'reorder.holdMs': 1.5 }, 6), '0@0 1@1 2@2 4@4 3@4.5 5@5');
  assert.is(heldBack({ 'reorder.holdPackets': 1, 'reorder.holdMs': 1.5 }, 6), '0@0 1@1 2@2 4@4 3@4 5@5');
});

test('held back behind the delay', () => {
  assert.is(heldBack({ 'reorder.holdPackets': 1, latencyMs: 20 }, 6), '0@20 1@21 2@22 4@24 3@24 5@25');
});

test('all of them held back, and longer from then on: each for its time, however many there are', () => {
  const holding = (ms: number): Profile => ({ 'reorder.percentage': 1, 'reorder.holdMs': ms });
  const pipeline = new TestPipeline().configureAt(0, holding(5));
  for (let seq = 0; seq < 400; seq++) pipeline.send(seq * MS);
  // Those who have been held for 5 ms by then go; the others stay, and more and more come.
  pipeline
    .configureAt(20 * MS, holding(50))
    .configureAt(300 * MS, holding(100))
    .run();
  const time = (seq: number): number => (seq < 15 ? 5 : seq < 250 ? 50 : 100);
  assert.equal(
    pipeline.ends.map(({ seq, at }) => `${seq}@${at / MS}`),
    Array.from({ length: 400 }, (_, seq) => `${seq}@${seq + time(seq)}`),
  );
});

test('held back until others have left, more than once so many of them', () => {
  // Every second one is chosen; each waits for 20 that are not, so that 20 are held at a time.
  const profile = {
    'reorder.percentage': 1,
    'reorder.gap': 2,
    'reorder.holdPackets': 20,
    'reorder.holdMs': 10_000,
  };
  const pipeline = new TestPipeline().configureAt(0, profile);
  for (let seq = 0; seq < 300; seq++) pipeline.send(seq * MS);
  pipeline.run(299 * MS);
  const ends = new Map(pipeline.ends.map(({ seq, at }) => [seq, at / MS]));
  for (let seq = 0; seq < 300; seq++) {
    // The n-th behind it that is not chosen comes 2 n - 1 ms later.
    const at = seq % 2 === 0 ? seq : seq + 39;
    assert.is(ends.get(seq), at <= 299 ? at : undefined, `packet ${seq}`);
  }
});

test('what is due at the end of time leaves, and what is due after it stays', () => {
  for (const profile of [
    { latencyMs: 10, 'reorder.percentage': 1e-12 },
    { 'reorder.percentage': 1, 'reorder.holdMs': 10 },
  ]) {
    const pipeline = new TestPipeline().configureAt(0, profile);
    for (const early of [1, 0, -1]) pipeline.send(LAST_INSTANT - 10 * MS - early);
    pipeline.run();
    assert.equal(
      pipeline.ends.map(({ seq, at }) => [seq, at]),
      [
        [0, LAST_INSTANT - 1],
        [1, LAST_INSTANT],
      ],
    );
    assert.is(pipeline.packets.live, 1);
  }
});

test('what the settings hold no longer goes at once, in order', () => {
  const none = { 'reorder.percentage': 0 };
  const held = { 'reorder.holdPackets': 9 };
  assert.is(heldBack(held, 9, { 8: none }), '0@0 1@1 2@2 4@4 5@5 6@6 3@8 7@8 8@8');
  // As good as gone: nobody waits for so many, or so long.
  assert.is(heldBack(held, 9, { 8: { 'reorder.holdPackets': 3 } }), '0@0 1@1 2@2 4@4 5@5 6@6 3@8 8@8 7@1007');
  assert.is(
    heldBack({ 'reorder.holdMs': 50 }, 9, { 8: { 'reorder.holdMs': 5 } }),
    '0@0 1@1 2@2 4@4 5@5 6@6 3@8 8@8 7@12',
  );
  // Chosen, but not yet held, when the settings change.
  assert.is(heldBack({ ...held, latencyMs: 5 }, 5, { 7: { ...none, latencyMs: 5 } }), '0@5 1@6 2@7 3@8 4@9');
});

// Changes.

test('from free to ordered: who comes later leaves later', () => {
  for (const then of [{}, { 'reorder.percentage': 0.0001 }]) {
    const pipeline = new TestPipeline()
      .configureAt(0, { latencyMs: 50, jitterMs: 50, ...FREE })
      .configureAt(20 * MS, { latencyMs: 1, jitterMs: 1, ...then });
    for (let seq = 0; seq < 40; seq++) pipeline.send(seq * MS);
    const order = pipeline.run().seqs();
    const late = order.filter((seq) => seq >= 20);
    assert.equal(order.slice(20), late, 'after all of those that were delayed freely');
    assert.equal(
      late,
      Array.from({ length: 20 }, (_, i) => 20 + i),
    );
  }
});

test('a delay already drawn stays drawn, from ordered to free and back', () => {
  const draws = drawsOf('delay', 3);
  const free = { latencyMs: 10, jitterMs: 5, ...FREE };
  const pipeline = new TestPipeline()
    .configureAt(0, { latencyMs: 100, jitterMs: 5 })
    .configureAt(1 * MS, free)
    .configureAt(3 * MS, { latencyMs: 1 });
  pipeline
    .send(0)
    .send(2 * MS)
    .send(4 * MS)
    .run();
  const due = (seq: number, from: number): number => from + Math.floor((2 * draws[seq]! - 1) * 5 * MS + 0.5);
  assert.equal(
    pipeline.ends.map(({ seq, at }) => [seq, at]),
    [
      [1, due(1, 12 * MS)],
      [0, due(0, 100 * MS)],
      // Not before the last of those delayed before it.
      [2, due(0, 100 * MS)],
    ],
  );
});

test('who waits for bandwidth meets the delay that is there when it has left', () => {
  // A wire of 8 ms a packet: they leave it at 8, 16, 24 ms.
  const wire = { bandwidthKbps: 1000, 'bandwidth.model': 'serialize', 'bandwidth.queuePackets': 9 };
  const draws = drawsOf('delay', 3);
  const pipeline = new TestPipeline()
    .configureAt(0, { ...wire, latencyMs: 50, jitterMs: 1 })
    .send(0)
    .send(0)
    .send(0)
    .configureAt(10 * MS, { ...wire, latencyMs: 5, jitterMs: 2, ...FREE })
    .configureAt(20 * MS, { ...wire, latencyMs: 1, jitterMs: 1 })
    .run();
  const jitter = (seq: number, scale: number): number => Math.floor((2 * draws[seq]! - 1) * scale * MS + 0.5);
  assert.equal(
    pipeline.ends.map(({ seq, at }) => [seq, at]),
    [
      [1, 21 * MS + jitter(1, 2)],
      [0, 58 * MS + jitter(0, 1)],
      [2, 58 * MS + jitter(0, 1)],
    ],
  );
});

test('at one instant, too, nobody overtakes those who were delayed before', () => {
  // 0 leaves the wire at 8 ms and is due at 16 ms, when 1 leaves the wire.
  const wire = { bandwidthKbps: 1000, 'bandwidth.model': 'serialize', 'bandwidth.queuePackets': 9 };
  const holding = { 'reorder.percentage': 1e-9, 'reorder.holdMs': 1 };
  for (const then of [{ ...wire, ...holding }, wire]) {
    const pipeline = new TestPipeline()
      .configureAt(0, { ...wire, latencyMs: 8 })
      .send(0)
      .send(0)
      .configureAt(9 * MS, wire)
      .configureAt(10 * MS, { ...wire, ...holding })
      .configureAt(12 * MS, then)
      .run();
    assert.equal(
      pipeline.ends.map(({ seq, at }) => [seq, at]),
      [
        [0, 16 * MS],
        [1, 16 * MS],
      ],
    );
  }
});

test('who is about to leave the wire when order comes back meets its delay, and does not wait for bandwidth', () => {
  const wire = { bandwidthKbps: 1000, 'bandwidth.model': 'serialize', 'bandwidth.queuePackets': 9 };
  const pipeline = new TestPipeline().configureAt(0, { ...wire, latencyMs: 50, jitterMs: 1, ...FREE });
  for (let seq = 0; seq < 4; seq++) pipeline.send(0);
  const seen: number[] = [];
  const look = (ms: number): void =>
    void pipeline.at(ms * MS, () => seen.push(pipeline.pipeline.backlogBytes()));
  // Somebody looks at that very instant, before the change: it has left the wire.
  look(8);
  pipeline.configureAt(8 * MS, { ...wire, latencyMs: 5 });
  // One on the wire and two behind it, one, none.
  for (const ms of [9, 17, 25, 100]) look(ms);
  assert.equal(
    pipeline.run().ends.map(({ at }) => at / MS),
    [13, 21, 29, 37],
  );
  assert.equal(seen, [2000, 2000, 1000, 0, 0]);
});

test('two changes at one instant: what the first lets leave the wire meets the delay of the second', () => {
  const wire = { bandwidthKbps: 1000, 'bandwidth.model': 'serialize', 'bandwidth.queuePackets': 9 };
  const draws = drawsOf('delay', 4);
  const pipeline = new TestPipeline().configureAt(0, { ...wire, latencyMs: 50, jitterMs: 1, ...FREE });
  pipeline.send(0).send(0).send(0);
  pipeline
    .configureAt(10 * MS, { latencyMs: 50, jitterMs: 1, ...FREE })
    .configureAt(10 * MS, { latencyMs: 60, jitterMs: 1 })
    .send(100 * MS)
    .run();
  const jitter = (seq: number): number => Math.floor((2 * draws[seq]! - 1) * MS + 0.5);
  assert.equal(
    pipeline.ends.map(({ seq, at }) => [seq, at]),
    [
      [0, 58 * MS + jitter(0)],
      [1, 70 * MS + jitter(1)],
      [2, 70 * MS + Math.max(jitter(1), jitter(2))],
      [3, 160 * MS + jitter(3)],
    ],
  );
});

test.run();
