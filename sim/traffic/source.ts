/** What every kind of traffic has in common: one source per sending VM, started and stopped, sending by the clock. */
import {
  type Actor,
  type ActorId,
  type EventId,
  type Nanos,
  NO_EVENT,
  type RandomStream,
  Rank,
} from '../../engine/index.ts';
import type { Fabric } from '../fabric.ts';
import { PacketFlag } from '../packet.ts';
import type { TrafficSpec } from '../specs.ts';
import type { VmIndex } from '../system-manager.ts';
import type { Program } from '../vm/api.ts';
import type { IpHost } from '../vm/ip-host.ts';

/** What a source stands on. */
export interface SourceGround {
  readonly fabric: Fabric;
  readonly flow: number;
  /** The VM it runs on, and its place among the flow's senders. */
  readonly vm: VmIndex;
  readonly place: number;
  /** The stream of this source alone. */
  readonly random: RandomStream;
  /** The run ends there: nothing is sent at or after it. */
  readonly end: Nanos;
  /** The user's function, for traffic of kind `program`. */
  readonly program: Program | undefined;
}

/** A workload on one VM. */
export interface TrafficSource {
  /** Begins at `at`, now or later; what was begun before and has not ended begins anew. */
  start(at: Nanos): void;
  /** Sends nothing of its own accord from now on. */
  stop(): void;
}

/** Event kinds 0 to 7 belong to the source's own class; this one is its next packet. */
const NEXT = 8;

/**
 * A source that sends one thing after another: `emit` sends it, `gap` says how many ns (a real number) after it the next one is due.
 * Rounding never adds up: the n-th is due at start + round(sum of gaps). The count of the spec counts from each start.
 */
export abstract class PacedSource<S extends TrafficSpec> implements TrafficSource, Actor {
  protected readonly spec: S;
  protected readonly fabric: Fabric;
  protected readonly flow: number;
  protected readonly vm: VmIndex;
  protected readonly host: IpHost;
  protected readonly random: RandomStream;
  protected readonly actor: ActorId;
  /** Flags of every packet it sends. */
  protected flags: number;
  /** The run ends there: what is due later need not be scheduled. */
  protected readonly runEnd: Nanos;
  /** How many packets it has sent in all: the next one's sequence number. */
  protected sent = 0;
  readonly #place: number;
  /** Nothing is sent at or after it. */
  readonly #end: Nanos;
  #event: EventId = NO_EVENT;
  #left = 0;
  #stopped = true;
  // The instant of the present packet, and the part of a nanosecond by which its exact instant is later.
  #due: Nanos = 0;
  #part = 0;

  constructor(spec: S, ground: SourceGround) {
    this.spec = spec;
    this.fabric = ground.fabric;
    this.flow = ground.flow;
    this.vm = ground.vm;
    this.#place = ground.place;
    this.host = ground.fabric.vms[ground.vm]!;
    this.random = ground.random;
    this.flags = (spec.df ? PacketFlag.dontFragment : 0) | (spec.ecn ? PacketFlag.ecnCapable : 0);
    this.runEnd = ground.end;
    this.#end = Math.min(ground.end, spec.stop);
    this.actor = ground.fabric.kernel.enroll(this, Rank.arrival);
  }

  start(at: Nanos): void {
    this.stop();
    this.#stopped = false;
    this.#due = at;
    this.#part = 0;
    this.#left = this.spec.count;
    this.#schedule(this.first());
  }

  stop(): void {
    this.#stopped = true;
    if (this.#event === NO_EVENT) return;
    this.fabric.kernel.cancel(this.#event, this.actor);
    this.#event = NO_EVENT;
  }

  onEvent(kind: number, item: number): void {
    if (kind !== NEXT) {
      this.onOwnEvent(kind, item);
      return;
    }
    this.#event = NO_EVENT;
    // A VM without power sends nothing, but its clock goes on.
    if (this.host.isUp) {
      this.#left--;
      this.emit();
    } else {
      this.skip();
    }
    this.#schedule(this.gap());
  }

  /** The number, unique in its flow, of this source's n-th question. */
  protected numberInFlow(n: number): number {
    return n * this.spec.from.length + this.#place;
  }

  /** Has it been told to send nothing more? Having sent all that it was to send is something else. */
  protected get isStopped(): boolean {
    return this.#stopped || this.fabric.kernel.now >= this.#end;
  }

  /** Sends one; counts every packet in `sent`. */
  protected abstract emit(): void;

  /** Ns from one to the next. Infinity: there is no next. */
  protected abstract gap(): number;

  /** Ns from the start to the first; called at each start. */
  protected first(): number {
    return 0;
  }

  /** One was due, but the VM has no power. */
  protected skip(): void {}

  protected onOwnEvent(_kind: number, _item: number): void {}

  #schedule(gap: number): void {
    if (this.#left <= 0 || this.#stopped || gap === Infinity) return;
    const whole = Math.floor(gap);
    const part = this.#part + (gap - whole);
    const carry = part >= 1 ? 1 : 0;
    this.#part = part - carry;
    this.#due += whole + carry;
    const due = this.#part >= 0.5 ? this.#due + 1 : this.#due;
    if (due < this.#end) this.#event = this.fabric.kernel.at(due, this.actor, NEXT);
  }
}
