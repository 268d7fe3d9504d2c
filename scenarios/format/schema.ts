/**
 * The scenario format, defined once: what editors get as a JSON Schema, what documents are checked against, what the docs say.
 * Fields of personalities come from the stages' definitions. What a schema cannot say (names that must exist, addresses that
 * must fit) is checked where the value is built.
 */
import { FIELDS, type Field } from '../../sim/personality/fields.ts';
import { ROUTING_PROFILES } from '../../sim/specs.ts';
import { METRICS, type SubjectKind } from './expect.ts';
import { byKey, choice, closed, either, flag, id, list, type Node, quantity, record, text } from './nodes.ts';
import { DURATION, POSITIVE_DURATION, publishedQuantity, type Quantity, quantityOf } from './quantity.ts';

const duration = (description: string, words: object = {}): Node =>
  quantity(DURATION, { description, ...words });
const positiveDuration = (description: string, words: object = {}): Node =>
  quantity(POSITIVE_DURATION, { description, ...words });

const COUNT: Quantity = { measure: 'count', min: 1, max: Number.MAX_SAFE_INTEGER };
const PACKET: Quantity = { measure: 'bytes', min: 28, max: 65535 };

const vmId = (description: string): Node => text('the id of a VM', { description });
const vmIds = (description: string): Node =>
  list(vmId('A VM.'), 'a list of ids of VMs', { description, minItems: 1 });
const address = (description: string): Node =>
  text('an IP address, such as 10.0.0.1', { description, examples: ['10.0.0.1'] });

/** Parts that stand in several places: checked by the same code, published once. */
const definitions: Record<string, Node> = {};

function define(name: string, node: Node): Node {
  definitions[name] = node;
  // The condition lets `either` put it beside nodes of other types.
  return {
    type: 'object',
    if: { type: 'object' },
    then: { $ref: `#/$defs/${name}` },
    'x-allowed': node['x-allowed'],
  };
}

// ---- personalities

function fieldNode(field: Field): Node {
  const absent = field.default ?? field.identity;
  const words = { description: field.help, ...(absent === undefined ? {} : { default: absent }) };
  const range = quantityOf(field);
  if (range !== undefined) return quantity(range, words);
  return field.kind === 'boolean' ? flag(words) : choice(field.choices ?? [], words);
}

function fieldNodes(): Record<string, Node> {
  const nodes: Record<string, Node> = {};
  const groups = new Map<string, Record<string, Node>>();
  for (const field of FIELDS) {
    const [name = '', inner] = field.path.split('.');
    if (inner === undefined) nodes[name] = fieldNode(field);
    else groups.set(name, { ...groups.get(name), [inner]: fieldNode(field) });
  }
  for (const [name, inner] of groups) {
    nodes[name] = closed(inner, [], `a mapping with some of ${Object.keys(inner).join(', ')}`, {
      description: `Optional settings: ${Object.keys(inner).join(', ')}.`,
    });
  }
  return nodes;
}

const FIELD_NODES = fieldNodes();
const preset = text('the name of a preset (netpersona presets lists them)', {
  description: 'Begins with the values of this preset; the fields given here replace them.',
  examples: ['4g-fast'],
});
const A_PERSONALITY = 'a mapping with fields of a personality';
const personality = define(
  'personality',
  closed({ preset, ...FIELD_NODES }, [], A_PERSONALITY, {
    description: 'What packets towards a VM meet. An absent field does nothing.',
  }),
);
const someFields = define(
  'fields',
  closed(FIELD_NODES, [], 'a mapping with the fields to change', {
    description: 'The fields to change; the others stay as they are.',
  }),
);
const personalityName = text('the id of a personality', { description: 'The id of a personality.' });

