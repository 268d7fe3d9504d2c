/** Puts packets into a queue, and takes them out at the instants that a service allows. Does not know who is next, nor how fast the link is. */
import type { Actor, ActorId, EventId, Kernel, Nanos } from '../../../engine/index.ts';
import { LAST_INSTANT, NEVER, NO_EVENT, Rank, ZERO } from '../../../engine/index.ts';
import { NO_PACKET, type PacketId, type PacketPool, SIZE } from '../../packet.ts';
import {
  type Backlog,
  type Gate,
  type GateQueue,
  missingFor,
  type QueueLimits,
  type StageTools,
} from '../stage.ts';
import type { BandwidthValues } from '../stages/bandwidth.ts';
import { DeliveryTrace } from './delivery-trace.ts';
import { framedBytes } from './framing.ts';
import type { Service } from './service.ts';
import { type QueueSettings, settingsOf } from './settings.ts';
import { Shaper } from './shaper.ts';
import { Slots } from './slots.ts';
import { WaitingRoom } from './waiting-room.ts';
import { Wire } from './wire.ts';

const NOBODY = -1;

export class QueueGate implements Gate<BandwidthValues>, GateQueue, Actor {
  readonly #kernel: Kernel;
  readonly #packets: PacketPool;
  readonly #onward: (packet: PacketId) => void;
  readonly #actor: ActorId;
  readonly #room: WaitingRoom;
  readonly #slots = new Slots();
  readonly #services = { shaper: new Shaper(), wire: new Wire(), trace: new DeliveryTrace() };
  #service: Service = this.#services.shaper;
  #settings: QueueSettings | null = null;

  /** On the wire, or carried by the trace. */
  #served: PacketId = NO_PACKET;
  #leavesAt: Nanos = ZERO;
  /** Size of the next packet when its turn was last computed, and since when it has been the next one. */
  #nextSize = NOBODY;
  #since: Nanos = ZERO;
  /** When that packet's turn is, of a service that answers the same until something happens; NEVER: not known. */
  #turnAt: Nanos = NEVER;
  #isServing = false;
  #isAtRest = true;
  #event: EventId = NO_EVENT;
  #eventAt: Nanos = NEVER;
  #peakBytes = ZERO;

  constructor(tools: StageTools) {
    this.#kernel = tools.kernel;
    this.#packets = tools.packets;
    this.#onward = tools.onward;
    this.#room = new WaitingRoom(tools);
    this.#actor = tools.kernel.enroll(this, Rank.departure);
  }

  get queue(): GateQueue {
    return this;
  }

