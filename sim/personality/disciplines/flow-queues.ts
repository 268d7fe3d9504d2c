/** Queues that flows are spread over by hash; each is made when its first packet comes. Does not know who is served next. */
import type { PacketId, PacketPool } from '../../packet.ts';
import type { Fifo } from './fifo.ts';
import { flowHash } from './flow-hash.ts';

/** A queue of one flow, or of a few that share it, in a {@link Round}. */
export interface FlowQueue<F> {
  readonly fifo: Fifo;
  /** Behind it in its round; null at the end. */
  next: F | null;
}

export class FlowQueues<F> {
  readonly #packets: PacketPool;
  readonly #salt: number;
  readonly #make: () => F;
  readonly #count: number;
  /** By place; quicker than a map, and the places are few. */
  #queues: (F | undefined)[] = [];

  constructor(packets: PacketPool, salt: number, count: number, make: () => F) {
    this.#packets = packets;
    this.#salt = salt;
    this.#count = count;
    this.#make = make;
  }

  of(packet: PacketId): F {
    const place = flowHash(this.#packets, packet, this.#salt) % this.#count;
    const queue = this.#queues[place];
    if (queue !== undefined) return queue;
    if (this.#queues.length === 0) this.#queues = new Array<F | undefined>(this.#count).fill(undefined);
    const made = this.#make();
    this.#queues[place] = made;
    return made;
  }
}

/** Queues that take turns. */
export class Round<F extends FlowQueue<F>> {
  first: F | null = null;
  #last: F | null = null;

  push(queue: F): void {
    queue.next = null;
    if (this.#last === null) this.first = queue;
    else this.#last.next = queue;
    this.#last = queue;
  }

  /** Takes out the first; there is one. */
  shift(): void {
    this.first = this.first!.next;
    if (this.first === null) this.#last = null;
  }

  /** The one with most bytes, of `other` and these; the earlier of equals. */
  fattest(other: F | null): F | null {
    let found = other;
    for (let queue = this.first; queue !== null; queue = queue.next) {
      if (found === null || queue.fifo.bytes > found.fifo.bytes) found = queue;
    }
    return found;
  }
}
