/**
 * A packet's bytes, made from its row when somebody looks at them: as the VMs see it, and as it is on the physical network.
 * Whoever looks changes nothing: the same row has the same bytes, however often and in whatever order it is looked at.
 */
import { invariant } from '../engine/index.ts';
import type { Address, Family } from './address.ts';
import type { Fabric } from './fabric.ts';
import { mix } from './mix.ts';
import { ADDRESSED, HOP, OUTER, PacketFlag, type PacketId, PacketKind, type PacketPool } from './packet.ts';
import { SubstratePlan } from './substrate-plan.ts';
import { type HostIndex, NOBODY, type SystemManager } from './system-manager.ts';
import type { Quote } from './vm/ip-host.ts';
import {
  copyFlips,
  type Damage,
  type Echo,
  encodeFragmentHeader,
  encodeIcmp,
  encodeIcmpv6,
  encodeIpv4,
  encodeIpv6,
  encodeSubstrateAddress,
  encodeUdp,
  FRAGMENT_HEADER,
  flipBits,
  ICMP_HEADER,
  IcmpUnreachable,
  Icmpv6Unreachable,
  IPV6_HEADER,
  ipv4AddressSum,
  ipv6AddressSum,
  isProblem,
  Protocol,
  plainIpv4,
  type Refusal,
  replaceHeader,
  type SubstrateMap,
  UDP_HEADER,
} from './wire/index.ts';

/** What the bytes of a packet are made from: a row's, or what an ICMP error remembers of one. */
interface Facts {
  readonly family: Family;
  readonly source: Address;
  readonly target: Address;
  /** Bytes, header included. */
  readonly size: number;
  readonly ident: number;
  readonly isFragment: boolean;
  /** In bytes. */
  readonly offset: number;
  /** Bytes of payload of the packet, or of the whole that it is a fragment of. */
  readonly whole: number;
  /** `PacketFlag` bits. */
  readonly flags: number;
  readonly ttl: number;
  readonly kind: PacketKind;
  readonly flow: number;
  readonly seq: number;
  readonly info: number;
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly body: unknown;
  readonly damages: readonly Damage[];
}

export class Octets {
  /** Reads substrate packets back: `fromSubstrate(bytes, octets.map)`. Hosts and networks count from 1, in the scenario's order. */
  readonly map: SubstrateMap;
  readonly #packets: PacketPool;
  readonly #system: SystemManager;

  constructor({ packets, system }: Pick<Fabric, 'packets' | 'system'>) {
    this.map = new SubstratePlan(system);
    this.#packets = packets;
    this.#system = system;
  }

  /**
   * The IP packet of the VMs, as it is now: checksums are right for its present addresses; a fragment is a slice of its whole. What no
   * program wrote is filled by flow, direction, sequence number and position; an echo reply repeats its request. Of a packet that was
   * corrupted the same bits are always flipped (see `bit-errors.ts`); silently, and its checksums are right for what they cover now.
   */
  virtual(packet: PacketId): Uint8Array {
    return this.#encode(this.#factsOf(packet));
  }

