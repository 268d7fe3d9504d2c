/** Several commands at one instant, and what has been commanded. */
import { nodes } from '../../../scenarios/index.ts';
import { BATCH_BODY } from '../openapi/components.ts';
import { ref } from '../openapi/json-schema.ts';
import { type Effect, type Names, perform } from '../perform.ts';
import { badRequest } from '../problem.ts';
import { type Answer, AT, atHeader, checked, checkedQuery, inJson, type Route } from '../route.ts';

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

const BATCHED: Names = { rename: (path) => `commands${path}`, params: [] };

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
      const actions = context.readActions(commands);
      if (!actions.ok)
        throw badRequest(
          actions.problems.map(({ path, ...rest }) => ({ ...rest, path: BATCHED.rename(path) })),
        );
      return done(await perform({ actions: actions.value }, BATCHED, context));
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
    answer: async (_call, context) => done(await perform({ actions: 'reset' }, BATCHED, context)),
  },
];

const done = ({ at, sequence }: Effect): Answer => ({ headers: atHeader(at), body: { at, sequence } });
