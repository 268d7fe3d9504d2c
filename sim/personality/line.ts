/**
 * The end of every pipeline: bandwidth, then delay, as one line of packets in order. When a packet arrives, the instants at
 * which it will leave either stage are computed, not scheduled; only the head of the line stands in the event queue. A change
 * of settings computes them anew for the packets that still wait for bandwidth.
 */
import type { Actor, ActorId, EventId, Kernel, Nanos } from '../../engine/index.ts';
import { LAST_INSTANT, NEVER, NO_EVENT, Rank, ZERO } from '../../engine/index.ts';
import {
  DUE,
  FLAGS,
  NEXT,
  NO_PACKET,
  PacketFlag,
  type PacketId,
  type PacketPool,
  SHAPED_AT,
  SIZE,
} from '../packet.ts';
import { Fate } from '../trace.ts';
import type { DelaySettings, Delays } from './delays.ts';
import { Draws } from './draws.ts';
import type { Backlog } from './stage.ts';

/** Where packets go from here. */
export interface LineExit {
  leave(packet: PacketId): void;
  drop(packet: PacketId, why: Fate): false;
}

/** Told of every packet that got a place in the line. */
export interface LineMeter {
  accepted(packet: PacketId): void;
}

export interface BandwidthSettings {
  /** Token bucket, or a wire on which each packet takes its time. */
  readonly model: 'tokenBucket' | 'serialize';
  /** Whole bit/s; 0 for no limit. */
  readonly rate: number;
  /** Depth of the token bucket, bytes. */
  readonly burstBytes: number;
  /** Who waits beyond these is dropped. Infinity for no limit. */
  readonly queueBytes: number;
  readonly queuePackets: number;
}

const BITS_PER_BYTE_NANOS = 8e9;
export const NO_LIMIT: BandwidthSettings = {
  model: 'tokenBucket',
  rate: 0,
  burstBytes: 0,
  queueBytes: Infinity,
  queuePackets: Infinity,
};

export class Line implements Actor {
  readonly #kernel: Kernel;
  readonly #packets: PacketPool;
  /** Where packets go that leave; changes with the gates behind the line. */
  exit: LineExit;
  /** How many packets have left it. */
  left = 0;
  readonly #delays: Delays;
  /** False: a gate behind the line draws the delays. */
  #ownsDelays = true;
  readonly #meter: LineMeter | null;
  readonly #stamps: boolean;
  readonly #actor: ActorId;

  #bandwidth = NO_LIMIT;
  #serializes = false;
  #rate = ZERO;
  #latency = ZERO;
  #jitter = ZERO;

  // A list through the packets' own rows (NEXT), in order; those from #waiting on have not left the bandwidth stage yet.
  #head: PacketId = NO_PACKET;
  #waiting: PacketId = NO_PACKET;
  #tail: PacketId = NO_PACKET;
  #waitingPackets = 0;
  /** The draws of the packets that wait for bandwidth: of the first of them, where the later ones came without jitter. */
  readonly #draws = new Draws();
  /** When the last packet that entered the delay stage is due. */
  #enteredDue: Nanos = ZERO;
  #draining = false;
  #event: EventId = NO_EVENT;
  #eventAt: Nanos = NEVER;
  /** The latest due instant given out: no packet overtakes the one before it. */
  #lastDue: Nanos = ZERO;
  #waitingBytes = ZERO;
  #peakBytes = ZERO;

  // Token bucket by virtual scheduling, exact: the instant at which the bucket is full again is #full + #fullPart / rate ns.
  #full: Nanos = ZERO;
  #fullPart = ZERO;
  /** The wire is busy until then. */
  #busyUntil: Nanos = ZERO;
  // What a packet of #costSize bytes costs: #cost + #costPart / rate ns of token time, or #wire ns on the wire.
  #costSize = -1;
  #cost = ZERO;
  #costPart = ZERO;
  #depthBytes = ZERO;
  #depth = ZERO;
  #depthPart = ZERO;

  /** `stamps`: whether `shapedAt` is written. */
  constructor(
    kernel: Kernel,
    packets: PacketPool,
    delays: Delays,
    exit: LineExit,
    meter: LineMeter | null,
    stamps = true,
  ) {
    this.#kernel = kernel;
    this.#packets = packets;
    this.#delays = delays;
    this.exit = exit;
    this.#meter = meter;
    this.#stamps = stamps;
    this.#actor = kernel.enroll(this, Rank.departure);
  }

