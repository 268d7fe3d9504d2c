/** What every kind of traffic has in common: one source per sending VM, started and stopped, sending by the clock. */
import { type Actor, type ActorId, type EventId, type Nanos, NO_EVENT, Rank, type RandomStream } from '../../engine/index.ts';
import type { Fabric } from '../fabric.ts';
import { PacketFlag } from '../packet.ts';
import type { TrafficSpec } from '../specs.ts';
import { type AddressId, NOBODY, type VmIndex } from '../system-manager.ts';
import type { IpHost } from '../vm/ip-host.ts';

/** What a source stands on. */
export interface SourceGround {
  readonly fabric: Fabric;
  readonly flow: number;
  /** The VM it runs on. */
  readonly vm: VmIndex;
  /** The stream of this source alone. */
  readonly random: RandomStream;
  /** Nothing is sent at or after it. */
  readonly end: Nanos;
}

/** A workload on one VM. */
export interface TrafficSource {
  /** Begins, or begins again, now. */
  start(): void;
  /** Sends nothing from now on. */
  stop(): void;
}

/** Event kinds 0 to 7 belong to the source's own class; this one is its next packet. */
const NEXT = 8;

/**
 * A source that sends one thing after another: `emit` sends it, `gap` says how many ns (a real number) after it the next one is due.
 * Rounding never adds up: the n-th is due at start + round(sum of gaps).
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
  protected readonly flags: number;
  /** How many it has sent. */
  protected sent = 0;
  readonly #end: Nanos;
  #event: EventId = NO_EVENT;
  #began: Nanos = 0;
  #elapsed = 0;

  constructor(spec: S, ground: SourceGround) {
    this.spec = spec;
    this.fabric = ground.fabric;
    this.flow = ground.flow;
    this.vm = ground.vm;
    this.host = ground.fabric.vms[ground.vm]!;
    this.random = ground.random;
    this.flags = (spec.df ? PacketFlag.dontFragment : 0) | (spec.ecn ? PacketFlag.ecnCapable : 0);
    this.#end = Math.min(ground.end, spec.stop);
    this.actor = ground.fabric.kernel.enroll(this, Rank.arrival);
  }

  start(): void {
    this.stop();
    this.#began = this.fabric.kernel.now;
    this.#elapsed = 0;
    this.#schedule(this.first());
  }

  stop(): void {
    if (this.#event === NO_EVENT) return;
    this.fabric.kernel.cancel(this.#event, this.actor);
    this.#event = NO_EVENT;
  }

  onEvent(kind: number, a: number, b: number): void {
    if (kind !== NEXT) {
      this.onOwnEvent(kind, a, b);
      return;
    }
    this.#event = NO_EVENT;
    // A VM without power sends nothing, but its clock goes on.
    if (this.host.isUp) {
      this.emit();
      this.sent++;
    }
    if (this.sent < this.spec.count) this.#schedule(this.gap());
  }

  /** Sends one. */
  protected abstract emit(): void;

  /** Ns from one to the next. Infinity: there is no next. */
  protected abstract gap(): number;

  /** Ns from the start to the first. */
  protected first(): number {
    return 0;
  }

  protected onOwnEvent(_kind: number, _a: number, _b: number): void {}

  #schedule(gap: number): void {
    this.#elapsed += gap;
    const due = this.#began + Math.floor(this.#elapsed + 0.5);
    if (due < this.#end) this.#event = this.fabric.kernel.at(due, this.actor, NEXT);
  }
}

/** Where a source's packets go: a fixed address, or one of several drawn per packet. */
export class Targets {
  readonly #fixed: AddressId;
  readonly #choices: Int32Array;
  readonly #random: RandomStream;

  constructor(spec: TrafficSpec, ground: SourceGround) {
    const { system } = ground.fabric;
    const network = system.network[system.primaryAddress[ground.vm]!]!;
    this.#random = ground.random;
    const { to } = spec;
    if ('address' in to) {
      this.#fixed = system.addressNumber(network, to.address);
      this.#choices = new Int32Array(0);
    } else if ('vm' in to) {
      this.#fixed = addressFrom(ground, system.vmIndex(to.vm));
      this.#choices = new Int32Array(0);
    } else {
      this.#fixed = NOBODY;
      const others = to.anyOf.map((id) => system.vmIndex(id)).filter((vm) => vm !== ground.vm);
      this.#choices = Int32Array.from(others, (vm) => addressFrom(ground, vm));
    }
  }

  /** The next packet's target; one draw where there is a choice. */
  next(): AddressId {
    if (this.#fixed !== NOBODY) return this.#fixed;
    return this.#choices[this.#random.below(this.#choices.length)]!;
  }
}

/** A VM's address as a sender sees it: in a network they share, else its primary address by the sender's routes. */
function addressFrom(ground: SourceGround, vm: VmIndex): AddressId {
  const { system } = ground.fabric;
  for (const own of system.interfacesOf(ground.vm)) {
    const shared = system.addressIn(vm, system.network[own]!);
    if (shared !== NOBODY) return shared;
  }
  return system.inNetwork(system.primaryAddress[vm]!, system.network[system.primaryAddress[ground.vm]!]!);
}
