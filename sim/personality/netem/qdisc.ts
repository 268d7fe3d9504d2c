/**
 * Linux's network emulator: the queueing discipline of net/sched/sch_netem.c, with its own formulas and its flaws, as in Linux 6.18.y with
 * the fixes of May 2026 (which older stable kernels took as well): four-state model without gaps between its chances, `limit`
 * that counts reordered packets too, slots without overflow, a copy that is made after its original has found room. Under it is a device
 * that takes every packet at once, above it nothing. Random numbers are not the kernel's bit by bit: each is a draw of our streams.
 */
import type { Actor, ActorId, EventId, Kernel, Nanos, RandomStream } from '../../../engine/index.ts';
import { LAST_INSTANT, NEVER, NO_EVENT, Rank } from '../../../engine/index.ts';
import { damageKind } from '../../damage.ts';
import {
  COPY_OF,
  DUE,
  FLAGS,
  NEXT,
  NO_PACKET,
  PacketFlag,
  type PacketId,
  type PacketPool,
  SIZE,
} from '../../packet.ts';
import { Fate, Origin } from '../../trace.ts';
import type { Backlog, QueueLimits } from '../stage.ts';
import { CrndState } from './crndstate.ts';
import { type GilbertElliottOptions, LossGilbertElliott } from './gilbert-elliott.ts';
import { U32 } from './integers.ts';
import { type FourStateOptions, Loss4State } from './loss-4state.ts';
import { packetTime, type RateOptions } from './rate.ts';
import { type SlotOptions, Slots } from './slots.ts';
import { tabledist } from './tabledist.ts';
import { TimeFifo } from './tfifo.ts';

/** What `tc qdisc change … netem` hands to the kernel. Probabilities and correlations are u32, see `percent`. */
export interface NetemOptions {
  readonly latency: Nanos;
  /** At most `MOST_JITTER`. */
  readonly jitter: Nanos;
  readonly delayCorrelation: number;
  /** Absent: uniform. */
  readonly delayTable: Int16Array | null;
  /** Packets in it, delayed or not. */
  readonly limit: number;
  readonly loss: NetemLoss;
  /** Marks instead of losing, where the packet allows it. */
  readonly ecn: boolean;
  readonly duplicate: number;
  readonly duplicateCorrelation: number;
  readonly corrupt: number;
  readonly corruptCorrelation: number;
  readonly reorder: number;
  readonly reorderCorrelation: number;
  /** 0: no reordering. */
  readonly gap: number;
  readonly rate: RateOptions | null;
  readonly slot: SlotOptions;
}

export type NetemLoss =
  | { readonly model: 'random'; readonly probability: number; readonly correlation: number }
  | ({ readonly model: 'state' } & FourStateOptions)
  | ({ readonly model: 'gemodel' } & GilbertElliottOptions);

export interface NetemTools {
  readonly kernel: Kernel;
  readonly packets: PacketPool;
  /** {@link NETEM_DRAWS} for each packet that comes. */
  readonly random: RandomStream;
  /** One for each correlation at each change: what its first number resembles. */
  readonly starts: RandomStream;
  /** One for each slot. */
  readonly slots: RandomStream;
  /** Takes over a packet that has been sent. */
  onward(packet: PacketId): void;
  drop(packet: PacketId, why: Fate): false;
}

// A packet's draws, in their order, needed or not: duplication; loss, which may take two; corruption and where; those of its copy;
// reordering and delay. A copy has all but the first.
const LOSS_DRAWS = 2;
const CORRUPT_DRAWS = 2;
const SEND_DRAWS = 2;
const COPY_DRAWS = LOSS_DRAWS + CORRUPT_DRAWS + SEND_DRAWS;
export const NETEM_DRAWS = 1 + COPY_DRAWS + COPY_DRAWS;

const NO_FLIP = -1;
const ONE_BIT = damageKind({ bits: 1, where: 'any', isSilent: false });

