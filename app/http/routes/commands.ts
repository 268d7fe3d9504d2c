/** Several commands at one instant, and what has been commanded. */
import { nodes, parsePersonality } from '../../../scenarios/index.ts';
import type { Problem, Profile } from '../../../sim/index.ts';
import type { Action } from '../../operation/run.ts';
import { type Draft, impliesMore, submitDraft } from '../implied.ts';
import { BATCH_BODY } from '../openapi/components.ts';
import { ref } from '../openapi/json-schema.ts';
import { type Effect, namesOf, perform, problemOf } from '../perform.ts';
import { badRequest } from '../problem.ts';
import {
  type Answer,
  AT,
  atHeader,
  type Context,
  checked,
  checkedQuery,
  inJson,
  type Route,
} from '../route.ts';

/** So many commands are told at once. */
const MOST_COMMANDS = 10_000;
const USUAL_COMMANDS = 1000;

const COMMANDS_QUERY = nodes.closed(
  {
    after: nodes.quantity(
      { measure: 'count', min: 0, max: Number.MAX_SAFE_INTEGER },
      { description: 'Only those with a larger number.', default: 0 },
    ),
    limit: nodes.quantity(
      { measure: 'count', min: 1, max: MOST_COMMANDS },
      { description: 'So many at most.', default: USUAL_COMMANDS },
    ),
  },
  [],
  'a mapping',
);

const EXAMPLE = { at: 1_500_000_000, sequence: 7 };
const DONE = inJson('It is done.', ref('Committed'), EXAMPLE, [AT]);

export const commandRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/commands',
    operationId: 'listCommands',
    tag: 'commands',
    summary: 'What has been commanded',
    description: 'By whomever, the scenario’s own timeline included.',
    query: COMMANDS_QUERY,
    successes: { 200: inJson('The oldest first.', ref('Commands')) },
    problems: [],
    async answer({ query }, { run }) {
      const { after = 0, limit = USUAL_COMMANDS } = checkedQuery(COMMANDS_QUERY, query);
      return { body: { commands: await run.commands(Number(after), Number(limit)) } };
    },
  },
  {
    method: 'post',
    path: '/v1/batch',
    operationId: 'postBatch',
    tag: 'commands',
    summary: 'Several commands at one instant, all or none',
    description:
      'The actions of a scenario’s timeline, without their instant. Besides personalities and assignments: VMs fail, recover and move, links and networks part and heal, traffic starts and stops.',
    body: {
      schema: ref('Batch'),
      required: true,
      examples: {
        outage: {
          summary: 'A VM fails while the line gets worse',
          value: {
            commands: [
              { update: 'transatlantic', set: { latencyMs: 90 } },
              { vm: 'spare', power: 'off' },
            ],
          },
        },
      },
    },
    successes: { 200: DONE },
    problems: [409],
    async answer({ body }, context) {
      const { commands } = checked(BATCH_BODY, body);
      return done(await performBatch(commands as readonly Raw[], context));
    },
  },
  {
    method: 'post',
    path: '/v1/reset',
    operationId: 'postReset',
    tag: 'commands',
    summary: 'Personalities and assignments as the scenario began with them',
    successes: { 200: DONE },
    problems: [409],
    answer: async (_call, context) => done(await perform({ actions: 'reset' }, namesOf({}, []), context)),
  },
];

const done = ({ at, sequence }: Effect): Answer => ({ headers: atHeader(at), body: { at, sequence } });

type Raw = Readonly<Record<string, unknown>>;

/** What a command is, but for a personality that is written in it and has no name yet. */
interface ReadCommand {
  readonly actions: readonly Action[];
  readonly written?: { readonly profile: Profile; readonly name: string };
}

async function performBatch(commands: readonly Raw[], context: Context): Promise<Effect> {
  const problems: Problem[] = [];
  const read = commands.map((command, index) =>
    readCommand(command, `commands[${index}]`, context, problems),
  );
  if (problems.length > 0) throw badRequest(problems);
  const isLooking = read.some(
    ({ actions, written }) => written !== undefined || actions.some((action) => impliesMore(action, context)),
  );
  const { verdict, draft } = await submitDraft((to) => compose(read, to), isLooking, context);
  if (verdict.ok) return verdict;
  const rename = (path: string): string =>
    path.replace(
      /^\[(\d+)\]/u,
      (_, number: string) => `commands[${draft.origins[Number(number)] ?? number}]`,
    );
  throw problemOf(verdict, { rename, params: [] });
}

function compose(commands: readonly ReadCommand[], draft: Draft): void {
  for (const [index, { actions, written }] of commands.entries()) {
    const personality = written && draft.nameOf(written.profile, written.name, index);
    for (const action of actions) {
      const isMeant = action.op === 'assign' && personality !== undefined;
      draft.add(isMeant ? { ...action, personality } : action, index);
    }
  }
}

/** Each by itself: one command may be several actions, and its problems are to be told by its number. */
function readCommand(command: Raw, path: string, context: Context, problems: Problem[]): ReadCommand {
  const { assign } = command;
  const isWritten = typeof assign === 'object' && assign !== null;
  const profile = isWritten ? parsePersonality(assign, context.presets) : undefined;
  if (profile?.ok === false)
    problems.push(...profile.problems.map((each) => ({ ...each, path: `${path}.assign.${each.path}` })));
  const name = isWritten ? nameFor(assign as Raw, command) : '';
  const actions = context.readActions([isWritten ? { ...command, assign: name } : command]);
  if (!actions.ok)
    problems.push(...actions.problems.map((each) => ({ ...each, path: each.path.replace('[0]', path) })));
  const read = actions.ok ? actions.value : [];
  for (const action of read) {
    // A file could not say so: the session would not be one.
    if (action.op === 'update' && Object.keys(action.set).length === 0)
      problems.push({
        path: `${path}.set`,
        found: 'no field',
        allowed: 'a mapping with the fields to change',
      });
  }
  return { actions: read, ...(profile?.ok === true ? { written: { profile: profile.value, name } } : {}) };
}

/** As in a scenario: after its preset, or else after the VM. */
const nameFor = ({ preset }: Raw, { vm }: Raw): string =>
  typeof preset === 'string' ? preset : `${String(vm)}-personality`;
