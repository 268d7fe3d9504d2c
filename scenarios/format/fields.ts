/** Fields of a personality, from what a file says to values in the fields' own units. */
import { FIELDS, type Field, listProblem, listText, type ParamValue, type Profile } from '../../sim/index.ts';
import { type Findings, messageOf, words } from './findings.ts';
import { readNumbers } from './number-lists.ts';
import { UnreadableList } from './packet-lists.ts';
import type { Path } from './path.ts';
import { quantityOf, readQuantity } from './quantity.ts';
import { mapping, type Raw, text } from './raw.ts';

export const FIELD_BY_PATH: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.path, field]));

/** Where a field stands in a mapping. */
export const fieldPath = (at: Path, field: string): Path => [...at, ...field.split('.')];

/** What a mapping says about a field; undefined: nothing. */
export const givenFor = (field: Field, raw: Raw): unknown => given(stepsOf(field.path), raw);

/** A field's name, or its group's and its own. */
interface Steps {
  readonly name: string;
  readonly inner: string | undefined;
}

function stepsOf(path: string): Steps {
  const [name = '', inner] = path.split('.');
  return { name, inner };
}

function given({ name, inner }: Steps, raw: Raw): unknown {
  const outer = raw[name];
  return inner === undefined || outer === undefined ? outer : mapping(outer)[inner];
}

/** Taken apart once: commands are read by the thousand. */
const FIELD_STEPS = FIELDS.map((field) => ({ field, steps: stepsOf(field.path) }));

/** A value that needs no file, in the field's unit; undefined when it is none. */
export function readField(field: Field, value: unknown): ParamValue | undefined {
  const quantity = quantityOf(field);
  if (quantity !== undefined) return readQuantity(quantity, value) ?? undefined;
  if (field.kind === 'boolean') return typeof value === 'boolean' ? value : undefined;
  if (field.kind === 'personality' || field.kind === 'flow') return text(value);
  return field.choices?.find((choice) => choice === value);
}

/** Reads the bytes of a file that stands for a list of numbers. `at`: where it is named. Throws when there is none. */
export type ReadFile = (path: string, at: Path) => Uint8Array;

export const noFiles: ReadFile = () => {
  throw new Error('no files can be read here');
};

export interface ReadFields {
  readonly profile: Profile;
  /** False when something that was given could not be read; that has been reported. */
  readonly isWhole: boolean;
}

export class FieldReader {
  readonly #findings: Findings;
  readonly #read: ReadFile;
  /** Settings are compared by identity, so lists of the same numbers are one. */
  readonly #lists = new Map<string, readonly number[]>();

  constructor(findings: Findings, read: ReadFile = noFiles) {
    this.#findings = findings;
    this.#read = read;
  }

  /** The fields in a mapping, flat. What the schema has refused is absent. */
  read(raw: Raw, at: Path): ReadFields {
    const profile: Record<string, ParamValue> = {};
    let isWhole = true;
    // In the order of the definitions, so that the order of keys in the file cannot matter.
    for (const { field, steps } of FIELD_STEPS) {
      const found = given(steps, raw);
      if (found === undefined) continue;
      const value =
        field.kind === 'numbers'
          ? this.#numbers(field, found, fieldPath(at, field.path))
          : readField(field, found);
      if (value === undefined) isWhole = false;
      else profile[field.path] = value;
    }
    return { profile, isWhole };
  }

  #numbers(field: Field, value: unknown, at: Path): readonly number[] | undefined {
    const file = text(value);
    if (file !== undefined) return this.#fromFile(field, file, at);
    if (!Array.isArray(value)) return undefined;
    const problem = listProblem(field, value);
    if (problem === null) return this.#same(value);
    const { index, found, allowed } = problem;
    this.#findings.add(index < 0 ? at : [...at, index], words(found), allowed);
    return undefined;
  }

  #fromFile(field: Field, file: string, at: Path): readonly number[] | undefined {
    if (field.reader === undefined) {
      this.#findings.add(at, file, listText(field));
      return undefined;
    }
    try {
      const bytes = this.#read(file, at);
      return this.#same(checked(field, readNumbers(field.reader, bytes)));
    } catch (error) {
      const isList = error instanceof UnreadableList;
      const allowed = isList ? error.allowed : 'a file that can be read';
      this.#findings.add(at, words(`${file}: ${messageOf(error)}`), allowed);
      return undefined;
    }
  }

  #same(numbers: readonly number[]): readonly number[] {
    const key = numbers.join();
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const list = Object.freeze([...numbers]);
    this.#lists.set(key, list);
    return list;
  }
}

/** Where the numbers stand one a line, the line is told. */
function checked(field: Field, numbers: readonly number[]): readonly number[] {
  const problem = listProblem(field, numbers);
  if (problem === null) return numbers;
  const { index, found, allowed } = problem;
  throw new UnreadableList(index < 0 ? found : `${found} in line ${index + 1}`, allowed);
}