/** Who the sender must be for an assignment to count. */
const scope = either(
  { description: 'Only packets from this VM, network or host; the most specific one wins, in that order.' },
  text('the id of a VM, network or host', {}),
  closed(
    {
      vm: vmId('The sending VM.'),
      network: text('the id of a network', { description: 'The network of the sending VM.' }),
      host: text('the id of a host', { description: 'The host of the sending VM.' }),
    },
    [],
    'one of { vm: ID }, { network: ID }, { host: ID }',
  ),
);
const ttl = positiveDuration('The assignment ends by itself after so long.');
const assigned = define(
  'assigned',
  closed({ personality: personalityName, from: scope, ttl, preset, ...FIELD_NODES }, [], A_PERSONALITY),
);
const assignment = either(
  { description: 'A personality by its id, or written out here; a list for several with different `from`.' },
  text('the id of a personality', {}),
  assigned,
  list(either({}, text('the id of a personality', {}), assigned), 'a list of those', { minItems: 1 }),
);

// ---- places

const network = closed(
  {
    id: id({ description: 'Its name.' }),
    subnet: text('an IP prefix, such as 10.0.0.0/24', {
      description: 'Its addresses, IPv4 or IPv6. Two networks may use the same ones.',
      examples: ['10.0.0.0/24', '2001:db8::/64'],
    }),
    routes: list(
      closed(
        {
          to: text('an IP prefix, such as 10.1.0.0/16', { description: 'Where the packets want to go.' }),
          via: either(
            {
              description: 'Next hops, VMs or gateways of this network that forward, in order of preference.',
            },
            vmId('A next hop.'),
            vmIds('Next hops.'),
          ),
          routingProfile: choice(ROUTING_PROFILES, {
            description: 'How one of the candidates is chosen.',
            default: 'Static',
          }),
        },
        ['to', 'via'],
        'a mapping with to and via',
      ),
      'a list of routes',
      { description: 'Ways out of the network; the longest prefix counts.' },
    ),
  },
  ['id', 'subnet'],
  'a mapping with id and subnet',
);

const host = either(
  { description: 'A physical host.' },
  id({}),
  closed({ id: id({ description: 'Its name.' }) }, ['id'], '{ id: NAME }'),
);

const link = closed(
  {
    between: list(text('the id of a host', {}), 'the ids of two hosts', {
      description: 'The two hosts; each direction is a serializing link with the fields below.',
    }),
    latencyMs: quantity(
      { measure: 'milliseconds', min: 0, max: 3_600_000 },
      { description: 'One-way delay.', default: 0 },
    ),
    bandwidthKbps: quantity(
      { measure: 'kilobits', min: 0, aboveMin: true, max: 400_000_000_000 },
      { description: 'Rate of each direction; absent: no limit.' },
    ),
    queuePackets: quantity(
      { measure: 'count', min: 0, max: 16_777_216 },
      { description: 'Packets that may wait, the one being sent not counted; absent: no limit.' },
    ),
  },
  ['between'],
  'a mapping with between',
);

const vmFields: Record<string, Node> = {
  network: text('the id of a network', { description: 'The network it is in.' }),
  ip: address('Its address there; absent: the next free one of the subnet, in the order of the file.'),
  host: text('the id of a host', { description: 'Where it runs; absent: the first host.' }),
  forwards: flag({ description: 'Passes on packets that are not for itself.', default: false }),
  power: choice(['on', 'off', true, false], {
    description: 'Whether it is on at the beginning.',
    default: 'on',
  }),
};
const vm = closed(
  {
    id: text('a name; with count, one that contains {n}', {
      description:
        'Its name. With `count`, `{n}` in it stands for 1, 2, 3 …, all with the same number of digits.',
      examples: ['server', 'vm-{n}'],
    }),
    ...vmFields,
    count: quantity(
      { measure: 'count', min: 1, max: 1_000_000 },
      { description: 'Makes so many VMs alike. The id as written then stands for all of them.' },
    ),
  },
  ['id', 'network'],
  'a mapping with id and network',
);