  /** The queue limits in force, for reports. */
  get bandwidth(): BandwidthSettings {
    return this.#bandwidth;
  }

  /** Takes the packet over. */
  admit(packet: PacketId): void {
    const now = this.#kernel.now;
    let shaped = now;
    if (this.#rate !== 0) {
      shaped = this.#offer(packet, now);
      if (shaped < 0) {
        this.exit.drop(packet, Fate.queue);
        return;
      }
    }
    this.#take(packet, now, shaped);
  }

  /** Settings from this instant on. What leaves a stage at this very instant does so after the change. */
  configureBandwidth(settings: BandwidthSettings): void {
    const before = this.#bandwidth;
    this.#bandwidth = settings;
    const { model, rate, burstBytes } = settings;
    if (model === before.model && rate === before.rate && burstBytes === before.burstBytes) return;
    this.#drain(this.#kernel.now - 1);
    const wasWire = this.#serializes;
    const wasBucket = before.rate > 0 && !wasWire;
    // A bucket keeps its tokens; a new one is full.
    const missing = wasBucket ? this.#missing(burstBytes) : 0;
    this.#serializes = rate > 0 && model === 'serialize';
    this.#rate = rate;
    if (rate > 0) {
      this.#measure(burstBytes);
      this.#depth = this.#cost;
      this.#depthPart = this.#costPart;
      this.#depthBytes = burstBytes;
      this.#costSize = -1;
      this.#divide(missing);
      this.#full = this.#kernel.now + this.#cost;
      this.#fullPart = this.#costPart;
    }
    this.#replan(wasWire);
  }

