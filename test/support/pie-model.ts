/** PIE as RFC 8033 writes it down (sections 4, 5.1 and 5.5, with time stamps), its timer always running: a reference to compare with. */

export interface PieModelPacket {
  readonly seq: number;
  readonly size: number;
  readonly ecn: boolean;
  /** Whole ns. */
  readonly came: number;
  marked: boolean;
}

export interface PieParameters {
  /** Seconds. */
  readonly QDELAY_REF: number;
  readonly T_UPDATE: number;
  readonly MAX_BURST: number;
  readonly TAIL_DROP_PACKETS: number;
  readonly ecn: boolean;
}

const alpha = 0.125;
const beta = 1.25;
const mark_ecnth = 0.1;

export class PieModel {
  readonly dropped: number[] = [];
  drop_prob = 0;
  burst_allowance: number;
  #qdelay_old = 0;
  #current_qdelay = 0;
  readonly queue: PieModelPacket[] = [];
  readonly #parameters: PieParameters;

  constructor(parameters: PieParameters) {
    this.#parameters = parameters;
    this.burst_allowance = parameters.MAX_BURST;
  }

  /** On each packet arrival. `u` is the packet's random number. */
  enqueue(packet: PieModelPacket, u: number): void {
    const { TAIL_DROP_PACKETS, ecn } = this.#parameters;
    if (this.queue.length + 1 > TAIL_DROP_PACKETS) {
      this.dropped.push(packet.seq);
    } else if (this.burst_allowance === 0 && this.#dropEarly(u)) {
      if (ecn && packet.ecn && this.drop_prob < mark_ecnth) {
        packet.marked = true;
        this.queue.push(packet);
      } else {
        this.dropped.push(packet.seq);
      }
    } else {
      this.queue.push(packet);
    }
  }

  /** On each packet departure; `now` in whole ns. */
  dequeue(now: number): PieModelPacket | null {
    const packet = this.queue.shift() ?? null;
    if (packet === null) return null;
    this.#current_qdelay = this.queue.length === 0 ? 0 : (now - packet.came) / 1e9;
    return packet;
  }

  /** Every T_UPDATE. */
  calculate_drop_prob(): void {
    const { QDELAY_REF, T_UPDATE, MAX_BURST } = this.#parameters;
    const current_qdelay = this.#current_qdelay;
    let p = alpha * (current_qdelay - QDELAY_REF) + beta * (current_qdelay - this.#qdelay_old);
    if (this.drop_prob < 0.000001) p /= 2048;
    else if (this.drop_prob < 0.00001) p /= 512;
    else if (this.drop_prob < 0.0001) p /= 128;
    else if (this.drop_prob < 0.001) p /= 32;
    else if (this.drop_prob < 0.01) p /= 8;
    else if (this.drop_prob < 0.1) p /= 2;
    if (this.drop_prob >= 0.1 && p > 0.02) p = 0.02;
    this.drop_prob += p;
    if (current_qdelay === 0 && this.#qdelay_old === 0) this.drop_prob *= 0.98;
    if (this.drop_prob < 0) this.drop_prob = 0;
    if (this.drop_prob > 1) this.drop_prob = 1;
    const calm = this.drop_prob === 0 && current_qdelay < QDELAY_REF / 2 && this.#qdelay_old < QDELAY_REF / 2;
    // Whole nanoseconds, or 150 ms would not be ten times 15 ms.
    const left = Math.round((this.burst_allowance - T_UPDATE) * 1e9) / 1e9;
    this.burst_allowance = calm ? MAX_BURST : Math.max(0, left);
    this.#qdelay_old = current_qdelay;
  }

  #dropEarly(u: number): boolean {
    const { QDELAY_REF } = this.#parameters;
    if ((this.#qdelay_old < QDELAY_REF / 2 && this.drop_prob < 0.2) || this.queue.length <= 2) return false;
    return u < this.drop_prob;
  }
}
