/**
 * What each flow's user would measure, and the conservation of its packets. Does not print.
 *
 * A flow's *own* packets are those a program or source sent from its `from` to its `to`, not the answers. A packet that was
 * copied or cut up and put together again is still one packet: it is delivered when a copy or the whole first arrives.
 */
import type { Nanos } from '../engine/index.ts';
import * as sim from '../sim/index.ts';
import { type EndedPackets, type Names, Sample, type TraceSink } from '../sim/index.ts';
import type { Conservation } from './ledger.ts';
import * as ledgers from './ledger.ts';
import { type Distances, lossPattern, NOTICEABLE_DISTANCE } from './loss-pattern.ts';
import { NO_ENTRY, PieceMemory } from './piece-memory.ts';
import { Batch, Quantiles } from './quantiles.ts';
import { Reordering, type ReorderingFigures } from './reordering.ts';
import * as sequence from './sequence-window.ts';
import { type Spread, spread, type Variation, variation } from './spread.ts';
import { WaitingValues } from './waiting-values.ts';

// Constants of this file are folded into its code. An imported one is loaded anew for each packet (see vms.ts).
const {
  ENDED_AT,
  FATE_SHIFT,
  FLAGS,
  FLOW,
  FRAGMENT_OF,
  FROM,
  Fate,
  ORIGIN_SHIFT,
  Origin,
  RowFlag,
  SENT_AT,
  SEQ,
  SIZE,
} = sim;
const { FATE_COUNT, LEDGER_SIZE, ledgerOf } = ledgers;
const { Outcome } = sequence;

/** The figures of one flow, or of its packets sent in a window. Times in ns, rates in bit/s; null: nothing to tell it from. */
export interface FlowFigures {
  /** Own packets. Transactional flows: questions asked. */
  readonly sent: number;
  /** Own packets that arrived, each counted once. Transactional flows: questions answered. */
  readonly delivered: number;
  /** sent - delivered - inFlight. Transactional flows: timed out, after all retries. */
  readonly lost: number;
  /** Still on the way when the run ended. Transactional flows: still waiting for an answer. */
  readonly inFlight: number;
  /** lost / (sent - inFlight), RFC 7680's ratio; so for questions timedOut / (answered + timedOut). */
  readonly loss: number | null;
  /** Arrivals beyond the first of each own packet. */
  readonly duplicates: number;
  /**
   * RFC 5560, of own packets that arrived: `fraction` is duplicates per packet (5.1, Packet-Duplication-Fraction), `replicated` the share
   * that arrived more than once (5.2, Replicated-Packet-Rate). Null when none arrived.
   */
  readonly duplication: { readonly fraction: number; readonly replicated: number } | null;
  /** Own packets that arrived after a later one (RFC 4737, Type-P-Reordered). Null unless one sender and one destination. */
  readonly reordered: number | null;
  /** How far and how late they were. Null also when none arrived. */
  readonly reordering: ReorderingFigures | null;
  /**
   * Bits of delivered own packets (each once, IP header included) over the time in which the flow was active: the longer of
   * its sending (last - first, times n / (n - 1)) and its arriving (the same). So a steady stream gives its rate, a
   * bottleneck the bottleneck's, an outage counts, and the delay does not. Transactional flows whose messages are
   * reported complete: bits of those messages instead.
   */
  readonly goodput: number | null;
  /**
   * One-way delay (RFC 7679) of own packets that arrived, from the original's sending. Also of transactional flows. A lost packet's delay is
   * undefined and not in it: percentiles are of those that arrived, as RFC 6703 would have them beside the loss.
   */
  readonly delay: Spread | null;
  /** Question to answer; transactional flows only. */
  readonly rtt: Spread | null;
  /**
   * Delay above the flow's least: D(i) - Dmin (RFC 5481, PDV; Y.1540's delay variation is its p999). Transactional flows: of round
   * trips. Null unless one sender and one destination.
   */
  readonly pdv: Variation | null;
  /**
   * Mean |D(i) - D(i-1)| over own packets i-1 and i that both arrived (RFC 3393, consecutive packets). Transactional flows:
   * of round trips, in order of answer. Null unless one sender and one destination.
   */
  readonly ipdv: number | null;
  /** The same |D(i) - D(i-1)|, percentiles at most 1/128 above the exact ones. */
  readonly ipdvQuantiles: Variation | null;
  /** RFC 3550, 6.4.1, at the end of the run: J += (|D| - J) / 16 in order of arrival. Otherwise as `ipdv`. */
  readonly jitter: number | null;
  /** Runs of consecutive lost own packets (RFC 3357, loss periods): their lengths, and how many. Null as `reordered`, and when none was sent. */
  readonly burst: { readonly mean: number; readonly max: number; readonly count: number } | null;
  /** How far lost packets are apart (RFC 3357). Null also when fewer than two were lost. */
  readonly lossDistance: Distances | null;
  /** How far runs of lost packets are apart, from the last of one to the first of the next. Null with fewer than two. */
  readonly burstDistance: Distances | null;
  /** The share of lost packets that were lost at most 99 packets after another (RFC 3357, noticeable rate). Null as `burst`. */
  readonly noticeableLoss: number | null;
  /** Questions that were asked again. */
  readonly retried: number;
  /** Messages or files that arrived complete, and their bytes. */
  readonly completed: { readonly count: number; readonly bytes: number };
}

export interface FlowReport extends FlowFigures {
  readonly id: string;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly transactional: boolean;
  /** Every packet of the flow, answers, copies and fragments included. */
  readonly packets: Conservation;
}

