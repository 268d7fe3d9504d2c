/** Lists of numbers that are read from files: what stands in them, and in which line. */
import { DistError, parseDist } from '../../engine/index.ts';
import type { NumbersReader } from '../../sim/index.ts';
import { UnreadableList } from './packet-lists.ts';

/**
 * The numbers of a file, those of `ordinals` and `mahimahi` one a line. Whether a field may hold them is not looked at.
 *
 * @throws {UnreadableList} for what is no such file, with the first line that is wrong and how many more are.
 */
export function readNumbers(reader: NumbersReader, bytes: Uint8Array): readonly number[] {
  const text = textOf(bytes);
  if (reader === 'dist') return readDist(text);
  if (reader === 'ordinals') return eachLine(text, 'one whole number a line');
  const opportunities = eachLine(text, 'one whole number of milliseconds a line');
  // The trace begins anew after its last line, which must therefore not be at its beginning.
  if (opportunities.at(-1) === 0)
    throw new UnreadableList(inLine('0', opportunities.length), 'a trace whose last line is above 0');
  return opportunities;
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableList('no text (it is not UTF-8)', 'a text file');
  }
}

const WHOLE = /^\d{1,15}$/;

function eachLine(text: string, allowed: string): readonly number[] {
  const lines = text.split(/\r?\n/);
  // What ends a line is not another line.
  if (lines.at(-1) === '') lines.pop();
  const isWrong = (line: string): boolean => !WHOLE.test(line.trim());
  const first = lines.findIndex(isWrong);
  if (first < 0) return lines.map(Number);
  const rest = lines.filter(isWrong).length - 1;
  throw new UnreadableList(`${inLine(lines[first], first + 1)}${more(rest)}`, allowed);
}

function readDist(text: string): readonly number[] {
  try {
    return parseDist(text);
  } catch (error) {
    const [first, ...rest] = error instanceof DistError ? error.problems : [];
    if (first === undefined) throw error;
    const { line, found, allowed } = first;
    throw new UnreadableList(`${line === 0 ? found : inLine(found, line)}${more(rest.length)}`, allowed);
  }
}

const more = (count: number): string => (count === 0 ? '' : `, and ${count} more`);

const inLine = (text = '', line: number): string =>
  `${JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text)} in line ${line}`;
