/** Traffic: what all kinds have, and what each kind has besides. */
import { byField, choice, closed, either, flag, id, list, type Node, quantity, text } from '../nodes.ts';
import { POSITIVE_DURATION } from '../quantity.ts';
import {
  address,
  COUNT,
  duration,
  file,
  mapValues,
  PACKET,
  positiveDuration,
  vmId,
  vmIds,
} from './common.ts';

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

export const trafficCommon: Record<string, Node> = {
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
  dscp: quantity(
    { measure: 'count', min: 0, max: 63 },
    {
      description: 'Differentiated services code point (RFC 2474): the band in a priority queue.',
      default: 0,
    },
  ),
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

export const traffic = byField(
  'kind',
  mapValues(TRAFFIC, ({ description, fields, required }, kind) =>
    closed(
      { kind: choice([kind], {}), ...trafficCommon, ...fields },
      ['kind', 'id', 'from', ...required],
      'a mapping',
      { description },
    ),
  ),
  'a mapping with id, kind, from and to',
  { description: 'What kind of traffic it is.' },
);