  configureDelay(settings: DelaySettings): void {
    this.#drain(this.#kernel.now - 1);
    if (this.#ownsDelays) this.#delays.configure(settings);
    this.#latency = settings.latency;
    this.#jitter = settings.jitter;
    if (this.#waiting !== NO_PACKET) this.#redelay();
  }

  /** After a change of both: what has no rate to wait for enters the delay stage now. */
  settle(): void {
    if (this.#rate === 0) this.#drain(this.#kernel.now);
  }

  /** Drops everything in it, in order, as if it had never been there. */
  clear(why: Fate): void {
    let packet = this.#head;
    this.#head = this.#waiting = this.#tail = NO_PACKET;
    while (packet !== NO_PACKET) {
      const next = this.#packets.ints[packet + NEXT]!;
      this.exit.drop(packet, why);
      packet = next;
    }
    this.#waitingPackets = 0;
    this.#draws.clear();
    this.#waitingBytes = 0;
    this.#lastDue = this.#enteredDue = this.#busyUntil = this.#full = this.#kernel.now;
    this.#fullPart = 0;
    this.#disarm();
  }

  /** Lets go of the packets that have not left the bandwidth stage, because another stage takes them over. */
  evict(): Backlog {
    this.#drain(this.#kernel.now - 1);
    const { ints } = this.#packets;
    const missing = this.#rate > 0 && !this.#serializes ? Math.max(0, this.#missing(this.#depthBytes)) : 0;
    let last: PacketId = NO_PACKET;
    for (let packet = this.#head; packet !== this.#waiting; packet = ints[packet + NEXT]!) last = packet;
    const packets: PacketId[] = [];
    for (let packet = this.#waiting; packet !== NO_PACKET; packet = ints[packet + NEXT]!)
      packets.push(packet);
    const draws: number[] = [];
    for (let place = 0; place < this.#draws.length; place++) draws.push(this.#draws.at(place));
    this.#delays.giveBack(draws, packets.length);
    this.#draws.clear();
    if (last === NO_PACKET) this.#head = NO_PACKET;
    else ints[last + NEXT] = NO_PACKET;
    this.#tail = last;
    this.#waiting = NO_PACKET;
    this.#waitingPackets = 0;
    this.#waitingBytes = 0;
    this.#lastDue = this.#enteredDue;
    this.#busyUntil = this.#full = this.#kernel.now;
    this.#fullPart = 0;
    if (this.#head === NO_PACKET) this.#disarm();
    return { packets, missing };
  }

  /** Takes over packets that waited for bandwidth elsewhere: none is refused. After the settings have been told. */
  adopt({ packets, missing }: Backlog): void {
    const now = this.#kernel.now;
    if (this.#rate > 0 && !this.#serializes) {
      this.#divide(missing);
      this.#full = now + this.#cost;
      this.#fullPart = this.#costPart;
      this.#costSize = -1;
    }
    for (const packet of packets) {
      const size = this.#packets.ints[packet + SIZE]!;
      if (this.#rate > 0 && this.#serializes && this.#busyUntil < now) this.#busyUntil = now;
      this.#take(packet, now, this.#rate === 0 ? now : this.#again(size, now));
    }
  }

  /** Lets go of the packets that are being delayed, each with the instant at which it is due. What waits for bandwidth stays. */
  evictDelayed(): { readonly packets: readonly PacketId[]; readonly due: readonly Nanos[] } {
    this.#drain(this.#kernel.now - 1);
    const { ints, doubles } = this.#packets;
    const packets: PacketId[] = [];
    const due: Nanos[] = [];
    let packet = this.#head;
    for (; packet !== this.#waiting; packet = ints[packet + NEXT]!) {
      packets.push(packet);
      due.push(doubles[(packet >> 1) + DUE]!);
    }
    this.#head = packet;
    if (packet === NO_PACKET) this.#tail = NO_PACKET;
    this.left += packets.length;
    this.#enteredDue = this.#kernel.now;
    this.#disarm();
    this.#redelay();
    return { packets, due };
  }

  /** Whether the line draws the delays, or a gate behind it. Packets that wait for bandwidth meet theirs with whoever draws now. */
  ownDelays(owns: boolean): void {
    this.#ownsDelays = owns;
    if (owns) {
      for (let count = this.#waitingPackets; count > 0; count--) this.#delays.pass();
      return;
    }
    const draws: number[] = [];
    for (let place = 0; place < this.#draws.length; place++) draws.push(this.#draws.at(place));
    this.#delays.giveBack(draws, this.#waitingPackets);
    this.#draws.clear();
  }

  /** Packets that are delayed elsewhere will leave until then: those that come now do not overtake them. */
  notBefore(instant: Nanos): void {
    if (instant > this.#lastDue) this.#lastDue = instant;
    if (instant > this.#enteredDue) this.#enteredDue = instant;
    if (this.#waiting !== NO_PACKET) this.#redelay();
  }

  /** Bytes that wait for tokens or for the wire; the packet on the wire does not wait. */
  backlogBytes(): number {
    this.#drain(this.#kernel.now);
    return this.#waitingBytes - this.#inService();
  }

  /** The largest backlog since this was last asked; starts again from the present one. */
  takeBacklogPeak(): number {
    const now = this.backlogBytes();
    const peak = Math.max(this.#peakBytes, now);
    this.#peakBytes = now;
    return peak;
  }

  onEvent(): void {
    const now = this.#kernel.now;
    this.#event = NO_EVENT;
    this.#draining = true;
    while (this.#head !== NO_PACKET) {
      const packet = this.#head;
      if (this.#packets.doubles[(packet >> 1) + DUE]! > now) break;
      if (packet === this.#waiting) this.#passWaiting();
      // Read before it leaves: its row may then be another's.
      this.#head = this.#packets.ints[packet + NEXT]!;
      if (this.#head === NO_PACKET) this.#tail = NO_PACKET;
      this.left++;
      this.exit.leave(packet);
    }
    this.#draining = false;
    this.#arm();
  }

  /** A packet that will leave the bandwidth stage at the instant `shaped`. */
  #take(packet: PacketId, now: Nanos, shaped: Nanos): void {
    if (this.#meter !== null) this.#meter.accepted(packet);
    if (this.#stamps) this.#packets.doubles[(packet >> 1) + SHAPED_AT] = shaped;
    let draw = 0;
    if (this.#jitter !== 0) draw = this.#delays.draw();
    else if (this.#ownsDelays) this.#delays.pass();
    const due = this.#dueAfter(packet, shaped, draw);
    if (due === now && this.#head === NO_PACKET && !this.#draining) {
      this.left++;
      this.exit.leave(packet);
      return;
    }
    this.#append(packet, shaped, due, draw);
  }

  /** The instant at which the packet leaves the bandwidth stage; -1 when the queue has no room for it. */
  #offer(packet: PacketId, now: Nanos): Nanos {
    this.#drain(now);
    const size = this.#packets.ints[packet + SIZE]!;
    if (size !== this.#costSize) this.#measure(size);
    if (this.#serializes) {
      const starts = this.#busyUntil > now ? this.#busyUntil : now;
      if (starts > now && !this.#hasRoom(size)) return -1;
      const ends = starts + this.#cost + (this.#costPart * 2 >= this.#rate ? 1 : 0);
      this.#busyUntil = ends;
      return ends;
    }
    let full = this.#full;
    let part = this.#fullPart;
    if (full < now) {
      full = now;
      part = 0;
    }
    full += this.#cost;
    part += this.#costPart;
    if (part >= this.#rate) {
      part -= this.#rate;
      full++;
    }
    // It may leave once the bucket, had it no bottom, would be full again in at most one depth: round up, never early.
    let leaves = full - this.#depth + (part > this.#depthPart ? 1 : 0);
    if (leaves < now) leaves = now;
    if (leaves > now && !this.#hasRoom(size)) return -1;
    this.#full = full;
    this.#fullPart = part;
    return leaves;
  }

  #hasRoom(size: number): boolean {
    const onWire = this.#serializes && this.#waiting !== NO_PACKET ? 1 : 0;
    const packets = this.#waitingPackets - onWire;
    const bytes = this.#waitingBytes - this.#inService();
    const { queuePackets, queueBytes } = this.#bandwidth;
    if (packets >= queuePackets || bytes + size > queueBytes) return false;
    if (bytes + size > this.#peakBytes) this.#peakBytes = bytes + size;
    return true;
  }

  /** Bytes of the packet on the wire, which is the first that has not left. */
  #inService(): number {
    if (!this.#serializes || this.#waiting === NO_PACKET) return 0;
    return this.#packets.ints[this.#waiting + SIZE]!;
  }

  /** size * 8e9 / rate ns, as quotient and remainder: exact, so that rounding never adds up. */
  #measure(size: number): void {
    this.#costSize = size;
    this.#divide(size * BITS_PER_BYTE_NANOS);
  }

  /** Bits times ns by the rate, into `#cost` and `#costPart`. A multiple of 8e9 is exact in a double up to 4 GB. */
  #divide(total: number): void {
    const rate = this.#rate;
    if (total > Number.MAX_SAFE_INTEGER) {
      this.#costPart = total % rate;
      this.#cost = Math.floor((total - this.#costPart) / rate + 0.5);
      return;
    }
    let quotient = Math.floor(total / rate);
    let rest = total - quotient * rate;
    if (rest < 0) {
      quotient--;
      rest += rate;
    } else if (rest >= rate) {
      quotient++;
      rest -= rate;
    }
    this.#cost = quotient;
    this.#costPart = rest;
  }

  #dueAfter(packet: PacketId, shaped: Nanos, draw: number): Nanos {
    let delay = this.#latency;
    if (this.#jitter !== 0) {
      delay = this.#delays.delayFor(draw);
      if (delay < 0) {
        delay = 0;
        this.#packets.ints[packet + FLAGS]! |= PacketFlag.clamped;
      }
    }
    const due = shaped + delay;
    if (due < this.#lastDue) return this.#lastDue;
    this.#lastDue = due;
    return due;
  }

  #append(packet: PacketId, shaped: Nanos, due: Nanos, draw: number): void {
    const { ints, doubles } = this.#packets;
    ints[packet + NEXT] = NO_PACKET;
    doubles[(packet >> 1) + DUE] = due;
    const before = this.#tail;
    this.#tail = packet;
    if (shaped > this.#kernel.now) {
      if (this.#waiting === NO_PACKET) this.#waiting = packet;
      this.#waitingPackets++;
      this.#waitingBytes += ints[packet + SIZE]!;
      if (this.#jitter !== 0) this.#draws.push(draw);
    } else {
      this.#enteredDue = due;
    }
    if (before !== NO_PACKET) {
      ints[before + NEXT] = packet;
      return;
    }
    this.#head = packet;
    if (!this.#draining) this.#arm();
  }

  /** Moves the border between waiting for bandwidth and being delayed to where it is now. */
  #drain(now: Nanos): void {
    while (this.#waiting !== NO_PACKET && this.#shapedAt(this.#waiting) <= now) this.#passWaiting();
  }

  #passWaiting(): void {
    const { ints, doubles } = this.#packets;
    const packet = this.#waiting;
    this.#waitingPackets--;
    this.#waitingBytes -= ints[packet + SIZE]!;
    this.#draws.drop();
    this.#enteredDue = doubles[(packet >> 1) + DUE]!;
    this.#waiting = ints[packet + NEXT]!;
  }

  /** When a packet in the line leaves the bandwidth stage. A line that does not stamp has a constant delay. */
  #shapedAt(packet: PacketId): Nanos {
    const { doubles } = this.#packets;
    return this.#stamps ? doubles[(packet >> 1) + SHAPED_AT]! : doubles[(packet >> 1) + DUE]! - this.#latency;
  }

  #disarm(): void {
    if (this.#event !== NO_EVENT) this.#kernel.cancel(this.#event, this.#actor);
    this.#event = NO_EVENT;
  }

  /** Sets the event for the head of the line. */
  #arm(): void {
    if (this.#head === NO_PACKET) return;
    const due = this.#packets.doubles[(this.#head >> 1) + DUE]!;
    if (this.#event !== NO_EVENT) {
      if (this.#eventAt === due) return;
      this.#kernel.cancel(this.#event, this.#actor);
    }
    this.#event = NO_EVENT;
    // Slow links have long queues: what would leave after the end of time stays.
    if (due > LAST_INSTANT) return;
    this.#eventAt = due;
    this.#event = this.#kernel.at(due, this.#actor, 0);
  }

  /**
   * What a bucket of that depth lacks now, had the waiting packets not come yet and with the tokens of the present one, in bits times
   * ns (8e9 are a byte). Below zero only where a packet longer than the bucket is deep waits for its whole length.
   */
  #missing(burstBytes: number): number {
    const now = this.#kernel.now;
    const { ints } = this.#packets;
    const deeper = (burstBytes - this.#depthBytes) * BITS_PER_BYTE_NANOS;
    let full = this.#full;
    let part = this.#fullPart;
    if (this.#waiting === NO_PACKET) {
      return full < now ? Math.max(0, deeper) : Math.max(0, (full - now) * this.#rate + part + deeper);
    }
    for (let packet = this.#waiting; packet !== NO_PACKET; packet = ints[packet + NEXT]!) {
      const size = ints[packet + SIZE]!;
      if (size !== this.#costSize) this.#measure(size);
      full -= this.#cost;
      part -= this.#costPart;
      if (part < 0) {
        part += this.#rate;
        full--;
      }
    }
    return (full - now) * this.#rate + part + deeper;
  }

  /** New instants for the packets that wait for bandwidth, in order, under the present settings. */
  #replan(wasWire: boolean): void {
    const now = this.#kernel.now;
    const { ints, doubles } = this.#packets;
    let packet = this.#waiting;
    if (this.#serializes) {
      // What is on the wire stays on it; another wire, or a bucket turned wire, starts idle.
      const onWire = wasWire && packet !== NO_PACKET;
      this.#busyUntil = onWire ? this.#shapedAt(packet) : now;
      if (onWire) packet = ints[packet + NEXT]!;
    }
    if (packet === NO_PACKET) return;
    for (; packet !== NO_PACKET; packet = ints[packet + NEXT]!) {
      doubles[(packet >> 1) + SHAPED_AT] = this.#rate === 0 ? now : this.#again(ints[packet + SIZE]!, now);
    }
    this.#redelay();
  }

  /** As `#offer`, for a packet that has its place in the queue already. */
  #again(size: number, now: Nanos): Nanos {
    if (size !== this.#costSize) this.#measure(size);
    if (this.#serializes) {
      this.#busyUntil += this.#cost + (this.#costPart * 2 >= this.#rate ? 1 : 0);
      return this.#busyUntil;
    }
    this.#full += this.#cost;
    this.#fullPart += this.#costPart;
    if (this.#fullPart >= this.#rate) {
      this.#fullPart -= this.#rate;
      this.#full++;
    }
    const leaves = this.#full - this.#depth + (this.#fullPart > this.#depthPart ? 1 : 0);
    return leaves < now ? now : leaves;
  }

  /** New due instants for those that have not entered the delay stage; they keep their draws, or meet them now. */
  #redelay(): void {
    const { ints, doubles } = this.#packets;
    this.#lastDue = this.#enteredDue;
    if (this.#jitter !== 0) {
      // The packets that came without a draw are the last ones: pay for those before them, then draw for each.
      const undrawn = this.#waitingPackets - this.#draws.length;
      if (undrawn > 0) {
        this.#delays.recall(undrawn);
        for (let i = 0; i < undrawn; i++) this.#draws.push(this.#delays.draw());
      }
    }
    let place = 0;
    for (let packet = this.#waiting; packet !== NO_PACKET; packet = ints[packet + NEXT]!) {
      ints[packet + FLAGS]! &= ~PacketFlag.clamped;
      const draw = this.#jitter === 0 ? 0 : this.#draws.at(place++);
      doubles[(packet >> 1) + DUE] = this.#dueAfter(packet, doubles[(packet >> 1) + SHAPED_AT]!, draw);
    }
    if (!this.#draining) this.#arm();
  }
}