const gateway = closed(
  {
    id: id({ description: 'Its name.' }),
    host: vmFields['host']!,
    power: vmFields['power']!,
    interfaces: list(
      closed(
        { network: vmFields['network']!, ip: vmFields['ip']! },
        ['network'],
        'a mapping with network and ip',
      ),
      'a list of at least two interfaces',
      {
        description: 'One interface in each network that it joins; the first is the primary one.',
        minItems: 2,
      },
    ),
  },
  ['id', 'interfaces'],
  'a mapping with id and interfaces',
);

const pool = closed(
  {
    address: address('The virtual address that packets are sent to.'),
    network: text('the id of a network', {
      description: 'The network of the address; absent: the only one that the address is in.',
    }),
    members: vmIds('The VMs behind it, in order.'),
    routingProfile: choice(ROUTING_PROFILES, {
      description: 'How a member is chosen: the first live one, the least loaded, or sometimes a random one.',
      default: 'Static',
    }),
    hysteresis: quantity(
      { measure: 'number', min: 0, max: 1 },
      { description: 'Dynamic: the choice moves only when the best is better by this share.', default: 0.1 },
    ),
    loadWindowMs: quantity(
      { measure: 'milliseconds', min: 1, max: 3_600_000 },
      { description: 'Dynamic: load is averaged exponentially over this time.', default: 100 },
    ),
    chaosProbability: quantity(
      { measure: 'probability', min: 0, max: 1 },
      { description: 'Chaotic: chance per packet of a random destination.', default: 0.01 },
    ),
  },
  ['address', 'members'],
  'a mapping with address and members',
);

// ---- traffic

const inNetwork = (description: string): Node =>
  closed({ network: text('the id of a network', { description }) }, ['network'], '{ network: ID }');
const from = either(
  {
    description:
      'The sending VM, a list of them, or { network: ID } for each VM of it. Each sends on its own.',
  },
  vmId('A VM.'),
  vmIds('Some VMs.'),
  inNetwork('Each VM of this network.'),
);
const to = either(
  {
    description:
      'A VM, an address (also a pool’s), or a uniformly random other VM per packet out of a list or of { network: ID }.',
  },
  text('the id of a VM or an address', {}),
  vmIds('Some VMs.'),
  inNetwork('The VMs of this network.'),
);

const trafficCommon: Record<string, Node> = {
  id: id({ description: 'The flow’s name.' }),
  from,
  to,
  start: duration('When it begins.', { default: 0 }),
  stop: duration('No packet is sent at or after this instant; absent: the end of the run.'),
  count: quantity(COUNT, {
    description: 'So many packets, pings or requests of each sender; absent: no limit.',
  }),
  port: quantity(
    { measure: 'count', min: 1, max: 65535 },
    { description: 'UDP destination port; absent: 9000 plus the flow’s place in the list, from 0.' },
  ),
  df: flag({ description: 'Don’t fragment (IPv4).', default: false }),
  ecn: flag({ description: 'ECN-capable transport (RFC 3168).', default: false }),
  ttl: quantity(
    { measure: 'count', min: 1, max: 255 },
    { description: 'Initial TTL or hop limit.', default: 64 },
  ),
  autostart: flag({
    description:
      'False: waits for a timeline entry. Absent: true, unless the timeline starts it before it stops it.',
  }),
};

const rate = quantity(
  { measure: 'flowRate' },
  { description: 'Bits of IP packets, or packets, per time.', examples: ['4Mbit', '100/s'] },
);
const interval = positiveDuration('Time between packets, the mean where it varies.', { examples: ['20ms'] });
const packetSize = (size: number): Node =>
  quantity(PACKET, {
    description: 'The IP packet’s length, headers included (28 bytes in IPv4, 48 in IPv6).',
    default: size,
  });
const paced = (size: number): Record<string, Node> => ({ rate, interval, packetSize: packetSize(size) });
const message = (description: string): Node =>
  quantity({ measure: 'bytes', min: 1, max: 1_073_741_824 }, { description, examples: ['300B', '2kB'] });
