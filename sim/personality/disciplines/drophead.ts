/** Who finds the queue full takes the place of those that have waited longest: what is late already is of least use (mahimahi, INET). */
import type { PacketId } from '../../packet.ts';
import { hasRoom } from './admission.ts';
import type { DisciplineDefinition } from './discipline.ts';
import { OneQueue } from './one-queue.ts';

class DropHeadQueue extends OneQueue {
  enqueue(packet: PacketId): void {
    // For what never fits nobody has to go.
    if (!hasRoom(this.sizeOf(packet), 0, 0, this.settings)) {
      this.tools.drop(packet);
      return;
    }
    while (!this.hasRoomFor(packet)) this.tools.drop(this.fifo.shift());
    this.fifo.push(packet);
  }
}

export const drophead: DisciplineDefinition = {
  name: 'drophead',
  summary: 'First in, first out; a packet that finds the queue full pushes out the oldest ones.',
  drawsPerPacket: 0,
  forgetsPassers: true,
  create: (tools) => new DropHeadQueue(tools),
};
