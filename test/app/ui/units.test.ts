import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exactly, figure, type Quantity, unitFor } from '../../../app/ui/units.ts';

const inWords = (quantity: Quantity, values: readonly number[]) =>
  values.map((value) => figure(quantity, value));

test('a figure has three significant digits and the unit in which it is at least 1', () => {
  assert.equal(
    inWords('rate', [0, 1, 999, 1000, 4_000_000, 4_021_000, 12_345_678, 123_456_789, 2_500_000_000]),
    [
      '0 bit/s',
      '1 bit/s',
      '999 bit/s',
      '1 kbit/s',
      '4 Mbit/s',
      '4.02 Mbit/s',
      '12.3 Mbit/s',
      '123 Mbit/s',
      '2.5 Gbit/s',
    ],
  );
  assert.equal(inWords('duration', [7, 250_000, 40_000_000, 1_500_000_000]), [
    '7 ns',
    '250 µs',
    '40 ms',
    '1.5 s',
  ]);
  assert.equal(inWords('bytes', [1499, 1500, 96_000]), ['1.5 kB', '1.5 kB', '96 kB']);
});

test('halves go up, as in decimal, not as in binary', () => {
  // 1.005 and 1.115 are a little less than that in binary.
  assert.equal(inWords('rate', [1_005_000, 1_115_000, 1_004_999]), [
    '1.01 Mbit/s',
    '1.12 Mbit/s',
    '1 Mbit/s',
  ]);
});

test('what rounds up to a thousand gets the next unit', () => {
  assert.equal(inWords('rate', [999_499, 999_500, 999_999_999]), ['999 kbit/s', '1 Mbit/s', '1 Gbit/s']);
  assert.equal(inWords('duration', [999_600]), ['1 ms']);
});

test('beyond the largest unit nothing is rounded away that is a whole unit', () => {
  assert.is(figure('duration', 3_599_400_000_000), '3\u202f599 s');
  assert.is(figure('rate', 123_456_000_000_000), '123\u202f456 Gbit/s');
});

test('packets are counted one by one', () => {
  assert.equal(inWords('packets', [0, 1, 12_345]), ['0 packets', '1 packet', '12\u202f345 packets']);
});

test('what is not known is a dash', () => {
  assert.is(figure('duration', null), '–');
  assert.is(figure('rate', Number.NaN), '–');
});

test('marks of an axis share a unit and keep every digit', () => {
  const unit = unitFor('rate', 1_500_000);
  assert.equal(unit, { name: 'Mbit/s', power: 6 });
  assert.equal(
    [0, 250_000, 500_000, 1_000_000, 10_000_000].map((mark) => exactly(mark, unit)),
    ['0', '0.25', '0.5', '1', '10'],
  );
  assert.equal(unitFor('duration', 0), { name: 'ns', power: 0 });
});

test.run();
