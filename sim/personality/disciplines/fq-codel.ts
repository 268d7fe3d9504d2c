/**
 * FlowQueue-CoDel, RFC 8290: flows are spread over queues by hash, each queue is under CoDel, and they take turns by bytes; a flow that
 * has just begun to queue goes first.
 */
import { type Nanos, ZERO } from '../../../engine/index.ts';
import { DUE, NO_PACKET, type PacketId, SIZE } from '../../packet.ts';
import { CodelQueue } from './codel-queue.ts';
import {
  type DisciplineDefinition,
  type DisciplineSettings,
  type DisciplineTools,
  type QueueDiscipline,
  UNLIMITED,
} from './discipline.ts';
import type { Fifo } from './fifo.ts';
import { type FlowQueue, FlowQueues, Round } from './flow-queues.ts';

/** So many packets at most are thrown out of the fattest queue at once (section 4.1). */
const DROP_BATCH = 64;

class FqCodelFlow implements FlowQueue<FqCodelFlow> {
  readonly codel: CodelQueue;
  readonly fifo: Fifo;
  next: FqCodelFlow | null = null;
  /** In one of the rounds. */
  isListed = false;
  /** Bytes that it may send before the next one's turn. */
  credits = ZERO;

  constructor(tools: DisciplineTools) {
    this.codel = new CodelQueue(tools);
    this.fifo = this.codel.fifo;
  }
}

class FqCodel implements QueueDiscipline {
  backlogBytes = ZERO;
  backlogPackets = 0;
  readonly #tools: DisciplineTools;
  #settings = UNLIMITED;
  #flows: FlowQueues<FqCodelFlow>;
  readonly #new = new Round<FqCodelFlow>();
  readonly #old = new Round<FqCodelFlow>();

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
    for (const packet of packets) this.#push(packet, this.#tools.packets.doubles[(packet >> 1) + DUE]!);
  }

  enqueue(packet: PacketId): void {
    this.adopt(packet);
    const { limitBytes, limitPackets } = this.#settings;
    while (this.backlogPackets > limitPackets || this.backlogBytes > limitBytes) this.#dropFromFattest();
  }

  adopt(packet: PacketId): void {
    this.#push(packet, this.#tools.kernel.now);
  }

  nextSize(): number {
    // As `#select`, without its effects. How many rounds it takes until a queue has credits, for the best one so far:
    let rounds = Infinity;
    let size = -1;
    for (let flow = this.#new.first; flow !== null; flow = flow.next) {
      if (flow.credits > 0 && flow.fifo.length > 0) return flow.fifo.firstSize();
    }
    for (let flow = this.#old.first; flow !== null && rounds > 0; flow = flow.next) {
      const needed = this.#roundsUntil(flow.credits);
      if (flow.fifo.length === 0 || needed >= rounds) continue;
      rounds = needed;
      size = flow.fifo.firstSize();
    }
    // They get their credits on the way to the end of the old ones.
    for (let flow = this.#new.first; flow !== null && rounds > 0; flow = flow.next) {
      const needed = this.#roundsUntil(flow.credits + this.#settings.quantumBytes);
      if (flow.fifo.length === 0 || needed >= rounds) continue;
      rounds = needed;
      size = flow.fifo.firstSize();
    }
    return size;
  }

  dequeue(): PacketId {
    for (let flow = this.#select(); flow !== null; flow = this.#select()) {
      const { bytes, length } = flow.fifo;
      const packet = flow.codel.dequeue(this.#settings);
      this.backlogBytes -= bytes - flow.fifo.bytes;
      this.backlogPackets -= length - flow.fifo.length;
      if (packet !== NO_PACKET) {
        flow.credits -= this.#tools.packets.ints[packet + SIZE]!;
        return packet;
      }
      this.#leave(flow);
    }
    return NO_PACKET;
  }

  evict(into: PacketId[]): void {
    for (let flow = this.#select(); flow !== null; flow = this.#select()) {
      const packet = flow.fifo.shift();
      if (packet === NO_PACKET) {
        this.#leave(flow);
      } else {
        flow.credits -= this.#tools.packets.ints[packet + SIZE]!;
        into.push(packet);
      }
    }
    this.backlogBytes = this.backlogPackets = 0;
    this.#flows = this.#makeFlows();
  }

  #makeFlows(): FlowQueues<FqCodelFlow> {
    const { packets, random } = this.#tools;
    const { flows } = this.#settings;
    return new FlowQueues(packets, random.salt(), flows, () => new FqCodelFlow(this.#tools));
  }

  #push(packet: PacketId, came: Nanos): void {
    const flow = this.#flows.of(packet);
    flow.codel.push(packet, came);
    this.backlogPackets++;
    this.backlogBytes += this.#tools.packets.ints[packet + SIZE]!;
    if (flow.isListed) return;
    flow.isListed = true;
    flow.credits = this.#settings.quantumBytes;
    this.#new.push(flow);
  }

  /** The queue whose turn it is (section 4.2); null when none is listed. */
  #select(): FqCodelFlow | null {
    for (;;) {
      const round = this.#new.first !== null ? this.#new : this.#old;
      const flow = round.first;
      if (flow === null || flow.credits > 0) return flow;
      flow.credits += this.#settings.quantumBytes;
      round.shift();
      this.#old.push(flow);
    }
  }

  /** It has had its turn, and nothing is left in it. A new one waits for a whole round: otherwise it could come back first at once. */
  #leave(flow: FqCodelFlow): void {
    if (flow === this.#new.first) {
      this.#new.shift();
      this.#old.push(flow);
    } else {
      this.#old.shift();
      flow.isListed = false;
    }
  }

  #roundsUntil(credits: number): number {
    return credits > 0 ? 0 : Math.floor(-credits / this.#settings.quantumBytes) + 1;
  }

  /** Half of its packets, from the head. */
  #dropFromFattest(): void {
    const { fifo } = this.#old.fattest(this.#new.fattest(null))!;
    const batch = Math.min(DROP_BATCH, Math.ceil(fifo.length / 2));
    const { bytes } = fifo;
    for (let dropped = 0; dropped < batch; dropped++) this.#tools.drop(fifo.shift());
    this.backlogPackets -= batch;
    this.backlogBytes -= bytes - fifo.bytes;
  }
}

export const fqCodel: DisciplineDefinition = {
  name: 'fqCodel',
  summary: 'A queue under CoDel for each flow, in turns; flows that send little go first (RFC 8290).',
  drawsPerPacket: 0,
  forgetsPassers: true,
  defaults: { ecn: true },
  create: (tools) => new FqCodel(tools),
};
