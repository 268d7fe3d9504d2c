import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Profile } from '../../../../sim/personality/profile.ts';
import {
  needsQueueGate,
  type QueueSettings,
  settingsOf,
} from '../../../../sim/personality/service/settings.ts';
import { valuesOf } from '../../../../sim/personality/stage.ts';
import type { BandwidthValues } from '../../../../sim/personality/stages/bandwidth.ts';
import { queue } from '../../../../sim/personality/stages/queue.ts';

const MS = 1_000_000;
const valuesFor = (profile: Profile): BandwidthValues =>
  valuesOf(queue, profile) as unknown as BandwidthValues;
const settings = (profile: Profile): QueueSettings => settingsOf(valuesFor(profile));
const disciplineOf = (name: string, more: Profile = {}) =>
  settings({ bandwidthKbps: 8000, 'bandwidth.discipline': name, ...more }).discipline;

test('the service: a trace is one, a wire needs a rate, everything else is tokens', () => {
  const service = (profile: Profile): string => settings(profile).service;
  assert.is(service({ bandwidthKbps: 8 }), 'shaper');
  assert.is(service({ bandwidthKbps: 8, 'bandwidth.model': 'tokenBucket' }), 'shaper');
  assert.is(service({ bandwidthKbps: 8, 'bandwidth.model': 'serialize' }), 'wire');
  assert.is(service({ 'bandwidth.model': 'serialize', 'bandwidth.slotMinMs': 1 }), 'shaper');
  assert.is(service({ 'bandwidth.trace': [1] }), 'trace');
});

test('rates are whole bit/s, at least 1; a peak is of a rate', () => {
  const rates = (profile: Profile): readonly number[] => {
    const { rate, peakRate } = settings(profile);
    return [rate, peakRate];
  };
  assert.equal(rates({}), [0, 0]);
  assert.equal(rates({ bandwidthKbps: 0.0001 }), [1, 0]);
  assert.equal(rates({ bandwidthKbps: 1.0005, 'bandwidth.peakKbps': 2.0004 }), [1001, 2000]);
  assert.equal(rates({ 'bandwidth.peakKbps': 2 }), [0, 0]);
  assert.equal(rates({ 'bandwidth.trace': [1], bandwidthKbps: 8 }), [0, 0]);
});

test('a bucket is one MTU deep as the link counts it, unless somebody says more or slots take longer', () => {
  const depths = (profile: Profile): readonly number[] => {
    const { burstBytes, peakBurstBytes } = settings({ bandwidthKbps: 8000, ...profile });
    return [burstBytes, peakBurstBytes];
  };
  assert.equal(depths({}), [1500, 1500]);
  assert.equal(depths({ mtu: 576, 'bandwidth.overheadBytes': 38 }), [614, 614]);
  // 1500 bytes are 32 cells of 48.
  assert.equal(depths({ 'bandwidth.cellBytes': 48, 'bandwidth.cellOverheadBytes': 5 }), [1696, 1696]);
  assert.equal(depths({ 'bandwidth.burstBytes': 3000 }), [3000, 1500]);
  // 1,000 bytes a ms.
  assert.equal(depths({ 'bandwidth.slotMinMs': 1 }), [1500, 1500]);
  assert.equal(depths({ 'bandwidth.slotMinMs': 4 }), [4000, 1500]);
  assert.equal(depths({ 'bandwidth.slotMinMs': 4, 'bandwidth.slotMaxMs': 7.0001 }), [7001, 1500]);
});

test('slots last from the least to the longest time; without a time there are none', () => {
  const none = { min: 0, max: 0, packets: Infinity, bytes: Infinity };
  assert.equal(settings({ bandwidthKbps: 8, 'bandwidth.slotPackets': 3 }).slots, none);
  assert.equal(settings({ 'bandwidth.trace': [1], 'bandwidth.slotMinMs': 3 }).slots, none);
  assert.equal(settings({ 'bandwidth.slotMinMs': 3 }).slots, { ...none, min: 3 * MS, max: 3 * MS });
  assert.equal(settings({ 'bandwidth.slotMinMs': 3, 'bandwidth.slotMaxMs': 2 }).slots.max, 3 * MS);
  assert.equal(
    settings({ 'bandwidth.slotMaxMs': 2, 'bandwidth.slotPackets': 4, 'bandwidth.slotBytes': 9 }).slots,
    {
      min: 0,
      max: 2 * MS,
      packets: 4,
      bytes: 9,
    },
  );
});

test('what slots and traces carry on average is the rate that limits and disciplines go by', () => {
  const rate = (profile: Profile): number => {
    const { limits, discipline } = settings(profile);
    assert.is(discipline.rate, limits.rate);
    return limits.rate;
  };
  const slots = { 'bandwidth.slotMinMs': 2, 'bandwidth.slotMaxMs': 4 };
  assert.is(rate(slots), 0);
  // 2 x 1500 bytes in 3 ms; 3,001 bytes in 3 ms are 8,002,666.67 bit/s.
  assert.is(rate({ ...slots, 'bandwidth.slotPackets': 2 }), 8_000_000);
  assert.is(rate({ ...slots, 'bandwidth.slotBytes': 3001 }), 8_002_666);
  assert.is(rate({ ...slots, 'bandwidth.slotPackets': 2, 'bandwidth.slotBytes': 1500 }), 4_000_000);
  assert.is(rate({ ...slots, 'bandwidth.slotPackets': 1, 'bandwidth.overheadBytes': 300 }), 4_800_000);
  assert.is(rate({ ...slots, 'bandwidth.slotPackets': 2, bandwidthKbps: 100 }), 100_000);
  // 3 x 12,000 bits in 7 ms: 5,142,857.14 bit/s.
  assert.is(rate({ 'bandwidth.trace': [1, 1, 7] }), 5_142_857);
  assert.is(rate({}), 0);
});

