/**
 * The one door for what happens outside: stamped, put in order, applied between two events. Knows no kinds of
 * items.
 */

import { Defect, invariant } from './invariant.ts';
import type { Nanos } from './time.ts';

export interface InboxOptions<Item> {
  /** How many items may wait. The next one is refused. */
  readonly limit?: number;
  /** An item waits: a pacer asleep wants to know. */
  readonly onPost?: () => void;
  /**
   * An item has got its instant and is applied next: the journal's line, written before anything can go
   * wrong.
   */
  readonly onStamp?: (at: Nanos, item: Item) => void;
}

/** Why an item was not let in. */
export class InboxRefusal extends Error {
  override name = 'InboxRefusal';
  readonly reason: 'closed' | 'full';

  constructor(reason: 'closed' | 'full', message: string) {
    super(message);
    this.reason = reason;
  }
}

export class Inbox<Item> {
  readonly #limit: number;
  readonly #onPost: () => void;
  readonly #onStamp: (at: Nanos, item: Item) => void;
  #waiting: Letter<Item>[] = [];
  #closed: InboxRefusal | undefined = undefined;

  constructor({ limit = 65_536, onPost = () => {}, onStamp = () => {} }: InboxOptions<Item> = {}) {
    invariant(limit >= 1, `an inbox for ${limit} items`);
    this.#limit = limit;
    this.#onPost = onPost;
    this.#onStamp = onStamp;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves with the instant at which the item was applied, or rejects with what applying it threw. Rejects
   * with an {@link InboxRefusal} when the inbox is full or closed.
   */
  post(item: Item): Promise<Nanos> {
    return new Promise((resolve, reject) => {
      const refusal = this.#closed ?? this.#crowded();
      if (refusal === undefined) this.#take({ item, resolve, reject });
      else reject(refusal);
    });
  }

  /**
   * As `post`, for items in bulk that nobody waits for: false when it was refused, and no promise. What
   * applying it throws comes out of `drain`.
   */
  offer(item: Item): boolean {
    if (this.#closed !== undefined || this.#waiting.length >= this.#limit) return false;
    this.#take({ item, resolve: undefined, reject: undefined });
    return true;
  }

  /**
   * Stamps everything that waits with `now` and applies it, in the order of posting; answers how many there
   * were. An item that fails is told so and the others go on; but a {@link Defect} comes out at once, and the
   * rest is rejected with it. What is posted meanwhile waits for the next time.
   */
  drain(now: Nanos, apply: (item: Item, at: Nanos) => void): number {
    if (this.#waiting.length === 0) return 0;
    const batch = this.#waiting;
    this.#waiting = [];
    let unheard: { readonly error: unknown } | undefined;
    for (const [index, { item, resolve, reject }] of batch.entries()) {
      try {
        this.#onStamp(now, item);
        apply(item, now);
        resolve?.(now);
      } catch (error) {
        reject?.(error);
        if (error instanceof Defect) {
          for (const unapplied of batch.slice(index + 1)) unapplied.reject?.(error);
          throw error;
        }
        if (reject === undefined) unheard ??= { error };
      }
    }
    if (unheard !== undefined) throw unheard.error;
    return batch.length;
  }

  /** From now on everything is refused, and so is what waits. */
  close(why = 'the run is over'): void {
    this.#closed ??= new InboxRefusal('closed', `the inbox is closed: ${why}`);
    for (const { reject } of this.#waiting.splice(0)) reject?.(this.#closed);
  }

  #take(letter: Letter<Item>): void {
    this.#waiting.push(letter);
    this.#onPost();
  }

  #crowded(): InboxRefusal | undefined {
    if (this.#waiting.length < this.#limit) return undefined;
    return new InboxRefusal('full', `the inbox is full: ${this.#limit} items wait to be applied`);
  }
}

/** An item, and whom to tell. */
interface Letter<Item> {
  readonly item: Item;
  readonly resolve: ((at: Nanos) => void) | undefined;
  readonly reject: ((error: unknown) => void) | undefined;
}
