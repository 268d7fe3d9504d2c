/** Random Early Detection. */
import type { DisciplineDefinition } from './discipline.ts';
import { RedQueue } from './red-queue.ts';

export const red: DisciplineDefinition = {
  name: 'red',
  summary:
    'Drops arriving packets with a chance that grows with the average queue (Floyd and Jacobson 1993).',
  drawsPerPacket: 1,
  create: (tools) => new RedQueue(tools),
};
