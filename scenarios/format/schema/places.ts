/** Networks, hosts, links, VMs, gateways and pools. */
import { ROUTING_PROFILES } from '../../../sim/index.ts';
import { choice, closed, either, flag, id, list, type Node, quantity, text } from '../nodes.ts';
import { address, vmId, vmIds } from './common.ts';

export const network = closed(
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

export const host = either(
  { description: 'A physical host.' },
  id({}),
  closed({ id: id({ description: 'Its name.' }) }, ['id'], '{ id: NAME }'),
);

export const link = closed(
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
export const vm = closed(
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

export const gateway = closed(
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

export const pool = closed(
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
