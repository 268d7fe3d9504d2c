import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Inbox, InboxRefusal } from '../../engine/inbox.ts';
import { Defect } from '../../engine/invariant.ts';

const nothing = (): void => {};
const failed = (why: Promise<unknown>): Promise<unknown> =>
  why.then(
    () => 'resolved',
    (error: unknown) => error,
  );

test('what waits is stamped with one instant and applied in the order of posting', async () => {
  const journal: string[] = [];
  const inbox = new Inbox<string>({ onStamp: (at, item) => journal.push(`${at} stamp ${item}`) });
  const posts = ['a', 'b', 'c'].map((item) => inbox.post(item));
  assert.is(inbox.waiting, 3);
  const count = inbox.drain(70, (item, at) => journal.push(`${at} apply ${item}`));
  assert.is(count, 3);
  assert.is(inbox.waiting, 0);
  assert.equal(journal, ['70 stamp a', '70 apply a', '70 stamp b', '70 apply b', '70 stamp c', '70 apply c']);
  assert.equal(await Promise.all(posts), [70, 70, 70]);
});

test('an empty inbox has nothing to apply', () => {
  assert.is(
    new Inbox<string>().drain(1, () => assert.unreachable()),
    0,
  );
});

test('what is posted while others are applied waits for the next time', async () => {
  const inbox = new Inbox<string>();
  const answers: Promise<number>[] = [inbox.post('question')];
  const seen: string[] = [];
  const apply = (item: string): void => {
    seen.push(item);
    if (item === 'question') answers.push(inbox.post('answer'));
  };
  assert.is(inbox.drain(1, apply), 1);
  assert.equal(seen, ['question']);
  assert.is(inbox.drain(2, apply), 1);
  assert.equal(await Promise.all(answers), [1, 2]);
});

test('an item that fails is told so, and the others go on', async () => {
  const inbox = new Inbox<string>();
  const posts = ['a', 'bad', 'c'].map((item) => failed(inbox.post(item)));
  const seen: string[] = [];
  inbox.drain(5, (item) => {
    if (item === 'bad') throw new RangeError('no such VM');
    seen.push(item);
  });
  assert.equal(seen, ['a', 'c']);
  const [first, second, third] = await Promise.all(posts);
  assert.is(first, 'resolved');
  assert.is((second as Error).message, 'no such VM');
  assert.is(third, 'resolved');
});

test('a defect comes out at once, and nobody is left waiting', async () => {
  const inbox = new Inbox<string>();
  const posts = ['a', 'bad', 'c'].map((item) => failed(inbox.post(item)));
  const seen: string[] = [];
  assert.throws(
    () =>
      inbox.drain(5, (item) => {
        if (item === 'bad') throw new Defect('an event in the past');
        seen.push(item);
      }),
    'an event in the past',
  );
  assert.equal(seen, ['a']);
  const [first, second, third] = await Promise.all(posts);
  assert.is(first, 'resolved');
  assert.instance(second, Defect);
  assert.instance(third, Defect);
});

test('items offered in bulk keep their place among those posted', () => {
  const inbox = new Inbox<string>();
  inbox.offer('a');
  inbox.post('b');
  inbox.offer('c');
  const seen: string[] = [];
  inbox.drain(1, (item) => seen.push(item));
  assert.equal(seen, ['a', 'b', 'c']);
});

test('what applying an offered item throws comes out after the others are applied', () => {
  const inbox = new Inbox<string>();
  inbox.offer('bad');
  inbox.offer('good');
  const seen: string[] = [];
  const apply = (item: string): void => {
    if (item === 'bad') throw new RangeError('no such VM');
    seen.push(item);
  };
  assert.throws(() => inbox.drain(1, apply), 'no such VM');
  assert.equal(seen, ['good']);
});

test('a full inbox refuses, and takes again when there is room', async () => {
  const inbox = new Inbox<number>({ limit: 2 });
  const taken = [inbox.post(1), inbox.post(2)];
  const refusal = (await failed(inbox.post(3))) as Error;
  assert.instance(refusal, InboxRefusal);
  assert.match(refusal.message, 'the inbox is full: 2 items wait');
  assert.is(inbox.offer(3), false);
  inbox.drain(1, nothing);
  await Promise.all(taken);
  assert.is(inbox.offer(4), true);
});

test('a closed inbox refuses what comes and what waits', async () => {
  const inbox = new Inbox<number>();
  const waiting = failed(inbox.post(1));
  inbox.close('the run ended at 5 s');
  const late = failed(inbox.post(2));
  for (const why of [await waiting, await late]) {
    assert.instance(why, InboxRefusal);
    assert.match((why as Error).message, 'the run ended at 5 s');
  }
  assert.is(inbox.offer(3), false);
  assert.is(inbox.drain(9, nothing), 0);
});

test('each item taken in knocks once', () => {
  let knocks = 0;
  const inbox = new Inbox<number>({ limit: 2, onPost: () => knocks++ });
  inbox.post(1);
  inbox.offer(2);
  inbox.offer(3);
  assert.is(knocks, 2);
});

test.run();