/** The delays of own packets that arrived, or round trips, one by one, as exact as the percentiles are. */
export interface Ranked {
  readonly count: number;
  /** Mean difference of neighbours, ns; null where order means nothing. */
  readonly step: number | null;
  /** The values of these ranks, from 1, ns. */
  at(ranks: readonly number[]): readonly number[];
}

/** Packets sent (questions asked) in [from, to). */
export interface FlowWindow {
  readonly flow: string;
  readonly from: Nanos;
  readonly to: Nanos;
}

// An account is a row of so many doubles; these are its columns, those of every packet first.
const SENT = 0;
const DELIVERED = 1;
const BYTES = 2;
const LAST_SENT = 3;
const LAST_ARRIVAL = 4;
const DELAY_SUM = 5;
const DELAY_MIN = 6;
const DELAY_MAX = 7;
const LAST_DELAY = 8;
const JITTER = 9;
const NEXT_EXPECTED = 10;
const PREVIOUS_SEQ = 11;
const PREVIOUS_DELAY = 12;
const IPDV_SUM = 13;
const IPDV_PAIRS = 14;
const IPDV_MAX = 15;
const RUN = 16;
const FIRST_SENT = 17;
const FIRST_ARRIVAL = 18;
const DUPLICATES = 19;
const REPLICATED = 20;
const IN_FLIGHT = 21;
const RUNS = 22;
const LOST_IN_RUNS = 23;
const LONGEST_RUN = 24;
const FIRST_LOST = 25;
const LAST_LOST = 26;
const CLOSEST_RUNS = 27;
const CLOSE_RUNS = 28;
const STRIDE = 29;

const ASKED = 0;
const ANSWERED = 1;
const TIMED_OUT = 2;
const RETRIED = 3;
const COMPLETED = 4;
const COMPLETED_BYTES = 5;
const RTT_SUM = 6;
const RTT_MIN = 7;
const RTT_MAX = 8;
const LAST_RTT = 9;
const RTT_JITTER = 10;
const RTT_IPDV_SUM = 11;
const FIRST_ASKED = 12;
const LAST_TOLD = 13;
const RTT_IPDV_MAX = 14;
const DIALOGUE_STRIDE = 15;

const NO_FLOW = -1;
const NO_STREAK = -1;
/** Ends a list. */
const NONE = -1;

// Bits of a piece memory's entries.
const ARRIVED = 1;
const DOOMED = 2;
const FLYING = 4;
const REPLICA = 8;

// An own packet that a program sent, that has no twin and was not cut up: none of these bits, and a fate up to the last drop.
const UNUSUAL = RowFlag.reverse | RowFlag.twin | (15 << ORIGIN_SHIFT);
const UNLESS_PLAIN_AND_DELIVERED = UNUSUAL | (-1 << FATE_SHIFT);
const PAST_DELIVERED = (Fate.delivered + 1) << FATE_SHIFT;
const PAST_DROPS = (Fate.noListener + 1) << FATE_SHIFT;

/** Changes of delay begin at 0, where buckets are many: 7 bits keep a table to some kilobytes. */
const IPDV_BITS = 7;

/** What stands for the order of a flow in which nothing came out of turn. */
const IN_ORDER = new Reordering();

/** Accounts in one array, so that a flow's columns lie side by side. */
class Accounts {
  #count = 0;
  own = new Float64Array(0);
  dialogue = new Float64Array(0);
  readonly delays: Quantiles[] = [];
  readonly rtts: Quantiles[] = [];
  /** Changes of delay, and of round trip, that are not 0. */
  readonly ipdvs: Quantiles[] = [];
  readonly rttIpdvs: Quantiles[] = [];
  readonly waitingDelays = new WaitingValues(this.delays);
  readonly waitingIpdvs = new WaitingValues(this.ipdvs);
  /** Of the flows with one sender in which something came out of turn. */
  readonly reorderings: (Reordering | undefined)[] = [];

  get count(): number {
    return this.#count;
  }

