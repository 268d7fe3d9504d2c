/**
 * The IP host of a VM: it demultiplexes what arrives, reassembles, answers echo requests, reports closed ports and expired hop
 * limits, learns path MTUs, and forwards when the VM is a router. Applications bind listeners to its ports.
 */

import type { Kernel } from '../../engine/index.ts';
import type { CommunicationManager } from '../communication-manager.ts';
import type { Fabric } from '../fabric.ts';
import { fragment } from '../fragmentation.ts';
import type { Ledger } from '../ledger.ts';
import {
  ADDRESSED,
  COPY_OF,
  FLAG_BITS,
  FLAGS,
  FLOW,
  FRAGMENT_OF,
  FROM,
  HOP,
  IDENT,
  INFO,
  KIND_SHIFT,
  NO_PACKET,
  newFlags,
  OFFSET_TTL_PROTOCOL,
  OUTER,
  PATH,
  PacketFlag,
  type PacketId,
  PacketKind,
  type PacketPool,
  PORTS,
  SENDER,
  SENT_AT,
  SEQ,
  SHAPED_AT,
  SIZE,
  SOURCE,
  TARGET,
  VIA_POOL,
} from '../packet.ts';
import {
  type AddressId,
  NOBODY,
  ON_LINK,
  type SystemManager,
  UNREACHABLE,
  type VmIndex,
} from '../system-manager.ts';
import { Fate, Origin } from '../trace.ts';
import { Reassembly } from './reassembly.ts';

export const UDP = 17;
export const ICMP = 1;
export const ICMPV6 = 58;

/** An application behind a port. It reads the packet's columns and keeps nothing: the row is free afterwards. */
export interface Listener {
  onPacket(packet: PacketId): void;
  /** An ICMP error about a packet that this port sent. */
  onError?(quote: Quote): void;
  /** The VM has lost power, and with it what it remembered. */
  onPowerOff?(): void;
}

/** What an ICMP error says about the packet that caused it. */
export interface Quote {
  /** What happened: `PacketKind.portUnreachable`, `tooBig` … */
  readonly error: PacketKind;
  /** The MTU of a `tooBig`, else 0. */
  readonly mtu: number;
  /** The address the packet was sent to. */
  readonly target: AddressId;
  readonly kind: PacketKind;
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly info: number;
  readonly seq: number;
  // What its quoted header says beside that.
  readonly source: AddressId;
  readonly size: number;
  /** The column `IDENT`. */
  readonly ident: number;
  /** `PacketFlag` bits. */
  readonly flags: number;
  readonly ttl: number;
  /** What a program put into it. */
  readonly body: unknown;
}

const EPHEMERAL_FIRST = 49152;
/** TTL or hop limit of replies and errors (RFC 1700's recommendation). */
const ANSWER_TTL = 64;

export class IpHost {
  readonly vm: VmIndex;
  readonly #kernel: Kernel;
  readonly #packets: PacketPool;
  readonly #ledger: Ledger;
  readonly #system: SystemManager;
  readonly #managers: readonly CommunicationManager[];
  readonly #ports = new Map<number, Listener>();
  /** Echo replies go to whoever asked with that identifier. */
  #echoes: Map<number, Listener> | null = null;
  /** By destination address: the largest packet that is known to get there (RFC 1191). */
  #pathMtu: Map<AddressId, number> | null = null;
  /** By target address: the same one as this router sends it on, see `#findOnward`. */
  readonly #onward = new Map<AddressId, AddressId>();
  #reassembly: Reassembly | null = null;
  #lastIdent = 0;
  #lastEphemeral = EPHEMERAL_FIRST - 1;
  // The port asked for last and its listener: most traffic comes in runs.
  #knownPort = -1;
  #knownListener: Listener | undefined = undefined;

