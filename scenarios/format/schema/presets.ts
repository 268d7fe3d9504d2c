/** The files in scenarios/presets. */
import { choice, closed, type Node, quantity, text } from '../nodes.ts';
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

/** A file in scenarios/presets. */
export const PRESET: Node = closed(
  {
    summary: text('a sentence', { description: 'What it is like.' }),
    personality: someFields,
    up: someFields,
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
      description: 'The source of each value, by field; fields of `up` as `up.latencyMs`.',
      'x-allowed': 'a mapping from fields to sources',
    },
  },
  ['summary', 'personality', 'provenance'],
  'a mapping with summary, personality and provenance',
);
