import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { seconds } from '../../engine/index.ts';
import { damageKind } from '../../sim/damage.ts';
import { fragment } from '../../sim/fragmentation.ts';
import { HOP, OUTER, PacketFlag, type PacketId } from '../../sim/packet.ts';
import { Origin } from '../../sim/trace.ts';
import {
  checkIpv4,
  DAMAGE_PLACES,
  decodeFragmentHeader,
  decodeIcmp,
  decodeIcmpv6,
  decodeUdp,
  fromSubstrate,
  ipv4AddressSum,
  ipv6AddressSum,
  isProblem,
  reassembleIpv4,
  upperLayer,
} from '../../sim/wire/index.ts';
import { World } from '../../sim/world.ts';
import { network, vm, worldSpec } from '../support/world.ts';

const SEED = { seed: 1071 };

const worlds: Readonly<Record<4 | 6, World>> = { 4: worldOf('10.0.0.'), 6: worldOf('2001:db8::') };

function worldOf(prefix: string): World {
  const networks = [network('n', prefix.includes(':') ? `${prefix}/64` : `${prefix}0/24`)];
  const vms = [vm('a', `${prefix}1`), vm('b', `${prefix}2`, { host: 'h2' })];
  return new World(worldSpec({ networks, vms }), { until: seconds(1), interval: seconds(1) });
}

const family = fc.constantFrom<4 | 6>(4, 6);

/** What a packet from a to b may be; `size` is counted from the smallest. */
const kind = fc.record({
  isEcho: fc.boolean(),
  flow: fc.nat(1000),
  seq: fc.oneof(fc.nat(), fc.maxSafeNat()),
  port: fc.nat(65535),
  more: fc.oneof(fc.nat(40), fc.nat(9000)),
  ttl: fc.integer({ min: 1, max: 255 }),
  flags: fc.constantFrom(0, PacketFlag.ecnCapable, PacketFlag.reverse),
});
type Kind = typeof kind extends fc.Arbitrary<infer K> ? K : never;

/** A packet with a substrate header, between the two hosts. */
function make(world: World, { isEcho, flow, seq, port, more, ttl, flags }: Kind, of: 4 | 6): PacketId {
  const [a, b] = [0, 1].map((index) => world.system.primaryAddress[index]!);
  const size = (of === 4 ? 28 : 48) + more;
  const sender = world.fabric.vms[0]!;
  const packet = isEcho
    ? sender.echo(flow, seq, b!, port, size, flags, ttl)
    : sender.datagram(flow, seq, a!, b!, (port << 16) | 9000, size, flags, ttl);
  world.packets.ints[packet + HOP] = 1;
  world.packets.ints[packet + OUTER] = 1;
  return packet;
}

const headerOf = (of: 4 | 6, isFragment: boolean): number => (of === 4 ? 20 : isFragment ? 48 : 40);

/** Is everything in it right? Of what is no fragment. */
function isValid(bytes: Uint8Array, of: 4 | 6, isEcho: boolean): boolean {
  const { offset } = upperLayer(bytes);
  const sum = of === 4 ? ipv4AddressSum(bytes, 0) : ipv6AddressSum(bytes, 0);
  if (!isEcho) return !isProblem(decodeUdp(bytes, offset, bytes.length, of, sum));
  if (of === 4) return !isProblem(decodeIcmp(bytes, offset, bytes.length));
  return !isProblem(decodeIcmpv6(bytes, offset, bytes.length, sum));
}

const join = (parts: readonly Uint8Array[]): number[] => parts.flatMap((part) => [...part]);

test.prop([family, kind], SEED)(
  'every packet is valid, and comes back from the physical network',
  (of, what) => {
    const world = worlds[of];
    const packet = make(world, what, of);
    const bytes = world.octets.virtual(packet);
    expect(isValid(bytes, of, what.isEcho)).toBe(true);
    const outer = world.octets.substrate(packet);
    if (isProblem(outer)) throw new Error(outer.problem);
    expect(fromSubstrate(outer, world.octets.map)).toEqual({
      host: 1,
      network: 1,
      packet: bytes,
      nextHop: null,
    });
  },
);

test.prop([family, kind, fc.integer({ min: 68, max: 2000 }), fc.integer({ min: 68, max: 2000 })], SEED)(
  'fragments, and fragments of fragments, are slices of the whole',
  (of, what, first, second) => {
    const world = worlds[of];
    const { packets, octets } = world;
    const packet = make(world, what, of);
    const whole = octets.virtual(packet);
    const pieces: PacketId[] = [];
    const cut = (piece: PacketId, limit: number, keep: (piece: PacketId) => void): void => {
      if (packets.size(piece) > limit) fragment(packets, piece, limit, of, keep);
      else keep(piece);
    };
    cut(packet, first, (piece) => cut(piece, second, (smaller) => pieces.push(smaller)));
    const parts = pieces.map((piece) => octets.virtual(piece));
    const payload = parts.map((part, i) => part.subarray(headerOf(of, packets.isFragment(pieces[i]!))));
    expect(join(payload)).toEqual([...whole.subarray(headerOf(of, false))]);
    if (of === 4) expect(reassembleIpv4(parts)).toEqual(whole);
    let offset = 0;
    for (const [i, piece] of pieces.entries()) {
      const outer = octets.substrate(piece);
      if (isProblem(outer)) throw new Error(outer.problem);
      expect(fromSubstrate(outer, octets.map)).toMatchObject({ packet: parts[i] });
      if (of === 6 && packets.isFragment(piece)) {
        const moreFragments = i < pieces.length - 1;
        expect(decodeFragmentHeader(parts[i]!, 40)).toMatchObject({ fragmentOffset: offset, moreFragments });
      }
      offset += payload[i]!.length;
    }
  },
);

