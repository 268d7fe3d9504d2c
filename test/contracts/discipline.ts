/** What holds for every queue discipline of the catalogue, whatever it does. */
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomSource } from '../../engine/index.ts';
import { type PacketId, ROW } from '../../sim/packet.ts';
import type {
  DisciplineDefinition,
  DisciplineSettings,
} from '../../sim/personality/disciplines/discipline.ts';
import { drawsOf, TestQueue } from '../support/queue.ts';

export interface DisciplineExample {
  /** Under which it drops or reorders a lot. */
  readonly busy: Partial<DisciplineSettings>;
  /** Settings to change to and fro. */
  readonly others: readonly Partial<DisciplineSettings>[];
}

const MS = 1_000_000;
const SECOND = 1000 * MS;
const SIZES = [40, 576, 1000, 1500];
const DSCPS = [0, 2, 4, 46];
const FLOWS = 7;

/** What waits, kept beside the queue. */
class Books {
  readonly sizes = new Map<number, number>();

  bytes(): number {
    return [...this.sizes.values()].reduce((sum, size) => sum + size, 0);
  }
}

/**
 * A crowd of flows, all sizes and classes, with some more arrivals than services; at each step the queue's figures are compared with
 * the books. `change` is called now and then.
 */
function crowd(queue: TestQueue, count: number, change: (n: number, books: Books) => void, from = 0): Books {
  const random = new RandomSource('crowd').stream('steps');
  const books = new Books();
  const { discipline } = queue;
  let ended = queue.dropped.length;
  const settle = (): void => {
    for (; ended < queue.dropped.length; ended++) {
      assert.ok(books.sizes.delete(queue.dropped[ended]!.seq), 'dropped what did not wait');
    }
    assert.is(discipline.backlogPackets, books.sizes.size);
    assert.is(discipline.backlogBytes, books.bytes());
    assert.is(discipline.nextSize() < 0, books.sizes.size === 0);
  };
  for (let n = 0; n < count; n++) {
    const flow = random.below(FLOWS);
    const size = SIZES[random.below(SIZES.length)]!;
    const packet = { flow, size, dscp: DSCPS[flow % DSCPS.length]!, ecn: flow % 3 === 0 };
    const serves = random.chance(0.8);
    const at = from + n * MS + random.below(MS / 2);
    queue.at(at, () => {
      const row = queue.make(packet);
      books.sizes.set(queue.packets.seq(row), size);
      discipline.enqueue(row);
      settle();
      if (serves) {
        const expected = discipline.nextSize();
        const drops = queue.dropped.length;
        const seq = queue.take();
        if (queue.dropped.length === drops) assert.is(books.sizes.get(seq) ?? -1, expected);
        if (seq >= 0) assert.ok(books.sizes.delete(seq), 'served what did not wait');
        settle();
      }
      change(n, books);
      settle();
    });
  }
  // Somebody may wait for ever: nobody serves behind the crowd.
  queue.run(from + count * MS);
  return books;
}

const unchanged = (): void => {};

const flowsInOrder = (seqs: readonly number[], flowOf: (seq: number) => number): void => {
  const last = new Map<number, number>();
  for (const seq of seqs) {
    const flow = flowOf(seq);
    assert.ok(seq > (last.get(flow) ?? -1), `packet ${seq} of flow ${flow} in order`);
    last.set(flow, seq);
  }
};

