import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preflight } from '../../../scenarios/preflight/figures.ts';
import { preflightReports } from '../../../scenarios/preflight/index.ts';
import {
  sentence as preflightSentence,
  warnings as preflightWarnings,
} from '../../../scenarios/preflight/words.ts';
import type { Profile } from '../../../sim/index.ts';

const MS = 1_000_000;
const figures = (profile: Profile, egress: Profile | null = null) => preflight(profile, egress);
const warned = (profile: Profile, egress: Profile | null = null) =>
  preflightWarnings(profile, preflight(profile, egress));

test('delay: one way from least to most, and there and back with the egress', () => {
  const { oneWay, roundTrip, back } = figures({ latencyMs: 40, jitterMs: 3 }, { latencyMs: 10 });
  assert.equal(oneWay, { least: 37 * MS, typical: 40 * MS, most: 43 * MS });
  assert.is(roundTrip, 50 * MS);
  assert.is(back, 'egress');
  assert.is(figures({ latencyMs: 40 }).roundTrip, 40 * MS);
});

test('delay: a sum below zero is none', () => {
  const { oneWay, clamped } = figures({ latencyMs: 2, jitterMs: 10 });
  assert.is(oneWay.least, 0);
  // P(U(-10, 10) < -2) = 8 / 20.
  assert.ok(Math.abs(clamped - 0.4) < 0.005, String(clamped));
});

test('loss: loss, outage and damage one after the other', () => {
  const profile = {
    packetLossPercentage: 0.1,
    'outage.dropEvery': 900,
    'outage.dropFor': 100,
    'corrupt.percentage': 0.5,
  };
  assert.ok(Math.abs(figures(profile).loss! - (1 - 0.9 * 0.9 * 0.5)) < 1e-12);
  assert.ok(Math.abs(figures({ ...profile, 'corrupt.silent': true }).loss! - (1 - 0.9 * 0.9)) < 1e-12);
});

test('loss: each model by its closed form', () => {
  const of = (profile: Profile) => figures(profile).loss;
  const near = (measured: number | null, expected: number) =>
    assert.ok(measured !== null && Math.abs(measured - expected) < 1e-12, `${measured} for ${expected}`);
  near(of({ 'loss.model': 'gilbertElliott', 'loss.p': 0.01, 'loss.r': 0.09, 'loss.h': 0.5 }), 0.1 * 0.5);
  near(of({ 'loss.model': 'burst', packetLossPercentage: 0.02, 'loss.meanBurst': 5 }), 0.02);
  near(of({ 'loss.model': 'nth', 'loss.every': 50 }), 0.02);
  // REFERENCE A7 by hand: p13/p31 = 0.1, p32/p23 = 0.5, p14 = 0.01: (0.1 + 0.01) / (1 + 0.01 + 0.15).
  near(
    of({
      'loss.model': 'markov4',
      'loss.p13': 0.03,
      'loss.p31': 0.3,
      'loss.p32': 0.1,
      'loss.p23': 0.2,
      'loss.p14': 0.01,
    }),
    0.11 / 1.16,
  );
  assert.is(of({ 'loss.model': 'match', 'loss.matchLongerThan': 1000 }), null);
});

test("netem's correlation: what it really loses", () => {
  const of = (loss: number, correlation: number) =>
    figures({ netemCompat: true, packetLossPercentage: loss, 'loss.correlation': correlation }).loss!;
  // Found by simulating sch_netem's filter with two million draws.
  assert.ok(Math.abs(of(0.1, 0.25) - 0.0175) < 0.0005, String(of(0.1, 0.25)));
  assert.ok(Math.abs(of(0.1, 0.5) - 0.0011) < 0.0001, String(of(0.1, 0.5)));
  assert.ok(Math.abs(of(0.05, 0.25) - 0.0019) < 0.0001, String(of(0.05, 0.25)));
});

test('queue: default size, time to drain, against the bandwidth-delay product', () => {
  const { rate, queue, bandwidthDelayProduct } = figures({ bandwidthKbps: 10_000, latencyMs: 100 });
  assert.is(rate, 1e7);
  // 1.5 x 1.25 MB/s x 200 ms.
  assert.equal(queue, { bytes: 375_000, packets: null, drains: 300 * MS });
  assert.is(bandwidthDelayProduct, 125_000);
  assert.equal(warned({ bandwidthKbps: 10_000, latencyMs: 100 }), []);
  // 10 packets of 500 bytes at 1 Mbit/s.
  const small = figures({ mtu: 500, bandwidthKbps: 1000, 'bandwidth.queuePackets': 10 });
  assert.equal(small.queue, { bytes: null, packets: 10, drains: 40 * MS });
  const short = warned({ bandwidthKbps: 10_000, latencyMs: 100, 'bandwidth.queuePackets': 10 });
  assert.is(short.length, 1);
  assert.match(short[0]!, /the queue holds 15 kB, less than rate times round trip, 125 kB/);
});

