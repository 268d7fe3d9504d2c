import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { describePersonality } from '../../docs/describe-personality.ts';
import { read } from '../../docs/documents.ts';

test('the type of a personality has the fields that there are', () => {
  assert.is(read('app/client/personality.ts'), describePersonality(), 'npm run docs writes it anew');
});

test.run();
