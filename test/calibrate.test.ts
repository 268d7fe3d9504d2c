/** Every promise of every impairment holds, and the page that says so is the one that the measurement writes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stages } from '../sim/personality/stages/index.ts';
import { type Proven, page } from './calibrate/page.ts';
import { proofs } from './calibrate/proofs/index.ts';
import { read } from './docs/documents.ts';

const proven: Proven[] = [];

for (const proof of proofs) {
  test(`${proof.stage}: ${proof.settings}: ${proof.promise}`, () => {
    const verdict = proof.measure();
    proven.push({ proof, verdict });
    assert.ok(verdict.holds, `${verdict.measured}, expected ${verdict.expected} (${verdict.interval})`);
  });
}

test('every stage of the catalogue has a proof', () => {
  const known = new Set(proofs.map(({ stage }) => stage));
  assert.equal(
    stages.map(({ name }) => name).filter((name) => !known.has(name)),
    [],
  );
});

test('docs/impairments.md is what npm run calibrate writes', () => {
  assert.is(read('docs/impairments.md'), page(proven));
});

test.run();
