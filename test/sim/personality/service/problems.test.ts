import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { combinationProblems } from '../../../../sim/personality/check.ts';
import { disciplines } from '../../../../sim/personality/disciplines/index.ts';
import type { Profile } from '../../../../sim/personality/profile.ts';
import { bandwidthProblems } from '../../../../sim/personality/service/problems.ts';
import { bandwidthParams } from '../../../../sim/personality/stages/bandwidth.ts';

const RATE = { bandwidthKbps: 1000 };
const paths = (profile: Profile): string[] => bandwidthProblems(profile).map(({ path }) => path);
const allowed = (profile: Profile): string[] => bandwidthProblems(profile).map((problem) => problem.allowed);

test('the choices are the catalogue', () => {
  assert.equal(
    disciplines.map(({ name }) => name),
    bandwidthParams['bandwidth.discipline'].choices,
  );
});

test('what belongs together is allowed', () => {
  for (const profile of [
    {},
    RATE,
    { 'bandwidth.burstBytes': 3000 },
    { ...RATE, 'bandwidth.peakKbps': 1000 },
    { ...RATE, 'bandwidth.cellBytes': 48, 'bandwidth.cellOverheadBytes': 5, 'bandwidth.overheadBytes': -14 },
    { 'bandwidth.slotMinMs': 5, 'bandwidth.slotPackets': 3 },
    { ...RATE, 'bandwidth.slotMinMs': 5, 'bandwidth.slotMaxMs': 5, 'bandwidth.model': 'serialize' },
    { 'bandwidth.trace': [1], 'bandwidth.discipline': 'codel', 'bandwidth.targetMs': 10 },
    { ...RATE, 'bandwidth.discipline': 'red', 'bandwidth.redMin': 5, 'bandwidth.redMax': 6 },
    { ...RATE, 'bandwidth.discipline': 'ared', 'bandwidth.redMin': 20 },
    { ...RATE, 'bandwidth.discipline': 'droptail', 'bandwidth.ecn': false },
    { ...RATE, 'bandwidth.discipline': 'fqCodel', 'bandwidth.ecn': false },
  ] as Profile[]) {
    assert.equal(combinationProblems(profile), [], JSON.stringify(profile));
  }
});

test('the identity of every field is allowed anywhere', () => {
  const identity: Profile = Object.fromEntries(
    Object.entries(bandwidthParams).flatMap(([path, { identity }]) =>
      identity === undefined ? [] : [[path, identity]],
    ),
  );
  assert.equal(bandwidthProblems(identity), []);
});

test('a peak is at least the rate, of a bucket, and not of slots', () => {
  assert.equal(allowed({ ...RATE, 'bandwidth.peakKbps': 999 }), ['at least bandwidthKbps, 1000']);
  assert.equal(paths({ 'bandwidth.peakKbps': 999 }), ['bandwidth.peakKbps']);
  assert.equal(paths({ ...RATE, 'bandwidth.model': 'serialize', 'bandwidth.peakKbps': 2000 }), [
    'bandwidth.peakKbps',
  ]);
  assert.equal(paths({ ...RATE, 'bandwidth.slotMinMs': 1, 'bandwidth.peakKbps': 2000 }), [
    'bandwidth.peakKbps',
  ]);
});

test('a trace is the rate itself, and repeats after a last number above 0', () => {
  assert.equal(
    paths({ ...RATE, 'bandwidth.trace': [0], 'bandwidth.model': 'serialize', 'bandwidth.slotMinMs': 2 }),
    ['bandwidth.trace', 'bandwidthKbps', 'bandwidth.model', 'bandwidth.slotMinMs'],
  );
});

