/**
 * The end of every pipeline and both directions of every link: bandwidth, then delay, as one line of packets in order. When a packet
 * arrives, the instants at which it will leave either stage are computed, not scheduled; only the head of a line stands in the
 * event queue. A change of settings computes them anew for the packets that still wait for bandwidth.
 *
 * All lines of a world are rows of one buffer: what a packet needs of its line lies in neighbouring cache lines, which is what counts
 * when there are thousands of them.
 */
import type { Actor, ActorId, EventId, Kernel, Nanos } from '../../engine/index.ts';
import { LAST_INSTANT, NO_EVENT, Rank } from '../../engine/index.ts';
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
import { type Backlog, missingFor } from './stage.ts';

/** Where packets go from here. */
export interface LineExit {
  leave(packet: PacketId): void;
  drop(packet: PacketId, why: Fate): false;
}

/** Told of every packet that got a place in a line. */
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

export const NO_LIMIT: BandwidthSettings = {
  model: 'tokenBucket',
  rate: 0,
  burstBytes: 0,
  queueBytes: Infinity,
  queuePackets: Infinity,
};
const BITS_PER_BYTE_NANOS = 8e9;

/** A line as a packet finds it: its settings, and who is there. */
export interface LineView extends BandwidthSettings {
  readonly latency: Nanos;
  readonly jitter: Nanos;
  /** Those that wait for tokens or for the wire; the one on the wire does not. */
  readonly waitingPackets: number;
  readonly waitingBytes: number;
  /** What the token bucket holds, with fractions; those that wait take of it first. 0 of a wire, or without a rate. */
  readonly tokenBytes: number;
  /** When the wire has carried everything that is there; now for a token bucket. */
  readonly busyUntil: Nanos;
}

/** A line: the index of its row's first double. */
export type LineId = number;

// Columns of a row, doubles:
const RATE = 0;
const LATENCY = 1;
const JITTER = 2;
/** Wire: busy until then. Token bucket by virtual scheduling, exact: full again at BUSY + BUSY_PART / rate ns. */
const BUSY = 3;
const BUSY_PART = 4;
/** The latest due instant given out: no packet overtakes the one before it. */
const LAST_DUE = 5;
/** What a packet of COST_SIZE bytes costs: COST + COST_PART / rate ns of token time, or on the wire. */
const COST = 6;
const COST_PART = 7;
// Int32s, of doubles 8 to 11. A list through the packets' own rows (NEXT), in order; those from WAITING on have not left the bandwidth
// stage yet.
const HEAD = 16;
const WAITING = 17;
const TAIL = 18;
const WAITING_PACKETS = 19;
const EVENT = 20;
const COST_SIZE = 21;
const MODE = 22;
// Doubles:
const WAITING_BYTES = 12;
const PEAK_BYTES = 13;
const QUEUE_BYTES = 14;
const QUEUE_PACKETS = 15;
const EVENT_AT = 16;
/** When the last packet that entered the delay stage is due. */
const ENTERED_DUE = 17;
const DEPTH = 18;
const DEPTH_PART = 19;
const DEPTH_BYTES = 20;
/** How many packets have left. */
const LEFT = 21;
/** Packets that met no draw, and have not been told to the delays yet. */
const UNDRAWN = 22;
/** Doubles of a row that belong to the line; the owner's own follow. */
export const LINE_COLUMNS = 24;

// Bits of MODE.
const SERIALIZES = 1;
/** `shapedAt` is written. */
const STAMPS = 2;
/** Its packets go to an exit of its own. */
const OWN_EXIT = 4;
const DRAINING = 8;
/** Its packets' delays are drawn by a gate behind it. */
const FOREIGN_DELAYS = 16;
/** Packets that wait for bandwidth have draws. */
const HAS_DRAWS = 32;

/** What is seldom needed of a line. */
interface Details {
  exit: LineExit;
  bandwidth: BandwidthSettings;
  readonly delays: Delays;
  /** The draws of the packets that wait for bandwidth: of the first of them, where the later ones came without jitter. */
  readonly draws: Draws;
}

export class Lines implements Actor {
  /** The rows; a new array when there are more. */
  doubles: Float64Array;
  #ints: Int32Array;
  readonly #row: number;
  readonly #kernel: Kernel;
  readonly #packets: PacketPool;
  readonly #exit: LineExit;
  readonly #meter: LineMeter | null;
  readonly #actor: ActorId;
  readonly #details: Details[] = [];

