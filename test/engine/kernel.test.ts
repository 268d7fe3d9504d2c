import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue, Defect, Kernel, LAST_INSTANT, Lane, Pause, QUEUES, Rank } from '../../engine/index.ts';

const kernelOf = (queue: (typeof QUEUES)[number] = 'ladder') => new Kernel(createQueue(queue, 4), 4);

for (const queue of QUEUES) {
  test(`${queue}: by time, then rank, then the order of scheduling`, () => {
    const kernel = kernelOf(queue);
    const seen: string[] = [];
    const enroll = (name: string, rank: Rank) =>
      kernel.enroll({ onEvent: (_kind, item) => seen.push(`${kernel.now}${name}${item}`) }, rank);
    const program = enroll('p', Rank.program);
    const arrival = enroll('a', Rank.arrival);
    const command = enroll('c', Rank.command);
    kernel.at(7, program, 0, 1);
    kernel.at(7, arrival, 0, 1);
    kernel.at(9, command, 0, 1);
    kernel.at(7, command, 0, 1);
    kernel.at(7, arrival, 0, 2);
    kernel.at(3, program, 0, 1);
    assert.is(kernel.advance(8, 100), Pause.quiet);
    assert.equal(seen, ['3p1', '7c1', '7a1', '7a2', '7p1']);
    assert.is(kernel.pending, 1);
    assert.is(kernel.nextAt, 9);
  });
}

test('an event may schedule for its own instant, earlier ranks included', () => {
  const kernel = kernelOf();
  const seen: string[] = [];
  const command = kernel.enroll({ onEvent: () => seen.push('command') }, Rank.command);
  const program = kernel.enroll(
    {
      onEvent() {
        seen.push('program');
        if (seen.length === 1) kernel.at(kernel.now, command, 0);
      },
    },
    Rank.program,
  );
  kernel.at(5, program, 0);
  kernel.at(5, program, 0);
  kernel.advance(5, 10);
  assert.equal(seen, ['program', 'command', 'program']);
});

test('a cancelled event does not happen, and its row is used again', () => {
  const kernel = kernelOf();
  const seen: number[] = [];
  const actor = kernel.enroll({ onEvent: (_kind, item) => seen.push(item) }, Rank.arrival);
  for (let round = 0; round < 100; round++) {
    const event = kernel.at(round * 2 + 1, actor, 0, -1);
    kernel.at(round * 2 + 2, actor, 0, round);
    kernel.cancel(event, actor);
    kernel.advance(round * 2 + 2, 10);
  }
  assert.equal(
    seen,
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test('only its owner can cancel an event, and only once', () => {
  const kernel = kernelOf();
  const mine = kernel.enroll({ onEvent() {} }, Rank.arrival);
  const other = kernel.enroll({ onEvent() {} }, Rank.arrival);
  const event = kernel.at(1, mine, 0);
  assert.throws(
    () => kernel.cancel(event, other),
    (error: unknown) => error instanceof Defect,
  );
  kernel.cancel(event, mine);
  assert.throws(
    () => kernel.cancel(event, mine),
    (error: unknown) => error instanceof Defect,
  );
});

test('the past is a defect, the end of time a clear error', () => {
  const kernel = kernelOf();
  const actor = kernel.enroll({ onEvent() {} }, Rank.arrival);
  kernel.at(LAST_INSTANT, actor, 0);
  kernel.advance(LAST_INSTANT, 1);
  assert.is(kernel.now, LAST_INSTANT);
  assert.throws(
    () => kernel.at(5, actor, 0),
    (error: unknown) => error instanceof Defect,
  );
  assert.throws(() => kernel.at(LAST_INSTANT + 1, actor, 0), /26 days/);
});

test('it pauses when the budget is used up, and when an event has woken a program', () => {
  const kernel = kernelOf();
  const programs = { runnable: 0 };
  kernel.watch(programs);
  const wake = (kind: number): void => {
    programs.runnable += kind;
  };
  const actor = kernel.enroll({ onEvent: wake }, Rank.arrival);
  for (let i = 0; i < 5; i++) kernel.at(i, actor, i === 3 ? 1 : 0);
  assert.is(kernel.advance(10, 2), Pause.budget);
  assert.is(kernel.now, 1);
  assert.is(kernel.advance(10, 100), Pause.program);
  assert.is(kernel.now, 3);
  programs.runnable = 0;
  assert.is(kernel.advance(10, 100), Pause.quiet);
  assert.is(kernel.events, 5);
});

test('it holds many more events than it began with', () => {
  const kernel = kernelOf();
  const seen: number[] = [];
  const actor = kernel.enroll({ onEvent: (_kind, item) => seen.push(item) }, Rank.arrival);
  for (let i = 0; i < 1000; i++) kernel.at(1000 - i, actor, 0, i);
  kernel.advance(1000, 2000);
  assert.equal(
    seen,
    Array.from({ length: 1000 }, (_, i) => 999 - i),
  );
});

test('a lane keeps one event for all its items, in order, also when it is appended to while it is emptied', () => {
  const kernel = kernelOf();
  const seen: string[] = [];
  const lane: Lane = new Lane(kernel, Rank.departure, {
    onDue(item) {
      seen.push(`${kernel.now}:${item}`);
      if (item === 1) lane.append(kernel.now + 25, 99);
    },
  });
  for (let item = 0; item < 40; item++) lane.append(10 + Math.floor(item / 2), item);
  assert.is(kernel.pending, 1);
  assert.throws(
    () => lane.append(9, 0),
    (error: unknown) => error instanceof Defect,
  );
  kernel.advance(10, 100);
  assert.equal(seen, ['10:0', '10:1']);
  assert.is(lane.size, 39);
});

test.run();
