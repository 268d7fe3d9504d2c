/** The event queues by name. They give the same pops; they differ in speed and in how easily they are read. */

import type { EventQueue, QueueName } from './event-queue.ts';
import { HeapQueue } from './heap-queue.ts';
import { LadderQueue } from './ladder-queue.ts';
import { ReferenceQueue } from './reference-queue.ts';

/** @param capacity slots to make room for at once; every queue grows by itself. */
export function createQueue(name: QueueName, capacity?: number): EventQueue {
  switch (name) {
    case 'ladder':
      return new LadderQueue(capacity);
    case 'heap':
      return new HeapQueue(capacity);
    case 'heap-js':
      return new ReferenceQueue();
  }
}
