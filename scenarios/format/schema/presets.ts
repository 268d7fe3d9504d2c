/** The files in scenarios/presets. */
import { choice, closed, list, type Node, quantity, text } from '../nodes.ts';
import { DURATION, POSITIVE_DURATION } from '../quantity.ts';
import { someFields } from './personalities.ts';

/** What a value rests on. An estimate has no published number behind it. */
export const PROVENANCE_KINDS = [
  'measured',
  'SLA',
  'tariff',
  'vendor preset',
  'tool preset',
  'physics',
  'definition',
  'estimate',
] as const;
export type ProvenanceKind = (typeof PROVENANCE_KINDS)[number];

/** By field, those of `up` as `up.latencyMs`. What they may be is checked where they are read: that depends on the field. */
const byField = (values: Node, description: string): Node => ({
  type: 'object',
  minProperties: 1,
  additionalProperties: values,
  description,
  'x-allowed': 'a mapping from fields to values',
});

const series: Node = closed(
  {
    every: quantity(POSITIVE_DURATION, { description: 'So long a level lasts.' }),
    levels: byField(
      list({}, 'a list with the value of each level, or one for all', { minItems: 1 }),
      'The values of each field, a level after the other, and then from the first again; one value: the same in all.',
    ),
    change: closed(
      {
        before: quantity(DURATION, { default: 0, description: 'So long before a change of level.' }),
        after: quantity(DURATION, { default: 0, description: 'So long after it.' }),
        set: byField({}, 'What holds meanwhile.'),
      },
      ['set'],
      'a mapping with before, after and set',
      { description: 'What holds around each change of level.' },
    ),
  },
  ['every', 'levels'],
  'a mapping with every and levels',
  {
    description: 'What changes over time; the fields in personality and up are for those who take no series.',
  },
);

/** A file in scenarios/presets. */
export const PRESET: Node = closed(
  {
    summary: text('a sentence', { description: 'What it is like.' }),
    personality: someFields,
    up: someFields,
    series,
    provenance: {
      type: 'object',
      additionalProperties: closed(
        {
          source: text('where the value was published', { description: 'Where the value was published.' }),
          year: quantity({ measure: 'count', min: 1990, max: 2100 }, { description: 'When.' }),
          kind: choice(PROVENANCE_KINDS, { description: 'What it rests on.' }),
          note: text('a text', { description: 'How it was made from what the source says.' }),
        },
        ['source', 'year', 'kind'],
        'a mapping with source, year and kind',
      ),
      description:
        'The source of each value, by field; fields of `up` as `up.latencyMs`, of the series as `series.latencyMs`.',
      'x-allowed': 'a mapping from fields to sources',
    },
  },
  ['summary', 'personality', 'provenance'],
  'a mapping with summary, personality and provenance',
);
