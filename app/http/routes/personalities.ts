/** Personalities: what packets meet. */
import { randomBytes } from 'node:crypto';
import {
  checkPart,
  nearestName,
  nodes,
  type Outcome,
  parseFields,
  parsePersonality,
  preflightReport,
  upProfile,
  writtenFields,
} from '../../../scenarios/index.ts';
import { egressOf, FIELDS, type Problem, type Profile } from '../../../sim/index.ts';
import { profileTag } from '../../operation/profile-tag.ts';
import type { Action, Order } from '../../operation/run.ts';
import { entityTag, lists, readTags } from '../entity-tag.ts';
import { impliesMore, submitDraft } from '../implied.ts';
import { ref } from '../openapi/json-schema.ts';
import { type Effect, namesOf, problemOf, type Refusal } from '../perform.ts';
import { expectedBy, explainStale, personalityNow, shown, written } from '../personality-version.ts';
import { badRequest } from '../problem.ts';
import { type Answer, AT, atHeader, type Call, type Context, inJson, type Route } from '../route.ts';
import { IF_MATCH, IF_NONE_MATCH, PERSONALITY_ID } from './parameters.ts';

const FIELDS_EXAMPLE = { latencyMs: 40, jitterMs: 3, packetLossPercentage: 0.002, bandwidthKbps: 50_000 };
const EXAMPLE = { id: 'transatlantic', ...FIELDS_EXAMPLE };
const BODY = ref('PersonalityBody');
const ONE = ref('Personality');

const CREATED = namesOf({ create: 'id' }, []);
const ID = PERSONALITY_ID.name;
const ADDRESSED = namesOf({ replace: ID, update: ID, delete: ID, create: 'egress' }, [ID]);

export const personalityRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/personalities',
    operationId: 'listPersonalities',
    tag: 'personalities',
    summary: 'All personalities',
    successes: {
      200: inJson('Every personality with its fields.', ref('Personalities'), { personalities: [EXAMPLE] }),
    },
    problems: [],
    async answer(_call, { run }) {
      const { personalities } = await run.control();
      return { body: { personalities: personalities.map(({ id, profile }) => written(id, profile)) } };
    },
  },
  {
    method: 'post',
    path: '/v1/personalities',
    operationId: 'createPersonality',
    tag: 'personalities',
    summary: 'Makes a personality',
    description:
      'From fields, or from a preset whose values the given fields replace. What a preset has for the way up becomes the personality NAME/up at the same instant, unless there is one.',
    body: {
      schema: BODY,
      required: true,
      examples: {
        fields: { summary: 'A line across the Atlantic', value: EXAMPLE },
        preset: { summary: 'A preset, but further away', value: { preset: 'lte', latencyMs: 80 } },
      },
    },
    successes: {
      201: inJson('It is there.', ONE, EXAMPLE, ['Location', 'ETag', AT]),
    },
    problems: [409],
    async answer({ body }, context) {
      const { id = madeId(body), profile } = readBody(body, context);
      const action = { op: 'create', personality: id, values: profile } as const;
      const effect = await performWithEgress(action, [], context, async (refusal) => {
        throw problemOf(refusal, CREATED);
      });
      return shown(id, profile, {
        status: 201,
        headers: { Location: `/v1/personalities/${encodeURIComponent(id)}`, ...atHeader(effect.at) },
      });
    },
  },
  {
    method: 'post',
    path: '/v1/personalities/check',
    operationId: 'checkPersonality',
    tag: 'personalities',
    summary: 'Says what a personality would mean',
    description: 'Takes what POST /v1/personalities takes, and makes nothing.',
    body: {
      schema: BODY,
      required: true,
      examples: { fields: { summary: 'A line across the Atlantic', value: FIELDS_EXAMPLE } },
    },
    successes: { 200: inJson('Its fields, and what they mean.', ref('Checked')) },
    problems: [],
    async answer({ body }, context) {
      const { profile } = readBody(body, context);
      const back = await egressProfile(profile, context);
      return { body: { personality: writtenFields(profile), preflight: preflightReport(profile, back) } };
    },
  },
  {
    method: 'get',
    path: '/v1/personalities/{personalityId}',
    operationId: 'getPersonality',
    tag: 'personalities',
    summary: 'A personality',
    params: [PERSONALITY_ID],
    headers: [IF_NONE_MATCH],
    successes: {
      200: inJson('Its fields.', ONE, EXAMPLE, ['ETag']),
      304: { description: 'It is of the version that If-None-Match names.', content: {}, headers: ['ETag'] },
    },
    problems: [404],
    async answer({ params, headers }, context) {
      const id = params['personalityId'] ?? '';
      const noneMatch = readTags('If-None-Match', headers['if-none-match']);
      const profile = await personalityNow(id, context);
      const tag = profileTag(profile);
      // Whoever keeps it asks first whether it is still so.
      const caching = { 'Cache-Control': 'no-cache' };
      if (noneMatch !== undefined && lists(noneMatch, tag))
        return { status: 304, headers: { ETag: entityTag(tag), ...caching } };
      return shown(id, profile, { headers: caching });
    },
  },
  {
    method: 'put',
    path: '/v1/personalities/{personalityId}',
    operationId: 'replacePersonality',
    tag: 'personalities',
    summary: 'Gives a personality other fields',
    description: 'Fields that are not given are absent from now on. Every VM that has it meets it at once.',
    params: [PERSONALITY_ID],
    headers: [IF_MATCH, IF_NONE_MATCH],
    body: {
      schema: BODY,
      required: true,
      examples: { fields: { summary: 'Further away', value: { ...FIELDS_EXAMPLE, latencyMs: 90 } } },
    },
    successes: { 200: inJson('As it is now.', ONE, { ...EXAMPLE, latencyMs: 90 }, ['ETag', AT]) },
    problems: [404, 409, 412],
    answer(call, context) {
      const { id = call.params['personalityId'], profile } = readBody(call.body, context);
      if (id !== call.params['personalityId'])
        throw badRequest([{ path: 'id', found: id ?? '', allowed: call.params['personalityId'] ?? '' }]);
      return change(call, context, profile, { op: 'replace', personality: id ?? '', values: profile });
    },
  },
  {
    method: 'patch',
    path: '/v1/personalities/{personalityId}',
    operationId: 'updatePersonality',
    tag: 'personalities',
    summary: 'Changes some fields of a personality',
    description: 'The others stay as they are. Every VM that has it meets it at once.',
    params: [PERSONALITY_ID],
    headers: [IF_MATCH, IF_NONE_MATCH],
    body: {
      schema: ref('PersonalityFields'),
      required: true,
      examples: { further: { summary: 'Further away', value: { latencyMs: 90 } } },
    },
    successes: { 200: inJson('As it is now.', ONE, { ...EXAMPLE, latencyMs: 90 }, ['ETag', AT]) },
    problems: [404, 409, 412],
    answer(call, context) {
      const set = orRefuse(parseFields(call.body));
      return change(call, context, set, {
        op: 'update',
        personality: call.params['personalityId'] ?? '',
        set,
      });
    },
  },
  {
    method: 'delete',
    path: '/v1/personalities/{personalityId}',
    operationId: 'deletePersonality',
    tag: 'personalities',
    summary: 'Removes a personality',
    description: 'Refused while a VM has it, or another personality names it as its egress.',
    params: [PERSONALITY_ID],
    headers: [IF_MATCH, IF_NONE_MATCH],
    successes: { 204: { description: 'It is gone.', content: {}, headers: [AT] } },
    problems: [404, 409, 412],
    async answer(call, context) {
      const id = call.params['personalityId'] ?? '';
      const expected = await expectedBy(call, id, context);
      const verdict = await context.run.submit({ actions: [{ op: 'delete', personality: id }], expected });
      if (!verdict.ok) return refuseChange(verdict, id, call, context);
      return { status: 204, headers: atHeader(verdict.at) };
    },
  },
];

