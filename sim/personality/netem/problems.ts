/** Can netem do what these fields say? */
import type { CombinationProblem } from '../check.ts';
import { FIELDS } from '../fields.ts';
import type { Profile } from '../profile.ts';
import { NETEM_LOSS_MODELS, NETEM_REPLACES, netemReads } from './fields.ts';

/**
 * With `netemCompat`: fields of the stages that netem stands in for, which it has no option for. Of an update, `given` are the fields that
 * it sets; whoever turns netem on means all of them.
 */
export function netemProblems(profile: Profile, given: Profile = profile): readonly CombinationProblem[] {
  if (profile['netemCompat'] !== true) return [];
  const asked = 'netemCompat' in given ? profile : given;
  const problems: CombinationProblem[] = [];
  for (const { path, stage, identity } of FIELDS) {
    const value = asked[path];
    if (value === undefined || value === identity || !NETEM_REPLACES.includes(stage)) continue;
    if (!(path in netemReads)) {
      const found = Array.isArray(value) ? `a list of ${value.length}` : String(value);
      problems.push({ path, found, allowed: 'only without netemCompat: netem has no such option' });
    }
  }
  const model = asked['loss.model'];
  if (typeof model === 'string' && !NETEM_LOSS_MODELS.includes(model)) {
    const models = `${NETEM_LOSS_MODELS.slice(0, -1).join(', ')} or ${NETEM_LOSS_MODELS.at(-1)}`;
    problems.push({
      path: 'loss.model',
      found: model,
      allowed: `with netemCompat ${models}: netem has no others`,
    });
  }
  return problems;
}