test('limits: what is said, at the mean rate, or the default', () => {
  const trace = { 'bandwidth.trace': [1] };
  // 1,500 bytes a ms.
  assert.equal(settings({ ...trace, 'bandwidth.queueMs': 7 }).limits, {
    rate: 12_000_000,
    queueBytes: 10_500,
    queuePackets: Infinity,
  });
  const { limitBytes, limitPackets } = disciplineOf('red', { 'bandwidth.queuePackets': 9 });
  assert.equal([limitBytes, limitPackets], [Infinity, 9]);
  assert.is(disciplineOf('red', { 'bandwidth.queueBytes': 9 }).limitBytes, 9);
});

test("disciplines have their standards' parameters, unless they are given", () => {
  const standard = {
    rate: 8_000_000,
    // 1.5 x 1,000,000 B/s x 100 ms.
    limitBytes: 150_000,
    limitPackets: Infinity,
    mtu: 1500,
    ecn: false,
    target: 5 * MS,
    interval: 100 * MS,
    flows: 1024,
    quantumBytes: 1514,
    redMin: 5,
    redMax: 15,
    redWeight: 0.002,
    redMaxProbability: 0.02,
    redGentle: true,
    update: 15 * MS,
    burstAllowance: 150 * MS,
    bands: 3,
  };
  for (const name of ['droptail', 'drophead', 'red', 'codel', 'prio', 'drr']) {
    assert.equal(disciplineOf(name), standard, name);
  }
  assert.equal(disciplineOf('fqCodel'), { ...standard, ecn: true });
  assert.equal(disciplineOf('pie'), { ...standard, target: 15 * MS });
  assert.equal(disciplineOf('ared'), { ...standard, redMin: 0, redMax: 0, redWeight: 0 });
  assert.equal(
    disciplineOf('fqCodel', {
      mtu: 576,
      'bandwidth.queuePackets': 3,
      'bandwidth.ecn': false,
      'bandwidth.targetMs': 1,
      'bandwidth.intervalMs': 2,
      'bandwidth.flows': 4,
      'bandwidth.quantumBytes': 5,
      'bandwidth.redMin': 6,
      'bandwidth.redMax': 7,
      'bandwidth.redWeight': 0.8,
      'bandwidth.redMaxProbability': 0.9,
      'bandwidth.redGentle': false,
      'bandwidth.updateMs': 10,
      'bandwidth.burstAllowanceMs': 0,
      'bandwidth.bands': 8,
    }),
    {
      rate: 8_000_000,
      limitBytes: Infinity,
      limitPackets: 3,
      mtu: 576,
      ecn: false,
      target: MS,
      interval: 2 * MS,
      flows: 4,
      quantumBytes: 5,
      redMin: 6,
      redMax: 7,
      redWeight: 0.8,
      redMaxProbability: 0.9,
      redGentle: false,
      update: 10 * MS,
      burstAllowance: 0,
      bands: 8,
    },
  );
  // Times that are divided by are never 0.
  assert.is(disciplineOf('pie', { 'bandwidth.updateMs': 1e-9 }).update, 1);
});

test('the gate is needed for what the line cannot do, and for nothing else', () => {
  const needs = (profile: Profile): boolean => needsQueueGate(valuesFor(profile));
  const rate = { bandwidthKbps: 8 };
  for (const profile of [
    {},
    rate,
    { ...rate, 'bandwidth.model': 'serialize', 'bandwidth.queuePackets': 3, 'bandwidth.burstBytes': 9000 },
    { ...rate, 'bandwidth.ecn': false, 'bandwidth.discipline': 'droptail' },
    // Without a rate nothing waits, whatever the discipline.
    { 'bandwidth.discipline': 'codel', 'bandwidth.ecn': true, 'bandwidth.cellBytes': 48 },
  ] as Profile[]) {
    assert.not(needs(profile), JSON.stringify(profile));
  }
  for (const profile of [
    { 'bandwidth.trace': [1] },
    { 'bandwidth.slotMinMs': 1 },
    { 'bandwidth.slotMaxMs': 1 },
    { ...rate, 'bandwidth.discipline': 'codel' },
    { ...rate, 'bandwidth.ecn': true },
    { ...rate, 'bandwidth.peakKbps': 9 },
    { ...rate, 'bandwidth.overheadBytes': -1 },
    { ...rate, 'bandwidth.overheadBytes': 1 },
    { ...rate, 'bandwidth.cellBytes': 48 },
  ] as Profile[]) {
    assert.ok(needs(profile), JSON.stringify(profile));
  }
});

test.run();
