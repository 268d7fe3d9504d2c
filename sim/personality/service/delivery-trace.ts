/**
 * mahimahi's delivery opportunities: at each of these instants the link carries 1500 bytes. A packet may need several of them, and one may
 * carry many packets; what is not used is lost. After the last one the list begins again at that instant.
 */
import { type Nanos, ZERO } from '../../../engine/index.ts';
import type { Service } from './service.ts';

export const OPPORTUNITY_BYTES = 1500;
const MS = 1_000_000;

/** Bit/s on average, rounded down, at least 1. */
export const averageRate = (trace: readonly number[]): number =>
  Math.max(1, Math.floor((trace.length * OPPORTUNITY_BYTES * 8 * 1000) / trace[trace.length - 1]!));

export class DeliveryTrace implements Service {
  /** Whole ms, none less than the one before, the last above 0. */
  #trace: readonly number[] = [1];
  /** When the present round of the list began. */
  #base: Nanos = ZERO;
  /** The opportunity after the present one. */
  #next = 0;
  /** The present one: its instant, and how many bytes it can still carry. */
  #at: Nanos = ZERO;
  #left = 0;
  // Of the packet that is being carried: where it began, and how many bytes it had then.
  #beganBase: Nanos = ZERO;
  #beganNext = 0;
  #beganLeft = 0;
  #bytes = 0;

  /** The list's time begins now. */
  start(trace: readonly number[], now: Nanos): void {
    this.#trace = trace;
    this.#base = this.#at = now;
    this.#next = this.#left = 0;
  }

  /** An opportunity that nobody waited for is lost. */
  awake(now: Nanos): void {
    if (this.#at > now) return;
    this.#at = now;
    this.#left = 0;
    this.#skip(now);
  }

  begins(): Nanos {
    return this.#left > 0 ? this.#at : this.#nextAt();
  }

  begin(bytes: number): Nanos {
    this.#beganBase = this.#base;
    this.#beganNext = this.#next;
    this.#beganLeft = this.#left;
    this.#bytes = bytes;
    let open = bytes;
    while (open > this.#left) {
      open -= this.#left;
      this.#advance();
    }
    this.#left -= open;
    return this.#at;
  }

  /** How much of the packet that is being carried no opportunity before now has carried. */
  open(now: Nanos): number {
    this.#base = this.#beganBase;
    this.#next = this.#beganNext;
    let open = this.#bytes - this.#beganLeft;
    while (this.#nextAt() < now) {
      open -= OPPORTUNITY_BYTES;
      this.#advance();
    }
    return open;
  }

  #nextAt(): Nanos {
    return this.#base + this.#trace[this.#next]! * MS;
  }

  #advance(): void {
    const trace = this.#trace;
    this.#at = this.#nextAt();
    this.#left = OPPORTUNITY_BYTES;
    this.#next++;
    if (this.#next < trace.length) return;
    this.#next = 0;
    this.#base = this.#at;
  }

  /** To the first opportunity after now. */
  #skip(now: Nanos): void {
    const trace = this.#trace;
    const round = trace[trace.length - 1]! * MS;
    if (now - this.#base >= round) {
      this.#base += Math.floor((now - this.#base) / round) * round;
      this.#next = 0;
    }
    let low = this.#next;
    let high = trace.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#base + trace[middle]! * MS > now) high = middle;
      else low = middle + 1;
    }
    this.#next = low;
  }
}
