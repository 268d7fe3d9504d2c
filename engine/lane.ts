/** Things that become due in order: they wait in a ring, and only the first of them is in the event queue. */
import type { Rank } from './event-queue.ts';
import { invariant } from './invariant.ts';
import type { Actor, ActorId, Kernel } from './kernel.ts';
import type { Nanos } from './time.ts';

export interface LaneOwner {
  onDue(item: number): void;
}

export class Lane implements Actor {
  readonly #kernel: Kernel;
  readonly #actor: ActorId;
  readonly #owner: LaneOwner;
  #times = new Float64Array(16);
  #items = new Int32Array(16);
  #head = 0;
  #tail = 0;
  #draining = false;

  constructor(kernel: Kernel, rank: Rank, owner: LaneOwner) {
    this.#kernel = kernel;
    this.#owner = owner;
    this.#actor = kernel.enroll(this, rank);
  }

  get size(): number {
    return this.#tail - this.#head;
  }

  /** `time` is never earlier than that of the item before. */
  append(time: Nanos, item: number): void {
    const mask = this.#times.length - 1;
    const size = this.#tail - this.#head;
    if (size > mask) {
      this.#grow();
      this.append(time, item);
      return;
    }
    invariant(
      size === 0 || this.#times[(this.#tail - 1) & mask]! <= time,
      'a lane only takes what comes in order',
    );
    this.#times[this.#tail & mask] = time;
    this.#items[this.#tail & mask] = item;
    this.#tail++;
    if (size === 0 && !this.#draining) this.#kernel.at(time, this.#actor, 0);
  }

  onEvent(): void {
    const now = this.#kernel.now;
    this.#draining = true;
    while (this.#head !== this.#tail) {
      const at = this.#head & (this.#times.length - 1);
      if (this.#times[at]! > now) break;
      this.#head++;
      this.#owner.onDue(this.#items[at]!);
    }
    this.#draining = false;
    if (this.#head !== this.#tail) {
      this.#kernel.at(this.#times[this.#head & (this.#times.length - 1)]!, this.#actor, 0);
    } else {
      this.#head = this.#tail = 0;
    }
  }

  #grow(): void {
    const old = this.#times.length;
    const times = new Float64Array(old * 2);
    const items = new Int32Array(old * 2);
    for (let i = this.#head; i < this.#tail; i++) {
      times[i & (old * 2 - 1)] = this.#times[i & (old - 1)]!;
      items[i & (old * 2 - 1)] = this.#items[i & (old - 1)]!;
    }
    this.#times = times;
    this.#items = items;
  }
}
