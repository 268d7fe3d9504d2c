/** `netpersona import`: personalities from the files of other tools. */
import { dirname, relative } from 'node:path';
import {
  dialects,
  formatProblems,
  type ImportResult,
  importPersonalities,
  nearestName,
  noteText,
  writtenFields,
} from '../../scenarios/index.ts';
import { defineCommand } from '../command.ts';
import { ExitCode, UsageError } from '../faults.ts';
import { kindOf, readText, writeTextAtomically } from '../files.ts';
import { SCENARIO_LIMIT, shownName } from '../scenario-file.ts';
import type { Terminal } from '../terminal.ts';

const NAMES = dialects.map(({ name }) => name);

export const importCommand = defineCommand({
  usage: 'import <file>',
  summary: 'Turns what other tools know of a network into personalities.',
  positionals: {
    file: { type: 'string', demandOption: true, describe: 'What to read, or - for stdin' },
  },
  options: {
    from: { type: 'string', describe: `The dialect: ${NAMES.join(', ')}; default: what the file looks like` },
    name: {
      type: 'string',
      describe: 'The id of the personality; default: its own name, or that of the file',
    },
    compat: {
      type: 'boolean',
      describe: "Keep netem's own formulas (netemCompat) where it differs from its words",
    },
    out: { type: 'string', describe: 'Write the YAML into this file instead of printing it' },
    force: { type: 'boolean', describe: 'Replace that file if it exists' },
    json: { type: 'boolean', describe: 'Print JSON, the notes included' },
  },
  examples: [
    ['$0 import wan.sh', 'the netem and tbf commands of a script, as YAML'],
    ["echo 'netem delay 100ms 10ms loss 1%' | $0 import - --name wan", 'bare options'],
    ['$0 import toxics.json --out toxics.yaml', 'for a scenario that says include: toxics.yaml'],
  ],
  run({ file, from, name, compat = false, out, force = false, json = false }, terminal) {
    if (from !== undefined && !NAMES.includes(from)) throw unknownDialect(from);
    if (force && out === undefined) throw new UsageError('--force needs --out, the file to replace');
    if (out !== undefined && !force && kindOf(out) !== 'nothing')
      throw new UsageError(`${out} exists already; --force replaces it`);
    const text = readText(file, SCENARIO_LIMIT);
    const imported = importPersonalities({
      text,
      fileName: file === '-' ? undefined : beside(out, file),
      shownName: shownName(file),
      from,
      name,
      compat,
    });
    if (!imported.ok) {
      if (json) terminal.out(asJson({ file: shownName(file), valid: false, problems: imported.problems }));
      else terminal.err(problemsText(shownName(file), imported.problems));
      return ExitCode.usage;
    }
    const result = imported.value;
    if (out !== undefined) writeTextAtomically(out, result.yaml, { replace: force });
    if (json) terminal.out(asJson(asData(shownName(file), result)));
    else if (out === undefined) terminal.out(result.yaml);
    if (!json) sayNotes(result, out, terminal);
    return ExitCode.fine;
  },
});

function unknownDialect(from: string): UsageError {
  const nearest = nearestName(from, NAMES);
  const guess = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return new UsageError(`--from: found "${from}", allowed: ${NAMES.join(', ')}${guess}`);
}

/** How a file beside `out` would name it. */
function beside(out: string | undefined, file: string): string {
  return out === undefined ? file : relative(dirname(out), file).replaceAll('\\', '/');
}

const asJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

function problemsText(file: string, problems: Parameters<typeof formatProblems>[0]): string {
  const lines = formatProblems(problems).replace(/^/gm, '  ');
  return `netpersona: ${file} cannot be imported:\n${lines}\n`;
}

const asData = (file: string, { dialect, personalities, notes }: ImportResult): object => ({
  file,
  valid: true,
  dialect,
  personalities: Object.fromEntries(
    personalities.flatMap(({ id, egressId, fields, egress }) => [
      [id, { ...writtenFields(fields), ...(egressId === undefined ? {} : { egress: egressId }) }],
      ...(egressId === undefined || egress === undefined ? [] : [[egressId, writtenFields(egress)]]),
    ]),
  ),
  notes,
});

function sayNotes(
  { dialect, personalities, notes }: ImportResult,
  out: string | undefined,
  terminal: Terminal,
): void {
  const count = personalities.length === 1 ? '1 personality' : `${personalities.length} personalities`;
  const where = out === undefined ? '' : ` in ${out}`;
  terminal.err(`${count} from ${dialect}${where}${notes.length === 0 ? '' : '; not word for word:'}\n`);
  for (const note of notes) terminal.err(`  ${noteText(note)}\n`);
}