const IDLE: NetemOptions = {
  latency: 0,
  jitter: 0,
  delayCorrelation: 0,
  delayTable: null,
  limit: Infinity,
  loss: { model: 'random', probability: 0, correlation: 0 },
  ecn: false,
  duplicate: 0,
  duplicateCorrelation: 0,
  corrupt: 0,
  corruptCorrelation: 0,
  reorder: 0,
  reorderCorrelation: 0,
  gap: 0,
  rate: null,
  slot: { min: 0, max: 0, packets: 0, bytes: 0 },
};

export class NetemQdisc implements Actor {
  /** Bytes in it, delayed or not. */
  bytes = 0;
  #peakBytes = 0;
  readonly #tools: NetemTools;
  readonly #kernel: Kernel;
  readonly #packets: PacketPool;
  readonly #random: RandomStream;
  readonly #actor: ActorId;
  #options = IDLE;
  readonly #delayState = new CrndState();
  readonly #lossState = new CrndState();
  readonly #duplicateState = new CrndState();
  readonly #reorderState = new CrndState();
  readonly #corruptState = new CrndState();
  readonly #fourStates = new Loss4State();
  readonly #gilbertElliott = new LossGilbertElliott();
  readonly #slots = new Slots();
  /** Packets since the last one that was reordered. */
  #counter = 0;

  /** What waits for its time. `DUE` of a packet in it is when it would be sent if there were no rate. */
  readonly #fifo = new TimeFifo();
  /** Reordered packets, which go before everybody else, the last one first: a list through the packets' rows. */
  #ahead: PacketId = NO_PACKET;
  #aheadCount = 0;
  #isSending = false;
  #event: EventId = NO_EVENT;
  #eventAt: Nanos = NEVER;

  constructor(tools: NetemTools) {
    this.#tools = tools;
    this.#kernel = tools.kernel;
    this.#packets = tools.packets;
    this.#random = tools.random;
    this.#actor = tools.kernel.enroll(this, Rank.departure);
  }

  /**
   * `tc qdisc change` with these options and no others. What is in it keeps its time; but loss begins in the good state, gaps are counted
   * from the beginning, correlated numbers resemble a new first one, and there is a slot now.
   */
  change(options: NetemOptions): void {
    this.#options = options;
    const { loss } = options;
    this.#start(this.#delayState, options.delayCorrelation);
    this.#start(this.#lossState, loss.model === 'random' ? loss.correlation : 0);
    this.#start(this.#duplicateState, options.duplicateCorrelation);
    this.#start(this.#reorderState, options.reorderCorrelation);
    this.#start(this.#corruptState, options.corruptCorrelation);
    if (loss.model === 'state') this.#fourStates.start(loss);
    if (loss.model === 'gemodel') this.#gilbertElliott.start(loss);
    this.#slots.start(options.slot, this.#kernel.now);
    this.#counter = 0;
    // Nobody waits for slots that are no more.
    if (!this.#slots.isOn) this.stop();
  }

  /** Takes the packet over. */
  enqueue(packet: PacketId): void {
    this.#meet(packet);
    // The device asks after every packet, lost ones too.
    this.#run();
  }

  /** Takes over packets as if they came now, but for what is left to chance: each is delayed by the latency, and none is refused. */
  adopt(packets: readonly PacketId[]): void {
    for (const packet of packets) this.#delay(packet, this.#options.latency);
    this.#run();
  }

  /** Ends the slots, for as long as nobody changes that. */
  stop(): void {
    this.#slots.isOn = false;
    this.#run();
  }

  /**
   * Ends the waiting for rate and slots: lets go of what waits for them alone, in the order of sending. The others stay until their delay
   * has passed.
   */
  release(): Backlog {
    const { now } = this.#kernel;
    const { doubles } = this.#packets;
    const packets: PacketId[] = [];
    const delayed: PacketId[] = [];
    while (this.#fifo.length > 0) {
      const packet = this.#fifo.pop();
      (doubles[(packet >> 1) + DUE]! <= now ? packets : delayed).push(packet);
    }
    for (const packet of packets) this.bytes -= this.#packets.size(packet);
    for (const packet of delayed) this.#fifo.push(doubles[(packet >> 1) + DUE]!, packet);
    this.#run();
    return { packets, missing: 0 };
  }

  /** The most bytes that were in it since this was last asked; starts again from the present ones. */
  takePeakBytes(): number {
    const peak = this.#peakBytes;
    this.#peakBytes = this.bytes;
    return peak;
  }

  limits(): QueueLimits {
    const { rate, limit } = this.#options;
    return { rate: rate === null ? 0 : rate.rate * 8, queueBytes: Infinity, queuePackets: limit };
  }

  onEvent(): void {
    this.#event = NO_EVENT;
    this.#run();
  }

  #start(state: CrndState, rho: number): void {
    state.start(rho, this.#tools.starts.uniform() * U32);
  }

  /** A draw as a u32. */
  #draw(): number {
    return this.#random.uniform() * U32;
  }

