import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ms, seconds } from '../../engine/index.ts';
import { formatAddress, readAddress } from '../../sim/address.ts';
import type { WireObserver } from '../../sim/communication-manager.ts';
import { FROM, HOP, OUTER, PacketFlag, type PacketId, PacketKind, SENDER } from '../../sim/packet.ts';
import type { WorldSpec } from '../../sim/specs.ts';
import type { Program } from '../../sim/vm/api.ts';
import {
  decodeFragmentHeader,
  decodeIcmp,
  decodeIcmpv6,
  decodeIpv4,
  decodeIpv6,
  decodeSubstrateAddress,
  decodeUdp,
  fromSubstrate,
  ipv4AddressSum,
  ipv6AddressSum,
  isProblem,
  type Problem,
  reassembleIpv4,
  upperLayer,
} from '../../sim/wire/index.ts';
import { World } from '../../sim/world.ts';
import { classicCapture } from '../support/captures.ts';
import { inTemporaryFolder } from '../support/cli.ts';
import { hex, toHex } from '../support/hex.ts';
import { at, flow, network, once, personal, pool, route, vm, worldSpec } from '../support/world.ts';

/** What a decoder found; a Problem fails the test in its own words. */
function fine<T extends object>(decoded: T): Exclude<T, Problem> {
  if (isProblem(decoded)) throw new Error(`${decoded.problem} at ${decoded.offset}`);
  return decoded as Exclude<T, Problem>;
}

interface Seen {
  readonly world: World;
  readonly packet: PacketId;
  readonly host: number;
  /** The VMs' packet. */
  readonly bytes: Uint8Array;
  /** The physical network's; empty when it refuses. */
  readonly outer: Uint8Array;
}

/** Runs a world and shows every packet that leaves a host, and that arrives at one. */
async function watch(
  parts: Partial<WorldSpec>,
  leaves: (seen: Seen) => void,
  arrives: (seen: Seen) => void = () => {},
  programs: ReadonlyMap<string, Program> = new Map(),
): Promise<void> {
  const world = new World(worldSpec(parts), {
    until: seconds(100),
    interval: seconds(1),
    programs,
  });
  const seen = (packet: PacketId, host: number): Seen => {
    const outer = world.octets.substrate(packet);
    const bytes = world.octets.virtual(packet);
    return { world, packet, host, bytes, outer: isProblem(outer) ? new Uint8Array(0) : outer };
  };
  const observer: WireObserver = {
    leaves: (packet, host) => leaves(seen(packet, host)),
    arrives: (packet, host) => arrives(seen(packet, host)),
  };
  world.observe(observer);
  await world.run();
  const [failure] = world.programs.failures;
  if (failure !== undefined) throw failure.error;
}