const file = (description: string): Node => text('the path of a file', { description });
const law = (description: string): Node =>
  either(
    { description, examples: ['200ms', { exponential: '200ms' }, { pareto: '200ms', shape: 1.5 }] },
    quantity(POSITIVE_DURATION, {}),
    closed(
      {
        exponential: positiveDuration('The mean.'),
        pareto: positiveDuration('The mean.'),
        shape: quantity(
          { measure: 'number', min: 1, aboveMin: true, max: 1000 },
          { description: 'Pareto: the smaller, the heavier the tail.', default: 1.5 },
        ),
      },
      [],
      '{ exponential: DURATION } or { pareto: DURATION, shape: NUMBER }',
    ),
  );

interface Kind {
  readonly description: string;
  readonly fields: Readonly<Record<string, Node>>;
  readonly required: readonly string[];
}

/** Each kind of traffic: its own fields, besides those that all have. */
export const TRAFFIC: Readonly<Record<string, Kind>> = {
  cbr: { description: 'Equal packets at equal distances.', fields: paced(1200), required: ['to'] },
  poisson: {
    description: 'Equal packets at exponentially distributed distances.',
    fields: paced(1200),
    required: ['to'],
  },
  onOff: {
    description: 'Constant rate while on, silence while off.',
    fields: { ...paced(1200), on: law('How long it sends.'), off: law('How long it is silent.') },
    required: ['to', 'on', 'off'],
  },
  ping: {
    description: 'ICMP echo requests, which the other VM answers.',
    fields: {
      interval: positiveDuration('Time between pings.', { default: '1s' }),
      packetSize: packetSize(84),
      timeout: positiveDuration('Given up after so long.', { default: '1s' }),
    },
    required: ['to'],
  },
  request: {
    description: 'Questions and answers over UDP.',
    fields: {
      rate: quantity(
        { measure: 'packetInterval' },
        { description: 'Requests per time.', examples: ['20/s'] },
      ),
      interval: positiveDuration('Time between requests.', { examples: ['50ms'] }),
      requestSize: message('The question’s length, without headers.'),
      responseSize: message('The answer’s length, without headers.'),
      packetSize: packetSize(1500),
      think: duration('How long the other side thinks before it answers.', { default: 0 }),
      timeout: positiveDuration('Given up, or asked again, after so long.', { default: '1s' }),
      retries: quantity(
        { measure: 'count', min: 0, max: 1000 },
        { description: 'How often an unanswered question is asked again.', default: 0 },
      ),
    },
    required: ['to', 'requestSize', 'responseSize'],
  },
  file: {
    description: 'So many bytes at a fixed rate, once.',
    fields: {
      size: quantity({ measure: 'bytes', min: 1, max: 2 ** 50 }, { description: 'Bytes without headers.' }),
      rate,
      packetSize: packetSize(1500),
    },
    required: ['to', 'size', 'rate'],
  },
  list: {
    description: 'Exactly these packets at exactly these instants, counted from `start`.',
    fields: { file: file('CSV with the columns sentNs,size (ns ascending, bytes of the IP packet).') },
    required: ['to', 'file'],
  },
  capture: {
    description: 'Times and sizes of the IP packets of a capture, the first one kept at `start`.',
    fields: {
      file: file('pcap or pcapng.'),
      filter: closed(
        {
          from: address('Source address.'),
          to: address('Destination address.'),
          port: quantity(
            { measure: 'count', min: 0, max: 65535 },
            { description: 'Source or destination port.' },
          ),
          protocol: choice(['tcp', 'udp', 'icmp'], { description: 'Transport protocol.' }),
        },
        [],
        'a mapping with some of from, to, port, protocol',
        { description: 'Keeps only packets that fit all of these.' },
      ),
    },
    required: ['to', 'file'],
  },
  program: {
    description: 'The user’s own TypeScript or JavaScript on each sending VM.',
    fields: {
      module: file('The module; its default or `program` export is the program.'),
      args: { description: 'Handed to the program as it is.', 'x-allowed': 'anything' },
    },
    required: ['module'],
  },
  spoof: {
    description: 'For audits: packets with a forged source address.',
    fields: {
      ...paced(64),
      as: address('The forged source: an address of the sender’s network that is not its own.'),
      compromisedHost: flag({
        description: 'The sender’s host does not verify senders, so that the far host has to.',
        default: false,
      }),
    },
    required: ['to', 'as'],
  },
  flood: {
    description: 'For audits: packets to random ports.',
    fields: paced(64),
    required: ['to'],
  },
  scan: {
    description: 'For audits: one packet to each address and each port, in order.',
    fields: {
      ...paced(64),
      to: text('a VM, an address or a prefix', { description: 'What is swept.', examples: ['10.0.0.0/24'] }),
      ports: list(quantity({ measure: 'count', min: 1, max: 65535 }, {}), 'a list of ports', {
        description: 'The ports of each address.',
        minItems: 1,
      }),
    },
    required: ['to', 'ports'],
  },
};

