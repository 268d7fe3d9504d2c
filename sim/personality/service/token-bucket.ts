/**
 * A token bucket (RFC 2697, tc-tbf): `rate` bit/s flow in, `depthBytes` fit, and who leaves takes tokens for its length. Exact: the account
 * is kept as the instant at which the bucket would be full again, `#full + #part / rate` ns, with whole numbers.
 */
import { type Nanos, ZERO } from '../../../engine/index.ts';
import { BYTE, Division } from './division.ts';

export class TokenBucket {
  /** Whole bit/s; 0: there is no bucket, and nobody waits for it. */
  rate = ZERO;
  depthBytes = ZERO;
  #full: Nanos = ZERO;
  #part = ZERO;
  readonly #depth = new Division();
  /** What a packet of `#costBytes` takes, in time at the present rate. */
  readonly #cost = new Division();
  #costBytes = -1;

  /**
   * Another rate or depth from now on. The tokens stay, also those that a shallower bucket cannot hold while somebody waits for more; a new
   * bucket is full. `headBytes`: of the next packet since `since`, -1 when nobody waits.
   */
  configure(rate: number, depthBytes: number, now: Nanos, headBytes: number, since: Nanos): void {
    const missing = this.rate === 0 ? 0 : this.#spilled(now, headBytes, since);
    if (rate === this.rate && depthBytes === this.depthBytes) return;
    const deeper = this.rate === 0 ? 0 : (depthBytes - this.depthBytes) * BYTE;
    this.rate = rate;
    this.depthBytes = depthBytes;
    this.#costBytes = -1;
    if (rate === 0) return;
    this.#depth.of(depthBytes * BYTE, rate);
    this.lack(headBytes < 0 ? Math.max(0, missing + deeper) : missing + deeper, now);
  }

  /** So much is missing now, in bits times ns (8e9 are a byte). */
  lack(missing: number, now: Nanos): void {
    if (this.rate === 0) return;
    this.#cost.of(missing, this.rate);
    this.#full = now + this.#cost.whole;
    this.#part = this.#cost.rest;
    this.#costBytes = -1;
  }

  /** What is missing now; below zero where somebody waits for more than the bucket can hold. */
  missing(now: Nanos, headBytes: number, since: Nanos): number {
    return this.rate === 0 ? 0 : this.#spilled(now, headBytes, since);
  }

  /** Nobody waited until now: what the bucket could not hold is lost. */
  awake(now: Nanos): void {
    if (this.#full < now) {
      this.#full = now;
      this.#part = 0;
    }
  }

  /** When there are tokens for the packet that is the next one since `since`: the first whole ns, never early. */
  ready(bytes: number, since: Nanos): Nanos {
    if (this.rate === 0) return since;
    this.#measure(bytes);
    let whole = this.#full + this.#cost.whole;
    let part = this.#part + this.#cost.rest;
    if (part >= this.rate) {
      part -= this.rate;
      whole++;
    }
    // A packet longer than the bucket is deep waits for its whole length.
    const at = whole - this.#depth.whole + (part > this.#depth.rest ? 1 : 0);
    return at > since ? at : since;
  }

  /** It takes them now. */
  take(bytes: number, now: Nanos, since: Nanos): void {
    if (this.rate === 0) return;
    // Nobody is ready before they are next.
    if (since < now && this.ready(bytes, since) < now) this.#spill(bytes, now);
    else this.#measure(bytes);
    this.#full += this.#cost.whole;
    this.#part += this.#cost.rest;
    if (this.#part >= this.rate) {
      this.#part -= this.rate;
      this.#full++;
    }
  }

  #spilled(now: Nanos, headBytes: number, since: Nanos): number {
    if (headBytes < 0) this.awake(now);
    else if (this.ready(headBytes, since) < now) this.#spill(headBytes, now);
    return (this.#full - now) * this.rate + this.#part;
  }

  /** The next packet has its tokens and waits for something else: no more come in than it needs, or than fit. */
  #spill(bytes: number, now: Nanos): void {
    this.#measure(bytes);
    let whole = now;
    let part = 0;
    if (bytes > this.depthBytes) {
      whole -= this.#cost.whole - this.#depth.whole;
      part -= this.#cost.rest - this.#depth.rest;
      if (part < 0) {
        part += this.rate;
        whole--;
      }
    }
    // It was ready a nanosecond ago at least: where the whole part is the same nothing would be spilled.
    if (whole > this.#full) {
      this.#full = whole;
      this.#part = part;
    }
  }

  #measure(bytes: number): void {
    if (bytes === this.#costBytes) return;
    this.#costBytes = bytes;
    this.#cost.of(bytes * BYTE, this.rate);
  }
}
