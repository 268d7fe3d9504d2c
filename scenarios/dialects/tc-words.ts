/** Reads the options of one queueing discipline, word by word, as tc does: names may be cut short, order is free. */
import { nearestName } from '../format/findings.ts';
import type { Problem } from '../format/problems.ts';
import type { Note } from './dialect.ts';
import { MOST_PROBLEMS } from './tc-lines.ts';
import { readCount, readPercent, readRate, readSize, readTime } from './tc-units.ts';

/** What each option does with the words behind it. tc takes the first name that begins with what was typed. */
export type OptionTable = Readonly<Record<string, () => void>>;

const A_TIME = "a time in tc's units, such as 100ms or 1s";
const A_RATE = "a rate in tc's units, such as 10mbit, 500kbit or 2mbps (megabytes per second)";
const A_SIZE = "a size in tc's units, such as 1500, 32kbit or 10kb (of 1,024 bytes)";
const A_PERCENTAGE = 'a percentage from 0% to 100%';
const A_COUNT = 'a whole number';

export class OptionWords {
  readonly problems: Problem[] = [];
  readonly notes: Note[] = [];
  readonly kind: string;
  readonly #words: readonly string[];
  readonly #line: number;
  #at = 0;
  /** Of the option that is being read. */
  #from = 0;
  #name = '';

  constructor(kind: string, words: readonly string[], line: number) {
    this.kind = kind;
    this.#words = words;
    this.#line = line;
  }

  readAll(table: OptionTable): void {
    const names = Object.keys(table);
    const shortNames = names.filter((name) => name.length > 1);
    while (this.#at < this.#words.length && this.problems.length < MOST_PROBLEMS) {
      this.#from = this.#at;
      const word = this.#words[this.#at++]!;
      const name = names.includes(word) ? word : shortNames.find((each) => isShortFor(word, each));
      if (name !== undefined) {
        this.#name = name;
        table[name]?.();
      } else this.#unknown(word, names);
    }
  }

  /** The words behind an unknown name belong to it. */
  #unknown(word: string, names: readonly string[]): void {
    const nearest = nearestName(word, names);
    this.problems.push({
      path: this.kind,
      found: JSON.stringify(word),
      allowed: names.join(', '),
      ...(nearest === undefined ? {} : { nearest }),
      line: this.#line,
    });
    const isName = (next: string): boolean =>
      names.includes(next) || names.some((each) => isShortFor(next, each));
    while (this.#at < this.#words.length && !isName(this.#words[this.#at]!)) this.#at++;
  }

  problem(found: string, allowed: string, option = this.#name): void {
    this.problems.push({ path: `${this.kind}.${option}`, found, allowed, line: this.#line });
  }

  /** About the option that is being read. */
  note(kind: Note['kind'], why: string, words = this.words()): void {
    this.notes.push({ kind, words, why, line: this.#line });
  }

  /** The option that is being read, as far as it has been. */
  words(): string {
    return this.#words.slice(this.#from, this.#at).join(' ');
  }

  /** The next word, if it is this one: labels that only `tc qdisc show` prints. */
  skip(...labels: readonly string[]): boolean {
    const isNext = labels.includes(this.#words[this.#at] ?? '');
    if (isNext) this.#at++;
    return isNext;
  }

  peek(): string | undefined {
    return this.#words[this.#at];
  }

  word(allowed: string): string | undefined {
    const word = this.#words[this.#at];
    if (word === undefined) this.problem('nothing', allowed);
    else this.#at++;
    return word;
  }

  nextIsNumber(): boolean {
    return /^\d/.test(this.#words[this.#at] ?? '');
  }

  nextIsSigned(): boolean {
    return /^-?\d/.test(this.#words[this.#at] ?? '');
  }

  time = (): number => this.#read(readTime, A_TIME);
  rate = (): number => this.#read(readRate, A_RATE);
  size = (): number => this.#read(readSize, A_SIZE);
  percent = (): number => this.#read(readPercent, A_PERCENTAGE);
  count = (): number => this.#read(readCount, A_COUNT);
  /** `32kbit/8`: the part behind the slash tunes tc's rate table. */
  sizeAndCell = (): number => this.#read((word) => readSize(word.split('/')[0] ?? ''), A_SIZE);
  number = (): number =>
    this.#read((word) => (Number.isFinite(Number(word)) ? Number(word) : null), 'a number');

  /** NaN for what is none, which is told. */
  #read(read: (word: string) => number | null, allowed: string): number {
    const word = this.word(allowed);
    if (word === undefined) return Number.NaN;
    const value = read(word);
    if (value === null) this.problem(JSON.stringify(word), allowed);
    return value ?? Number.NaN;
  }
}

const isShortFor = (word: string, name: string): boolean => word.length > 1 && name.startsWith(word);
