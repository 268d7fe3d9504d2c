/** What the API takes and answers, by name: the schemas that the calls refer to. */
import { nodes, PARTS, POSITIVE_DURATION } from '../../../scenarios/index.ts';
import { DROP_REASONS, FIELDS } from '../../../sim/index.ts';
import { PERSONALITY_BODY, SOME_FIELDS, writtenFieldsSchema } from './fields.ts';
import {
  amount,
  array,
  choice,
  flag,
  type JsonSchema,
  nanos,
  object,
  orNull,
  ref,
  text,
  whole,
} from './json-schema.ts';
import { publish } from './publish.ts';

/** The body of POST /v1/batch. The commands are those of a scenario's timeline, without their instant. */
export const BATCH_BODY = nodes.closed(
  {
    commands: nodes.list(
      nodes.shared('action', nodes.byKey(PARTS.actions, 'an action')),
      'a list of actions as in a scenario’s timeline, without at',
      { description: 'Done in this order at one instant, all of them or none.', minItems: 1 },
    ),
  },
  ['commands'],
  'a mapping with commands',
);

/** The optional body of an assignment. */
export const ASSIGNMENT_BODY = nodes.closed(
  { from: PARTS.scope, ttl: PARTS.ttl },
  [],
  'a mapping with some of from, ttl',
);

export const STEP_BODY = nodes.closed(
  {
    by: nodes.quantity(POSITIVE_DURATION, {
      description: 'How far it goes on, in virtual time.',
      examples: ['100ms'],
    }),
  },
  ['by'],
  'a mapping with by',
);

/** Slower is standing still, faster is `max`. */
const A_SPEED = {
  type: 'number',
  minimum: 1e-6,
  maximum: 1e6,
  'x-allowed': 'a number from 0.000001 to 1000000',
};

export const SPEED_BODY = nodes.closed(
  {
    speed: nodes.either(
      { description: 'Virtual seconds in a real one; max: as fast as it goes.', examples: [10] },
      A_SPEED,
      { type: 'string', pattern: '^max$', 'x-allowed': 'max' },
    ),
  },
  ['speed'],
  'a mapping with speed',
);

export function components(): Readonly<Record<string, JsonSchema>> {
  const { id: _, ...values } = PERSONALITY_BODY['properties'] as Readonly<Record<string, JsonSchema>>;
  const requests: Record<string, JsonSchema> = {};
  requests['PersonalityValues'] = publish({ ...PERSONALITY_BODY, properties: values }, requests);
  requests['PersonalityFields'] = publish(SOME_FIELDS, requests);
  requests['PersonalityBody'] = publish(PERSONALITY_BODY, requests);
  requests['AssignmentBody'] = publish(ASSIGNMENT_BODY, requests);
  requests['Step'] = publish(STEP_BODY, requests);
  requests['SpeedBody'] = publish(SPEED_BODY, requests);
  requests['Batch'] = publish(BATCH_BODY, requests);
  return { ...requests, ...ANSWERS };
}

const ID = text('Its id.', { examples: ['server'] });
const FIELD_VALUE: JsonSchema = {
  type: ['number', 'string', 'boolean', 'array', 'null'],
  items: { type: 'number' },
};

const written = writtenFieldsSchema();
const fieldNames = Object.keys(written);

const scopes = ['vm', 'network', 'host'].map((kind) =>
  object({ [kind]: text(`The id of a ${kind === 'vm' ? 'VM' : kind}.`) }),
);

const dropped: JsonSchema = {
  ...object(Object.fromEntries(DROP_REASONS.map((reason) => [reason, whole('Packets.')])), {
    optional: DROP_REASONS,
  }),
  description: 'Dropped packets by reason, of the whole run so far; only reasons that have occurred.',
};

const assignment = {
  personality: text('The id of the personality.', { examples: ['transatlantic'] }),
  from: ref('Scope', 'Only for packets from there; absent: for all.'),
  expires: orNull(nanos('When it removes itself.'), 'never'),
};

const machine = {
  id: text('The id of the VM.', { examples: ['server'] }),
  host: text('Where it is.', { examples: ['us'] }),
  up: flag('Whether it runs.'),
};

