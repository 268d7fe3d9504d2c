/** Who finds the queue full is dropped. */
import type { PacketId } from '../../packet.ts';
import type { DisciplineDefinition } from './discipline.ts';
import { OneQueue } from './one-queue.ts';

class DropTailQueue extends OneQueue {
  enqueue(packet: PacketId): void {
    if (this.hasRoomFor(packet)) this.fifo.push(packet);
    else this.tools.drop(packet);
  }
}

export const droptail: DisciplineDefinition = {
  name: 'droptail',
  summary: 'First in, first out; a packet that finds the queue full is dropped.',
  drawsPerPacket: 0,
  forgetsPassers: true,
  create: (tools) => new DropTailQueue(tools),
};
