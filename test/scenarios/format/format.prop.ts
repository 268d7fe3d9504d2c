/** What must hold for every text: the parser answers, and amounts mean what they say. */

import { readFileSync } from 'node:fs';
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { parsePath, pathText } from '../../../scenarios/format/path.ts';
import { parseDuration, parseRate, parseSize, unitsOf } from '../../../scenarios/format/units.ts';
import { formatProblems, parseScenario } from '../../../scenarios/index.ts';
import { shippedPresets } from './resources.ts';

const EXAMPLE = readFileSync(new URL('./transatlantic-web.yaml', import.meta.url), 'utf8');
const resources = { presets: shippedPresets() };
const runs = (seed: number, numRuns: number) => ({ seed, numRuns });

/** Answers, and has something to say about what it refuses. */
function answers(text: string, set: readonly (readonly [string, string])[] = []): void {
  const outcome = parseScenario(text, resources, { set });
  if (!outcome.ok) expect(formatProblems(outcome.problems).length).toBeGreaterThan(0);
}

test.prop([fc.string({ unit: 'binary', maxLength: 200 })], runs(1, 300))('answers for any text', (text) => {
  answers(text);
});

const yamlish = fc.array(
  fc.constantFrom(
    'a',
    'seed',
    ':',
    ': ',
    ' ',
    '\n',
    '\n  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&x ',
    '*x',
    '<<',
    '"',
    "'",
    '|',
    '>',
    '#',
    '!',
    '---\n',
    '? ',
    '1',
    '.nan',
    '~',
    '\t',
    '%',
  ),
  { maxLength: 60 },
);
test.prop([yamlish], runs(2, 1000))('answers for what looks like YAML', (parts) => {
  answers(parts.join(''));
  answers(`${EXAMPLE}${parts.join('')}`);
});

test.prop([fc.nat(EXAMPLE.length), fc.nat(12), fc.string({ maxLength: 6 })], runs(3, 400))(
  'answers for an example with a piece replaced',
  (at, length, piece) => {
    answers(EXAMPLE.slice(0, at) + piece + EXAMPLE.slice(at + length));
  },
);

const scalar = fc.oneof(
  fc.constantFrom(
    null,
    true,
    false,
    -1,
    0,
    0.5,
    1e308,
    NaN,
    Infinity,
    '',
    '1%',
    '10s',
    '4Mbit',
    '20/s',
    'client',
    'prod',
    '10.0.0.1',
    '::1',
    '10.0.0.0/24',
    '__proto__',
    'on',
  ),
  fc.string({ maxLength: 5 }),
);
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        'id',
        'network',
        'ip',
        'kind',
        'from',
        'to',
        'at',
        'every',
        'update',
        'set',
        'assign',
        'vm',
        'preset',
        'latencyMs',
        'bandwidth',
        'ramp',
        'over',
        'flow',
        'metric',
        'between',
        'partition',
        'x',
      ),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;
const SECTIONS = [
  'seed',
  'duration',
  'interval',
  'include',
  'networks',
  'hosts',
  'links',
  'mesh',
  'gateways',
  'vms',
  'pools',
  'personalities',
  'assignments',
  'traffic',
  'timeline',
  'expect',
];
const PLACES = [
  ...SECTIONS,
  'networks[0].subnet',
  'networks[0].routes',
  'hosts[0]',
  'vms[0]',
  'vms[1].ip',
  'vms[2].count',
  'pools[0].members',
  'pools[0].address',
  'personalities.transatlantic',
  'personalities.outage.bandwidth',
  'assignments.client',
  'traffic[0]',
  'traffic[0].to',
  'traffic[0].kind',
  'traffic[1].rate',
  'traffic[2].from',
  'timeline[0]',
  'timeline[0].set',
  'timeline[1].assign',
  'timeline[2].at',
  'expect[0]',
  'expect[0].between',
];
test.prop(
  [fc.array(fc.tuple(fc.constantFrom(...PLACES), anything), { minLength: 1, maxLength: 3 })],
  runs(4, 600),
)('answers for an example with any value anywhere', (changes) => {
  answers(
    EXAMPLE,
    changes.map(([path, value]) => [path, JSON.stringify(value) ?? 'null'] as const),
  );
});

test.prop([fc.nat({ max: 2 ** 51 - 1 })], runs(5, 500))('whole nanoseconds survive every unit', (ns) => {
  expect(parseDuration(`${ns}ns`)).toBe(ns);
  const digits = String(ns).padStart(10, '0');
  expect(parseDuration(`${digits.slice(0, -9)}.${digits.slice(-9)}s`)).toBe(ns);
  expect(parseDuration(`${digits.slice(0, -6)}.${digits.slice(-6)}ms`)).toBe(ns);
  expect(parseDuration(`${digits.slice(0, -6)}.${digits.slice(-6)}`)).toBe(ns);
  expect(parseDuration(`${ns}e-9s`)).toBe(ns);
});

test.prop(
  [fc.nat({ max: 10 ** 9 }), fc.constantFrom(...unitsOf('rate')), fc.constantFrom(...unitsOf('size'))],
  runs(6, 300),
)('units are factors', (n, rate, size) => {
  const factor = { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 }[rate] ?? Number.NaN;
  const bytes = { B: 1, kB: 1e3, KiB: 1024, MB: 1e6, MiB: 1024 ** 2, GB: 1e9 }[size] ?? Number.NaN;
  expect(parseRate(`${n}${rate}`)).toBe(Number(BigInt(n) * BigInt(factor)));
  expect(parseSize(`${n} ${size}`)).toBe(Number(BigInt(n) * BigInt(bytes)));
});

const step = fc.oneof(fc.nat(1e6), fc.string({ minLength: 1, maxLength: 8 }));
test.prop([fc.array(step, { minLength: 1, maxLength: 5 })], runs(7, 500))(
  'paths are read as they are written',
  (path) => {
    expect(parsePath(pathText(path))).toEqual(path);
  },
);
