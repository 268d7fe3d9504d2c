/**
 * Slots (sch_netem's `slot`): whoever waits, waits for a slot, and some leave in it together. A slot is sought as soon as somebody waits
 * and comes after a time of its own. It is over when it has carried its packets or bytes, when nobody waits any more, or when the rate
 * lets nobody else leave; the packet that reaches the bytes is the slot's last.
 */
import { type Nanos, roundNanos, ZERO } from '../../../engine/index.ts';

export interface SlotSettings {
  /** How long a slot takes to come. `max` 0: there are no slots. */
  readonly min: Nanos;
  readonly max: Nanos;
  /** What leaves in one at most; Infinity for no limit. */
  readonly packets: number;
  readonly bytes: number;
}

export const NO_SLOTS: SlotSettings = { min: 0, max: 0, packets: Infinity, bytes: Infinity };

export class Slots {
  #settings = NO_SLOTS;
  #isSought = false;
  /** Somebody has left in it. */
  #isUsed = false;
  #at: Nanos = ZERO;
  #packets = 0;
  #bytes = ZERO;

  get areUsed(): boolean {
    return this.#settings.max > 0;
  }

  /** Whether each takes a draw to come. */
  get areRandom(): boolean {
    return this.#settings.max > this.#settings.min;
  }

  /** A slot that is being sought still comes when it would have come. */
  configure(settings: SlotSettings): void {
    this.#settings = settings;
    if (settings.max === 0) this.over();
  }

  /** When the next packet may leave as far as slots go. `draw` in [0, 1) is for the slot, if it has to be sought. */
  opens(now: Nanos, draw: number): Nanos {
    if (!this.#isSought) {
      const { min, max } = this.#settings;
      this.#isSought = true;
      this.#at = now + min + roundNanos(draw * (max - min));
    }
    return this.#at;
  }

  /** A packet leaves in the slot. */
  use(bytes: number): void {
    if (!this.#isUsed) {
      this.#isUsed = true;
      this.#packets = this.#settings.packets;
      this.#bytes = this.#settings.bytes;
    }
    this.#packets--;
    this.#bytes -= bytes;
    if (this.#packets <= 0 || this.#bytes <= 0) this.over();
  }

  /** The next packet cannot leave now: if others have left in the slot, it was theirs. */
  wait(): void {
    if (this.#isUsed) this.over();
  }

  over(): void {
    this.#isSought = this.#isUsed = false;
  }
}
