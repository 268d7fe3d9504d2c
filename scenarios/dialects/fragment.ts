/** Personalities as a part of a scenario: YAML with comments, for `include` or to be copied. */
import type { ParamValue, Profile } from '../../sim/index.ts';
import type { ImportedPersonality, Note } from './dialect.ts';

export interface NamedPersonality extends ImportedPersonality {
  readonly id: string;
  /** The id of the counterpart, when there is one. */
  readonly egressId?: string;
}

const WIDTH = 110;
const MOST_SOURCE_LINES = 12;

/** `from`: what was read, in words for the first line. */
export function fragmentText(
  personalities: readonly NamedPersonality[],
  notes: readonly Note[],
  from: string,
): string {
  const lines = [...comment(from, ''), 'personalities:'];
  for (const { id, egressId, source, fields, egress } of personalities) {
    const some = source.slice(0, MOST_SOURCE_LINES);
    lines.push(...some.flatMap((words) => comment(words, '  ')));
    if (source.length > some.length) lines.push(`  # and ${source.length - some.length} more`);
    lines.push(...personalityLines(id, egressId === undefined ? fields : { ...fields, egress: egressId }));
    if (egress !== undefined && egressId !== undefined) {
      lines.push(`  # what comes from a VM with ${plain(id)}`, ...personalityLines(egressId, egress));
    }
  }
  if (notes.length > 0)
    lines.push('# not word for word:', ...notes.flatMap((note) => comment(noteText(note), '')));
  return `${lines.join('\n')}\n`;
}

/** `left out: seed 7: a scenario's own seed decides (line 3)`. */
export const noteText = ({ kind, words, why, line }: Note): string =>
  `${kind}: ${words}: ${why}${line === undefined ? '' : ` (line ${line})`}`;

function personalityLines(id: string, fields: Profile): string[] {
  const written = Object.entries(grouped(fields));
  if (written.length === 0) return [`  ${scalar(id)}: {}`];
  return [`  ${scalar(id)}:`, ...written.flatMap(([name, value]) => fieldLines(name, value, '    '))];
}

type Written = ParamValue | Readonly<Record<string, ParamValue>>;

/** `loss.p` as `p` in `loss`. */
function grouped(fields: Profile): Readonly<Record<string, Written>> {
  const result: Record<string, Written> = {};
  for (const [path, value] of Object.entries(fields)) {
    const [name = '', inner] = path.split('.');
    if (inner === undefined) result[name] = value;
    else
      result[name] = {
        ...(result[name] as Readonly<Record<string, ParamValue>> | undefined),
        [inner]: value,
      };
  }
  return result;
}

function fieldLines(name: string, value: Written, indent: string): string[] {
  if (isValue(value)) return [`${indent}${name}: ${valueText(value)}`];
  const inner = Object.entries(value).map(([key, each]) => `${key}: ${valueText(each)}`);
  const line = `${indent}${name}: { ${inner.join(', ')} }`;
  return line.length <= WIDTH ? [line] : [`${indent}${name}:`, ...inner.map((each) => `${indent}  ${each}`)];
}

const isValue = (value: Written): value is ParamValue => typeof value !== 'object' || Array.isArray(value);

const valueText = (value: ParamValue): string =>
  typeof value === 'string'
    ? scalar(value)
    : typeof value === 'object'
      ? `[${value.join(', ')}]`
      : String(value);

/** Words that YAML takes for something else. */
const WORDS = /^(true|false|null|yes|no|on|off|y|n|~)$/i;

const scalar = (text: string): string =>
  /^[A-Za-z][\w./-]*$/.test(text) && !WORDS.test(text) ? text : JSON.stringify(text);

/** One line at most 110 wide after another; nothing in them can end the comment. */
function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of plain(text).split(' ')) {
    if (line !== '' && indent.length + 2 + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `${indent}# ${each}`.trimEnd());
}

const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
