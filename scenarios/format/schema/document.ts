/**
 * The scenario format, defined once: what editors get as a JSON Schema, what documents are checked against, what the docs say.
 * Fields of personalities come from the stages' definitions. What a schema cannot say (names that must exist, addresses that
 * must fit) is checked where the value is built.
 */
import { choice, closed, either, flag, list, type Node, namesOrUp, record, text } from '../nodes.ts';
import { published } from '../published.ts';
import { file, positiveDuration } from './common.ts';
import { expectation } from './expectations.ts';
import { assignment, personality } from './personalities.ts';
import { gateway, host, link, network, pool, vm } from './places.ts';
import { timelineEntry } from './timeline.ts';
import { traffic } from './traffic.ts';

const document = closed(
  {
    name: text('a text', { description: 'What the scenario is called; absent: the file’s name.' }),
    description: text('a text', { description: 'What it shows.' }),
    seed: {
      type: ['string', 'integer'],
      minLength: 1,
      maxLength: 1000,
      minimum: -Number.MAX_SAFE_INTEGER,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Where all chance comes from. The same seed gives the same run.',
      examples: [42],
      'x-allowed': 'a whole number or a text: a run is never silently random',
    },
    duration: positiveDuration('How long the run is.', { examples: ['30s'] }),
    interval: positiveDuration(
      'Of the time series; absent: 1 s, or a tenth of the duration if that is less.',
    ),
    impossible: choice(['stop', 'skip'], {
      description:
        'What happens when an action of the timeline cannot be carried out at its instant: the run ends and says why, or the action is skipped and noted among the commands.',
      default: 'stop',
    }),
    include: either(
      {
        description:
          'Files to put before this one: their lists come first, and what this file says about a name or a single value replaces theirs.',
      },
      file('A file.'),
      list(file('A file.'), 'a list of paths', { minItems: 1 }),
    ),
    networks: list(network, 'a list of networks', { description: 'Virtual networks.', minItems: 1 }),
    hosts: list(host, 'a list of hosts', {
      description: 'Physical hosts; absent: one, named host.',
      minItems: 1,
    }),
    links: list(link, 'a list of links', { description: 'Links of the substrate.' }),
    mesh: flag({
      description:
        'True: hosts without a link between them are joined by an ideal one. False: only the links exist.',
      default: true,
    }),
    gateways: list(gateway, 'a list of gateways', { description: 'Routers between networks.' }),
    vms: list(vm, 'a list of VMs', { description: 'Virtual machines.', minItems: 1 }),
    pools: list(pool, 'a list of pools', { description: 'One address, several VMs behind it.' }),
    personalities: {
      ...record(personality, 'a mapping from ids to personalities', { description: 'Personalities by id.' }),
      propertyNames: namesOrUp,
    },
    assignments: {
      type: 'object',
      additionalProperties: assignment,
      description: 'Who has which personality at the beginning, by the VM’s id.',
      'x-allowed': 'a mapping from ids of VMs to personalities',
    },
    traffic: list(traffic, 'a list of traffic', { description: 'Who sends what to whom.' }),
    timeline: list(timelineEntry, 'a list of timeline entries', { description: 'What changes, and when.' }),
    expect: list(expectation, 'a list of expectations', {
      description: 'What must hold for the run to be a success.',
    }),
  },
  ['seed', 'duration', 'networks', 'vms'],
  'a mapping with seed, duration, networks, vms and more',
);

/** With `x-…` keys allowed at the top, for anchors and notes. */
export const DOCUMENT: Node = { ...document, patternProperties: { '^x-': {} } };

/** JSON Schema 2020-12, for editors and other programs. */
export function scenarioSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:netpersona:scenario',
    title: 'netpersona scenario',
    ...published(DOCUMENT),
  };
}
