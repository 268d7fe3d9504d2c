import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { through } from './world.ts';

test('a picture of nothing is what was sent', async () => {
  assert.is(await through({}, 'a--b-c'), 'a--b-c');
});

test('a delay already drawn stays drawn', async () => {
  const changes = { 0: { latencyMs: 3 }, 2: { latencyMs: 1 } };
  assert.is(await through(changes, 'a--b'), '---ab');
});

test('several in one column stand in brackets', async () => {
  assert.is(await through({ 0: { latencyMs: 3 }, 1: { latencyMs: 2 } }, 'ab-c'), '---[ab]-c');
  assert.is(await through({ 0: { duplicatePacketPercentage: 1 } }, 'a-b'), '[aa]-[bb]');
});

test('a lost packet leaves its column empty', async () => {
  assert.is(await through({ 1: { packetLossPercentage: 1 }, 2: { packetLossPercentage: 0 } }, 'abc'), 'a-c');
});

test('a wire of 4 Mbit/s takes 2 ms for 1,000 bytes, and 4 ms from when it has 2 Mbit/s', async () => {
  const wire = { 'bandwidth.model': 'serialize', 'bandwidth.queuePackets': 100 };
  assert.is(await through({ 0: { ...wire, bandwidthKbps: 4000 } }, 'abc'), '--a-b-c');
  // c starts at 4 ms, when b is out.
  assert.is(
    await through({ 0: { ...wire, bandwidthKbps: 4000 }, 3: { bandwidthKbps: 2000 } }, 'abc'),
    '--a-b---c',
  );
});

test.run();
