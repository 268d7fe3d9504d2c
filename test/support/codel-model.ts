/** CoDel as RFC 8289, section 5, writes it down, with marks in place of drops: a reference to compare with, slow and plain. */

export interface ModelPacket {
  readonly seq: number;
  readonly size: number;
  readonly ecn: boolean;
  tstamp: number;
  marked: boolean;
}

export interface CodelParameters {
  readonly target: number;
  readonly interval: number;
  readonly maxpacket: number;
  readonly ecn: boolean;
}

interface Dodequeue {
  p: ModelPacket | null;
  ok_to_drop: boolean;
}

export class CodelModel {
  readonly queue: ModelPacket[] = [];
  readonly dropped: ModelPacket[];
  readonly #parameters: CodelParameters;
  #first_above_time = 0;
  #drop_next = 0;
  #count = 0;
  #lastcount = 0;
  #dropping = false;

  constructor(parameters: CodelParameters, dropped: ModelPacket[] = []) {
    this.#parameters = parameters;
    this.dropped = dropped;
  }

  bytes(): number {
    return this.queue.reduce((sum, { size }) => sum + size, 0);
  }

  enqueue(packet: ModelPacket, now: number): void {
    packet.tstamp = now;
    this.queue.push(packet);
  }

  dequeue(now: number): ModelPacket | null {
    const { interval } = this.#parameters;
    let r = this.#dodequeue(now);
    if (this.#dropping) {
      if (!r.ok_to_drop) this.#dropping = false;
      while (now >= this.#drop_next && this.#dropping) {
        if (this.#drop(r.p)) {
          ++this.#count;
          r = this.#dodequeue(now);
          if (!r.ok_to_drop) this.#dropping = false;
          else this.#drop_next = this.#control_law(this.#drop_next, this.#count);
        } else {
          // Marked: the signal is given, the packet goes.
          ++this.#count;
          this.#drop_next = this.#control_law(this.#drop_next, this.#count);
          break;
        }
      }
    } else if (r.ok_to_drop) {
      if (this.#drop(r.p)) r = this.#dodequeue(now);
      this.#dropping = true;
      const delta = this.#count - this.#lastcount;
      this.#count = 1;
      if (delta > 1 && now - this.#drop_next < 16 * interval) this.#count = delta;
      this.#drop_next = this.#control_law(now, this.#count);
      this.#lastcount = this.#count;
    }
    return r.p;
  }

  #dodequeue(now: number): Dodequeue {
    const { target, interval, maxpacket } = this.#parameters;
    const r: Dodequeue = { p: this.queue.shift() ?? null, ok_to_drop: false };
    if (r.p === null) {
      this.#first_above_time = 0;
      return r;
    }
    const sojourn_time = now - r.p.tstamp;
    if (sojourn_time < target || this.bytes() <= maxpacket) {
      this.#first_above_time = 0;
    } else if (this.#first_above_time === 0) {
      this.#first_above_time = now + interval;
    } else if (now >= this.#first_above_time) {
      r.ok_to_drop = true;
    }
    return r;
  }

  #control_law(t: number, count: number): number {
    return t + Math.round(this.#parameters.interval / Math.sqrt(count));
  }

  /** False: it was marked instead. */
  #drop(packet: ModelPacket | null): boolean {
    if (packet === null) throw new Error('nothing to drop');
    if (this.#parameters.ecn && packet.ecn) {
      packet.marked = true;
      return false;
    }
    this.dropped.push(packet);
    return true;
  }
}
