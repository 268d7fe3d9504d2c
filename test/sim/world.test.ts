import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, type Pacer, seconds, virtualPacer } from '../../engine/index.ts';
import { ENDED_AT, type EndedPackets, RefusedAction, SENT_AT, World } from '../../sim/index.ts';
import { flow, personal, worldSpec } from '../support/world.ts';

const spec = worldSpec({
  ...personal({ b: { latencyMs: 10 } }),
  traffic: [flow('cbr', { interval: ms(1), packetSize: 100 })],
});

/** Delays of all packets, by when they were sent. */
function delays(world: World): Map<number, number> {
  const seen = new Map<number, number>();
  world.attach({
    ended({ length, packets, doubles }: EndedPackets) {
      for (let i = 0; i < length; i++) {
        const half = packets[i]! >> 1;
        const sent = doubles[half + SENT_AT]!;
        seen.set(sent, doubles[half + ENDED_AT]! - sent);
      }
    },
  });
  return seen;
}

/** A wall clock of the test's own: it lets the world run up to the next of these instants at each look. */
function stepping(...steps: readonly number[]): Pacer {
  const left = [...steps];
  return { ...virtualPacer(), horizon: () => left.shift() ?? Infinity };
}

const slower = { op: 'update', personality: 'b', set: { latencyMs: 50 } } as const;

test('what is posted takes effect between two events, at one instant, and the journal repeats it', async () => {
  const world = new World(spec, {
    until: seconds(1),
    interval: seconds(1),
    pacer: stepping(ms(100.5), ms(200)),
  });
  const seen = delays(world);
  const posted: Promise<number>[] = [];
  let looks = 0;
  await world.run(() => {
    // After the first step the clock stands where the wall is.
    if (++looks === 1) posted.push(world.post([slower]));
  });
  assert.equal(await Promise.all(posted), [ms(100.5)]);
  assert.equal(world.journal, [{ at: ms(100.5), actions: [slower], path: 'journal[0]' }]);
  assert.is(seen.get(ms(100)), ms(10));
  assert.is(seen.get(ms(101)), ms(50));

  const again = new World({ ...spec, timeline: world.journal }, { until: seconds(1), interval: seconds(1) });
  const repeated = delays(again);
  await again.run();
  assert.equal([...repeated], [...seen]);
});

test('a posted batch with a mistake changes nothing, and says what is wrong', async () => {
  const world = new World(spec, { until: seconds(1), interval: seconds(1), pacer: stepping(ms(100)) });
  const seen = delays(world);
  const refused = world.post([slower, { op: 'assign', vm: 'nobody', personality: 'b' }]);
  const problem = refused.then(
    () => 'accepted',
    (error: unknown) => (error instanceof RefusedAction ? error.problems[0]?.path : 'another error'),
  );
  await world.run();
  assert.is(await problem, 'posted.batch[1].vm');
  assert.equal(world.journal, []);
  assert.is(seen.get(ms(500)), ms(10));
});

test('a failure of something that does not exist is refused whole, with every problem, before anything happens', async () => {
  const world = new World(spec, { until: seconds(1), interval: seconds(1), pacer: stepping(ms(100)) });
  const seen = delays(world);
  const refused = world.post([
    slower,
    { op: 'power', vm: 'nobody', on: false },
    { op: 'migrate', vm: 'b', host: 'nowhere' },
    { op: 'link', between: ['h1', 'h2'], up: false },
    { op: 'partition', id: 'p', between: ['a'], and: ['c'], oneWay: false, hold: false },
    { op: 'stop', traffic: 'nothing' },
    { op: 'heal', id: 'never' },
    { op: 'heal', id: 'p' },
  ]);
  const paths = refused.then(
    () => ['accepted'],
    (error: unknown) =>
      error instanceof RefusedAction ? error.problems.map(({ path }) => path) : [String(error)],
  );
  await world.run();
  assert.equal(await paths, [
    'posted.batch[1].vm',
    'posted.batch[2].migrate',
    'posted.batch[3].link',
    'posted.batch[4].and[0]',
    'posted.batch[5].stop',
    'posted.batch[6].heal',
  ]);
  assert.equal(world.journal, []);
  assert.is(seen.get(ms(500)), ms(10));
});

test('when the run has ended, nothing is accepted any more', async () => {
  const world = new World(spec, { until: ms(10), interval: seconds(1) });
  await world.run();
  const late = await world.post([slower]).then(
    () => 'accepted',
    (error: unknown) => String(error),
  );
  assert.match(late, /the run has ended/);
});

test('it says how much may wait, in front of VMs and on links', () => {
  // 1.5 x 8 Mbit/s x max(100 ms, 2 x 80 ms) = 240,000 bytes.
  const world = new World(
    worldSpec({
      ...personal({ b: { bandwidthKbps: 8000, latencyMs: 80 } }),
      hosts: ['x', 'y'],
      links: [{ between: ['x', 'y'], latency: ms(1), bandwidth: 1e9, queuePackets: 7 }],
      vms: worldSpec().vms.map((vm) => ({ ...vm, host: 'x' })),
    }),
    { until: seconds(1), interval: seconds(1) },
  );
  assert.equal(world.queues(), [
    { at: 'b', bytes: 240_000, packets: null },
    { at: 'x>y', bytes: null, packets: 7 },
    { at: 'y>x', bytes: null, packets: 7 },
  ]);
});

test.run();