  /** `extra`: so many doubles of each row are the owners'. `exit`: where packets go, unless a line has its own. */
  constructor(kernel: Kernel, packets: PacketPool, exit: LineExit, meter: LineMeter | null, extra = 0) {
    this.#kernel = kernel;
    this.#packets = packets;
    this.#exit = exit;
    this.#meter = meter;
    this.#row = LINE_COLUMNS + 8 * Math.ceil(extra / 8);
    this.doubles = new Float64Array(16 * this.#row);
    this.#ints = new Int32Array(this.doubles.buffer);
    this.#actor = kernel.enroll(this, Rank.departure);
  }

  /** A new line without limit or delay. `stamps`: whether `shapedAt` is written. */
  open(delays: Delays, stamps: boolean): Line {
    const line = this.#details.length * this.#row;
    if (line === this.doubles.length) {
      const doubles = new Float64Array(line * 2);
      doubles.set(this.doubles);
      this.doubles = doubles;
      this.#ints = new Int32Array(doubles.buffer);
    }
    this.#details.push({ exit: this.#exit, bandwidth: NO_LIMIT, delays, draws: new Draws() });
    const { doubles } = this;
    const ints = this.#ints;
    doubles[line + QUEUE_BYTES] = doubles[line + QUEUE_PACKETS] = Infinity;
    ints[2 * line + HEAD] = ints[2 * line + WAITING] = ints[2 * line + TAIL] = NO_PACKET;
    ints[2 * line + EVENT] = NO_EVENT;
    ints[2 * line + COST_SIZE] = -1;
    ints[2 * line + MODE] = stamps ? STAMPS : 0;
    return new Line(this, line);
  }

  // The path of a packet. The arrays are handed on as arguments: a field would be loaded anew in each method.

  /** Takes the packet over. */
  admit(line: LineId, packet: PacketId): void {
    const { doubles } = this;
    const ints = this.#ints;
    const pool = this.#packets;
    const now = this.#kernel.now;
    let shaped = now;
    if (doubles[line + RATE] !== 0) {
      shaped = this.#offer(doubles, ints, line, pool.ints[packet + SIZE]!, now);
      if (shaped < 0) {
        this.#exitOf(line).drop(packet, Fate.queue);
        return;
      }
    }
    this.#take(doubles, ints, line, packet, now, shaped);
  }

  onEvent(_kind: number, line: LineId): void {
    const { doubles } = this;
    const ints = this.#ints;
    const pool = this.#packets;
    const now = this.#kernel.now;
    const low = 2 * line;
    ints[low + EVENT] = NO_EVENT;
    ints[low + MODE]! |= DRAINING;
    const exit = this.#exitOf(line);
    let packet = ints[low + HEAD]!;
    while (packet !== NO_PACKET && pool.doubles[(packet >> 1) + DUE]! <= now) {
      if (packet === ints[low + WAITING]) this.#passWaiting(doubles, ints, line);
      // Read before it leaves: its row may then be another's.
      const next = pool.ints[packet + NEXT]!;
      ints[low + HEAD] = next;
      if (next === NO_PACKET) ints[low + TAIL] = NO_PACKET;
      doubles[line + LEFT]! += 1;
      exit.leave(packet);
      packet = ints[low + HEAD]!;
    }
    ints[low + MODE]! &= ~DRAINING;
    if (packet === NO_PACKET) return;
    const due = pool.doubles[(packet >> 1) + DUE]!;
    if (due > LAST_INSTANT) return;
    doubles[line + EVENT_AT] = due;
    ints[low + EVENT] = this.#kernel.at(due, this.#actor, 0, line);
  }

  // Settings.

  bandwidthOf(line: LineId): BandwidthSettings {
    return this.#detailsOf(line).bandwidth;
  }

  configureBandwidth(line: LineId, settings: BandwidthSettings): void {
    const details = this.#detailsOf(line);
    const before = details.bandwidth;
    details.bandwidth = settings;
    const { doubles } = this;
    doubles[line + QUEUE_BYTES] = settings.queueBytes;
    doubles[line + QUEUE_PACKETS] = settings.queuePackets;
    const { model, rate, burstBytes } = settings;
    if (model === before.model && rate === before.rate && burstBytes === before.burstBytes) return;
    const now = this.#kernel.now;
    this.#drain(line, now - 1);
    const wasWire = this.#is(line, SERIALIZES);
    const wasBucket = before.rate > 0 && !wasWire;
    // A bucket keeps its tokens; a new one is full.
    const missing = wasBucket ? this.#missing(line, burstBytes) : 0;
    this.#set(line, SERIALIZES, rate > 0 && model === 'serialize');
    doubles[line + RATE] = rate;
    if (rate > 0) {
      this.#measure(line, burstBytes);
      doubles[line + DEPTH] = doubles[line + COST]!;
      doubles[line + DEPTH_PART] = doubles[line + COST_PART]!;
      doubles[line + DEPTH_BYTES] = burstBytes;
      this.#fill(line, missing);
    }
    this.#replan(line, wasWire);
  }

  configureDelay(line: LineId, settings: DelaySettings): void {
    this.#drain(line, this.#kernel.now - 1);
    if (!this.#is(line, FOREIGN_DELAYS)) this.#delaysOf(line).configure(settings);
    this.doubles[line + LATENCY] = settings.latency;
    this.doubles[line + JITTER] = settings.jitter;
    if (this.#ints[2 * line + WAITING] !== NO_PACKET) this.#redelay(line);
  }

  settle(line: LineId): void {
    if (this.doubles[line + RATE] === 0) this.#drain(line, this.#kernel.now);
  }

  exitTo(line: LineId, exit: LineExit | null): void {
    this.#set(line, OWN_EXIT, exit !== null);
    this.#detailsOf(line).exit = exit ?? this.#exit;
  }

  leftOf(line: LineId): number {
    return this.doubles[line + LEFT]!;
  }

  clear(line: LineId, why: Fate): void {
    const ints = this.#ints;
    const { doubles } = this;
    let packet = ints[2 * line + HEAD]!;
    ints[2 * line + HEAD] = ints[2 * line + WAITING] = ints[2 * line + TAIL] = NO_PACKET;
    const exit = this.#exitOf(line);
    while (packet !== NO_PACKET) {
      const next = this.#packets.ints[packet + NEXT]!;
      exit.drop(packet, why);
      packet = next;
    }
    ints[2 * line + WAITING_PACKETS] = 0;
    this.#takeDraws(line);
    this.#delaysOf(line).rewind();
    doubles[line + WAITING_BYTES] = 0;
    const { now } = this.#kernel;
    doubles[line + LAST_DUE] = doubles[line + ENTERED_DUE] = doubles[line + BUSY] = now;
    doubles[line + BUSY_PART] = 0;
    this.#disarm(line);
  }

  // Changes of hands.

  evict(line: LineId): Backlog {
    const { now } = this.#kernel;
    this.#drain(line, now - 1);
    const { doubles } = this;
    const ints = this.#ints;
    const next = this.#packets.ints;
    const hasRate = doubles[line + RATE]! > 0;
    const isWire = this.#is(line, SERIALIZES);
    const depthBytes = doubles[line + DEPTH_BYTES]!;
    const waiting = ints[2 * line + WAITING]!;
    const bucket = hasRate && !isWire ? { missing: this.#missing(line, depthBytes), depthBytes } : null;
    const wire = isWire && waiting !== NO_PACKET ? { wireUntil: this.#shapedAt(line, waiting) } : null;
    let last: PacketId = NO_PACKET;
    for (let packet = ints[2 * line + HEAD]!; packet !== waiting; packet = next[packet + NEXT]!)
      last = packet;
    const packets: PacketId[] = [];
    for (let packet = waiting; packet !== NO_PACKET; packet = next[packet + NEXT]!) {
      next[packet + FLAGS]! &= ~PacketFlag.clamped;
      packets.push(packet);
    }
    if (!this.#is(line, FOREIGN_DELAYS)) this.#giveBackDraws(line, packets.length);
    if (last === NO_PACKET) ints[2 * line + HEAD] = NO_PACKET;
    else next[last + NEXT] = NO_PACKET;
    ints[2 * line + TAIL] = last;
    ints[2 * line + WAITING] = NO_PACKET;
    ints[2 * line + WAITING_PACKETS] = 0;
    doubles[line + WAITING_BYTES] = 0;
    doubles[line + LAST_DUE] = doubles[line + ENTERED_DUE]!;
    doubles[line + BUSY] = now;
    doubles[line + BUSY_PART] = 0;
    if (last === NO_PACKET) this.#disarm(line);
    return { packets, missing: 0, ...bucket, ...wire };
  }

  adopt(line: LineId, backlog: Backlog): void {
    const { now } = this.#kernel;
    const hasRate = this.doubles[line + RATE]! > 0;
    const isWire = this.#is(line, SERIALIZES);
    if (hasRate && !isWire) this.#fill(line, missingFor(this.doubles[line + DEPTH_BYTES]!, backlog));
    let { wireUntil } = backlog;
    for (const packet of backlog.packets) {
      const size = this.#packets.ints[packet + SIZE]!;
      if (isWire && this.doubles[line + BUSY]! < now) this.doubles[line + BUSY] = now;
      let shaped = now;
      if (isWire && wireUntil !== undefined) shaped = this.doubles[line + BUSY] = wireUntil;
      else if (hasRate) shaped = this.#again(line, size, now);
      wireUntil = undefined;
      this.#take(this.doubles, this.#ints, line, packet, now, shaped);
    }
  }

  evictDelayed(line: LineId): { readonly packets: readonly PacketId[]; readonly due: readonly Nanos[] } {
    const { now } = this.#kernel;
    this.#drain(line, now - 1);
    const ints = this.#ints;
    const packets: PacketId[] = [];
    const due: Nanos[] = [];
    let packet = ints[2 * line + HEAD]!;
    for (; packet !== ints[2 * line + WAITING]; packet = this.#packets.ints[packet + NEXT]!) {
      packets.push(packet);
      due.push(this.#packets.doubles[(packet >> 1) + DUE]!);
    }
    ints[2 * line + HEAD] = packet;
    if (packet === NO_PACKET) ints[2 * line + TAIL] = NO_PACKET;
    this.doubles[line + LEFT]! += packets.length;
    this.doubles[line + ENTERED_DUE] = now;
    this.#disarm(line);
    this.#redelay(line);
    return { packets, due };
  }

  ownDelays(line: LineId, owns: boolean): void {
    this.#set(line, FOREIGN_DELAYS, !owns);
    const ints = this.#ints;
    if (!owns) {
      this.#giveBackDraws(line, ints[2 * line + WAITING_PACKETS]!);
      return;
    }
    // What is about to leave has not met a delay: it still has to leave the bandwidth stage.
    const { ints: packets } = this.#packets;
    const waiting = ints[2 * line + WAITING]!;
    const head = ints[2 * line + HEAD]!;
    for (let packet = head; packet !== waiting; packet = packets[packet + NEXT]!) {
      ints[2 * line + WAITING_PACKETS]! += 1;
      this.doubles[line + WAITING_BYTES]! += packets[packet + SIZE]!;
    }
    ints[2 * line + WAITING] = head;
    this.doubles[line + UNDRAWN] = ints[2 * line + WAITING_PACKETS]!;
  }

  notBefore(line: LineId, instant: Nanos): void {
    const { doubles } = this;
    if (instant > doubles[line + LAST_DUE]!) doubles[line + LAST_DUE] = instant;
    if (instant > doubles[line + ENTERED_DUE]!) doubles[line + ENTERED_DUE] = instant;
    if (this.#ints[2 * line + WAITING] === NO_PACKET) return;
    // Anew, so that its event comes behind those of the others at that instant.
    this.#disarm(line);
    this.#redelay(line);
  }

  // Figures.

  backlogBytes(line: LineId): number {
    this.#drain(line, this.#kernel.now);
    return this.doubles[line + WAITING_BYTES]! - this.#inService(line);
  }

  takeBacklogPeak(line: LineId): number {
    const now = this.backlogBytes(line);
    const peak = Math.max(this.doubles[line + PEAK_BYTES]!, now);
    this.doubles[line + PEAK_BYTES] = now;
    return peak;
  }

  /** How it looks to a packet that comes now. Changes nothing. */
  view(line: LineId): LineView {
    const { doubles } = this;
    const { now } = this.#kernel;
    const { ints } = this.#packets;
    const { model, rate, burstBytes, queueBytes, queuePackets } = this.bandwidthOf(line);
    const isWire = this.#is(line, SERIALIZES);
    let waitingPackets = 0;
    let waitingBytes = 0;
    let packet = this.#ints[2 * line + WAITING]!;
    while (packet !== NO_PACKET && this.#shapedAt(line, packet) <= now) packet = ints[packet + NEXT]!;
    // The first of them is on the wire.
    if (isWire && packet !== NO_PACKET) packet = ints[packet + NEXT]!;
    for (; packet !== NO_PACKET; packet = ints[packet + NEXT]!) {
      waitingPackets++;
      waitingBytes += ints[packet + SIZE]!;
    }
    const missing = Math.max(0, (doubles[line + BUSY]! - now) * rate + doubles[line + BUSY_PART]!);
    return {
      model,
      rate,
      burstBytes,
      queueBytes,
      queuePackets,
      latency: doubles[line + LATENCY]!,
      jitter: doubles[line + JITTER]!,
      waitingPackets,
      waitingBytes,
      tokenBytes: isWire || rate === 0 ? 0 : burstBytes - missing / BITS_PER_BYTE_NANOS + waitingBytes,
      busyUntil: isWire ? Math.max(now, doubles[line + BUSY]!) : now,
    };
  }

  /** The instant at which a packet of `size` bytes leaves the bandwidth stage; -1 when the queue has no room for it. */
  #offer(doubles: Float64Array, ints: Int32Array, line: LineId, size: number, now: Nanos): Nanos {
    const low = 2 * line;
    while (ints[low + WAITING] !== NO_PACKET && this.#shapedAt(line, ints[low + WAITING]!) <= now) {
      this.#passWaiting(doubles, ints, line);
    }
    if (size !== ints[low + COST_SIZE]) this.#measure(line, size);
    const rate = doubles[line + RATE]!;
    let busy = doubles[line + BUSY]!;
    if ((ints[low + MODE]! & SERIALIZES) !== 0) {
      if (busy <= now) busy = now;
      else if (!this.#hasRoom(doubles, ints, line, size)) return -1;
      busy += doubles[line + COST]! + (doubles[line + COST_PART]! * 2 >= rate ? 1 : 0);
      doubles[line + BUSY] = busy;
      return busy;
    }
    let part = doubles[line + BUSY_PART]!;
    if (busy < now) {
      busy = now;
      part = 0;
    }
    busy += doubles[line + COST]!;
    part += doubles[line + COST_PART]!;
    if (part >= rate) {
      part -= rate;
      busy++;
    }
    // It may leave once the bucket, had it no bottom, would be full again in at most one depth: round up, never early.
    let leaves = busy - doubles[line + DEPTH]! + (part > doubles[line + DEPTH_PART]! ? 1 : 0);
    if (leaves < now) leaves = now;
    if (leaves > now && !this.#hasRoom(doubles, ints, line, size)) return -1;
    doubles[line + BUSY] = busy;
    doubles[line + BUSY_PART] = part;
    return leaves;
  }

  #hasRoom(doubles: Float64Array, ints: Int32Array, line: LineId, size: number): boolean {
    const inService = this.#inService(line);
    const packets = ints[2 * line + WAITING_PACKETS]! - (inService > 0 ? 1 : 0);
    const bytes = doubles[line + WAITING_BYTES]! - inService + size;
    if (packets >= doubles[line + QUEUE_PACKETS]! || bytes > doubles[line + QUEUE_BYTES]!) return false;
    if (bytes > doubles[line + PEAK_BYTES]!) doubles[line + PEAK_BYTES] = bytes;
    return true;
  }

  /** Bytes of the packet on the wire, which is the first that has not left; 0 when there is none. */
  #inService(line: LineId): number {
    const waiting = this.#ints[2 * line + WAITING]!;
    if (waiting === NO_PACKET || (this.#ints[2 * line + MODE]! & SERIALIZES) === 0) return 0;
    return this.#packets.ints[waiting + SIZE]!;
  }

  /** A packet that will leave the bandwidth stage at the instant `shaped`. */
  #take(
    doubles: Float64Array,
    ints: Int32Array,
    line: LineId,
    packet: PacketId,
    now: Nanos,
    shaped: Nanos,
  ): void {
    const low = 2 * line;
    const pool = this.#packets;
    const mode = ints[low + MODE]!;
    const hasJitter = doubles[line + JITTER] !== 0;
    if (this.#meter !== null) this.#meter.accepted(packet);
    if ((mode & STAMPS) !== 0) pool.doubles[(packet >> 1) + SHAPED_AT] = shaped;
    let draw = 0;
    let due = shaped + doubles[line + LATENCY]!;
    if (hasJitter) {
      draw = this.#draw(line);
      due = shaped + this.#delayFor(line, packet, draw);
    } else if ((mode & FOREIGN_DELAYS) === 0) {
      doubles[line + UNDRAWN]! += 1;
    }
    if (due < doubles[line + LAST_DUE]!) due = doubles[line + LAST_DUE]!;
    else doubles[line + LAST_DUE] = due;
    const tail = ints[low + TAIL]!;
    if (due === now && tail === NO_PACKET && (mode & DRAINING) === 0) {
      doubles[line + LEFT]! += 1;
      this.#exitOf(line).leave(packet);
      return;
    }
    pool.ints[packet + NEXT] = NO_PACKET;
    pool.doubles[(packet >> 1) + DUE] = due;
    ints[low + TAIL] = packet;
    if (shaped > now) {
      if (ints[low + WAITING] === NO_PACKET) ints[low + WAITING] = packet;
      ints[low + WAITING_PACKETS]! += 1;
      doubles[line + WAITING_BYTES]! += pool.ints[packet + SIZE]!;
      if (hasJitter) this.#keepDraw(line, draw);
    } else {
      doubles[line + ENTERED_DUE] = due;
    }
    if (tail !== NO_PACKET) {
      pool.ints[tail + NEXT] = packet;
      return;
    }
    ints[low + HEAD] = packet;
    // Slow links have long queues: what would leave after the end of time stays.
    if ((mode & DRAINING) !== 0 || due > LAST_INSTANT) return;
    doubles[line + EVENT_AT] = due;
    ints[low + EVENT] = this.#kernel.at(due, this.#actor, 0, line);
  }

  #keepDraw(line: LineId, draw: number): void {
    const { draws, delays } = this.#detailsOf(line);
    draws.push(draw);
    this.#set(line, HAS_DRAWS, true);
    if (draws.length === 1) delays.foresee();
  }

  #dropDraw(line: LineId): void {
    const { draws, delays } = this.#detailsOf(line);
    delays.come(draws.at(0), draws.length === 1);
    draws.drop();
    if (draws.length === 0) this.#set(line, HAS_DRAWS, false);
  }

  /** Those of the packets that wait for bandwidth; afterwards they have none. */
  #takeDraws(line: LineId): number[] {
    const { draws } = this.#detailsOf(line);
    const taken: number[] = [];
    for (let place = 0; place < draws.length; place++) taken.push(draws.at(place));
    draws.clear();
    this.#set(line, HAS_DRAWS, false);
    return taken;
  }

  /** The last `packets` packets that came will meet their draws elsewhere. */
  #giveBackDraws(line: LineId, packets: number): void {
    this.#tellUndrawn(line);
    this.#detailsOf(line).delays.giveBack(this.#takeDraws(line), packets);
  }

  #draw(line: LineId): number {
    if (this.doubles[line + UNDRAWN] !== 0) this.#tellUndrawn(line);
    return this.#delaysOf(line).draw();
  }

  #tellUndrawn(line: LineId): void {
    this.#detailsOf(line).delays.pass(this.doubles[line + UNDRAWN]!);
    this.doubles[line + UNDRAWN] = 0;
  }

  /** The delay that goes with a draw. */
  #delayFor(line: LineId, packet: PacketId, draw: number): Nanos {
    const delay = this.#delaysOf(line).delayFor(draw);
    if (delay >= 0) return delay;
    this.#packets.ints[packet + FLAGS]! |= PacketFlag.clamped;
    return 0;
  }

  /** Moves the border between waiting for bandwidth and being delayed to where it is now. */
  #drain(line: LineId, now: Nanos): void {
    const ints = this.#ints;
    for (;;) {
      const waiting = ints[2 * line + WAITING]!;
      if (waiting === NO_PACKET || this.#shapedAt(line, waiting) > now) return;
      this.#passWaiting(this.doubles, ints, line);
    }
  }

  #passWaiting(doubles: Float64Array, ints: Int32Array, line: LineId): void {
    const pool = this.#packets;
    const packet = ints[2 * line + WAITING]!;
    ints[2 * line + WAITING_PACKETS]! -= 1;
    doubles[line + WAITING_BYTES]! -= pool.ints[packet + SIZE]!;
    if ((ints[2 * line + MODE]! & HAS_DRAWS) !== 0) this.#dropDraw(line);
    doubles[line + ENTERED_DUE] = pool.doubles[(packet >> 1) + DUE]!;
    ints[2 * line + WAITING] = pool.ints[packet + NEXT]!;
  }

  /** When a packet in the line leaves the bandwidth stage. A line that does not stamp has a constant delay. */
  #shapedAt(line: LineId, packet: PacketId): Nanos {
    const { doubles } = this.#packets;
    if ((this.#ints[2 * line + MODE]! & STAMPS) !== 0) return doubles[(packet >> 1) + SHAPED_AT]!;
    return doubles[(packet >> 1) + DUE]! - this.doubles[line + LATENCY]!;
  }

  /** Sets the event for the head of the line. */
  #arm(line: LineId): void {
    const ints = this.#ints;
    const head = ints[2 * line + HEAD]!;
    if (head === NO_PACKET) return;
    const due = this.#packets.doubles[(head >> 1) + DUE]!;
    if (ints[2 * line + EVENT] !== NO_EVENT) {
      if (this.doubles[line + EVENT_AT] === due) return;
      this.#disarm(line);
    }
    // Slow links have long queues: what would leave after the end of time stays.
    if (due > LAST_INSTANT) return;
    this.doubles[line + EVENT_AT] = due;
    ints[2 * line + EVENT] = this.#kernel.at(due, this.#actor, 0, line);
  }

  #disarm(line: LineId): void {
    const event: EventId = this.#ints[2 * line + EVENT]!;
    if (event !== NO_EVENT) this.#kernel.cancel(event, this.#actor);
    this.#ints[2 * line + EVENT] = NO_EVENT;
  }

  // Token arithmetic.

  /** size * 8e9 / rate ns, as quotient and remainder: exact, so that rounding never adds up. */
  #measure(line: LineId, size: number): void {
    this.#ints[2 * line + COST_SIZE] = size;
    this.#divide(line, size * BITS_PER_BYTE_NANOS);
  }

