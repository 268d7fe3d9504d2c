import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { missingFor, valuesOf } from '../../../sim/personality/stage.ts';
import { delay } from '../../../sim/personality/stages/delay.ts';
import { mtu } from '../../../sim/personality/stages/mtu.ts';

const BYTE = 8e9;

test('a bucket of another depth takes over the tokens: what it lacks is more by as much as it is deeper', () => {
  const waiting = [0, 64];
  assert.is(missingFor(1500, { packets: waiting, missing: 7, depthBytes: 1000 }), 7 + 500 * BYTE);
  assert.is(missingFor(1000, { packets: waiting, missing: 7, depthBytes: 1000 }), 7);
  // Somebody waits for more than it can hold: the tokens are there.
  assert.is(missingFor(400, { packets: waiting, missing: 7, depthBytes: 1000 }), 7 - 600 * BYTE);
  // Nobody waits: what it cannot hold is lost.
  assert.is(missingFor(400, { packets: [], missing: 7, depthBytes: 1000 }), 0);
  assert.is(missingFor(1500, { packets: [], missing: 7, depthBytes: 1000 }), 7 + 500 * BYTE);
  // There was no bucket: full.
  assert.is(missingFor(1500, { packets: waiting, missing: 0 }), 0);
});

test('an absent field has its default, and without a profile every field does nothing', () => {
  assert.equal(valuesOf(mtu, { mtu: 576 }), { mtu: 576 });
  assert.equal(valuesOf(mtu, {}), { mtu: 1500 });
  assert.equal(valuesOf(mtu, null), { mtu: 65535 });
  assert.equal(valuesOf(delay, { latencyMs: 0, jitterMs: 3, mtu: 5 }), {
    latencyMs: 0,
    jitterMs: 3,
    'jitter.distribution': 'uniform',
    'jitter.table': undefined,
    'jitter.correlation': 0,
  });
});

test.run();