  /** As its sender wrote it: to whom it was addressed, with the hop limit `ttl`, unmarked and undamaged. Not for fragments. */
  original(packet: PacketId, ttl: number): Uint8Array {
    const facts = this.#factsOf(packet);
    return this.#encode({
      ...facts,
      target: this.#system.valueOf(this.#packets.ints[packet + ADDRESSED]!),
      ttl,
      flags: facts.flags & ~PacketFlag.marked,
      damages: [],
    });
  }

  /**
   * The IPv6 packet of the physical network, for a packet that has left its host (`OUTER` is not -1): between the hosts of `OUTER`, and with a
   * Segment Routing Header on the way to a next hop that is not its destination. Refuses (`mtu`) what IPv6 cannot hold: an IPv4 packet of
   * more than 65531 bytes with that header, 65523 as a fragment. Flipped bits of a virtual header come along where the physical one has
   * a place for them; its addresses are always those that the packet is sent to, and no checksum covers the rest.
   */
  substrate(packet: PacketId): Uint8Array | Refusal {
    const { ints } = this.#packets;
    const system = this.#system;
    const outer = ints[packet + OUTER]!;
    invariant(outer !== -1, 'a packet without a substrate header');
    const receiver = this.#packets.target(packet);
    const network = system.network[receiver]!;
    const hop = ints[packet + HOP]!;
    const forwards = system.owner[receiver] !== hop;
    const towards = forwards ? system.addressIn(hop, network) : receiver;
    invariant(towards !== NOBODY, 'a next hop outside of the network');
    const endpoint = (host: HostIndex, address: Address, isHop: boolean): Address => {
      const encoded = encodeSubstrateAddress(
        { host: host + 1, network: network + 1, address, forwards: isHop },
        this.map,
      );
      invariant(!isProblem(encoded), 'an address of a packet that has no number');
      return encoded;
    };
    const owner = system.owner[receiver]!;
    const last = owner === NOBODY ? NOBODY : system.hostOf[owner]!;
    return replaceHeader(
      this.virtual(packet),
      endpoint(outer >>> 16, system.valueOf(this.#packets.source(packet)), false),
      endpoint(outer & 0xffff, system.valueOf(towards), forwards),
      forwards ? endpoint(last, system.valueOf(receiver), false) : null,
    );
  }

  #factsOf(packet: PacketId): Facts {
    const pool = this.#packets;
    const target = this.#system.valueOf(pool.target(packet));
    const isFragment = pool.isFragment(packet);
    return {
      family: target.family,
      source: this.#system.valueOf(pool.source(packet)),
      target,
      size: pool.size(packet),
      ident: pool.ident(packet),
      isFragment,
      offset: pool.offset(packet),
      whole: isFragment ? pool.wholePayload(packet) : pool.size(packet) - headerLength(target.family, false),
      flags: pool.flags(packet),
      ttl: pool.ttl(packet),
      kind: pool.kind(packet),
      flow: pool.flow(packet),
      seq: pool.seq(packet),
      info: pool.info(packet),
      sourcePort: pool.sourcePort(packet),
      targetPort: pool.targetPort(packet),
      body: pool.body(packet),
      damages: pool.damages(packet),
    };
  }

  /** The packet that an ICMP error is about, with the address that its sender wrote. */
  #factsOfQuoted(quote: Quote, flow: number): Facts {
    const target = this.#system.valueOf(quote.target);
    // An error is never about a later fragment.
    const isFragment = (quote.flags & PacketFlag.moreFragments) !== 0;
    return {
      ...quote,
      family: target.family,
      source: this.#system.valueOf(quote.source),
      target,
      ident: quote.ident & 0xffff,
      isFragment,
      offset: 0,
      whole: isFragment ? quote.ident >>> 16 : quote.size - headerLength(target.family, false),
      flow,
      // Errors are about what was sent.
      damages: [],
    };
  }

  #encode(facts: Facts): Uint8Array {
    const packet = facts.isFragment ? this.#encodePart(facts) : this.#encodeWhole(facts);
    for (const damage of facts.damages) if (!damage.isSilent) flipBits(packet, damage);
    return packet;
  }

  /** What was silently damaged was so as a whole. */
  #encodeWhole(facts: Facts): Uint8Array {
    const packet = this.#encodeIntact(facts);
    for (const damage of facts.damages) if (damage.isSilent) flipBits(packet, damage);
    return packet;
  }

  #encodePart(facts: Facts): Uint8Array {
    const { family, offset } = facts;
    const wholeHeader = headerLength(family, false);
    const flags = facts.flags & ~PacketFlag.moreFragments;
    const wholeFacts = { ...facts, isFragment: false, offset: 0, size: wholeHeader + facts.whole, flags };
    const whole = this.#encodeWhole(wholeFacts);
    const packet = new Uint8Array(facts.size);
    const header = writeHeader(facts, packet);
    const from = wholeHeader + offset;
    packet.set(whole.subarray(from, from + facts.size - header), header);
    if (facts.damages.some((damage) => damage.isSilent)) {
      copyFlips(this.#encodeIntact(wholeFacts), whole, packet);
    }
    return packet;
  }

  #encodeIntact(facts: Facts): Uint8Array {
    const packet = new Uint8Array(facts.size);
    const header = writeHeader(facts, packet);
    const addressSum = facts.family === 4 ? ipv4AddressSum(packet, 0) : ipv6AddressSum(packet, 0);
    this.#writePayload(facts, packet.subarray(header), addressSum);
    return packet;
  }

  /** The whole's, into exactly its room. */
  #writePayload(facts: Facts, room: Uint8Array, addressSum: number): void {
    const { family, kind, sourcePort, targetPort } = facts;
    invariant(room.length >= UDP_HEADER, 'a packet without room for its headers');
    switch (kind) {
      case PacketKind.datagram: {
        const payload = this.#dataOf(facts, room.length - UDP_HEADER);
        encodeUdp({ sourcePort, destinationPort: targetPort, payload }, room, 0, addressSum);
        return;
      }
      case PacketKind.echoRequest:
      case PacketKind.echoReply: {
        const isRequest = kind === PacketKind.echoRequest;
        const echo: Echo = {
          kind: isRequest ? 'echoRequest' : 'echoReply',
          identifier: isRequest ? sourcePort : targetPort,
          sequence: facts.info % 65536,
          data: this.#dataOf(facts, room.length - ICMP_HEADER),
        };
        if (family === 4) encodeIcmp(echo, room, 0);
        else encodeIcmpv6(echo, room, 0, addressSum);
        return;
      }
      default: {
        const quoted = this.#encode(this.#factsOfQuoted(facts.body as Quote, facts.flow));
        const original = quoted.subarray(0, room.length - ICMP_HEADER);
        if (family === 4) writeIcmpError(kind, facts.info, original, room);
        else writeIcmpv6Error(kind, facts.info, original, room, addressSum);
      }
    }
  }

  #dataOf(facts: Facts, length: number): Uint8Array {
    if (facts.body instanceof Uint8Array) return facts.body;
    const data = new Uint8Array(length);
    // A program that gives a size only sends zeros, says its API.
    const isProgram = this.#system.flows[facts.flow]?.kind === 'program';
    if (!(isProgram && facts.kind === PacketKind.datagram)) fill(facts, data);
    return data;
  }
}