  grow(count: number): void {
    const room = Math.max(count, this.#count * 2);
    const own = new Float64Array(room * STRIDE);
    const dialogue = new Float64Array(room * DIALOGUE_STRIDE);
    own.set(this.own);
    dialogue.set(this.dialogue);
    for (let k = this.#count; k < room; k++) {
      own[k * STRIDE + FIRST_SENT] = Infinity;
      own[k * STRIDE + LAST_SENT] = -Infinity;
      own[k * STRIDE + FIRST_ARRIVAL] = Infinity;
      own[k * STRIDE + DELAY_MIN] = Infinity;
      own[k * STRIDE + LAST_DELAY] = Number.NaN;
      own[k * STRIDE + PREVIOUS_SEQ] = Number.NaN;
      own[k * STRIDE + CLOSEST_RUNS] = Infinity;
      dialogue[k * DIALOGUE_STRIDE + RTT_MIN] = Infinity;
      dialogue[k * DIALOGUE_STRIDE + LAST_RTT] = Number.NaN;
      dialogue[k * DIALOGUE_STRIDE + FIRST_ASKED] = Number.NaN;
      this.delays.push(new Quantiles());
      this.rtts.push(new Quantiles());
      this.ipdvs.push(new Quantiles(IPDV_BITS));
      this.rttIpdvs.push(new Quantiles(IPDV_BITS));
      this.reorderings.push(undefined);
    }
    this.waitingDelays.grow(room);
    this.waitingIpdvs.grow(room);
    this.own = own;
    this.dialogue = dialogue;
    this.#count = room;
  }

  /** Made when it is first asked for. */
  reordering(account: number): Reordering {
    const made = this.reorderings[account];
    if (made !== undefined) return made;
    const reordering = new Reordering();
    this.reorderings[account] = reordering;
    return reordering;
  }
}

function countSent(own: Float64Array, base: number, sent: Nanos): void {
  own[base + SENT]! += 1;
  if (sent < own[base + FIRST_SENT]!) own[base + FIRST_SENT] = sent;
  if (sent > own[base + LAST_SENT]!) own[base + LAST_SENT] = sent;
}

/** The first arrival of an own packet. `single`: the flow has one sender, so its numbers have an order. */
function countArrival(
  accounts: Accounts,
  account: number,
  single: boolean,
  seq: number,
  size: number,
  delay: Nanos,
  end: Nanos,
): void {
  const own = accounts.own;
  const base = account * STRIDE;
  const expected = own[base + NEXT_EXPECTED]!;
  if (seq === expected) own[base + NEXT_EXPECTED] = seq + 1;
  else if (single) {
    const reordering = accounts.reordering(account);
    own[base + NEXT_EXPECTED] = reordering.arrive(seq, expected, own[base + DELIVERED]!, end);
  }
  own[base + DELIVERED]! += 1;
  own[base + BYTES]! += size;
  if (own[base + FIRST_ARRIVAL] === Infinity) own[base + FIRST_ARRIVAL] = end;
  own[base + LAST_ARRIVAL] = end;
  own[base + DELAY_SUM]! += delay;
  if (delay < own[base + DELAY_MIN]!) own[base + DELAY_MIN] = delay;
  if (delay > own[base + DELAY_MAX]!) own[base + DELAY_MAX] = delay;
  accounts.delays[account]!.record(delay);
  const before = own[base + LAST_DELAY]!;
  own[base + LAST_DELAY] = delay;
  if (before >= 0) own[base + JITTER]! += (Math.abs(delay - before) - own[base + JITTER]!) / 16;
}

/** The outcomes of own packets, in the order of sending. */
function countInOrder(
  accounts: Accounts,
  account: number,
  seq: number,
  outcome: sequence.Outcome,
  delay: Nanos,
): void {
  const own = accounts.own;
  const base = account * STRIDE;
  if (outcome === Outcome.lost) {
    if (own[base + RUN] === 0) beginRun(own, base, seq);
    own[base + RUN]! += 1;
    own[base + LAST_LOST] = seq;
    return;
  }
  if (own[base + RUN]! > 0) endRun(own, base);
  if (outcome !== Outcome.delivered) return;
  if (own[base + PREVIOUS_SEQ] === seq - 1) {
    const change = Math.abs(delay - own[base + PREVIOUS_DELAY]!);
    own[base + IPDV_PAIRS]! += 1;
    if (change > 0) {
      own[base + IPDV_SUM]! += change;
      if (change > own[base + IPDV_MAX]!) own[base + IPDV_MAX] = change;
      accounts.ipdvs[account]!.record(change);
    }
  }
  own[base + PREVIOUS_SEQ] = seq;
  own[base + PREVIOUS_DELAY] = delay;
}

/**
 * The number of the next packet, if all before it have arrived or are settled, it follows the one that arrived last, and no later
 * one has come.
 */
function streakOf(order: sequence.SequenceWindow, own: Float64Array, base: number): number {
  const head = order.head;
  const inTurn = order.pending === 0 && own[base + RUN] === 0 && own[base + NEXT_EXPECTED] === head;
  const follows =
    own[base + PREVIOUS_SEQ] === head - 1 && own[base + PREVIOUS_DELAY] === own[base + LAST_DELAY];
  return inTurn && follows ? head : NO_STREAK;
}

/** Writes what is known of packets that arrived in turn, up to the one before `streak`. */
function endStreak(
  order: sequence.SequenceWindow,
  own: Float64Array,
  base: number,
  streak: number,
  since: number,
  lastDelay: Nanos,
): void {
  order.head = streak;
  own[base + NEXT_EXPECTED] = streak;
  own[base + PREVIOUS_SEQ] = streak - 1;
  own[base + PREVIOUS_DELAY] = lastDelay;
  own[base + IPDV_PAIRS]! += streak - since;
}

function beginRun(own: Float64Array, base: number, seq: number): void {
  if (own[base + RUNS] === 0) {
    own[base + FIRST_LOST] = seq;
    return;
  }
  const distance = seq - own[base + LAST_LOST]!;
  if (distance < own[base + CLOSEST_RUNS]!) own[base + CLOSEST_RUNS] = distance;
  if (distance <= NOTICEABLE_DISTANCE) own[base + CLOSE_RUNS]! += 1;
}

function endRun(own: Float64Array, base: number): void {
  const run = own[base + RUN]!;
  own[base + RUN] = 0;
  if (run === 0) return;
  own[base + RUNS]! += 1;
  own[base + LOST_IN_RUNS]! += run;
  if (run > own[base + LONGEST_RUN]!) own[base + LONGEST_RUN] = run;
}

/** Neither on the way back nor an answer. */
const isOwn = (word: number): boolean =>
  (word & RowFlag.reverse) === 0 && ((word >> ORIGIN_SHIFT) & 15) !== Origin.answer;

interface Span {
  readonly account: number;
  readonly from: Nanos;
  readonly to: Nanos;
}

export class FlowSink implements TraceSink {
  readonly #names: Names;
  readonly #accounts = new Accounts();
  /** Flow f's counts of (direction, origin, fate) begin at (f + 1) * 2 * LEDGER_SIZE; flow -1 is traffic of no flow. */
  #ledger = new Float64Array(2 * LEDGER_SIZE);
  #flows = 0;
  readonly #orders: (sequence.SequenceWindow | undefined)[] = [];
  /** The windows of each flow that has any. */
  readonly #spans: (readonly Span[] | undefined)[] = [];
  readonly #watched: readonly FlowWindow[];
  readonly #windows = new Accounts();
  /** When each question of a flow with windows was asked, by its number. */
  readonly #askedAt = new Map<number, number[]>();
  readonly #pieces = new PieceMemory();
  // The packets of a chunk as one list per flow: the first of each, each one's next, and the last one of flow f at f + 1.
  #firsts = new Int32Array(0);
  #next = new Int32Array(0);
  #last = new Int32Array([NONE]);
  // The delays and changes of delay that a flow's packets of a chunk have.
  #delays = new Batch(0);
  #changes = new Batch(0);
  #finished = false;

