import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nextDropProbability, pie } from '../../../../sim/personality/disciplines/pie.ts';
import { PieModel, type PieModelPacket } from '../../../support/pie-model.ts';
import { drawsOf, load, play, type Step, TestQueue } from '../../../support/queue.ts';

const MS = 1_000_000;
const TARGET = 15 * MS;

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) <= 1e-15 + 1e-12 * expected, `${actual} is not ${expected}`);

test('small probabilities move in small steps', () => {
  // 100 ms above the target, and no trend: alpha 0.125 times 0.1 s is 0.0125.
  const step = (probability: number): number =>
    nextDropProbability(probability, 115 * MS, 115 * MS, TARGET) - probability;
  for (const [probability, divisor] of [
    [0, 2048],
    [0.00000099, 2048],
    [0.000001, 512],
    [0.0000099, 512],
    [0.00001, 128],
    [0.000099, 128],
    [0.0001, 32],
    [0.00099, 32],
    [0.001, 8],
    [0.0099, 8],
    [0.01, 2],
    [0.099, 2],
    [0.1, 1],
    [0.5, 1],
  ] as const) {
    near(step(probability), 0.0125 / divisor);
  }
});

test('the step follows the distance from the target and the trend', () => {
  // 20 ms above, 20 ms more than before: 0.125 * 0.02 + 1.25 * 0.02 = 0.0275, halved below 0.1.
  near(nextDropProbability(0.05, 35 * MS, 15 * MS, TARGET), 0.05 + 0.0275 / 2);
  // 10 ms below, 20 ms less than before: -0.125 * 0.01 - 1.25 * 0.02 = -0.02625.
  near(nextDropProbability(0.5, 5 * MS, 25 * MS, TARGET), 0.5 - 0.02625);
});

test('from 0.1 on it grows by no more than 0.02 at once; it may fall faster', () => {
  near(nextDropProbability(0.5, 35 * MS, 15 * MS, TARGET), 0.52);
  near(nextDropProbability(0.1, 1000 * MS, 0, TARGET), 0.12);
  near(nextDropProbability(0.5, 0, 100 * MS, TARGET), 0.5 - 0.125 * 0.015 - 0.125);
  // Below, it does not: (0.125 * 0.985 + 1.25) / 2.
  near(nextDropProbability(0.099, 1000 * MS, 0, TARGET), 0.099 + 1.373125 / 2);
});

test('when nothing has waited twice it falls by 2 percent on top', () => {
  near(nextDropProbability(0.5, 0, 0, TARGET), 0.98 * (0.5 - 0.125 * 0.015));
  near(nextDropProbability(0.5, 0, 1 * MS, TARGET), 0.5 - 0.001875 - 0.00125);
});

test('it stays between 0 and 1', () => {
  assert.is(nextDropProbability(0, 0, 0, TARGET), 0);
  assert.is(nextDropProbability(0.001, 0, 500 * MS, TARGET), 0);
  assert.is(nextDropProbability(0.995, 200 * MS, 100 * MS, TARGET), 1);
});

/** `perMs` packets come every ms and one leaves, for `ms` ms. */
function flood(queue: TestQueue, ms: number, perMs: number, ecn = false, start = 0): TestQueue {
  for (let n = 0; n < ms; n++) {
    for (let packet = 0; packet < perMs; packet++) queue.arrive((start + n) * MS, { ecn });
    queue.serve((start + n) * MS + MS / 2);
  }
  return queue.run((start + ms) * MS);
}

test('a burst of 150 ms passes, whatever the delay', () => {
  const firstDrops = (settings: object): number[] =>
    Array.from(
      { length: 20 },
      (_, n) => flood(new TestQueue(pie, settings, `burst ${n}`), 600, 4).dropped[0]!.at,
    );
  // The updates at 15, 30 ... 150 ms use the allowance up.
  assert.ok(firstDrops({}).every((at) => at >= 150 * MS && at < 250 * MS));
  const sooner = firstDrops({ burstAllowance: 30 * MS });
  assert.ok(sooner.every((at) => at >= 30 * MS) && sooner.some((at) => at < 150 * MS));
});