test('fields that would do nothing are refused, with what it takes for them', () => {
  for (const [profile, path, takes] of [
    [{ ...RATE, 'bandwidth.cellOverheadBytes': 5 }, 'bandwidth.cellOverheadBytes', 'bandwidth.cellBytes'],
    [{ 'bandwidth.cellBytes': 48 }, 'bandwidth.cellBytes', 'bandwidthKbps'],
    [{ 'bandwidth.overheadBytes': 4 }, 'bandwidth.overheadBytes', 'bandwidthKbps'],
    [{ ...RATE, 'bandwidth.slotPackets': 4 }, 'bandwidth.slotPackets', 'slotMinMs'],
    [{ ...RATE, 'bandwidth.slotBytes': 4 }, 'bandwidth.slotBytes', 'slotMinMs'],
    [{ 'bandwidth.discipline': 'codel' }, 'bandwidth.discipline', 'bandwidthKbps'],
    [{ ...RATE, 'bandwidth.ecn': true }, 'bandwidth.ecn', 'red, ared, codel, fqCodel or pie'],
    [
      { ...RATE, 'bandwidth.discipline': 'pie', 'bandwidth.intervalMs': 9 },
      'bandwidth.intervalMs',
      'codel or fqCodel',
    ],
    [{ ...RATE, 'bandwidth.discipline': 'codel', 'bandwidth.bands': 4 }, 'bandwidth.bands', 'prio'],
  ] as [Profile, string, string][]) {
    const [problem, ...others] = bandwidthProblems(profile);
    assert.is(problem?.path, path);
    assert.match(problem?.allowed ?? '', takes);
    assert.equal(others, []);
  }
});

test('an update is not blamed for what was left behind before it, unless that contradicts it', () => {
  const left = { ...RATE, 'bandwidth.discipline': 'pie', 'bandwidth.updateMs': 20 };
  const update = { 'bandwidth.discipline': 'codel' };
  assert.equal(bandwidthProblems({ ...left, ...update }, update), []);
  assert.equal(
    bandwidthProblems({ ...RATE, 'bandwidth.trace': [1] }, { 'bandwidth.trace': [1] }).map(
      ({ path }) => path,
    ),
    ['bandwidthKbps'],
  );
});

/** `path: found -> allowed`. */
const texts = (profile: Profile, given?: Profile): string[] =>
  bandwidthProblems(profile, given).map(({ path, found, allowed }) => `${path}: ${found} -> ${allowed}`);

test('each says what was found and what would be allowed', () => {
  const wire = { ...RATE, 'bandwidth.model': 'serialize' };
  for (const [profile, expected] of [
    [
      { 'bandwidth.discipline': 'codel' },
      'bandwidth.discipline: codel where it does nothing -> only with bandwidthKbps, bandwidth.trace or slots',
    ],
    [
      { 'bandwidth.flows': 7, ...RATE },
      'bandwidth.flows: 7 where it does nothing -> only with bandwidth.discipline fqCodel or drr',
    ],
    [
      { 'bandwidth.bands': 4, ...RATE },
      'bandwidth.bands: 4 where it does nothing -> only with bandwidth.discipline prio',
    ],
    [
      { 'bandwidth.targetMs': 4, ...RATE },
      'bandwidth.targetMs: 4 where it does nothing -> only with bandwidth.discipline red, ared, codel, fqCodel or pie',
    ],
    [
      { ...wire, 'bandwidth.peakKbps': 2000 },
      'bandwidth.peakKbps: 2000 where it does nothing -> only with bandwidthKbps and bandwidth.model tokenBucket',
    ],
    [
      { ...RATE, 'bandwidth.cellOverheadBytes': 5 },
      'bandwidth.cellOverheadBytes: 5 where it does nothing -> only with bandwidth.cellBytes',
    ],
    [
      { ...RATE, 'bandwidth.slotBytes': 5 },
      'bandwidth.slotBytes: 5 where it does nothing -> only with bandwidth.slotMinMs or bandwidth.slotMaxMs',
    ],
    [
      { 'bandwidth.trace': [3, 0] },
      'bandwidth.trace: a list of 2 -> a last number above 0: the list repeats after it',
    ],
    [
      { 'bandwidth.trace': [3], 'bandwidth.burstBytes': 9000 },
      'bandwidth.burstBytes: 9000 -> nothing beside bandwidth.trace, which is the rate itself',
    ],
    [
      { 'bandwidth.trace': [3], 'bandwidth.slotMaxMs': 9 },
      'bandwidth.slotMaxMs: 9 -> nothing beside bandwidth.trace, which is the rate itself',
    ],
    [{ ...RATE, 'bandwidth.peakKbps': 999 }, 'bandwidth.peakKbps: 999 -> at least bandwidthKbps, 1000'],
    [
      { ...RATE, 'bandwidth.peakKbps': 1000, 'bandwidth.slotMaxMs': 1 },
      'bandwidth.peakKbps: 1000 -> nothing beside slots, whose packets leave together',
    ],
    [
      { 'bandwidth.slotMinMs': 5, 'bandwidth.slotMaxMs': 4 },
      'bandwidth.slotMinMs: 5 -> at most bandwidth.slotMaxMs, 4',
    ],
    [
      { ...RATE, 'bandwidth.discipline': 'red', 'bandwidth.redMin': 16 },
      'bandwidth.redMin: 16 -> less than bandwidth.redMax, 15',
    ],
    [
      { ...RATE, 'bandwidth.discipline': 'red', 'bandwidth.redMax': 4 },
      'bandwidth.redMax: 4 -> more than bandwidth.redMin, 5',
    ],
  ] as [Profile, string][]) {
    assert.equal(texts(profile), [expected]);
  }
});

