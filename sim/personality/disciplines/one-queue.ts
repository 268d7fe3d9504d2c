/** A discipline with one queue, first in, first out. Its descendants say who gets in. */
import type { PacketId } from '../../packet.ts';
import { SIZE } from '../../packet.ts';
import { hasRoom } from './admission.ts';
import {
  type DisciplineSettings,
  type DisciplineTools,
  type QueueDiscipline,
  UNLIMITED,
} from './discipline.ts';
import { Fifo } from './fifo.ts';

export abstract class OneQueue implements QueueDiscipline {
  protected readonly tools: DisciplineTools;
  protected readonly fifo: Fifo;
  protected settings = UNLIMITED;

  constructor(tools: DisciplineTools) {
    this.tools = tools;
    this.fifo = new Fifo(tools.packets);
  }

  get backlogBytes(): number {
    return this.fifo.bytes;
  }

  get backlogPackets(): number {
    return this.fifo.length;
  }

  configure(settings: DisciplineSettings): void {
    this.settings = settings;
  }

  abstract enqueue(packet: PacketId): void;

  adopt(packet: PacketId): void {
    this.fifo.push(packet);
  }

  nextSize(): number {
    return this.fifo.firstSize();
  }

  dequeue(): PacketId {
    return this.fifo.shift();
  }

  evict(into: PacketId[]): void {
    this.fifo.evict(into);
  }

  protected sizeOf(packet: PacketId): number {
    return this.tools.packets.ints[packet + SIZE]!;
  }

  protected hasRoomFor(packet: PacketId): boolean {
    const { bytes, length } = this.fifo;
    return hasRoom(this.sizeOf(packet), bytes, length, this.settings);
  }
}
