import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { normalTable, paretonormalTable, paretoTable } from '../../../engine/index.ts';
import { lossShare, netemLossShare, queueOutlook, variationOf } from '../../../sim/personality/outlook.ts';
import type { Profile } from '../../../sim/personality/profile.ts';
import { filteredCdf } from './netem/filtered.ts';

function isNear(value: number | null, expected: number, tolerance: number): void {
  assert.ok(value !== null && Math.abs(value - expected) <= tolerance, `${value} is not about ${expected}`);
}

// ---- loss

test('the share of lost packets is what the model says of its fields', () => {
  assert.is(lossShare({}), 0);
  assert.is(lossShare({ packetLossPercentage: 0.02, 'loss.correlation': 0.9 }), 0.02);
  assert.is(lossShare({ packetLossPercentage: 0.02, 'loss.model': 'burst', 'loss.meanBurst': 5 }), 0.02);
  // One of four, however many come before it.
  assert.is(lossShare({ 'loss.model': 'nth', 'loss.every': 4, 'loss.offset': 7 }), 0.25);
  // pi(bad) = p / (p + r).
  isNear(lossShare({ 'loss.model': 'gilbertElliott', 'loss.p': 0.1, 'loss.r': 0.3 }), 0.25, 1e-12);
  assert.is(lossShare({ 'loss.model': 'gilbertElliott' }), 0);
});

test('what the traffic decides nobody knows before it comes', () => {
  assert.is(lossShare({ 'loss.model': 'match', 'loss.matchLongerThan': 1000 }), null);
  assert.is(lossShare({ 'loss.model': 'list', 'loss.packets': [3] }), null);
  assert.is(netemLossShare({ 'loss.model': 'match', 'loss.matchFirst': 1, 'loss.correlation': 0.5 }), null);
});

test('a model that does not exist loses nobody', () => {
  assert.is(lossShare({ 'loss.model': 'ether', packetLossPercentage: 0.5 }), 0);
});

test("netem's correlation is of random loss, and of no other", () => {
  assert.is(netemLossShare({ packetLossPercentage: 0.1 }), 0.1);
  assert.is(
    netemLossShare({ packetLossPercentage: 0.1, 'loss.model': 'random', 'loss.correlation': 0 }),
    0.1,
  );
  const bursts = { packetLossPercentage: 0.1, 'loss.model': 'burst', 'loss.meanBurst': 2 };
  assert.is(netemLossShare({ ...bursts, 'loss.correlation': 0.5 }), 0.1);
});

test('a filtered number is below a threshold as often as an independent fixed point says', () => {
  for (const rho of [0.25, 0.5, 0.75]) {
    const cdf = filteredCdf(rho);
    for (const p of [0.05, 0.1, 0.3, 0.5, 0.77, 0.999]) {
      isNear(netemLossShare({ packetLossPercentage: p, 'loss.correlation': rho }), cdf(p), 2e-6);
    }
  }
});

test('filtered uniform numbers: what is known of them exactly', () => {
  const share = (p: number, rho: number): number =>
    netemLossShare({ packetLossPercentage: p, 'loss.model': 'random', 'loss.correlation': rho })!;
  for (const rho of [0.1, 0.5, 0.9]) {
    // They vary to both sides alike.
    isNear(share(0.5, rho), 0.5, 1e-6);
    for (const p of [0.12, 0.3]) isNear(share(p, rho) + share(1 - p, rho), 1, 1e-6);
    assert.is(share(0, rho), 0);
    assert.is(share(1, rho), 1);
  }
  // Nothing new comes in: everybody has the luck of the first.
  assert.is(share(0.3, 1), 0.3);
});

// ---- queue

test('the queue is that of the link, and there is none without a rate', () => {
  assert.is(queueOutlook({}), null);
  assert.is(queueOutlook({ latencyMs: 20, 'bandwidth.queuePackets': 5 }), null);
  assert.equal(queueOutlook({ bandwidthKbps: 8000, 'bandwidth.queuePackets': 5 }), {
    rate: 8_000_000,
    queueBytes: Infinity,
    queuePackets: 5,
  });
  // 1.5 x 1,250,000 B/s x 2 x 100 ms.
  assert.equal(queueOutlook({ bandwidthKbps: 10_000, latencyMs: 100 }), {
    rate: 10_000_000,
    queueBytes: 375_000,
    queuePackets: Infinity,
  });
});

test("netem's queue has 1000 packets, and its rate is whole bytes", () => {
  assert.is(queueOutlook({ netemCompat: true, 'bandwidth.queuePackets': 5 }), null);
  assert.equal(queueOutlook({ netemCompat: true, bandwidthKbps: 1.001 }), {
    rate: 1000,
    queueBytes: Infinity,
    queuePackets: 1000,
  });
  assert.is(
    queueOutlook({ netemCompat: true, bandwidthKbps: 8, 'bandwidth.queuePackets': 5 })?.queuePackets,
    5,
  );
});

// ---- variation

test('the variation is that of the distribution', () => {
  const of = (profile: Profile) => variationOf({ jitterMs: 5, ...profile });
  assert.is(of({}), undefined);
  assert.is(of({ 'jitter.distribution': 'uniform' }), undefined);
  assert.is(of({ 'jitter.distribution': 'normal' }), normalTable());
  assert.is(of({ 'jitter.distribution': 'pareto' }), paretoTable());
  assert.is(of({ 'jitter.distribution': 'paretonormal' }), paretonormalTable());
  assert.is(of({ 'jitter.distribution': 'table' }), undefined);
  const table = [-1, 0, 4];
  const made = of({ 'jitter.distribution': 'table', 'jitter.table': table });
  assert.equal([made?.min, made?.max], [-1, 4]);
  // All VMs share the table of a list.
  assert.is(of({ 'jitter.distribution': 'table', 'jitter.table': table }), made);
});

test.run();
