import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  distTable,
  normalDist,
  paretoDist,
  paretonormalDist,
} from '../../../../sim/personality/netem/dist-tables.ts';
import { type NetemValues, netemOptions } from '../../../../sim/personality/netem/fields.ts';
import type { NetemOptions } from '../../../../sim/personality/netem/qdisc.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { valuesOf } from '../../../../sim/personality/stage.ts';
import { netem } from '../../../../sim/personality/stages/netem.ts';

const MS = 1_000_000;

const options = (profile: Profile): NetemOptions =>
  netemOptions(valuesOf(netem, profile) as unknown as NetemValues);

/** A chance as tc sends it: a share of 2^32 - 1, to the nearest; none here is half-way to two odd ones. */
const chance = (share: number): number => Math.round(share * 0xffffffff);

const NOTHING: NetemOptions = {
  latency: 0,
  jitter: 0,
  delayCorrelation: 0,
  delayTable: null,
  limit: 1000,
  loss: { model: 'random', probability: 0, correlation: 0 },
  ecn: false,
  duplicate: 0,
  duplicateCorrelation: 0,
  corrupt: 0,
  corruptCorrelation: 0,
  reorder: 0,
  reorderCorrelation: 0,
  gap: 0,
  rate: null,
  slot: { min: 0, max: 0, packets: 0, bytes: 0 },
};

test('without fields there are no options but the limit of 1000', () => {
  assert.equal(options({}), NOTHING);
});

test('each field is the option of that name', () => {
  const given: readonly (readonly [Profile, Partial<NetemOptions>])[] = [
    [{ latencyMs: 100 }, { latency: 100 * MS }],
    [{ jitterMs: 10 }, { jitter: 10 * MS }],
    // tc's jitter is an int of ns: 2147 ms and a little.
    [{ jitterMs: 3000 }, { jitter: 2 ** 31 - 1 }],
    [{ 'jitter.correlation': 0.25 }, { delayCorrelation: chance(0.25) }],
    [{ 'bandwidth.queuePackets': 7 }, { limit: 7 }],
    [{ 'bandwidth.queuePackets': 0 }, { limit: 0 }],
    [{ 'loss.ecn': true }, { ecn: true }],
    [{ duplicatePacketPercentage: 0.01 }, { duplicate: chance(0.01) }],
    [{ 'duplicate.correlation': 0.02 }, { duplicateCorrelation: chance(0.02) }],
    [{ 'corrupt.percentage': 0.03 }, { corrupt: chance(0.03) }],
    [{ 'corrupt.correlation': 0.04 }, { corruptCorrelation: chance(0.04) }],
    [{ 'reorder.percentage': 0.05 }, { reorder: chance(0.05), gap: 1 }],
    [{ 'reorder.correlation': 0.06 }, { reorderCorrelation: chance(0.06) }],
    // A gap without a chance is none.
    [{ 'reorder.gap': 5 }, { gap: 0 }],
    [
      { 'reorder.gap': 5, 'reorder.percentage': 1 },
      { gap: 5, reorder: 0xffffffff },
    ],
  ];
  for (const [profile, expected] of given) {
    assert.equal(options(profile), { ...NOTHING, ...expected }, JSON.stringify(profile));
  }
});

test('a rate is whole bytes a second, with its overheads; less than one is none', () => {
  assert.equal(
    options({
      bandwidthKbps: 1.0079,
      'bandwidth.overheadBytes': -14,
      'bandwidth.cellBytes': 48,
      'bandwidth.cellOverheadBytes': 5,
    }).rate,
    // 1007.9 bit/s are 125.98 bytes a second.
    { rate: 125, packetOverhead: -14, cellSize: 48, cellOverhead: 5 },
  );
  assert.equal(options({ bandwidthKbps: 0.008 }).rate?.rate, 1);
  assert.is(options({ bandwidthKbps: 0.0079 }).rate, null);
});

test('slots, whose greatest time is no less than the least', () => {
  const slots = { 'bandwidth.slotMinMs': 3, 'bandwidth.slotPackets': 4, 'bandwidth.slotBytes': 5 };
  assert.equal(options(slots).slot, { min: 3 * MS, max: 3 * MS, packets: 4, bytes: 5 });
  assert.is(options({ ...slots, 'bandwidth.slotMaxMs': 9 }).slot.max, 9 * MS);
  assert.is(options({ ...slots, 'bandwidth.slotMaxMs': 2 }).slot.max, 3 * MS);
});

