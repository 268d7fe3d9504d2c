import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { virtualPacer } from '../../engine/pacer.ts';
import type { Parking } from '../../engine/program.ts';
import { ForeignWait, Programs } from '../../engine/program.ts';

const { breathe, drained } = virtualPacer();

/** Programs, and a hand that wakes them: what a program sleeps for has a name. */
class House {
  readonly programs = new Programs();
  readonly log: string[] = [];
  readonly #asleep = new Map<string, (value: string) => void>();

  /** `house.sleep(p)` sleeps for `p`; as deep in async functions as a program's own helpers might be. */
  async sleep(what: string, parking: Parking = this.programs): Promise<string> {
    const value = await this.#parked(what, parking);
    return value;
  }

  async #parked(what: string, parking: Parking): Promise<string> {
    return await parking.park<string>((wake) => this.#asleep.set(what, wake));
  }

  wake(what: string, value = what): void {
    const wake = this.#asleep.get(what);
    if (wake === undefined) throw new Error(`nobody sleeps for ${what}`);
    wake(value);
  }

  say(what: string): void {
    this.log.push(what);
  }

  settle(): Promise<void> {
    return this.programs.settle(breathe, drained);
  }

  /** Each step wakes and settles, as the kernel does after an event. */
  async steps(...whats: string[]): Promise<void> {
    await this.settle();
    for (const what of whats) {
      this.wake(what);
      assert.ok(this.programs.runnable > 0);
      await this.settle();
      assert.is(this.programs.runnable, 0);
      this.say('|');
    }
  }
}

const failure = async (promise: Promise<unknown>): Promise<Error> => {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};

test('a program runs until it is parked, and on when it is woken', async () => {
  const house = new House();
  house.programs.spawn('a', async (self) => {
    house.say('start');
    house.say(await house.sleep('one', self));
    house.say(await house.sleep('two', self));
  });
  assert.equal(house.log, ['start']);
  assert.is(house.programs.runnable, 1);
  await house.steps('one', 'two');
  assert.equal(house.log, ['start', 'one', '|', 'two', '|']);
  assert.is(house.programs.alive, 0);
  assert.equal(house.programs.failures, []);
});

test('those woken at one instant go on in the order of their wake-ups', async () => {
  const house = new House();
  for (const name of ['a', 'b', 'c']) {
    house.programs.spawn(name, async (self) => {
      await house.sleep(name, self);
      house.say(name);
    });
  }
  await house.settle();
  for (const name of ['c', 'a', 'b']) house.wake(name);
  assert.is(house.programs.runnable, 3);
  await house.settle();
  assert.equal(house.log, ['c', 'a', 'b']);
});

test('time stands until the deepest promise has gone on', async () => {
  const house = new House();
  house.programs.spawn('deep', async (self) => {
    await house.sleep('one', self);
    for (let i = 0; i < 5000; i++) await null;
    house.say('thought');
    await house.sleep('two', self);
  });
  await house.steps('one');
  assert.equal(house.log, ['thought', '|']);
});

test('a race of two parks goes on with the first, and the loser wakes nobody', async () => {
  const house = new House();
  house.programs.spawn('racer', async (self) => {
    house.say(`won ${await Promise.race([house.sleep('a', self), house.sleep('b', self)])}`);
    house.say(await house.sleep('c', self));
  });
  await house.steps('a', 'b', 'c');
  assert.equal(house.log, ['won a', '|', '|', 'c', '|']);
  assert.is(house.programs.alive, 0);
});

test('a race beside another program that thinks does not hide it', async () => {
  const house = new House();
  house.programs.spawn('racer', async (self) => {
    await Promise.race([house.sleep('a', self), house.sleep('b', self), house.sleep('c', self)]);
  });
  house.programs.spawn('thinker', async (self) => {
    for (let i = 0; i < 100; i++) await null;
    house.say('thought');
    await house.sleep('d', self);
  });
  await house.settle();
  assert.equal(house.log, ['thought']);
});

test('tasks of one program wait side by side', async () => {
  const house = new House();
  const task = async (self: Parking, name: string): Promise<string> => {
    await null;
    await house.sleep(`${name}1`, self);
    house.say(`${name}1`);
    await house.sleep(`${name}2`, self);
    return name;
  };
  house.programs.spawn('all', async (self) => {
    const names = await Promise.all([task(self, 'a'), task(self, 'b')]);
    house.say(names.join('+'));
    await house.sleep('end', self);
  });
  await house.steps('b1', 'b2', 'a1', 'a2', 'end');
  assert.equal(house.log, ['b1', '|', '|', 'a1', '|', 'a+b', '|', '|']);
  assert.is(house.programs.alive, 0);
});

test('a park kept for later is still there', async () => {
  const house = new House();
  house.programs.spawn('a', async (self) => {
    const later = house.sleep('later', self);
    await house.sleep('now', self);
    house.say('now');
    house.say(await later);
  });
  await house.steps('later', 'now');
  assert.equal(house.log, ['|', 'now', 'later', '|']);
});

