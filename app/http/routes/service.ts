/** The server itself, and what others answer: streams, figures for Prometheus, the page. */
import { packageVersion } from '../../version.ts';
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
      'Server-sent events: hello {version}, clock (Clock), figures (Figures), command (CommandEntry; its id is its sequence). A reader that is too slow misses figures, never the run.',
    headers: [
      {
        name: 'Last-Event-ID',
        description: 'The number of the last command that is known: those after it come first.',
        schema: { type: 'string' },
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
    successes: { 200: inJson('OpenAPI 3.1.', { type: 'object' }) },
    problems: [],
  },
];
