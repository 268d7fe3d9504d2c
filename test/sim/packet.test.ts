import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue, Kernel } from '../../engine/index.ts';
import { Ledger } from '../../sim/ledger.ts';
import {
  ALIVE,
  COPY_OF,
  ENDED_AT,
  FLAGS,
  newFlags,
  PacketFlag,
  PacketKind,
  PacketPool,
  ROW,
  SEQ,
  SIZE,
} from '../../sim/packet.ts';
import { Fate, Origin, type TraceSink } from '../../sim/trace.ts';

/** A live packet of `size` bytes. */
function born(pool: PacketPool, size = 100): number {
  const packet = pool.take();
  pool.ints.fill(0, packet + ROW / 2, packet + ROW);
  pool.doubles.fill(0, (packet >> 1) + 1, (packet >> 1) + ROW / 4);
  pool.ints[packet + SIZE] = size;
  pool.ints[packet + FLAGS] = newFlags(0, PacketKind.datagram, Origin.sent);
  return packet;
}

test('ids count up from 1, rows are used again, and what lives is known', () => {
  const pool = new PacketPool(2);
  const [a, b] = [born(pool), born(pool)];
  assert.equal([pool.id(a), pool.id(b)], [1, 2]);
  pool.end(a, Fate.delivered, 7);
  assert.is(pool.live, 1);
  assert.is(pool.fate(a), Fate.delivered);
  assert.is(pool.doubles[(a >> 1) + ENDED_AT], 7);
  pool.free(a);
  const c = born(pool);
  assert.is(c, a);
  assert.is(pool.id(c), 3);
  assert.is(pool.fate(c), ALIVE);
  assert.equal(pool.alive(), [b, c]);
});

test('it grows without losing a column', () => {
  const pool = new PacketPool(2);
  const packets = Array.from({ length: 100 }, (_, n) => born(pool, n + 1));
  assert.is(new Set(packets).size, 100);
  packets.forEach((packet, n) => {
    assert.is(pool.size(packet), n + 1);
    assert.is(pool.id(packet), n + 1);
  });
  assert.equal(pool.alive(), packets);
});

test('a packet ends once', () => {
  const pool = new PacketPool(2);
  const packet = born(pool);
  pool.end(packet, Fate.loss, 0);
  assert.throws(() => pool.end(packet, Fate.delivered, 1), /ended twice/);
});

test('a clone is the packet again, with an id, an origin and a life of its own', () => {
  const pool = new PacketPool(1);
  const packet = born(pool, 321);
  pool.doubles[(packet >> 1) + SEQ] = 5;
  pool.ints[packet + FLAGS]! |= PacketFlag.dontFragment | PacketFlag.twin;
  pool.setBody(packet, 'hello');
  const copy = pool.clone(packet, Origin.copy);
  pool.doubles[(copy >> 1) + COPY_OF] = pool.id(packet);
  assert.equal([pool.size(copy), pool.seq(copy), pool.id(copy), pool.origin(copy)], [321, 5, 2, Origin.copy]);
  assert.ok(pool.has(copy, PacketFlag.dontFragment) && pool.has(copy, PacketFlag.twin));
  assert.is(pool.body(copy), 'hello');
  pool.end(packet, Fate.delivered, 0);
  pool.free(packet);
  assert.is(pool.fate(copy), ALIVE);
  assert.is(pool.body(copy), 'hello');
});

test('the ledger tells every end once, in order, and gives the rows back', () => {
  const kernel = new Kernel(createQueue('heap'));
  const pool = new PacketPool(4);
  const ledger = new Ledger(kernel, pool);
  const told: number[][] = [];
  const sink: TraceSink = {
    ended(chunk) {
      for (const packet of chunk.packets.subarray(0, chunk.length)) {
        told.push([
          chunk.doubles[packet >> 1]!,
          chunk.doubles[(packet >> 1) + ENDED_AT]!,
          chunk.ints[packet + FLAGS]! >>> 20,
        ]);
      }
    },
  };
  ledger.attach(sink);
  // More than a chunk, with at most three alive at a time.
  const alive: number[] = [];
  const expected: number[][] = [];
  for (let n = 0; n < 5000; n++) {
    kernel.now = n;
    alive.push(born(pool));
    if (alive.length < 3) continue;
    const packet = alive.splice(n % 3, 1)[0]!;
    expected.push([pool.id(packet), n, n % 13]);
    ledger.end(packet, (n % 13) as Fate);
  }
  for (const packet of [...alive]) expected.push([pool.id(packet), kernel.now, Fate.inFlight]);
  ledger.endAllInFlight();
  assert.equal(told, expected);
  assert.is(pool.live, 0);
  assert.equal(pool.alive(), []);
});

test.run();
