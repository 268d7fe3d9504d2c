/** What a personality means for packets from the VM that has it. */
import { FIELDS } from './fields.ts';
import type { Profile } from './profile.ts';

/** The id of the personality that applies to what the VM sends. */
export function egressOf(profile: Profile | undefined): string | undefined {
  const egress = profile?.['egress'];
  return typeof egress === 'string' ? egress : undefined;
}

/** Where packets go to is not decided on their way out, and what applies to them there has no second way out. */
const ONLY_INWARD: ReadonlySet<string> = new Set(
  FIELDS.filter(({ stage }) => stage === 'routing' || stage === 'egress').map(({ path }) => path),
);

const OUTWARD = new WeakMap<Profile, Profile>();

/** What is left of a profile on the way out; for the same profile the same. */
export function outward(profile: Profile): Profile {
  let left = OUTWARD.get(profile);
  if (left === undefined) {
    left = Object.fromEntries(Object.entries(profile).filter(([path]) => !ONLY_INWARD.has(path)));
    OUTWARD.set(profile, left);
  }
  return left;
}

/** The ids from `id` back to `id`, or to whichever was met twice: `a, b, a`. Null when each has a way out of its own, or none. */
export function egressCircle(id: string, profiles: ReadonlyMap<string, Profile>): readonly string[] | null {
  const met = [id];
  for (let next = egressOf(profiles.get(id)); next !== undefined; next = egressOf(profiles.get(next))) {
    met.push(next);
    if (next === id) return met;
    // A circle that others make is theirs.
    if (met.length > profiles.size + 1) return null;
  }
  return null;
}
