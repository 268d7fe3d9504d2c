/**
 * The IP host of a VM: it demultiplexes what arrives, reassembles, answers echo requests, reports closed ports and expired hop
 * limits, learns path MTUs, and forwards when the VM is a router. Applications bind listeners to its ports.
 */
import type { CommunicationManager } from '../communication-manager.ts';
import type { Fabric } from '../fabric.ts';
import { NO_PACKET, PacketFlag, type PacketId, PacketKind } from '../packet.ts';
import { type AddressId, NOBODY, ON_LINK, UNREACHABLE, type VmIndex } from '../system-manager.ts';
import { Fate, Origin } from '../trace.ts';
import { contains } from '../address.ts';
import { fragment } from '../fragmentation.ts';
import { Reassembly } from './reassembly.ts';

export const UDP = 17;
export const ICMP = 1;
export const ICMPV6 = 58;

/** An application behind a port. It reads the packet's columns and keeps nothing: the row is free afterwards. */
export interface Listener {
  onPacket(packet: PacketId): void;
  /** An ICMP error about a packet that this port sent. */
  onError?(quote: Quote): void;
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
}

const EPHEMERAL_FIRST = 49152;

export class IpHost {
  readonly vm: VmIndex;
  readonly #fabric: Fabric;
  readonly #ports = new Map<number, Listener>();
  /** Echo replies go to whoever asked with that identifier. */
  readonly #echoes = new Map<number, Listener>();
  /** By destination address: the largest packet that is known to get there (RFC 1191). */
  readonly #pathMtu = new Map<AddressId, number>();
  #reassembly: Reassembly | null = null;
  #lastIdent = 0;
  #lastEphemeral = EPHEMERAL_FIRST - 1;
  // The port asked for last and its listener: most traffic comes in runs.
  #knownPort = -1;
  #knownListener: Listener | undefined = undefined;

  constructor(vm: VmIndex, fabric: Fabric) {
    this.vm = vm;
    this.#fabric = fabric;
  }