  constructor(vm: VmIndex, fabric: Fabric) {
    this.vm = vm;
    this.#kernel = fabric.kernel;
    this.#packets = fabric.packets;
    this.#ledger = fabric.ledger;
    this.#system = fabric.system;
    this.#managers = fabric.managers;
  }

  get isUp(): boolean {
    return this.#system.isUp[this.vm] === 1;
  }

  /** Binds a UDP port. Throws when it is taken. */
  bind(port: number, listener: Listener): void {
    if (this.#ports.has(port)) throw new RangeError(`UDP port ${port} is taken`);
    this.#ports.set(port, listener);
    this.#knownPort = -1;
  }

  unbind(port: number): void {
    this.#ports.delete(port);
    this.#knownPort = -1;
  }

  /** Binds a free port from 49152 on (RFC 6335) and returns it. */
  bindEphemeral(listener: Listener): number {
    for (let tries = 0; tries < 65536 - EPHEMERAL_FIRST; tries++) {
      this.#lastEphemeral = this.#lastEphemeral === 65535 ? EPHEMERAL_FIRST : this.#lastEphemeral + 1;
      if (this.#ports.has(this.#lastEphemeral)) continue;
      this.bind(this.#lastEphemeral, listener);
      return this.#lastEphemeral;
    }
    throw new RangeError('all ephemeral UDP ports are taken');
  }

  /** Opens an echo identifier of its own, from 1 on: the replies to it go to the listener. */
  openEcho(listener: Listener): number {
    this.#echoes ??= new Map();
    const ident = this.#echoes.size + 1;
    if (ident > 0xffff) throw new RangeError('all echo identifiers are taken');
    this.#echoes.set(ident, listener);
    return ident;
  }

  /** The largest packet that is known to get to that address whole; 65535 when nothing is known. */
  pathMtu(target: AddressId): number {
    return this.#pathMtu?.get(target) ?? 65535;
  }

  /** The VM's own address that packets to `target` (an address seen from one of its networks) leave with. */
  sourceFor(target: AddressId): AddressId {
    return this.#system.addressIn(this.vm, this.#system.network[target]!);
  }

  /**
   * A UDP datagram, not sent yet. `size`: the IP packet's length; `ports`: source port << 16 | target port; `flags`: those of
   * `PacketFlag`.
   */
  datagram(
    flow: number,
    seq: number,
    source: AddressId,
    target: AddressId,
    ports: number,
    size: number,
    flags: number,
    ttl: number,
  ): PacketId {
    return this.#make(
      flow,
      seq,
      source,
      target,
      ports,
      size,
      newFlags(flags, PacketKind.datagram, Origin.sent),
      (ttl << 8) | UDP,
    );
  }

  /** An echo request (RFC 792, RFC 4443), not sent yet. */
  echo(
    flow: number,
    seq: number,
    target: AddressId,
    ident: number,
    size: number,
    flags: number,
    ttl: number,
  ): PacketId {
    const protocol = this.#system.isIpv6[target] === 1 ? ICMPV6 : ICMP;
    const word = newFlags(flags, PacketKind.echoRequest, Origin.sent);
    const packet = this.#make(
      flow,
      seq,
      this.sourceFor(target),
      target,
      ident << 16,
      size,
      word,
      (ttl << 8) | protocol,
    );
    this.#packets.doubles[(packet >> 1) + INFO] = seq;
    return packet;
  }

  /** Takes the packet over and sends it; an IPv6 packet that is known to be too big for its path in fragments. */
  send(packet: PacketId): void {
    if (this.#pathMtu !== null && this.#sendInFragments(packet)) return;
    this.#manager().submit(packet);
  }

  /**
   * A packet that answers `packet`: addresses, ports and direction turned round, kind, protocol, size, sequence and info the same.
   * Not sent yet.
   */
  answerTo(packet: PacketId, origin: Origin): PacketId {
    const pool = this.#packets;
    const ports = pool.ints[packet + PORTS]!;
    const reverse = (pool.ints[packet + FLAGS]! & PacketFlag.reverse) ^ PacketFlag.reverse;
    const answer = this.#make(
      pool.flow(packet),
      pool.seq(packet),
      this.answerSource(packet),
      this.answerTarget(packet),
      (ports << 16) | (ports >>> 16),
      pool.size(packet),
      newFlags(reverse, pool.kind(packet), origin),
      (ANSWER_TTL << 8) | pool.protocol(packet),
    );
    pool.doubles[(answer >> 1) + INFO] = pool.info(packet);
    return answer;
  }

  /** The address that answers to a packet come from: what was addressed to a pool is answered with the pool's address. */
  answerSource(packet: PacketId): AddressId {
    const pool = this.#packets.ints[packet + VIA_POOL]!;
    return pool === NOBODY ? this.#ownAddress(this.#packets.target(packet)) : pool;
  }

  /** The address that answers to a packet go to: its source, seen from the network it has come in by. */
  answerTarget(packet: PacketId): AddressId {
    const system = this.#system;
    return system.inNetwork(this.#packets.source(packet), system.network[this.#packets.target(packet)]!);
  }

  /**
   * Sends an ICMP error about a packet, which goes on living. Never about an ICMP error or a fragment that is not the first
   * (RFC 1122 3.2.2, RFC 4443 2.4).
   */
  complain(packet: PacketId, error: PacketKind, mtu: number): void {
    const pool = this.#packets;
    if (pool.has(packet, PacketFlag.icmpError) || pool.offset(packet) !== 0) return;
    const isIpv6 = this.#system.isIpv6[pool.target(packet)] === 1;
    const quote: Quote = {
      error,
      mtu,
      target: pool.ints[packet + ADDRESSED]!,
      kind: pool.kind(packet),
      sourcePort: pool.sourcePort(packet),
      targetPort: pool.targetPort(packet),
      info: pool.info(packet),
      seq: pool.seq(packet),
      source: pool.source(packet),
      size: pool.size(packet),
      ident: pool.ints[packet + IDENT]!,
      flags: pool.ints[packet + FLAGS]! & FLAG_BITS,
      ttl: pool.ttl(packet),
      body: pool.body(packet),
    };
    // As much of the packet as fits: 576 bytes in all (RFC 1812 4.3.2.3), 1280 for ICMPv6 (RFC 4443 3.1).
    const size = isIpv6 ? Math.min(1280, 48 + pool.size(packet)) : Math.min(576, 28 + pool.size(packet));
    const answer = this.answerTo(packet, Origin.answer);
    // Its own packet has not left it yet, so it is told itself, also when it sends with the address of a pool.
    if (pool.ints[packet + FROM] === this.vm) {
      pool.ints[answer + TARGET] = pool.ints[answer + ADDRESSED] = this.sourceFor(pool.target(packet));
    }
    const reverse = pool.ints[answer + FLAGS]! & FLAG_BITS;
    pool.ints[answer + FLAGS] = newFlags(reverse | PacketFlag.icmpError, error, Origin.answer);
    pool.ints[answer + OFFSET_TTL_PROTOCOL] = (ANSWER_TTL << 8) | (isIpv6 ? ICMPV6 : ICMP);
    pool.ints[answer + SIZE] = size;
    pool.doubles[(answer >> 1) + INFO] = mtu;
    pool.setBody(answer, quote);
    // The network answers even when the VM is down: no submit, no check of the sender. That something is too big is found in front
    // of the VM; the rest it says itself.
    if (error === PacketKind.tooBig) this.#manager().route(answer);
    else this.#manager().dispatch(answer);
  }

  /** Takes over a packet that has arrived. */
  receive(packet: PacketId): void {
    const { ints } = this.#packets;
    const system = this.#system;
    const flags = ints[packet + FLAGS]!;
    if (system.isUp[this.vm] === 0) {
      this.#ledger.end(packet, Fate.vmDown);
      return;
    }
    if ((flags & PacketFlag.corrupted) !== 0) {
      this.#ledger.end(packet, Fate.checksum);
      return;
    }
    const target = ints[packet + TARGET]!;
    if (system.owner[target] !== this.vm) {
      this.#forward(packet);
      return;
    }
    if ((flags & PacketFlag.moreFragments) !== 0 || ints[packet + OFFSET_TTL_PROTOCOL]! >>> 16 !== 0) {
      const whole = this.#reassemble(packet, system.isIpv6[target] === 1 ? 6 : 4);
      if (whole !== NO_PACKET) this.#demultiplex(whole);
      return;
    }
    this.#demultiplex(packet);
  }

  /** Power went off: what was half reassembled and what was learned is gone. Ports stay open for when it comes back. */
  forget(): void {
    this.#reassembly?.clear();
    this.#pathMtu = null;
    for (const listener of this.#ports.values()) listener.onPowerOff?.();
  }

  #demultiplex(packet: PacketId): void {
    const { ints } = this.#packets;
    switch ((ints[packet + FLAGS]! >> KIND_SHIFT) & 15) {
      case PacketKind.datagram: {
        const port = ints[packet + PORTS]! & 0xffff;
        if (port !== this.#knownPort) {
          this.#knownPort = port;
          this.#knownListener = this.#ports.get(port);
        }
        const listener = this.#knownListener;
        if (listener === undefined) {
          this.complain(packet, PacketKind.portUnreachable, 0);
          this.#ledger.end(packet, Fate.noListener);
          return;
        }
        listener.onPacket(packet);
        break;
      }
      case PacketKind.echoRequest: {
        const reply = this.answerTo(packet, Origin.answer);
        const reverse = this.#packets.ints[reply + FLAGS]! & FLAG_BITS;
        this.#packets.ints[reply + FLAGS] = newFlags(reverse, PacketKind.echoReply, Origin.answer);
        this.send(reply);
        break;
      }
      case PacketKind.echoReply:
        this.#echoes?.get(this.#packets.targetPort(packet))?.onPacket(packet);
        break;
      default:
        this.#heed(this.#packets.body(packet) as Quote);
    }
    this.#ledger.end(packet, Fate.delivered);
  }

  /** An ICMP error has come. */
  #heed(quote: Quote): void {
    if (quote.error === PacketKind.tooBig && quote.mtu < this.pathMtu(quote.target)) {
      this.#pathMtu ??= new Map();
      this.#pathMtu.set(quote.target, quote.mtu);
    }
    const listener =
      quote.kind === PacketKind.datagram
        ? this.#ports.get(quote.sourcePort)
        : this.#echoes?.get(quote.sourcePort);
    listener?.onError?.(quote);
  }

  #reassemble(packet: PacketId, family: 4 | 6): PacketId {
    this.#reassembly ??= new Reassembly(this.#kernel, this.#packets, this.#ledger, (first) =>
      this.complain(first, PacketKind.reassemblyTimeExceeded, 0),
    );
    return this.#reassembly.add(packet, family);
  }

  /** Not for this VM: passes it on if it is a router, into the network where the destination is. */
  #forward(packet: PacketId): void {
    const pool = this.#packets;
    if (this.#system.forwards[this.vm] === 0) {
      this.#ledger.end(packet, Fate.noRoute);
      return;
    }
    const ttl = pool.ttl(packet);
    if (ttl <= 1) {
      this.complain(packet, PacketKind.timeExceeded, 0);
      this.#ledger.end(packet, Fate.ttl);
      return;
    }
    const target = this.#seenFromHere(pool.target(packet));
    if (target === NOBODY) {
      this.#ledger.end(packet, Fate.noRoute);
      return;
    }
    // The TTL stands in the second byte.
    pool.ints[packet + OFFSET_TTL_PROTOCOL]! -= 1 << 8;
    pool.ints[packet + TARGET] = target;
    pool.ints[packet + SENDER] = this.vm;
    this.#manager().route(packet);
  }

  /** The address in the network through which this router reaches it; NOBODY when there is no such network. */
  #seenFromHere(target: AddressId): AddressId {
    let seen = this.#onward.get(target);
    if (seen === undefined) {
      seen = this.#findOnward(target);
      this.#onward.set(target, seen);
    }
    return seen;
  }

  /** Longest match over the subnets it is attached to, then over the routes of their networks that do not lead back to itself. */
  #findOnward(target: AddressId): AddressId {
    const system = this.#system;
    const value = system.valueOf(target);
    let best = NOBODY;
    let longest = -1;
    for (const own of system.interfacesOf(this.vm)) {
      const { prefix, routes } = system.networks[system.network[own]!]!;
      if (prefix.family !== value.family) continue;
      const seen = system.inNetwork(target, system.network[own]!);
      const reach = system.reach(seen);
      if (reach === UNREACHABLE || (reach >= 0 && routes[reach]!.via.includes(this.vm))) continue;
      // A subnet comes before every route, however long.
      const length = reach === ON_LINK ? prefix.length + 129 : routes[reach]!.prefix.length;
      if (length <= longest) continue;
      longest = length;
      best = seen;
    }
    return best;
  }

  /** The address to answer with: the one addressed if it is this VM's, else its own in that network. */
  #ownAddress(target: AddressId): AddressId {
    const system = this.#system;
    if (system.owner[target] === this.vm) return target;
    const own = system.addressIn(this.vm, system.network[target]!);
    return own === NOBODY ? system.primaryAddress[this.vm]! : own;
  }

  #manager(): CommunicationManager {
    return this.#managers[this.#system.hostOf[this.vm]!]!;
  }

  /** Every column of a fresh packet, in one place. */
  #make(
    flow: number,
    seq: number,
    source: AddressId,
    target: AddressId,
    ports: number,
    size: number,
    flags: number,
    ttlProtocol: number,
  ): PacketId {
    const pool = this.#packets;
    const packet = pool.take();
    const { ints, doubles } = pool;
    const row = packet >> 1;
    const { vm } = this;
    doubles[row + SEQ] = seq;
    doubles[row + SENT_AT] = this.#kernel.now;
    doubles[row + SHAPED_AT] = Number.NaN;
    doubles[row + INFO] = 0;
    doubles[row + COPY_OF] = 0;
    doubles[row + FRAGMENT_OF] = 0;
    ints[packet + FLOW] = flow;
    ints[packet + FROM] = vm;
    ints[packet + SENDER] = vm;
    ints[packet + HOP] = NOBODY;
    ints[packet + SOURCE] = source;
    ints[packet + TARGET] = target;
    ints[packet + ADDRESSED] = target;
    ints[packet + VIA_POOL] = NOBODY;
    ints[packet + PATH] = 0;
    ints[packet + SIZE] = size;
    ints[packet + IDENT] = this.#lastIdent = (this.#lastIdent + 1) & 0xffff;
    ints[packet + PORTS] = ports;
    ints[packet + FLAGS] = flags;
    ints[packet + OFFSET_TTL_PROTOCOL] = ttlProtocol;
    ints[packet + OUTER] = -1;
    return packet;
  }

  /** RFC 8200 4.5: only the source fragments, once it has learned the path's MTU. */
  #sendInFragments(packet: PacketId): boolean {
    const pool = this.#packets;
    const target = pool.target(packet);
    const limit = this.pathMtu(target);
    if (this.#system.isIpv6[target] === 0 || pool.size(packet) <= limit) return false;
    const manager = this.#manager();
    fragment(pool, packet, limit, 6, (piece) => manager.submit(piece));
    this.#ledger.end(packet, Fate.fragmented);
    return true;
  }
}
