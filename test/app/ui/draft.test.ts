import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  draftOf,
  freeName,
  isSameDraft,
  problemsByField,
  shownNumber,
  typedNumber,
  typedNumbers,
  withField,
  writtenOf,
} from '../../../app/ui/draft.ts';
import { FIELDS } from '../../../sim/index.ts';

const WRITTEN = {
  latencyMs: 40,
  egress: 'lte/up',
  jitter: { correlation: 0.25, preserveOrder: false },
  loss: { model: 'list', packets: [1, 5, 9] },
};

test('a personality becomes a flat draft, and the same personality again', () => {
  const draft = draftOf(WRITTEN);
  assert.equal(draft, {
    latencyMs: 40,
    egress: 'lte/up',
    'jitter.correlation': 0.25,
    'jitter.preserveOrder': false,
    'loss.model': 'list',
    'loss.packets': [1, 5, 9],
  });
  assert.equal(writtenOf(draft), WRITTEN);
});

test('a field that is unset is not there, nor is a group without fields', () => {
  const draft = withField(
    withField(draftOf({ latencyMs: 1 }), 'jitter.correlation', 0.5),
    'latencyMs',
    undefined,
  );
  assert.equal(writtenOf(draft), { jitter: { correlation: 0.5 } });
  assert.equal(writtenOf(withField(draft, 'jitter.correlation', undefined)), {});
});

test('the order of the fields does not make another draft', () => {
  assert.ok(isSameDraft(draftOf({ latencyMs: 1, mtu: 1400 }), draftOf({ mtu: 1400, latencyMs: 1 })));
  assert.not.ok(isSameDraft(draftOf({ latencyMs: 1 }), draftOf({ latencyMs: 1, mtu: 1400 })));
  assert.not.ok(isSameDraft(draftOf({ latencyMs: 1 }), draftOf({ jitterMs: 1 })));
});

test('a probability is shown and typed in per cent, without what binary fractions cannot say', () => {
  assert.is(shownNumber('probability', 0.07), '7');
  assert.is(shownNumber('probability', 0.002), '0.2');
  assert.is(typedNumber('probability', '7'), 0.07);
  assert.is(typedNumber('probability', '0.2 %'), 0.002);
  assert.is(typedNumber('probability', '0'), 0);
});

test('other numbers are as they are, and what is none is left for the API to judge', () => {
  assert.is(typedNumber('milliseconds', ' 40.5 '), 40.5);
  assert.is(typedNumber('kilobits', '4Mbit'), '4Mbit');
  assert.is(typedNumber('milliseconds', ''), undefined);
  assert.is(shownNumber('milliseconds', undefined), '');
});

test('a list is numbers between white space or commas', () => {
  assert.equal(typedNumbers(' 1, 2\n3 '), [1, 2, 3]);
  assert.is(typedNumbers(' '), undefined);
  assert.is(typedNumbers('1 x'), '1 x');
});

test('a problem is shown beside the field that its path ends with', () => {
  const problem = (path: string) => ({ path, found: 'x', allowed: 'y' });
  const paths = ['latencyMs', 'commands[0].values.jitter.correlation', 'loss.packets[3]', 'nothing.known'];
  const byField = problemsByField(paths.map(problem), FIELDS);
  assert.equal([...byField.keys()].sort(), ['', 'jitter.correlation', 'latencyMs', 'loss.packets']);
  assert.equal(byField.get(''), [problem('nothing.known')]);
});

test('a name that is taken gets the first number that is free', () => {
  assert.is(freeName('lte', new Set()), 'lte');
  assert.is(freeName('lte', new Set(['lte', 'lte-2', 'lte-4'])), 'lte-3');
});

test.run();
