/** The same future kept by heap-js, slow and obvious: what the fast queues are compared with. */

import { Heap } from 'heap-js';
import type { EventQueue } from './event-queue.ts';

interface Entry {
  readonly key: number;
  readonly order: number;
  readonly slot: number;
}

export class ReferenceQueue implements EventQueue {
  key = 0;
  #pushed = 0;
  // heap-js keeps no order among equals, so the comparison does.
  readonly #entries = new Heap<Entry>((a, b) => a.key - b.key || a.order - b.order);

  get size(): number {
    return this.#entries.length;
  }

  push(key: number, slot: number): void {
    this.#entries.push({ key, order: this.#pushed++, slot });
  }

  pop(limit: number): number {
    if (this.peek() > limit) return -1;
    const entry = this.#entries.pop();
    if (entry === undefined) return -1;
    this.key = entry.key;
    return entry.slot;
  }

  peek(): number {
    return this.#entries.peek()?.key ?? Infinity;
  }
}
