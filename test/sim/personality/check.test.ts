import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  allowedText,
  checkProfile,
  combinationProblems,
  listProblem,
  listText,
  numbersText,
  shortText,
} from '../../../sim/personality/check.ts';
import { FIELDS, type Field } from '../../../sim/personality/fields.ts';
import type { Param } from '../../../sim/personality/params.ts';
import type { Profile } from '../../../sim/personality/profile.ts';

const named = (path: string): Field => FIELDS.find((field) => field.path === path)!;
const isAllowed = (path: string, value: unknown): boolean =>
  checkProfile({ [path]: value } as Profile, 'p').length === 0;

const NUMBERS: Param = { kind: 'numbers', identity: undefined, help: '' };

// ---- single values

const WHOLE = [Number.NaN, Infinity, -Infinity, '5', true, null, [5], 1.5];

/** Of each kind the values at its borders that are allowed, and the next ones that are not. */
const BORDERS: readonly (readonly [string, readonly unknown[], readonly unknown[]])[] = [
  // probability
  ['packetLossPercentage', [0, 0.5, 1], [-0.001, 1.001, Number.NaN, Infinity, -Infinity, '0.5', true, [0.5]]],
  // milliseconds
  ['latencyMs', [0, 0.25, 3_600_000], [-0.001, 3_600_000.5, Number.NaN, Infinity, '5', true, [5]]],
  // kilobits, above the bound
  ['bandwidthKbps', [0.001, 400_000_000], [0, -1, 400_000_001, Number.NaN, '8']],
  // bytes
  ['mtu', [68, 1500, 65535], [67, 65536, ...WHOLE]],
  // count, with a bound below zero
  ['bandwidth.overheadBytes', [-1500, 0, 65535], [-1501, 65536, -1.5, ...WHOLE]],
  // number
  ['bandwidth.redMin', [0, 2.5, 2 ** 24], [-1, 2 ** 24 + 1, Number.NaN, '3']],
  ['routingProfile', ['Static', 'Dynamic', 'Chaotic'], ['static', '', 1, true, ['Static']]],
  ['loss.ecn', [true, false], ['true', 1, 0, null, []]],
  ['egress', ['dsl', 'x'], ['', 7, true, ['dsl']]],
  ['loss.matchFlow', ['web', 'x'], ['', 7, true, ['web']]],
  // numbers
  [
    'loss.packets',
    [[1], [1, 2, 7], [1_000_000_000_000]],
    [[], [0], [1.5], [2, 2], [2, 1], 1, '1', { 0: 1, length: 1 }],
  ],
  [
    'jitter.table',
    [
      [-1, 1],
      [-1000, 0, 0, 1000],
      [0.5, 0.75],
    ],
    [[0], [1, -1], [-1001, 0], [0, 1001], 'x'],
  ],
  ['bandwidth.trace', [[0, 0, 5]], [[-1], [5, 4], [0.5]]],
];

for (const [path, allowed, refused] of BORDERS) {
  test(`${path}, a field of kind ${named(path).kind}, allows what is within its bounds`, () => {
    for (const value of allowed) assert.ok(isAllowed(path, value), String(value));
    for (const value of refused) assert.not(isAllowed(path, value), String(value));
  });
}

test('a problem says where it is, what was found, and what would be allowed', () => {
  assert.equal(checkProfile({ latencyMs: 5, mtu: 1 }, 'personalities.dsl'), [
    { path: 'personalities.dsl.mtu', found: '1', allowed: 'a whole number from 68 to 65535' },
  ]);
  assert.equal(checkProfile({ 'loss.packets': [3, 2], latency: 1 } as Profile, 'p'), [
    { path: 'p.loss.packets', found: 'a list of 2', allowed: allowedText(named('loss.packets')) },
    { path: 'p.latency', found: 'an unknown field', allowed: 'the fields of a personality' },
  ]);
});

test('values in short: a list by its length', () => {
  assert.equal([5, 'x', true, [], [1], [1, 2]].map(shortText), [
    '5',
    'x',
    'true',
    'an empty list',
    'a list of 1',
    'a list of 2',
  ]);
});