  get isUp(): boolean {
    return this.#fabric.system.isUp[this.vm] === 1;
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

  /** Receives the echo replies to identifier `ident`. */
  bindEcho(ident: number, listener: Listener): void {
    this.#echoes.set(ident, listener);
  }

  /** The largest packet that is known to get to that address whole; 65535 when nothing is known. */
  pathMtu(target: AddressId): number {
    return this.#pathMtu.get(target) ?? 65535;
  }

  /** The VM's own address that packets to `target` (an address seen from one of its networks) leave with. */
  sourceFor(target: AddressId): AddressId {
    const { system } = this.#fabric;
    return system.addressIn(this.vm, system.network[target]!);
  }

  /** A UDP datagram, not sent yet. `size`: the IP packet's length. Sizes, flow and the rest may be changed until `send`. */
  datagram(
    flow: number,
    seq: number,
    source: AddressId,
    target: AddressId,
    sourcePort: number,
    targetPort: number,
    size: number,
    flags: number,
    ttl: number,
  ): PacketId {
    const { packets, kernel } = this.#fabric;
    const packet = packets.allocate(Origin.sent, this.vm, kernel.now);
    packets.protocol[packet] = UDP;
    packets.flow[packet] = flow;
    packets.seq[packet] = seq;
    packets.source[packet] = source;
    packets.target[packet] = target;
    packets.sourcePort[packet] = sourcePort;
    packets.targetPort[packet] = targetPort;
    packets.size[packet] = size;
    packets.flags[packet] = flags;
    packets.ttl[packet] = ttl;
    packets.info[packet] = 0;
    packets.ident[packet] = this.#lastIdent = (this.#lastIdent + 1) & 0xffff;
    return packet;
  }

  /** An echo request (RFC 792, RFC 4443), not sent yet. */
  echo(flow: number, seq: number, target: AddressId, ident: number, size: number, flags: number, ttl: number): PacketId {
    const { packets, system } = this.#fabric;
    const packet = this.datagram(flow, seq, this.sourceFor(target), target, ident, 0, size, flags, ttl);
    packets.kind[packet] = PacketKind.echoRequest;
    packets.protocol[packet] = system.isIpv6[target] === 1 ? ICMPV6 : ICMP;
    packets.info[packet] = seq;
    return packet;
  }

  /** Takes the packet over and sends it; an IPv6 packet that is known to be too big for its path in fragments. */
  send(packet: PacketId): void {
    const manager = this.#manager();
    if (this.#pathMtu.size > 0 && this.#fabric.system.isIpv6[this.#fabric.packets.target[packet]!] === 1) {
      const { packets, ledger } = this.#fabric;
      const limit = this.pathMtu(packets.target[packet]!);
      if (packets.size[packet]! > limit) {
        packets.addressed[packet] = packets.target[packet]!;
        fragment(packets, packet, limit, 6, (piece) => manager.submit(piece));
        ledger.end(packet, Fate.fragmented);
        return;
      }
    }
    manager.submit(packet);
  }

  /** A packet that answers `packet`: addresses, ports and direction turned round; its own id, size and sequence to be set. */
  answerTo(packet: PacketId, origin: Origin): PacketId {
    const { packets, system, kernel } = this.#fabric;
    const answer = packets.allocate(origin, this.vm, kernel.now);
    const network = system.network[packets.target[packet]!]!;
    packets.protocol[answer] = packets.protocol[packet]!;
    packets.flow[answer] = packets.flow[packet]!;
    packets.seq[answer] = packets.seq[packet]!;
    // What was addressed to a pool is answered with the pool's address.
    const pool = packets.viaPool[packet]!;
    packets.source[answer] = pool === NOBODY ? this.#ownAddress(packets.target[packet]!) : pool;
    packets.target[answer] = system.inNetwork(packets.source[packet]!, network);
    packets.sourcePort[answer] = packets.targetPort[packet]!;
    packets.targetPort[answer] = packets.sourcePort[packet]!;
    packets.size[answer] = packets.size[packet]!;
    packets.flags[answer] = (packets.flags[packet]! & PacketFlag.reverse) ^ PacketFlag.reverse;
    packets.ttl[answer] = 64;
    packets.info[answer] = packets.info[packet]!;
    packets.ident[answer] = this.#lastIdent = (this.#lastIdent + 1) & 0xffff;
    return answer;
  }

  /**
   * Sends an ICMP error about a packet, which goes on living. Never about an ICMP error or a fragment that is not the first
   * (RFC 1122 3.2.2, RFC 4443 2.4).
   */
  complain(packet: PacketId, error: PacketKind, mtu: number): void {
    const { packets, system } = this.#fabric;
    if ((packets.flags[packet]! & PacketFlag.icmpError) !== 0 || packets.fragmentOffset[packet]! !== 0) return;
    const isIpv6 = system.isIpv6[packets.target[packet]!] === 1;
    const quote: Quote = {
      error,
      mtu,
      target: packets.addressed[packet]!,
      kind: packets.kind[packet]! as PacketKind,
      sourcePort: packets.sourcePort[packet]!,
      targetPort: packets.targetPort[packet]!,
      info: packets.info[packet]!,
      seq: packets.seq[packet]!,
    };
    const answer = this.answerTo(packet, Origin.answer);
    packets.kind[answer] = error;
    packets.protocol[answer] = isIpv6 ? ICMPV6 : ICMP;
    packets.info[answer] = mtu;
    // As much of the packet as fits: 576 bytes in all (RFC 1812 4.3.2.3), 1280 for ICMPv6 (RFC 4443 3.1).
    packets.size[answer] = isIpv6
      ? Math.min(1280, 48 + packets.size[packet]!)
      : Math.min(576, 28 + packets.size[packet]!);
    packets.flags[answer]! |= PacketFlag.icmpError | PacketFlag.body;
    packets.body[answer] = quote;
    packets.addressed[answer] = packets.target[answer]!;
    // The network answers even when the VM is down: no submit, no check of the sender.
    this.#manager().route(answer);
  }

  /** Takes over a packet that has arrived. */
  receive(packet: PacketId): void {
    const { packets, system, ledger } = this.#fabric;
    const flags = packets.flags[packet]!;
    if (!this.isUp) {
      ledger.end(packet, Fate.vmDown);
      return;
    }
    if ((flags & PacketFlag.corrupted) !== 0) {
      ledger.end(packet, Fate.checksum);
      return;
    }
    const target = packets.target[packet]!;
    if (system.owner[target] !== this.vm) {
      this.#forward(packet);
      return;
    }
    if ((flags & PacketFlag.moreFragments) !== 0 || packets.fragmentOffset[packet] !== 0) {
      const whole = this.#reassemble(packet, system.isIpv6[target] === 1 ? 6 : 4);
      if (whole !== NO_PACKET) this.#demultiplex(whole);
      return;
    }
    this.#demultiplex(packet);
  }

  /** Power went off: what was half reassembled and what was learned is gone. */
  forget(): void {
    this.#reassembly?.clear();
    this.#pathMtu.clear();
  }

  #demultiplex(packet: PacketId): void {
    const { packets, ledger } = this.#fabric;
    switch (packets.kind[packet]) {
      case PacketKind.datagram: {
        const port = packets.targetPort[packet]!;
        if (port !== this.#knownPort) {
          this.#knownPort = port;
          this.#knownListener = this.#ports.get(port);
        }
        const listener = this.#knownListener;
        if (listener === undefined) {
          this.complain(packet, PacketKind.portUnreachable, 0);
          ledger.end(packet, Fate.noListener);
          return;
        }
        listener.onPacket(packet);
        break;
      }
      case PacketKind.echoRequest: {
        const reply = this.answerTo(packet, Origin.answer);
        packets.kind[reply] = PacketKind.echoReply;
        this.send(reply);
        break;
      }
      case PacketKind.echoReply:
        this.#echoes.get(packets.targetPort[packet]!)?.onPacket(packet);
        break;
      default:
        this.#heed(packets.body[packet] as Quote);
    }
    ledger.end(packet, Fate.delivered);
  }