test('nobody is dropped where at most two packets wait', () => {
  // A server that is far too slow: packets wait for a second, and the probability goes to 1.
  const queue = new TestQueue(pie);
  for (let n = 0; n < 20_000; n++) queue.arrive(n * MS);
  for (let n = 1; n <= 20; n++) queue.serve(n * 1000 * MS);
  queue.run(20_000 * MS);
  const { left, dropped, discipline } = queue;
  // From then on each service makes room for one: three wait, and the third is the one that came with two waiting.
  const late = dropped.filter(({ at }) => at > 19_000 * MS);
  assert.ok(late.length >= 998, `${late.length}`);
  assert.ok(discipline.backlogPackets >= 3);
  assert.is(left.length, 20);
});

test('packets that can be marked are marked, as long as the probability is below 10 percent', () => {
  const fates = (perMs: number, ms: number): [marked: number, dropped: number] => {
    const queue = flood(new TestQueue(pie, { ecn: true }), ms, perMs, true);
    for (let n = 0; n < 10_000; n++) queue.serve(ms * MS);
    queue.run(ms * MS);
    return [queue.marked.length, queue.lost.length];
  };
  // A little too much for a while: marks alone. Far too much for longer: the probability passes 10 %, and drops follow.
  const [marked, dropped] = fates(2, 180);
  assert.ok(marked > 0);
  assert.is(dropped, 0);
  const [before, after] = fates(2, 800);
  assert.ok(before > 0 && after > 0);
  const deaf = flood(new TestQueue(pie, { ecn: true }), 180, 2, false);
  assert.ok(deaf.lost.length > 0);
});

test('its clock stops where nobody waits', () => {
  const queue = new TestQueue(pie);
  queue.arrive(0).serve(MS).run();
  assert.is(queue.kernel.pending, 0);
  assert.ok(queue.kernel.now <= 15 * MS);
});

interface Settings {
  readonly target: number;
  readonly update: number;
  readonly burstAllowance: number;
  readonly limitPackets: number;
}

function modelled(steps: readonly Step[], draws: readonly number[], settings: Settings): unknown {
  const { target, update, burstAllowance, limitPackets } = settings;
  const model = new PieModel({
    QDELAY_REF: target / 1e9,
    T_UPDATE: update / 1e9,
    MAX_BURST: burstAllowance / 1e9,
    TAIL_DROP_PACKETS: limitPackets,
    ecn: true,
  });
  const left: unknown[] = [];
  let seq = 0;
  let tick = Number.NaN;
  for (const { at, arrives } of steps) {
    if (Number.isNaN(tick) && arrives !== null) tick = at + update;
    for (; tick <= at; tick += update) model.calculate_drop_prob();
    if (arrives === null) {
      const packet = model.dequeue(at);
      if (packet !== null) left.push({ seq: packet.seq, at, marked: packet.marked });
    } else {
      const { size, ecn = false } = arrives;
      const packet: PieModelPacket = { seq, size, ecn, came: at, marked: false };
      model.enqueue(packet, draws[seq]!);
      seq++;
    }
  }
  return { left, dropped: model.dropped };
}

test('does what RFC 8033 says, packet by packet, as if its clock had always run', () => {
  let drops = 0;
  let marks = 0;
  for (let n = 0; n < 30; n++) {
    const settings = {
      target: [15, 5][n % 2]! * MS,
      update: [15, 15, 4][n % 3]! * MS,
      burstAllowance: [150, 0, 30, 100][n % 4]! * MS,
      limitPackets: [Infinity, 120][n % 2]!,
      ecn: true,
    };
    const steps = load({
      seed: `pie ${n}`,
      count: 3000,
      // From a queue that stays near half the target to one that is flooded.
      arrivals: [0.95, 0.8, 0.5, 1.05, 1.12][n % 5]! * MS,
      services: MS + 7,
      ecn: [0, 0.5, 1][n % 3]!,
    });
    const queue = play(new TestQueue(pie, settings, `pie ${n}`), steps);
    const expected = modelled(steps, drawsOf(`pie ${n}`, 3000), settings);
    assert.equal({ left: queue.left, dropped: queue.lost }, expected, `load ${n}`);
    drops += queue.lost.length;
    marks += queue.marked.length;
  }
  assert.ok(drops > 1000 && marks > 100, `${drops} drops, ${marks} marks`);
});

test.run();
