/** Expectations: of whom, which metric, which limits. */
import { METRICS, type SubjectKind } from '../expect.ts';
import { byKey, choice, closed, list, type Node, text } from '../nodes.ts';
import { address, duration, mapValues, vmId } from './common.ts';

const SUBJECTS: Readonly<Record<SubjectKind, Readonly<Record<string, Node>>>> = {
  flow: { flow: text('the id of traffic', { description: 'A flow.' }) },
  vm: { vm: vmId('A VM.') },
  link: {
    link: list(text('the id of a host', {}), 'the ids of two hosts', {
      description: 'A link, in the direction from the first host to the second.',
    }),
  },
  pool: {
    pool: address('The pool’s address.'),
    network: text('the id of a network', {
      description: 'Its network, where the address alone does not say.',
    }),
    member: vmId('share: whose.'),
  },
  total: { total: choice(Object.keys(METRICS.total), { description: 'A figure of the whole run.' }) },
};

const limit = (description: string): Node => ({
  type: ['number', 'string'],
  description,
  'x-allowed': 'a number in the metric’s unit',
});
export const expectation = byKey(
  mapValues(SUBJECTS, (fields, kind) =>
    closed(
      {
        ...fields,
        ...(kind === 'total'
          ? {}
          : { metric: choice(Object.keys(METRICS[kind as SubjectKind]), { description: 'Which figure.' }) }),
        atLeast: limit('Not less.'),
        atMost: limit('Not more.'),
        between: list(limit('An end.'), 'two numbers, the smaller first', {
          description: 'Both ends included.',
        }),
        equals: limit('Exactly.'),
        during: list(duration('An instant.'), 'two instants, the earlier first', {
          description: 'Only what was sent from the first instant on, and before the second.',
        }),
      },
      kind === 'total' ? ['total'] : [kind, 'metric'],
      'a mapping',
    ),
  ),
  `one of the subjects ${Object.keys(SUBJECTS).join(', ')}`,
);
