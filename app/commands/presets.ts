/** `netpersona presets`: the personalities that come with netpersona, and where their numbers come from. */
import {
  nearestName,
  type Preset,
  type Provenance,
  preflightReport,
  seriesLines,
  shownValue,
  upName,
} from '../../scenarios/index.ts';
import { defineCommand } from '../command.ts';
import { ExitCode, UsageError } from '../faults.ts';
import { presetData } from '../preset-data.ts';
import { presets as loadPresets } from '../scenario-file.ts';

export const presets = defineCommand({
  usage: 'presets [action] [name]',
  summary: 'Lists the personalities that come with netpersona, or shows one.',
  positionals: {
    action: { choices: ['list', 'show'], default: 'list', describe: 'What to do' },
    name: { type: 'string', describe: 'The preset to show' },
  },
  options: {
    json: { type: 'boolean', describe: 'Print JSON' },
  },
  examples: [
    ['$0 presets', 'names and what they stand for'],
    ['$0 presets show lte', 'every value, and its source'],
  ],
  run({ action, name, json }, terminal) {
    const known = loadPresets();
    if (action === 'list') {
      if (name !== undefined)
        throw new UsageError(`presets list shows all of them; presets show ${name} shows one`);
      const all = [...known.values()];
      terminal.out(
        json === true ? asJson(all.map(({ name: id, summary }) => ({ name: id, summary }))) : listText(all),
      );
      return ExitCode.fine;
    }
    if (name === undefined) throw new UsageError('presets show needs NAME; presets list has the names');
    const preset = known.get(name);
    if (preset === undefined) throw unknownPreset(name, known.keys());
    terminal.out(json === true ? asJson(presetData(preset)) : showText(preset));
    return ExitCode.fine;
  },
});

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function unknownPreset(name: string, names: Iterable<string>): UsageError {
  const nearest = nearestName(name, names);
  const guess = nearest === undefined ? 'netpersona presets lists them' : `did you mean ${nearest}?`;
  return new UsageError(`there is no preset "${name}"; ${guess}`);
}

function listText(all: readonly Preset[]): string {
  const width = longest(all.map(({ name }) => name));
  return all.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}\n`).join('');
}

function showText(preset: Preset): string {
  const { name, summary, profile, up, provenance } = preset;
  const fields = [
    ...Object.entries(profile),
    ...Object.entries(up ?? {}).map(([field, value]) => [`up.${field}`, value] as const),
  ].map(([field, value]) => ({ name: field, value: shownValue(value) }));
  const timed = seriesLines(preset);
  const width = longest([...fields, ...timed].map((line) => line.name));
  const linesOf = (those: readonly { name: string; value: string }[], valueWidth: number) =>
    those.map((line) =>
      `  ${line.name.padEnd(width)}  ${line.value.padEnd(valueWidth)}  ${sourceText(provenance[line.name])}`.trimEnd(),
    );
  // What applies to the packets that the VM sends, and what it is called in a scenario.
  const egress = up === undefined ? [] : [`  ${'egress'.padEnd(width)}  ${upName(name)}: the values of up`];
  const { sentence, warnings } = preflightReport(profile, up ?? null);
  const preflight = [`  ${sentence}`, ...warnings.map((warning) => `  warning: ${warning}`)];
  return [
    `${name}: ${summary}`,
    ...linesOf(fields, Math.max(10, longest(fields.map((line) => line.value)))),
    ...egress,
    ...linesOf(timed, longest(timed.map((line) => line.value))),
    ...preflight,
    '',
  ].join('\n');
}

const longest = (texts: readonly string[]): number =>
  texts.reduce((most, { length }) => Math.max(most, length), 0);

function sourceText(from: Provenance | undefined): string {
  if (from === undefined) return '';
  const { source, year, kind, note } = from;
  return `${kind}, ${year}: ${source}${note === undefined ? '' : ` (${note})`}`;
}
