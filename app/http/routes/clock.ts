/** The pace of virtual time. */
import { parseDuration } from '../../../scenarios/index.ts';
import type { Speed, Steering } from '../../operation/run.ts';
import { SPEED_BODY, STEP_BODY } from '../openapi/components.ts';
import { ref } from '../openapi/json-schema.ts';
import { ended } from '../perform.ts';
import { type Answer, AT, atHeader, type Call, type Context, checked, inJson, type Route } from '../route.ts';

const EXAMPLE = { now: 1_500_000_000, state: 'running', speed: 1, lag: 0 };
const PAUSED = { ...EXAMPLE, state: 'paused' };
const CLOCK = ref('Clock');

export const clockRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/clock',
    operationId: 'getClock',
    tag: 'clock',
    summary: 'What time it is',
    successes: { 200: inJson('The clock.', CLOCK, EXAMPLE) },
    problems: [],
    answer: async (_call, { run }) => ({ body: await run.clock() }),
  },
  {
    method: 'post',
    path: '/v1/clock/pause',
    operationId: 'pauseClock',
    tag: 'clock',
    summary: 'Lets virtual time stand still',
    description: 'Commands are carried out all the same, at the instant at which it stands.',
    successes: { 200: inJson('The clock after it.', CLOCK, PAUSED, [AT]) },
    problems: [409],
    answer: (_call, context) => steer({ do: 'pause' }, context),
  },
  {
    method: 'post',
    path: '/v1/clock/resume',
    operationId: 'resumeClock',
    tag: 'clock',
    summary: 'Lets virtual time go on',
    successes: { 200: inJson('The clock after it.', CLOCK, EXAMPLE, [AT]) },
    problems: [409],
    answer: (_call, context) => steer({ do: 'resume' }, context),
  },
  {
    method: 'post',
    path: '/v1/clock/step',
    operationId: 'stepClock',
    tag: 'clock',
    summary: 'Goes on by so much, and pauses there',
    description: 'As fast as it goes; answered when it is there.',
    body: {
      schema: ref('Step'),
      required: true,
      examples: { step: { summary: 'A tenth of a second', value: { by: '100ms' } } },
    },
    successes: { 200: inJson('The clock there.', CLOCK, PAUSED, [AT]) },
    problems: [409],
    answer({ body }: Call, context) {
      const { by } = checked(STEP_BODY, body);
      return steer({ do: 'step', by: parseDuration(by) ?? 1 }, context);
    },
  },
  {
    method: 'put',
    path: '/v1/clock/speed',
    operationId: 'setSpeed',
    tag: 'clock',
    summary: 'Sets the pace',
    body: {
      schema: ref('SpeedBody'),
      required: true,
      examples: {
        ten: { summary: 'Ten virtual seconds in a real one', value: { speed: 10 } },
        max: { summary: 'As fast as it goes', value: { speed: 'max' } },
      },
    },
    successes: { 200: inJson('The clock after it.', CLOCK, { ...EXAMPLE, speed: 10 }, [AT]) },
    problems: [409],
    answer({ body }: Call, context) {
      const { speed } = checked(SPEED_BODY, body);
      return steer({ do: 'speed', speed: speed as Speed }, context);
    },
  },
];

async function steer(steering: Steering, { run }: Context): Promise<Answer> {
  const { state } = await run.clock();
  if (state === 'ended' || state === 'failed') throw ended();
  const clock = await run.steer(steering);
  return { headers: atHeader(clock.now), body: clock };
}
