import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { markdownSummary } from '../../reports/markdown.ts';
import { DOUBTFUL, FAILED, summaryOf, verdictOf } from './summaries.ts';

const options = { command: 'netpersona run a.yaml --seed=42' };

test('the whole of it', () => {
  assert.is(
    markdownSummary(summaryOf({ expectations: [verdictOf(), FAILED, DOUBTFUL] }), options),
    `## ✗ a test: 1 of 3 expectations failed

1s of virtual time, seed \`42\`, netpersona 1.2.3. 2 packets, of which 2 were sent, 1 delivered and 1 dropped.

|  | expectation | measured | 99 % interval |
| :--- | :--- | :--- | :--- |
| ✓ | stream loss at most 0.005 | 0.0021 |  |
| ✗ | stream loss at most 0.005 | 0.01 |  |
| ? | stream loss at most 0.005 | 0.0021 | 0.0001 to 0.0185: cannot tell with n = 400: needs about 6,000 |

| flow | sent | delivered | loss |  | p50 | p99 | goodput |
| :--- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| stream | 2 | 1 | 50% | delay | 40ms | 40ms | 4Mbit/s |

| dropped for | packets |
| :--- | ---: |
| loss | 1 |

\`\`\`sh
netpersona run a.yaml --seed=42
\`\`\`

Digest \`d1ge57\`
`,
  );
});

test('the heading says how it went', () => {
  const heading = (given: Parameters<typeof summaryOf>[0], strict = false): string =>
    markdownSummary(summaryOf(given), { ...options, strict }).split('\n')[0] ?? '';
  assert.is(heading({}), '## a test');
  assert.is(heading({ expectations: [verdictOf()] }), '## ✓ a test: its expectation holds');
  assert.is(heading({ expectations: [verdictOf(), DOUBTFUL] }), '## ✓ a test: all 2 expectations hold');
  assert.is(heading({ expectations: [DOUBTFUL] }, true), '## ✗ a test: 1 of 1 expectations failed');
});

test('a run that was cut short, or whose sums do not close, says so', () => {
  const summary = summaryOf({ partial: true });
  const text = markdownSummary(
    { ...summary, conservation: { ...summary.conservation, closes: false } },
    options,
  );
  assert.match(text, '1s of virtual time, **cut short**, seed');
  assert.match(text, '**The sums of packets do not close: this is a defect.**');
});

test('no name is Markdown, HTML, another cell or a mention', () => {
  const name = 'a|b <script>*x*</script> `y` [z](u)\nnext @me & \\';
  const expectations = [verdictOf({ expected: name })];
  const text = markdownSummary(summaryOf({ name, expectations }, [{ id: name }]), options);
  const plain = 'a\\|b &lt;script&gt;\\*x\\*&lt;/script&gt; \\`y\\` \\[z\\](u) next @\u200bme &amp; \\\\';
  assert.is(text.split('\n')[0], `## ✓ ${plain}: its expectation holds`);
  assert.ok(text.includes(`| ✓ | ${plain} | 0.0021 |`));
  assert.ok(text.includes(`| ${plain} | 2 | 1 |`));
});

test('a fence is longer than any in the command', () => {
  const command = "netpersona run 'a```b.yaml'";
  assert.ok(markdownSummary(summaryOf(), { command }).includes(`\`\`\`\`sh\n${command}\n\`\`\`\`\n`));
});

test('what was not measured is explained', () => {
  const unknown = verdictOf({
    value: null,
    holds: false,
    confidence: 'fail',
    text: 'stream loss at most 0.005: unknown, nothing was sent',
  });
  const text = markdownSummary(summaryOf({ expectations: [unknown] }), options);
  assert.ok(text.includes('| ✗ | stream loss at most 0.005 | unknown | unknown, nothing was sent |'));
});

test('of a thousand flows and expectations the most important are shown', () => {
  const flows = Array.from({ length: 1000 }, (_, index) => ({ id: `f${index}` }));
  const expectations = [...Array.from({ length: 200 }, () => verdictOf()), FAILED];
  const text = markdownSummary(summaryOf({ expectations }, flows), options);
  assert.ok(text.includes('| ✗ |'));
  assert.ok(text.includes('And 101 more expectations that hold.'));
  assert.ok(text.includes('And 980 more flows that lost no larger share.'));
  // GitHub takes comments of 65,536 characters.
  assert.ok(text.length < 65_536);
});

test.run();