test("distributions are netem's tables", () => {
  const table = (name: string, more: Profile = {}) =>
    options({ 'jitter.distribution': name, ...more }).delayTable;
  assert.is(table('uniform'), null);
  assert.is(table('normal'), normalDist());
  assert.is(table('pareto'), paretoDist());
  assert.is(table('paretonormal'), paretonormalDist());
  assert.is(table('table'), null);
  const own = [-1, 0, 2];
  assert.equal(table('table', { 'jitter.table': own }), distTable(own));
  assert.is(table('normal', { 'jitter.table': own }), normalDist());
});

test('loss random: a chance and a correlation', () => {
  assert.equal(options({ packetLossPercentage: 0.1, 'loss.correlation': 0.25 }).loss, {
    model: 'random',
    probability: chance(0.1),
    correlation: chance(0.25),
  });
});

test('loss gemodel p r 1-h 1-k: what is left out follows from the others', () => {
  const model = { 'loss.model': 'gilbertElliott', 'loss.p': 0.1 };
  assert.equal(options({ ...model, 'loss.r': 0.35, 'loss.h': 0.2, 'loss.k': 0.95 }).loss, {
    model: 'gemodel',
    p: chance(0.1),
    r: chance(0.35),
    h: 0xffffffff - chance(0.8),
    k1: chance(1 - 0.95),
  });
  // The simple Gilbert model of tc: r = 1 - p, everything is lost in the bad state and nothing in the good one.
  assert.equal(options(model).loss, { model: 'gemodel', p: chance(0.1), r: chance(0.9), h: 0, k1: 0 });
});

test('loss of so much in bursts of such a length: r = 1/B, p = L / (B (1 - L))', () => {
  assert.equal(options({ 'loss.model': 'burst', packetLossPercentage: 0.2, 'loss.meanBurst': 4 }).loss, {
    model: 'gemodel',
    p: chance(0.0625),
    r: chance(0.25),
    h: 0,
    k1: 0,
  });
  assert.equal(options({ 'loss.model': 'burst', packetLossPercentage: 0.2 }).loss, {
    model: 'gemodel',
    p: chance(0.25),
    r: 0xffffffff,
    h: 0,
    k1: 0,
  });
});

test('loss state p13 p31 p32 p23 p14: without p31 a burst ends with what p13 leaves', () => {
  const model = { 'loss.model': 'markov4', 'loss.p13': 0.1 };
  assert.equal(
    options({ ...model, 'loss.p31': 0.2, 'loss.p32': 0.35, 'loss.p23': 0.4, 'loss.p14': 0.05 }).loss,
    {
      model: 'state',
      p13: chance(0.1),
      p31: chance(0.2),
      p32: chance(0.35),
      p23: chance(0.4),
      p14: chance(0.05),
    },
  );
  assert.equal(options(model).loss, {
    model: 'state',
    p13: chance(0.1),
    p31: chance(0.9),
    p32: 0,
    p23: 0xffffffff,
    p14: 0,
  });
});

test('loss as it is seen: the four states that look like it', () => {
  const picture = {
    'loss.model': 'generalIntuitive',
    packetLossPercentage: 0.1,
    'loss.meanBurst': 10,
    'loss.density': 0.5,
    'loss.isolated': 0.02,
    'loss.meanGoodRun': 4,
  };
  assert.equal(options(picture).loss, {
    model: 'state',
    // (P - I) / (B (D - P) (1 - I)), 1 / (D B), (1 - D) / (D G), 1 / G, I / (1 - I).
    p13: chance((0.1 - 0.02) / (10 * (0.5 - 0.1) * (1 - 0.02))),
    p31: chance(0.2),
    p32: chance(0.25),
    p23: chance(0.25),
    p14: chance(0.02 / 0.98),
  });
  // Without a length a burst is one packet: P / (1 - P) of a lone loss each.
  assert.equal(options({ 'loss.model': 'generalIntuitive', packetLossPercentage: 0.2 }).loss, {
    model: 'state',
    p13: chance(0.25),
    p31: 0xffffffff,
    p32: 0,
    p23: 0xffffffff,
    p14: 0,
  });
});

test.run();
