/** Are these values allowed? The last line of defence for every door: files, HTTP, programs. */
import type { Problem } from '../problem.ts';
import { FIELDS, type Field } from './fields.ts';
import type { Profile } from './profile.ts';

/** What only several fields together show; `path` is that of the field to blame. */
export interface CombinationProblem {
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
}

/** Each looks at a whole profile, whose fields are allowed one by one. */
const COMBINATIONS: readonly ((profile: Profile) => readonly CombinationProblem[])[] = [burstProblems];

const BY_PATH: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.path, field]));

/** What a field allows, in words: `0 to 1`, `Static, Dynamic or Chaotic`. */
export function allowedText(field: Field): string {
  if (field.kind === 'boolean') return 'true or false';
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
      problems.push({ path: `${path}.${name}`, found: String(value), allowed: allowedText(field) });
    }
  }
  return problems;
}

/** Every impossible combination in a whole profile, each with its path within it. Of fields that are not allowed it says nothing. */
export function combinationProblems(profile: Profile): readonly CombinationProblem[] {
  return COMBINATIONS.flatMap((problemsOf) => problemsOf(profile));
}

function burstProblems(profile: Profile): readonly CombinationProblem[] {
  const burst = profile['bandwidth.burstBytes'];
  const mtu = profile['mtu'] ?? BY_PATH.get('mtu')?.default;
  if (typeof burst !== 'number' || typeof mtu !== 'number' || burst >= mtu) return [];
  const allowed = `at least the MTU, ${mtu}: a packet larger than the bucket would never leave`;
  return [{ path: 'bandwidth.burstBytes', found: String(burst), allowed }];
}

function allows(field: Field, value: unknown): boolean {
  if (field.kind === 'boolean') return typeof value === 'boolean';
  if (field.kind === 'choice') return (field.choices ?? []).some((choice) => choice === value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if ((field.kind === 'count' || field.kind === 'bytes') && !Number.isInteger(value)) return false;
  if (field.kind === 'probability') return value >= 0 && value <= 1;
  const { min = -Infinity, max = Infinity } = field;
  return value <= max && (field.aboveMin === true ? value > min : value >= min);
}
