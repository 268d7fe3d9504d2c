/** Adaptive RED (Floyd, Gummadi and Shenker, 2001): RED whose highest early drop chance follows the average queue. */
import type { Nanos } from '../../../engine/index.ts';
import type { PacketId } from '../../packet.ts';
import type { DisciplineDefinition, DisciplineTools } from './discipline.ts';
import { RedQueue } from './red-queue.ts';
import { Ticker, type Ticking } from './ticker.ts';

const INTERVAL: Nanos = 500_000_000;
const LEAST = 0.01;
const MOST = 0.5;

/** The chance half a second later: additive increase, multiplicative decrease towards the middle fifth between the thresholds. */
export function adaptedProbability(probability: number, average: number, min: number, max: number): number {
  const part = 0.4 * (max - min);
  if (average > max - part && probability <= MOST) return probability + Math.min(0.01, probability / 4);
  if (average < min + part && probability >= LEAST) return probability * 0.9;
  return probability;
}

class AdaptiveRedQueue extends RedQueue implements Ticking {
  readonly #ticker: Ticker;

  constructor(tools: DisciplineTools) {
    super(tools);
    this.#ticker = new Ticker(tools.kernel, INTERVAL, this);
  }

  override enqueue(packet: PacketId): void {
    this.#ticker.wake();
    super.enqueue(packet);
  }

  override adopt(packet: PacketId): void {
    this.#ticker.wake();
    super.adopt(packet);
  }

  tick(at: Nanos): void {
    const { min, max, maxProbability } = this;
    this.maxProbability = adaptedProbability(maxProbability, this.averageAt(at), min, max);
  }

  isIdle(): boolean {
    return this.fifo.length === 0;
  }

  isAtRest(at: Nanos): boolean {
    // Where no rate is known, nobody knows how much the idle time meant either.
    return this.packetsPerSecond === 0 || (this.maxProbability < LEAST && this.averageAt(at) < this.min);
  }
}

export const ared: DisciplineDefinition = {
  name: 'ared',
  summary: 'RED that finds its drop chance itself (Floyd, Gummadi and Shenker 2001).',
  drawsPerPacket: 1,
  defaults: { redMin: 0, redMax: 0, redWeight: 0 },
  create: (tools) => new AdaptiveRedQueue(tools),
};
