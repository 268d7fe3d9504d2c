/** The published schema is a JSON Schema, accepts what the parser accepts, and knows every field that the stages define. */

import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { load } from 'js-yaml';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { describeFormat, METRICS, scenarioSchema, TEMPLATE } from '../../../scenarios/index.ts';
import { FIELDS } from '../../../sim/personality/fields.ts';

const EXAMPLE = readFileSync(new URL('./transatlantic-web.yaml', import.meta.url), 'utf8');

const ajv = new Ajv2020({ allErrors: true, strict: false });
const check = ajv.compile(scenarioSchema());

test('it is a JSON Schema of the 2020-12 draft', () => {
  assert.ok(ajv.validateSchema(scenarioSchema()));
});

test('it has no private keywords', () => {
  assert.not.match(JSON.stringify(scenarioSchema()), /"x-/);
});

for (const [name, text] of Object.entries({
  'the example of the specification': EXAMPLE,
  'the starter scenario': TEMPLATE,
})) {
  test(`it accepts ${name}`, () => {
    assert.ok(check(load(text)), JSON.stringify(check.errors?.[0]));
  });
}

test('it refuses what an editor should mark', () => {
  const document = load(EXAMPLE) as {
    personalities: Record<string, unknown>;
    traffic: Record<string, unknown>[];
  };
  for (const wrong of [{ latncyMs: 1 }, { latencyMs: '4Mbit' }, { packetLossPercentage: 1.5 }, { mtu: 67 }]) {
    assert.not(check({ ...document, personalities: { wan: wrong } }), JSON.stringify(wrong));
  }
  assert.not(check({ ...document, traffic: [{ ...document.traffic[0], kind: 'pnig' }] }));
  assert.not(check({ ...document, timeline: [{ at: '1s', udpate: 'wan', set: {} }] }));
});

test('it knows lists, which may stand in files, and names of personalities and traffic', () => {
  const document = load(EXAMPLE) as object;
  const isFine = (wan: object): boolean => check({ ...document, personalities: { wan } });
  for (const fine of [
    { loss: { packets: [1, 2] } },
    { loss: { packets: 'drops.txt' } },
    { jitter: { table: [-1, 0.5] } },
    { egress: 'up' },
    { loss: { matchFlow: 'pings' } },
  ]) {
    assert.ok(isFine(fine), JSON.stringify(fine));
  }
  for (const wrong of [
    { loss: { packets: [] } },
    { loss: { packets: [0] } },
    { loss: { packets: [1.5] } },
    { loss: { packets: ['1'] } },
    { loss: { packets: 1 } },
    { loss: { packets: '' } },
    { jitter: { table: [1] } },
    { egress: 7 },
    { egress: ['up'] },
  ]) {
    assert.not(isFine(wrong), JSON.stringify(wrong));
  }
  const page = describeFormat();
  assert.match(page, /`loss.packets` \| a list of .*, or a file: one number a line/);
  assert.match(page, /`egress` \| the id of a personality/);
  assert.match(page, /`dscp` \| a whole number from 0 to 63/);
});

test('the page describes every field and every metric', () => {
  const page = describeFormat();
  for (const { path, help } of FIELDS) {
    assert.ok(page.includes(`\`${path}\``), path);
    assert.ok(page.includes(help), help);
  }
  for (const metrics of Object.values(METRICS)) {
    for (const metric of Object.keys(metrics)) assert.ok(page.includes(`\`${metric}\``), metric);
  }
});

test('it refuses broken files whose form is wrong', () => {
  const folder = new URL('./broken/', import.meta.url);
  const structural = readdirSync(folder).filter((file) =>
    /^(unknown-fields|percentages|misspelled-sections)\.yaml$/.test(file),
  );
  assert.is(structural.length, 3);
  for (const file of structural) assert.not(check(load(readFileSync(new URL(file, folder), 'utf8'))), file);
});

test.run();
