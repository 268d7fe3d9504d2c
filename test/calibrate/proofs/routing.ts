import { ms, seconds } from '../../../engine/index.ts';
import { TARGET } from '../../../sim/packet.ts';
import type { Profile } from '../../../sim/personality/profile.ts';
import { flow, network, personal, pool, vm } from '../../support/world.ts';
import { send } from '../channel.ts';
import { all, counts, exact, MILLION, MS, type Proof, share, type Verdict } from '../proof.ts';
import { watch } from '../village.ts';

const proof = (
  profile: Profile,
  traffic: string,
  promise: string,
  source: string,
  measure: (profile: Profile) => Verdict | Promise<Verdict>,
): Proof => ({
  stage: 'routing',
  profile,
  traffic,
  packets: MILLION,
  promise,
  source,
  measure: () => measure(profile),
});

const FIVE_MORE = ['c', 'd', 'e', 'f', 'g'];
const VMS = [
  vm('a', '10.0.0.1'),
  vm('b', '10.0.0.2'),
  ...FIVE_MORE.map((id, i) => vm(id, `10.0.0.${10 + i}`)),
];

/** How many of a million packets from a to b went where: by address. */
async function targets(profile: Profile): Promise<Map<string, number>> {
  const counted = new Map<number, number>();
  const texts = new Map<string, number>();
  await watch(
    {
      networks: [network('n', '10.0.0.0/26')],
      hosts: ['h1'],
      vms: VMS,
      traffic: [flow('cbr', { interval: ms(1), packetSize: 100, count: MILLION })],
      ...personal({ b: profile }),
    },
    seconds(1001),
    ({ packets, system }, packet) => {
      const target = packets.ints[packet + TARGET]!;
      if (!counted.has(target)) texts.set(system.addressText(target), target);
      counted.set(target, (counted.get(target) ?? 0) + 1);
    },
  );
  return new Map([...texts].map(([text, target]) => [text, counted.get(target)!]));
}

async function uniform(profile: Profile, addresses: readonly string[]): Promise<Verdict> {
  const found = await targets(profile);
  const others = [...found.keys()].filter((address) => !addresses.includes(address));
  if (others.length > 0) return exact(others.join(', '), 'no other address');
  return counts(
    addresses.map((address) => found.get(address) ?? 0),
    addresses.map(() => MILLION / addresses.length),
    `uniform over ${addresses.length}`,
  );
}

/** 10.0.0.0/26 without its network and broadcast addresses and the sender. */
const USABLE = Array.from({ length: 61 }, (_, i) => `10.0.0.${i + 2}`);
const ASSIGNED = VMS.slice(1).map(({ interfaces }) => interfaces[0]!.ip);

/**
 * Where the packets go that a sends to b every 60 ms, longer than a flow is remembered: b and c are a pool. By the rule, packet by packet:
 * to c when its load, the bits of its packets each exp(-age / window), is less than (1 - hysteresis) times that of b.
 */
async function balanced(profile: Profile, windowMs: number, hysteresis: number): Promise<Verdict> {
  const wentToC = new Uint8Array(MILLION);
  let count = 0;
  await watch(
    {
      hosts: ['h1'],
      vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2'), vm('c', '10.0.0.3')],
      pools: [pool('10.0.0.100', 'b', 'c')],
      traffic: [flow('cbr', { interval: ms(60), packetSize: 1000, count: MILLION })],
      ...personal({ b: profile }),
    },
    seconds(60_001),
    ({ packets, system }, packet) => {
      count++;
      const isC = system.addressText(packets.ints[packet + TARGET]!) === '10.0.0.3';
      wentToC[packets.seq(packet)] = isC ? 1 : 0;
    },
  );
  const kept = Math.exp(-60 / windowMs);
  let [b, c] = [0, 0];
  const verdict = all(MILLION, (seq) => {
    b *= kept;
    c *= kept;
    const isC = c < b * (1 - hysteresis);
    if (isC) c += 8000;
    else b += 8000;
    return wentToC[seq] === (isC ? 1 : 0);
  });
  return count === MILLION ? verdict : exact(count, MILLION);
}

export const proofs: readonly Proof[] = [
  proof(
    { routingProfile: 'Chaotic', 'routing.chaosProbability': 0.02 },
    '',
    'Each packet goes astray with the same chance.',
    'binomial law',
    (profile) => {
      let hits = 0;
      const surroundings = () => ({
        scatter: () => {
          hits++;
          return true;
        },
      });
      send({ profile, packets: MILLION, gap: MS, surroundings });
      return share(hits, MILLION, 0.02);
    },
  ),
  proof(
    { routingProfile: 'Chaotic', 'routing.chaosProbability': 1 },
    'seven VMs',
    'Astray: to the live VMs, each with the same chance, but never to the sender.',
    'uniform over the other six',
    (profile) => uniform(profile, ASSIGNED),
  ),
  proof(
    { routingProfile: 'Chaotic', 'routing.chaosProbability': 1, 'routing.chaosScope': 'subnet' },
    'in a /26',
    'Astray: to any usable address of the subnet, each with the same chance, but never to the sender.',
    'uniform over 2^6 - 2 - 1',
    (profile) => uniform(profile, USABLE),
  ),
  ...(
    [
      [200, 0.5],
      [1000, 0.2],
    ] as const
  ).map(([windowMs, hysteresis]) =>
    proof(
      {
        routingProfile: 'Dynamic',
        'routing.loadWindowMs': windowMs,
        'routing.hysteresis': hysteresis,
      },
      'every 60 ms, two members',
      'A packet goes to the other member where that has less load by the hysteresis.',
      'the rule, packet by packet',
      (profile) => balanced(profile, windowMs, hysteresis),
    ),
  ),
];
