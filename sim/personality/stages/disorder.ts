/**
 * Delay without order (RFC 4737): jitter that lets packets overtake each other, packets that skip the delay as sch_netem's `reorder`
 * lets them, packets that are held back until others have left. Does the delaying itself, with an event for each packet.
 */
import {
  type Actor,
  type ActorId,
  Correlated,
  type EventId,
  type Kernel,
  LAST_INSTANT,
  ms,
  type Nanos,
  NO_EVENT,
  type RandomStream,
  Rank,
  seconds,
  ZERO,
} from '../../../engine/index.ts';
import { FLAGS, PacketFlag, type PacketId, type PacketPool } from '../../packet.ts';
import type { Delays } from '../delays.ts';
import type { Values } from '../params.ts';
import { defineGate, type Gate, type GateDelayer, type StageTools } from '../stage.ts';
import { delayParams, delaySettings } from './delay.ts';

export const disorderParams = {
  'jitter.preserveOrder': {
    kind: 'boolean',
    identity: true,
    help: 'true: jitter never lets a packet overtake the one before it. false: every packet leaves when its own delay is over, as in netem.',
  },
  'reorder.percentage': {
    kind: 'probability',
    identity: 0,
    help: 'Chance that a packet is sent at once, before those that are still delayed; there must be a delay. With holdPackets or holdMs it is held back instead.',
  },
  'reorder.correlation': {
    kind: 'probability',
    identity: 0,
    help: "How much each packet's draw resembles that of the one before; the chance stays what it is.",
  },
  'reorder.gap': {
    kind: 'count',
    identity: 1,
    min: 1,
    max: 2 ** 24,
    help: 'After each chosen packet, and at the beginning, this many less one are never chosen.',
  },
  'reorder.holdPackets': {
    kind: 'count',
    identity: 0,
    min: 0,
    max: 2 ** 24,
    help: 'A chosen packet is held back after its delay until so many others have left, at most for holdMs, or 1000 ms where that is not given.',
  },
  'reorder.holdMs': {
    kind: 'milliseconds',
    identity: 0,
    min: 0,
    max: 3_600_000,
    help: 'A chosen packet is held back after its delay for so long at most.',
  },
} as const;

type DisorderValues = Values<typeof disorderParams & typeof delayParams>;

/** Without a time of its own nobody is held longer, since the packets that it waits for may never come. */
const LONGEST_HOLD = seconds(1);

const isChoosing = (values: DisorderValues): boolean =>
  values['reorder.percentage'] > 0 && (isHolding(values) || values.latencyMs > 0 || values.jitterMs > 0);

const isHolding = (values: DisorderValues): boolean =>
  values['reorder.holdPackets'] > 0 || values['reorder.holdMs'] > 0;

export const disorder = defineGate({
  name: 'disorder',
  summary: 'Lets packets overtake each other: by their jitter, by skipping the delay, by holding some back.',
  params: disorderParams,
  reads: delayParams,
  replaces: ['delay'],
  drawsPerPacket: 1,
  active: (values) => isChoosing(values) || (!values['jitter.preserveOrder'] && values.jitterMs > 0),
  create: (tools) => new Disorder(tools),
});

// Kinds of events: a delay is over, of a packet that leaves or of one that is held back then; the first has been held long enough.
const LEAVES = 0;
const IS_HELD = 1;
const TIME_IS_UP = 2;

class Disorder implements Gate<DisorderValues>, GateDelayer, Actor {
  readonly delayer = this;
  readonly #kernel: Kernel;
  readonly #packets: PacketPool;
  readonly #random: RandomStream;
  readonly #delays: Delays;
  readonly #onward: (packet: PacketId) => void;
  readonly #actor: ActorId;

  #keepsOrder = true;
  #probability = 0;
  #gap = 1;
  readonly #correlated = new Correlated();
  /** Packets since the last chosen one. */
  #unchosen = 0;

  /** How many are being delayed. */
  #delayed = 0;
  /** The latest due instant given out. */
  #lastDue: Nanos = ZERO;

  #isHolding = false;
  /** A held packet waits for so many others, and so long; Infinity and a time, or a number and a time. */
  #holdPackets = Infinity;
  #holdTime: Nanos = ZERO;
  readonly #held = new HeldPackets();
  /** How many have left since the list of held packets was empty. */
  #left = 0;
  #event: EventId = NO_EVENT;

  constructor({ kernel, packets, random, delays, onward }: StageTools) {
    this.#kernel = kernel;
    this.#packets = packets;
    this.#random = random;
    this.#delays = delays;
    this.#onward = onward;
    this.#actor = kernel.enroll(this, Rank.departure);
  }

  configure(values: DisorderValues): void {
    // If the line delays from now on, it has said the same.
    this.#delays.configure(delaySettings(values));
    const chooses = isChoosing(values);
    this.#keepsOrder = values['jitter.preserveOrder'];
    this.#probability = chooses ? values['reorder.percentage'] : 0;
    this.#gap = values['reorder.gap'];
    this.#correlated.correlation = values['reorder.correlation'];
    if (!chooses) this.#unchosen = 0;
    this.#isHolding = chooses && isHolding(values);
    const packets = values['reorder.holdPackets'];
    const time = values['reorder.holdMs'];
    this.#holdPackets = packets > 0 ? packets : Infinity;
    this.#holdTime = time > 0 ? ms(time) : LONGEST_HOLD;
    this.#disarm();
    this.#release();
  }

