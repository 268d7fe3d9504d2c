import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { POSITIONS, SCALES } from '../../../app/ui/scales.ts';
import { FIELDS } from '../../../sim/index.ts';

const scales = Object.entries(SCALES);

test('every scale belongs to a field, and gives what the field allows', () => {
  for (const [path, scale] of scales) {
    const field = FIELDS.find((each) => each.path === path);
    assert.ok(field, path);
    const { min = 0, max = field.kind === 'probability' ? 1 : Infinity } = field;
    for (let position = 0; position <= POSITIONS; position++) {
      const value = scale.valueAt(position);
      // Only what needs no value to do nothing may be absent.
      if (value === undefined) assert.is(field.identity, undefined, path);
      else assert.ok(value >= min && value <= max, `${path} ${value}`);
    }
  }
});

test('from left to right values only grow, and the thumb stays within its two digits of where it was put', () => {
  for (const [path, scale] of scales) {
    let last = -1;
    for (let position = 0; position <= POSITIONS; position++) {
      const value = scale.valueAt(position) ?? Infinity;
      assert.ok(value >= last, `${path} ${position}`);
      last = value;
      const again = scale.valueAt(scale.positionOf(scale.valueAt(position))) ?? Infinity;
      const isClose = again === value || Math.abs(again - value) <= 0.06 * value;
      assert.ok(isClose, `${path} at ${position}: ${value}, then ${again}`);
    }
  }
});

test('the ends are nothing, everything, and no limit', () => {
  assert.is(SCALES['latencyMs']?.valueAt(0), 0);
  assert.is(SCALES['packetLossPercentage']?.valueAt(POSITIONS), 1);
  assert.is(SCALES['bandwidthKbps']?.valueAt(POSITIONS), undefined);
  assert.is(SCALES['bandwidthKbps']?.positionOf(undefined), POSITIONS);
  assert.is(SCALES['mtu']?.positionOf(undefined), SCALES['mtu']?.positionOf(1500));
});

test('a value beyond an end is at that end', () => {
  assert.is(SCALES['latencyMs']?.positionOf(3_600_000), POSITIONS);
  assert.is(SCALES['latencyMs']?.positionOf(0.0001), 0);
  assert.is(SCALES['mtu']?.positionOf(65_535), POSITIONS);
});

test.run();