  /** `windows`: what {@link during} will be asked for. */
  constructor(names: Names, windows: readonly FlowWindow[] = []) {
    this.#names = names;
    this.#watched = windows;
    this.#windows.grow(windows.length);
    this.#grow(names.flows.length);
  }

  // Flow by flow, so that a flow's account stays in locals for all its packets of a chunk: 16 ns a packet with one flow, 21 with
  // 16. A thousand flows in turn take some 200: their tables outgrow the cache.
  ended(chunk: EndedPackets): void {
    const { length, packets, ints } = chunk;
    if (length > this.#next.length) {
      this.#next = new Int32Array(length);
      this.#firsts = new Int32Array(length);
      this.#delays = new Batch(length);
      this.#changes = new Batch(length);
    }
    const next = this.#next;
    const firsts = this.#firsts;
    let count = 0;
    let current = NO_FLOW - 1;
    for (let i = 0; i < length; i++) {
      const flow = ints[packets[i]! + FLOW]!;
      // The list of the packet before is the one that grows, more often than not.
      if (flow === current) {
        next[i - 1] = i;
        continue;
      }
      if (flow >= this.#flows) this.#grow(flow + 1);
      const last = this.#last;
      if (i > 0) last[current + 1] = i - 1;
      current = flow;
      const before = last[flow + 1]!;
      if (before === NONE) firsts[count++] = i;
      else next[before] = i;
    }
    if (length > 0) this.#last[current + 1] = length - 1;
    for (let k = 0; k < count; k++) {
      const first = firsts[k]!;
      const flow = ints[packets[first]! + FLOW]!;
      next[this.#last[flow + 1]!] = NONE;
      this.#last[flow + 1] = NONE;
      this.#tell(flow, first, chunk);
    }
  }

  /** The flow's packets are those of the list that begins with packet `first`. */
  #tell(flow: number, first: number, chunk: EndedPackets): void {
    if (flow < 0) this.#tellFlowless(first, chunk);
    else if (this.#spans[flow] !== undefined) this.#tellWatched(flow, first, chunk);
    else {
      let i = this.#tellPlain(flow, first, chunk);
      while (i !== NONE) {
        this.#unusual(flow, chunk.packets[i]!, chunk);
        i = this.#next[i]!;
        if (i !== NONE) i = this.#tellPlain(flow, i, chunk);
      }
    }
  }

  #tellFlowless(first: number, { packets, ints }: EndedPackets): void {
    for (let i = first; i !== NONE; i = this.#next[i]!) this.#note(NO_FLOW, ints[packets[i]! + FLAGS]!);
  }

  /** Counts one packet in the flow's ledger. */
  #note(flow: number, word: number): void {
    const direction = word & RowFlag.reverse;
    const origin = (word >> ORIGIN_SHIFT) & 15;
    const fate = word >>> FATE_SHIFT;
    this.#ledger[((flow + 1) * 2 + direction) * LEDGER_SIZE + origin * FATE_COUNT + fate]! += 1;
  }

  /** Counts the flow's packets from `first` on, up to an unusual one, which it returns; `NONE` when there is none. */
  #tellPlain(flow: number, first: number, { packets, ints, doubles }: EndedPackets): number {
    const next = this.#next;
    const ledger = this.#ledger;
    const fates = (flow + 1) * 2 * LEDGER_SIZE + Origin.sent * FATE_COUNT;
    const own = this.#accounts.own;
    const base = flow * STRIDE;
    const delays = this.#delays.values;
    const changes = this.#changes.values;
    let changed = 0;
    let changeSum = 0;
    let changeMax = 0;
    const order = this.#orders[flow];
    let dropped = 0;
    let lastSent = own[base + LAST_SENT]!;
    let delivered = 0;
    let bytes = 0;
    let lastArrival = own[base + LAST_ARRIVAL]!;
    let delaySum = 0;
    let delayMin = own[base + DELAY_MIN]!;
    let delayMax = own[base + DELAY_MAX]!;
    let lastDelay = own[base + LAST_DELAY]!;
    let jitter = own[base + JITTER]!;
    // While packets arrive in turn, none missing, the next one is all there is to know: it stands for what `endStreak` writes.
    let streak = order === undefined ? NO_STREAK : streakOf(order, own, base);
    let since = streak;
    let i = first;
    for (; i !== NONE; i = next[i]!) {
      const packet = packets[i]!;
      const half = packet >> 1;
      const word = ints[packet + FLAGS]!;
      const seq = doubles[half + SEQ]!;
      const sent = doubles[half + SENT_AT]!;
      const ended = doubles[half + ENDED_AT]!;
      const delay = ended - sent;
      if (seq === streak && (word & UNLESS_PLAIN_AND_DELIVERED) === 0) {
        streak = seq + 1;
        // One sender's numbers follow its clock.
        lastSent = sent;
        const change = Math.abs(delay - lastDelay);
        jitter += (change - jitter) / 16;
        if (change > 0) {
          changes[changed++] = change;
          changeSum += change;
          if (change > changeMax) changeMax = change;
        }
      } else {
        if ((word & UNUSUAL) !== 0 || word >= PAST_DROPS) {
          this.#note(flow, word);
          if (isOwn(word)) break;
          continue;
        }
        if (sent < own[base + FIRST_SENT]!) own[base + FIRST_SENT] = sent;
        if (sent > lastSent) lastSent = sent;
        const isDelivered = word < PAST_DELIVERED;
        if (order !== undefined) {
          if (streak >= 0) endStreak(order, own, base, streak, since, lastDelay);
          streak = NO_STREAK;
          order.settle(seq, isDelivered ? Outcome.delivered : Outcome.lost, delay, sent);
        }
        if (!isDelivered) {
          ledger[fates + (word >>> FATE_SHIFT)]! += 1;
          dropped++;
          continue;
        }
        if (own[base + FIRST_ARRIVAL] === Infinity) own[base + FIRST_ARRIVAL] = ended;
        if (lastDelay >= 0) jitter += (Math.abs(delay - lastDelay) - jitter) / 16;
        if (order !== undefined) {
          const expected = own[base + NEXT_EXPECTED]!;
          if (seq === expected) own[base + NEXT_EXPECTED] = seq + 1;
          else {
            const place = own[base + DELIVERED]! + delivered;
            own[base + NEXT_EXPECTED] = this.#accounts.reordering(flow).arrive(seq, expected, place, ended);
          }
          own[base + LAST_DELAY] = delay;
          streak = streakOf(order, own, base);
          since = streak;
        }
      }
      lastDelay = delay;
      delays[delivered++] = delay;
      bytes += ints[packet + SIZE]!;
      lastArrival = ended;
      delaySum += delay;
      if (delay < delayMin) delayMin = delay;
      if (delay > delayMax) delayMax = delay;
    }
    if (order !== undefined && streak >= 0) endStreak(order, own, base, streak, since, lastDelay);
    own[base + IPDV_SUM]! += changeSum;
    if (changeMax > own[base + IPDV_MAX]!) own[base + IPDV_MAX] = changeMax;
    this.#accounts.waitingDelays.add(flow, this.#delays, delivered);
    this.#accounts.waitingIpdvs.add(flow, this.#changes, changed);
    ledger[fates + Fate.delivered]! += delivered;
    own[base + SENT]! += delivered + dropped;
    own[base + LAST_SENT] = lastSent;
    own[base + DELIVERED]! += delivered;
    own[base + BYTES]! += bytes;
    own[base + LAST_ARRIVAL] = lastArrival;
    own[base + DELAY_SUM]! += delaySum;
    own[base + DELAY_MIN] = delayMin;
    own[base + DELAY_MAX] = delayMax;
    own[base + LAST_DELAY] = lastDelay;
    own[base + JITTER] = jitter;
    return i;
  }

