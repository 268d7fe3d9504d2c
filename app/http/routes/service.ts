/** The server itself, and what others answer: streams, figures for Prometheus, the page. */
import { packageVersion } from '../../version.ts';
import { EVENTS_QUERY } from '../events.ts';
import { ref } from '../openapi/json-schema.ts';
import { type CallWords, inJson, type Route } from '../route.ts';

export const serviceRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/healthz',
    operationId: 'getHealth',
    tag: 'service',
    summary: 'Whether it answers',
    successes: { 200: inJson('It does.', ref('Health')) },
    problems: [],
    isOpen: true,
    answer: () => ({ body: { status: 'ok', version: packageVersion() } }),
  },
];

/** Calls that are answered elsewhere. */
export const OTHER_CALLS: readonly CallWords[] = [
  {
    method: 'get',
    path: '/v1/events',
    operationId: 'streamEvents',
    tag: 'run',
    summary: 'What happens, as it happens',
    description:
      'Server-sent events. hello {version}: first. clock (Clock) and figures (Figures; of a large world only rows with something new, marked partial): the latest; who is slow misses some. command (CommandEntry): in order, none twice; its id is its number. gap {from, to, lost}: the reader was slow; commands from to to follow now, but for the first lost ones, which nobody has any more.',
    query: EVENTS_QUERY,
    headers: [
      {
        name: 'Last-Event-ID',
        description: 'The number of the last command that the reader knows: those after it come first.',
        schema: { type: 'string', pattern: '^\\d{1,15}$' },
        example: '7',
      },
    ],
    successes: {
      200: {
        description: 'A stream without end.',
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
    },
    problems: [],
  },
  {
    method: 'get',
    path: '/metrics',
    operationId: 'getMetrics',
    tag: 'service',
    summary: 'Figures for Prometheus',
    successes: {
      200: {
        description: 'Prometheus’ text format.',
        content: { 'text/plain': { schema: { type: 'string' } } },
      },
    },
    problems: [],
  },
  {
    method: 'get',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    tag: 'service',
    summary: 'This document',
    isOpen: true,
    successes: { 200: inJson('OpenAPI 3.1.', { type: 'object' }) },
    problems: [],
  },
];
