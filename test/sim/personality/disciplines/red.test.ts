import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { red } from '../../../../sim/personality/disciplines/red.ts';
import { baseProbability, spacedProbability } from '../../../../sim/personality/disciplines/red-queue.ts';
import { drawsOf, load, play, type Step, TestQueue } from '../../../support/queue.ts';
import { RedModel, type RedParameters } from '../../../support/red-model.ts';
import { chiSquareTest } from '../../../support/statistics.ts';

const MS = 1_000_000;
const SECOND = 1000 * MS;
/** Drops everybody at an average of two or more, and nobody below. */
const CLIFF = { redMin: 2, redMax: 2, redGentle: false, redWeight: 0.5 };

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

test('the chance grows from 0 at the lower threshold to the given one at the upper', () => {
  const chance = (average: number, isGentle = true): number =>
    baseProbability(average, 5, 15, 0.02, isGentle);
  assert.is(chance(5), 0);
  near(chance(10), 0.01);
  near(chance(14), 0.018);
  // Gentle: on to 1 at twice the upper one. Halfway: 0.02 + 0.98 / 2.
  near(chance(15), 0.02);
  near(chance(22.5), 0.51);
  assert.is(chance(30), 1);
  assert.is(chance(15, false), 1);
});

test('the chance grows with the number of packets since the last hit', () => {
  near(spacedProbability(0.1, 0), 0.1);
  near(spacedProbability(0.1, 1), 1 / 9);
  near(spacedProbability(0.1, 5), 0.2);
  near(spacedProbability(0.1, 8), 0.5);
  near(spacedProbability(0.25, 3), 1);
  assert.is(spacedProbability(0.25, 4), 1);
  assert.is(spacedProbability(0.02, 1000), 1);
});

test('the average moves by its weight towards the length that each packet finds', () => {
  // Lengths 0, 1, 2, 3 give averages 0, 1/2, 5/4, 17/8: the fourth packet is dropped, and so are those that find 3 after it.
  const queue = new TestQueue(red, CLIFF);
  for (let n = 0; n < 6; n++) queue.arrive(n);
  queue.run();
  assert.equal(queue.lost, [3, 4, 5]);
  // The average is 17/8, 41/16, 89/32 by then. One leaves: 2 gives 153/64, still above 2; again 281/128, 537/256, ... never below;
  queue.serve(10).arrive(11).arrive(12).arrive(13).run();
  assert.equal(queue.lost, [3, 4, 5, 6, 7, 8]);
  // with 1 waiting nobody is dropped early: (537/256 + 1) / 2 = 1.55 is below anyway.
  queue.serve(20).arrive(21).run();
  assert.equal(queue.lost, [3, 4, 5, 6, 7, 8]);
});

test('idle time counts as the small packets that could have been sent in it', () => {
  // 40 kbit/s are 10 packets of 500 bytes a second. Average 17/8 after four, then the queue is emptied at 1 s.
  const emptied = (): TestQueue => {
    const queue = new TestQueue(red, { ...CLIFF, rate: 40_000 });
    for (let n = 0; n < 4; n++) queue.arrive(n);
    for (let n = 0; n < 3; n++) queue.serve(SECOND);
    return queue;
  };
  // At once: halved by the first newcomer, which finds 0: 17/16; then 1 and 2: 33/32, 97/64; the fourth finds 3: 289/128 = 2.26.
  const soon = emptied();
  for (let n = 0; n < 4; n++) soon.arrive(SECOND);
  assert.equal(soon.run().lost, [3, 7]);
  // 100 ms later one more could have been sent: 17/32; 49/64; 177/128; 561/256 = 2.19. It makes no difference to the fourth;
  // with a lower cliff it does not either, but with one at 2.2 it does.
  for (const [gap, lost] of [
    [99, [3, 7]],
    [100, [3]],
  ] as const) {
    const queue = emptied().configureAt(SECOND, { ...CLIFF, rate: 40_000, redMin: 2.2, redMax: 2.2 });
    for (let n = 0; n < 4; n++) queue.arrive(SECOND + gap * MS);
    assert.equal(queue.run().lost, lost, `${gap} ms`);
  }
});

test('a queue that was evicted is idle from then on, one that was empty is so still', () => {
  const cliff = { ...CLIFF, rate: 40_000, redMin: 2.2, redMax: 2.2 };
  for (const [emptied, again, gap, lost] of [
    // As above: 99 ms later the fourth newcomer is dropped, 100 ms later it is not.
    ['evicted', false, 99, 1],
    ['evicted', false, 100, 0],
    ['served', true, 99, 1],
    ['served', true, 100, 0],
  ] as const) {
    const queue = new TestQueue(red, { ...CLIFF, rate: 40_000 });
    const evict = (): void => {
      const rows: number[] = [];
      queue.discipline.evict(rows);
      for (const row of rows) queue.leave(row);
    };
    for (let n = 0; n < 4; n++) queue.arrive(n);
    if (emptied === 'evicted') queue.at(SECOND, evict);
    else for (let n = 0; n < 3; n++) queue.serve(SECOND);
    if (again) queue.at(SECOND + 50 * MS, evict);
    queue.configureAt(SECOND, cliff);
    for (let n = 0; n < 4; n++) queue.arrive(SECOND + gap * MS);
    assert.is(queue.run().lost.length, 1 + lost, `${emptied}, ${gap} ms`);
  }
});

