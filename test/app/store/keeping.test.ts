import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Changes, Order, Run, Verdict } from '../../../app/operation/run.ts';
import { Runner } from '../../../app/operation/runner.ts';
import { keeping, NotKept } from '../../../app/store/keeping.ts';
import { memoryStore } from '../../../app/store/memory-store.ts';
import { NOTHING_KEPT, type Store } from '../../../app/store/store.ts';
import { lab } from '../operation/small-lab.ts';

/** A promise whose end somebody else decides. */
interface Later<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

function later<T>(): Later<T> {
  let settle: Pick<Later<T>, 'resolve' | 'reject'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, resolve: (value) => settle?.resolve(value), reject: (error) => settle?.reject(error) };
}

/** A store whose disk is the test. */
class SlowStore implements Store {
  readonly kept = NOTHING_KEPT;
  readonly writes: { readonly changes: Changes; readonly disk: Later<void> }[] = [];
  readonly story: string[];

  constructor(story: string[] = []) {
    this.story = story;
  }

  write(changes: Changes): Promise<void> {
    this.story.push(`write ${idsOf(changes)}`);
    const disk = later<void>();
    this.writes.push({ changes, disk });
    return disk.promise;
  }

  async close(): Promise<void> {
    this.story.push('store closed');
  }
}

const idsOf = ({ personalities }: Changes): string => personalities.map(({ id }) => id).join();

/** Of a run: only what orders need. Each is answered when the test says so. */
function slowRun(story: string[] = []) {
  const answers: Later<Verdict>[] = [];
  const run = {
    submit: (_: Order) => {
      const answer = later<Verdict>();
      answers.push(answer);
      return answer.promise;
    },
    subscribe: () => () => {},
    close: async () => {
      story.push('run closed');
    },
  } as unknown as Run;
  return { run, answers };
}

const done = (id: string, at = 5): Verdict => ({
  ok: true,
  at,
  sequence: 1,
  changes: { reset: false, personalities: [{ id, profile: {} }], assignments: [] },
});

