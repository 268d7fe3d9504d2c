/**
 * Puts the outcomes of one sender's packets, which come in any order, back into the order of sending. Holds the span between
 * the oldest packet without an outcome and the newest with one; grows with that span. Does not know what is done with them.
 */

import { ZERO } from '../engine/index.ts';

/** What is known of a packet. */
export const Outcome = {
  unknown: 0,
  /** Cut into fragments: lost unless a whole arrives. */
  cut: 1,
  /** One of its two copies is lost: lost unless the other arrives. */
  halfLost: 2,
  /** Alive when the run ended. */
  inFlight: 3,
  lost: 4,
  delivered: 5,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export type OutcomeReader = (seq: number, outcome: Outcome, delay: number, sent: number) => void;

/** A doubtful packet (`cut`, `halfLost`) holds up at most so many; then it counts as lost. */
export const MOST_WAITING = 1 << 16;

/** Room at first; a power of two. */
const SHORTEST = 16;

export class SequenceWindow {
  /** The packet that is waited for. */
  head: number = ZERO;
  /** How many after it have an outcome. */
  pending = 0;
  /** One past the newest with an outcome. */
  #tail: number = ZERO;
  #outcomes = new Uint8Array(SHORTEST);
  #delays = new Float64Array(SHORTEST);
  #sent = new Float64Array(SHORTEST);
  readonly #read: OutcomeReader;

  constructor(read: OutcomeReader) {
    this.#read = read;
  }

  /** Notes the outcome and reads out all that are now in order. What comes after its turn is over is ignored. */
  settle(seq: number, outcome: Outcome, delay: number, sent: number): void {
    if (seq < this.head) return;
    if (seq - this.head >= this.#outcomes.length) this.#grow(seq - this.head + 1);
    const place = seq & (this.#outcomes.length - 1);
    const before = this.#outcomes[place]!;
    const after = merge(before, outcome);
    if (before === Outcome.unknown) this.pending++;
    this.#outcomes[place] = after;
    this.#sent[place] = sent;
    if (outcome === Outcome.delivered) this.#delays[place] = delay;
    if (seq >= this.#tail) this.#tail = seq + 1;
    this.#advance(MOST_WAITING);
  }

  /** The run is over: a packet still in doubt is lost, one that nothing is known of counts as in flight. */
  finish(): void {
    while (this.pending > 0) {
      this.#advance(0);
      this.head++;
    }
  }

  /** Reads out what is in order, up to a packet without an outcome, or one in doubt that holds up at most `waiting` others. */
  #advance(waiting: number): void {
    const outcomes = this.#outcomes;
    const mask = outcomes.length - 1;
    let head = this.head;
    let pending = this.pending;
    while (pending > 0) {
      const place = head & mask;
      let outcome = outcomes[place]!;
      if (outcome < Outcome.inFlight) {
        if (outcome === Outcome.unknown || this.#tail - head <= waiting) break;
        outcome = Outcome.lost;
      }
      outcomes[place] = Outcome.unknown;
      this.#read(head, outcome as Outcome, this.#delays[place]!, this.#sent[place]!);
      head++;
      pending--;
    }
    this.head = head;
    this.pending = pending;
  }

  #grow(span: number): void {
    const old = { outcomes: this.#outcomes, delays: this.#delays, sent: this.#sent };
    let length = old.outcomes.length;
    while (length < span) length *= 2;
    this.#outcomes = new Uint8Array(length);
    this.#delays = new Float64Array(length);
    this.#sent = new Float64Array(length);
    for (let seq = this.head; seq < this.#tail; seq++) {
      const from = seq & (old.outcomes.length - 1);
      const to = seq & (length - 1);
      this.#outcomes[to] = old.outcomes[from]!;
      this.#delays[to] = old.delays[from]!;
      this.#sent[to] = old.sent[from]!;
    }
  }
}

/** An arrival outweighs everything; two lost copies make a lost packet. */
function merge(before: number, after: Outcome): Outcome {
  if (before === Outcome.halfLost && after === Outcome.halfLost) return Outcome.lost;
  return Math.max(before, after) as Outcome;
}
