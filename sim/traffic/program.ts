/**
 * The user's own program on each sending VM. Every start begins it anew, beside one that still runs; nothing stops it but itself.
 * A VM without power goes on thinking, but what it sends is dropped (`vm-down`), and nothing reaches it.
 */
import { type Actor, type ActorId, type EventId, type Nanos, NO_EVENT, Rank } from '../../engine/index.ts';
import { PacketFlag } from '../packet.ts';
import type { Program } from '../vm/api.ts';
import { Outlet } from '../vm/outlet.ts';
import { ProgramVm } from '../vm/program-vm.ts';
import { defineTraffic, type SpecOf } from './definition.ts';
import type { SourceGround, TrafficSource } from './source.ts';

type Spec = SpecOf<'program'>;

class ProgramSource implements TrafficSource, Actor {
  readonly #spec: Spec;
  readonly #ground: SourceGround;
  readonly #program: Program;
  readonly #outlet: Outlet;
  readonly #actor: ActorId;
  #event: EventId = NO_EVENT;

  constructor(spec: Spec, ground: SourceGround) {
    if (ground.program === undefined) throw new RangeError(`traffic '${spec.id}' has no program`);
    this.#spec = spec;
    this.#ground = ground;
    this.#program = ground.program;
    const flags = (spec.df ? PacketFlag.dontFragment : 0) | (spec.ecn ? PacketFlag.ecnCapable : 0);
    this.#outlet = new Outlet({ ...ground, flags, ttl: spec.ttl });
    this.#actor = ground.fabric.kernel.enroll(this, Rank.program);
  }

  start(at: Nanos): void {
    this.stop();
    if (at < this.#ground.end) this.#event = this.#ground.fabric.kernel.at(at, this.#actor, 0);
  }

  /** Only a start that is still to come can be called off. */
  stop(): void {
    if (this.#event === NO_EVENT) return;
    this.#ground.fabric.kernel.cancel(this.#event, this.#actor);
    this.#event = NO_EVENT;
  }

  onEvent(): void {
    this.#event = NO_EVENT;
    const { fabric, vm } = this.#ground;
    const name = `${this.#spec.id}@${fabric.system.vms[vm]!}`;
    fabric.programs.spawn(name, (parking) =>
      this.#program(new ProgramVm(this.#outlet, parking), this.#spec.args),
    );
  }
}

export const program = defineTraffic({
  name: 'program',
  summary: "The user's own program on each sending VM.",
  transactional: false,
  roams: true,
  create: (spec, ground) => new ProgramSource(spec, ground),
});
