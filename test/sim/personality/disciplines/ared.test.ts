import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { adaptedProbability, ared } from '../../../../sim/personality/disciplines/ared.ts';
import { drawsOf, load, play, type Step, TestQueue } from '../../../support/queue.ts';
import { RedModel, type RedParameters } from '../../../support/red-model.ts';

const MS = 1_000_000;
const INTERVAL = 500 * MS;

test('above the middle fifth the chance grows by 0.01, or by a quarter where that is less; below it falls by a tenth', () => {
  // Between 5 and 15, the middle fifth is 9 to 11.
  const adapted = (probability: number, average: number): number =>
    Math.round(adaptedProbability(probability, average, 5, 15) * 1e12) / 1e12;
  assert.is(adapted(0.1, 12), 0.11);
  assert.is(adapted(0.02, 12), 0.025);
  assert.is(adapted(0.1, 11), 0.1);
  assert.is(adapted(0.1, 9), 0.1);
  assert.is(adapted(0.1, 8.9), 0.09);
  // It stays about between 0.01 and 0.5.
  assert.is(adapted(0.5, 12), 0.51);
  assert.is(adapted(0.51, 12), 0.51);
  assert.is(adapted(0.01, 8), 0.009);
  assert.is(adapted(0.009, 8), 0.009);
});

test('a packet that can be marked is marked', () => {
  const queue = new TestQueue(ared, { ecn: true, rate: 4_000_000, redWeight: 0.05, redMin: 3, redMax: 9 });
  for (let n = 0; n < 2000; n++) {
    queue.arrive(n * MS, { ecn: true });
    if (n > 10) queue.serve(n * MS);
  }
  queue.run(2000 * MS);
  assert.equal(queue.lost, []);
  for (let n = 0; n < 20; n++) queue.serve(2001 * MS);
  assert.ok(queue.run().marked.length > 10);
});

function modelled(
  steps: readonly Step[],
  draws: readonly number[],
  parameters: RedParameters,
  set: { readonly at: number; readonly max_p: number } | null = null,
): unknown {
  const model = new RedModel(parameters);
  const left: unknown[] = [];
  let seq = 0;
  let tick = Number.NaN;
  let isSet = false;
  for (const { at, arrives } of steps) {
    if (Number.isNaN(tick) && arrives !== null) tick = at + INTERVAL;
    for (; tick <= at; tick += INTERVAL) model.adapt(tick);
    if (set !== null && !isSet && at >= set.at) {
      model.max_p = set.max_p;
      isSet = true;
    }
    if (arrives === null) {
      const packet = model.dequeue(at);
      if (packet !== null) left.push({ seq: packet.seq, at, marked: packet.marked });
    } else {
      model.enqueue({ seq, ecn: false, marked: false }, draws[seq]!, at);
      seq++;
    }
  }
  return { left, dropped: model.dropped };
}

test('does what the paper writes, packet by packet, as if its clock had always run', () => {
  let drops = 0;
  for (let n = 0; n < 12; n++) {
    const settings = {
      redMin: 5,
      redMax: 15,
      redWeight: [0.002, 0.02, 0.2][n % 3]!,
      redMaxProbability: [0.02, 0.2][n % 2]!,
      limitPackets: 50,
      rate: 4_000_000,
    };
    const parameters = {
      min_th: 5,
      max_th: 15,
      w_q: settings.redWeight,
      max_p: settings.redMaxProbability,
      gentle: true,
      ecn: false,
      limit: 50,
      ptc: 1000,
    };
    const arrivals = [0.95, 0.8, 0.98][n % 3]! * MS;
    const steps = load({ seed: `ared ${n}`, count: 8000, arrivals, services: MS + 7 });
    const queue = play(new TestQueue(ared, settings, `ared ${n}`), steps);
    const expected = modelled(steps, drawsOf(`ared ${n}`, 8000), parameters);
    assert.equal({ left: queue.left, dropped: queue.lost }, expected, `load ${n}`);
    drops += queue.lost.length;
  }
  assert.ok(drops > 1000, `${drops} drops`);
});

/** Bursts of too many packets, and rests after each in which nothing comes: short, long, and so long that the chance is as low as it gets. */
function bursts(rests: readonly number[]): Step[] {
  const steps: Step[] = [];
  let start = 0;
  for (const rest of rests) {
    for (let n = 0; n < 2500; n++)
      steps.push({ at: start + Math.floor(n * 0.7 * MS), arrives: { size: 1000 } });
    for (let n = 0; n < 2600; n++) steps.push({ at: start + n * (MS + 7), arrives: null });
    start += 2600 * (MS + 7) + rest;
  }
  // Arrivals before services at the same instant.
  return steps.sort((a, b) => a.at - b.at);
}

