/** The future: what the kernel needs of a queue. Does not know what an event means. */

/**
 * Slots ordered by (key, insertion). A key is `time * 4 + rank`; a slot is a row of the kernel's event columns, and stands in
 * the queue at most once. Keys are whole numbers from 0 to 2^53. Equal keys come out in the order they went in.
 */
export interface EventQueue {
  readonly size: number;
  /**
   * The key of the slot that `pop` returned last, 0 at first. What is pushed below it, a lower rank at the same instant,
   * comes out next.
   */
  readonly key: number;
  push(key: number, slot: number): void;
  /** The earliest slot whose key is at most `limit`; -1 when there is none, and then the queue is as it was. */
  pop(limit: number): number;
  /** The earliest key; Infinity when empty. Not for the hot loop. */
  peek(): number;
}

/** Who goes first when two events fall on the same instant. */
export const Rank = { command: 0, departure: 1, arrival: 2, program: 3 } as const;
export type Rank = (typeof Rank)[keyof typeof Rank];

export const QUEUES = ['ladder', 'heap', 'heap-js'] as const;
/** `ladder` is fast, `heap` a typed 4-ary heap, `heap-js` the reference that a reader can check by eye. */
export type QueueName = (typeof QUEUES)[number];