  /** Bits times ns by the rate, into COST and COST_PART. A multiple of 8e9 is exact in a double up to 4 GB. */
  #divide(line: LineId, total: number): void {
    const { doubles } = this;
    const rate = doubles[line + RATE]!;
    let quotient = Math.floor(total / rate);
    let rest = total - quotient * rate;
    if (total > Number.MAX_SAFE_INTEGER) {
      rest = total % rate;
      quotient = Math.floor((total - rest) / rate + 0.5);
    }
    doubles[line + COST] = quotient;
    doubles[line + COST_PART] = rest;
  }

  /** The bucket lacks so much from now on, in bits times ns. */
  #fill(line: LineId, missing: number): void {
    const { doubles } = this;
    this.#ints[2 * line + COST_SIZE] = -1;
    this.#divide(line, missing);
    doubles[line + BUSY] = this.#kernel.now + doubles[line + COST]!;
    doubles[line + BUSY_PART] = doubles[line + COST_PART]!;
  }

  /**
   * What a bucket of that depth lacks now, had the waiting packets not come yet and with the tokens of the present one, in bits times
   * ns (8e9 are a byte). Below zero only where a packet longer than the bucket is deep waits for its whole length.
   */
  #missing(line: LineId, burstBytes: number): number {
    const { now } = this.#kernel;
    const { doubles } = this;
    const ints = this.#ints;
    const { ints: packets } = this.#packets;
    const rate = doubles[line + RATE]!;
    const deeper = (burstBytes - doubles[line + DEPTH_BYTES]!) * BITS_PER_BYTE_NANOS;
    let full = doubles[line + BUSY]!;
    let part = doubles[line + BUSY_PART]!;
    if (ints[2 * line + WAITING] === NO_PACKET) {
      return full < now ? Math.max(0, deeper) : Math.max(0, (full - now) * rate + part + deeper);
    }
    for (let packet = ints[2 * line + WAITING]!; packet !== NO_PACKET; packet = packets[packet + NEXT]!) {
      const size = packets[packet + SIZE]!;
      if (size !== ints[2 * line + COST_SIZE]) this.#measure(line, size);
      full -= doubles[line + COST]!;
      part -= doubles[line + COST_PART]!;
    }
    return (full - now) * rate + part + deeper;
  }

  /** New instants for the packets that wait for bandwidth, in order, under the present settings. */
  #replan(line: LineId, wasWire: boolean): void {
    const { now } = this.#kernel;
    const { doubles } = this;
    const { ints, doubles: instants } = this.#packets;
    let packet = this.#ints[2 * line + WAITING]!;
    if (this.#is(line, SERIALIZES)) {
      // What is on the wire stays on it; another wire, or a bucket turned wire, starts idle.
      const onWire = wasWire && packet !== NO_PACKET;
      doubles[line + BUSY] = onWire ? this.#shapedAt(line, packet) : now;
      if (onWire) packet = ints[packet + NEXT]!;
    }
    if (packet === NO_PACKET) return;
    const hasRate = doubles[line + RATE]! > 0;
    for (; packet !== NO_PACKET; packet = ints[packet + NEXT]!) {
      instants[(packet >> 1) + SHAPED_AT] = hasRate ? this.#again(line, ints[packet + SIZE]!, now) : now;
    }
    this.#redelay(line);
  }

  /** As `#offer`, for a packet that has its place in the queue already. */
  #again(line: LineId, size: number, now: Nanos): Nanos {
    const { doubles } = this;
    if (size !== this.#ints[2 * line + COST_SIZE]) this.#measure(line, size);
    const rate = doubles[line + RATE]!;
    if (this.#is(line, SERIALIZES)) {
      doubles[line + BUSY]! += doubles[line + COST]! + (doubles[line + COST_PART]! * 2 >= rate ? 1 : 0);
      return doubles[line + BUSY]!;
    }
    doubles[line + BUSY]! += doubles[line + COST]!;
    doubles[line + BUSY_PART]! += doubles[line + COST_PART]!;
    if (doubles[line + BUSY_PART]! >= rate) {
      doubles[line + BUSY_PART]! -= rate;
      doubles[line + BUSY]! += 1;
    }
    const late = doubles[line + BUSY_PART]! > doubles[line + DEPTH_PART]! ? 1 : 0;
    const leaves = doubles[line + BUSY]! - doubles[line + DEPTH]! + late;
    return leaves < now ? now : leaves;
  }

  /** New due instants for those that have not entered the delay stage; they keep their draws, or meet them now. */
  #redelay(line: LineId): void {
    const { doubles } = this;
    const { ints, doubles: instants } = this.#packets;
    const { delays, draws } = this.#detailsOf(line);
    const hasJitter = doubles[line + JITTER] !== 0;
    doubles[line + LAST_DUE] = doubles[line + ENTERED_DUE]!;
    delays.rewind();
    if (hasJitter) {
      // The packets that came without a draw are the last ones: pay for those before them, then draw for each.
      const undrawn = this.#ints[2 * line + WAITING_PACKETS]! - draws.length;
      this.#tellUndrawn(line);
      if (undrawn > 0) {
        delays.recall(undrawn);
        for (let i = 0; i < undrawn; i++) draws.push(delays.draw());
        this.#set(line, HAS_DRAWS, true);
      }
    }
    let place = 0;
    for (let packet = this.#ints[2 * line + WAITING]!; packet !== NO_PACKET; packet = ints[packet + NEXT]!) {
      ints[packet + FLAGS]! &= ~PacketFlag.clamped;
      const delay = hasJitter ? this.#delayFor(line, packet, draws.at(place++)) : doubles[line + LATENCY]!;
      if (place === 1) delays.foresee();
      const due = instants[(packet >> 1) + SHAPED_AT]! + delay;
      if (due > doubles[line + LAST_DUE]!) doubles[line + LAST_DUE] = due;
      instants[(packet >> 1) + DUE] = doubles[line + LAST_DUE]!;
    }
    if (!this.#is(line, DRAINING)) this.#arm(line);
  }

  // Access.

  #exitOf(line: LineId): LineExit {
    return (this.#ints[2 * line + MODE]! & OWN_EXIT) === 0 ? this.#exit : this.#detailsOf(line).exit;
  }

  #detailsOf(line: LineId): Details {
    return this.#details[line / this.#row]!;
  }

  #delaysOf(line: LineId): Delays {
    return this.#detailsOf(line).delays;
  }

  #is(line: LineId, bit: number): boolean {
    return (this.#ints[2 * line + MODE]! & bit) !== 0;
  }

  #set(line: LineId, bit: number, on: boolean): void {
    if (on) this.#ints[2 * line + MODE]! |= bit;
    else this.#ints[2 * line + MODE]! &= ~bit;
  }
}

