/** Are these values allowed? The last line of defence for every door: files, HTTP, programs. */
import type { Problem } from '../problem.ts';
import { FIELDS, type Field } from './fields.ts';
import { lossProblems } from './loss-problems.ts';
import { netemProblems } from './netem/problems.ts';
import type { Param } from './params.ts';
import type { Profile } from './profile.ts';
import { bandwidthProblems } from './service/problems.ts';
import { jitterProblems } from './stages/delay.ts';
import { outageProblems } from './stages/outage.ts';

/** What only several fields together show; `path` is that of the field to blame. */
export interface CombinationProblem {
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
}

/**
 * Each looks at a whole profile, whose fields are allowed one by one. `given` are those of them that somebody has just set, who is not
 * to blame for what others left behind.
 */
const COMBINATIONS: readonly ((profile: Profile, given: Profile) => readonly CombinationProblem[])[] = [
  burstProblems,
  bandwidthProblems,
  lossProblems,
  outageProblems,
  jitterProblems,
  netemProblems,
];

const BY_PATH: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.path, field]));

/** What a field allows, in words: `0 to 1`, `Static, Dynamic or Chaotic`. */
export function allowedText(field: Field): string {
  if (field.kind === 'boolean') return 'true or false';
  if (field.kind === 'personality') return 'the id of a personality';
  if (field.kind === 'flow') return 'the id of traffic';
  if (field.kind === 'numbers') return listText(field);
  if (field.kind === 'choice') {
    const choices = field.choices ?? [];
    return choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
  }
  if (field.kind === 'probability') return '0 to 1 (1 % is written 0.01)';
  const { min, max } = field;
  const what = field.kind === 'count' || field.kind === 'bytes' ? 'a whole number' : 'a number';
  if (field.aboveMin === true) return `${what} above ${min}, at most ${max}`;
  return min === undefined ? what : `${what} from ${min} to ${max}`;
}

/** Every problem of a set of fields, each with its path below `path`. */
export function checkProfile(profile: Profile, path: string): Problem[] {
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(profile)) {
    const field = BY_PATH.get(name);
    if (field === undefined) {
      problems.push({
        path: `${path}.${name}`,
        found: 'an unknown field',
        allowed: 'the fields of a personality',
      });
    } else if (!allows(field, value)) {
      problems.push({ path: `${path}.${name}`, found: shortText(value), allowed: allowedText(field) });
    }
  }
  return problems;
}

/** A value in short: a list by its length. */
export const shortText = (value: unknown): string =>
  Array.isArray(value) ? (value.length === 0 ? 'an empty list' : `a list of ${value.length}`) : String(value);

/** Every impossible combination in a whole profile, each with its path within it. Of fields that are not allowed it says nothing. */
export function combinationProblems(profile: Profile, given = profile): readonly CombinationProblem[] {
  return COMBINATIONS.flatMap((problemsOf) => problemsOf(profile, given));
}

function burstProblems(profile: Profile): readonly CombinationProblem[] {
  const burst = profile['bandwidth.burstBytes'];
  const mtu = profile['mtu'] ?? BY_PATH.get('mtu')?.default;
  if (typeof burst !== 'number' || typeof mtu !== 'number' || burst >= mtu) return [];
  const allowed = `at least the MTU, ${mtu}: a packet larger than the bucket would never leave`;
  return [{ path: 'bandwidth.burstBytes', found: String(burst), allowed }];
}

/** No list is longer than this, whatever its field says. */
const MOST_NUMBERS = 1_000_000;

/** What a field of kind `numbers` allows, in words: `a list of up to 1000 whole numbers from 1 on, ascending`. */
export function listText(param: Param): string {
  const { fewest = 1, most = MOST_NUMBERS, order } = param;
  const count = fewest > 1 ? `${fewest} to ${most}` : `up to ${most}`;
  const sorted = order === undefined ? '' : order === 'ascending' ? ', ascending' : ' that never fall';
  return `a list of ${count} ${numbersText(param)}${sorted}`;
}

/** What each of them may be: `whole numbers from 1 on`. */
export function numbersText({ whole = false, min, max, aboveMin = false }: Param): string {
  const what = whole ? 'whole numbers' : 'numbers';
  if (min === undefined) return max === undefined ? what : `${what} up to ${max}`;
  if (aboveMin) return `${what} above ${min}${max === undefined ? '' : `, at most ${max}`}`;
  return `${what} from ${min} ${max === undefined ? 'on' : `to ${max}`}`;
}

export interface ListProblem {
  /** Of the first number that is wrong; -1: the list as a whole is. */
  readonly index: number;
  readonly found: string;
  readonly allowed: string;
}

/** What is wrong with the value of a field of kind `numbers`; null when nothing is. */
export function listProblem(param: Param, numbers: readonly unknown[]): ListProblem | null {
  const { fewest = 1, most = MOST_NUMBERS, min = -Infinity, max = Infinity } = param;
  if (numbers.length < fewest || numbers.length > most) {
    return { index: -1, found: shortText(numbers), allowed: listText(param) };
  }
  let before = -Infinity;
  for (let index = 0; index < numbers.length; index++) {
    const value = numbers[index];
    const isNumber =
      typeof value === 'number' &&
      Number.isFinite(value) &&
      (param.whole !== true || Number.isSafeInteger(value)) &&
      (param.aboveMin === true ? value > min : value >= min) &&
      value <= max;
    if (!isNumber) return { index, found: shortText(value), allowed: numbersText(param) };
    if (param.order === 'ascending' && value <= before && index > 0) {
      return { index, found: String(value), allowed: `numbers in ascending order, here above ${before}` };
    }
    if (param.order === 'nonDecreasing' && value < before) {
      return { index, found: String(value), allowed: `numbers that never fall, here from ${before} on` };
    }
    before = value;
  }
  return null;
}

function allows(field: Field, value: unknown): boolean {
  if (field.kind === 'boolean') return typeof value === 'boolean';
  if (field.kind === 'personality' || field.kind === 'flow') return typeof value === 'string' && value !== '';
  if (field.kind === 'numbers') return Array.isArray(value) && listProblem(field, value) === null;
  if (field.kind === 'choice') return (field.choices ?? []).some((choice) => choice === value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if ((field.kind === 'count' || field.kind === 'bytes') && !Number.isInteger(value)) return false;
  if (field.kind === 'probability') return value >= 0 && value <= 1;
  const { min = -Infinity, max = Infinity } = field;
  return value <= max && (field.aboveMin === true ? value > min : value >= min);
}
