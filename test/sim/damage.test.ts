import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Damages, damageKind } from '../../sim/damage.ts';
import { FLAGS, PacketFlag, PacketPool } from '../../sim/packet.ts';
import { Origin } from '../../sim/trace.ts';
import type { Damage } from '../../sim/wire/index.ts';

const first: Damage = { draw: 2 ** 32 - 1, bits: 65536, where: 'payload', isSilent: true };
const second: Damage = { draw: 7, bits: 1, where: 'header', isSilent: false };

const add = (damages: Damages, row: number, damage: Damage): void =>
  damages.add(row, damage.draw, damageKind(damage));

test('a row has its damages in order, until it is cleared', () => {
  const damages = new Damages();
  assert.equal(damages.of(5), []);
  damages.clear(5);
  add(damages, 5, first);
  add(damages, 5, second);
  assert.equal(damages.of(5), [first, second]);
  assert.equal(damages.of(4), []);
  damages.clear(5);
  assert.equal(damages.of(5), []);
});

test('a copy has the same ones, and they are its own', () => {
  const damages = new Damages();
  add(damages, 1000, first);
  add(damages, 1000, second);
  damages.copy(1000, 3);
  damages.clear(1000);
  assert.equal(damages.of(3), [first, second]);
});

test('many rows, again and again: each has what it was given last', () => {
  const damages = new Damages();
  for (let round = 0; round < 5; round++) {
    for (let row = 0; row < 300; row++) add(damages, row, { ...second, draw: row + round });
    for (let row = 0; row < 300; row++) {
      assert.equal(damages.of(row), [{ ...second, draw: row + round }]);
      damages.clear(row);
    }
  }
});

test("a packet's damage is told by its flags, goes with its copies, and ends with it", () => {
  const packets = new PacketPool(4);
  const packet = packets.take();
  packets.ints[packet + FLAGS] = 0;
  assert.equal(packets.damages(packet), []);
  packets.damage(packet, first.draw, damageKind(first));
  assert.is(packets.flags(packet), PacketFlag.silent);
  const copy = packets.clone(packet, Origin.copy);
  packets.damage(copy, second.draw, damageKind(second));
  assert.is(packets.flags(copy), PacketFlag.silent | PacketFlag.corrupted);
  assert.equal(packets.damages(packet), [first]);
  assert.equal(packets.damages(copy), [first, second]);
  packets.free(packet);
  const next = packets.take();
  assert.is(next, packet);
  packets.ints[next + FLAGS] = 0;
  packets.damage(next, 1, damageKind({ ...second, bits: 3 }));
  assert.equal(packets.damages(next), [{ ...second, draw: 1, bits: 3 }]);
});

test.run();
