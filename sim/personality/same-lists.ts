/**
 * One list for the same numbers, wherever they were read: settings are compared by identity, and a trace that somebody writes down
 * once more is not another one.
 */
import type { ParamValue } from './params.ts';
import type { Profile } from './profile.ts';

export class SameLists {
  readonly #known = new Map<string, readonly number[]>();
  readonly #kept = new WeakSet<readonly number[]>();

  /** The profile with those lists that stand for its own; itself if that is what it has. */
  of(profile: Profile): Profile {
    let same: Record<string, ParamValue> | undefined;
    for (const [path, value] of Object.entries(profile)) {
      if (typeof value !== 'object') continue;
      const kept = this.#list(value);
      if (kept === value) continue;
      same ??= { ...profile };
      same[path] = kept;
    }
    return same ?? profile;
  }

  #list(numbers: readonly number[]): readonly number[] {
    if (this.#kept.has(numbers)) return numbers;
    const key = numbers.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, numbers);
    this.#kept.add(numbers);
    return numbers;
  }
}
