/** A personality while somebody edits it: a flat map from a field's path to its value, and back to the form that the API reads. */
import type { FieldJson, FieldValue, ProblemJson, WrittenFields } from './types.ts';

/** Absent: the field does what it does when nobody sets it. Numbers may be texts with a unit, as in scenarios: `4Mbit`. */
export type Draft = Readonly<Record<string, FieldValue>>;

const isGroup = (value: unknown): value is Readonly<Record<string, FieldValue>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function draftOf(fields: WrittenFields): Draft {
  const draft: Record<string, FieldValue> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!isGroup(value)) draft[name] = value as FieldValue;
    else for (const [inner, one] of Object.entries(value)) draft[`${name}.${inner}`] = one;
  }
  return draft;
}

export function writtenOf(draft: Draft): WrittenFields {
  const written: Record<string, FieldValue | Record<string, FieldValue>> = {};
  for (const [path, value] of Object.entries(draft)) {
    const [name = '', inner] = path.split('.');
    if (inner === undefined) written[name] = value;
    else written[name] = { ...(written[name] as Record<string, FieldValue> | undefined), [inner]: value };
  }
  return written;
}

export function withField(draft: Draft, path: string, value: FieldValue | undefined): Draft {
  if (value !== undefined) return { ...draft, [path]: value };
  const { [path]: _, ...rest } = draft;
  return rest;
}

/** Whatever the order of the keys. */
export function isSameDraft(one: Draft, other: Draft): boolean {
  const paths = Object.keys(one);
  return (
    paths.length === Object.keys(other).length &&
    paths.every((path) => JSON.stringify(one[path]) === JSON.stringify(other[path]))
  );
}

/** What the number of a field is shown in. */
export const UNITS: Readonly<Partial<Record<FieldJson['kind'], string>>> = {
  probability: '%',
  milliseconds: 'ms',
  kilobits: 'kbit/s',
  bytes: 'B',
};

/** Probabilities are shown in per cent. */
export function shownNumber(kind: FieldJson['kind'], value: FieldValue | null | undefined): string {
  if (value === undefined || value === null) return '';
  if (kind === 'probability' && typeof value === 'number')
    return String(Number((value * 100).toPrecision(12)));
  return String(value);
}

/** What was typed; undefined: nothing. What is no number is passed on for the API to judge: it may have a unit. */
export function typedNumber(kind: FieldJson['kind'], text: string): FieldValue | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const isPercent = kind === 'probability' && trimmed.endsWith('%');
  const value = Number(isPercent ? trimmed.slice(0, -1) : trimmed);
  if (Number.isNaN(value)) return trimmed;
  return kind === 'probability' ? Number((value / 100).toPrecision(12)) : value;
}

/** White space or commas between them; undefined: none. A text when one of them is no number. */
export function typedNumbers(text: string): FieldValue | undefined {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  if (parts.length === 0) return undefined;
  const numbers = parts.map(Number);
  return numbers.some(Number.isNaN) ? text : numbers;
}

/** Problems by the field that they are about; `''`: about none of them. */
export function problemsByField(
  problems: readonly ProblemJson[],
  fields: readonly Pick<FieldJson, 'path'>[],
): ReadonlyMap<string, readonly ProblemJson[]> {
  const byField = new Map<string, ProblemJson[]>();
  // The longest first: `x.jitter.correlation` is not about a field named `correlation`.
  const paths = fields.map(({ path }) => path).sort((one, other) => other.length - one.length);
  for (const problem of problems) {
    const isAbout = (path: string) =>
      problem.path === path || problem.path.endsWith(`.${path}`) || problem.path.startsWith(`${path}[`);
    const field = paths.find(isAbout) ?? '';
    byField.set(field, [...(byField.get(field) ?? []), problem]);
  }
  return byField;
}

/** `found 2, allowed 0 to 1; did you mean …?` */
export const problemText = ({ found, allowed, nearest }: ProblemJson): string =>
  `found ${found}; allowed: ${allowed}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;

/** `base`, or with the first number that nobody has taken: `lte-2`. */
export function freeName(base: string, taken: ReadonlySet<string>): string {
  if (!taken.has(base)) return base;
  for (let number = 2; ; number++) {
    const name = `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}
