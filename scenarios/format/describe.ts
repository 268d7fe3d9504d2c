/** The format in words: the page docs/scenario-format.md, made from the definition that the checks use. */
import { METRIC_HELP, METRICS, type SubjectKind } from './expect.ts';
import { MOST_DEPTH } from './locate.ts';
import type { Node, Shared } from './nodes.ts';
import { MOST_NODES, MOST_TEXT } from './reader.ts';
import { DOCUMENT } from './schema/document.ts';
import { personality } from './schema/personalities.ts';
import { ACTIONS, when } from './schema/timeline.ts';
import { TRAFFIC, trafficCommon } from './schema/traffic.ts';
import { TEMPLATE } from './template.ts';
import { type AmountKind, bareUnit, unitsOf } from './units.ts';

type Fields = Readonly<Record<string, Node>>;

/** Markdown. */
export function describeFormat(): string {
  const top = fieldsOf(DOCUMENT);
  return `${[
    '# The scenario format',
    'A scenario is a YAML file (JSON is YAML). `netpersona init` writes this one, which runs as it stands:',
    fence(TEMPLATE),
    'Editors complete and check such files with the JSON Schema that `netpersona schema` prints.',
    '## Numbers with units',
    unitTable(),
    'Amounts are exact decimals; durations are rounded once, to whole nanoseconds. Probabilities, and all fields named\n' +
      '`…Percentage`, go from 0 to 1: 1 % is written 0.01, and `1%` is refused.',
    '## The document',
    table(top, requiredOf(DOCUMENT)),
    'Keys that begin with `x-` are free, for notes and for anchors. `<<: *anchor` joins mappings.',
    ...['networks', 'links', 'gateways', 'vms', 'pools'].flatMap((section) => [
      `## ${section}`,
      described(top[section], 'Each has these fields:'),
      table(fieldsOf(itemOf(top[section])), requiredOf(itemOf(top[section]))),
    ]),
    '## personalities',
    described(top['personalities'], ''),
    table(fieldsOf(personality), []),
    'A group is written as a mapping: `bandwidth: { queueBytes: 30kB }`. A preset, with or without changes, may stand wherever\n' +
      'a personality may. A list may stand in a file of its own, named beside the file that names it.',
    'A personality is for packets towards a VM; its `egress` is for those that the VM sends. Where a VM has several assignments, the\n' +
      'one that counts for packets from the other side decides. What the VM sends to itself, or forwards for others, has no egress.\n' +
      'A preset with values for the way up (`netpersona presets show NAME`) brings its own, `NAME/up`: one end is enough.\n' +
      'Some presets change over time (docs/presets.md): their values become updates in the timeline, from when the personality begins.\n' +
      'Such a personality `ID` has a way up of its own, `ID/up`. Fields that are given beside the preset do not change by themselves.',
    fence(
      'personalities:\n  up: { latencyMs: 30, bandwidthKbps: 1Mbit }\n  adsl: { latencyMs: 10, bandwidthKbps: 16Mbit, egress: up }\n' +
        '  phone: { preset: lte }\n',
    ),
    '## assignments',
    described(top['assignments'], ''),
    fence(
      'assignments:\n  client: transatlantic\n  phone: { preset: 4g-slow, packetLossPercentage: 0.02 }\n' +
        '  server:\n    - transatlantic\n    - { personality: near, from: { network: lab }, ttl: 10s }\n',
    ),
    '## traffic',
    'All kinds have these fields (`program` needs no `to`):',
    table(trafficCommon, ['id', 'from', 'to']),
    ...Object.entries(TRAFFIC).flatMap(([kind, { description, fields, required }]) => [
      `### ${kind}`,
      description,
      table(fields, required),
    ]),
    '`rate` and `interval` say the same in two ways; where a kind has both, exactly one is given.',
    '## timeline',
    'Every entry has `at`, and may be repeated:',
    table(when, ['at']),
    'Besides, it has exactly one of these actions:',
    ...Object.entries(ACTIONS).flatMap(([name, { description, fields, required }]) => [
      `### ${name}`,
      description,
      table(fields, required),
    ]),
    'A ramp begins at the value that the file gives the field at that instant: the last `create`, `replace`, `update` or ramp\n' +
      'before it, entries of the same instant in the order of the file. It is unfolded into updates when the file is read.',
    '## expect',
    'Each is of one subject (`flow`, `vm`, `link`, `pool` or `total`), with one of `atLeast`, `atMost`, `between`, `equals`, and may be\n' +
      'limited to a time with `during: [FROM, TO]`.',
    metricTable(),
    '## Limits',
    `A file has at most ${MOST_TEXT / 2 ** 20} Mi characters, ${MOST_NODES} values (an alias counts as all that it stands for), and\n` +
      `${MOST_DEPTH} collections within collections.`,
  ].join('\n\n')}\n`;
}

const fence = (yaml: string): string => `\`\`\`yaml\n${yaml.trimEnd()}\n\`\`\``;

