/** Reads dialects that are JSON or YAML: what is wrong and what is worth a note, each with its line. */
import { Findings, words } from '../format/findings.ts';
import { locate } from '../format/locate.ts';
import { type Path, pathText } from '../format/path.ts';
import { failure, type Outcome, type Problem, success } from '../format/problems.ts';
import { isMapping, type Raw } from '../format/raw.ts';
import { readYaml } from '../format/reader.ts';
import { type Imported, type ImportedPersonality, type Note, tidy } from './dialect.ts';

const NUMERIC = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
}

/** One document of a file. */
export class DocumentReader {
  readonly findings = new Findings();
  readonly #text: string;
  /** Lines of the file before the document. */
  readonly #before: number;
  readonly #notes: (Omit<Note, 'line'> & { readonly at: Path })[] = [];

  constructor(text: string, before = 0) {
    this.#text = text;
    this.#before = before;
  }

  note(kind: Note['kind'], at: Path, value: unknown, why: string): void {
    const told = value === undefined || isMapping(value) ? pathText(at) : `${pathText(at)}: ${plain(value)}`;
    this.#notes.push({ kind, at, words: told, why });
  }

  /** Reports fields that are none of these. */
  closed(raw: Raw, at: Path, names: readonly string[]): void {
    for (const name of Object.keys(raw)) {
      if (names.includes(name)) continue;
      this.findings.unknown([...at, name], name, `the fields ${names.join(', ')}`, names);
    }
  }

  mapping(raw: Raw, name: string, at: Path): Raw | undefined {
    const value = raw[name];
    if (value === undefined || value === null) return undefined;
    if (isMapping(value)) return value;
    this.findings.add([...at, name], value, 'a mapping');
    return undefined;
  }

  /** Of the choices; undefined when absent or, reported, none of them. */
  choice(raw: Raw, name: string, at: Path, choices: readonly string[]): string | undefined {
    const value = raw[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string' && choices.includes(value)) return value;
    this.findings.unknown([...at, name], String(value), choices.join(', '), choices);
    return undefined;
  }

  /** A number, which may stand in quotes. `otherwise` when absent or, reported, none. */
  number(raw: Raw, name: string, at: Path, what: string, otherwise: number, range: Range = {}): number {
    const value = raw[name];
    if (value === undefined || value === null || value === '') return otherwise;
    const number = typeof value === 'string' && NUMERIC.test(value) ? Number(value) : value;
    const { min = -Infinity, max = Infinity, whole = false } = range;
    if (typeof number === 'number' && number >= min && number <= max && !(whole && !Number.isInteger(number)))
      return number;
    this.findings.add([...at, name], value, what);
    return otherwise;
  }

  /** 0 to 100 as a probability. */
  percent(raw: Raw, name: string, at: Path): number {
    const range = { min: 0, max: 100 };
    return tidy(this.number(raw, name, at, 'a percentage from 0 to 100', 0, range) / 100);
  }

  milliseconds(raw: Raw, name: string, at: Path): number {
    return this.number(raw, name, at, 'a number of ms', 0, { min: 0 });
  }

  missing(at: Path, allowed: string): void {
    this.findings.add(at, undefined, allowed);
  }

  wrong(at: Path, found: string, allowed: string): void {
    this.findings.add(at, words(found), allowed);
  }

  outcome(personalities: readonly ImportedPersonality[]): Outcome<Imported> {
    const places = [...this.findings.all, ...this.#notes].map(({ at }) => at);
    const found = locate(this.#text, places).map((place) => (place?.line ?? 1) + this.#before);
    const count = this.findings.all.length;
    if (count > 0) {
      const problems = this.findings.all.map(
        ({ at, ...rest }, index): Problem => ({ path: pathText(at), ...rest, line: found[index]! }),
      );
      return failure(problems);
    }
    const notes = this.#notes.map(
      ({ at: _at, ...note }, index): Note => ({ ...note, line: found[count + index]! }),
    );
    return success({ personalities, notes });
  }
}

/** Reads a text and hands its document on, or tells why it is none. */
export function withDocument(
  text: string,
  use: (document: unknown, reader: DocumentReader) => readonly ImportedPersonality[],
): Outcome<Imported> {
  const document = readYaml(text);
  if (!document.ok) return document;
  const reader = new DocumentReader(text);
  return reader.outcome(use(document.value, reader));
}

const plain = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 80);

/** Only what is there and does something. */
export function fieldsThatAct(fields: Readonly<Record<string, number | string | boolean | undefined>>) {
  const acting: Record<string, number | string | boolean> = {};
  for (const [path, value] of Object.entries(fields)) {
    if (value !== undefined && value !== 0) acting[path] = value;
  }
  return acting;
}
