/** Do the loss fields of a personality belong together? */
import type { CombinationProblem } from './check.ts';
import { lossModels } from './loss-models/index.ts';
import type { AnyLossModel, AnyLossValues } from './loss-models/model.ts';
import type { Params, ParamValue } from './params.ts';
import type { Profile } from './profile.ts';

/**
 * Fields that the model does without, fields that it lacks, and loss that cannot be. Somebody who sets another model's field expects
 * something that would not happen: it is refused, unless it has its identity. Of an update, `given` are the fields that it sets;
 * those that another model left behind before it are nobody's mistake.
 */
export function lossProblems(profile: Profile, given: Profile = profile): readonly CombinationProblem[] {
  const name = profile['loss.model'] ?? 'random';
  const model = lossModels.find((each) => each.name === name);
  if (model === undefined) return [];
  const missing = missingProblems(model, profile);
  return [
    ...unusedProblems(model, given),
    ...(missing.length > 0 ? missing : (model.problems?.(valuesFor(model.params, profile)) ?? [])),
  ];
}

function unusedProblems(model: AnyLossModel, given: Profile): CombinationProblem[] {
  return Object.entries(given).flatMap(([path, value]) => {
    const users = lossModels.filter((each) => path in each.params);
    if (users.length === 0 || users.includes(model) || value === users[0]!.params[path]!.identity) return [];
    const names = users.map((user) => user.name);
    const found = `${Array.isArray(value) ? `a list of ${value.length}` : value} with loss.model ${model.name}, which does not use it`;
    return [{ path, found, allowed: `only with loss.model ${orText(names)}` }];
  });
}

function missingProblems(model: AnyLossModel, profile: Profile): CombinationProblem[] {
  return model.needs
    .filter((path) => profile[path] === undefined)
    .map((path) => ({ path, found: 'nothing', allowed: `a value: loss.model ${model.name} needs it` }));
}

function valuesFor(params: Params, profile: Profile): AnyLossValues {
  const values: Record<string, ParamValue | undefined> = {};
  for (const [path, param] of Object.entries(params)) values[path] = profile[path] ?? param.identity;
  return values;
}

/** `a, b or c`. */
const orText = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