test('one that is missing, or no number, is not blamed for being too small', () => {
  for (const profile of [
    { ...RATE, 'bandwidth.peakKbps': 'fast' },
    { bandwidthKbps: '9000', 'bandwidth.peakKbps': 1000 },
    { 'bandwidth.slotMaxMs': 4 },
    { 'bandwidth.slotMinMs': '5', 'bandwidth.slotMaxMs': 4 },
    // Thresholds that the rate decides.
    { ...RATE, 'bandwidth.discipline': 'red', 'bandwidth.redMin': 20, 'bandwidth.redMax': 0 },
    { ...RATE, 'bandwidth.discipline': 'red', 'bandwidth.redMin': 0, 'bandwidth.redMax': 3 },
    { ...RATE, 'bandwidth.discipline': 'ared', 'bandwidth.redMax': 3 },
  ] as Profile[]) {
    assert.equal(texts(profile), [], JSON.stringify(profile));
  }
  // Of another discipline's thresholds it is enough to say that they do nothing.
  const codel = { ...RATE, 'bandwidth.discipline': 'codel', 'bandwidth.redMin': 9, 'bandwidth.redMax': 8 };
  assert.equal(paths(codel), ['bandwidth.redMin', 'bandwidth.redMax']);
  assert.equal(texts(codel, {}), []);
});

test('a discipline that does not exist is for others to refuse', () => {
  assert.equal(texts({ ...RATE, 'bandwidth.discipline': 'sfq' }), []);
});

test('slots and thresholds are in order, given or by default', () => {
  assert.equal(paths({ 'bandwidth.slotMinMs': 5, 'bandwidth.slotMaxMs': 4 }), ['bandwidth.slotMinMs']);
  const red = { ...RATE, 'bandwidth.discipline': 'red' };
  assert.equal(allowed({ ...red, 'bandwidth.redMin': 8, 'bandwidth.redMax': 8 }), [
    'more than bandwidth.redMin, 8',
  ]);
  // RED's own are 5 and 15.
  assert.equal(allowed({ ...red, 'bandwidth.redMax': 5 }), ['more than bandwidth.redMin, 5']);
  assert.equal(allowed({ ...red, 'bandwidth.redMin': 15 }), ['less than bandwidth.redMax, 15']);
});

test.run();