test('one program wakes another within the round', async () => {
  const house = new House();
  house.programs.spawn('listener', async (self) => house.say(await house.sleep('word', self)));
  house.programs.spawn('speaker', async (self) => {
    await house.sleep('go', self);
    house.wake('word', 'hello');
  });
  await house.steps('go');
  assert.equal(house.log, ['hello', '|']);
});

test('a program may start another', async () => {
  const house = new House();
  house.programs.spawn('parent', async (self) => {
    await house.sleep('go', self);
    house.programs.spawn('child', async (its) => house.say(await house.sleep('child', its)));
    house.say('parent done');
  });
  await house.steps('go', 'child');
  assert.equal(house.log, ['parent done', '|', 'child', '|']);
});

test('of several calls of one wake the first counts', async () => {
  const house = new House();
  let wakes: ((value: string) => void)[] = [];
  house.programs.spawn('a', async (self) => {
    house.say(await self.park<string>((wake) => (wakes = [wake, wake])));
    await house.sleep('end', self);
  });
  await house.settle();
  wakes[0]!('answer');
  wakes[1]!('timeout');
  await house.settle();
  assert.equal(house.log, ['answer']);
  assert.is(house.programs.alive, 1);
});

test('what is there already need not be waited for', async () => {
  const house = new House();
  house.programs.spawn('a', async (self) => house.say(await self.park<string>((wake) => wake('at once'))));
  await house.settle();
  assert.equal(house.log, ['at once']);
});

test('a program that throws is on the record, with its name, and the others go on', async () => {
  const house = new House();
  house.programs.spawn('bad', async (self) => {
    await house.sleep('one', self);
    throw new RangeError('port 7 is taken');
  });
  house.programs.spawn('worse', () => {
    throw new TypeError('not even async');
  });
  house.programs.spawn('good', async (self) => house.say(await house.sleep('two', self)));
  await house.steps('one', 'two');
  assert.equal(house.log, ['|', 'two', '|']);
  assert.equal(
    house.programs.failures.map(({ program, error }) => `${program}: ${(error as Error).message}`),
    ['worse: not even async', 'bad: port 7 is taken'],
  );
});

test('time waits for a file, if it comes soon', async () => {
  const house = new House();
  house.programs.spawn('reader', async (self) => {
    for (let i = 0; i < 20; i++) await breathe();
    house.say('read');
    await house.sleep('one', self);
  });
  await house.settle();
  assert.equal(house.log, ['read']);
});

test('a program that awaits something foreign is named', async () => {
  const house = new House();
  house.programs.spawn('good', async (self) => void (await house.sleep('one', self)));
  house.programs.spawn('fetcher', () => new Promise(() => {}));
  const error = await failure(house.settle());
  assert.instance(error, ForeignWait);
  assert.is(error.message, 'program `fetcher` awaits something the engine does not own');
});

test('so are several, and one among programs that parked without a name', async () => {
  const several = new House();
  for (const name of ['a', 'b']) several.programs.spawn(name, () => new Promise(() => {}));
  assert.is(
    (await failure(several.settle())).message,
    'programs `a`, `b` await something the engine does not own',
  );

  const unnamed = new House();
  unnamed.programs.spawn('a', () => new Promise(() => {}));
  unnamed.programs.spawn('b', async () => void (await unnamed.sleep('one')));
  assert.is(
    (await failure(unnamed.settle())).message,
    'one of the programs `a`, `b` awaits something the engine does not own',
  );
});

test('parks without a name count for any program', async () => {
  const house = new House();
  for (const name of ['a', 'b']) {
    house.programs.spawn(name, async () => {
      house.say(await house.sleep(`${name}1`));
      house.say(await house.sleep(`${name}2`));
    });
  }
  await house.steps('a1', 'b1', 'b2', 'a2');
  assert.equal(house.log, ['a1', '|', 'b1', '|', 'b2', '|', 'a2', '|']);
  assert.is(house.programs.alive, 0);
});

test('a program resumed by something foreign while time moves fails, in words', async () => {
  const house = new House();
  let arrive = (): void => {};
  const foreign = new Promise<void>((resolve) => (arrive = resolve));
  house.programs.spawn('racer', async (self) => {
    await Promise.race([house.sleep('one', self), foreign]);
    await house.sleep('two', self);
  });
  house.programs.spawn('other', async (self) => void (await house.sleep('three', self)));
  await house.settle();
  arrive();
  await house.steps('three');
  const [failed] = house.programs.failures;
  assert.is(failed?.program, 'racer');
  assert.match(String(failed?.error), 'program `racer` was resumed by something the engine does not own');
});

test('breathing alone settles too', async () => {
  const house = new House();
  house.programs.spawn('a', async (self) => {
    for (let i = 0; i < 500; i++) await null;
    house.say(await house.sleep('one', self));
  });
  await house.programs.settle(breathe);
  house.wake('one');
  await house.programs.settle(breathe);
  assert.equal(house.log, ['one']);
});

test.run();