/** One line, for whoever owns it. */
export class Line {
  readonly id: LineId;
  readonly #lines: Lines;

  constructor(lines: Lines, id: LineId) {
    this.#lines = lines;
    this.id = id;
  }

  /** The queue limits in force, for reports. */
  get bandwidth(): BandwidthSettings {
    return this.#lines.bandwidthOf(this.id);
  }

  /** How many packets have left it. */
  get left(): number {
    return this.#lines.leftOf(this.id);
  }

  /** Takes the packet over. */
  admit(packet: PacketId): void {
    this.#lines.admit(this.id, packet);
  }

  /** Settings from this instant on. What leaves a stage at this very instant does so after the change. */
  configureBandwidth(settings: BandwidthSettings): void {
    this.#lines.configureBandwidth(this.id, settings);
  }

  configureDelay(settings: DelaySettings): void {
    this.#lines.configureDelay(this.id, settings);
  }

  /** After a change of both: what has no rate to wait for enters the delay stage now. */
  settle(): void {
    this.#lines.settle(this.id);
  }

  /** Where packets go that leave it; null: where those of all lines go. */
  exitTo(exit: LineExit | null): void {
    this.#lines.exitTo(this.id, exit);
  }

  /** Drops everything in it, in order, as if it had never been there. */
  clear(why: Fate): void {
    this.#lines.clear(this.id, why);
  }

