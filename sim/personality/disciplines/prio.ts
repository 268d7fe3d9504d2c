/**
 * Strict priority: no packet leaves while one of a better band waits. Who finds the queue full pushes out the oldest packets of the worst
 * bands below its own; otherwise a full queue of bulk would keep out the very packets that should go first.
 */
import { ZERO } from '../../../engine/index.ts';
import { NO_PACKET, type PacketId, SIZE } from '../../packet.ts';
import { hasRoom } from './admission.ts';
import {
  type DisciplineDefinition,
  type DisciplineSettings,
  type DisciplineTools,
  type QueueDiscipline,
  UNLIMITED,
} from './discipline.ts';
import { Fifo } from './fifo.ts';

/** The band of Linux' prio and pfifo_fast by the old TOS bits (RFC 1349), the three low ones of the DSCP. */
const TOS_BANDS = [1, 1, 2, 2, 0, 0, 1, 1] as const;

/**
 * The band of a DSCP, 0 the best. With three bands as in Linux, whose default priority map looks at the old TOS bits alone: low delay
 * goes first (low three bits 4 and 5), high throughput last (2 and 3), everything else in between, among it class selectors and EF.
 * With any other number by IP precedence (RFC 791, the three high bits), evenly: of eight bands, CS7 has band 0 and best effort band 7.
 */
export function bandOf(dscp: number, bands: number): number {
  if (bands === 3) return TOS_BANDS[dscp & 7]!;
  return Math.floor(((7 - (dscp >> 3)) * bands) / 8);
}

class PrioQueue implements QueueDiscipline {
  backlogBytes = ZERO;
  backlogPackets = 0;
  readonly #tools: DisciplineTools;
  #settings = UNLIMITED;
  /** From the best to the worst. */
  #bands: Fifo[] = [];

  constructor(tools: DisciplineTools) {
    this.#tools = tools;
  }

  configure(settings: DisciplineSettings): void {
    this.#settings = settings;
    if (settings.bands === this.#bands.length) return;
    const packets: PacketId[] = [];
    this.evict(packets);
    this.#bands = Array.from({ length: settings.bands }, () => new Fifo(this.#tools.packets));
    for (const packet of packets) this.adopt(packet);
  }

  enqueue(packet: PacketId): void {
    const band = this.#bandOf(packet);
    if (this.#makeRoom(this.#tools.packets.ints[packet + SIZE]!, band)) this.#push(packet, band);
    else this.#tools.drop(packet);
  }

  adopt(packet: PacketId): void {
    this.#push(packet, this.#bandOf(packet));
  }

  nextSize(): number {
    return this.#first()?.firstSize() ?? -1;
  }

  dequeue(): PacketId {
    const fifo = this.#first();
    return fifo === null ? NO_PACKET : this.#take(fifo);
  }

  evict(into: PacketId[]): void {
    for (const fifo of this.#bands) fifo.evict(into);
    this.backlogBytes = this.backlogPackets = 0;
  }

  #bandOf(packet: PacketId): number {
    return bandOf(this.#tools.surroundings.dscp(packet), this.#settings.bands);
  }

  #first(): Fifo | null {
    for (let band = 0; band < this.#bands.length; band++) {
      const fifo = this.#bands[band]!;
      if (fifo.length > 0) return fifo;
    }
    return null;
  }

  #push(packet: PacketId, band: number): void {
    this.#bands[band]!.push(packet);
    this.backlogPackets++;
    this.backlogBytes += this.#tools.packets.ints[packet + SIZE]!;
  }

  #take(fifo: Fifo): PacketId {
    this.backlogPackets--;
    this.backlogBytes -= fifo.firstSize();
    return fifo.shift();
  }

  /** Pushes out as many worse ones as it takes; nobody, when all of them are not enough. */
  #makeRoom(size: number, band: number): boolean {
    let bytes = this.backlogBytes;
    let packets = this.backlogPackets;
    for (let worse = this.#bands.length - 1; worse > band; worse--) {
      bytes -= this.#bands[worse]!.bytes;
      packets -= this.#bands[worse]!.length;
    }
    if (!hasRoom(size, bytes, packets, this.#settings)) return false;
    for (let worse = this.#bands.length - 1; worse > band; worse--) {
      while (!hasRoom(size, this.backlogBytes, this.backlogPackets, this.#settings)) {
        const fifo = this.#bands[worse]!;
        if (fifo.length === 0) break;
        this.#tools.drop(this.#take(fifo));
      }
    }
    return true;
  }
}

export const prio: DisciplineDefinition = {
  name: 'prio',
  summary: 'Strict priority by DSCP; no packet leaves while a better one waits.',
  drawsPerPacket: 0,
  forgetsPassers: true,
  create: (tools) => new PrioQueue(tools),
};