  /** The same for a flow with windows; and what {@link #tellPlain} does, as a reader would write it. */
  #tellWatched(flow: number, first: number, chunk: EndedPackets): void {
    const { packets, ints, doubles } = chunk;
    const own = this.#accounts.own;
    const base = flow * STRIDE;
    const order = this.#orders[flow];
    for (let i = first; i !== NONE; i = this.#next[i]!) {
      const packet = packets[i]!;
      const word = ints[packet + FLAGS]!;
      this.#note(flow, word);
      if (!isOwn(word)) continue;
      if ((word & UNUSUAL) !== 0 || word >= PAST_DROPS) {
        this.#unusual(flow, packet, chunk);
        continue;
      }
      const seq = doubles[(packet >> 1) + SEQ]!;
      const sent = doubles[(packet >> 1) + SENT_AT]!;
      countSent(own, base, sent);
      this.#sentDuring(flow, sent);
      if (word >>> FATE_SHIFT === Fate.delivered) {
        const ended = doubles[(packet >> 1) + ENDED_AT]!;
        const size = ints[packet + SIZE]!;
        countArrival(this.#accounts, flow, order !== undefined, seq, size, ended - sent, ended);
        this.#arriveDuring(flow, seq, size, sent, ended);
        order?.settle(seq, Outcome.delivered, ended - sent, sent);
      } else {
        order?.settle(seq, Outcome.lost, 0, sent);
      }
    }
  }

