/**
 * Random Early Detection (Floyd and Jacobson, "Random early detection gateways for congestion avoidance", 1993, figure 2), gentle (Floyd
 * 2000), and as in ns-2 and ns-3: idle time counted in packets of 500 bytes, nobody dropped early where at most one packet waits.
 */
import { exp, type Nanos, pow, ZERO } from '../../../engine/index.ts';
import { NO_PACKET, type PacketId } from '../../packet.ts';
import { mark } from './admission.ts';
import type { DisciplineSettings, DisciplineTools } from './discipline.ts';
import { OneQueue } from './one-queue.ts';

const SECOND = 1e9;
const MEAN_PACKET_BITS = 8 * 500;
/** Of the average, where neither the user nor the rate says more. */
const USUAL_WEIGHT = 0.002;

/** The chance p_b that goes with an average of at least `min` packets; it is `most` where the average reaches `max`. */
export function baseProbability(
  average: number,
  min: number,
  max: number,
  most: number,
  isGentle: boolean,
): number {
  if (average < max) return (most * (average - min)) / (max - min);
  return isGentle ? Math.min(1, most + ((1 - most) * (average - max)) / max) : 1;
}

/** The chance p_a, `count` packets after the last that was hit: spaces the hits evenly between 1 and 1 / p_b packets. */
export const spacedProbability = (base: number, count: number): number =>
  count * base < 1 ? Math.min(1, base / (1 - count * base)) : 1;

export class RedQueue extends OneQueue {
  protected min = 0;
  protected max = 0;
  protected maxProbability = ZERO;
  #weight = ZERO;
  /** Packets of the mean size that the link sends in a second; 0: not known. */
  protected packetsPerSecond = ZERO;
  #average = ZERO;
  /** Since the last hit; -1: the average is below the threshold. */
  #count = -1;
  /** Since when nothing has waited. */
  #idleSince: Nanos;

  constructor(tools: DisciplineTools) {
    super(tools);
    this.#idleSince = tools.kernel.now;
  }

  override configure(settings: DisciplineSettings): void {
    if (settings.redMaxProbability !== this.settings.redMaxProbability || this.max === 0) {
      this.maxProbability = settings.redMaxProbability;
    }
    super.configure(settings);
    const packetsPerSecond = settings.rate / MEAN_PACKET_BITS;
    this.packetsPerSecond = packetsPerSecond;
    const byTarget = Math.max(5, ((settings.target / SECOND) * packetsPerSecond) / 2);
    this.min = settings.redMin === 0 ? byTarget : settings.redMin;
    this.max = settings.redMax === 0 ? 3 * this.min : settings.redMax;
    const byRate = packetsPerSecond === 0 ? USUAL_WEIGHT : 1 - exp(-1 / packetsPerSecond);
    this.#weight = settings.redWeight === 0 ? byRate : settings.redWeight;
  }

  enqueue(packet: PacketId): void {
    const { length } = this.fifo;
    const kept = length === 0 ? this.#idleFactor(this.tools.kernel.now, 1) : 1 - this.#weight;
    this.#average = kept * this.#average + this.#weight * length;
    if (this.#isHit(length) && !this.#mark(packet)) this.tools.drop(packet);
    else if (this.hasRoomFor(packet)) this.fifo.push(packet);
    else this.tools.drop(packet);
  }

  override dequeue(): PacketId {
    const packet = this.fifo.shift();
    if (packet !== NO_PACKET && this.fifo.length === 0) this.#idleSince = this.tools.kernel.now;
    return packet;
  }

  override evict(into: PacketId[]): void {
    if (this.fifo.length > 0) this.#idleSince = this.tools.kernel.now;
    super.evict(into);
  }

  /** The average at an instant at which no packet comes. */
  protected averageAt(at: Nanos): number {
    return this.fifo.length === 0 ? this.#average * this.#idleFactor(at, 0) : this.#average;
  }

  /** What is left of the average after the packets that could have been sent since nothing waits, each of which would have seen 0. */
  #idleFactor(at: Nanos, more: number): number {
    const idle = Math.max(0, at - this.#idleSince);
    const unseen = Math.floor((this.packetsPerSecond * idle) / SECOND);
    return pow(1 - this.#weight, unseen + more);
  }

  #isHit(length: number): boolean {
    const { random } = this.tools;
    const average = this.#average;
    if (average < this.min || length <= 1) {
      this.#count = -1;
      random.pass();
      return false;
    }
    if (this.#isForced()) {
      this.#count = 0;
      random.pass();
      return true;
    }
    this.#count++;
    const { redGentle } = this.settings;
    const base = baseProbability(average, this.min, this.max, this.maxProbability, redGentle);
    if (!random.chance(spacedProbability(base, this.#count))) return false;
    this.#count = 0;
    return true;
  }

  /** The average is so high that everybody is dropped. */
  #isForced(): boolean {
    return this.#average >= (this.settings.redGentle ? 2 * this.max : this.max);
  }

  /** RFC 3168, section 7: above the highest threshold packets are dropped, not marked. */
  #mark(packet: PacketId): boolean {
    return this.settings.ecn && !this.#isForced() && mark(this.tools.packets, packet);
  }
}
