/** The one loop: takes the earliest event, moves the clock there, tells its actor. Knows nothing of networks. */

import type { EventQueue, Rank } from './event-queue.ts';
import { invariant } from './invariant.ts';
import type { Nanos } from './time.ts';
import { LAST_INSTANT, ZERO } from './time.ts';

/** Something events happen to. What `kind` (0 to 15) and `item` (int32) mean is the actor's own business. */
export interface Actor {
  onEvent(kind: number, item: number): void;
}

/** An actor's number and rank: `index * 4 + rank`. */
export type ActorId = number;
/** A scheduled event. Valid until it has happened or was cancelled; its owner forgets it then. */
export type EventId = number;
export const NO_EVENT: EventId = -1;

// Plain constants for the hot loop: a property would have to be looked up on a way out that compiled code has not seen yet.
const QUIET = 0;
const BUDGET = 1;
const PROGRAM = 2;
/** Why `advance` came back. */
export const Pause = { quiet: QUIET, budget: BUDGET, program: PROGRAM } as const;
export type Pause = (typeof Pause)[keyof typeof Pause];

/**
 * So many events in one call of the inner loop. It has to return now and then: compiled code replaces a function when it is
 * called, and only with luck while it loops.
 */
const BURST = 512;

const KIND_BITS = 4;
const KIND_MASK = 15;
const CANCELLED = -1;
const NONE = -1;

/**
 * Virtual clock and future. Events are rows of typed columns (8 bytes beside the queue's own 12 to 16); scheduling and
 * running one allocates nothing.
 */
export class Kernel {
  now: Nanos = ZERO;
  /** How many events have happened. */
  events = 0;
  /** How many programs have been woken and not parked again; set by {@link Kernel.watch}'s owner. */
  #runnable: { readonly runnable: number } = { runnable: 0 };
  readonly #queue: EventQueue;
  readonly #actors: Actor[] = [];
  /** actor index * 16 + kind, or CANCELLED. */
  #what: Int32Array;
  /** The event's item; in a free row, the next free row. */
  #item: Int32Array;
  #free = 0;

  constructor(queue: EventQueue, capacity = 1024) {
    this.#queue = queue;
    this.#what = new Int32Array(capacity);
    this.#item = new Int32Array(capacity);
    this.#chain(0);
  }

  get pending(): number {
    return this.#queue.size;
  }

  /** The instant of the earliest event; Infinity when there is none. */
  get nextAt(): Nanos {
    return Math.floor(this.#queue.peek() / 4);
  }

  /** Actors are enrolled once and stay. */
  enroll(actor: Actor, rank: Rank): ActorId {
    this.#actors.push(actor);
    return (this.#actors.length - 1) * 4 + rank;
  }

  /** Programs that run on this clock: `advance` pauses when an event has woken one. */
  watch(programs: { readonly runnable: number }): void {
    this.#runnable = programs;
  }

  /** Schedules an event; at the same instant the lower rank goes first, then the one scheduled first. */
  at(time: Nanos, actor: ActorId, kind: number, item = 0): EventId {
    if (!(time >= this.now && time <= LAST_INSTANT)) this.#refuse(time);
    if (this.#free === NONE) this.#grow();
    const slot = this.#free;
    this.#free = this.#item[slot]!;
    this.#what[slot] = ((actor >> 2) << KIND_BITS) | kind;
    this.#item[slot] = item;
    this.#queue.push(time * 4 + (actor & 3), slot);
    return slot;
  }

  cancel(event: EventId, actor: ActorId): void {
    const what = this.#what[event]!;
    invariant(
      what !== CANCELLED && what >> KIND_BITS === actor >> 2,
      'only a pending event can be cancelled, by its owner',
    );
    this.#what[event] = CANCELLED;
  }

  /**
   * Lets everything happen that is due up to and including `until`, at most `budget` events. The clock stays at the last
   * event.
   */
  advance(until: Nanos, budget: number): Pause {
    const limit = until * 4 + 3;
    for (let left = budget; left > 0; left -= BURST) {
      const pause = this.#burst(limit, left < BURST ? left : BURST);
      if (pause !== BUDGET) return pause;
    }
    return BUDGET;
  }

  #burst(limit: number, count: number): Pause {
    const queue = this.#queue;
    const actors = this.#actors;
    for (let left = count; left > 0; left--) {
      const slot = queue.pop(limit);
      if (slot < 0) return QUIET;
      const what = this.#what[slot]!;
      const item = this.#item[slot]!;
      this.#item[slot] = this.#free;
      this.#free = slot;
      if (what === CANCELLED) continue;
      this.now = Math.floor(queue.key * 0.25);
      this.events++;
      actors[what >> KIND_BITS]!.onEvent(what & KIND_MASK, item);
      if (this.#runnable.runnable > 0) return PROGRAM;
    }
    return BUDGET;
  }

  #refuse(time: Nanos): never {
    invariant(time >= this.now, `an event in the past: ${time} ns at ${this.now} ns`);
    throw new RangeError(
      `virtual time ends at ${LAST_INSTANT} ns (26 days); an event was asked for at ${time} ns`,
    );
  }

  #grow(): void {
    const old = this.#what.length;
    const wider = (column: Int32Array): Int32Array => {
      const next = new Int32Array(old * 2);
      next.set(column);
      return next;
    };
    this.#what = wider(this.#what);
    this.#item = wider(this.#item);
    this.#chain(old);
  }

  /** The rows from `first` on are free, the lowest first. */
  #chain(first: number): void {
    const last = this.#item.length - 1;
    for (let slot = first; slot < last; slot++) this.#item[slot] = slot + 1;
    this.#item[last] = NONE;
    this.#free = first;
  }
}