  sample(kind: Sample, flow: number, at: Nanos, value: number): void {
    if (flow >= this.#flows) this.#grow(flow + 1);
    if (flow < 0) return;
    this.#count(this.#accounts, flow, kind, at, value);
    const spans = this.#spans[flow];
    if (spans === undefined) return;
    const asked = this.#askedInstant(flow, kind, at, value);
    for (const span of spans) {
      if (asked >= span.from && asked < span.to) this.#count(this.#windows, span.account, kind, at, value);
    }
  }

  /** The figures of every flow, in the order of the names. The run is over: no more facts after it. */
  reports(): FlowReport[] {
    this.#finish();
    return this.#names.flows.map(({ id, kind, from, to, transactional }, flow) => ({
      id,
      kind,
      from,
      to,
      transactional,
      ...this.#figures(this.#accounts, flow, flow),
      packets: this.packets(flow),
    }));
  }

  /** The figures of the packets sent in window `index` of those given at construction. */
  during(index: number): FlowFigures {
    this.#finish();
    const flow = this.#indexOf(this.#watched[index]!.flow);
    return this.#figures(this.#windows, index, flow);
  }

  /** Its values by rank; null when there are none. `window`: of those given at construction, -1 for the whole run. */
  ranked(kind: 'delay' | 'rtt', id: string, window = -1): Ranked | null {
    this.#finish();
    const flow = this.#indexOf(id);
    if (flow < 0) return null;
    const accounts = window < 0 ? this.#accounts : this.#windows;
    const account = window < 0 ? flow : window;
    const { single } = this.#names.flows[flow]!;
    const found = kind === 'delay' ? delaysOf(accounts, account) : roundTripsOf(accounts, account);
    return found.count === 0 ? null : { ...found, step: single ? found.step : null };
  }

  /** Conservation of one flow's packets; of all that belong to no flow: -1. */
  packets(flow: number): Conservation {
    const base = (flow + 1) * 2 * LEDGER_SIZE;
    return ledgerOf(
      this.#ledger.subarray(base, base + LEDGER_SIZE),
      this.#ledger.subarray(base + LEDGER_SIZE, base + 2 * LEDGER_SIZE),
    );
  }

  /** Conservation of the run's packets. */
  get total(): Conservation {
    const parts: Float64Array[] = [];
    for (let at = 0; at < this.#ledger.length; at += LEDGER_SIZE)
      parts.push(this.#ledger.subarray(at, at + LEDGER_SIZE));
    return ledgerOf(...parts);
  }

  #indexOf(id: string): number {
    return this.#names.flows.findIndex((flow) => flow.id === id);
  }

  #grow(count: number): void {
    if (count <= this.#flows) return;
    this.#accounts.grow(count);
    const room = this.#accounts.count;
    const ledger = new Float64Array((room + 1) * 2 * LEDGER_SIZE);
    ledger.set(this.#ledger);
    this.#ledger = ledger;
    const last = new Int32Array(room + 1).fill(NONE);
    last.set(this.#last);
    this.#last = last;
    for (let flow = this.#flows; flow < room; flow++) {
      const info = this.#names.flows[flow];
      const spans = this.#watched.flatMap(({ flow: id, from, to }, account) =>
        id === info?.id ? [{ account, from, to }] : [],
      );
      this.#spans.push(spans.length > 0 ? spans : undefined);
      this.#orders.push(info?.single === true ? this.#orderOf(flow) : undefined);
      if (spans.length > 0) this.#askedAt.set(flow, []);
    }
    this.#flows = room;
  }

  #orderOf(flow: number): sequence.SequenceWindow {
    return new sequence.SequenceWindow((seq, outcome, delay, sent) => {
      countInOrder(this.#accounts, flow, seq, outcome, delay);
      const spans = this.#spans[flow];
      if (spans === undefined) return;
      for (const span of spans) {
        if (sent >= span.from && sent < span.to)
          countInOrder(this.#windows, span.account, seq, outcome, delay);
      }
    });
  }

  #sentDuring(flow: number, sent: Nanos): void {
    const own = this.#windows.own;
    for (const span of this.#spans[flow]!) {
      if (sent >= span.from && sent < span.to) countSent(own, span.account * STRIDE, sent);
    }
  }

  #arriveDuring(flow: number, seq: number, size: number, sent: Nanos, end: Nanos): void {
    const single = this.#orders[flow] !== undefined;
    for (const span of this.#spans[flow]!) {
      if (sent < span.from || sent >= span.to) continue;
      countArrival(this.#windows, span.account, single, seq, size, end - sent, end);
    }
  }

  #addDuring(flow: number, sent: Nanos, column: number): void {
    const own = this.#windows.own;
    for (const span of this.#spans[flow] ?? []) {
      if (sent >= span.from && sent < span.to) own[span.account * STRIDE + column]! += 1;
    }
  }

  /** Twins, fragments, wholes, what was cut up, what is still in flight: rare, so it may take its time. */
  #unusual(flow: number, packet: number, { ints, doubles }: EndedPackets): void {
    const half = packet >> 1;
    const seq = doubles[half + SEQ]!;
    const sent = doubles[half + SENT_AT]!;
    const word = ints[packet + FLAGS]!;
    const fate = word >>> FATE_SHIFT;
    const twin = (word & RowFlag.twin) !== 0;
    const piece = doubles[half + FRAGMENT_OF]! !== 0;
    const own = this.#accounts.own;
    const base = flow * STRIDE;
    const order = this.#orders[flow];
    if (((word >> ORIGIN_SHIFT) & 15) === Origin.sent) {
      countSent(own, base, sent);
      if (this.#spans[flow] !== undefined) this.#sentDuring(flow, sent);
    }
    if (fate === Fate.fragmented) {
      order?.settle(seq, Outcome.cut, 0, sent);
      return;
    }
    if (fate === Fate.reassembled) return;
    // What is neither a twin nor a fragment has no other piece to remember.
    const entry = twin || piece ? this.#pieces.entry(flow, ints[packet + FROM]!, seq) : NO_ENTRY;
    const bits = this.#pieces.bits;
    if (entry === NO_ENTRY) bits[entry] = 0;
    if (fate === Fate.delivered) {
      if ((bits[entry]! & ARRIVED) !== 0) {
        own[base + DUPLICATES]! += 1;
        this.#addDuring(flow, sent, DUPLICATES);
        if ((bits[entry]! & REPLICA) !== 0) return;
        bits[entry]! |= REPLICA;
        own[base + REPLICATED]! += 1;
        this.#addDuring(flow, sent, REPLICATED);
        return;
      }
      bits[entry]! |= ARRIVED;
      const ended = doubles[half + ENDED_AT]!;
      const size = ints[packet + SIZE]!;
      countArrival(this.#accounts, flow, order !== undefined, seq, size, ended - sent, ended);
      if (this.#spans[flow] !== undefined) this.#arriveDuring(flow, seq, size, sent, ended);
      order?.settle(seq, Outcome.delivered, ended - sent, sent);
    } else if (fate === Fate.inFlight) {
      if (bits[entry] !== 0) return;
      bits[entry]! |= FLYING;
      own[base + IN_FLIGHT]! += 1;
      this.#addDuring(flow, sent, IN_FLIGHT);
      order?.settle(seq, Outcome.inFlight, 0, sent);
    } else if (!twin) {
      // The only one of its kind is gone: no whole can come of it.
      bits[entry]! |= DOOMED;
      order?.settle(seq, Outcome.lost, 0, sent);
    } else if (!piece) {
      order?.settle(seq, Outcome.halfLost, 0, sent);
    }
  }

  /** When the question that a sample is about was asked. Several senders ask the same number at about the same time. */
  #askedInstant(flow: number, kind: Sample, at: Nanos, value: number): Nanos {
    const instants = this.#askedAt.get(flow)!;
    if (kind === Sample.asked) {
      instants[value] = at;
      return at;
    }
    if (kind === Sample.answered) return at - value;
    if (kind === Sample.completed) return at;
    return instants[value] ?? at;
  }

  #count(accounts: Accounts, account: number, kind: Sample, at: Nanos, value: number): void {
    const dialogue = accounts.dialogue;
    const base = account * DIALOGUE_STRIDE;
    dialogue[base + LAST_TOLD] = at;
    if (Number.isNaN(dialogue[base + FIRST_ASKED])) dialogue[base + FIRST_ASKED] = at;
    switch (kind) {
      case Sample.asked:
        dialogue[base + ASKED]! += 1;
        return;
      case Sample.timedOut:
        dialogue[base + TIMED_OUT]! += 1;
        return;
      case Sample.retried:
        dialogue[base + RETRIED]! += 1;
        return;
      case Sample.completed:
        dialogue[base + COMPLETED]! += 1;
        dialogue[base + COMPLETED_BYTES]! += value;
        return;
      case Sample.answered: {
        dialogue[base + ANSWERED]! += 1;
        dialogue[base + RTT_SUM]! += value;
        dialogue[base + RTT_MIN] = Math.min(value, dialogue[base + RTT_MIN]!);
        dialogue[base + RTT_MAX] = Math.max(value, dialogue[base + RTT_MAX]!);
        accounts.rtts[account]!.record(value);
        const before = dialogue[base + LAST_RTT]!;
        dialogue[base + LAST_RTT] = value;
        if (!(before >= 0)) return;
        const change = Math.abs(value - before);
        dialogue[base + RTT_JITTER]! += (change - dialogue[base + RTT_JITTER]!) / 16;
        dialogue[base + RTT_IPDV_SUM]! += change;
        dialogue[base + RTT_IPDV_MAX] = Math.max(change, dialogue[base + RTT_IPDV_MAX]!);
        accounts.rttIpdvs[account]!.record(change);
      }
    }
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    for (const order of this.#orders) order?.finish();
    for (const accounts of [this.#accounts, this.#windows]) {
      accounts.waitingDelays.finish();
      accounts.waitingIpdvs.finish();
      for (let account = 0; account < accounts.count; account++) {
        const base = account * STRIDE;
        endRun(accounts.own, base);
        const ipdvs = accounts.ipdvs[account]!;
        ipdvs.recordMany(0, accounts.own[base + IPDV_PAIRS]! - ipdvs.total);
      }
    }
  }

  #figures(accounts: Accounts, account: number, flow: number): FlowFigures {
    const info = this.#names.flows[flow]!;
    const own = accounts.own.subarray(account * STRIDE, (account + 1) * STRIDE);
    const dialogue = accounts.dialogue.subarray(account * DIALOGUE_STRIDE, (account + 1) * DIALOGUE_STRIDE);
    const delivered = own[DELIVERED]!;
    const packets = {
      duplicates: own[DUPLICATES]!,
      duplication:
        delivered > 0
          ? { fraction: own[DUPLICATES]! / delivered, replicated: own[REPLICATED]! / delivered }
          : null,
      delay: spread(delivered, own[DELAY_SUM]!, own[DELAY_MIN]!, own[DELAY_MAX]!, accounts.delays[account]!),
      retried: dialogue[RETRIED]!,
      completed: { count: dialogue[COMPLETED]!, bytes: dialogue[COMPLETED_BYTES]! },
    };
    const specific = info.transactional
      ? ofQuestions(own, dialogue, accounts.rtts[account]!)
      : ofPackets(own);
    if (!info.single) return { ...packets, ...specific, ...UNORDERED };
    const variations = info.transactional ? ofRoundTrips(accounts, account) : ofDelays(accounts, account);
    return { ...packets, ...specific, ...variations, ...ofOrder(accounts, account) };
  }
}

type VariationFigures = Pick<FlowFigures, 'pdv' | 'ipdv' | 'ipdvQuantiles' | 'jitter'>;
type OrderFigures = Pick<
  FlowFigures,
  'reordered' | 'reordering' | 'burst' | 'lossDistance' | 'burstDistance' | 'noticeableLoss'
>;

/** With several senders or destinations, order means nothing. */
const UNORDERED: VariationFigures & OrderFigures = {
  pdv: null,
  ipdv: null,
  ipdvQuantiles: null,
  jitter: null,
  reordered: null,
  reordering: null,
  burst: null,
  lossDistance: null,
  burstDistance: null,
  noticeableLoss: null,
};
const NO_LOSS_PATTERN = { burst: null, lossDistance: null, burstDistance: null, noticeableLoss: null };

function ofOrder(accounts: Accounts, account: number): OrderFigures {
  const own = accounts.own.subarray(account * STRIDE, (account + 1) * STRIDE);
  const delivered = own[DELIVERED]!;
  const reordering = accounts.reorderings[account] ?? IN_ORDER;
  const pattern =
    own[SENT]! > 0
      ? lossPattern({
          losses: own[LOST_IN_RUNS]!,
          bursts: own[RUNS]!,
          longest: own[LONGEST_RUN]!,
          first: own[FIRST_LOST]!,
          last: own[LAST_LOST]!,
          closest: own[CLOSEST_RUNS]!,
          close: own[CLOSE_RUNS]!,
        })
      : NO_LOSS_PATTERN;
  return {
    reordered: reordering.reordered,
    reordering: delivered > 0 ? reordering.figures(delivered) : null,
    ...pattern,
  };
}

function ofDelays(accounts: Accounts, account: number): VariationFigures {
  const own = accounts.own.subarray(account * STRIDE, (account + 1) * STRIDE);
  const pairs = own[IPDV_PAIRS]!;
  return {
    pdv: variation(own[DELIVERED]!, own[DELAY_MIN]!, own[DELAY_MAX]!, accounts.delays[account]!),
    ipdv: whole(ratio(own[IPDV_SUM]!, pairs)),
    ipdvQuantiles: variation(pairs, 0, own[IPDV_MAX]!, accounts.ipdvs[account]!),
    jitter: own[DELIVERED]! < 2 ? null : whole(own[JITTER]!),
  };
}

function ofRoundTrips(accounts: Accounts, account: number): VariationFigures {
  const dialogue = accounts.dialogue.subarray(account * DIALOGUE_STRIDE, (account + 1) * DIALOGUE_STRIDE);
  const answered = dialogue[ANSWERED]!;
  const pairs = Math.max(0, answered - 1);
  return {
    pdv: variation(answered, dialogue[RTT_MIN]!, dialogue[RTT_MAX]!, accounts.rtts[account]!),
    ipdv: whole(ratio(dialogue[RTT_IPDV_SUM]!, pairs)),
    ipdvQuantiles: variation(pairs, 0, dialogue[RTT_IPDV_MAX]!, accounts.rttIpdvs[account]!),
    jitter: answered < 2 ? null : whole(dialogue[RTT_JITTER]!),
  };
}

function delaysOf(accounts: Accounts, account: number): Ranked {
  const own = accounts.own.subarray(account * STRIDE, (account + 1) * STRIDE);
  const quantiles = accounts.delays[account]!;
  const count = own[DELIVERED]!;
  return {
    count,
    step: ratio(own[IPDV_SUM]!, own[IPDV_PAIRS]!),
    at: byRank(quantiles, count, own[DELAY_MIN]!, own[DELAY_MAX]!),
  };
}

function roundTripsOf(accounts: Accounts, account: number): Ranked {
  const dialogue = accounts.dialogue.subarray(account * DIALOGUE_STRIDE, (account + 1) * DIALOGUE_STRIDE);
  const count = dialogue[ANSWERED]!;
  return {
    count,
    step: ratio(dialogue[RTT_IPDV_SUM]!, count - 1),
    at: byRank(accounts.rtts[account]!, count, dialogue[RTT_MIN]!, dialogue[RTT_MAX]!),
  };
}

/** Half a value below the rank, where no rounding can lead to another one. */
const byRank =
  (quantiles: Quantiles, count: number, min: number, max: number): Ranked['at'] =>
  (ranks) =>
    quantiles.at(
      ranks.map((rank) => ((rank - 0.5) * 1000) / count),
      min,
      max,
    );

type SpecificFigures = Pick<
  FlowFigures,
  'sent' | 'delivered' | 'lost' | 'inFlight' | 'loss' | 'goodput' | 'rtt'
>;

function ofPackets(own: Float64Array): SpecificFigures {
  const sent = own[SENT]!;
  const delivered = own[DELIVERED]!;
  const inFlight = own[IN_FLIGHT]!;
  const lost = sent - delivered - inFlight;
  return {
    sent,
    delivered,
    lost,
    inFlight,
    loss: ratio(lost, sent - inFlight),
    goodput: perSecond(own[BYTES]!, activeTime(own)),
    rtt: null,
  };
}

function ofQuestions(own: Float64Array, dialogue: Float64Array, rtts: Quantiles): SpecificFigures {
  const asked = dialogue[ASKED]!;
  const answered = dialogue[ANSWERED]!;
  const timedOut = dialogue[TIMED_OUT]!;
  const span = dialogue[LAST_TOLD]! - dialogue[FIRST_ASKED]!;
  return {
    sent: asked,
    delivered: answered,
    lost: timedOut,
    inFlight: asked - answered - timedOut,
    loss: ratio(timedOut, answered + timedOut),
    goodput:
      dialogue[COMPLETED]! > 0
        ? perSecond(dialogue[COMPLETED_BYTES]!, span)
        : perSecond(own[BYTES]!, activeTime(own)),
    rtt: spread(answered, dialogue[RTT_SUM]!, dialogue[RTT_MIN]!, dialogue[RTT_MAX]!, rtts),
  };
}

/** n things in a row cover n / (n - 1) times the time from the first to the last. */
const stretch = (time: Nanos, count: number): number => (count < 2 ? 0 : (time * count) / (count - 1));

const activeTime = (own: Float64Array): number =>
  Math.max(
    stretch(own[LAST_SENT]! - own[FIRST_SENT]!, own[SENT]!),
    stretch(own[LAST_ARRIVAL]! - own[FIRST_ARRIVAL]!, own[DELIVERED]!),
  );

const ratio = (part: number, all: number): number | null => (all > 0 ? part / all : null);
const whole = (value: number | null): number | null => (value === null ? null : Math.round(value));
/** bit/s, a whole number; null over no time. */
const perSecond = (bytes: number, time: number): number | null =>
  time > 0 ? Math.round((bytes * 8e9) / time) : null;
