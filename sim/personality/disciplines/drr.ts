/**
 * Deficit round robin (Shreedhar and Varghese, "Efficient fair queueing using deficit round robin", 1995): flows are spread over queues
 * by hash, and each may send so many bytes in its turn; what it could not use it keeps while it has packets. Who finds all full pushes
 * out the oldest packets of the queue with most bytes, so that a flow that floods harms itself.
 */
import { ZERO } from '../../../engine/index.ts';
import { NO_PACKET, type PacketId, SIZE } from '../../packet.ts';
import {
  type DisciplineDefinition,
  type DisciplineSettings,
  type DisciplineTools,
  type QueueDiscipline,
  UNLIMITED,
} from './discipline.ts';
import { Fifo } from './fifo.ts';
import { type FlowQueue, FlowQueues, Round } from './flow-queues.ts';

class DrrFlow implements FlowQueue<DrrFlow> {
  readonly fifo: Fifo;
  next: DrrFlow | null = null;
  isListed = false;
  /** Bytes that it may send in this turn. */
  deficit = ZERO;

  constructor(tools: DisciplineTools) {
    this.fifo = new Fifo(tools.packets);
  }
}

class DrrQueue implements QueueDiscipline {
  backlogBytes = ZERO;
  backlogPackets = 0;
  readonly #tools: DisciplineTools;
  #settings = UNLIMITED;
  #flows: FlowQueues<DrrFlow>;
  readonly #round = new Round<DrrFlow>();

  constructor(tools: DisciplineTools) {
    this.#tools = tools;
    this.#flows = this.#makeFlows();
  }

  configure(settings: DisciplineSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    if (settings.flows === before.flows) return;
    const packets: PacketId[] = [];
    this.evict(packets);
    for (const packet of packets) this.adopt(packet);
  }

  enqueue(packet: PacketId): void {
    this.adopt(packet);
    const { limitBytes, limitPackets } = this.#settings;
    while (this.backlogPackets > limitPackets || this.backlogBytes > limitBytes) {
      this.#tools.drop(this.#take(this.#round.fattest(null)!));
    }
  }

  adopt(packet: PacketId): void {
    const flow = this.#flows.of(packet);
    flow.fifo.push(packet);
    this.backlogPackets++;
    this.backlogBytes += this.#tools.packets.ints[packet + SIZE]!;
    if (flow.isListed) return;
    flow.isListed = true;
    flow.deficit = this.#settings.quantumBytes;
    this.#round.push(flow);
  }

  nextSize(): number {
    // As `#select`, without its effects. How many rounds it takes until a queue may send its first packet, for the best one so far:
    let rounds = Infinity;
    let size = -1;
    for (let flow = this.#round.first; flow !== null && rounds > 0; flow = flow.next) {
      if (flow.fifo.length === 0) continue;
      const lacking = flow.fifo.firstSize() - flow.deficit;
      const needed = Math.max(0, Math.ceil(lacking / this.#settings.quantumBytes));
      if (needed >= rounds) continue;
      rounds = needed;
      size = flow.fifo.firstSize();
    }
    return size;
  }

  dequeue(): PacketId {
    const flow = this.#select();
    if (flow === null) return NO_PACKET;
    flow.deficit -= flow.fifo.firstSize();
    const packet = this.#take(flow);
    if (flow.fifo.length === 0) this.#leave(flow);
    return packet;
  }

  evict(into: PacketId[]): void {
    for (let packet = this.dequeue(); packet !== NO_PACKET; packet = this.dequeue()) into.push(packet);
    this.#flows = this.#makeFlows();
  }

  #makeFlows(): FlowQueues<DrrFlow> {
    const { packets, random } = this.#tools;
    const { flows } = this.#settings;
    return new FlowQueues(packets, random.salt(), flows, () => new DrrFlow(this.#tools));
  }

  /** The queue whose turn it is, with a packet that it may send. */
  #select(): DrrFlow | null {
    for (;;) {
      const flow = this.#round.first;
      if (flow === null) return null;
      if (flow.fifo.length === 0) {
        // Its packets were pushed out.
        this.#leave(flow);
        continue;
      }
      if (flow.fifo.firstSize() <= flow.deficit) return flow;
      flow.deficit += this.#settings.quantumBytes;
      this.#round.shift();
      this.#round.push(flow);
    }
  }

  /** It is the first of the round and empty; what it might still have sent is lost. */
  #leave(flow: DrrFlow): void {
    this.#round.shift();
    flow.isListed = false;
  }

  #take(flow: DrrFlow): PacketId {
    this.backlogPackets--;
    this.backlogBytes -= flow.fifo.firstSize();
    return flow.fifo.shift();
  }
}

export const drr: DisciplineDefinition = {
  name: 'drr',
  summary: 'A queue for each flow; in turns each may send so many bytes (Shreedhar and Varghese 1995).',
  drawsPerPacket: 0,
  forgetsPassers: true,
  create: (tools) => new DrrQueue(tools),
};
