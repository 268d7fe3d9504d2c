/** The future in a 4-ary heap of typed columns, ordered by (key, insertion): the ladder's twin in tests, and the plain choice. */

import type { EventQueue } from './event-queue.ts';

/** O(log n) for every push and pop, whatever the keys. 20 bytes for each event pending. */
export class HeapQueue implements EventQueue {
  size = 0;
  key = 0;
  #pushed = 0;
  #keys: Float64Array;
  #orders: Float64Array;
  #slots: Int32Array;

  constructor(capacity = 1024) {
    this.#keys = new Float64Array(capacity);
    this.#orders = new Float64Array(capacity);
    this.#slots = new Int32Array(capacity);
  }

  push(key: number, slot: number): void {
    if (this.size >= this.#keys.length) this.#grow();
    const keys = this.#keys;
    const orders = this.#orders;
    const slots = this.#slots;
    let hole = this.size++;
    // The newcomer is the youngest: it rises only past keys that are truly later.
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      if (keys[parent]! <= key) break;
      keys[hole] = keys[parent]!;
      orders[hole] = orders[parent]!;
      slots[hole] = slots[parent]!;
      hole = parent;
    }
    keys[hole] = key;
    orders[hole] = this.#pushed++;
    slots[hole] = slot;
  }

  pop(limit: number): number {
    if (this.size === 0) return -1;
    const key = this.#keys[0]!;
    if (key > limit) return -1;
    this.key = key;
    const slot = this.#slots[0]!;
    if (--this.size > 0) this.#sink();
    return slot;
  }

  peek(): number {
    return this.size === 0 ? Infinity : this.#keys[0]!;
  }

  /** The last row sinks from the root to where it belongs. */
  #sink(): void {
    const keys = this.#keys;
    const orders = this.#orders;
    const slots = this.#slots;
    const size = this.size;
    const key = keys[size]!;
    const order = orders[size]!;
    let hole = 0;
    for (let child = 1; child < size; child = 4 * hole + 1) {
      const end = Math.min(child + 4, size);
      let best = child;
      let bestKey = keys[child]!;
      for (let other = child + 1; other < end; other++) {
        const otherKey = keys[other]!;
        if (otherKey < bestKey || (otherKey === bestKey && orders[other]! < orders[best]!)) {
          best = other;
          bestKey = otherKey;
        }
      }
      if (bestKey > key || (bestKey === key && orders[best]! > order)) break;
      keys[hole] = bestKey;
      orders[hole] = orders[best]!;
      slots[hole] = slots[best]!;
      hole = best;
    }
    keys[hole] = key;
    orders[hole] = order;
    slots[hole] = slots[size]!;
  }

  #grow(): void {
    const capacity = Math.max(16, this.#keys.length * 2);
    const keys = new Float64Array(capacity);
    const orders = new Float64Array(capacity);
    const slots = new Int32Array(capacity);
    keys.set(this.#keys);
    orders.set(this.#orders);
    slots.set(this.#slots);
    this.#keys = keys;
    this.#orders = orders;
    this.#slots = slots;
  }
}
