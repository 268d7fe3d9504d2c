/**
 * Proportional Integral controller Enhanced, RFC 8033: drops arriving packets with a chance that a controller derives from the delay
 * and its trend. The delay is measured with time stamps (section 4.3); optional parts in use: ECN (5.1) and the cap of each step (5.5).
 */
import { type Nanos, ZERO } from '../../../engine/index.ts';
import { DUE, NO_PACKET, type PacketId } from '../../packet.ts';
import { mark } from './admission.ts';
import type { DisciplineDefinition, DisciplineSettings, DisciplineTools } from './discipline.ts';
import { OneQueue } from './one-queue.ts';
import { Ticker, type Ticking } from './ticker.ts';

/** Hz. */
const ALPHA = 0.125;
const BETA = 1.25;
const SECOND = 1e9;
/** Above it, packets are dropped that could be marked. */
const MARK_BELOW = 0.1;

/** The drop probability one update later, where packets waited `delay` now and `before` at the last update (section 4.2). */
export function nextDropProbability(probability: number, delay: Nanos, before: Nanos, target: Nanos): number {
  let step = (ALPHA * (delay - target) + BETA * (delay - before)) / SECOND / damping(probability);
  if (probability >= 0.1 && step > 0.02) step = 0.02;
  let next = probability + step;
  if (delay === 0 && before === 0) next *= 0.98;
  return next < 0 ? 0 : next > 1 ? 1 : next;
}

/** Small probabilities move in small steps. */
function damping(probability: number): number {
  if (probability < 0.000001) return 2048;
  if (probability < 0.00001) return 512;
  if (probability < 0.0001) return 128;
  if (probability < 0.001) return 32;
  if (probability < 0.01) return 8;
  if (probability < 0.1) return 2;
  return 1;
}

/** While a packet waits, `DUE` is the instant at which it came. */
class PieQueue extends OneQueue implements Ticking {
  readonly #ticker: Ticker;
  #probability = ZERO;
  #burstAllowance = this.settings.burstAllowance;
  /** How long the last packet that left has waited; 0 when nothing waits. */
  #delay = ZERO;
  /** The same at the last update. */
  #delayBefore = ZERO;

  constructor(tools: DisciplineTools) {
    super(tools);
    this.#ticker = new Ticker(tools.kernel, this.settings.update, this);
  }

  override configure(settings: DisciplineSettings): void {
    if (settings.burstAllowance !== this.settings.burstAllowance) {
      this.#burstAllowance = settings.burstAllowance;
    }
    this.#ticker.every(settings.update);
    super.configure(settings);
  }

  enqueue(packet: PacketId): void {
    this.#ticker.wake();
    if (!this.hasRoomFor(packet)) {
      this.tools.random.pass();
      this.tools.drop(packet);
    } else if (this.#isHit() && !this.#mark(packet)) {
      this.tools.drop(packet);
    } else {
      this.#push(packet);
    }
  }

  override adopt(packet: PacketId): void {
    this.#ticker.wake();
    this.#push(packet);
  }

  override dequeue(): PacketId {
    const packet = this.fifo.shift();
    if (packet === NO_PACKET) return packet;
    const { kernel, packets } = this.tools;
    this.#delay = this.fifo.length === 0 ? 0 : kernel.now - packets.doubles[(packet >> 1) + DUE]!;
    return packet;
  }

  override evict(into: PacketId[]): void {
    super.evict(into);
    this.#delay = 0;
  }

  tick(): void {
    const { target, update, burstAllowance } = this.settings;
    const delay = this.#delay;
    const before = this.#delayBefore;
    this.#probability = nextDropProbability(this.#probability, delay, before, target);
    this.#burstAllowance = Math.max(0, this.#burstAllowance - update);
    if (this.#probability === 0 && delay < target / 2 && before < target / 2) {
      this.#burstAllowance = burstAllowance;
    }
    this.#delayBefore = delay;
  }

  isIdle(): boolean {
    return this.fifo.length === 0;
  }

  isAtRest(): boolean {
    const isCalm = this.#probability === 0 && this.#delayBefore === 0;
    return isCalm && this.#burstAllowance === this.settings.burstAllowance;
  }

  /** Section 4.1, with the safeguards that keep the link busy and let bursts pass (4.4). */
  #isHit(): boolean {
    const { random } = this.tools;
    const isShort = this.fifo.length <= 2;
    const isFast = this.#delayBefore < this.settings.target / 2 && this.#probability < 0.2;
    if (this.#burstAllowance > 0 || isShort || isFast) {
      random.pass();
      return false;
    }
    return random.chance(this.#probability);
  }

  #mark(packet: PacketId): boolean {
    return this.settings.ecn && this.#probability < MARK_BELOW && mark(this.tools.packets, packet);
  }

  #push(packet: PacketId): void {
    const { kernel, packets } = this.tools;
    packets.doubles[(packet >> 1) + DUE] = kernel.now;
    this.fifo.push(packet);
  }
}

export const pie: DisciplineDefinition = {
  name: 'pie',
  summary: 'Drops arriving packets with a chance that keeps the delay at the target (RFC 8033).',
  drawsPerPacket: 1,
  defaults: { target: 15_000_000 },
  create: (tools) => new PieQueue(tools),
};
