/** Each broken file in the folder next to this one is refused with exactly the problems that stand beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Problem, parseScenario } from '../../../scenarios/index.ts';
import { resourcesIn } from './resources.ts';

const FOLDER = new URL('./broken/', import.meta.url);
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));

const read = (file: string): string => readFileSync(new URL(file, FOLDER), 'utf8');

/** Lists of fields grow; where `…` ends what is expected, the rest is not looked at. */
const asFarAsWritten = (allowed: string, expected = ''): string =>
  expected.endsWith('…') && allowed.startsWith(expected.slice(0, -1)) ? expected : allowed;

for (const file of files) {
  test(`refuses ${file}`, () => {
    const expected: Problem[] = JSON.parse(read(file.replace(/yaml$/, 'expected.json')));
    const outcome = parseScenario(read(file), resourcesIn(FOLDER, file));
    assert.not(outcome.ok);
    if (outcome.ok) return;
    // A line that is not written down is not looked at.
    const found = outcome.problems.map(({ line, ...problem }, index) => ({
      ...problem,
      allowed: asFarAsWritten(problem.allowed, expected[index]?.allowed),
      ...(expected[index]?.line === undefined ? {} : { line }),
    }));
    assert.equal(found, expected);
  });
}

test('there are at least seventy of them', () => {
  assert.ok(files.length >= 70);
});

test.run();
