import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bytes, count, counted, duration, instant, percent, rate } from '../../../app/ui/format.ts';

test('an instant is minutes, seconds and thousandths, and hours once there are some', () => {
  assert.is(instant(0), '0:00.000');
  assert.is(instant(12_340_000_000), '0:12.340');
  assert.is(instant(3_723_400_000_000), '1:02:03.400');
  assert.is(instant(59_999_999_999), '0:59.999');
  assert.is(instant(600e9, 0), '10:00');
});

test('a duration has three digits at most and the unit that fits', () => {
  assert.is(duration(250_000), '250 µs');
  assert.is(duration(40_500_000), '40.5 ms');
  assert.is(duration(1_234_000_000), '1.23 s');
  assert.is(duration(180e9), '3 min');
});

test('rates and sizes count in thousands', () => {
  assert.is(rate(0), '0 bit/s');
  assert.is(rate(4_200_000), '4.2 Mbit/s');
  assert.is(rate(999_999), '1 Mbit/s');
  assert.is(bytes(613_125), '613 kB');
});

test('shares and counts', () => {
  assert.is(percent(0.002), '0.2 %');
  assert.is(percent(1 / 3), '33.3 %');
  assert.is(count(1_234_567), '1\u202F234\u202F567');
  assert.is(counted(1, 'VM'), '1 VM');
  assert.is(counted(3, 'VM'), '3 VMs');
});

test.run();
