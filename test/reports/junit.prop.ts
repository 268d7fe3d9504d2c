import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { junitXml } from '../../reports/junit.ts';
import { FAILED, summaryOf } from './summaries.ts';
import { readXml } from './xml.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 40 });

/** XML 1.0, 2.2: Char. */
function isWritable(letter: string): boolean {
  const code = letter.codePointAt(0)!;
  if (code < 0x20) return code === 9 || code === 10 || code === 13;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000;
}

describe('junit.xml', () => {
  test.prop({ name: anyText, text: anyText, path: anyText }, { seed: 621, numRuns: 300 })(
    'is well-formed, whatever the texts are',
    ({ name, text, path }) => {
      const verdict = { ...FAILED, text, expectation: { ...FAILED.expectation, path, text } };
      const suite = readXml(junitXml(summaryOf({ name, expectations: [verdict] }))).children[0];
      if ([...name].every(isWritable)) expect(suite?.attributes['name']).toBe(name);
      expect(suite?.children).toHaveLength(2);
    },
  );
});