test('reordering: the share of adjacent swaps of uniform jitter', () => {
  // (2s - g)^2 / (8 s^2) with s = 5 ms and g = 1.2 ms, 1500 bytes at 10 Mbit/s.
  const expected = (10 - 1.2) ** 2 / (8 * 25);
  const { reordered } = figures({
    latencyMs: 50,
    jitterMs: 5,
    'jitter.preserveOrder': false,
    bandwidthKbps: 10_000,
  });
  assert.ok(Math.abs(reordered - expected) < 0.002, `${reordered} for ${expected}`);
  assert.is(figures({ latencyMs: 50, jitterMs: 5 }).reordered, 0);
});

test('reordering: packets that skip the delay, with a gap', () => {
  // Cycles of gap - 1 packets that never skip, and 1/p that may.
  const { reordered } = figures({ latencyMs: 50, 'reorder.percentage': 0.25, 'reorder.gap': 5 });
  assert.ok(Math.abs(reordered - 1 / (4 + 4)) < 1e-12, String(reordered));
});

test('TCP: the rate, or what the loss leaves of it', () => {
  assert.equal(figures({ bandwidthKbps: 10_000, latencyMs: 10 }).tcp, {
    rate: 1e7 * (1460 / 1500),
    by: 'rate',
  });
  // 1460 B x 8 x 1.22 / (90 ms x sqrt(0.01)) = 1.583 Mbit/s.
  const { tcp } = figures({ latencyMs: 90, packetLossPercentage: 0.01 });
  assert.is(tcp!.by, 'loss');
  assert.ok(Math.abs(tcp!.rate - 1_583_289) < 1, String(tcp!.rate));
  assert.is(figures({ latencyMs: 90 }).tcp, null);
});

test('words: a sentence for everything', () => {
  const profile = { latencyMs: 45, packetLossPercentage: 0.01, bandwidthKbps: 50_000 };
  assert.is(
    preflightSentence(figures(profile, { latencyMs: 45 })),
    'one way 45ms; round trip 90ms; 1 % loss; 50 Mbit/s, queue 938 kB (150ms): TCP at most 1.58 Mbit/s, because of the loss',
  );
  assert.is(
    preflightSentence(figures({ latencyMs: 40, jitterMs: 3 })),
    'one way 40ms (37ms to 43ms); round trip 40ms, 80ms when the other end has it too; no loss; no rate limit',
  );
});

test('warnings: the traps of netem', () => {
  const correlated = warned({ netemCompat: true, packetLossPercentage: 0.1, 'loss.correlation': 0.25 });
  assert.match(correlated.join(), /netem's correlation changes the rate: 1\.7\d? % are lost, not 10 %/);
  // 1 Gbit/s x 100 ms / 1500 B = 8,334 packets under way.
  const limited = warned({ netemCompat: true, bandwidthKbps: 1e6, latencyMs: 100 });
  assert.match(limited.join(), /limit of 1000 packets .* at the full rate 8334 are/);
});

test('warnings: delays below zero, no way through, a round trip of seconds', () => {
  assert.match(
    warned({ latencyMs: 2, jitterMs: 10 }).join(),
    /40(\.\d)? % of the delays would be below zero/,
  );
  assert.match(warned({ packetLossPercentage: 1 }).join(), /nothing arrives/);
  assert.match(warned({ latencyMs: 600 }, { latencyMs: 600 }).join(), /round trip of more than a second/);
});

test('a scenario: each personality, with the egress it names', () => {
  const reports = preflightReports({ far: { latencyMs: 40, egress: 'near' }, near: { latencyMs: 5 } });
  assert.equal(Object.keys(reports), ['far', 'near']);
  assert.is(reports['far']!.figures.roundTrip, 45 * MS);
  assert.is(reports['near']!.figures.back, 'none');
  assert.match(reports['far']!.sentence, /^one way 40ms; round trip 45ms;/);
  assert.equal(reports['far']!.warnings, []);
});

test.run();
