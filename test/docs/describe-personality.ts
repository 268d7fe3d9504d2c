/** The type of a personality as it is written, as TypeScript, from the definitions of its fields. */
import { FIELDS, type Field } from '../../sim/index.ts';

/** A text with a unit is as good as a number in the field's own: `'40ms'`, `'10Mbit'`. */
const TYPES: Readonly<Record<Field['kind'], string>> = {
  probability: 'number',
  milliseconds: 'number | string',
  kilobits: 'number | string',
  bytes: 'number | string',
  count: 'number',
  number: 'number',
  choice: 'string',
  boolean: 'boolean',
  numbers: 'readonly number[]',
  personality: 'string',
  flow: 'string',
};

const UNITS: Readonly<Partial<Record<Field['kind'], string>>> = {
  probability: '0 to 1',
  milliseconds: 'ms, or a text with a unit',
  kilobits: 'kbit/s, or a text with a unit',
  bytes: 'bytes, or a text with a unit',
};

/** The longest line that the formatter leaves as it is. */
const LINE = 110;

/** The text of `app/client/personality.ts`. */
export function describePersonality(): string {
  const groups = new Map<string, Field[]>();
  for (const field of FIELDS) {
    const [name = ''] = field.path.split('.');
    groups.set(name, [...(groups.get(name) ?? []), field]);
  }
  const members = [...groups].map(([name, fields]) => {
    const [first] = fields;
    if (first !== undefined && first.path === name) return member(first, name, '  ');
    const inner = fields.map((field) => member(field, field.path.slice(name.length + 1), '    '));
    return `  readonly ${name}?: {\n${inner.join('\n')}\n  };`;
  });
  return [
    '/** Made from the definitions of the stages; `npm run docs` writes it anew. */',
    '',
    '/** A personality as it is written: what is absent does nothing, or has its default. */',
    'export interface PersonalityFields {',
    '  /** The name of a preset, whose values the others override. */',
    '  readonly preset?: string;',
    ...members,
    '}',
    '',
  ].join('\n');
}

function member({ kind, help, choices }: Field, name: string, indent: string): string {
  const type = choices === undefined ? TYPES[kind] : choices.map((choice) => `'${choice}'`).join(' | ');
  const unit = UNITS[kind] === undefined ? '' : ` (${UNITS[kind]})`;
  const comment = `${indent}/** ${help.replaceAll('*/', '* /')}${unit} */`;
  const line = `${indent}readonly ${name}?: ${type};`;
  if (line.length <= LINE) return `${comment}\n${line}`;
  // As the formatter breaks it.
  const parts = type.split(' | ').map((part) => `\n${indent}  | ${part}`);
  return `${comment}\n${indent}readonly ${name}?:${parts.join('')};`;
}