// ---- what is allowed, in words

test('each kind says what it allows', () => {
  const text = (more: Partial<Field>): string =>
    allowedText({ ...NUMBERS, path: 'x', stage: 'x', kind: 'number', ...more });
  assert.is(text({ kind: 'boolean' }), 'true or false');
  assert.is(text({ kind: 'personality' }), 'the id of a personality');
  assert.is(text({ kind: 'flow' }), 'the id of traffic');
  assert.is(text({ kind: 'probability' }), '0 to 1 (1 % is written 0.01)');
  assert.is(text({ kind: 'choice' }), '');
  assert.is(text({ kind: 'choice', choices: ['a'] }), 'a');
  assert.is(text({ kind: 'choice', choices: ['a', 'b'] }), 'a or b');
  assert.is(text({ kind: 'choice', choices: ['a', 'b', 'c'] }), 'a, b or c');
  assert.is(text({ kind: 'numbers', fewest: 2, most: 9 }), 'a list of 2 to 9 numbers');
  assert.is(text({}), 'a number');
  assert.is(text({ min: 0, max: 5 }), 'a number from 0 to 5');
  assert.is(text({ min: 0, max: 5, aboveMin: true }), 'a number above 0, at most 5');
  assert.is(text({ kind: 'milliseconds', min: 0, max: 5 }), 'a number from 0 to 5');
  assert.is(text({ kind: 'kilobits', min: 0, max: 5 }), 'a number from 0 to 5');
  assert.is(text({ kind: 'bytes', min: 68, max: 70 }), 'a whole number from 68 to 70');
  assert.is(text({ kind: 'count', min: 1, max: 8, aboveMin: true }), 'a whole number above 1, at most 8');
  assert.is(text({ kind: 'count' }), 'a whole number');
});

test('a list says how many numbers, which, and in which order', () => {
  const text = (more: Partial<Param>): string => listText({ ...NUMBERS, ...more });
  assert.is(text({}), 'a list of up to 1000000 numbers');
  assert.is(text({ fewest: 1, most: 9 }), 'a list of up to 9 numbers');
  assert.is(text({ fewest: 2, most: 9 }), 'a list of 2 to 9 numbers');
  assert.is(
    text({ order: 'ascending', whole: true, min: 1 }),
    'a list of up to 1000000 whole numbers from 1 on, ascending',
  );
  assert.is(
    text({ order: 'nonDecreasing', max: 3 }),
    'a list of up to 1000000 numbers up to 3 that never fall',
  );
});

test('numbers say their bounds', () => {
  const text = (more: Partial<Param>): string => numbersText({ ...NUMBERS, ...more });
  assert.is(text({}), 'numbers');
  assert.is(text({ whole: true }), 'whole numbers');
  assert.is(text({ max: 3 }), 'numbers up to 3');
  assert.is(text({ min: 1 }), 'numbers from 1 on');
  assert.is(text({ min: 1, max: 3 }), 'numbers from 1 to 3');
  assert.is(text({ min: 1, aboveMin: true }), 'numbers above 1');
  assert.is(text({ min: 1, max: 3, aboveMin: true }), 'numbers above 1, at most 3');
});

// ---- lists

test('a list has as many numbers as its field says', () => {
  const three: Param = { ...NUMBERS, fewest: 2, most: 3 };
  for (const list of [
    [1, 2],
    [1, 2, 3],
  ])
    assert.is(listProblem(three, list), null);
  for (const list of [[1], [1, 2, 3, 4]]) {
    assert.equal(listProblem(three, list), {
      index: -1,
      found: `a list of ${list.length}`,
      allowed: 'a list of 2 to 3 numbers',
    });
  }
  assert.is(listProblem(NUMBERS, [])?.found, 'an empty list');
  assert.is(listProblem(NUMBERS, [-1e300, 0.5]), null);
  assert.is(listProblem(NUMBERS, new Array<number>(1_000_001).fill(0))?.index, -1);
});

