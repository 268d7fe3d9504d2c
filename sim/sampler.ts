/** Closes an interval of the time series again and again, as the last thing of its instant. */
import { type Actor, type ActorId, type Nanos, Rank } from '../engine/index.ts';
import type { Fabric } from './fabric.ts';
import type { Probe } from './trace.ts';

export class Sampler implements Actor, Probe {
  readonly #fabric: Fabric;
  readonly #interval: Nanos;
  readonly #until: Nanos;
  readonly #actor: ActorId;
  #start: Nanos = 0;

  constructor(fabric: Fabric, interval: Nanos, until: Nanos) {
    this.#fabric = fabric;
    this.#interval = interval;
    this.#until = until;
    this.#actor = fabric.kernel.enroll(this, Rank.program);
    this.#schedule();
  }

  onEvent(): void {
    this.#close(this.#fabric.kernel.now);
    this.#schedule();
  }

  /** Closes the last interval, which may be a short one. */
  finish(): void {
    const { now } = this.#fabric.kernel;
    if (now > this.#start) this.#close(now);
  }

  backlogBytes(vm: number): number {
    return this.#fabric.steering.backlogBytes(vm);
  }

  backlogPeakBytes(vm: number): number {
    let bytes = 0;
    for (const pipeline of this.#fabric.personalities.pipelinesOf(vm)) bytes += pipeline.takeBacklogPeak();
    return bytes;
  }

  #close(end: Nanos): void {
    this.#fabric.ledger.interval(this.#start, end, this);
    this.#start = end;
  }

  #schedule(): void {
    const next = this.#start + this.#interval;
    if (next < this.#until) this.#fabric.kernel.at(next, this.#actor, 0);
  }
}
