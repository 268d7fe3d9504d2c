/** sch_netem's `tfifo`: packets by the instant at which they are to be sent; of those with the same, the first that came. */
import { type Nanos, ZERO } from '../../../engine/index.ts';
import type { PacketId } from '../../packet.ts';

/** A binary heap. */
export class TimeFifo {
  length = 0;
  /** The latest instant of all that are in it; without meaning when there are none. */
  latest: Nanos = ZERO;
  #times = new Float64Array(16);
  #packets = new Int32Array(16);
  /** When each came, as a count: of equals, the lower goes first. */
  #orders = new Float64Array(16);
  #pushed = 0;

  /** The earliest instant; only while there is a packet. */
  get earliest(): Nanos {
    return this.#times[0]!;
  }

  push(time: Nanos, packet: PacketId): void {
    if (this.length === this.#times.length) this.#grow();
    // Whoever has the latest instant is sent last, so it stays true when others leave.
    if (this.length === 0 || time > this.latest) this.latest = time;
    let at = this.length++;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.#times[above]! <= time) break;
      this.#move(above, at);
      at = above;
    }
    this.#put(at, time, this.#pushed++, packet);
  }

  /** Takes out the first; only while there is one. */
  pop(): PacketId {
    const first = this.#packets[0]!;
    const last = --this.length;
    if (last > 0) this.#sink(this.#times[last]!, this.#orders[last]!, this.#packets[last]!);
    return first;
  }

  /** Puts an entry into the hole at the top, or below smaller ones. */
  #sink(time: Nanos, order: number, packet: PacketId): void {
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= this.length) break;
      if (below + 1 < this.length && this.#isBefore(below + 1, this.#times[below]!, this.#orders[below]!))
        below++;
      if (!this.#isBefore(below, time, order)) break;
      this.#move(below, at);
      at = below;
    }
    this.#put(at, time, order, packet);
  }

  #isBefore(at: number, time: Nanos, order: number): boolean {
    const own = this.#times[at]!;
    return own < time || (own === time && this.#orders[at]! < order);
  }

  #put(at: number, time: Nanos, order: number, packet: PacketId): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#packets[at] = packet;
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#orders[from]!, this.#packets[from]!);
  }

  #grow(): void {
    const size = this.length * 2;
    const [times, orders, packets] = [this.#times, this.#orders, this.#packets];
    this.#times = new Float64Array(size);
    this.#orders = new Float64Array(size);
    this.#packets = new Int32Array(size);
    this.#times.set(times);
    this.#orders.set(orders);
    this.#packets.set(packets);
  }
}
