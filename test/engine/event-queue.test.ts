import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type EventQueue, QUEUES } from '../../engine/event-queue.ts';
import { createQueue } from '../../engine/queues.ts';

/** Everything up to the limit, as `slot@key`. */
function drain(queue: EventQueue, limit = Infinity): string {
  const out: string[] = [];
  for (let slot = queue.pop(limit); slot !== -1; slot = queue.pop(limit)) out.push(`${slot}@${queue.key}`);
  return out.join(' ');
}

/** Pushes slots 0, 1, 2 … with these keys. */
function pushAll(queue: EventQueue, keys: readonly number[]): void {
  keys.forEach((key, slot) => {
    queue.push(key, slot);
  });
}

for (const name of QUEUES) {
  test(`${name}: the earliest comes first`, () => {
    const queue = createQueue(name);
    pushAll(queue, [30, 10, 20]);
    assert.is(drain(queue), '1@10 2@20 0@30');
  });

  test(`${name}: equals come out in the order they went in`, () => {
    const queue = createQueue(name);
    pushAll(queue, [7, 5, 7, 5, 7]);
    assert.is(drain(queue), '1@5 3@5 0@7 2@7 4@7');
  });

  test(`${name}: an empty queue has nothing to give, and takes up again`, () => {
    const queue = createQueue(name);
    assert.is(queue.pop(Infinity), -1);
    assert.is(queue.peek(), Infinity);
    assert.is(queue.size, 0);
    for (let round = 1; round <= 100; round++) {
      queue.push(round * 4, 0);
      assert.is(queue.size, 1);
      assert.is(queue.peek(), round * 4);
      assert.is(drain(queue), `0@${round * 4}`);
    }
    assert.is(queue.size, 0);
    assert.is(queue.key, 400);
  });

  test(`${name}: the limit itself still counts, later keys stay`, () => {
    const queue = createQueue(name);
    pushAll(queue, [10, 20, 20, 30]);
    assert.is(drain(queue, 9), '');
    assert.is(queue.size, 4);
    assert.is(drain(queue, 20), '0@10 1@20 2@20');
    assert.is(queue.key, 20);
    assert.is(drain(queue, 29), '');
    assert.is(queue.peek(), 30);
    assert.is(drain(queue, 30), '3@30');
  });

  test(`${name}: a refused pop leaves room below what it looked at`, () => {
    const queue = createQueue(name);
    pushAll(queue, [1000, 1000, 1004]);
    assert.is(queue.pop(500), -1);
    queue.push(996, 3);
    queue.push(1000, 4);
    queue.push(600, 5);
    assert.is(queue.pop(500), -1);
    queue.push(0, 6);
    assert.is(drain(queue), '6@0 5@600 3@996 0@1000 1@1000 4@1000 2@1004');
  });

  test(`${name}: many pushes below a refused pop, each the earliest so far`, () => {
    const queue = createQueue(name);
    queue.push(1e9, 0);
    for (let slot = 1; slot <= 5000; slot++) {
      if (slot % 100 === 1) assert.is(queue.pop(0), -1);
      queue.push(1e9 - slot * 4, slot);
    }
    for (let slot = 5000; slot >= 0; slot--) assert.is(queue.pop(1e9), slot);
    assert.is(queue.size, 0);
  });

  test(`${name}: at the present key, one can go on pushing while popping`, () => {
    const queue = createQueue(name);
    pushAll(queue, [8, 8, 12]);
    assert.is(queue.pop(8), 0);
    queue.push(8, 3);
    assert.is(queue.pop(8), 1);
    queue.push(8, 4);
    queue.push(8, 5);
    assert.is(drain(queue, 8), '3@8 4@8 5@8');
    queue.push(8, 6);
    assert.is(drain(queue), '6@8 2@12');
  });

  test(`${name}: a lower rank at the present instant still goes first, however many there are`, () => {
    const queue = createQueue(name);
    pushAll(queue, [4002, 4002, 4003]);
    assert.is(queue.pop(Infinity), 0);
    for (let slot = 3; slot < 203; slot++) queue.push(4000, slot);
    queue.push(4001, 203);
    for (let slot = 3; slot < 203; slot++) assert.is(queue.pop(Infinity), slot);
    assert.is(drain(queue), '203@4001 1@4002 2@4003');
  });

  test(`${name}: ten thousand equals, each of them pushed again at the same key`, () => {
    const count = 10_000;
    const queue = createQueue(name, 16);
    for (let slot = 0; slot < count; slot++) queue.push(40, slot);
    for (let round = 0; round < 3; round++) {
      for (let slot = 0; slot < count; slot++) {
        assert.is(queue.pop(40), slot);
        queue.push(40, slot);
      }
    }
    assert.is(queue.size, count);
  });

  test(`${name}: equals that wait in a crowd of earlier ones keep their order`, () => {
    const queue = createQueue(name);
    const count = 3000;
    for (let slot = 0; slot < count; slot++) queue.push(1_000_000, slot);
    assert.is(queue.pop(0), -1);
    for (let slot = 0; slot < count; slot++) queue.push((slot * 7919) % 999_983, count + slot);
    let before = -1;
    for (let i = 0; i < count; i++) {
      const slot = queue.pop(Infinity);
      assert.ok(slot >= count && queue.key > before);
      before = queue.key;
    }
    for (let slot = 0; slot < count; slot++) assert.is(queue.pop(Infinity), slot);
  });

  test(`${name}: every permutation of a few equal and unequal keys`, () => {
    const keys = [4, 8, 8, 12, 4];
    for (const order of permutations([0, 1, 2, 3, 4])) {
      const queue = createQueue(name);
      for (const slot of order) queue.push(keys[slot]!, slot);
      const expected = [...order].sort((a, b) => keys[a]! - keys[b]!); // Array.sort is stable.
      assert.is(drain(queue), expected.map((slot) => `${slot}@${keys[slot]}`).join(' '));
    }
  });

  test(`${name}: keys up to 2^53 keep their last bit`, () => {
    const queue = createQueue(name);
    const last = 2 ** 53;
    pushAll(queue, [last, last - 1, 0, last - 2, 1, last]);
    assert.is(drain(queue, last - 2), '2@0 4@1 3@9007199254740990');
    assert.is(drain(queue), '1@9007199254740991 0@9007199254740992 5@9007199254740992');
  });

  test(`${name}: a thousand neighbours at the end of time, and one at its beginning`, () => {
    const queue = createQueue(name);
    const count = 1000;
    queue.push(0, count);
    for (let slot = 0; slot < count; slot++) queue.push(2 ** 53 - 1 - ((slot * 389) % count), slot);
    assert.is(queue.pop(Infinity), count);
    for (let i = 0; i < count; i++) {
      const slot = queue.pop(Infinity);
      assert.is(queue.key, 2 ** 53 - count + i);
      assert.is((slot * 389) % count, count - 1 - i);
    }
  });

  test(`${name}: slots beyond the first capacity make it grow`, () => {
    const queue = createQueue(name, 1);
    queue.push(12, 0);
    queue.push(8, 100_000);
    queue.push(4, 3);
    assert.is(drain(queue), '3@4 100000@8 0@12');
  });
}

function permutations(items: readonly number[]): number[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first) =>
    permutations(items.filter((item) => item !== first)).map((rest) => [first, ...rest]),
  );
}

test.run();
