/** Controlled Delay, RFC 8289: drops at the head when even the shortest wait of an interval is above the target. */
import type { PacketId } from '../../packet.ts';
import { SIZE } from '../../packet.ts';
import { hasRoom } from './admission.ts';
import { CodelQueue } from './codel-queue.ts';
import {
  type DisciplineDefinition,
  type DisciplineSettings,
  type DisciplineTools,
  type QueueDiscipline,
  UNLIMITED,
} from './discipline.ts';

class Codel implements QueueDiscipline {
  readonly #tools: DisciplineTools;
  readonly #queue: CodelQueue;
  #settings = UNLIMITED;

  constructor(tools: DisciplineTools) {
    this.#tools = tools;
    this.#queue = new CodelQueue(tools);
  }

  get backlogBytes(): number {
    return this.#queue.fifo.bytes;
  }

  get backlogPackets(): number {
    return this.#queue.fifo.length;
  }

  configure(settings: DisciplineSettings): void {
    this.#settings = settings;
  }

  enqueue(packet: PacketId): void {
    const { bytes, length } = this.#queue.fifo;
    const size = this.#tools.packets.ints[packet + SIZE]!;
    if (hasRoom(size, bytes, length, this.#settings)) this.adopt(packet);
    else this.#tools.drop(packet);
  }

  adopt(packet: PacketId): void {
    this.#queue.push(packet, this.#tools.kernel.now);
  }

  nextSize(): number {
    return this.#queue.fifo.firstSize();
  }

  dequeue(): PacketId {
    return this.#queue.dequeue(this.#settings);
  }

  evict(into: PacketId[]): void {
    this.#queue.fifo.evict(into);
  }
}

export const codel: DisciplineDefinition = {
  name: 'codel',
  summary: 'Drops ever more often at the head while packets wait longer than the target (RFC 8289).',
  drawsPerPacket: 0,
  forgetsPassers: true,
  create: (tools) => new Codel(tools),
};
