import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Slots } from '../../../../sim/personality/netem/slots.ts';

const started = (min: number, max: number, packets = 0, bytes = 0): Slots => {
  const slots = new Slots();
  slots.start({ min, max, packets, bytes }, 1000);
  return slots;
};

test('there are none without a time', () => {
  assert.not(started(0, 0, 3).isOn);
  assert.ok(started(0, 1).isOn);
});

test('the first is now, and the next between min and max from when it is drawn', () => {
  const slots = started(100, 300);
  assert.is(slots.next, 1000);
  for (const [draw, wait] of [
    [0, 100],
    [2 ** 31, 200],
    [2 ** 32 - 1, 299],
  ] as const) {
    slots.renew(5000, draw);
    assert.is(slots.next, 5000 + wait);
  }
});

test('an hour of slots does not overflow', () => {
  const slots = started(0, 3_600_000_000_000);
  slots.renew(0, 0xffffffff);
  assert.is(slots.next, Number((3_600_000_000_000n * 0xffffffffn) >> 32n));
});

test('it is used up by its packets or by its bytes, and the next one has them all again', () => {
  const slots = started(100, 100, 2, 2500);
  assert.equal([slots.spend(1), slots.spend(1)], [false, true]);
  slots.renew(0, 0);
  assert.equal([slots.spend(2499), slots.spend(1)], [false, true]);
  slots.renew(0, 0);
  assert.ok(slots.spend(2500));
  const unlimited = started(100, 100);
  for (let i = 0; i < 100; i++) assert.not(unlimited.spend(65535));
});

test.run();
