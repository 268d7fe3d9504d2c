/**
 * `junit.xml`: a test case per expectation, in the dialect of Maven Surefire that Jenkins, GitLab and GitHub's actions read. Without times,
 * so that two runs give the same bytes.
 */
import type { Verdict } from './expect.ts';
import { isFailure, type Strictness } from './expect-strict.ts';
import type { Summary } from './summary.ts';

/** The document, a newline at its end. Cases fail when the command does, so for a doubt only when `strict`. */
export function junitXml(summary: Summary, strictness: Strictness = {}): string {
  const { name, seed, version, digest, duration, partial, expectations } = summary;
  const failures = expectations.filter((verdict) => isFailure(verdict, strictness)).length;
  const counts = `tests="${expectations.length}" failures="${failures}" errors="0" skipped="0"`;
  const properties = Object.entries({ seed, version, digest, durationNs: duration, partial });
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="netpersona" ${counts}>`,
    `  <testsuite name="${inAttribute(name)}" ${counts}>`,
    '    <properties>',
    ...properties.map(
      ([key, value]) => `      <property name="${key}" value="${inAttribute(String(value))}"/>`,
    ),
    '    </properties>',
    ...expectations.flatMap((verdict) => testCase(verdict, name, isFailure(verdict, strictness))),
    '  </testsuite>',
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function testCase(verdict: Verdict, suite: string, fails: boolean): string[] {
  const { expectation, holds, text, doubt } = verdict;
  const start = `    <testcase classname="${inAttribute(suite)}" name="${inAttribute(expectation.text)}"`;
  if (!fails && doubt === null) return [`${start}/>`];
  const body = inText([`${expectation.path}: ${text}`, ...(doubt === null ? [] : [doubt])].join('\n'));
  if (!fails) return [`${start}>`, `      <system-out>${body}</system-out>`, '    </testcase>'];
  const message = inAttribute(holds ? `${text}: ${doubt}` : text);
  const type = holds ? 'cannot tell' : 'expectation';
  return [
    `${start}>`,
    `      <failure message="${message}" type="${type}">${body}</failure>`,
    '    </testcase>',
  ];
}

/** What XML 1.0 has no way to write: control characters, halves of pairs, U+FFFE and U+FFFF. */
const UNWRITABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

const entity = (letter: string): string => ENTITIES[letter] ?? letter;

/** As text between tags. What cannot be written becomes U+FFFD. */
const inText = (text: string): string => text.replace(UNWRITABLE, '\ufffd').replace(/[&<>\r]/g, entity);

/** As the value of an attribute; white space is kept, which readers would otherwise turn into spaces. */
const inAttribute = (text: string): string =>
  text.replace(UNWRITABLE, '\ufffd').replace(/[&<>"'\t\n\r]/g, entity);
