import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { annotations } from '../../reports/annotations.ts';
import { placesOf } from '../../scenarios/index.ts';
import { DOUBTFUL, FAILED, summaryOf, verdictOf } from './summaries.ts';

const at = () => ({ file: 'scenarios/web.yaml', line: 34 });

test('nothing is said of what holds', () => {
  assert.is(annotations(summaryOf({ expectations: [verdictOf()] }), at), '');
});

test('an error at the line of the scenario, a warning for what cannot be told', () => {
  assert.is(
    annotations(summaryOf({ expectations: [FAILED, DOUBTFUL] }), at),
    '::error file=scenarios/web.yaml,line=34,title=a test::stream loss at most 0.005: but it is 0.01\n' +
      '::warning file=scenarios/web.yaml,line=34,title=a test::stream loss at most 0.005: it is 0.0021 (cannot tell with n = 400: needs about 6,000)\n',
  );
});

test('when strict, that is an error as well', () => {
  assert.match(annotations(summaryOf({ expectations: [DOUBTFUL] }), at, { strict: true }), /^::error file=/);
});

test('without a place, without file and line', () => {
  const text = annotations(summaryOf({ expectations: [FAILED] }), () => undefined);
  assert.is(text, '::error title=a test::stream loss at most 0.005: but it is 0.01\n');
});

test('nothing in a text ends the command or begins another', () => {
  // The runner's toolkit: % \r \n in messages, : and , as well in properties.
  const text = annotations(
    summaryOf({
      name: 'a:b,c%d\r\ne',
      expectations: [verdictOf({ holds: false, text: '100%\r\n::error::x, y' })],
    }),
    () => ({ file: 'C:\\a,b.yaml', line: 1 }),
  );
  assert.is(
    text,
    '::error file=C%3A\\a%2Cb.yaml,line=1,title=a%3Ab%2Cc%25d%0D%0Ae::100%25%0D%0A::error::x, y\n',
  );
});

test('expectations are found in the main file and in included ones', () => {
  const main = 'include: more.yaml\nexpect:\n  - { flow: a }\n\n  - flow: b\n    metric: loss\n';
  const more = '# one\nexpect:\n  - { flow: c }\n';
  const paths = [0, 1, 2, 3].map((index) => ['expect', index] as const);
  const places = placesOf(main, paths, { include: () => ({ name: 'more.yaml', text: more }) });
  // What is included comes first; there is no fourth.
  assert.equal(places.slice(0, 3), [
    { file: 'more.yaml', line: 3 },
    { file: undefined, line: 3 },
    { file: undefined, line: 5 },
  ]);
});

test.run();
