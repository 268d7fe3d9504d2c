/** Presets, and what the fields of personalities are. */
import { nearestName } from '../../../scenarios/index.ts';
import { FIELDS, type Field } from '../../../sim/index.ts';
import { presetData } from '../../preset-data.ts';
import { limitsOf, UNITS } from '../openapi/fields.ts';
import { ref } from '../openapi/json-schema.ts';
import { notFound } from '../problem.ts';
import { inJson, type Route } from '../route.ts';
import { PRESET_NAME } from './parameters.ts';

export const presetRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/presets',
    operationId: 'listPresets',
    tag: 'presets',
    summary: 'All presets',
    successes: { 200: inJson('Names, and what they stand for.', ref('PresetLines')) },
    problems: [],
    answer: (_call, { presets }) => ({
      body: { presets: [...presets.values()].map(({ name, summary }) => ({ name, summary })) },
    }),
  },
  {
    method: 'get',
    path: '/v1/presets/{name}',
    operationId: 'getPreset',
    tag: 'presets',
    summary: 'A preset',
    description: 'Every value, and where it comes from.',
    params: [PRESET_NAME],
    successes: { 200: inJson('The preset.', ref('Preset')) },
    problems: [404],
    answer({ params }, { presets }) {
      const name = params['name'] ?? '';
      const preset = presets.get(name);
      if (preset !== undefined) return { body: presetData(preset) };
      const nearest = nearestName(name, presets.keys());
      const problem = { path: PRESET_NAME.name, found: name, allowed: 'the name of a preset' };
      throw notFound('there is no such preset', [
        { ...problem, ...(nearest === undefined ? {} : { nearest }) },
      ]);
    },
  },
  {
    method: 'get',
    path: '/v1/fields',
    operationId: 'listFields',
    tag: 'presets',
    summary: 'What the fields of a personality are',
    description: 'Names, units, ranges and meanings; forms are made of it.',
    successes: { 200: inJson('In the order in which packets meet them.', ref('Fields')) },
    problems: [],
    answer: () => ({ body: { fields: FIELDS.map(described) } }),
  },
];

const described = (field: Field): object => {
  const {
    path,
    stage,
    kind,
    help,
    identity = null,
    default: other = null,
    aboveMin = false,
    choices = null,
  } = field;
  const unit = UNITS[kind] ?? null;
  return { path, stage, kind, unit, help, identity, default: other, ...limitsOf(field), aboveMin, choices };
};
