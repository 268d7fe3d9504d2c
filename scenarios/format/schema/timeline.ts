/** The timeline's entries: when, and which action. */
import {
  byKey,
  choice,
  closed,
  either,
  flag,
  id,
  idOrUp,
  list,
  type Node,
  quantity,
  shared,
  text,
} from '../nodes.ts';
import { COUNT, duration, mapValues, positiveDuration, vmId } from './common.ts';
import { personality, personalityName, scope, someFields, ttl } from './personalities.ts';

export const when: Record<string, Node> = {
  at: duration('When it happens.'),
  every: positiveDuration('Happens again after each such time.'),
  until: duration('Never after this instant.'),
  times: quantity(COUNT, { description: 'So often in all; absent: until the end.' }),
};
const member = text('the id of a VM, network or host', {
  description: 'A VM, each VM of a network, or on a host.',
});
const partition = closed(
  {
    id: id({ description: 'Its name, for healing.', default: 'partition' }),
    between: list(member, 'a list of ids of VMs, networks or hosts', {
      description: 'One side.',
      minItems: 1,
    }),
    and: list(member, 'a list of ids of VMs, networks or hosts', {
      description: 'The other side.',
      minItems: 1,
    }),
    oneWay: flag({
      description: 'Only packets from the first side to the other are cut off.',
      default: false,
    }),
    hold: flag({ description: 'Packets wait for the healing instead of being dropped.', default: false }),
  },
  ['between', 'and'],
  'a mapping with between and and',
);

interface Action {
  readonly description: string;
  readonly fields: Readonly<Record<string, Node>>;
  readonly required: readonly string[];
}

/** By the key that names the action. */
export const COMMANDS: Readonly<Record<string, Action>> = {
  create: {
    description: 'Makes a personality.',
    fields: { create: idOrUp({ description: 'Its id.' }), values: personality },
    required: ['create', 'values'],
  },
  replace: {
    description: 'Gives a personality other values; fields not given are absent from now on.',
    fields: { replace: personalityName, values: personality },
    required: ['replace', 'values'],
  },
  update: {
    description: 'Changes fields of a personality.',
    fields: { update: personalityName, set: someFields },
    required: ['update', 'set'],
  },
  delete: {
    description: 'Removes a personality that no VM has.',
    fields: { delete: personalityName },
    required: ['delete'],
  },
  assign: {
    description: 'Gives a VM its personality.',
    fields: {
      assign: either(
        { description: 'Its id, or the personality itself.' },
        text('the id of a personality', {}),
        personality,
      ),
      vm: vmId('Who gets it.'),
      from: scope,
      ttl,
    },
    required: ['assign', 'vm'],
  },
  remove: {
    description: 'Takes a VM’s personality away; without `from`, all that it has.',
    fields: {
      remove: choice([true], { description: 'Always true.' }),
      vm: vmId('Who loses it.'),
      from: scope,
    },
    required: ['remove', 'vm'],
  },
};

const EVENTS: Readonly<Record<string, Action>> = {
  power: {
    description: 'A VM fails or recovers.',
    fields: {
      power: choice(['on', 'off', true, false], { description: 'On or off.' }),
      vm: vmId('Which one.'),
    },
    required: ['power', 'vm'],
  },
  migrate: {
    description: 'A VM moves to another host.',
    fields: { migrate: text('the id of a host', { description: 'Where to.' }), vm: vmId('Who moves.') },
    required: ['migrate', 'vm'],
  },
  link: {
    description: 'A link fails or recovers.',
    fields: {
      link: list(text('the id of a host', {}), 'the ids of two hosts', { description: 'Which link.' }),
      state: choice(['up', 'down'], { description: 'What it is from now on.' }),
    },
    required: ['link', 'state'],
  },
  partition: {
    description: 'Cuts two groups of VMs off from each other.',
    fields: { partition },
    required: ['partition'],
  },
  heal: {
    description: 'Ends a partition.',
    fields: {
      heal: either(
        { description: 'The partition’s id; true for all of them.' },
        text('the id of a partition', {}),
        { type: 'boolean', 'x-allowed': 'true' },
      ),
    },
    required: ['heal'],
  },
  start: {
    description: 'Traffic begins.',
    fields: { start: text('the id of traffic', { description: 'Which one.' }) },
    required: ['start'],
  },
  stop: {
    description: 'Traffic ends.',
    fields: { stop: text('the id of traffic', { description: 'Which one.' }) },
    required: ['stop'],
  },
};

const RAMP: Action = {
  description: 'A number of a personality changes little by little.',
  fields: {
    ramp: text('PERSONALITY.FIELD', { description: 'Which field.', examples: ['transatlantic.latencyMs'] }),
    from: {
      type: ['number', 'string'],
      description: 'Where it begins; absent: the value at that time.',
      'x-allowed': 'a number of that field',
    },
    to: { type: ['number', 'string'], description: 'Where it ends.', 'x-allowed': 'a number of that field' },
    over: positiveDuration('How long it takes.'),
    shape: choice(['linear', 'step', 'sine'], {
      description:
        'linear: evenly. step: in equal jumps. sine: gently at both ends, half a period of a cosine.',
      default: 'linear',
    }),
    steps: quantity(
      { measure: 'count', min: 1, max: 100_000 },
      { description: 'step: how many jumps.', default: 4 },
    ),
    each: positiveDuration('linear, sine: the time from one change to the next.', { default: '100ms' }),
  },
  required: ['ramp', 'to', 'over'],
};

/** An action without its instant. */
export const BATCHED = shared(
  'action',
  byKey(
    mapValues({ ...COMMANDS, ...EVENTS }, ({ description, fields, required }) =>
      closed(fields, required, 'a mapping', { description }),
    ),
    `one of the actions ${[...Object.keys(COMMANDS), ...Object.keys(EVENTS)].join(', ')}`,
  ),
);
const BATCH: Action = {
  description: 'Several actions at one instant, all or none.',
  fields: {
    batch: list(BATCHED, 'a list of actions', { description: 'The actions, in order.', minItems: 1 }),
  },
  required: ['batch'],
};

export const ACTIONS: Readonly<Record<string, Action>> = { ...COMMANDS, ...EVENTS, ramp: RAMP, batch: BATCH };

export const timelineEntry = byKey(
  mapValues(ACTIONS, ({ description, fields, required }) =>
    closed({ ...when, ...fields }, ['at', ...required], 'a mapping', { description }),
  ),
  `one of the actions ${Object.keys(ACTIONS).join(', ')}`,
);
