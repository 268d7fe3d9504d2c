/** One personality as it is now, and the conditions on its version that a request makes. */
import { nearestName, writtenFields } from '../../scenarios/index.ts';
import type { Profile } from '../../sim/index.ts';
import { profileTag } from '../operation/profile-tag.ts';
import type { Order } from '../operation/run.ts';
import { entityTag, lists, readTags } from './entity-tag.ts';
import { HttpProblem, notFound } from './problem.ts';
import type { Answer, Call, Context } from './route.ts';

/** As answers write it. */
export const written = (id: string, profile: Profile): object => ({ id, ...writtenFields(profile) });

/** With its ETag. */
export const shown = (id: string, profile: Profile, answer: Answer = {}): Answer => ({
  ...answer,
  headers: { ETag: entityTag(profileTag(profile)), ...answer.headers },
  body: written(id, profile),
});

/** @throws {HttpProblem} 404 */
export async function personalityNow(id: string, { run }: Context): Promise<Profile> {
  const { personalities } = await run.control();
  const found = personalities.find((each) => each.id === id);
  if (found !== undefined) return found.profile;
  throw noPersonality(
    id,
    personalities.map((each) => each.id),
  );
}

function noPersonality(id: string, ids: readonly string[]): HttpProblem {
  const nearest = nearestName(id, ids);
  const problem = {
    path: 'personalityId',
    found: id,
    allowed: 'the id of a personality',
    ...(nearest === undefined ? {} : { nearest }),
  };
  return notFound('there is no such personality', [problem]);
}

const stale = (header: string, found: string, allowed: string): HttpProblem =>
  new HttpProblem(412, 'the personality is not as you know it any more', {
    problems: [{ path: header, found, allowed }],
  });

/**
 * What the order has to find, so that the check and the change are one.
 *
 * @throws {HttpProblem} 412 where that is known already; 404: without a personality there is no condition on it.
 */
export async function expectedBy(
  { headers }: Call,
  id: string,
  context: Context,
): Promise<NonNullable<Order['expected']>> {
  const match = readTags('If-Match', headers['if-match']);
  const noneMatch = readTags('If-None-Match', headers['if-none-match']);
  if ((match === undefined || match.any) && noneMatch === undefined) return [];
  const tag = profileTag(await personalityNow(id, context));
  if (match !== undefined && !match.any && !match.strong.includes(tag))
    throw stale('If-Match', headers['if-match'] ?? '', entityTag(tag));
  if (noneMatch !== undefined && lists(noneMatch, tag))
    throw stale('If-None-Match', headers['if-none-match'] ?? '', `anything but ${entityTag(tag)}`);
  return [{ personality: id, tag }];
}

/** Between the look and the order, somebody else was faster. @throws {HttpProblem} 404 or 412 */
export async function explainStale(id: string, { headers }: Call, context: Context): Promise<never> {
  const now = entityTag(profileTag(await personalityNow(id, context)));
  throw stale('If-Match', headers['if-match'] ?? now, now);
}
