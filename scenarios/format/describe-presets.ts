/** Presets in words: the part of docs/presets.md that is made from them, and what the command line says about a series. */
import { formatNanos } from '../../engine/index.ts';
import type { ParamValue, Profile } from '../../sim/index.ts';
import type { Preset, Provenance } from './presets.ts';
import { type Series, spreadOf } from './series.ts';

/** A line about a preset: what, its value in words, and the name of its provenance. */
export interface PresetLine {
  readonly name: string;
  readonly value: string;
}

/** A value in short: a list by its length. */
export const shownValue = (value: ParamValue | undefined): string =>
  typeof value === 'object' ? `${value.length} numbers` : String(value);

/** What a series does: its period, the range of each field, and what holds around its changes. None without a series. */
export function seriesLines({ series, upSeries }: Preset): readonly PresetLine[] {
  const both = [
    { part: series, prefix: 'series.', changed: 'series.change.' },
    { part: upSeries, prefix: 'series.up.', changed: 'series.change.up.' },
  ];
  const any = series ?? upSeries;
  if (any === undefined) return [];
  const { every, levels } = any;
  const change = series?.change ?? upSeries?.change;
  const changes = both.flatMap(({ part, changed }) =>
    Object.entries(part?.change?.values ?? {}).map(([path, value]) => ({
      name: `${changed}${path}`,
      value: shownValue(value),
    })),
  );
  return [
    {
      name: 'series.every',
      value: `${formatNanos(every)}, ${levels} levels, again after ${formatNanos(every * levels)}`,
    },
    ...both.flatMap(({ part, prefix }) =>
      Object.entries(part?.fields ?? {}).map(([path, values]) => ({
        name: `${prefix}${path}`,
        value: rangeText(values),
      })),
    ),
    ...(change === undefined
      ? []
      : [
          {
            name: 'series.change',
            value: `${formatNanos(change.before)} before to ${formatNanos(change.after)} after`,
          },
        ]),
    ...changes,
  ];
}

function rangeText(values: Series['fields'][string]): string {
  const { least, median, most } = spreadOf(values);
  return least === most ? String(least) : `${least} to ${most}, median ${median}`;
}

/** Markdown: a row for each preset, its series, and the sources. */
export function describePresets(presets: Iterable<Preset>): string {
  const all = [...presets];
  const sources = new Sources();
  const rows = all.map((preset) => row(preset, sources));
  const timed = all.filter(({ series, upSeries }) => series !== undefined || upSeries !== undefined);
  return [
    'Towards the VM / from it. A value with `*` is an estimate: nobody published a number. The numbers at the end are those of the sources.',
    [
      '| preset | what it is like | one way, ms | jitter, ms | loss | kbit/s | besides | from |',
      '| --- | --- | --- | --- | --- | --- | --- | --- |',
      ...rows,
    ].join('\n'),
    ...timed.map((preset) =>
      [
        `\`${preset.name}\` changes over time:\n`,
        '| what | values | from |',
        '| --- | --- | --- |',
        ...seriesLines(preset).map(
          ({ name, value }) =>
            `| \`${name}\` | ${value}${mark(preset.provenance[name])} | ${sources.of([preset.provenance[name]])} |`,
        ),
      ].join('\n'),
    ),
    ['Sources:\n', ...sources.all.map((source, index) => `${index + 1}. ${source}`)].join('\n'),
  ].join('\n\n');
}

const COLUMNS = ['latencyMs', 'jitterMs', 'packetLossPercentage', 'bandwidthKbps'] as const;

function row(preset: Preset, sources: Sources): string {
  const { name, summary, profile, up = {}, provenance } = preset;
  const others = [...besides(profile, '', provenance), ...besides(up, 'up.', provenance)];
  const fields = [...Object.keys(profile), ...Object.keys(up).map((path) => `up.${path}`)];
  const cells = [
    `\`${name}\``,
    summary,
    ...COLUMNS.map((path) => bothWays(path, profile, up, provenance)),
    others.join(', '),
    sources.of(fields.map((field) => provenance[field])),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

type Provenances = Readonly<Record<string, Provenance>>;

const mark = (from: Provenance | undefined): string => (from?.kind === 'estimate' ? '*' : '');

function bothWays(path: string, profile: Profile, up: Profile, provenance: Provenances): string {
  const one = (values: Profile, name: string): string =>
    values[path] === undefined ? '' : `${shownValue(values[path])}${mark(provenance[name])}`;
  const [down, back] = [one(profile, path), one(up, `up.${path}`)];
  return down === '' && back === '' ? '' : `${down || '-'} / ${back || '-'}`;
}

const besides = (profile: Profile, prefix: string, provenance: Provenances): string[] =>
  Object.entries(profile)
    .filter(([path]) => !(COLUMNS as readonly string[]).includes(path))
    .map(
      ([path, value]) => `\`${prefix}${path}\` ${shownValue(value)}${mark(provenance[`${prefix}${path}`])}`,
    );

/** Numbered in the order in which they are first named. */
class Sources {
  readonly all: string[] = [];

  /** The numbers of those that are somebody's, without estimates of our own. */
  of(provenances: readonly (Provenance | undefined)[]): string {
    const numbers = new Set<number>();
    for (const from of provenances) {
      if (from === undefined || from.source.startsWith(OWN)) continue;
      const text = `${from.source} (${from.year})`;
      if (!this.all.includes(text)) this.all.push(text);
      numbers.add(this.all.indexOf(text) + 1);
    }
    return [...numbers].sort((a, b) => a - b).join(', ');
  }
}

const OWN = 'netpersona: ';
