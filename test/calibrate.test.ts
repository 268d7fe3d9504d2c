/** Every promise of every impairment holds, and the page that says so is the one that the measurement writes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkProfile, combinationProblems, FIELDS } from '../sim/index.ts';
import { stages } from '../sim/personality/stages/index.ts';
import { type Proven, page } from './calibrate/page.ts';
import { MILLION, settingsText } from './calibrate/proof.ts';
import { proofs } from './calibrate/proofs/index.ts';
import { read } from './docs/documents.ts';

const proven: Proven[] = [];

for (const proof of proofs) {
  test(`${proof.stage}: ${settingsText(proof.profile)}: ${proof.promise}`, async () => {
    const verdict = await proof.measure();
    proven.push({ proof, verdict });
    assert.ok(verdict.holds, `${verdict.measured}, expected ${verdict.expected} (${verdict.interval})`);
  });
}

/** Stages whose fields stand elsewhere: netem's work is the other stages', the queue's fields are the bandwidth's. */
const OWNERS: Readonly<Record<string, string>> = { queue: 'bandwidth' };

/** Whether a proof of the field's own stage sets it to something. */
const isProven = (stage: string, path: string, means: (value: unknown) => boolean): boolean =>
  proofs.some((proof) => {
    const value = proof.profile[path];
    return (OWNERS[proof.stage] ?? proof.stage) === stage && value !== undefined && means(value);
  });

test('every field of a personality has a proof', () => {
  const unproven = FIELDS.filter(
    ({ stage, path, identity, default: absent }) =>
      !isProven(stage, path, (value) => value !== identity && value !== absent),
  );
  assert.equal(
    unproven.map(({ path }) => path),
    [],
  );
});

test('every choice has a proof', () => {
  const unproven = FIELDS.flatMap(({ stage, path, identity, choices = [] }) =>
    choices
      .filter((choice) => choice !== identity && !isProven(stage, path, (value) => value === choice))
      .map((choice) => `${path}: ${choice}`),
  );
  assert.equal(unproven, []);
});

test('every stage of the catalogue has a proof', () => {
  const known = new Set(proofs.map(({ stage }) => stage));
  assert.equal(
    stages.map(({ name }) => name).filter((name) => !known.has(name)),
    [],
  );
});

test('what is proven are settings that a user may have, and a million packets at least', () => {
  for (const { profile, packets, promise } of proofs) {
    assert.equal([...checkProfile(profile, ''), ...combinationProblems(profile)], [], promise);
    assert.ok(packets >= MILLION, `${promise} ${packets}`);
  }
});

test('docs/impairments.md is what npm run calibrate writes', () => {
  assert.is(read('docs/impairments.md'), page(proven));
});

test.run();
