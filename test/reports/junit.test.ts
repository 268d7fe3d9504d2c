import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { junitXml } from '../../reports/junit.ts';
import { DOUBTFUL, FAILED, summaryOf, verdictOf } from './summaries.ts';
import { type Element, readXml } from './xml.ts';

const suiteOf = (root: Element): Element => root.children[0]!;
const casesOf = (root: Element): Element[] =>
  suiteOf(root).children.filter(({ name }) => name === 'testcase');
const partsOf = (one: Element | undefined): string[] => one?.children.map(({ name }) => name) ?? [];

test('a case for each expectation, and the counts', () => {
  const root = readXml(junitXml(summaryOf({ expectations: [verdictOf(), FAILED, DOUBTFUL] })));
  const counts = { tests: '3', failures: '1', errors: '0', skipped: '0' };
  assert.equal([root.name, root.attributes], ['testsuites', { name: 'netpersona', ...counts }]);
  assert.equal([suiteOf(root).name, suiteOf(root).attributes], ['testsuite', { name: 'a test', ...counts }]);
  const cases = casesOf(root);
  assert.equal(cases.map(partsOf), [[], ['failure'], ['system-out']]);
  assert.equal(cases[0]?.attributes, { classname: 'a test', name: 'stream loss at most 0.005' });
});

test('a failure says what was measured', () => {
  const [failed] = casesOf(readXml(junitXml(summaryOf({ expectations: [FAILED] }))));
  const { attributes, text } = failed!.children[0]!;
  assert.equal(attributes, {
    message: 'stream loss at most 0.005: but it is 0.01',
    type: 'expectation',
  });
  assert.is(text, 'expect[0]: stream loss at most 0.005: but it is 0.01');
});

test('what cannot be told is said; when strict, it is a failure', () => {
  const summary = summaryOf({ expectations: [DOUBTFUL] });
  const said =
    'expect[0]: stream loss at most 0.005: it is 0.0021\ncannot tell with n = 400: needs about 6,000';
  assert.is(casesOf(readXml(junitXml(summary)))[0]?.children[0]?.text, said);
  const strict = readXml(junitXml(summary, { strict: true }));
  assert.is(strict.attributes['failures'], '1');
  const [failure] = casesOf(strict)[0]!.children;
  assert.equal([failure?.name, failure?.attributes['type'], failure?.text], ['failure', 'cannot tell', said]);
});

test('a limit that is broken and cannot be told fails either way', () => {
  const both = { ...DOUBTFUL, holds: false };
  for (const strict of [false, true]) {
    const root = readXml(junitXml(summaryOf({ expectations: [both] }), { strict }));
    assert.is(root.attributes['failures'], '1');
  }
});

test('the run stands in properties, and nothing of the wall clock', () => {
  const text = junitXml(summaryOf());
  const [properties] = suiteOf(readXml(text)).children;
  assert.equal(
    properties?.children.map(({ name, attributes }) => [name, attributes]),
    [
      ['property', { name: 'seed', value: '42' }],
      ['property', { name: 'version', value: '1.2.3' }],
      ['property', { name: 'digest', value: 'd1ge57' }],
      ['property', { name: 'durationNs', value: '1000000000' }],
      ['property', { name: 'partial', value: 'false' }],
    ],
  );
  assert.not.match(text, /time/);
});

test('every text comes back; what XML cannot write becomes U+FFFD', () => {
  const evil = `<a href="x">'&amp;'</a> ]]> tab\t line\n return\r é \u{1f3b2} --`;
  const verdict = verdictOf({ holds: false, expected: evil, text: evil });
  const root = readXml(junitXml(summaryOf({ name: evil, seed: evil, expectations: [verdict] })));
  const [one] = casesOf(root);
  assert.equal(one?.attributes, { classname: evil, name: evil });
  assert.is(one?.children[0]?.attributes['message'], evil);
  assert.is(one?.children[0]?.text, `expect[0]: ${evil}`);

  const unwritable = `a\u0000b\u001bc\uffffd\ud800e\udc00f`;
  const [other] = casesOf(
    readXml(junitXml(summaryOf({ expectations: [verdictOf({ expected: unwritable })] }))),
  );
  assert.is(other?.attributes['name'], 'a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf');
});

test.run();
