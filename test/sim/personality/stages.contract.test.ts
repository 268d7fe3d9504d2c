import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Profile } from '../../../sim/personality/profile.ts';
import { stages } from '../../../sim/personality/stages/index.ts';
import { stageContract } from '../../contracts/stage.ts';

/** By stage, in the order of the catalogue: settings under which it does a lot. */
const BUSY: Readonly<Record<string, Profile>> = {
  routing: { routingProfile: 'Chaotic', 'routing.chaosProbability': 0.3 },
  mtu: { mtu: 576 },
  // Nothing that remembers packets.
  netem: {
    netemCompat: true,
    packetLossPercentage: 0.1,
    duplicatePacketPercentage: 0.2,
    'corrupt.percentage': 0.2,
    latencyMs: 5,
    jitterMs: 7,
    'reorder.percentage': 0.2,
    bandwidthKbps: 4000,
    'bandwidth.queuePackets': 20,
  },
  loss: { packetLossPercentage: 0.3 },
  duplicate: { duplicatePacketPercentage: 0.3 },
  corrupt: { 'corrupt.percentage': 0.3 },
  // Up again at every whole second.
  outage: { 'outage.dropEvery': 6, 'outage.dropFor': 4, 'outage.holdEvery': 15, 'outage.holdFor': 5 },
  queue: {
    bandwidthKbps: 4000,
    'bandwidth.queuePackets': 20,
    'bandwidth.discipline': 'codel',
    'bandwidth.slotMinMs': 2,
    'bandwidth.slotMaxMs': 9,
    'bandwidth.slotPackets': 4,
  },
  bandwidth: { bandwidthKbps: 4000, 'bandwidth.queuePackets': 20 },
  delay: { latencyMs: 5, jitterMs: 7 },
  disorder: { latencyMs: 5, jitterMs: 7, 'jitter.preserveOrder': false, 'reorder.percentage': 0.3 },
};

test('the catalogue is in the order of SPEC 3, and every stage has an example here', () => {
  assert.equal(
    stages.map((stage) => stage.name),
    Object.keys(BUSY),
  );
});

let before: Profile = {};
for (const stage of stages) {
  const busy = BUSY[stage.name] ?? {};
  stageContract(test, stage, { busy, before });
  // It would do the work of those that come after it.
  if (stage.name !== 'netem') before = { ...before, ...busy };
}

test.run();