export function disciplineContract(
  test: Test,
  definition: DisciplineDefinition,
  { busy, others }: DisciplineExample,
): void {
  const { name } = definition;
  const make = (settings: Partial<DisciplineSettings> = busy, seed = 'seed'): TestQueue =>
    new TestQueue(definition, settings, seed);

  test(`${name}: has a name and a sentence`, () => {
    assert.match(name, /^[a-z][A-Za-z]*$/);
    assert.match(definition.summary, /^[A-Z].*\.$/);
  });

  test(`${name}: every packet leaves once, is dropped once, or waits, and the backlog says which`, () => {
    const queue = make();
    const books = crowd(queue, 1000, unchanged);
    assert.is(queue.left.length + queue.dropped.length + books.sizes.size, 1000);
    assert.is(queue.packets.live, books.sizes.size);
    assert.ok(queue.dropped.length > 0, 'the example is busy');
  });

  test(`${name}: the packets of a flow leave in the order in which they came`, () => {
    const flows: number[] = [];
    const random = new RandomSource('flows').stream('flows');
    const queue = make();
    for (let n = 0; n < 1000; n++) {
      const flow = random.below(FLOWS);
      flows.push(flow);
      queue.arrive(n * MS, { flow, size: SIZES[n % SIZES.length]!, dscp: DSCPS[flow % DSCPS.length]! });
      if (n % 5 !== 0) queue.serve(n * MS);
    }
    for (let n = 0; n < 1000; n++) queue.serve((1000 + n) * MS);
    flowsInOrder(queue.run().served, (seq) => flows[seq]!);
  });

  test(`${name}: to ask for the next packet's size changes nothing`, () => {
    const asked = make();
    const silent = make();
    crowd(asked, 500, () => asked.discipline.nextSize());
    crowd(silent, 500, unchanged);
    assert.equal([asked.left, asked.dropped], [silent.left, silent.dropped]);
  });

  test(`${name}: the limits hold, in packets and in bytes`, () => {
    for (const limits of [{ limitPackets: 9 }, { limitBytes: 9000 }, { limitPackets: 9, limitBytes: 5000 }]) {
      const queue = make({ ...busy, limitPackets: Infinity, limitBytes: Infinity, ...limits });
      const { discipline } = queue;
      crowd(queue, 300, () => {
        assert.ok(discipline.backlogPackets <= (limits.limitPackets ?? Infinity));
        assert.ok(discipline.backlogBytes <= (limits.limitBytes ?? Infinity));
      });
    }
    for (const none of [{ limitPackets: 0 }, { limitBytes: 0 }]) {
      const queue = make({ ...busy, ...none });
      for (let n = 0; n < 5; n++) queue.arrive(n * MS);
      assert.equal(queue.run().lost, [0, 1, 2, 3, 4]);
    }
  });

  test(`${name}: each packet meets its own draws, whatever becomes of it`, () => {
    for (const settings of [busy, {}, { ...busy, limitPackets: 3 }, ...others]) {
      const queue = make(settings, 'drawn');
      crowd(queue, 200, unchanged);
      const draws = drawsOf('drawn', 200 * definition.drawsPerPacket + 1);
      assert.is(queue.random.uniform(), draws.at(-1));
    }
  });

  test(`${name}: adopts what waited elsewhere, beyond its limits and without a draw`, () => {
    const queue = make({ ...busy, limitPackets: 1, limitBytes: 1 }, 'drawn');
    const rows = Array.from({ length: 20 }, (_, n) => queue.make({ flow: n % 3 }));
    for (const row of rows) queue.discipline.adopt(row);
    assert.is(queue.discipline.backlogPackets, 20);
    assert.is(queue.discipline.backlogBytes, 20_000);
    assert.is(queue.random.uniform(), drawsOf('drawn', 1)[0]);
    while (queue.take() >= 0);
    assert.is(queue.left.length, 20);
    flowsInOrder(queue.served, (seq) => seq % 3);
  });

  test(`${name}: lets go of everything in the order of service`, () => {
    const unlimited = { ...busy, limitPackets: Infinity, limitBytes: Infinity };
    const [evicted, served] = [make(unlimited), make(unlimited)];
    for (const queue of [evicted, served]) {
      // Behind a burst that has been served in part, so that turns are under way.
      for (let n = 0; n < 60; n++) {
        const flow = (n * n) % FLOWS;
        const size = SIZES[n % SIZES.length]!;
        const row = queue.make({ flow, size, dscp: DSCPS[flow % DSCPS.length]! });
        queue.discipline.enqueue(row);
        if (n % 4 === 0) queue.take();
      }
    }
    const rows: PacketId[] = [];
    evicted.discipline.evict(rows);
    assert.is(evicted.discipline.backlogPackets, 0);
    assert.is(evicted.discipline.backlogBytes, 0);
    assert.is(evicted.discipline.nextSize(), -1);
    assert.is(evicted.take(), -1);
    for (const row of rows) evicted.leave(row);
    while (served.take() >= 0);
    assert.equal(evicted.served, served.served);
    assert.is(evicted.packets.live, 0);
    // And goes on from there.
    evicted.discipline.enqueue(evicted.make());
    assert.is(evicted.take(), evicted.arrived - 1);
  });

  test(`${name}: settings that change while packets wait lose nobody`, () => {
    const settings = [busy, {}, ...others, { ...busy, limitPackets: 2, limitBytes: 1 }];
    const queue = make();
    const books = crowd(queue, 1000, (n, { sizes }) => {
      if (n % 7 === 0) queue.configureAt(queue.kernel.now, settings[(n / 7) % settings.length]!);
      if (n % 171 !== 170) return;
      const rows: PacketId[] = [];
      queue.discipline.evict(rows);
      assert.is(rows.length, sizes.size);
      for (const [place, row] of rows.entries()) {
        // Half of them come back.
        if (place % 2 === 0) queue.discipline.adopt(row);
        else assert.ok(sizes.delete(queue.leave(row)));
      }
    });
    assert.is(queue.left.length + queue.dropped.length + books.sizes.size, 1000);
  });

  test(`${name}: settings that are what they were change nothing`, () => {
    const [told, untold] = [make(busy, 'told'), make(busy, 'told')];
    crowd(told, 1000, (n) => {
      if (n % 3 === 0) told.configureAt(told.kernel.now, busy);
    });
    crowd(untold, 1000, unchanged);
    assert.equal([told.left, told.dropped], [untold.left, untold.dropped]);
  });

  test(`${name}: rows come back, and what one burst needed is enough for the next`, () => {
    const queue = make();
    const drain = (): void => {
      while (queue.discipline.backlogPackets > 0) queue.take();
      assert.is(queue.packets.live, 0);
    };
    crowd(queue, 300, (n, { sizes }) => {
      if (n < 299) return;
      drain();
      sizes.clear();
    });
    const rows = queue.packets.ints.length / ROW;
    crowd(queue, 300, unchanged, 10 * SECOND);
    drain();
    assert.is(queue.packets.ints.length / ROW, rows);
  });

  test(`${name}: the same seed gives the same fates`, () => {
    const fates = (seed: string): unknown => {
      const queue = make(busy, seed);
      crowd(queue, 500, unchanged);
      return [queue.left, queue.dropped];
    };
    assert.equal(fates('a'), fates('a'));
  });

  test(`${name}: nothing happens where nobody waits`, () => {
    const queue = make();
    for (let n = 0; n < 100; n++) queue.arrive(n * MS, { flow: n % FLOWS });
    for (let n = 0; n < 200; n++) queue.serve(2 * n * MS);
    queue.run();
    assert.is(queue.kernel.pending, 0);
    assert.ok(queue.kernel.now < 2 * SECOND);
    queue.arrive(100 * SECOND).run(200 * SECOND);
    const rows: PacketId[] = [];
    queue.discipline.evict(rows);
    queue.run();
    assert.is(queue.kernel.pending, 0);
    assert.ok(queue.kernel.now < 201 * SECOND);
  });
}