const summary = {
  name: text('What it is called.', { examples: ['lte'] }),
  summary: text('What it is like.'),
};

const delays = orNull(ref('Delays'), 'nothing ended in the window');
const counted = {
  sentPackets: whole('Packets sent, of the whole run so far.'),
  deliveredPackets: whole('Packets delivered, of the whole run so far.'),
  deliveredBytes: whole('Bytes of them, of the whole run so far.'),
};
const throughput = amount('Delivered in the window, bit/s.');

const ANSWERS: Readonly<Record<string, JsonSchema>> = {
  Problem: object(
    {
      type: {
        const: 'about:blank',
        type: 'string',
        description: 'The status says what kind of problem it is.',
      },
      title: text('The status in words.', { examples: ['Bad Request'] }),
      status: { type: 'integer', minimum: 400, maximum: 599, description: 'The HTTP status.' },
      detail: text('What is wrong, in a sentence.'),
      problems: array(ref('FieldProblem'), 'Everything that is wrong, field by field.'),
    },
    { description: 'Problem details (RFC 9457).' },
  ),
  FieldProblem: object(
    {
      path: text('Which field of the body, parameter or header; empty: the body as a whole.', {
        examples: ['jitter.correlation'],
      }),
      found: text('What stands there, in short.', { examples: ['2'] }),
      allowed: text('What may stand there.', {
        examples: ['a probability from 0 to 1 (1 % is written 0.01)'],
      }),
      nearest: text('What was probably meant.'),
    },
    { optional: ['nearest'] },
  ),
  Health: object({
    status: { const: 'ok', type: 'string', description: 'It answers.' },
    version: text('Of netpersona.', { examples: ['0.1.0'] }),
  }),
  Blueprint: object(
    {
      name: text('What the scenario is called.'),
      description: text('What it shows.'),
      seed: text('Where all chance comes from.', { examples: ['42'] }),
      version: text('Of netpersona.'),
      duration: orNull(nanos('How long the run is.'), 'it goes on until it is ended'),
      networks: array(object({ id: ID, subnet: text('Its addresses.', { examples: ['10.0.0.0/24'] }) })),
      hosts: array(text('The id of a host.')),
      mesh: flag('Hosts without a link between them are joined by an ideal one.'),
      links: array(
        object({
          between: {
            type: 'array',
            items: { type: 'string' },
            minItems: 2,
            maxItems: 2,
            description: 'Two hosts.',
          },
          latencyNs: nanos('One way.'),
          bandwidthBps: orNull(amount('Of each direction, bit/s.'), 'no limit'),
          queuePackets: orNull(whole('So many packets may wait.'), 'no limit'),
        }),
        'Links of the substrate.',
      ),
      vms: array(
        object({
          id: machine.id,
          host: text('Where it starts.'),
          interfaces: array(ref('Interface')),
          forwards: flag('Passes on packets that are not for itself.'),
        }),
      ),
      pools: array(
        object({
          address: text('An address that several VMs share.', { examples: ['10.0.0.100'] }),
          network: text('Its network.'),
          members: array(text('The id of a VM.')),
        }),
      ),
      flows: array(
        object({
          id: text('The id of the traffic.', { examples: ['pings'] }),
          kind: text('What kind of traffic.', { examples: ['ping'] }),
          from: text('Who sends, in words.'),
          to: text('Who receives, in words.'),
          single: flag('Exactly one sender and one fixed destination.'),
          transactional: flag('It asks and is answered: it has round-trip times.'),
        }),
      ),
    },
    { optional: ['description'], description: 'What never changes while it runs.' },
  ),
  Interface: object({
    network: text('The id of the network.'),
    ip: text('The address in it.', { examples: ['10.0.0.2'] }),
  }),
  Speed: {
    description: 'Virtual seconds in a real one; max: as fast as it goes.',
    anyOf: [
      { type: 'number', exclusiveMinimum: 0 },
      { const: 'max', type: 'string' },
    ],
  },
  Clock: object(
    {
      now: nanos('What time it is.'),
      state: choice(
        ['running', 'paused', 'ended', 'failed'],
        'ended: the duration is over. failed: see failure. Neither takes commands any more; both still answer questions.',
      ),
      speed: ref('Speed'),
      lag: nanos('How far it is behind the wall clock; 0 when paused or at max.'),
      failure: text('Why it failed.'),
    },
    { optional: ['failure'] },
  ),
  Scope: { oneOf: scopes, description: 'Who sends: one VM, the VMs of a network, or those on a host.' },
  Assignment: object(assignment, { optional: ['from'] }),
  Assigned: object(
    {
      vm: text('The id of the VM.', { examples: ['server'] }),
      ...assignment,
      at: nanos('The instant of effect.'),
    },
    { optional: ['from'] },
  ),
  Assignments: object({ assignments: array(ref('Assignment')) }),
  Vm: object({
    ...machine,
    forwards: flag('Passes on packets that are not for itself.'),
    interfaces: array(ref('Interface')),
    assignments: array(ref('Assignment'), 'Its personalities; the most specific one counts.'),
  }),
  Vms: object({ vms: array(ref('Vm')) }),
  Personality: object(
    { id: text('Its id.', { examples: ['transatlantic'] }), ...written },
    { optional: fieldNames, description: 'What packets towards a VM meet. An absent field does nothing.' },
  ),
  WrittenFields: object(written, {
    optional: fieldNames,
    description: 'Fields of a personality; an absent one does nothing.',
  }),
  Personalities: object({ personalities: array(ref('Personality')) }),
  Preflight: object(
    {
      sentence: text('What it means, in a sentence.'),
      warnings: array(text('A sentence.'), 'What is likely not meant.'),
      figures: object({
        oneWay: object(
          {
            least: whole('ns.'),
            typical: whole('ns.'),
            most: whole('The end of the distribution, ns.'),
          },
          { description: 'Towards the VM, without waiting for bandwidth.' },
        ),
        roundTrip: whole('There and back, ns.'),
        back: choice(['egress', 'none'], 'Which way back that is.'),
        loss: orNull(
          amount('Share of packets that never arrive, apart from a full queue.', { maximum: 1 }),
          'that depends on the traffic',
        ),
        duplicates: amount('Extra copies per packet.'),
        rate: orNull(amount('Mean, bit/s.'), 'no limit'),
        queue: orNull(
          object({
            bytes: orNull(amount('That may wait.'), 'no limit'),
            packets: orNull(amount('That may wait.'), 'no limit'),
            drains: amount('How long a full queue takes to leave, ns.'),
          }),
          'no queue',
        ),
        bandwidthDelayProduct: orNull(amount('Rate times round trip, bytes.'), 'no rate'),
        reordered: amount('Share of packets that arrive after a later one.', { maximum: 1 }),
        clamped: amount('Share of packets whose delay would be below zero.', { maximum: 1 }),
        tcp: orNull(
          object(
            {
              rate: amount('Payload, bit/s.'),
              by: choice(['rate', 'loss'], 'What sets the bound.'),
            },
            { description: 'What one TCP connection can carry at most (Mathis et al., 1997).' },
          ),
          'no bound',
        ),
      }),
    },
    { description: 'What a personality will mean, worked out before anything meets it.' },
  ),
  Checked: object({ personality: ref('WrittenFields'), preflight: ref('Preflight') }),
  PresetLine: object(summary),
  PresetLines: object({ presets: array(ref('PresetLine')) }),
  Preset: object(
    {
      ...summary,
      personality: ref('WrittenFields'),
      egress: text('The personality of packets from the VM.', { examples: ['lte/up'] }),
      up: ref('WrittenFields', 'Its fields.'),
      series: object(
        {
          every: amount('So long a level lasts, ms.'),
          levels: {
            type: 'object',
            additionalProperties: array(FIELD_VALUE),
            description: 'By field; fields of up as up.latencyMs.',
          },
          change: object({
            before: amount('So long before a change of level, ms.'),
            after: amount('So long after it, ms.'),
            set: {
              type: 'object',
              additionalProperties: FIELD_VALUE,
              description: 'What holds meanwhile, by field.',
            },
          }),
        },
        {
          optional: ['change'],
          description:
            'What changes over time, for scenarios; commands set what stands in personality and up.',
        },
      ),
      preflight: ref('Preflight'),
      provenance: {
        type: 'object',
        description: 'Where each value comes from, by field; fields of up as up.latencyMs.',
        additionalProperties: object(
          {
            source: text('Where it was published.'),
            year: whole('When.'),
            kind: text('What it rests on.', { examples: ['measured'] }),
            note: text('How the value was made from what the source says.'),
          },
          { optional: ['note'] },
        ),
      },
    },
    { optional: ['egress', 'up', 'series'] },
  ),
  Field: object({
    path: {
      type: 'string',
      enum: FIELDS.map(({ path }) => path),
      description: 'latencyMs, or jitter.correlation in a group.',
    },
    stage: text('Who in the pipeline it belongs to.', { examples: ['loss'] }),
    kind: choice([...new Set(FIELDS.map(({ kind }) => kind))], 'What it holds.'),
    unit: orNull(text('What a number is in.', { examples: ['ms'] }), 'none'),
    help: text('What it means.'),
    identity: {
      ...FIELD_VALUE,
      description: 'The value that does nothing. null: only an absent field does nothing.',
    },
    default: { ...FIELD_VALUE, description: 'What an absent field means. null: nothing is done.' },
    min: { type: ['number', 'null'], description: 'The least value.' },
    max: { type: ['number', 'null'], description: 'The largest value.' },
    aboveMin: flag('min itself is not allowed.'),
    choices: orNull(array({ type: 'string' }, 'What may be chosen.'), 'not a choice'),
  }),
  Fields: object({ fields: array(ref('Field')) }),
  Committed: object({
    at: nanos('The instant of effect.'),
    sequence: whole('The number of the last command that took effect with it.'),
  }),
  CommandEntry: object({
    sequence: whole('Its number, from 1 without gaps.'),
    at: nanos('The instant of effect.'),
    command: text('What was done.', { examples: ['assign'] }),
    subject: text('To what.', { examples: ['server'] }),
    effect: text('What changed.', { examples: ['transatlantic -> outage'] }),
    posted: flag('False: by the scenario’s own timeline, or by the end of a ttl.'),
  }),
  Commands: object({ commands: array(ref('CommandEntry'), 'The oldest first.') }),
  Delays: object(
    { p50: nanos('Median.'), p95: nanos('95 %.'), p99: nanos('99 %.'), max: nanos('Longest.') },
    { description: 'Quantiles of what ended in the window.' },
  ),
  VmFigures: object({
    id: machine.id,
    ...counted,
    throughputBps: throughput,
    delay: delays,
    backlogBytes: whole('Waiting in front of it, bytes.'),
    dropped,
  }),
  FlowFigures: object({
    id: text('The id of the traffic.', { examples: ['pings'] }),
    ...counted,
    throughputBps: throughput,
    delay: delays,
    rtt: orNull(ref('Delays'), 'no question was answered in the window'),
    dropped,
  }),
  LinkFigures: object(
    {
      from: text('The id of a host.'),
      to: text('The id of a host.'),
      packets: whole('Of the whole run so far.'),
      bytes: whole('Of the whole run so far.'),
      dropped: whole('Packets, of the whole run so far.'),
      loadBps: amount('In the window, bit/s.'),
      utilization: orNull(amount('Of its bandwidth, 0 to 1.'), 'no limit'),
      up: flag('Whether it works.'),
    },
    { description: 'One direction of a link.' },
  ),
  Figures: object(
    {
      sequence: whole('Its number.'),
      start: nanos('Where the window begins.'),
      end: nanos('Where it ends.'),
      vms: array(ref('VmFigures')),
      flows: array(ref('FlowFigures')),
      links: array(ref('LinkFigures')),
      totals: object({
        ...counted,
        inFlight: whole('Packets under way.'),
        events: whole('Events that the simulation has worked off.'),
        dropped,
      }),
    },
    { description: 'The last look at everything.' },
  ),
  Session: object(
    {
      at: nanos('Everything up to here has happened.'),
      digest: text('What netpersona run says of the file.', { pattern: '^[0-9a-f]{64}$' }),
      text: text('The scenario file, YAML.'),
    },
    { description: 'The session so far as a scenario file.' },
  ),
};