test('a rest is as long for its clock as it was, wherever it ends', () => {
  const steps = bursts([MS, 700 * MS, 5_000 * MS, 30_000 * MS, 90 * MS, 0]);
  const count = steps.filter(({ arrives }) => arrives !== null).length;
  for (const [max_p, w_q] of [
    [0.02, 0.02],
    [0.4, 0.02],
    [0.012, 0.002],
  ] as const) {
    const settings = { redMin: 5, redMax: 15, redWeight: w_q, redMaxProbability: max_p, rate: 4_000_000 };
    const queue = play(new TestQueue(ared, settings, 'rests'), steps);
    const parameters = {
      min_th: 5,
      max_th: 15,
      w_q,
      max_p,
      gentle: true,
      ecn: false,
      limit: Infinity,
      ptc: 1000,
    };
    const expected = modelled(steps, drawsOf('rests', count), parameters);
    assert.equal({ left: queue.left, dropped: queue.lost }, expected);
  }
});

test('where no rate is known the clock stands still in rests', () => {
  const steps = bursts([700 * MS, 5_000 * MS, 300 * MS, 0]);
  const model = new RedModel({
    min_th: 5,
    max_th: 15,
    w_q: 0.02,
    max_p: 0.3,
    gentle: true,
    ecn: false,
    limit: Infinity,
    ptc: 0,
  });
  const draws = drawsOf('rests', steps.length);
  let seq = 0;
  let tick = Number.NaN;
  let isRunning = false;
  for (const { at, arrives } of steps) {
    if (Number.isNaN(tick)) tick = at + INTERVAL;
    for (; tick <= at; tick += INTERVAL) {
      if (isRunning) model.adapt(tick);
      isRunning = model.queue.length > 0;
    }
    if (arrives === null) {
      model.dequeue(at);
    } else {
      isRunning = true;
      model.enqueue({ seq, ecn: false, marked: false }, draws[seq]!, at);
      seq++;
    }
  }
  const settings = { redMin: 5, redMax: 15, redWeight: 0.02, redMaxProbability: 0.3, rate: 0 };
  assert.equal(play(new TestQueue(ared, settings, 'rests'), steps).lost, model.dropped);
});

test('the chance it has found stays when other settings change, and begins anew when it is set', () => {
  const settings = { redMin: 5, redMax: 15, redWeight: 0.02, rate: 4_000_000, redMaxProbability: 0.02 };
  const steps = bursts([0, 0]);
  const draws = drawsOf('set', steps.length);
  const parameters = {
    min_th: 5,
    max_th: 15,
    w_q: 0.02,
    max_p: 0.02,
    gentle: true,
    ecn: false,
    limit: Infinity,
    ptc: 1000,
  };
  const at = 2100 * MS;
  for (const [change, told] of [
    [{ limitPackets: 1000 }, null],
    [{ redMaxProbability: 0.0001 }, { at, max_p: 0.0001 }],
    [{ redMaxProbability: 0.5 }, { at, max_p: 0.5 }],
  ] as const) {
    const queue = new TestQueue(ared, settings, 'set').configureAt(at, { ...settings, ...change });
    play(queue, steps);
    const expected = modelled(steps, draws, parameters, told);
    assert.equal({ left: queue.left, dropped: queue.lost }, expected);
  }
});

test('it keeps the average in the middle, where plain RED does not', () => {
  // Two packets come for each that leaves unless dropped: p has to be near 0.5 for the queue to be stable.
  const meanQueue = (probability: number, seconds: number): number => {
    const queue = new TestQueue(ared, {
      rate: 4_000_000,
      redMin: 5,
      redMax: 15,
      redWeight: 0.02,
      redMaxProbability: probability,
    });
    let sum = 0;
    const end = seconds * 1000;
    for (let n = 0; n < end; n++) {
      if (n % 10 < 4) queue.arrive(n * MS);
      queue.arrive(n * MS).serve(n * MS + 1);
      if (n >= end / 2) queue.at(n * MS + 2, () => (sum += queue.discipline.backlogPackets));
    }
    queue.run(end * MS);
    return sum / (end / 2);
  };
  // 1.4 packets a service; at 0.02 gentle RED holds it only beyond its upper threshold.
  assert.ok(meanQueue(0.02, 2) > 15);
  const later = meanQueue(0.02, 60);
  assert.ok(later > 8 && later < 12, `${later}`);
});

test.run();
