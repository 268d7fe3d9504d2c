import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../engine/index.ts';
import type { TimelineEntry } from '../../sim/specs.ts';
import { RefusedAction } from '../../sim/timeline.ts';
import { World } from '../../sim/world.ts';
import { at, column, flow, personal, run, where, worldSpec } from '../support/world.ts';

const toggling = (entry: Partial<TimelineEntry>): TimelineEntry => ({
  ...at(ms(10), { op: 'power', vm: 'b', on: false }),
  ...entry,
});
const times = async (entry: Partial<TimelineEntry>, until = ms(100)): Promise<number[]> =>
  column((await run({ timeline: [toggling(entry)] }, { until })).commands, 'at').map((time) => time / ms(1));

test('an entry happens once, or every so often, so many times, or until then', async () => {
  assert.equal(await times({}), [10]);
  assert.equal(await times({ every: ms(30) }), [10, 40, 70, 100]);
  assert.equal(await times({ every: ms(30), times: 2 }), [10, 40]);
  assert.equal(await times({ every: ms(30), until: ms(70) }), [10, 40, 70]);
  assert.equal(await times({ every: ms(30), until: ms(69) }), [10, 40]);
  assert.equal(await times({ every: ms(30), times: 9, until: ms(50) }), [10, 40]);
  assert.equal(await times({ at: ms(101) }), []);
});

test('entries of one instant happen in the order of the file', async () => {
  const { commands } = await run({
    timeline: [
      at(ms(5), { op: 'power', vm: 'a', on: false }),
      at(ms(5), { op: 'migrate', vm: 'b', host: 'h1' }, { op: 'power', vm: 'b', on: false }),
      at(ms(5), { op: 'power', vm: 'a', on: true }),
    ],
  });
  assert.equal(
    commands.map(({ command, subject, effect }) => `${command} ${subject}: ${effect}`),
    ['power a: on -> off', 'migrate b: h2 -> h1', 'power b: on -> off', 'power a: off -> on'],
  );
});

test('traffic starts and stops when it is told', async () => {
  const { rows } = await run({
    traffic: [flow('cbr', { interval: ms(10), packetSize: 100, autostart: false })],
    timeline: [
      at(ms(20), { op: 'start', traffic: 'cbr' }),
      at(ms(45), { op: 'stop', traffic: 'cbr' }),
      at(ms(70), { op: 'start', traffic: 'cbr' }),
      at(ms(85), { op: 'stop', traffic: 'cbr' }),
    ],
  });
  assert.equal(
    column(rows, 'sentNs').map((time) => time / ms(1)),
    [20, 30, 40, 70, 80],
  );
});

test('an entry with a command that is refused does nothing at all', () => {
  const world = new World(worldSpec(personal({ b: {} })), { until: seconds(1), interval: seconds(1) });
  const outcome = world.timeline.perform(
    [
      { op: 'power', vm: 'a', on: false },
      { op: 'update', personality: 'b', set: { latencyMs: 9 } },
      { op: 'assign', vm: 'a', personality: 'ghost' },
    ],
    'timeline[4]',
  );
  assert.not(outcome.ok);
  assert.equal(outcome.ok ? [] : outcome.problems.map((problem) => problem.path), [
    'timeline[4].batch[2].assign',
  ]);
  assert.is(world.system.isUp[0], 1);
  assert.equal(world.personalities.profile('b'), {});
});

test('a scenario whose assignments are impossible is refused before it runs', () => {
  const spec = worldSpec({ assignments: [{ vm: 'a', personality: 'ghost' }] });
  assert.throws(
    () => new World(spec, { until: seconds(1), interval: seconds(1) }),
    (error: unknown) => error instanceof RefusedAction && error.problems[0]?.path === 'assignments.a.assign',
  );
});

test('a failure at the very end still happens, and what is sent then is not', async () => {
  const { rows, commands } = await run(
    {
      traffic: [flow('cbr', { interval: ms(10), packetSize: 100 })],
      timeline: [at(ms(30), { op: 'power', vm: 'b', on: false })],
    },
    { until: ms(30) },
  );
  assert.is(commands.length, 1);
  assert.equal(column(where(rows, { fate: 'delivered' }), 'seq'), [0, 1, 2]);
  assert.is(rows.length, 3);
});

test.run();
