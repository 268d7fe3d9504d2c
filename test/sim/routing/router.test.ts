import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue, Kernel, ms, RandomSource } from '../../../engine/index.ts';
import { newFlags, PacketPool } from '../../../sim/packet.ts';
import { createRouter } from '../../../sim/routing/index.ts';
import { ROUTING_PROFILES } from '../../../sim/specs.ts';

/** What holds for every profile. */
for (const profile of ROUTING_PROFILES) {
  const alive = new Set<number>();
  const make = () => {
    const packets = new PacketPool(1);
    const packet = packets.take();
    packets.ints[packet] = newFlags(0, 0, 0);
    const router = createRouter(
      {
        profile,
        name: 'router',
        candidates: Int32Array.of(5, 6, 9),
        window: ms(100),
        hysteresis: 0.1,
        chaosProbability: 0.5,
      },
      { isAlive: (vm) => alive.has(vm), backlogBytes: () => 0, rate: () => 0 },
      { kernel: new Kernel(createQueue('heap')), packets, random: new RandomSource('seed') },
    );
    return () => router.choose(packet);
  };

  test(`${profile}: nobody, when nobody is alive`, () => {
    alive.clear();
    assert.is(make()(), -1);
  });

  test(`${profile}: the only one, when one is alive`, () => {
    for (const vm of [5, 6, 9]) {
      alive.clear();
      alive.add(vm);
      const choose = make();
      for (let n = 0; n < 100; n++) assert.is(choose(), vm);
    }
  });

  test(`${profile}: a candidate that comes back may be chosen again, one that has gone is not`, () => {
    const choose = make();
    for (let n = 0; n < 300; n++) {
      alive.clear();
      alive.add([5, 6, 9][n % 3]!).add([5, 6, 9][(n * 2) % 3]!);
      assert.ok(alive.has(choose()));
    }
  });

  test(`${profile}: the same seed makes the same choices`, () => {
    for (const vm of [5, 6, 9]) alive.add(vm);
    const [one, other] = [make(), make()];
    for (let n = 0; n < 200; n++) assert.is(one(), other());
  });
}

test.run();