/** All packets that leave hosts. */
async function leaving(parts: Partial<WorldSpec>, programs?: ReadonlyMap<string, Program>): Promise<Seen[]> {
  const all: Seen[] = [];
  await watch(parts, (seen) => all.push(seen), undefined, programs);
  return all;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

// ---- by hand

test('a UDP datagram over IPv4, and the same on the physical network', async () => {
  const [sent] = await leaving(
    { traffic: [flow('program', { module: '', args: null, df: true })] },
    new Map([['program', async (self) => self.udp(5000).send({ vm: 'b', port: 9000 }, 'hi')]]),
  );
  // Header: 4500+001e+0001+4000+4011+0a00+0001+0a00+0002 = d933, ~ = 26cc.
  // UDP: 0a00+0001+0a00+0002 + 0011+000a + 1388+2328+000a + 6869 = b341, ~ = 4cbe.
  assert.is(
    toHex(sent!.bytes),
    toHex(hex('4500001e 00014000 401126cc 0a000001 0a000002  13882328 000a4cbe  6869')),
  );
  // DF is bit 18 of the flow label, the identification its low 16. Host 1 to host 2, network 1. The addresses now sum to
  // fd00+0001+0100+0a00+0001 + fd00+0002+0100+0a00+0002 = 21006, folded 1008; with the rest af46, ~ = 50b9.
  const addresses = 'fd000001 00000100 00000000 0a000001  fd000002 00000100 00000000 0a000002';
  assert.is(toHex(sent!.outer), toHex(hex(`60040001 000a1140 ${addresses}  13882328 000a50b9  6869`)));
});

test('an echo request over IPv6', async () => {
  const [request, reply] = await leaving({
    networks: [network('n', '2001:db8::/64')],
    vms: [vm('a', '2001:db8::1'), vm('b', '2001:db8::2', { host: 'h2' })],
    traffic: [flow('ping', { interval: seconds(1), packetSize: 48, timeout: seconds(1), count: 1 })],
  });
  const [a, b] = ['20010db8 00000000 00000000 00000001', '20010db8 00000000 00000000 00000002'];
  // 2001+0db8+0001 + 2001+0db8+0002 + 0008 + 003a + 8000 + 0001 = dbb8, ~ = 2447; as a reply, 8100: 2347.
  assert.is(toHex(request!.bytes), toHex(hex(`60000000 00083a40 ${a} ${b}  80002447 00010000`)));
  assert.is(toHex(reply!.bytes), toHex(hex(`60000000 00083a40 ${b} ${a}  81002347 00010000`)));
});

test('a closed port, in the words of the error', async () => {
  const [question, error] = await leaving({
    traffic: [flow('scan', { interval: ms(1), packetSize: 28, prefix: '10.0.0.2/32', ports: [7] })],
  });
  const message = fine(decodeIcmp(error!.bytes, 20, error!.bytes.length));
  // All 28 bytes of the question fit.
  assert.equal(message, { kind: 'unreachable', code: 3, nextHopMtu: 0, original: question!.bytes });
});

// ---- every packet of a busy world

const HOSTS = ['h1', 'h2', 'h3', 'h4'];

/** Two networks and a gateway, a pool, a tenant with the same subnet, two IPv6 networks and a gateway, and all kinds of trouble. */
function busy(): Partial<WorldSpec> {
  const ping = (id: string, from: string, to: string, more: object = {}) =>
    flow('ping', {
      id,
      from: [from],
      to: { vm: to },
      interval: ms(7),
      packetSize: 84,
      timeout: ms(50),
      count: 4,
      ...more,
    });
  return {
    networks: [
      network('n', '10.0.0.0/24', [route('10.1.0.0/24', 'g')]),
      network('m', '10.1.0.0/24', [route('10.0.0.0/24', 'g')]),
      network('tenant', '10.0.0.0/24'),
      network('six', '2001:db8::/64', [route('2001:db8:0:1::/64', 'r')]),
      network('seven', '2001:db8:0:1::/64', [route('2001:db8::/64', 'r')]),
    ],
    hosts: HOSTS,
    vms: [
      vm('a', '10.0.0.1'),
      vm('b', '10.0.0.2', { host: 'h2' }),
      vm('c', '10.0.0.3', { host: 'h3' }),
      vm('g', { n: '10.0.0.254', m: '10.1.0.254' }, { host: 'h4', forwards: true }),
      vm('far', { m: '10.1.0.9' }, { host: 'h2' }),
      vm('ta', { tenant: '10.0.0.1' }),
      vm('tb', { tenant: '10.0.0.2' }, { host: 'h2' }),
      vm('x', { six: '2001:db8::1' }),
      vm('y', { six: '2001:db8::2' }, { host: 'h3' }),
      vm('r', { six: '2001:db8::ff', seven: '2001:db8:0:1::ff' }, { host: 'h4', forwards: true }),
      vm('z', { seven: '2001:db8:0:1::1' }, { host: 'h2' }),
    ],
    pools: [pool('10.0.0.100', 'b', 'c')],
    ...personal({
      b: { mtu: 576, duplicatePacketPercentage: 0.3 },
      c: { mtu: 1000, 'bandwidth.discipline': 'red' },
      far: { mtu: 400 },
      y: { mtu: 1280 },
      z: { mtu: 1300 },
    }),
    traffic: [
      flow('cbr', { interval: ms(3), packetSize: 1500, count: 5, ecn: true }),
      flow('cbr', { id: 'with DF', port: 9001, interval: ms(3), packetSize: 1500, count: 2, df: true }),
      flow('cbr', {
        id: 'across',
        port: 9002,
        interval: ms(3),
        packetSize: 900,
        count: 3,
        to: { vm: 'far' },
      }),
      flow('cbr', {
        id: 'expiring',
        port: 9003,
        interval: ms(3),
        packetSize: 900,
        count: 3,
        to: { vm: 'far' },
        ttl: 1,
      }),
      flow('request', {
        port: 80,
        to: { address: '10.0.0.100' },
        interval: ms(5),
        requestSize: 700,
        responseSize: 3000,
        packetSize: 1500,
        think: 0,
        timeout: ms(500),
        retries: 1,
        count: 3,
      }),
      flow('flood', { interval: ms(2), packetSize: 1400, count: 4 }),
      ping('pings', 'a', 'b'),
      ping('tenant pings', 'ta', 'tb', { packetSize: 29 }),
      ping('six pings', 'x', 'y', { packetSize: 3001 }),
      ping('seven pings', 'x', 'z', { packetSize: 1400 }),
      flow('cbr', {
        id: 'six stream',
        port: 9004,
        from: ['x'],
        to: { vm: 'z' },
        interval: ms(9),
        packetSize: 2000,
        count: 4,
        ecn: true,
      }),
      flow('flood', {
        id: 'six flood',
        from: ['x'],
        to: { vm: 'y' },
        interval: ms(9),
        packetSize: 1280,
        count: 3,
      }),
      flow('cbr', {
        id: 'six expiring',
        port: 9005,
        from: ['x'],
        to: { vm: 'z' },
        interval: ms(9),
        packetSize: 200,
        count: 2,
        ttl: 1,
      }),
    ],
    timeline: [at(ms(10), { op: 'migrate', vm: 'b', host: 'h3' })],
  };
}

/** The bytes of what is not a fragment, against the row. */
function checkPayload({ world, packet, bytes }: Seen): void {
  const { packets } = world;
  const family = bytes[0]! >> 4 === 4 ? 4 : 6;
  const header = family === 4 ? 20 : 40;
  const sum = family === 4 ? ipv4AddressSum(bytes, 0) : ipv6AddressSum(bytes, 0);
  const kind = packets.kind(packet);
  if (kind === PacketKind.datagram) {
    const { sourcePort, destinationPort, payload } = fine(
      decodeUdp(bytes, header, bytes.length, family, sum),
    );
    assert.is(sourcePort, packets.sourcePort(packet));
    assert.is(destinationPort, packets.targetPort(packet));
    assert.is(payload.length, packets.size(packet) - header - 8);
    return;
  }
  const message = fine(
    family === 4 ? decodeIcmp(bytes, header, bytes.length) : decodeIcmpv6(bytes, header, bytes.length, sum),
  );
  switch (message.kind) {
    case 'echoRequest':
    case 'echoReply':
      assert.is(message.kind, kind === PacketKind.echoRequest ? 'echoRequest' : 'echoReply');
      assert.is(
        message.identifier,
        kind === PacketKind.echoRequest ? packets.sourcePort(packet) : packets.targetPort(packet),
      );
      assert.is(message.sequence, packets.info(packet));
      return;
    case 'packetTooBig':
      assert.is(kind, PacketKind.tooBig);
      assert.is(message.mtu, packets.info(packet));
      return;
    case 'unreachable':
      if (kind === PacketKind.tooBig) {
        assert.equal(
          [message.code, 'nextHopMtu' in message && message.nextHopMtu],
          [4, packets.info(packet)],
        );
      } else {
        assert.equal([kind, message.code], [PacketKind.portUnreachable, family === 4 ? 3 : 4]);
      }
      return;
    default:
      assert.is(kind, PacketKind.timeExceeded);
      assert.is(message.code, 0);
  }
}

/** The IP header, against the row. */
function checkHeader({ world, packet, bytes }: Seen): void {
  const { packets, system } = world;
  const source = system.valueOf(packets.source(packet));
  const target = system.valueOf(packets.target(packet));
  const ecn = packets.has(packet, PacketFlag.ecnCapable) ? 2 : 0;
  assert.is(bytes.length, packets.size(packet));
  const more = packets.has(packet, PacketFlag.moreFragments);
  if (target.family === 4) {
    const header = fine(decodeIpv4(bytes));
    assert.equal(
      [header.source, header.destination, header.ttl, header.protocol, header.totalLength, header.tos],
      [source.value, target.value, packets.ttl(packet), packets.protocol(packet), bytes.length, ecn],
    );
    assert.is(header.dontFragment, packets.has(packet, PacketFlag.dontFragment));
    assert.equal([header.moreFragments, header.fragmentOffset], [more, packets.offset(packet)]);
    assert.is(header.identification, packets.ident(packet));
    return;
  }
  const header = fine(decodeIpv6(bytes));
  assert.equal(
    [header.source, header.destination, header.hopLimit, header.payloadLength, header.trafficClass],
    [source.value, target.value, packets.ttl(packet), bytes.length - 40, ecn],
  );
  assert.is(header.nextHeader, packets.isFragment(packet) ? 44 : packets.protocol(packet));
  if (!packets.isFragment(packet)) return;
  assert.equal(fine(decodeFragmentHeader(bytes, 40)), {
    nextHeader: packets.protocol(packet),
    fragmentOffset: packets.offset(packet),
    moreFragments: more,
    identification: packets.ident(packet),
  });
}

/** Host, network and address at both ends, by their names; and the way back. */
function checkSubstrate({ world, packet, bytes, outer }: Seen): void {
  const { packets, system, octets } = world;
  const { ints } = packets;
  const ends = [8, 24].map((offset) =>
    fine(decodeSubstrateAddress(readAddress(outer, offset, 6), octets.map)),
  );
  const hop = ints[packet + HOP]!;
  const forwards = system.owner[packets.target(packet)] !== hop;
  const words = ends.map((end) => [
    HOSTS[end.host - 1],
    system.networks[end.network - 1]!.id,
    formatAddress(end.address),
    end.forwards,
  ]);
  const { id } = system.networks[system.network[packets.target(packet)]!]!;
  const hopAddress = system.addressIn(hop, system.network[packets.target(packet)]!);
  assert.equal(words, [
    [HOSTS[ints[packet + OUTER]! >>> 16], id, system.addressText(packets.source(packet)), false],
    [HOSTS[ints[packet + OUTER]! & 0xffff], id, system.addressText(hopAddress), forwards],
  ]);
  const restored = fine(fromSubstrate(outer, octets.map));
  assert.is(toHex(restored.packet), toHex(bytes));
  assert.equal(restored.nextHop, forwards ? system.valueOf(hopAddress) : null);
  // A router on the way could verify the checksum, too.
  const upper = upperLayer(outer);
  if (upper.protocol === 17 && !packets.isFragment(packet)) {
    const sum = ipv6AddressSum(outer, 0, upper.sourceRouted ? 48 : 24);
    fine(decodeUdp(outer, upper.offset, outer.length, 6, sum));
  }
}

test('every packet of a busy world says what its row says, and comes back from the physical network as it was', async () => {
  const kinds = new Set<string>();
  const forwarded = new Set<number>();
  const check = (seen: Seen): void => {
    const { world, packet } = seen;
    const { packets, system } = world;
    checkHeader(seen);
    if (!packets.isFragment(packet)) checkPayload(seen);
    // Between the migration and the next hop, the map knows better than the header where the VM is.
    const hop = packets.ints[packet + HOP]!;
    if (system.hostOf[hop] === (packets.ints[packet + OUTER]! & 0xffff)) checkSubstrate(seen);
    const family = system.isIpv6[packets.target(packet)] === 1 ? 6 : 4;
    kinds.add(`${family} ${packets.kind(packet)}${packets.isFragment(packet) ? ' in parts' : ''}`);
    const initial = /expiring/.test(system.flows[packets.flow(packet)]!.id) ? 1 : 64;
    const isAnswer = packets.has(packet, PacketFlag.reverse);
    if (packets.ints[packet + SENDER] !== packets.ints[packet + FROM]) {
      forwarded.add(family);
      assert.is(packets.ttl(packet), 63);
    } else {
      assert.is(packets.ttl(packet), isAnswer ? 64 : initial);
    }
  };
  await watch(busy(), check, check);
  const { datagram, echoRequest, echoReply, portUnreachable, tooBig, timeExceeded } = PacketKind;
  for (const family of [4, 6]) {
    for (const kind of [datagram, echoRequest, echoReply, portUnreachable, tooBig, timeExceeded]) {
      assert.ok(kinds.has(`${family} ${kind}`), `no kind ${kind} in IPv${family}`);
    }
    assert.ok(kinds.has(`${family} ${datagram} in parts`));
    assert.ok(forwarded.has(family));
  }
});

test('what arrives is what left', async () => {
  const left = new Map<number, string>();
  let arrived = 0;
  await watch(
    { ...busy(), timeline: [] },
    ({ world, packet, outer, host }) =>
      left.set(
        world.packets.id(packet),
        `${host}>${world.packets.ints[packet + OUTER]! & 0xffff} ${toHex(outer)}`,
      ),
    ({ world, packet, outer, host }) => {
      arrived++;
      const from = world.packets.ints[packet + OUTER]! >>> 16;
      assert.is(`${from}>${host} ${toHex(outer)}`, left.get(world.packets.id(packet)));
    },
  );
  assert.ok(arrived > 100);
});

test('two tenants with the same subnet have addresses of their own', async () => {
  const twins: Partial<WorldSpec> = {
    networks: [network('n', '10.0.0.0/24'), network('m', '10.0.0.0/24')],
    vms: ['n', 'm'].flatMap((name) => [
      vm(`a${name}`, { [name]: '10.0.0.1' }),
      vm(`b${name}`, { [name]: '10.0.0.2' }, { host: 'h2' }),
    ]),
    traffic: ['n', 'm'].map((name) => once(100, { id: name, from: [`a${name}`], to: { vm: `b${name}` } })),
  };
  const [one, other] = await leaving(twins);
  const text = (seen: Seen): string[] =>
    [8, 24].map((offset) => formatAddress(readAddress(seen.outer, offset, 6)));
  assert.equal(text(one!), ['fd00:1:0:100::a00:1', 'fd00:2:0:100::a00:2']);
  assert.equal(text(other!), ['fd00:1:0:200::a00:1', 'fd00:2:0:200::a00:2']);
  assert.is(toHex(one!.bytes.subarray(12, 20)), toHex(other!.bytes.subarray(12, 20)));
});

// ---- who sends, and where to

test('a pool answers with its own address, from the host of its member', async () => {
  const seen = await leaving({
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2', { host: 'h2' })],
    pools: [pool('10.0.0.100', 'b')],
    traffic: [
      flow('ping', {
        to: { address: '10.0.0.100' },
        interval: ms(1),
        packetSize: 60,
        timeout: ms(9),
        count: 1,
      }),
    ],
  });
  const ends = seen.map(({ outer }) => [8, 24].map((offset) => formatAddress(readAddress(outer, offset, 6))));
  assert.equal(ends, [
    ['fd00:1:0:100::a00:1', 'fd00:2:0:100::a00:2'],
    ['fd00:2:0:100::a00:64', 'fd00:1:0:100::a00:1'],
  ]);
  const { map } = seen[0]!.world.octets;
  assert.equal(fine(fromSubstrate(seen[1]!.outer, map)).packet, seen[1]!.bytes);
  const pooled = { family: 4, value: 0x0a000064n } as const;
  assert.equal(
    [map.maySend(2, 1, pooled), map.maySend(1, 1, pooled), map.hostOf(1, pooled)],
    [true, false, 0],
  );
});

test('an error about a packet to a pool quotes the address that was asked', async () => {
  const [, error] = await leaving({
    pools: [pool('10.0.0.100', 'b')],
    traffic: [flow('flood', { to: { address: '10.0.0.100' }, interval: ms(1), packetSize: 100, count: 1 })],
  });
  const message = fine(decodeIcmp(error!.bytes, 20, error!.bytes.length));
  const original = 'original' in message ? message.original : new Uint8Array(0);
  const header = fine(decodeIpv4(original));
  assert.equal([header.source, header.destination, header.totalLength], [0x0a000001n, 0x0a000064n, 100]);
  fine(decodeUdp(original, 20, 100, 4, ipv4AddressSum(original, 0)));
});

test('through a gateway: the next hop in the header, the destination in the segment, and the hop limit one less after it', async () => {
  const seen = await leaving({
    networks: [network('n', '10.0.0.0/24', [route('10.1.0.0/24', 'g')]), network('m', '10.1.0.0/24')],
    hosts: HOSTS,
    vms: [
      vm('a', '10.0.0.1'),
      vm('g', { n: '10.0.0.254', m: '10.1.0.254' }, { host: 'h4', forwards: true }),
      vm('b', { m: '10.1.0.2' }, { host: 'h2' }),
    ],
    traffic: [once(64)],
  });
  const ends = seen.map(({ outer }) => [8, 24].map((offset) => formatAddress(readAddress(outer, offset, 6))));
  assert.equal(ends, [
    ['fd00:1:0:100::a00:1', 'fd00:4:0:110::a00:fe'],
    ['fd00:4:0:200::a00:1', 'fd00:2:0:200::a01:2'],
  ]);
  // A routing header, and in it the destination; nobody in the first network has it, so its host is 0.
  assert.equal([seen[0]!.outer[6], seen[1]!.outer[6]], [43, 17]);
  assert.is(formatAddress(readAddress(seen[0]!.outer, 48, 6)), 'fd00::100:0:0:a01:2');
  assert.equal(
    seen.map(({ bytes }) => bytes[8]),
    [64, 63],
  );
  // A host without a router cannot speak for somebody else's network.
  const { map } = seen[0]!.world.octets;
  const foreign = { family: 4, value: 0x0a000001n } as const;
  assert.equal([map.maySend(4, 2, foreign), map.maySend(2, 2, foreign)], [true, false]);
});

test('an IPv6 address outside of its network goes by the number it was given first', async () => {
  const seen = await leaving({
    networks: [
      network('n', '2001:db8::/64', [route('2001:db8:0:1::/64', 'g')]),
      network('m', '2001:db8:0:1::/64'),
    ],
    vms: [
      vm('a', '2001:db8::1'),
      vm('g', { n: '2001:db8::ff', m: '2001:db8:0:1::ff' }, { host: 'h2', forwards: true }),
      vm('b', { m: '2001:db8:0:1::1' }),
    ],
    traffic: [once(64)],
  });
  // The source, a's, is address 0 of the world; form 2 in network 2.
  assert.is(formatAddress(readAddress(seen[1]!.outer, 8, 6)), 'fd00:2:0:202::');
  assert.equal(fine(fromSubstrate(seen[1]!.outer, seen[1]!.world.octets.map)).packet, seen[1]!.bytes);
});

test('what a compromised host forges is on the wire as forged, and refused from there', async () => {
  const seen = await leaving({
    vms: [vm('a', '10.0.0.1'), vm('b', '10.0.0.2', { host: 'h2' }), vm('c', '10.0.0.3', { host: 'h2' })],
    traffic: [
      flow('spoof', { interval: ms(1), packetSize: 40, count: 1, as: '10.0.0.3', compromisedHost: true }),
    ],
  });
  assert.is(seen.length, 1);
  const refused = fromSubstrate(seen[0]!.outer, seen[0]!.world.octets.map);
  assert.is(isProblem(refused) && 'reason' in refused && refused.reason, 'spoofed');
});

test('a packet for a VM that has moved arrives where it was, and leaves again', async () => {
  const story: string[] = [];
  const tell =
    (what: string) =>
    ({ world, packet, host, outer }: Seen): void => {
      const target = fine(decodeSubstrateAddress(readAddress(outer, 24, 6), world.octets.map));
      story.push(`${what} ${HOSTS[host]} for ${HOSTS[target.host - 1]}, seq ${world.packets.seq(packet)}`);
    };
  await watch(
    {
      hosts: HOSTS,
      links: [{ between: ['h1', 'h2'], latency: ms(5), bandwidth: Infinity, queuePackets: Infinity }],
      traffic: [once(100)],
      timeline: [at(ms(1), { op: 'migrate', vm: 'b', host: 'h3' })],
    },
    tell('leaves'),
    tell('arrives'),
  );
  assert.equal(story, [
    'leaves h1 for h2, seq 0',
    'arrives h2 for h2, seq 0',
    'leaves h2 for h3, seq 0',
    'arrives h3 for h3, seq 0',
  ]);
});

// ---- payloads and fragments

test('what a program wrote goes in fragments and comes together again', async () => {
  const words = 'All that is gold does not glitter. '.repeat(80);
  const seen = await leaving(
    { ...personal({ b: { mtu: 576 } }), traffic: [flow('program', { module: '', args: null })] },
    new Map([['program', async (self) => self.udp().send({ vm: 'b', port: 9000 }, words)]]),
  );
  const parts = seen.filter(({ world, packet }) => world.packets.kind(packet) === PacketKind.datagram);
  // 2808 bytes of UDP in runs of 552 (556 rounded down to 8).
  assert.equal(
    parts.map(({ bytes }) => bytes.length),
    [572, 572, 572, 572, 572, 68],
  );
  const whole = reassembleIpv4(parts.map(({ bytes }) => bytes));
  assert.ok(whole !== null);
  const packet = fine(whole);
  assert.is(text(fine(decodeUdp(packet, 20, packet.length, 4, ipv4AddressSum(packet, 0))).payload), words);
});

test('a program that gives a size only sends zeros', async () => {
  const [sent] = await leaving(
    { traffic: [flow('program', { module: '', args: null })] },
    new Map([['program', async (self) => self.udp().send({ vm: 'b', port: 9000 }, 5)]]),
  );
  assert.is(toHex(sent!.bytes.subarray(28)), '0000000000');
});

test('fragments are slices of what is sent where nothing is cut', async () => {
  for (const [subnet, one, two, header] of [
    ['10.0.0.0/24', '10.0.0.1', '10.0.0.2', 20],
    ['2001:db8::/64', '2001:db8::1', '2001:db8::2', 40],
  ] as const) {
    const parts: Partial<WorldSpec> = {
      networks: [network('n', subnet)],
      vms: [vm('a', one), vm('b', two, { host: 'h2' })],
      traffic: [flow('cbr', { interval: ms(5), packetSize: 4000, count: 2 })],
    };
    const whole = (await leaving(parts))[1]!.bytes.subarray(header);
    // In IPv6 the first packet is lost, and the sender learns from it.
    const pieces = (await leaving({ ...parts, ...personal({ b: { mtu: 1500 } }) })).filter(
      ({ world, packet }) => world.packets.seq(packet) === 1 && world.packets.isFragment(packet),
    );
    assert.is(pieces.length, 3);
    const payload = pieces.map(({ bytes }) => toHex(bytes.subarray(header === 20 ? 20 : 48)));
    assert.is(payload.join(''), toHex(whole));
  }
});

test('time exceeded in reassembly quotes the first fragment', async () => {
  const narrow = { mtu: 1500, bandwidthKbps: 1000, 'bandwidth.queuePackets': 0 };
  const [first, error] = await leaving({ ...personal({ b: narrow }), traffic: [once(4000)] });
  const message = fine(decodeIcmp(error!.bytes, 20, error!.bytes.length));
  assert.is(error!.bytes.length, 576);
  assert.equal(message, { kind: 'timeExceeded', code: 1, original: first!.bytes.subarray(0, 548) });
});

test('copies have the same bytes, other packets have others', async () => {
  const seen = await leaving({
    ...personal({ b: { duplicatePacketPercentage: 1 } }),
    traffic: [flow('cbr', { interval: ms(1), packetSize: 100, count: 3 })],
  });
  const payloads = seen.map(({ bytes }) => toHex(bytes.subarray(28)));
  const copies = seen.map(({ bytes }) => toHex(bytes));
  assert.is(payloads.length, 6);
  assert.is(new Set(copies).size, 3);
  assert.is(new Set(payloads).size, 3);
});

test('an echo reply repeats the data of its request', async () => {
  const [request, reply] = await leaving({
    traffic: [flow('ping', { interval: ms(1), packetSize: 1200, timeout: ms(9), count: 1 })],
  });
  assert.is(toHex(reply!.bytes.subarray(28)), toHex(request!.bytes.subarray(28)));
});

test('the ECN bits: not capable, ECT(0), CE (RFC 3168)', () => {
  const world = new World(worldSpec(), { until: seconds(1), interval: seconds(1) });
  const { ecnCapable, marked } = PacketFlag;
  const bits = [0, ecnCapable, ecnCapable | marked].map((flags) => {
    const [a, b] = [0, 1].map((vm) => world.system.primaryAddress[vm]!);
    const packet = world.fabric.vms[0]!.datagram(0, 0, a!, b!, 1, 28, flags, 64);
    return fine(decodeIpv4(world.octets.virtual(packet))).tos;
  });
  assert.equal(bits, [0, 2, 3]);
});

test('looking changes nothing', async () => {
  const run = async (observer: WireObserver | null): Promise<string[]> => {
    const world = new World(worldSpec(busy()), { until: seconds(100), interval: seconds(1) });
    const story: string[] = [];
    world.attach({
      ended: ({ length, packets, ints, doubles }) => {
        for (const packet of packets.subarray(0, length)) {
          story.push(
            `${doubles.subarray(packet >> 1, (packet >> 1) + 8)} ${ints.subarray(packet + 16, packet + 32)}`,
          );
        }
      },
    });
    world.observe({
      leaves: (packet, host) => {
        observer?.leaves?.(packet, host);
        if (observer !== null) world.octets.substrate(packet);
      },
    });
    await world.run();
    return story;
  };
  let looked = 0;
  const unseen = await run(null);
  assert.equal(
    await run({
      leaves: () => {
        looked++;
      },
    }),
    unseen,
  );
  assert.ok(looked > 100);
});

test('an IPv4 packet that IPv6 cannot hold with a segment is refused', async () => {
  const gateway: Partial<WorldSpec> = {
    networks: [network('n', '10.0.0.0/24', [route('10.1.0.0/24', 'g')]), network('m', '10.1.0.0/24')],
    vms: [
      vm('a', '10.0.0.1'),
      vm('g', { n: '10.0.0.254', m: '10.1.0.254' }, { forwards: true }),
      vm('b', { m: '10.1.0.2' }),
    ],
  };
  const lengths = async (size: number): Promise<number[]> =>
    (await leaving({ ...gateway, traffic: [once(size)] })).map(({ outer }) => outer.length);
  // 20 bytes of IPv4 header become 40, and 24 more on the way to the gateway: 65511 + 24 = 65535.
  assert.equal(await lengths(65531), [65575, 65551]);
  assert.equal(await lengths(65532), [0, 65552]);
});

// ---- what others say

const hasTshark = spawnSync('tshark', ['--version']).status === 0;

if (hasTshark) {
  test('tshark finds no wrong checksum, in either network', async () => {
    const seen = await leaving({ ...busy(), timeline: [] });
    const fields = [
      'ip.checksum.status',
      'udp.checksum.status',
      'icmp.checksum.status',
      'icmpv6.checksum.status',
    ];
    await inTemporaryFolder((folder) => {
      for (const side of ['bytes', 'outer'] as const) {
        const frames = seen.map((each, number) => ({ seconds: number, fraction: 0, data: each[side] }));
        const file = join(folder, `${side}.pcap`);
        writeFileSync(file, classicCapture(frames, { linkType: 101 }));
        const { stdout, status } = spawnSync(
          'tshark',
          [
            '-n',
            '-r',
            file,
            '-T',
            'fields',
            '-E',
            'separator=,',
            ...fields.flatMap((field) => ['-e', field]),
            '-o',
            'ip.check_checksum:TRUE',
            '-o',
            'udp.check_checksum:TRUE',
          ],
          { encoding: 'utf8' },
        );
        assert.is(status, 0);
        const lines = stdout.trimEnd().split('\n');
        assert.is(lines.length, frames.length);
        // 0 is bad, 1 good, 2 unverified.
        assert.equal(
          lines.filter((line) => /(^|,)(0|Bad)(,|$)/.test(line)),
          [],
        );
        assert.ok(lines.filter((line) => /(^|,)(1|Good)(,|$)/.test(line)).length > frames.length / 2);
      }
    });
  });
}

test.run();
