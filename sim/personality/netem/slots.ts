/** sch_netem's `slot MIN MAX packets N bytes M`: `get_slot` and `get_slot_next`. */
import { type Nanos, ZERO } from '../../../engine/index.ts';
import { timesShare } from './integers.ts';

export interface SlotOptions {
  readonly min: Nanos;
  readonly max: Nanos;
  /** 0 for no limit. */
  readonly packets: number;
  readonly bytes: number;
}

/** Packets leave in slots, at most so many in each. */
export class Slots {
  isOn = false;
  /** From when on packets may leave. */
  next: Nanos = ZERO;
  #min: Nanos = ZERO;
  #range: Nanos = ZERO;
  #packets = Infinity;
  #bytes = Infinity;
  #packetsLeft = Infinity;
  #bytesLeft = Infinity;

  start({ min, max, packets, bytes }: SlotOptions, now: Nanos): void {
    this.isOn = min > 0 || max > 0;
    this.next = now;
    this.#min = min;
    this.#range = max - min;
    this.#packets = packets || Infinity;
    this.#bytes = bytes || Infinity;
    this.#packetsLeft = this.#packets;
    this.#bytesLeft = this.#bytes;
  }

  /** The next slot, with a u32 draw for when. */
  renew(now: Nanos, draw: number): void {
    this.next = now + this.#min + timesShare(this.#range, draw);
    this.#packetsLeft = this.#packets;
    this.#bytesLeft = this.#bytes;
  }

  /** A packet leaves in this slot; true when it was the last one. */
  spend(size: number): boolean {
    this.#packetsLeft--;
    this.#bytesLeft -= size;
    return this.#packetsLeft <= 0 || this.#bytesLeft <= 0;
  }
}