  admit(packet: PacketId): boolean {
    const delays = this.#delays;
    let delay = delays.latency;
    // Whoever is chosen meets its delay too, so that the others' are the same at every probability.
    if (delays.jitter === 0) delays.pass();
    else delay = delays.delayFor(delays.draw());
    const isChosen = this.#choose();
    if (isChosen && !this.#isHolding) return true;
    if (delay < 0) {
      delay = 0;
      this.#packets.ints[packet + FLAGS]! |= PacketFlag.clamped;
    }
    const { now } = this.#kernel;
    let due = now + delay;
    if (due > this.#lastDue) this.#lastDue = due;
    else if (this.#keepsOrder) due = this.#lastDue;
    if (due === now && this.#delayed === 0) {
      if (!isChosen && this.#held.length === 0) return true;
      if (isChosen) this.#hold(packet);
      else this.#leave(packet);
      return false;
    }
    this.#delay(packet, due, isChosen ? IS_HELD : LEAVES);
    return false;
  }

  adopt(packets: readonly PacketId[], due: readonly Nanos[]): void {
    // They have come here, as it were, so their draws are spent.
    this.#random.pass(packets.length);
    packets.forEach((packet, i) => {
      if (due[i]! > this.#lastDue) this.#lastDue = due[i]!;
      this.#delay(packet, due[i]!, LEAVES);
    });
  }

  lastDue(): Nanos {
    return this.#delayed > 0 ? this.#lastDue : 0;
  }

  onEvent(kind: number, packet: PacketId): void {
    if (kind === TIME_IS_UP) {
      this.#event = NO_EVENT;
      this.#release();
      return;
    }
    this.#delayed--;
    if (kind === IS_HELD && this.#isHolding) this.#hold(packet);
    else this.#leave(packet);
  }

  /** Whether the packet is chosen: one draw, needed or not. */
  #choose(): boolean {
    if (this.#probability === 0) {
      this.#random.pass();
      return false;
    }
    const isHit = this.#correlated.isBelow(this.#probability, this.#random.uniform());
    const isChosen = isHit && this.#unchosen >= this.#gap - 1;
    this.#unchosen = isChosen ? 0 : this.#unchosen + 1;
    return isChosen;
  }

  #delay(packet: PacketId, due: Nanos, kind: number): void {
    this.#delayed++;
    // What would leave after the end of time stays.
    if (due <= LAST_INSTANT) this.#kernel.at(due, this.#actor, kind, packet);
  }

  #leave(packet: PacketId): void {
    this.#onward(packet);
    if (this.#held.length === 0) return;
    this.#left++;
    this.#release();
  }

  #hold(packet: PacketId): void {
    if (this.#held.length === 0) this.#left = 0;
    this.#held.push(packet, this.#left, this.#kernel.now);
    if (this.#held.length === 1) this.#arm();
  }

  /** Lets those go, in order, who have been held long enough. */
  #release(): void {
    const held = this.#held;
    const { now } = this.#kernel;
    while (held.length > 0) {
      const isEnough = this.#left - held.left >= this.#holdPackets || held.since + this.#holdTime <= now;
      if (this.#isHolding && !isEnough) break;
      const { packet } = held;
      held.drop();
      this.#disarm();
      this.#onward(packet);
    }
    this.#arm();
  }

  /** Sets the event for the first of those that are held. */
  #arm(): void {
    if (this.#held.length === 0 || this.#event !== NO_EVENT) return;
    const end = this.#held.since + this.#holdTime;
    if (end <= LAST_INSTANT) this.#event = this.#kernel.at(end, this.#actor, TIME_IS_UP);
  }

  #disarm(): void {
    if (this.#event !== NO_EVENT) this.#kernel.cancel(this.#event, this.#actor);
    this.#event = NO_EVENT;
  }
}

/** Columns: a packet, how many had left when it came, when that was. */
const COLUMNS = 3;

/** First in, first out. Takes no memory until there is one. */
class HeldPackets {
  length = 0;
  #ring = new Float64Array(0);
  #first = 0;

  push(packet: PacketId, left: number, since: Nanos): void {
    if (this.length * COLUMNS === this.#ring.length) this.#grow();
    const at = ((this.#first + this.length) * COLUMNS) % this.#ring.length;
    this.#ring[at] = packet;
    this.#ring[at + 1] = left;
    this.#ring[at + 2] = since;
    this.length++;
  }

  drop(): void {
    this.length--;
    this.#first = (this.#first + 1) * COLUMNS === this.#ring.length ? 0 : this.#first + 1;
  }

  // Of the first, which there is.

  get packet(): PacketId {
    return this.#ring[this.#first * COLUMNS]!;
  }

  get left(): number {
    return this.#ring[this.#first * COLUMNS + 1]!;
  }

  get since(): Nanos {
    return this.#ring[this.#first * COLUMNS + 2]!;
  }

  #grow(): void {
    const old = this.#ring;
    const head = this.#first * COLUMNS;
    this.#ring = new Float64Array(Math.max(8 * COLUMNS, old.length * 2));
    this.#ring.set(old.subarray(head));
    this.#ring.set(old.subarray(0, head), old.length - head);
    this.#first = 0;
  }
}