const headerLength = (family: Family, isFragment: boolean): number =>
  family === 4 ? 20 : isFragment ? IPV6_HEADER + FRAGMENT_HEADER : IPV6_HEADER;

/** RFC 3168 section 5: not-ECT, ECT(0), CE. */
function ecnOf(flags: number): number {
  if ((flags & PacketFlag.marked) !== 0) return 3;
  return (flags & PacketFlag.ecnCapable) !== 0 ? 2 : 0;
}

/** IP header, and Fragment header where there is one; answers their length. */
function writeHeader(facts: Facts, packet: Uint8Array): number {
  const { family, flags, isFragment } = facts;
  const addresses = { source: facts.source.value, destination: facts.target.value };
  const moreFragments = (flags & PacketFlag.moreFragments) !== 0;
  const length = headerLength(family, isFragment);
  if (family === 4) {
    const header = {
      ...plainIpv4,
      ...addresses,
      tos: ecnOf(flags),
      identification: facts.ident,
      dontFragment: (flags & PacketFlag.dontFragment) !== 0,
      moreFragments,
      fragmentOffset: facts.offset,
      ttl: facts.ttl,
      protocol: facts.kind === PacketKind.datagram ? Protocol.udp : Protocol.icmp,
      payloadLength: facts.size - length,
    };
    return encodeIpv4(header, packet, 0);
  }
  const protocol = facts.kind === PacketKind.datagram ? Protocol.udp : Protocol.icmpv6;
  const header = {
    ...addresses,
    trafficClass: ecnOf(flags),
    flowLabel: 0,
    payloadLength: facts.size - IPV6_HEADER,
    nextHeader: isFragment ? Protocol.fragment : protocol,
    hopLimit: facts.ttl,
  };
  encodeIpv6(header, packet, 0);
  if (isFragment) {
    const fragment = {
      nextHeader: protocol,
      fragmentOffset: facts.offset,
      moreFragments,
      identification: facts.ident,
    };
    encodeFragmentHeader(fragment, packet, IPV6_HEADER);
  }
  return length;
}

function writeIcmpError(kind: PacketKind, mtu: number, original: Uint8Array, room: Uint8Array): void {
  if (kind === PacketKind.portUnreachable || kind === PacketKind.tooBig) {
    const code = kind === PacketKind.tooBig ? IcmpUnreachable.fragmentationNeeded : IcmpUnreachable.port;
    encodeIcmp({ kind: 'unreachable', code, nextHopMtu: mtu, original }, room, 0);
    return;
  }
  encodeIcmp({ kind: 'timeExceeded', code: timeExceededCode(kind), original }, room, 0);
}

function writeIcmpv6Error(
  kind: PacketKind,
  mtu: number,
  original: Uint8Array,
  room: Uint8Array,
  addressSum: number,
): void {
  switch (kind) {
    case PacketKind.portUnreachable:
      encodeIcmpv6({ kind: 'unreachable', code: Icmpv6Unreachable.port, original }, room, 0, addressSum);
      return;
    case PacketKind.tooBig:
      encodeIcmpv6({ kind: 'packetTooBig', mtu, original }, room, 0, addressSum);
      return;
    default:
      encodeIcmpv6({ kind: 'timeExceeded', code: timeExceededCode(kind), original }, room, 0, addressSum);
  }
}

const timeExceededCode = (kind: PacketKind): 0 | 1 => (kind === PacketKind.reassemblyTimeExceeded ? 1 : 0);

/**
 * What the data that no program wrote is made from: its bytes 4n to 4n + 3 are the seed + n * `DATA_STEP` modulo 2^32, the highest first,
 * and of the first four what `firstWord` makes of it. The same for all copies and parts of a packet, and for an echo and its reply
 * (RFC 792: the data must be returned).
 */
export function dataSeed(flow: number, flags: number, kind: PacketKind, seq: number): number {
  const isReverse = (flags & PacketFlag.reverse) !== 0;
  const direction = isReverse === (kind === PacketKind.echoReply) ? 0 : 1;
  return mix(mix(mix(flow * 2 + direction) ^ Math.floor(seq / 2 ** 32)) ^ seq);
}

/** Data begins with d0 0d: no program that guesses protocols takes it for one. Of bytes by chance, Wireshark takes many for broken RTCP. */
export const firstWord = (word: number): number => (word & 0xffff) | 0xd00d_0000;

/** 2^32 over the golden ratio: multiples of it are far from each other. */
export const DATA_STEP = 0x9e3779b9 | 0;

function fill({ flow, flags, kind, seq }: Facts, data: Uint8Array): void {
  const seed = dataSeed(flow, flags, kind, seq);
  for (let at = 0; at < data.length; at += 4) {
    const word = at === 0 ? firstWord(seed) : seed + Math.imul(at >>> 2, DATA_STEP);
    data[at] = word >>> 24;
    // Beyond the end, a typed array takes nothing.
    data[at + 1] = word >>> 16;
    data[at + 2] = word >>> 8;
    data[at + 3] = word;
  }
}