test('the first number that is wrong is named, with what it may be', () => {
  const bounded: Param = { ...NUMBERS, min: 1, max: 5 };
  assert.is(listProblem(bounded, [1, 2.5, 5]), null);
  for (const wrong of [0.999, 5.001, Number.NaN, Infinity, '3', null, true]) {
    assert.equal(listProblem(bounded, [2, wrong, 7]), {
      index: 1,
      found: String(wrong),
      allowed: 'numbers from 1 to 5',
    });
  }
  assert.is(listProblem(NUMBERS, [0, -Infinity])?.index, 1);
  assert.is(listProblem({ ...bounded, aboveMin: true }, [1.001, 5]), null);
  assert.is(listProblem({ ...bounded, aboveMin: true }, [5, 1])?.index, 1);
  assert.is(listProblem({ ...bounded, whole: true }, [1, 5]), null);
  assert.is(listProblem({ ...bounded, whole: true }, [1, 2, 1.5])?.index, 2);
  assert.is(listProblem({ ...NUMBERS, whole: true }, [2 ** 53])?.index, 0);
});

test('an order is kept from one number to the next', () => {
  const ascending: Param = { ...NUMBERS, order: 'ascending' };
  const never: Param = { ...NUMBERS, order: 'nonDecreasing' };
  assert.is(listProblem(ascending, [-3, -2, 7]), null);
  assert.is(listProblem(never, [-3, -3, 7]), null);
  for (const list of [
    [1, 1],
    [1, 0],
  ])
    assert.is(listProblem(NUMBERS, list), null);
  assert.equal(listProblem(ascending, [1, 4, 4]), {
    index: 2,
    found: '4',
    allowed: 'numbers in ascending order, here above 4',
  });
  assert.equal(listProblem(ascending, [4, 3])?.allowed, 'numbers in ascending order, here above 4');
  assert.equal(listProblem(never, [1, 4, 3]), {
    index: 2,
    found: '3',
    allowed: 'numbers that never fall, here from 4 on',
  });
});

// ---- several fields together

test('a bucket holds a packet of the MTU, also of the MTU that goes without saying', () => {
  const burst = (profile: Profile) => combinationProblems({ bandwidthKbps: 8, ...profile });
  const text = (mtu: number): string =>
    `at least the MTU, ${mtu}: a packet larger than the bucket would never leave`;
  assert.equal(burst({ 'bandwidth.burstBytes': 1500 }), []);
  assert.equal(burst({ 'bandwidth.burstBytes': 576, mtu: 576 }), []);
  assert.equal(burst({ 'bandwidth.burstBytes': 1499 }), [
    { path: 'bandwidth.burstBytes', found: '1499', allowed: text(1500) },
  ]);
  assert.equal(burst({ 'bandwidth.burstBytes': 1500, mtu: 1501 }), [
    { path: 'bandwidth.burstBytes', found: '1500', allowed: text(1501) },
  ]);
  // What is no number is somebody else's problem.
  assert.equal(burst({ 'bandwidth.burstBytes': 70, mtu: 'x' } as Profile), []);
});

test('every combination is looked at, and of an update what it sets', () => {
  const paths = (profile: Profile, given?: Profile): string[] =>
    combinationProblems(profile, given).map(({ path }) => path);
  assert.equal(
    paths({
      'bandwidth.burstBytes': 100,
      'bandwidth.peakKbps': 5,
      'loss.model': 'nth',
      'outage.dropFor': 1,
      'jitter.distribution': 'table',
      netemCompat: true,
    }),
    [
      'bandwidth.burstBytes',
      'bandwidth.peakKbps',
      'loss.every',
      'outage.dropEvery',
      'jitter.distribution',
      'bandwidth.burstBytes',
      'bandwidth.peakKbps',
      'loss.model',
    ],
  );
  const left = { packetLossPercentage: 0.1, 'loss.model': 'nth', 'loss.every': 2 };
  assert.equal(paths(left), ['packetLossPercentage']);
  assert.equal(paths(left, { 'loss.every': 2 }), []);
});

test.run();
