import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, type Nanos, seconds, us } from '../../../engine/index.ts';
import type { DurationLaw } from '../../../sim/specs.ts';
import { chiSquareTest, kolmogorovTest } from '../../support/statistics.ts';
import { column, flow, run, vm, where } from '../../support/world.ts';

// Fixed seeds: each of these fails for one seed in a hundred thousand, and is as it is for this one.
const LEAST_P = 1e-5;

const gaps = (times: readonly Nanos[]): number[] => times.slice(1).map((time, n) => time - times[n]!);

test('the gaps of Poisson traffic are exponential, the first one included', async () => {
  const poisson = flow('poisson', { interval: ms(1), packetSize: 100, count: 5000 });
  const { rows } = await run({ traffic: [poisson] }, { until: seconds(20) });
  const times = column(rows, 'sentNs');
  assert.is(times.length, 5000);
  const all = gaps([0, ...times]);
  assert.ok(kolmogorovTest(all, (x) => 1 - Math.exp(-x / 1e6)) > LEAST_P);
});

test('Poisson counts of equal spans are as far apart as their mean', async () => {
  const poisson = flow('poisson', { interval: ms(1), packetSize: 100 });
  const { rows } = await run({ traffic: [poisson] });
  const counts = new Array<number>(1000).fill(0);
  for (const time of column(rows, 'sentNs')) counts[Math.floor(time / ms(10))]! += 1;
  // The index of dispersion, n times variance over mean, is chi-square with n - 1 degrees (Fisher 1950), so Pearson's test.
  const mean = rows.length / counts.length;
  const expected = counts.map(() => mean);
  const p = chiSquareTest(counts, expected);
  assert.ok(p > LEAST_P && p < 1 - LEAST_P);
});

test('the first Poisson packet is no more likely at the start than anywhere', async () => {
  const vms = Array.from({ length: 200 }, (_, n) => vm(`v${n}`, `10.0.0.${n + 1}`));
  const from = vms.map(({ id }) => id).slice(1);
  const poisson = flow('poisson', { from, to: { vm: 'v0' }, interval: ms(1), packetSize: 100, count: 1 });
  const { rows } = await run({ vms, traffic: [poisson] });
  assert.is(rows.length, 199);
  assert.ok(kolmogorovTest(column(rows, 'sentNs'), (x) => 1 - Math.exp(-x / 1e6)) > LEAST_P);
});

const INTERVAL = us(10);
const fixed = (mean: number): DurationLaw => ({ law: 'fixed', mean });

/** Off periods, exactly: what a gap has more than an interval. */
async function offPeriods(off: DurationLaw): Promise<number[]> {
  const spec = flow('onOff', {
    interval: INTERVAL,
    packetSize: 100,
    on: fixed(INTERVAL * 10),
    off,
    count: 20_000,
  });
  const { rows } = await run({ traffic: [spec] }, { until: seconds(1000) });
  return gaps(column(rows, 'sentNs'))
    .filter((gap) => gap > INTERVAL)
    .map((gap) => gap - INTERVAL);
}

test('exponential periods are exponential', async () => {
  const periods = await offPeriods({ law: 'exponential', mean: ms(3) });
  assert.is(periods.length, 1999);
  assert.ok(kolmogorovTest(periods, (x) => 1 - Math.exp(-x / 3e6)) > LEAST_P);
});

test('Pareto periods have their shape, their least value and so their mean', async () => {
  for (const shape of [1.5, 2.5]) {
    const periods = await offPeriods({ law: 'pareto', mean: ms(3), shape });
    const least = (3e6 * (shape - 1)) / shape;
    assert.ok(Math.min(...periods) >= least - 1);
    assert.ok(kolmogorovTest(periods, (x) => (x <= least ? 0 : 1 - (least / x) ** shape)) > LEAST_P);
  }
});

test('on periods follow their law, too', async () => {
  const mean = INTERVAL * 500;
  const spec = flow('onOff', {
    interval: INTERVAL,
    packetSize: 100,
    on: { law: 'exponential', mean },
    off: fixed(seconds(1)),
  });
  const { rows } = await run({ traffic: [spec] }, { until: seconds(150) });
  // A new burst after a gap; its length is known to the interval, 1/500 of the mean.
  const periods: number[] = [];
  let packets = 1;
  for (const gap of gaps(column(rows, 'sentNs'))) {
    if (gap > seconds(0.5)) {
      periods.push(packets * INTERVAL);
      packets = 0;
    }
    packets++;
  }
  assert.ok(periods.length > 100);
  assert.ok(kolmogorovTest(periods, (x) => 1 - Math.exp(-x / mean)) > LEAST_P);
});

test('the mean rate of bursts is the rate times the share of the time that they are on', async () => {
  const spec = flow('onOff', { interval: ms(1), packetSize: 100, on: fixed(ms(2.5)), off: fixed(ms(7.5)) });
  const { rows } = await run({ traffic: [spec] });
  // 10 s, a quarter of it on, a packet each ms.
  assert.is(rows.length, 2500);
});

test('any of several means each of them alike', async () => {
  const vms = ['a', 'b', 'c', 'd', 'e', 'f'].map((id, n) => vm(id, `10.0.0.${n + 1}`));
  const to = { anyOf: ['a', 'b', 'c', 'd', 'e', 'f'] };
  const { rows } = await run({
    vms,
    traffic: [flow('cbr', { to, interval: us(100), packetSize: 100, count: 5000 })],
  });
  const counts = ['b', 'c', 'd', 'e', 'f'].map((id) => where(rows, { to: id }).length);
  assert.ok(chiSquareTest(counts, [1000, 1000, 1000, 1000, 1000]) > LEAST_P);
});

test('a flood asks all ports alike', async () => {
  const { rows } = await run({ traffic: [flow('flood', { interval: us(1), packetSize: 40, count: 8000 })] });
  const counts = new Array<number>(16).fill(0);
  for (const { targetPort } of where(rows, { kind: 'datagram' })) counts[targetPort >> 12]! += 1;
  assert.ok(
    chiSquareTest(
      counts,
      counts.map(() => 500),
    ) > LEAST_P,
  );
});

test.run();
