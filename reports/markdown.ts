/** `summary.md`: a run for a pull request, as GitHub's and GitLab's Markdown. Short, whatever the run's size. */
import { formatNanos } from '../engine/index.ts';
import { DROP_REASONS } from '../sim/index.ts';
import type { Verdict } from './expect.ts';
import { isDoubtful, isFailure, type Strictness } from './expect-strict.ts';
import type { FlowReport } from './flows.ts';
import { formatCount, formatRate, formatShare, inWords } from './precision.ts';
import type { Summary } from './summary.ts';
import { shownFlows } from './terminal.ts';

export interface MarkdownOptions extends Strictness {
  /** What to type to see this run again. */
  readonly command: string;
}

/** So many expectations are shown; of more, those that do not simply hold come first. */
export const MOST_EXPECTATIONS = 100;

const HOLDS = '✓';
const FAILS = '✗';
const DOUBTFUL = '?';

/** Sections apart by an empty line, a newline at the end. */
export function markdownSummary(summary: Summary, options: MarkdownOptions): string {
  const sections = [
    heading(summary, options),
    about(summary),
    expectationTable(summary.expectations, options),
    flowTable(summary.flows),
    dropTable(summary),
    again(summary, options.command),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function heading({ name, expectations }: Summary, strictness: Strictness): string {
  const failed = expectations.filter((verdict) => isFailure(verdict, strictness)).length;
  const total = expectations.length;
  if (total === 0) return `## ${escaped(name)}`;
  const what =
    failed > 0
      ? `${formatCount(failed)} of ${formatCount(total)} expectations failed`
      : total === 1
        ? 'its expectation holds'
        : `all ${formatCount(total)} expectations hold`;
  return `## ${failed > 0 ? FAILS : HOLDS} ${escaped(name)}: ${what}`;
}

function about({ seed, version, duration, partial, totals, conservation }: Summary): string {
  const { created, createdTotal, closes } = conservation;
  const cut = partial ? ', **cut short**' : '';
  const sums = closes ? '' : ' **The sums of packets do not close: this is a defect.**';
  return `${formatNanos(duration)} of virtual time${cut}, seed ${code(seed)}, netpersona ${escaped(version)}. ${formatCount(
    createdTotal,
  )} packets, of which ${formatCount(created.sent)} were sent, ${formatCount(totals.delivered)} delivered and ${formatCount(
    totals.dropped,
  )} dropped.${sums}`;
}

function expectationTable(verdicts: readonly Verdict[], strictness: Strictness): string {
  if (verdicts.length === 0) return '';
  const plain = (verdict: Verdict): boolean => verdict.holds && !isDoubtful(verdict);
  const ordered =
    verdicts.length <= MOST_EXPECTATIONS
      ? verdicts
      : [...verdicts.filter((verdict) => !plain(verdict)), ...verdicts.filter(plain)];
  const rows = ordered.slice(0, MOST_EXPECTATIONS).map((verdict) => {
    const sign = isFailure(verdict, strictness) ? FAILS : isDoubtful(verdict) ? DOUBTFUL : HOLDS;
    const { expectation, value } = verdict;
    const found = value === null ? 'unknown' : inWords(value, expectation.unit);
    return [sign, escaped(expectation.text), escaped(found), escaped(certainty(verdict))];
  });
  return withMore(
    table(['', 'expectation', 'measured', '99 % interval'], ':---', rows),
    verdicts.length - rows.length,
    'expectations that hold',
  );
}

function certainty({ value, text, expectation, evidence, doubt }: Verdict): string {
  if (value === null) return text.slice(`${expectation.text}: `.length);
  if (evidence === null) return '';
  const [low, high] = evidence.interval;
  const range =
    high === null
      ? `at least ${inWords(low, expectation.unit)}`
      : `${inWords(low, expectation.unit)} to ${inWords(high, expectation.unit)}`;
  return doubt === null ? range : `${range}: ${doubt}`;
}

function flowTable(flows: readonly FlowReport[]): string {
  if (flows.length === 0) return '';
  const shown = shownFlows(flows);
  const rows = shown.map((flow) => {
    const times = flow.rtt ?? flow.delay;
    return [
      escaped(flow.id),
      formatCount(flow.sent),
      formatCount(flow.delivered),
      flow.loss === null ? '-' : formatShare(flow.loss),
      flow.transactional ? 'rtt' : 'delay',
      times === null ? '-' : formatNanos(times.p50, 2),
      times === null ? '-' : formatNanos(times.p99, 2),
      flow.goodput === null ? '-' : formatRate(flow.goodput),
    ];
  });
  return withMore(
    table(['flow', 'sent', 'delivered', 'loss', '', 'p50', 'p99', 'goodput'], '---:', rows),
    flows.length - shown.length,
    'flows that lost no larger share',
  );
}

function dropTable({ totals }: Summary): string {
  const rows = DROP_REASONS.filter((reason) => totals.dropReasons[reason] > 0).map((reason) => [
    reason,
    formatCount(totals.dropReasons[reason]),
  ]);
  return rows.length === 0 ? '' : table(['dropped for', 'packets'], '---:', rows);
}

function again({ digest }: Summary, command: string): string {
  // A fence ends at the first line with as many backticks.
  const longest = Math.max(2, ...[...command.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}sh\n${command}\n${fence}\n\nDigest ${code(digest)}`;
}

/** The first column to the left, the others as `align` says. */
function table(head: readonly string[], align: string, rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? ':---' : align))), ...rows.map(line)].join(
    '\n',
  );
}

const withMore = (text: string, more: number, what: string): string =>
  more > 0 ? `${text}\n\nAnd ${formatCount(more)} more ${what}.` : text;

/** As plain text, also in a cell of a table: nothing of it is Markdown or HTML, and it is one line. */
const escaped = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]|~$]/g, '\\$&')
    // With nothing visible after it, it calls nobody.
    .replaceAll('@', '@\u200b');

/** As code, in one line. In a cell it may hold no bar. */
function code(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const line = text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ');
  return /^[\w .:+-]+$/.test(line) ? `\`${line}\`` : escaped(line);
}