  /** Lets go of the packets that have not left the bandwidth stage, because another stage takes them over. */
  evict(): Backlog {
    return this.#lines.evict(this.id);
  }

  /** Takes over packets that waited for bandwidth elsewhere: none is refused. After the settings have been told. */
  adopt(backlog: Backlog): void {
    this.#lines.adopt(this.id, backlog);
  }

  /** Lets go of the packets that are being delayed, each with the instant at which it is due. What waits for bandwidth stays. */
  evictDelayed(): { readonly packets: readonly PacketId[]; readonly due: readonly Nanos[] } {
    return this.#lines.evictDelayed(this.id);
  }

  /** Whether the line draws the delays, or a gate behind it. Packets that wait for bandwidth meet theirs with whoever draws now. */
  ownDelays(owns: boolean): void {
    this.#lines.ownDelays(this.id, owns);
  }

  /** Packets that are delayed elsewhere will leave until then: those that come now do not overtake them. */
  notBefore(instant: Nanos): void {
    this.#lines.notBefore(this.id, instant);
  }

  /** Bytes that wait for tokens or for the wire; the packet on the wire does not wait. */
  backlogBytes(): number {
    return this.#lines.backlogBytes(this.id);
  }

  /** The largest backlog since this was last asked; starts again from the present one. */
  takeBacklogPeak(): number {
    return this.#lines.takeBacklogPeak(this.id);
  }
}