test('the highest chance is the one that is set now', () => {
  const settings = { redWeight: 1, redMin: 5, redMax: 15, redGentle: false };
  const queue = new TestQueue(red, { ...settings, redMaxProbability: 1e-12 });
  for (let n = 0; n < 12; n++) queue.discipline.adopt(queue.make());
  const hits = (count: number): number => {
    const before = queue.lost.length;
    for (let n = 0; n < count; n++) {
      queue.discipline.enqueue(queue.make());
      while (queue.discipline.backlogPackets > 12) queue.take();
    }
    return queue.lost.length - before;
  };
  assert.is(hits(200), 0);
  queue.configureAt(1, { ...settings, redMaxProbability: 1 }).run();
  // 12 wait: p_b = 0.7, and who comes after one that got through is hit for certain.
  assert.ok(hits(200) > 100);
});

test('hits are spread evenly: the gaps between them are equally likely up to 1 / p', () => {
  // Ten always wait: the average is 10, and the chance p_b = 0.2 * (10 - 5) / (15 - 5) = 0.1. The packet after a hit counts as 1
  // (figure 2 of the paper), so the gaps are 1 to 9.
  const queue = new TestQueue(red, { redWeight: 1, redMin: 5, redMax: 15, redMaxProbability: 0.2 });
  for (let n = 0; n < 10; n++) queue.discipline.adopt(queue.make());
  for (let n = 0; n < 20_000; n++) {
    queue.discipline.enqueue(queue.make());
    while (queue.discipline.backlogPackets > 10) queue.take();
  }
  const { lost } = queue;
  const gaps = new Array<number>(10).fill(0);
  for (let n = 1; n < lost.length; n++) gaps[lost[n]! - lost[n - 1]!]!++;
  assert.is(gaps[0], 0);
  const observed = gaps.slice(1);
  assert.is(
    observed.reduce((sum, count) => sum + count),
    lost.length - 1,
  );
  assert.ok(lost.length > 3500);
  assert.ok(
    chiSquareTest(
      observed,
      observed.map(() => (lost.length - 1) / 9),
    ) > 1e-6,
    observed.join(),
  );
});

test('a packet that can be marked is marked, but not above the highest threshold', () => {
  const settings = { redWeight: 1, redMin: 2, redMax: 10, redMaxProbability: 1, redGentle: false, ecn: true };
  const queue = new TestQueue(red, settings);
  for (let n = 0; n < 15; n++) queue.arrive(n, { ecn: true });
  for (let n = 0; n < 15; n++) queue.serve(100 + n);
  queue.run();
  // Who finds 10 or more is dropped all the same.
  assert.equal(queue.lost, [10, 11, 12, 13, 14]);
  assert.ok(queue.marked.length > 0);
  assert.ok(queue.marked.every((seq) => seq >= 2));
  const deaf = new TestQueue(red, settings);
  for (let n = 0; n < 15; n++) deaf.arrive(n);
  deaf.run();
  assert.is(deaf.lost[0], queue.marked[0]);
});

test('thresholds that are not given follow from the rate and the target', () => {
  // 5 ms at 40 Mbit/s are 50 packets of 500 bytes: half of them, and three times that; at 8 Mbit/s no less than 5, and 15.
  for (const [rate, max] of [
    [40_000_000, 75],
    [8_000_000, 15],
  ] as const) {
    const automatic = {
      rate,
      redMin: 0,
      redMax: 0,
      redWeight: 1,
      redMaxProbability: 1e-12,
      redGentle: false,
    };
    const queue = new TestQueue(red, automatic);
    for (let n = 0; n < 80; n++) queue.arrive(n);
    assert.is(queue.run().lost[0], max);
  }
});

function modelled(steps: readonly Step[], draws: readonly number[], parameters: RedParameters): unknown {
  const model = new RedModel(parameters);
  const left: unknown[] = [];
  let seq = 0;
  for (const { at, arrives } of steps) {
    if (arrives === null) {
      const packet = model.dequeue(at);
      if (packet !== null) left.push({ seq: packet.seq, at, marked: packet.marked });
    } else {
      const packet = { seq, ecn: arrives.ecn === true, marked: false };
      model.enqueue(packet, draws[seq]!, at);
      seq++;
    }
  }
  return { left, dropped: model.dropped };
}

test('does what the paper writes, packet by packet', () => {
  let drops = 0;
  let marks = 0;
  for (let n = 0; n < 24; n++) {
    // Of the last ones the rate decides: 1 - exp(-1 / packets per second), and where it is not known 0.002.
    const [redWeight, rate, w_q] = (
      [
        [0.002, 4_000_000, 0.002],
        [0.02, 4_000_000, 0.02],
        [0.3, 4_000_000, 0.3],
        [0, 400_000, 1 - Math.exp(-1 / 100)],
        [0, 0, 0.002],
      ] as const
    )[n % 5]!;
    const settings = {
      redMin: [5, 2, 10][n % 3]!,
      redMax: [15, 12, 30][n % 3]!,
      redWeight,
      redMaxProbability: [0.02, 0.2][n % 2]!,
      redGentle: n % 4 < 2,
      ecn: true,
      limitPackets: [50, 25][n % 2]!,
      rate,
    };
    const parameters = {
      min_th: settings.redMin,
      max_th: settings.redMax,
      w_q,
      max_p: settings.redMaxProbability,
      gentle: settings.redGentle,
      ecn: true,
      limit: settings.limitPackets,
      ptc: rate / 4000,
    };
    const steps = load({
      seed: `red ${n}`,
      count: 3000,
      arrivals: [0.95, 0.8, 0.6][n % 3]! * MS,
      services: MS + 7,
      ecn: 0.4,
    });
    const queue = play(new TestQueue(red, settings, `red ${n}`), steps);
    const expected = modelled(steps, drawsOf(`red ${n}`, 3000), parameters);
    assert.equal({ left: queue.left, dropped: queue.lost }, expected, `load ${n}`);
    drops += queue.lost.length;
    marks += queue.marked.length;
  }
  assert.ok(drops > 1000 && marks > 500, `${drops} drops, ${marks} marks`);
});

test.run();
