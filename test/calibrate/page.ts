/** `docs/impairments.md`: every field from its definition, and every proof with what was measured. */

import { allowedText, FIELDS } from '../../sim/index.ts';
import { stages } from '../../sim/personality/stages/index.ts';
import { digits, type Proof, settingsText, type Verdict } from './proof.ts';

export interface Proven {
  readonly proof: Proof;
  readonly verdict: Verdict;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

function fieldsOf(stage: string): string[] {
  const fields = FIELDS.filter((field) => field.stage === stage);
  if (fields.length === 0) return [];
  return [
    '',
    row('field', 'what it is', 'allowed', 'absent'),
    row('---', '---', '---', '---'),
    ...fields.map((field) =>
      row(
        `\`${field.path}\``,
        field.help,
        allowedText(field),
        String(field.default ?? field.identity ?? 'off'),
      ),
    ),
  ];
}

/** The settings and what comes. */
const given = ({ profile, traffic }: Proof): string =>
  `\`${settingsText(profile)}\`${traffic === '' ? '' : `; ${traffic}`}`;

function proofsOf(stage: string, proven: readonly Proven[]): string[] {
  const own = proven.filter(({ proof }) => proof.stage === stage);
  if (own.length === 0) return [];
  return [
    '',
    row('settings', 'promise', 'from', 'packets', 'expected', 'measured', 'interval', ''),
    row('---', '---', '---', '---', '---', '---', '---', '---'),
    ...own.map(({ proof, verdict }, i) =>
      row(
        i > 0 && given(own[i - 1]!.proof) === given(proof) ? '' : given(proof),
        proof.promise,
        proof.source,
        digits(proof.packets),
        verdict.expected,
        verdict.measured,
        verdict.interval,
        verdict.holds ? 'holds' : '**FAILS**',
      ),
    ),
  ];
}

/** Of stages whose fields stand with another. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  netem: 'What else is set are the fields of the stages below, whose work it does.',
  queue:
    'Its fields are those of [bandwidth](#bandwidth), whose work it does where a plain queue is not enough.',
};

function section(name: string, summary: string, proven: readonly Proven[]): string[] {
  const more = ELSEWHERE[name];
  const about = more === undefined ? summary : `${summary} ${more}`;
  return ['', `## ${name}`, '', about, ...fieldsOf(name), ...proofsOf(name, proven)];
}

export function page(proven: readonly Proven[]): string {
  return [
    '# Impairments',
    '',
    'What each field of a personality does, and the proof. `npm run calibrate` measures all of it anew and writes this page; the seeds are',
    'fixed, so it comes out the same on every machine, and a test says so. A right program fails one of these proofs with a chance of at',
    'most one in a million. Intervals are Clopper and Pearson’s for shares of independent packets and *normal* for means of independent',
    'values with a known deviation. Where packets depend on each other, *batches* stands for Student’s interval over the means of 100',
    'batches, with the delta method for ratios. Laws are tested after Kolmogorov and Smirnov (KS), on every k-th value where neighbours',
    'depend on each other; counts by chi-square. *exact*: no chance in it.',
    '',
    'Packets meet the stages in the order of this page. A row without settings goes on with those above it. Where the traffic is not said,',
    'it does not matter.',
    ...stages.flatMap(({ name, summary }) => section(name, summary, proven)),
    ...section('egress', 'What packets meet that the VM itself sends.', proven),
    '',
  ].join('\n');
}