  /** What would leave at this very instant does so after the change. */
  configure(values: BandwidthValues): void {
    const { now } = this.#kernel;
    const before = this.#settings;
    const settings = settingsOf(values);
    const { service, rate, burstBytes, peakRate, peakBurstBytes } = settings;
    const { shaper, wire } = this.#services;
    const nextBytes = this.#nextBytes();
    const since = this.#nextSince();
    const isBucket = service === 'shaper';
    shaper.sustained.configure(isBucket ? rate : 0, burstBytes, now, nextBytes, since);
    shaper.peak.configure(isBucket ? peakRate : 0, peakBurstBytes, now, nextBytes, since);
    if (service === 'wire') wire.configure(rate);
    this.#slots.configure(settings.slots);
    this.#room.configure(settings, this.#slots.areRandom);
    this.#settings = settings;
    this.#service = this.#services[service];
    if (this.#served !== NO_PACKET && service !== before?.service) this.#interrupt();
    if (settings.trace !== null && settings.trace !== before?.trace) this.#follow(settings.trace, now);
    this.#nextSize = NOBODY;
    this.#rearm();
  }

  admit(packet: PacketId): boolean {
    const { now } = this.#kernel;
    // What leaves at this instant has left when another comes.
    if (this.#eventAt <= now) this.#serve();
    const room = this.#room;
    const size = this.#packets.ints[packet + SIZE]!;
    const isFree = this.#served === NO_PACKET && room.isEmpty;
    room.meet();
    if (isFree) {
      this.#service.awake(now);
      this.#nextSize = NOBODY;
      if (this.#isAtRest && room.forgetsPassers && this.#turn(size, now) <= now)
        return this.#pass(packet, size, now);
      this.#nextSize = NOBODY;
      this.#isAtRest = false;
    }
    // Limits are for those that wait.
    if (isFree && !room.fits(size) && this.#turn(size, now) <= now) {
      room.passBy();
      this.#begin(packet, size, now);
    } else {
      room.enter(packet);
    }
    if (this.#served === NO_PACKET ? room.nextSize() !== this.#nextSize : this.#eventAt === NEVER)
      this.#serve();
    const { bytes } = room;
    if (bytes > this.#peakBytes) this.#peakBytes = bytes;
    return false;
  }

  onEvent(): void {
    this.#event = NO_EVENT;
    this.#eventAt = NEVER;
    this.#serve();
  }

  backlogBytes(): number {
    return this.#room.bytes;
  }

  takeBacklogPeak(): number {
    const now = this.#room.bytes;
    const peak = Math.max(this.#peakBytes, now);
    this.#peakBytes = now;
    return peak;
  }

  limits(): QueueLimits {
    return this.#settings!.limits;
  }

  evict(): Backlog {
    const { sustained } = this.#services.shaper;
    const missing = sustained.missing(this.#kernel.now, this.#nextBytes(), this.#nextSince());
    const packets: PacketId[] = [];
    const served = this.#served;
    if (served !== NO_PACKET) packets.push(served);
    this.#served = NO_PACKET;
    this.#room.evict(packets);
    this.#slots.over();
    this.#rearm();
    return {
      packets,
      missing,
      ...(sustained.rate > 0 ? { depthBytes: sustained.depthBytes } : null),
      ...(served !== NO_PACKET && this.#isWire() ? { wireUntil: this.#leavesAt } : null),
    };
  }

  adopt(backlog: Backlog): void {
    const { sustained } = this.#services.shaper;
    sustained.lack(missingFor(sustained.depthBytes, backlog), this.#kernel.now);
    this.#turnAt = NEVER;
    const { packets, wireUntil } = backlog;
    let waiting = packets;
    const first = packets[0];
    if (first !== undefined && wireUntil !== undefined && this.#isWire()) {
      this.#served = first;
      this.#leavesAt = wireUntil;
      waiting = packets.slice(1);
    }
    for (const packet of waiting) this.#room.adopt(packet);
    this.#rearm();
  }

  /** Lets everybody leave whose turn it is, one after the other. */
  #serve(): void {
    // A packet that leaves may bring about another that comes.
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#step(this.#kernel.now));
    this.#isServing = false;
  }

  /** One step further; false when nothing more happens now. */
  #step(now: Nanos): boolean {
    const served = this.#served;
    if (served !== NO_PACKET) {
      if (this.#leavesAt > now) return this.#arm(this.#leavesAt);
      this.#served = NO_PACKET;
      this.#onward(served);
      return true;
    }
    const room = this.#room;
    const size = room.nextSize();
    if (size < 0) return this.#rest();
    const at = this.#turn(size, now);
    if (at > now) return this.#arm(at);
    const packet = room.take();
    if (packet === NO_PACKET) return true;
    if (this.#packets.ints[packet + SIZE]! === size) this.#begin(packet, size, now);
    else room.putBack(packet);
    return true;
  }

  /** Nobody waits and nobody has to: what the discipline would not remember need not be told to it. */
  #pass(packet: PacketId, size: number, now: Nanos): boolean {
    this.#room.passBy();
    const bytes = framedBytes(size, this.#settings!.framing);
    if (this.#slots.areUsed) this.#slots.use(bytes);
    this.#nextSize = NOBODY;
    this.#leavesAt = this.#service.begin(bytes, now, this.#since);
    if (this.#leavesAt <= now) {
      this.#slots.over();
      return true;
    }
    this.#served = packet;
    this.#isAtRest = false;
    this.#arm(this.#leavesAt);
    return false;
  }

  /** When a packet of that size may be taken out, which is the next one. */
  #turn(size: number, now: Nanos): Nanos {
    if (size !== this.#nextSize) {
      this.#nextSize = size;
      this.#since = now;
      this.#turnAt = NEVER;
    } else if (this.#turnAt < NEVER) return this.#turnAt;
    const at = this.#service.begins(framedBytes(size, this.#settings!.framing), this.#since);
    const slots = this.#slots;
    if (!slots.areUsed) {
      if (this.#service === this.#services.shaper) this.#turnAt = at;
      return at;
    }
    if (at > now) slots.wait();
    const opens = slots.opens(now, this.#room.slotDraw);
    return opens > at ? opens : at;
  }

  #begin(packet: PacketId, size: number, now: Nanos): void {
    const bytes = framedBytes(size, this.#settings!.framing);
    if (this.#slots.areUsed) this.#slots.use(bytes);
    this.#nextSize = NOBODY;
    this.#leavesAt = this.#service.begin(bytes, now, this.#since);
    if (this.#leavesAt > now) this.#served = packet;
    else this.#onward(packet);
  }

  #rest(): false {
    this.#nextSize = NOBODY;
    this.#slots.over();
    if (!this.#isAtRest) this.#room.rest();
    this.#isAtRest = true;
    return this.#disarm();
  }

  /** The service is another one: what was being served waits again, first. */
  #interrupt(): void {
    const packets = [this.#served];
    this.#served = NO_PACKET;
    this.#room.evict(packets);
    for (const packet of packets) this.#room.adopt(packet);
  }

  /** A trace begins; it carries what another has left of a packet. */
  #follow(trace: readonly number[], now: Nanos): void {
    const service = this.#services.trace;
    const open = this.#served === NO_PACKET ? 0 : service.open(now);
    service.start(trace, now);
    if (open > 0) this.#leavesAt = service.begin(open);
  }

  #isWire(): boolean {
    return this.#settings?.service === 'wire';
  }

  #nextBytes(): number {
    const size = this.#room.nextSize();
    return size < 0 || this.#settings === null ? NOBODY : framedBytes(size, this.#settings.framing);
  }

  #nextSince(): Nanos {
    return this.#room.nextSize() === this.#nextSize ? this.#since : this.#kernel.now;
  }

  #rearm(): void {
    const { now } = this.#kernel;
    if (this.#served !== NO_PACKET) this.#arm(this.#leavesAt);
    else if (this.#room.isEmpty) this.#disarm();
    else this.#arm(now);
  }

  #arm(at: Nanos): false {
    if (at === this.#eventAt) return false;
    this.#disarm();
    // Slow links have long queues: what would leave after the end of time stays.
    if (at > LAST_INSTANT) return false;
    this.#eventAt = at;
    this.#event = this.#kernel.at(at, this.#actor, 0);
    return false;
  }

  #disarm(): false {
    if (this.#event !== NO_EVENT) this.#kernel.cancel(this.#event, this.#actor);
    this.#event = NO_EVENT;
    this.#eventAt = NEVER;
    return false;
  }
}