  /** An ICMP error has come. */
  #heed(quote: Quote): void {
    if (quote.error === PacketKind.tooBig && quote.mtu < this.pathMtu(quote.target)) {
      this.#pathMtu.set(quote.target, quote.mtu);
    }
    const listener =
      quote.kind === PacketKind.datagram ? this.#ports.get(quote.sourcePort) : this.#echoes.get(quote.sourcePort);
    listener?.onError?.(quote);
  }

  #reassemble(packet: PacketId, family: 4 | 6): PacketId {
    const { kernel, packets, ledger } = this.#fabric;
    this.#reassembly ??= new Reassembly(kernel, packets, ledger, (first) =>
      this.complain(first, PacketKind.reassemblyTimeExceeded, 0),
    );
    return this.#reassembly.add(packet, family);
  }

  /** Not for this VM: passes it on if it is a router, into the network where the destination is. */
  #forward(packet: PacketId): void {
    const { packets, system, ledger } = this.#fabric;
    if (system.forwards[this.vm] === 0) {
      ledger.end(packet, Fate.noRoute);
      return;
    }
    if (packets.ttl[packet]! <= 1) {
      this.complain(packet, PacketKind.timeExceeded, 0);
      ledger.end(packet, Fate.ttl);
      return;
    }
    const target = this.#seenFromHere(packets.target[packet]!);
    if (target === NOBODY) {
      ledger.end(packet, Fate.noRoute);
      return;
    }
    packets.ttl[packet]!--;
    packets.target[packet] = target;
    packets.sender[packet] = this.vm;
    this.#manager().route(packet);
  }

  /** The address in the network through which this router reaches it: a subnet it is attached to, else a network with a route. */
  #seenFromHere(target: AddressId): AddressId {
    const { system } = this.#fabric;
    const value = system.valueOf(target);
    const networks = system.interfacesOf(this.vm).map((address) => system.network[address]!);
    for (const network of networks) {
      const seen = contains(system.networks[network]!.prefix, value) ? system.number(network, value) : NOBODY;
      if (seen !== NOBODY && system.reach(seen) === ON_LINK) return seen;
    }
    for (const network of networks) {
      const seen = system.networks[network]!.prefix.family === value.family ? system.number(network, value) : NOBODY;
      if (seen !== NOBODY && system.reach(seen) !== UNREACHABLE) return seen;
    }
    return NOBODY;
  }

  /** The address to answer with: the one addressed if it is this VM's, else its own in that network. */
  #ownAddress(target: AddressId): AddressId {
    const { system } = this.#fabric;
    if (system.owner[target] === this.vm) return target;
    const own = system.addressIn(this.vm, system.network[target]!);
    return own === NOBODY ? system.primaryAddress[this.vm]! : own;
  }

  #manager(): CommunicationManager {
    const { managers, system } = this.#fabric;
    return managers[system.hostOf[this.vm]!]!;
  }
}
