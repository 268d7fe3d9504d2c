import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { profileTag } from '../../../app/operation/profile-tag.ts';
import type { Run, RunEvent, Verdict } from '../../../app/operation/run.ts';
import { Runner } from '../../../app/operation/runner.ts';
import { runInThread } from '../../../app/operation/thread.ts';
import { simulate } from '../../../app/simulate.ts';
import { LAB, lab } from './small-lab.ts';

const MS = 1e6;

const inThisThread = async (
  options: { paused?: boolean; speed?: number | 'max' } = {},
  text = LAB,
): Promise<Run> => {
  const runner = new Runner(lab(text), options);
  runner.start();
  return runner;
};

const inAnother = (options: { paused?: boolean; speed?: number | 'max' } = {}, text = LAB): Promise<Run> =>
  runInThread({ scenario: lab(text), folder: '.', speed: 1, paused: false, isOpenEnded: false, ...options });

function ok(verdict: Verdict): Verdict & { ok: true } {
  if (!verdict.ok) throw new Error(JSON.stringify(verdict));
  return verdict;
}

/** Resolves when the clock says so. */
async function ended(run: Run): Promise<void> {
  for (;;) {
    const { state } = await run.clock();
    if (state === 'ended' || state === 'failed') return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

for (const [name, begin] of [
  ['in this thread', inThisThread],
  ['in a thread of its own', inAnother],
] as const) {
  const test = suite(name);

  test('a run that nobody commands has the digest of the scenario', async () => {
    const run = await begin({ speed: 'max' });
    await ended(run);
    const session = await run.session();
    assert.is(session.at, 2000 * MS);
    assert.is(session.digest, (await simulate(LAB)).digest);
    assert.is((await simulate(session.text)).digest, session.digest);
    await run.close();
  });

  test('what was commanded while it was stepped comes out as a scenario with the same digest', async () => {
    const run = await begin({ paused: true });
    const first = ok(await run.submit({ actions: [{ op: 'assign', vm: 'b', personality: 'far' }] }));
    const { now } = await run.steer({ do: 'step', by: 300 * MS });
    assert.is(now, first.at + 300 * MS);
    ok(
      await run.submit({
        actions: [{ op: 'update', personality: 'far', set: { packetLossPercentage: 0.5 } }],
      }),
    );
    // Twice at one stop: the same instant or a later one, never an earlier one.
    const second = ok(await run.submit({ actions: [{ op: 'power', vm: 'a', on: false }] }));
    await run.steer({ do: 'step', by: 50 * MS });
    const third = ok(
      await run.submit({
        actions: [
          { op: 'power', vm: 'a', on: true },
          { op: 'create', personality: 'made', values: { latencyMs: 0.125, bandwidthKbps: 300 } },
          { op: 'assign', vm: 'b', personality: 'made', from: { vm: 'a' }, ttl: 400 * MS },
        ],
      }),
    );
    assert.ok(third.at > second.at);
    await run.steer({ do: 'step', by: 900 * MS });
    const session = await run.session();
    const again = await simulate(session.text);
    assert.is(again.digest, session.digest);
    assert.is(again.summary.duration, session.at);
    await run.close();
  });

  test('the same when it goes at full speed and nobody knows when a command arrives', async () => {
    const run = await begin({ speed: 'max' });
    const verdicts: Promise<Verdict>[] = [];
    for (let i = 0; i < 20; i++) {
      verdicts.push(run.submit({ actions: [{ op: 'update', personality: 'near', set: { latencyMs: i } }] }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(verdicts);
    await ended(run);
    const session = await run.session();
    assert.is((await simulate(session.text)).digest, session.digest);
    await run.close();
  });

  test('what is refused changes nothing and says all of it', async () => {
    const run = await begin({ paused: true });
    const before = await run.control();
    const verdict = await run.submit({
      actions: [
        { op: 'assign', vm: 'b', personality: 'far' },
        { op: 'assign', vm: 'nobody', personality: 'nothing' },
      ],
    });
    assert.is(verdict.ok, false);
    if (verdict.ok) return;
    assert.is(verdict.why, 'refused');
    assert.equal(
      verdict.problems.map(({ path, kind }) => [path, kind]),
      [
        ['[1].assign', 'missing'],
        ['[1].vm', 'missing'],
      ],
    );
    const after = await run.control();
    assert.equal({ ...after, at: 0 }, { ...before, at: 0 });
    await run.close();
  });

  test('a single action is number 0 of its order', async () => {
    const run = await begin({ paused: true });
    const verdict = await run.submit({ actions: [{ op: 'delete', personality: 'near' }] });
    assert.equal(!verdict.ok && verdict.problems.map(({ path, kind }) => [path, kind]), [
      ['[0].delete', 'conflict'],
    ]);
    await run.close();
  });

  test('an order is not carried out when the orderer knew another version', async () => {
    const run = await begin({ paused: true });
    const tag = profileTag({ latencyMs: 2, jitterMs: 1 });
    const order = (latencyMs: number) =>
      run.submit({
        actions: [{ op: 'update', personality: 'near', set: { latencyMs } }],
        expected: [{ personality: 'near', tag }],
      });
    const [one, other] = await Promise.all([order(7), order(8)]);
    assert.is(one.ok, true);
    assert.is(!other.ok && other.why, 'stale');
    const { personalities } = await run.control();
    assert.equal(personalities.find(({ id }) => id === 'near')?.profile, { latencyMs: 7, jitterMs: 1 });
    const absent = await run.submit({
      actions: [{ op: 'create', personality: 'made', values: {} }],
      expected: [{ personality: 'made', tag: null }],
    });
    assert.is(absent.ok, true);
    await run.close();
  });

  test('reset goes back to how the scenario began, whatever had happened', async () => {
    const run = await begin({ paused: true });
    const initial = await run.control();
    ok(
      await run.submit({
        actions: [
          { op: 'create', personality: 'up', values: { latencyMs: 9 } },
          { op: 'create', personality: 'made', values: { latencyMs: 1, egress: 'up' } },
          { op: 'replace', personality: 'near', values: { jitterMs: 3 } },
          { op: 'assign', vm: 'b', personality: 'made', from: { host: 'h1' } },
          { op: 'assign', vm: 'a', personality: 'made' },
          { op: 'remove', vm: 'b' },
          { op: 'delete', personality: 'far' },
        ],
      }),
    );
    const verdict = ok(await run.submit({ actions: 'reset' }));
    assert.equal(verdict.changes, { reset: true, personalities: [], assignments: [] });
    const { personalities, assignments } = await run.control();
    const byId = (list: typeof personalities) => [...list].sort((x, y) => (x.id < y.id ? -1 : 1));
    assert.equal(byId(personalities), byId(initial.personalities));
    assert.equal(assignments, initial.assignments);
    await run.steer({ do: 'step', by: 100 * MS });
    const session = await run.session();
    assert.is((await simulate(session.text)).digest, session.digest);
    await run.close();
  });

  test('an order says what it has left of what it named', async () => {
    const run = await begin({ paused: true });
    const { changes } = ok(
      await run.submit({
        actions: [
          { op: 'update', personality: 'near', set: { latencyMs: 3 } },
          { op: 'assign', vm: 'a', personality: 'far', ttl: 5 * MS },
          { op: 'assign', vm: 'b', personality: 'far', from: { network: 'net' } },
        ],
      }),
    );
    assert.equal(changes, {
      reset: false,
      personalities: [{ id: 'near', profile: { latencyMs: 3, jitterMs: 1 } }],
      assignments: [
        { vm: 'a', assigned: [{ personality: 'far', ttl: 5 * MS }] },
        {
          vm: 'b',
          assigned: [
            { personality: 'near', ttl: null },
            { personality: 'far', from: { network: 'net' }, ttl: null },
          ],
        },
      ],
    });
    await run.close();
  });

  test('commands are numbered without a gap, and told to those who listen, the timeline included', async () => {
    const run = await begin({ paused: true });
    const told: RunEvent[] = [];
    const end = run.subscribe((event) => told.push(event));
    ok(await run.submit({ actions: [{ op: 'assign', vm: 'b', personality: 'far' }] }));
    await run.steer({ do: 'step', by: 1000 * MS });
    const entries = await run.commands(0, 10);
    assert.equal(
      entries.map(({ sequence, posted, command, subject }) => [sequence, posted, command, subject]),
      [
        [1, true, 'assign', 'b'],
        [2, false, 'update', 'near'],
      ],
    );
    assert.is(entries[1]?.at, 700 * MS);
    assert.equal(await run.commands(1, 10), entries.slice(1));
    assert.equal(await run.commands(0, 1), entries.slice(0, 1));
    assert.equal(
      told.flatMap((event) => (event.type === 'command' ? [event.entry] : [])),
      entries,
    );
    end();
    await run.close();
  });

  test('an action of the timeline that has become impossible is skipped and noted, and the session says so', async () => {
    const run = await begin({ paused: true });
    ok(await run.submit({ actions: [{ op: 'delete', personality: 'far' }] }));
    await run.steer({ do: 'step', by: 1800 * MS });
    const entries = await run.commands(0, 10);
    assert.equal(
      entries.map(({ command }) => command),
      ['delete', 'update', 'skip'],
    );
    const session = await run.session();
    assert.match(session.text, /^impossible: skip$/m);
    assert.is((await simulate(session.text)).digest, session.digest);
    await run.close();
  });

  test('pause, step and speed', async () => {
    const run = await begin({ paused: true });
    assert.is((await run.clock()).state, 'paused');
    assert.is((await run.steer({ do: 'speed', speed: 100 })).speed, 100);
    assert.is((await run.steer({ do: 'step', by: 10 * MS })).now, 10 * MS);
    assert.is((await run.steer({ do: 'resume' })).state, 'running');
    await ended(run);
    const clock = await run.clock();
    assert.equal(clock, { now: 2000 * MS, state: 'ended', speed: 100, lag: 0 });
    const late = await run.submit({ actions: [{ op: 'remove', vm: 'b' }] });
    assert.is(!late.ok && late.why, 'closed');
    // Questions are answered still.
    assert.is((await run.control()).at, 2000 * MS);
    assert.ok((await run.figures()).totals.deliveredPackets > 0);
    await run.close();
  });

  test('a step over the end ends', async () => {
    const run = await begin({ paused: true });
    assert.is((await run.steer({ do: 'step', by: 60_000 * MS })).now, 2000 * MS);
    await run.close();
  });

  test('a session that has not begun lasts a nanosecond', async () => {
    const run = await begin({ paused: true });
    const session = await run.session();
    assert.ok(session.at >= 1);
    assert.is((await simulate(session.text)).digest, session.digest);
    await run.close();
  });

  test('looks count what the report counts', async () => {
    const run = await begin({ speed: 'max' });
    await ended(run);
    const { totals, vms } = await run.figures();
    const { summary } = await simulate(LAB);
    assert.is(totals.deliveredPackets, summary.conservation.ended.delivered);
    assert.equal(
      vms.map(({ deliveredPackets }) => deliveredPackets),
      summary.vms.map(({ deliveredPackets }) => deliveredPackets),
    );
    await run.close();
  });

  test.run();
}

const test = suite('blueprint');

test('says what stands where', async () => {
  const run = new Runner(lab());
  const { blueprint } = run;
  assert.is(blueprint.duration, 2000 * MS);
  assert.equal(blueprint.hosts, ['h1', 'h2']);
  assert.equal(blueprint.links, [
    { between: ['h1', 'h2'], latencyNs: MS, bandwidthBps: 1e8, queuePackets: null },
  ]);
  assert.equal(blueprint.vms[1], {
    id: 'b',
    host: 'h2',
    interfaces: [{ network: 'net', ip: '10.0.0.2' }],
    forwards: false,
  });
  assert.equal(
    blueprint.flows.map(({ id, kind, from, to }) => [id, kind, from, to]),
    [
      ['stream', 'poisson', 'a', 'b'],
      ['pings', 'ping', 'b', 'a'],
    ],
  );
});

test('a program that cannot be loaded is told before time begins, in a thread too', async () => {
  const text = `${LAB.replace('timeline:', '  - { id: own, kind: program, from: a, module: none.ts }\ntimeline:')}`;
  const data = { scenario: lab(text), folder: '/nowhere', speed: 1, paused: true, isOpenEnded: false };
  const error = await runInThread(data).then(
    () => undefined,
    (reason: unknown) => reason as Error,
  );
  assert.match(error?.message ?? '', /none\.ts/);
  assert.not.match(error?.name ?? '', /RunDefect/);
});

test.run();
