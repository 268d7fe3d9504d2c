import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  correctedUnit,
  parseDuration,
  parseKilobits,
  parseMilliseconds,
  parsePacketRate,
  parseRate,
  parseSize,
} from '../../../scenarios/format/units.ts';

const table = (
  parse: (value: unknown) => number | null,
  rows: readonly (readonly [unknown, number | null])[],
) => {
  for (const [value, expected] of rows) assert.is(parse(value), expected, `${JSON.stringify(value)}`);
};

test('durations are whole nanoseconds, exactly', () => {
  table(parseDuration, [
    ['1ns', 1],
    ['1us', 1e3],
    ['1ms', 1e6],
    ['1s', 1e9],
    ['1m', 60e9],
    ['1h', 3600e9],
    [40, 40e6],
    ['40', 40e6],
    // A double is 0.1000000000000000055…, and 0.1 s are 100,000,000 ns all the same.
    ['0.1s', 100_000_000],
    ['0.3s', 300_000_000],
    [0.7, 700_000],
    ['1.5 s', 1.5e9],
    ['.5ms', 500_000],
    ['1e-3s', 1e6],
    [1e-7, 0],
    ['0.5ns', 1],
    ['0.49ns', 0],
    ['2.5ns', 3],
    ['-2.5ns', -2],
    ['-2.6ns', -3],
    ['-1ms', -1e6],
  ]);
});

test('what is no duration is none', () => {
  for (const value of [
    '',
    ' ',
    's',
    '.',
    '-',
    '1 %',
    '1%',
    '1e',
    '1x',
    '4Mbit',
    '1ms2',
    'ms1',
    '0x10',
    'NaN',
    NaN,
    Infinity,
    null,
    true,
    [],
    {},
  ]) {
    assert.is(parseDuration(value), null, JSON.stringify(value));
  }
});

test('rates are in bit/s, by factors of 1000', () => {
  table(parseRate, [
    ['1bit', 1],
    ['1kbit', 1e3],
    ['4Mbit', 4e6],
    ['0.1Gbit', 1e8],
    [50_000, 5e7],
    ['4mbit', null],
    ['4Mbps', null],
  ]);
  table(parseKilobits, [
    ['4Mbit', 4000],
    ['1bit', 0.001],
    [0.1, 0.1],
  ]);
});

test('sizes are whole bytes', () => {
  table(parseSize, [
    ['1B', 1],
    ['2kB', 2000],
    ['2KiB', 2048],
    ['1.5kB', 1500],
    ['1MB', 1e6],
    ['1MiB', 1_048_576],
    ['1GB', 1e9],
    [1500, 1500],
    ['1.5B', null],
    [0.5, null],
    ['1kb', null],
  ]);
});

test('packet rates are times between packets', () => {
  table(parsePacketRate, [
    ['20/s', 5e7],
    ['100/ms', 1e4],
    ['5/m', 12e9],
    ['1/h', 3600e9],
    ['0.5/s', 2e9],
    [20, null],
    ['20', null],
    ['20s', null],
  ]);
});

test('milliseconds keep their fractions', () => {
  table(parseMilliseconds, [
    ['1us', 0.001],
    ['0.1ms', 0.1],
    [0.045, 0.045],
    ['1.1s', 1100],
  ]);
});

test('a unit of somebody else is put right', () => {
  assert.is(correctedUnit('rate', '4Mbps'), '4Mbit');
  assert.is(correctedUnit('rate', '4 mbit'), '4Mbit');
  assert.is(correctedUnit('duration', '30sec'), '30s');
  assert.is(correctedUnit('duration', '30mss'), '30ms');
  assert.is(correctedUnit('size', '2kb'), '2kB');
  assert.is(correctedUnit('packetRate', '20pps'), '20/s');
  assert.is(correctedUnit('duration', '4Mbit'), undefined);
  assert.is(correctedUnit('duration', '1%'), undefined);
});

test.run();