const damage = fc.record({
  draw: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  bits: fc.constantFrom(1, 2, 3, 17),
  where: fc.constantFrom(...DAMAGE_PLACES),
});

const differences = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, octet, i) => sum + bitsOf(octet ^ b[i]!), 0);

test.prop([family, kind, damage], SEED)(
  'corruption flips so many bits, always the same, and whoever verifies finds it',
  (of, what, { draw, ...how }) => {
    const world = worlds[of];
    const packet = make(world, what, of);
    const right = world.octets.virtual(packet);
    world.packets.damage(packet, draw, damageKind({ ...how, isSilent: false }));
    expect(world.packets.has(packet, PacketFlag.corrupted)).toBe(true);
    const wrong = world.octets.virtual(packet);
    expect(differences(right, wrong)).toBe(how.bits);
    expect(checkIpv4OrNothing(wrong, of) && isValid(wrong, of, what.isEcho)).toBe(false);
    expect(world.octets.virtual(packet)).toEqual(wrong);
    const outer = world.octets.substrate(packet);
    if (isProblem(outer)) throw new Error(outer.problem);
    if (how.where === 'payload')
      expect(fromSubstrate(outer, world.octets.map)).toMatchObject({ packet: wrong });
  },
);

test.prop([family, kind, damage], SEED)(
  'silent corruption is valid, and not what was sent',
  (of, what, one) => {
    const world = worlds[of];
    const packet = make(world, what, of);
    const right = world.octets.virtual(packet);
    const { draw, ...how } = one;
    world.packets.damage(packet, draw, damageKind({ ...how, isSilent: true }));
    const other = world.octets.virtual(packet);
    expect(world.packets.flags(packet) & (PacketFlag.corrupted | PacketFlag.silent)).toBe(PacketFlag.silent);
    expect(differences(right, other)).toBeGreaterThanOrEqual(how.bits);
    expect(checkIpv4OrNothing(other, of) && isValid(other, of, what.isEcho)).toBe(true);
    // A second time, elsewhere: both stay to be seen.
    world.packets.damage(
      packet,
      draw ^ 0x5bd1e995,
      damageKind({ bits: 1, where: 'payload', isSilent: true }),
    );
    const twice = world.octets.virtual(packet);
    expect(differences(other, twice)).toBeGreaterThanOrEqual(1);
    expect(checkIpv4OrNothing(twice, of) && isValid(twice, of, what.isEcho)).toBe(true);
  },
);

test.prop([kind, damage, fc.integer({ min: 68, max: 1000 })], SEED)(
  'the fragments of what was silently damaged are slices of it, and copies have the same bits flipped',
  (what, { draw, ...how }, limit) => {
    const { packets, octets } = worlds[4];
    const packet = make(worlds[4], what, 4);
    packets.damage(packet, draw, damageKind({ ...how, isSilent: true }));
    const whole = octets.virtual(packet);
    expect(octets.virtual(packets.clone(packet, Origin.copy))).toEqual(whole);
    const pieces: PacketId[] = [];
    fragment(packets, packet, limit, 4, (piece) => pieces.push(piece));
    const parts = pieces.map((piece) => octets.virtual(piece));
    expect(parts.flatMap((part) => [...part.subarray(20)])).toEqual([...whole.subarray(20)]);
    // TOS, identification, TTL and addresses are repeated as the router got them.
    for (const part of parts) {
      expect(checkIpv4(part)).toBe(null);
      for (const at of [1, 4, 5, 8, 12, 13, 14, 15, 16, 17, 18, 19]) expect(part[at]).toBe(whole[at]);
    }
  },
);

test.prop([kind, damage], SEED)(
  'a damaged fragment makes a whole that nobody takes for right',
  (what, one) => {
    const { packets, octets } = worlds[4];
    const packet = make(worlds[4], { ...what, more: what.more + 200 }, 4);
    const pieces: PacketId[] = [];
    fragment(packets, packet, 100, 4, (piece) => pieces.push(piece));
    const parts = pieces.map((piece) => octets.virtual(piece));
    const hit = one.draw % pieces.length;
    packets.damage(pieces[hit]!, one.draw, damageKind({ ...one, isSilent: false }));
    const damaged = octets.virtual(pieces[hit]!);
    expect(differences(parts[hit]!, damaged)).toBe(one.bits);
    if (checkIpv4(damaged) !== null) return;
    const whole = reassembleIpv4(parts.map((part, i) => (i === hit ? damaged : part)));
    if (whole === null || isProblem(whole)) throw new Error(whole?.problem ?? 'not a whole');
    expect(isValid(whole, 4, what.isEcho)).toBe(false);
  },
);

/** IPv6 has no checksum in its header. */
const checkIpv4OrNothing = (bytes: Uint8Array, of: 4 | 6): boolean => of === 6 || checkIpv4(bytes) === null;

const bitsOf = (octet: number): number => [...octet.toString(2)].filter((bit) => bit === '1').length;