const fieldsOf = (node: Node | undefined): Fields =>
  ((node?.['x-shared'] as Shared | undefined)?.node['properties'] ?? node?.['properties'] ?? {}) as Fields;
const requiredOf = (node: Node | undefined): readonly string[] =>
  (node?.['required'] ?? []) as readonly string[];
const itemOf = (node: Node | undefined): Node | undefined => node?.['items'] as Node | undefined;

const described = (node: Node | undefined, more: string): string =>
  `${String(node?.['description'] ?? '')} ${more}`.trim();

function table(fields: Fields, required: readonly string[]): string {
  const rows = rowsOf(fields, required, '');
  return ['| field | allowed | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function rowsOf(fields: Fields, required: readonly string[], prefix: string): string[] {
  return Object.entries(fields).flatMap(([name, node]) => {
    const isGroup = node['type'] === 'object' && node['properties'] !== undefined;
    const absent = required.includes(name) ? '**needed**' : shown(node['default']);
    const allowed = isGroup ? 'a mapping' : String(node['x-allowed'] ?? 'anything');
    const cells = [`\`${prefix}${name}\``, allowed, absent, String(node['description'] ?? '')];
    const row = `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    return isGroup ? [row, ...rowsOf(fieldsOf(node), requiredOf(node), `${prefix}${name}.`)] : [row];
  });
}

const shown = (value: unknown): string => (value === undefined ? '' : `\`${String(value)}\``);

function unitTable(): string {
  const nouns: Readonly<Record<AmountKind, string>> = {
    duration: 'duration',
    rate: 'rate',
    size: 'size',
    packetRate: 'packets per time',
  };
  const rows = Object.entries(nouns).map(([kind, noun]) => {
    const units = unitsOf(kind as AmountKind).map((unit) => `\`${unit}\``);
    const bare = bareUnit(kind as AmountKind);
    return `| ${noun} | ${units.join(' ')} | ${bare === null ? 'not allowed' : `\`${bare}\``} |`;
  });
  return ['| amount | units | a bare number is in |', '| --- | --- | --- |', ...rows].join('\n');
}

const UNIT_WORDS = {
  nanos: 'a duration',
  bitsPerSecond: 'a rate',
  bytes: 'a size',
  share: '0 to 1',
  count: 'a whole number',
  number: 'a number',
} as const;

function metricTable(): string {
  const rows = Object.entries(METRICS).flatMap(([subject, metrics]) =>
    Object.entries(metrics).map(
      ([metric, unit]) =>
        `| ${subject} | \`${metric}\` | ${UNIT_WORDS[unit]} | ${inCell(METRIC_HELP[subject as SubjectKind][metric] ?? '')} |`,
    ),
  );
  return ['| of | metric | unit | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** A bar would end the cell. */
const inCell = (text: string): string => text.replaceAll('|', '\\|');
