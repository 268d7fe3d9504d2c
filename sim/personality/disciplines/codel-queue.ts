/** One queue under Controlled Delay (RFC 8289, section 5). Does not know the queues beside it. */
import { type Nanos, roundNanos, ZERO } from '../../../engine/index.ts';
import { DUE, NO_PACKET, type PacketId } from '../../packet.ts';
import { mark } from './admission.ts';
import type { DisciplineSettings, DisciplineTools } from './discipline.ts';
import { Fifo } from './fifo.ts';

/** When the next packet is dropped, after the count-th at `at`: the drop rate grows with the square root of the number of drops. */
export const controlLaw = (at: Nanos, interval: Nanos, count: number): Nanos =>
  at + roundNanos(interval / Math.sqrt(count));

/** While a packet waits, `DUE` is the instant at which it came. */
export class CodelQueue {
  readonly fifo: Fifo;
  readonly #tools: DisciplineTools;
  // The names are those of the RFC's state variables. 0: the delay is not above the target.
  #firstAboveTime = ZERO;
  #dropNext = ZERO;
  #count = 0;
  #lastCount = 0;
  #isDropping = false;
  /** Of the packet just taken: its delay has been above the target for an interval. */
  #isOkToDrop = false;

  constructor(tools: DisciplineTools) {
    this.#tools = tools;
    this.fifo = new Fifo(tools.packets);
  }

  push(packet: PacketId, came: Nanos): void {
    this.#tools.packets.doubles[(packet >> 1) + DUE] = came;
    this.fifo.push(packet);
  }

  /** The next packet that is not dropped; NO_PACKET when there is none. */
  dequeue(settings: DisciplineSettings): PacketId {
    const { now } = this.#tools.kernel;
    const { interval } = settings;
    let packet = this.#take(now, settings);
    if (this.#isDropping) {
      if (!this.#isOkToDrop) this.#isDropping = false;
      while (this.#isDropping && now >= this.#dropNext) {
        this.#count++;
        if (this.#mark(packet, settings)) {
          this.#dropNext = controlLaw(this.#dropNext, interval, this.#count);
          return packet;
        }
        this.#tools.drop(packet);
        packet = this.#take(now, settings);
        if (this.#isOkToDrop) this.#dropNext = controlLaw(this.#dropNext, interval, this.#count);
        else this.#isDropping = false;
      }
    } else if (this.#isOkToDrop) {
      if (!this.#mark(packet, settings)) {
        this.#tools.drop(packet);
        packet = this.#take(now, settings);
      }
      this.#isDropping = true;
      // Above the target again soon after: the rate that controlled the queue then is where to begin now.
      const grown = this.#count - this.#lastCount;
      this.#count = grown > 1 && now - this.#dropNext < 16 * interval ? grown : 1;
      this.#dropNext = controlLaw(now, interval, this.#count);
      this.#lastCount = this.#count;
    }
    return packet;
  }

  /** The RFC's `dodequeue`. */
  #take(now: Nanos, { target, interval, mtu }: DisciplineSettings): PacketId {
    const packet = this.fifo.shift();
    this.#isOkToDrop = false;
    if (packet === NO_PACKET) {
      this.#firstAboveTime = 0;
      return packet;
    }
    const sojourn = now - this.#tools.packets.doubles[(packet >> 1) + DUE]!;
    // A queue of one packet of the largest size is what the link needs to stay busy.
    if (sojourn < target || this.fifo.bytes <= mtu) this.#firstAboveTime = 0;
    else if (this.#firstAboveTime === 0) this.#firstAboveTime = now + interval;
    else this.#isOkToDrop = now >= this.#firstAboveTime;
    return packet;
  }

  #mark(packet: PacketId, settings: DisciplineSettings): boolean {
    return settings.ecn && mark(this.#tools.packets, packet);
  }
}
