/** `docs/impairments.md`: every field from its definition, and every proof with what was measured. */

import { allowedText, FIELDS } from '../../sim/index.ts';
import { stages } from '../../sim/personality/stages/index.ts';
import type { Proof, Verdict } from './proof.ts';

export interface Proven {
  readonly proof: Proof;
  readonly verdict: Verdict;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

function fieldsOf(stage: string): string[] {
  return [
    row('field', 'what it is', 'allowed', 'absent'),
    row('---', '---', '---', '---'),
    ...FIELDS.filter((field) => field.stage === stage).map((field) =>
      row(
        `\`${field.path}\``,
        field.help,
        allowedText(field),
        String(field.default ?? field.identity ?? 'off'),
      ),
    ),
  ];
}

function proofsOf(stage: string, proven: readonly Proven[]): string[] {
  const own = proven.filter(({ proof }) => proof.stage === stage);
  if (own.length === 0) return [];
  return [
    '',
    row('settings', 'promise', 'from', 'packets', 'expected', 'measured', 'interval', ''),
    row('---', '---', '---', '---', '---', '---', '---', '---'),
    ...own.map(({ proof, verdict }) =>
      row(
        `\`${proof.settings}\``,
        proof.promise,
        proof.source,
        String(verdict.packets),
        verdict.expected,
        verdict.measured,
        verdict.interval,
        verdict.holds ? 'holds' : '**FAILS**',
      ),
    ),
  ];
}

export function page(proven: readonly Proven[]): string {
  return [
    '# Impairments',
    '',
    'What each field of a personality does, and the proof. `npm run calibrate` measures all of it anew and writes this page; the seeds are',
    'fixed, so it comes out the same on every machine, and a test says so. A right program fails one of these proofs with a chance of at',
    'most one in a million: intervals are Clopper and Pearson’s for shares, normal or Student’s (batch means) for means; laws are tested',
    'after Kolmogorov and Smirnov, counts by chi-square. `exact`: no chance in it.',
    '',
    'Packets meet the stages in the order of this page.',
    ...stages.flatMap((stage) => [
      '',
      `## ${stage.name}`,
      '',
      stage.summary,
      '',
      ...fieldsOf(stage.name),
      ...proofsOf(stage.name, proven),
    ]),
    '',
  ].join('\n');
}