  /** `netem_enqueue`. */
  #meet(packet: PacketId): void {
    const { duplicate } = this.#options;
    const draw = this.#draw();
    const isTwice = duplicate > 0 && duplicate >= this.#duplicateState.next(draw);
    const isLost = this.#loses(packet);
    // Lost and duplicated, it arrives once.
    if (isLost && !isTwice) {
      this.#random.pass(CORRUPT_DRAWS + COPY_DRAWS + SEND_DRAWS);
      this.#tools.drop(packet, Fate.loss);
      return;
    }
    const flip = this.#corrupts();
    if (this.#isFull()) {
      this.#random.pass(COPY_DRAWS + SEND_DRAWS);
      this.#tools.drop(packet, Fate.queue);
      return;
    }
    if (isTwice && !isLost) this.#copy(packet);
    else this.#random.pass(COPY_DRAWS);
    if (flip !== NO_FLIP) this.#packets.damage(packet, flip, ONE_BIT);
    this.#schedule(packet);
  }

  /** The copy enters from the top, before its original goes on: it is not duplicated, but may be lost like any packet. */
  #copy(packet: PacketId): void {
    const packets = this.#packets;
    packets.ints[packet + FLAGS]! |= PacketFlag.twin;
    const copy = packets.clone(packet, Origin.copy);
    packets.doubles[(copy >> 1) + COPY_OF] = packets.id(packet);
    const isLost = this.#loses(copy);
    const flip = this.#corrupts();
    if (isLost || this.#isFull()) {
      this.#random.pass(SEND_DRAWS);
      this.#tools.drop(copy, isLost ? Fate.loss : Fate.queue);
      return;
    }
    if (flip !== NO_FLIP) packets.damage(copy, flip, ONE_BIT);
    this.#schedule(copy);
  }

  /** `loss_event`: true when the packet is to be dropped. */
  #loses(packet: PacketId): boolean {
    if (!this.#lossEvent()) return false;
    if (!this.#options.ecn || !this.#packets.has(packet, PacketFlag.ecnCapable | PacketFlag.marked))
      return true;
    this.#packets.ints[packet + FLAGS]! |= PacketFlag.marked;
    return false;
  }

  #lossEvent(): boolean {
    const { loss } = this.#options;
    const first = this.#draw();
    if (loss.model === 'gemodel') return this.#gilbertElliott.isLost(first, this.#draw());
    this.#random.pass();
    if (loss.model === 'state') return this.#fourStates.isLost(first);
    return loss.probability > 0 && loss.probability >= this.#lossState.next(first);
  }

  /** A draw for where the bit flips, or {@link NO_FLIP}. */
  #corrupts(): number {
    const { corrupt } = this.#options;
    const draw = this.#draw();
    const place = this.#draw();
    return corrupt > 0 && corrupt >= this.#corruptState.next(draw) ? place : NO_FLIP;
  }

  #isFull(): boolean {
    return this.#fifo.length + this.#aheadCount >= this.#options.limit;
  }

  /** Delays the packet, or reorders it: then it is sent at once. */
  #schedule(packet: PacketId): void {
    const { gap, reorder, latency, jitter, delayTable } = this.#options;
    const reorderDraw = this.#draw();
    const delayDraw = this.#draw();
    const isDelayed = gap === 0 || this.#counter < gap - 1 || reorder < this.#reorderState.next(reorderDraw);
    if (isDelayed) {
      const rnd = jitter === 0 ? 0 : this.#delayState.next(delayDraw);
      this.#counter++;
      this.#delay(packet, tabledist(latency, jitter, rnd, delayTable));
      return;
    }
    this.#counter = 0;
    this.#packets.ints[packet + NEXT] = this.#ahead;
    this.#ahead = packet;
    this.#aheadCount++;
    this.#count(packet);
  }

  #delay(packet: PacketId, drawn: Nanos): void {
    const { ints, doubles } = this.#packets;
    const { rate } = this.#options;
    const { now } = this.#kernel;
    let time = now + drawn;
    if (drawn < 0) ints[packet + FLAGS]! |= PacketFlag.clamped;
    doubles[(packet >> 1) + DUE] = time;
    if (rate !== null) {
      // The delay counts from now, the time on the wire from when the last of those in it will have been sent. A packet alone is not
      // kept from going back in time.
      const last = this.#lastTime(now);
      if (last > time) time = last;
      time += packetTime(ints[packet + SIZE]!, rate);
    }
    this.#fifo.push(time, packet);
    this.#count(packet);
  }

  /** When the last packet in it is to be sent; -Infinity when there is none. */
  #lastTime(now: Nanos): Nanos {
    const ahead = this.#aheadCount > 0 ? now : -Infinity;
    return this.#fifo.length > 0 && this.#fifo.latest > ahead ? this.#fifo.latest : ahead;
  }

  #count(packet: PacketId): void {
    this.bytes += this.#packets.ints[packet + SIZE]!;
    if (this.bytes > this.#peakBytes) this.#peakBytes = this.bytes;
  }

  /** Sends what may be sent. What comes back meanwhile waits until it is its turn. */
  #run(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    for (let packet = this.#dequeue(); packet !== NO_PACKET; packet = this.#dequeue()) {
      this.bytes -= this.#packets.ints[packet + SIZE]!;
      this.#tools.onward(packet);
    }
    this.#isSending = false;
  }

  /** `netem_dequeue`. */
  #dequeue(): PacketId {
    const ahead = this.#ahead;
    if (ahead !== NO_PACKET) {
      this.#ahead = this.#packets.ints[ahead + NEXT]!;
      this.#aheadCount--;
      return ahead;
    }
    if (this.#fifo.length === 0) return NO_PACKET;
    const slots = this.#slots;
    const { now } = this.#kernel;
    let time = this.#fifo.earliest;
    if (slots.isOn) {
      // The flaw: each time somebody asks before the packet's time, the slot is drawn anew.
      if (slots.next < time) this.#renewSlot(now);
      if (slots.next > time) time = slots.next;
    }
    if (time > now) {
      this.#wakeAt(time);
      return NO_PACKET;
    }
    const packet = this.#fifo.pop();
    if (slots.isOn && slots.spend(this.#packets.ints[packet + SIZE]!)) this.#renewSlot(now);
    return packet;
  }

  #renewSlot(now: Nanos): void {
    this.#slots.renew(now, this.#tools.slots.uniform() * U32);
  }

  #wakeAt(time: Nanos): void {
    if (this.#event !== NO_EVENT) {
      if (this.#eventAt === time) return;
      this.#kernel.cancel(this.#event, this.#actor);
      this.#event = NO_EVENT;
    }
    // What would be sent after the end of time stays.
    if (time > LAST_INSTANT) return;
    this.#eventAt = time;
    this.#event = this.#kernel.at(time, this.#actor, 0);
  }
}