/** Whatever can happen by itself has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const ORDER: Order = { actions: [] };

async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

test('an order is answered when what it changed is kept, not before', async () => {
  const { run, answers } = slowRun();
  const store = new SlowStore();
  let verdict: Verdict | undefined;
  const answered = keeping(run, store)
    .submit(ORDER)
    .then((given) => {
      verdict = given;
    });
  answers[0]?.resolve(done('a'));
  await settled();
  assert.is(store.writes.length, 1);
  assert.is(verdict, undefined);
  store.writes[0]?.disk.resolve();
  await answered;
  assert.equal(verdict, done('a'));
});

test('refusals, and orders that change nothing to be kept, need no write; a reset does', async () => {
  const { run, answers } = slowRun();
  const store = new SlowStore();
  const kept = keeping(run, store);
  const nothing: Changes = { reset: false, personalities: [], assignments: [] };
  const refused: Verdict = { ok: false, why: 'refused', problems: [] };
  const idle: Verdict = { ok: true, at: 1, sequence: 0, changes: nothing };
  const outcomes = Promise.all([kept.submit(ORDER), kept.submit(ORDER)]);
  answers[0]?.resolve(refused);
  answers[1]?.resolve(idle);
  assert.equal(await outcomes, [refused, idle]);
  assert.is(store.writes.length, 0);

  const reset = kept.submit(ORDER);
  answers[2]?.resolve({ ...idle, changes: { ...nothing, reset: true } });
  await settled();
  store.writes[0]?.disk.resolve();
  assert.ok((await reset).ok);
});

test('writes are issued in the order of the orders, without waiting for each other', async () => {
  const { run, answers } = slowRun();
  const store = new SlowStore();
  const kept = keeping(run, store);
  const outcomes = Promise.allSettled(['a', 'b', 'c', 'd'].map(() => kept.submit(ORDER)));
  answers[2]?.resolve(done('c'));
  answers[1]?.reject(new Error('the run is gone'));
  await settled();
  assert.equal(store.story, []);
  answers[0]?.resolve(done('a'));
  await settled();
  assert.equal(store.story, ['write a', 'write c']);
  answers[3]?.resolve(done('d'));
  await settled();
  assert.equal(store.story, ['write a', 'write c', 'write d']);
  for (const { disk } of store.writes) disk.resolve();
  assert.equal(
    (await outcomes).map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  );
});

test('what took effect and cannot be kept is told, with the instant', async () => {
  const { run, answers } = slowRun();
  const store = new SlowStore();
  const kept = keeping(run, store);
  const outcome = outcomeOf(kept.submit(ORDER));
  answers[0]?.resolve(done('a', 17));
  await settled();
  store.writes[0]?.disk.reject(new Error('no space left on the device'));
  const error = await outcome;
  assert.instance(error, NotKept);
  if (!(error instanceof NotKept)) return;
  assert.is(error.at, 17);
  assert.equal(error.verdict, done('a', 17));
  assert.match(error.message, /done, but not kept: no space left/);
  // The next one is none the worse for it.
  const next = kept.submit(ORDER);
  answers[1]?.resolve(done('b'));
  await settled();
  store.writes[1]?.disk.resolve();
  assert.ok((await next).ok);
});

test('close ends the run, waits for writes, then closes the store, once', async () => {
  const story: string[] = [];
  const { run, answers } = slowRun(story);
  const store = new SlowStore(story);
  const kept = keeping(run, store);
  const answered = kept.submit(ORDER);
  answers[0]?.resolve(done('a'));
  await settled();
  const closed = Promise.all([kept.close(), kept.close()]);
  await settled();
  assert.equal(story, ['write a', 'run closed']);
  store.writes[0]?.disk.resolve();
  await Promise.all([answered, closed]);
  assert.equal(story, ['write a', 'run closed', 'store closed']);
});

test('the store is closed too when the run does not close well', async () => {
  const store = new SlowStore();
  const run = {
    subscribe: () => () => {},
    close: () => Promise.reject(new Error('stuck')),
  } as unknown as Run;
  assert.match(String(await outcomeOf(keeping(run, store).close())), /stuck/);
  assert.equal(store.story, ['store closed']);
});

test('an assignment that ends by itself is not there after a restart', async () => {
  const writes: Changes[] = [];
  const store: Store = {
    kept: NOTHING_KEPT,
    write: async (changes) => {
      writes.push(changes);
    },
    close: async () => {},
  };
  const runner = new Runner(lab(), { paused: true });
  runner.start();
  const kept = keeping(runner, store);
  const assigned = await kept.submit({
    actions: [{ op: 'assign', vm: 'b', personality: 'far', from: { vm: 'a' }, ttl: 1_000_000 }],
  });
  assert.ok(assigned.ok);
  await kept.steer({ do: 'step', by: 2_000_000 });
  await kept.close();
  const near = { personality: 'near', ttl: null };
  assert.equal(
    writes.map(({ assignments }) => assignments),
    [
      [{ vm: 'b', assigned: [near, { personality: 'far', from: { vm: 'a' }, ttl: 1_000_000 }] }],
      [{ vm: 'b', assigned: [near] }],
    ],
  );
});

test('everything else is the run itself', async () => {
  const runner = new Runner(lab(), { paused: true });
  runner.start();
  const kept = keeping(runner, memoryStore());
  assert.is(kept.blueprint, runner.blueprint);
  assert.equal(await kept.clock(), await runner.clock());
  assert.equal(await kept.control(), await runner.control());
  assert.equal(await kept.figures(), await runner.figures());
  const events: string[] = [];
  const end = kept.subscribe(({ type }) => events.push(type));
  const verdict = await kept.submit({
    actions: [{ op: 'create', personality: 'another', values: { latencyMs: 5 } }],
  });
  assert.ok(verdict.ok);
  assert.equal((await kept.commands(0, 10)).at(-1)?.subject, 'another');
  assert.is((await kept.steer({ do: 'step', by: 1000 })).state, 'paused');
  assert.match((await kept.session()).text, /another/);
  end();
  assert.ok(events.includes('command'));
  await kept.close();
  assert.is((await kept.clock()).state, 'ended');
});

test.run();