const traffic: Node = {
  type: 'object',
  required: ['kind'],
  discriminator: { propertyName: 'kind' },
  oneOf: Object.entries(TRAFFIC).map(([kind, { description, fields, required }]) =>
    closed(
      { kind: { const: kind, 'x-allowed': kind }, ...trafficCommon, ...fields },
      ['kind', 'id', 'from', ...required],
      'a mapping',
      { description },
    ),
  ),
  properties: { kind: choice(Object.keys(TRAFFIC), { description: 'What kind of traffic it is.' }) },
  'x-allowed': 'a mapping with id, kind, from and to',
};

// ---- timeline

const when: Record<string, Node> = {
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
    fields: { create: id({ description: 'Its id.' }), values: personality },
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

const batched = define(
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
    batch: list(batched, 'a list of actions', { description: 'The actions, in order.', minItems: 1 }),
  },
  required: ['batch'],
};

export const ACTIONS: Readonly<Record<string, Action>> = { ...COMMANDS, ...EVENTS, ramp: RAMP, batch: BATCH };

const timelineEntry = byKey(
  mapValues(ACTIONS, ({ description, fields, required }) =>
    closed({ ...when, ...fields }, ['at', ...required], 'a mapping', { description }),
  ),
  `one of the actions ${Object.keys(ACTIONS).join(', ')}`,
);

// ---- expectations

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
const expectation = byKey(
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

// ---- the document

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
    personalities: record(personality, 'a mapping from ids to personalities', {
      description: 'Personalities by id.',
    }),
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
export const DOCUMENT: Node = { ...document, patternProperties: { '^x-': {} }, $defs: definitions };

// ---- presets

/** What a value rests on. An estimate has no published number behind it. */
export const PROVENANCE_KINDS = [
  'measured',
  'SLA',
  'tariff',
  'vendor preset',
  'tool preset',
  'physics',
  'estimate',
] as const;
export type ProvenanceKind = (typeof PROVENANCE_KINDS)[number];

/** A file in scenarios/presets. */
export const PRESET: Node = {
  ...closed(
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
  ),
  $defs: { fields: definitions['fields'] },
};

/** JSON Schema 2020-12, for editors and other programs. */
export function scenarioSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:netpersona:scenario',
    title: 'netpersona scenario',
    ...(published(DOCUMENT) as object),
  };
}

/** Without the words of the checks, and with what they say in JSON Schema's own. */
function published(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(published);
  if (node === null || typeof node !== 'object') return node;
  const result: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (keyword === 'x-quantity') Object.assign(result, publishedQuantity(value as Quantity));
    else if (!keyword.startsWith('x-') && keyword !== 'discriminator') result[keyword] = published(value);
  }
  return result;
}

function mapValues<A, B>(
  values: Readonly<Record<string, A>>,
  change: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));
}
