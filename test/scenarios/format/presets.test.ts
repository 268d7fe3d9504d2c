import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readPreset } from '../../../scenarios/index.ts';
import { shippedPresets } from './resources.ts';

test('at least twenty-five presets ship, each with a source for each value', () => {
  const presets = [...shippedPresets().values()];
  assert.ok(presets.length >= 25);
  for (const { name, profile, up = {}, provenance } of presets) {
    const fields = [...Object.keys(profile), ...Object.keys(up).map((field) => `up.${field}`)];
    assert.equal(Object.keys(provenance).sort(), fields.sort(), name);
  }
});

test('values from round trips are halved', () => {
  const presets = shippedPresets();
  const latency = (name: string) => presets.get(name)?.profile['latencyMs'];
  // WebPageTest: 3G has an RTT of 300 ms, cable 28; IBM Cloud: Washington to London 75.
  assert.equal([latency('3g-wpt'), latency('cable-wpt'), latency('transatlantic')], [150, 14, 37.5]);
});

test('a value without a source is refused, and so is a source without a value', () => {
  const outcome = readPreset(
    'bad',
    `summary: Bad
personality: { latencyMs: 3, jitterMs: 1 }
provenance:
  latencyMs: { source: somebody, year: 2020, kind: guess }
  mtu: { source: somebody, year: 2020, kind: measured }
`,
  );
  assert.equal(outcome.ok ? [] : outcome.problems.map(({ path, found }) => [path, found]), [
    ['provenance.latencyMs.kind', '"guess"'],
    ['provenance.jitterMs', 'nothing'],
    ['provenance.mtu', 'the source of a value that is not set'],
  ]);
});

test.run();
