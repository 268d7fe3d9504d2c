import { exp, type Kernel, type Nanos } from '../../engine/index.ts';
import { OFFSET_TTL_PROTOCOL, type PacketId, type PacketPool, PORTS, SOURCE } from '../packet.ts';
import type { Router, RouterView } from './router.ts';

/** A flow that has been idle for so long may be moved. */
export const FLOW_IDLE: Nanos = 50_000_000;
/** So many flows are remembered before idle ones are forgotten. */
const SWEEP_AT = 4096;

/**
 * The least loaded candidate. The load of a VM is the bits admitted towards it, averaged exponentially over the window, plus
 * its backlog, divided by its rate; candidates without a rate count as having the highest rate among them. The choice moves only
 * when the best is better by `hysteresis`, and a flow (5-tuple) stays where it is until it has been idle for 50 ms.
 */
export class DynamicRouter implements Router {
  readonly #candidates: Int32Array;
  readonly #view: RouterView;
  readonly #kernel: Kernel;
  readonly #packets: PacketPool;
  #window: Nanos;
  #hysteresis: number;
  /** By candidate: decayed bits, and the instant they were decayed to. */
  readonly #bits: Float64Array;
  readonly #asOf: Float64Array;
  readonly #place = new Map<number, number>();
  #choice = -1;
  /** By flow: candidate's place, and when it was last seen. */
  readonly #flows = new Map<number, { place: number; seen: Nanos }>();

  constructor(
    candidates: Int32Array,
    view: RouterView,
    kernel: Kernel,
    packets: PacketPool,
    window: Nanos,
    hysteresis: number,
  ) {
    this.#candidates = candidates;
    this.#view = view;
    this.#kernel = kernel;
    this.#packets = packets;
    this.#window = window;
    this.#hysteresis = hysteresis;
    this.#bits = new Float64Array(candidates.length);
    this.#asOf = new Float64Array(candidates.length);
    for (let i = 0; i < candidates.length; i++) this.#place.set(candidates[i]!, i);
  }

  /** What a personality's `routing` group asks for, where it steers this router. */
  tune(window: Nanos, hysteresis: number): void {
    this.#window = window;
    this.#hysteresis = hysteresis;
  }

  /** `preferred`: the candidate to leave only for a better one; without it, the one chosen last. */
  choose(packet: PacketId, preferred = -1): number {
    const now = this.#kernel.now;
    const key = this.#flowKey(packet);
    const flow = this.#flows.get(key);
    if (flow !== undefined && now - flow.seen < FLOW_IDLE && this.#isAlive(flow.place)) {
      flow.seen = now;
      return this.#candidates[flow.place]!;
    }
    const place = this.#leastLoaded(this.#place.get(preferred) ?? this.#choice);
    if (place < 0) return -1;
    if (flow !== undefined) {
      flow.place = place;
      flow.seen = now;
    } else {
      if (this.#flows.size >= SWEEP_AT) this.#forgetIdle(now);
      this.#flows.set(key, { place, seen: now });
    }
    return this.#candidates[place]!;
  }

  onLoad(vm: number, bits: number): void {
    const place = this.#place.get(vm);
    if (place === undefined) return;
    this.#decay(place);
    this.#bits[place]! += bits;
  }

  /** Stays at `present` unless the best is better by the hysteresis. */
  #leastLoaded(present: number): number {
    let reference = 0;
    for (let i = 0; i < this.#candidates.length; i++) {
      const rate = this.#view.rate(this.#candidates[i]!);
      if (rate > reference) reference = rate;
    }
    let best = -1;
    let bestLoad = Infinity;
    for (let i = 0; i < this.#candidates.length; i++) {
      if (!this.#isAlive(i)) continue;
      const load = this.#load(i, reference);
      if (load < bestLoad) {
        best = i;
        bestLoad = load;
      }
    }
    if (best < 0) return -1;
    const stays =
      present >= 0 &&
      this.#isAlive(present) &&
      bestLoad >= this.#load(present, reference) * (1 - this.#hysteresis);
    this.#choice = stays ? present : best;
    return this.#choice;
  }

  /** Seconds of sending where rates are known, otherwise bits. */
  #load(place: number, reference: number): number {
    this.#decay(place);
    const vm = this.#candidates[place]!;
    const rate = this.#view.rate(vm) || reference || 1;
    return (this.#bits[place]! + this.#view.backlogBytes(vm) * 8) / rate;
  }

  #decay(place: number): void {
    const now = this.#kernel.now;
    const age = now - this.#asOf[place]!;
    if (age > 0) {
      this.#bits[place]! *= exp(-age / this.#window);
      this.#asOf[place] = now;
    }
  }

  #isAlive(place: number): boolean {
    return this.#view.isAlive(this.#candidates[place]!);
  }

  /** Source address, both ports and protocol in one exact number; the destination is the router's own. */
  #flowKey(packet: PacketId): number {
    const { ints } = this.#packets;
    const protocol = ints[packet + OFFSET_TTL_PROTOCOL]! & 0xff;
    const transport = protocol === 17 ? 1 : protocol === 6 ? 2 : 3;
    return (ints[packet + SOURCE]! * 4 + transport) * 2 ** 32 + (ints[packet + PORTS]! >>> 0);
  }

  #forgetIdle(now: Nanos): void {
    for (const [key, flow] of this.#flows) if (now - flow.seen >= FLOW_IDLE) this.#flows.delete(key);
  }
}
