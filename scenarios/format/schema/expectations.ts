/** Expectations: of whom, which metric, which limits. */
import { METRIC_HELP, METRICS, type SubjectKind } from '../expect.ts';
import { byKey, choice, closed, list, type Node, text } from '../nodes.ts';
import { address, duration, mapValues, vmId } from './common.ts';

/** Editors show the help of each name (`enumDescriptions`). */
function metricOf(kind: SubjectKind, description: string): Node {
  const names = Object.keys(METRICS[kind]);
  return {
    ...choice(names, { description }),
    enumDescriptions: names.map((name) => METRIC_HELP[kind][name]),
    'x-allowed': `one of ${inGroups(names).join(', ')}`,
  };
}

/** `delay.min`, `delay.max` as `delay.(min,max)`: there are too many for a line otherwise. */
function inGroups(names: readonly string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const end = name.lastIndexOf('.');
    const group = name.slice(0, end + 1);
    const key = end < 0 ? name : group;
    groups.set(key, [...(groups.get(key) ?? []), name.slice(end + 1)]);
  }
  return [...groups].map(([key, parts]) => {
    if (!key.endsWith('.')) return key;
    return parts.length === 1 ? `${key}${parts[0]}` : `${key}(${parts.join(',')})`;
  });
}

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
  total: { total: metricOf('total', 'A figure of the whole run.') },
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
        ...(kind === 'total' ? {} : { metric: metricOf(kind as SubjectKind, 'Which figure.') }),
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
