/**
 * RED as figure 2 of Floyd and Jacobson (1993) writes it down, gentle, with ns-3's idle correction and its guard for short queues; and
 * figure 1 of Floyd, Gummadi and Shenker (2001) for adaptive RED. A reference to compare with.
 */

export interface RedParameters {
  readonly min_th: number;
  readonly max_th: number;
  readonly w_q: number;
  readonly max_p: number;
  readonly gentle: boolean;
  readonly ecn: boolean;
  readonly limit: number;
  /** Packets of 500 bytes per second. */
  readonly ptc: number;
}

export interface RedModelPacket {
  readonly seq: number;
  readonly ecn: boolean;
  marked: boolean;
}

export class RedModel {
  readonly queue: RedModelPacket[] = [];
  readonly dropped: number[] = [];
  avg = 0;
  max_p: number;
  #count = -1;
  #q_time = 0;
  readonly #parameters: RedParameters;

  constructor(parameters: RedParameters) {
    this.#parameters = parameters;
    this.max_p = parameters.max_p;
  }

  /** `u` is the packet's random number; `now` in whole ns. */
  enqueue(packet: RedModelPacket, u: number, now: number): void {
    const { min_th, max_th, w_q, gentle, ecn, limit } = this.#parameters;
    const q = this.queue.length;
    if (q > 0) {
      this.avg = (1 - w_q) * this.avg + w_q * q;
    } else {
      // One by one, each of the m packets that could have come, and then this one.
      for (let m = this.#idlePackets(now) + 1; m > 0; m--) this.avg *= 1 - w_q;
    }
    let hit = false;
    let forced = false;
    if (this.avg < min_th || q <= 1) {
      this.#count = -1;
    } else if (this.avg < (gentle ? 2 * max_th : max_th)) {
      this.#count++;
      const p_b =
        this.avg < max_th
          ? (this.max_p * (this.avg - min_th)) / (max_th - min_th)
          : this.max_p + ((1 - this.max_p) / max_th) * (this.avg - max_th);
      const p_a = this.#count * p_b >= 1 ? 1 : p_b / (1 - this.#count * p_b);
      hit = u < p_a;
      if (hit) this.#count = 0;
    } else {
      forced = true;
      this.#count = 0;
    }
    if (hit && ecn && packet.ecn) {
      packet.marked = true;
      hit = false;
    }
    if (hit || forced || q >= limit) this.dropped.push(packet.seq);
    else this.queue.push(packet);
  }

  dequeue(now: number): RedModelPacket | null {
    const packet = this.queue.shift() ?? null;
    if (packet !== null && this.queue.length === 0) this.#q_time = now;
    return packet;
  }

  /** Every 0.5 s. */
  adapt(now: number): void {
    const { min_th, max_th, w_q } = this.#parameters;
    let avg = this.avg;
    if (this.queue.length === 0) for (let m = this.#idlePackets(now); m > 0; m--) avg *= 1 - w_q;
    if (avg > min_th + 0.6 * (max_th - min_th) && this.max_p <= 0.5) {
      this.max_p += Math.min(0.01, this.max_p / 4);
    } else if (avg < min_th + 0.4 * (max_th - min_th) && this.max_p >= 0.01) {
      this.max_p *= 0.9;
    }
  }

  #idlePackets(now: number): number {
    return Number((BigInt(this.#parameters.ptc) * BigInt(now - this.#q_time)) / 1_000_000_000n);
  }
}
