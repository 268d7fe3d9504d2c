/** What a program made of the presets is what it makes, and has the numbers that were published. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { shippedPresets } from '../scenarios/format/resources.ts';
import { ROOT } from '../support/cli.ts';
import { madeFiles } from './files.ts';

const presets = shippedPresets();

for (const { path, text } of madeFiles()) {
  test(`${path} is what npm run presets writes`, () => {
    assert.is(readFileSync(join(ROOT, path), 'utf8'), text);
  });
}

/** Of an ascending list: the value at (n - 1) p, between its neighbours in proportion (Hyndman and Fan's seventh definition). */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)]!;
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below);
}

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

test('the round trips over Starlink have the measured minimum, quartiles and median', () => {
  const { series, upSeries } = presets.get('leo-starlink')!;
  const down = series!.fields['latencyMs']!;
  const up = upSeries!.fields['latencyMs']!;
  const roundTrips = ascending(down.map((latency, level) => latency + up[level]!));
  assert.equal(
    [0, 0.25, 0.5, 0.75].map((share) => quantile(roundTrips, share)),
    [20, 40, 50, 60],
  );
});

test('the rates over Starlink are those that were promised and seen, and they change every 15 s with the delay', () => {
  const { series, upSeries } = presets.get('leo-starlink')!;
  const rates = ascending(series!.fields['bandwidthKbps']!);
  assert.equal([rates.at(0), quantile(rates, 0.5), rates.at(-1)], [100_000, 150_000, 300_000]);
  assert.equal([series!.every, upSeries!.every], [15e9, 15e9]);
  assert.is(series!.levels, upSeries!.levels);
  for (const field of ['latencyMs', 'bandwidthKbps']) {
    const levels = series!.fields[field]!;
    assert.is(new Set(levels).size, levels.length, `${field}: no level is like another`);
  }
});

test('the losses at hand-overs are half of the packets, and of all between 0.5 and 1 %', () => {
  const { profile, series, upSeries } = presets.get('leo-starlink')!;
  for (const { every, change } of [series!, upSeries!]) {
    assert.is(change!.values['packetLossPercentage'], 0.5);
    // Runs of losses are 1 / (1 - 0.5) packets long when each is lost on its own, so that sparse flows lose their half as well.
    assert.is(change!.values['loss.meanBurst'], 2);
    const share = (0.5 * (change!.before + change!.after)) / every;
    assert.ok(share >= 0.005 && share <= 0.01, String(share));
    // Without the series the same is lost on average: to two digits, as the file has it.
    assert.is(profile['packetLossPercentage'], Number(share.toPrecision(2)));
  }
});

test('the LTE traces have the averages of those that were recorded, and seconds unlike each other', () => {
  const { profile, up } = presets.get('lte-driving')!;
  // 5.2 Mbit/s for 30 s are 13,000 times 1500 bytes; 0.8 Mbit/s are 2000.
  for (const [trace, count] of [
    [profile['bandwidth.trace'], 13_000],
    [up!['bandwidth.trace'], 2000],
  ] as const) {
    assert.ok(Array.isArray(trace));
    assert.equal([trace.length, trace.at(-1)], [count, 30_000]);
    const seconds = Array.from(
      { length: 30 },
      (_, n) => trace.filter((ms) => Math.ceil(ms / 1000) === n + 1).length,
    );
    const mean = count / 30;
    assert.ok(Math.max(...seconds) > 1.5 * mean && Math.min(...seconds) < 0.5 * mean, seconds.join());
  }
});

test('the traces stay small', () => {
  const bytes = madeFiles().reduce(
    (sum, { path, text }) => sum + (path.endsWith('.trace') ? text.length : 0),
    0,
  );
  assert.ok(bytes < 100_000, `${bytes} bytes`);
});

test.run();