const ID_ALONE = nodes.closed({ id: nodes.id({}) }, [], 'a mapping');

/** @throws {HttpProblem} with every problem. */
function readBody(body: unknown, { presets }: Context): { readonly id?: string; readonly profile: Profile } {
  const isMapping = typeof body === 'object' && body !== null && !Array.isArray(body);
  const { id, ...fields } = isMapping ? (body as Readonly<Record<string, unknown>>) : {};
  const profile = parsePersonality(isMapping ? fields : body, presets);
  const problems: Problem[] = id === undefined ? [] : [...checkPart(ID_ALONE, { id })];
  if (!profile.ok) problems.push(...profile.problems);
  if (!profile.ok || problems.length > 0) throw badRequest(problems);
  return { ...(typeof id === 'string' ? { id } : {}), profile: profile.value };
}

function orRefuse<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw badRequest(outcome.problems);
}

/** `lte-5d2f81c0`. */
function madeId(body: unknown): string {
  const { preset = 'personality' } = (body ?? {}) as { readonly preset?: unknown };
  return `${String(preset)}-${randomBytes(4).toString('hex')}`;
}

async function change(
  call: Call,
  context: Context,
  given: Profile,
  action: Extract<Action, { readonly op: 'replace' | 'update' }>,
): Promise<Answer> {
  const id = action.personality;
  const expected = await expectedBy(call, id, context);
  const effect = await performWithEgress(action, expected, context, (refusal) =>
    refuseChange(refusal, id, call, context),
  );
  const left = effect.changes.personalities.find((each) => each.id === id);
  return shown(id, left?.profile ?? given, { headers: atHeader(effect.at) });
}

/** @throws {HttpProblem} always */
async function refuseChange(refusal: Refusal, id: string, call: Call, context: Context): Promise<never> {
  if (refusal.why === 'stale') await explainStale(id, call, context);
  throw problemOf(refusal, ADDRESSED);
}

/** With the egress that comes from a preset, where there is none yet. */
async function performWithEgress(
  action: Action,
  expected: NonNullable<Order['expected']>,
  context: Context,
  refuse: (refusal: Refusal) => Promise<never>,
): Promise<Effect> {
  const isLooking = impliesMore(action, context);
  const { verdict } = await submitDraft((draft) => draft.add(action, 0), isLooking, context, expected);
  return verdict.ok ? verdict : refuse(verdict);
}

/** What packets from the VM would meet. @throws {HttpProblem} when it, or traffic that is named, does not exist. */
async function egressProfile(profile: Profile, { run, presets }: Context): Promise<Profile | null> {
  const { personalities } = await run.control();
  const problems: Problem[] = [];
  const unknown = (path: string, id: string, allowed: string, names: readonly string[]): void => {
    const nearest = nearestName(id, names);
    problems.push({ path, found: id, allowed, ...(nearest === undefined ? {} : { nearest }) });
  };
  const egress = egressOf(profile);
  const ids = personalities.map(({ id }) => id);
  const back =
    egress === undefined
      ? null
      : (personalities.find(({ id }) => id === egress)?.profile ?? upProfile(egress, presets));
  if (back === undefined) unknown('egress', egress ?? '', 'the id of a personality', ids);
  const flows = run.blueprint.flows.map(({ id }) => id);
  for (const { path } of FIELDS.filter(({ kind }) => kind === 'flow')) {
    const flow = profile[path];
    if (typeof flow === 'string' && !flows.includes(flow)) unknown(path, flow, 'the id of traffic', flows);
  }
  if (problems.length > 0) throw badRequest(problems);
  return back ?? null;
}
