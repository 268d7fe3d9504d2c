/** A personality on its own, as an HTTP request or a program hands it over: the same form, the same checks as in a file. */
import type { Profile } from '../../sim/index.ts';
import { FieldReader } from './fields.ts';
import { Findings } from './findings.ts';
import { pathText } from './path.ts';
import { type Presets, readPersonality } from './personalities.ts';
import { failure, type Outcome, success } from './problems.ts';
import { personality } from './schema/personalities.ts';
import { validate } from './validate.ts';

/** From `{ preset: 'lte', latencyMs: 80, bandwidth: { queueBytes: '30kB' } }` to flat fields in their own units, or every problem. Names no files; an egress
 * that is a preset's way up ({@link upProfile}) has to be created first. */
export function parsePersonality(value: unknown, presets: Presets = new Map()): Outcome<Profile> {
  const findings = new Findings();
  validate(personality, value, findings);
  const profile = readPersonality(value, [], presets, new FieldReader(findings), findings);
  if (findings.count === 0) return success(profile);
  return failure(findings.all.map(({ at, ...rest }) => ({ path: pathText(at), ...rest })));
}
