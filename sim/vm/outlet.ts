/** What the programs of one flow on one VM share: sequence numbers, an echo identifier, a clock that wakes them. */
import {
  type Actor,
  type ActorId,
  type EventId,
  type Nanos,
  NO_EVENT,
  type RandomStream,
  Rank,
} from '../../engine/index.ts';
import { parseAddress } from '../address.ts';
import type { Fabric } from '../fabric.ts';
import { INFO, type PacketId } from '../packet.ts';
import { type AddressId, NOBODY, type VmIndex } from '../system-manager.ts';
import { addressOfVm, addressSeenFrom } from './addressing.ts';
import type { Place } from './api.ts';
import type { IpHost, Listener } from './ip-host.ts';

/** Something that will be done at an instant, unless it is cancelled before. */
export interface Timer {
  readonly number: number;
  readonly event: EventId;
}

export interface OutletSettings {
  readonly fabric: Fabric;
  readonly flow: number;
  readonly vm: VmIndex;
  readonly random: RandomStream;
  /** The run ends there. */
  readonly end: Nanos;
  /** Of every packet. */
  readonly flags: number;
  readonly ttl: number;
}

const LARGEST = 65535;

export class Outlet implements Actor, Listener {
  readonly fabric: Fabric;
  readonly vm: VmIndex;
  readonly host: IpHost;
  readonly random: RandomStream;
  readonly #settings: OutletSettings;
  readonly #actor: ActorId;
  readonly #ident: number;
  readonly #timers = new Map<number, () => void>();
  /** By sequence number: who waits for the echo reply. */
  readonly #echoes = new Map<number, () => void>();
  #lastTimer = 0;
  #sent = 0;

  constructor(settings: OutletSettings) {
    this.#settings = settings;
    this.fabric = settings.fabric;
    this.vm = settings.vm;
    this.host = settings.fabric.vms[settings.vm]!;
    this.random = settings.random;
    this.#actor = settings.fabric.kernel.enroll(this, Rank.program);
    this.#ident = this.host.openEcho(this);
  }

  // Time.

  /** Does something after so many ns. @throws {RangeError} when that is no duration. */
  after(duration: Nanos, action: () => void): Timer {
    if (!(duration >= 0)) throw new RangeError(`a duration of ${duration} ns`);
    const { kernel } = this.fabric;
    const number = (this.#lastTimer + 1) | 0;
    this.#lastTimer = number;
    const due = kernel.now + Math.floor(duration + 0.5);
    // What the run does not live to see needs no event.
    if (due > this.#settings.end) return { number, event: NO_EVENT };
    this.#timers.set(number, action);
    return { number, event: kernel.at(due, this.#actor, 0, number) };
  }

  /** A timer that has not run out. */
  cancel(timer: Timer): void {
    if (timer.event === NO_EVENT) return;
    this.#timers.delete(timer.number);
    this.fabric.kernel.cancel(timer.event, this.#actor);
  }

  onEvent(_kind: number, number: number): void {
    const action = this.#timers.get(number)!;
    this.#timers.delete(number);
    action();
  }

  // Packets.

  /** The address of whom a program names. @throws {RangeError} when that is nobody's. */
  addressOf(to: Place): AddressId {
    const { system } = this.fabric;
    if ('vm' in to) {
      if (!system.hasVm(to.vm)) throw new RangeError(`there is no VM '${to.vm}'`);
      return addressOfVm(system, this.vm, system.vmIndex(to.vm));
    }
    const address = parseAddress(to.ip);
    if (address === null) throw new RangeError(`'${to.ip}' is not an IP address`);
    const target = addressSeenFrom(system, this.vm, address);
    if (target === NOBODY)
      throw new RangeError(`'${system.vms[this.vm]!}' has no network of the family of ${to.ip}`);
    return target;
  }

  /** @throws {RangeError} for more than 65535 bytes with headers. */
  sendDatagram(
    port: number,
    target: AddressId,
    targetPort: number,
    size: number,
    body: Uint8Array | null,
  ): void {
    const length = this.headers(target) + size;
    if (length > LARGEST) throw new RangeError(`a datagram of ${size} bytes is too long`);
    const { flow, flags, ttl } = this.#settings;
    const source = this.host.sourceFor(target);
    const ports = (port << 16) | targetPort;
    const packet = this.host.datagram(flow, this.#sent++, source, target, ports, length, flags, ttl);
    if (body !== null) this.fabric.packets.setBody(packet, body);
    this.host.send(packet);
  }

  /** Sends an echo request; `onReply` is called for the first reply. Returns its sequence number. */
  sendEcho(target: AddressId, size: number, onReply: () => void): number {
    if (!(Number.isInteger(size) && size >= this.headers(target) && size <= LARGEST)) {
      throw new RangeError(`an echo request of ${size} bytes, headers included`);
    }
    const { flow, flags, ttl } = this.#settings;
    const seq = this.#sent++;
    this.#echoes.set(seq, onReply);
    this.host.send(this.host.echo(flow, seq, target, this.#ident, size, flags, ttl));
    return seq;
  }

  forgetEcho(seq: number): void {
    this.#echoes.delete(seq);
  }

  onPacket(packet: PacketId): void {
    const seq = this.fabric.packets.doubles[(packet >> 1) + INFO]!;
    const onReply = this.#echoes.get(seq);
    this.#echoes.delete(seq);
    onReply?.();
  }

  /** Bytes of IP and UDP or ICMP headers in front of the payload. */
  headers(target: AddressId): number {
    return this.fabric.system.isIpv6[target] === 1 ? 48 : 28;
  }
}
