/** Lists of numbers that are read from files: what stands in them, and in which line. */
import type { NumbersReader } from '../../sim/index.ts';
import { UnreadableList } from './packet-lists.ts';

export interface NumberList {
  readonly numbers: readonly number[];
  /** In which line each stands, from 1. */
  readonly lines: readonly number[];
}

/** netem's tables hold 16-bit values in this scale: 8192 is one standard deviation. */
const DIST_SCALE = 8192;
/** mahimahi repeats a trace after its last opportunity, which must therefore not be at its beginning. */
const NO_TIME = 'a trace whose last line is above 0';

/** @throws {UnreadableList} for what is no such file; whether the numbers may be what they are is not looked at. */
export function readNumbers(reader: NumbersReader, bytes: Uint8Array): NumberList {
  const lines = linesOf(bytes);
  switch (reader) {
    case 'ordinals':
      return eachLine(lines, 'one whole number');
    case 'dist':
      return eachWord(lines);
    case 'mahimahi': {
      const list = eachLine(lines, 'one whole number of milliseconds');
      if (list.numbers.at(-1) === 0) throw new UnreadableList(`"0" in line ${lines.length}`, NO_TIME);
      return list;
    }
  }
}

function linesOf(bytes: Uint8Array): readonly string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableList('no text (it is not UTF-8)', 'a text file');
  }
  const lines = text.split(/\r?\n/);
  // What ends a line is not another line.
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

const WHOLE = /^\d{1,15}$/;
const SIGNED = /^[+-]?\d{1,15}$/;

function eachLine(lines: readonly string[], allowed: string): NumberList {
  const numbers = lines.map((line, index) => {
    if (!WHOLE.test(line.trim())) throw new UnreadableList(inLine(line, index), allowed);
    return Number(line);
  });
  return { numbers, lines: numbers.map((_, index) => index + 1) };
}

/** As `iproute2` reads its tables (`tc/q_netem.c`): whole numbers between white space, `#` up to the end of the line is a comment. */
function eachWord(lines: readonly string[]): NumberList {
  const numbers: number[] = [];
  const places: number[] = [];
  lines.forEach((line, index) => {
    for (const word of line.replace(/#.*/, '').split(/\s+/)) {
      if (word === '') continue;
      const value = SIGNED.test(word) ? Number(word) : Number.NaN;
      if (!(value >= -32768 && value <= 32767)) {
        throw new UnreadableList(inLine(word, index), 'whole numbers from -32768 to 32767');
      }
      numbers.push(value / DIST_SCALE);
      places.push(index + 1);
    }
  });
  return { numbers, lines: places };
}

const inLine = (text: string, index: number): string =>
  `${JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text)} in line ${index + 1}`;
