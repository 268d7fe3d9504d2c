/** Named profiles, and who has which, from whom, until when. Applies nothing to packets itself: it owns the pipelines. */
import { type Nanos, NEVER } from '../engine/index.ts';
import { FarEnds } from './far-ends.ts';
import { egressOf, outward } from './personality/egress.ts';
import { Pipeline, type PipelineGround } from './personality/pipeline.ts';
import type { Profile } from './personality/profile.ts';
import { SameLists } from './personality/same-lists.ts';
import type { Scope } from './specs.ts';
import {
  type AddressId,
  type HostIndex,
  type NetworkIndex,
  NOBODY,
  type SystemManager,
  type VmIndex,
} from './system-manager.ts';

/** Words for a scope: `vm client`, `network prod`, `host eu`; empty for everybody. */
export const scopeText = (scope: Scope | undefined): string =>
  scope === undefined
    ? ''
    : 'vm' in scope
      ? `vm ${scope.vm}`
      : 'network' in scope
        ? `network ${scope.network}`
        : `host ${scope.host}`;

export interface Assignment {
  readonly vm: VmIndex;
  readonly personality: string;
  readonly from: Scope | undefined;
  /** It removes itself at that instant; NEVER for none. */
  readonly expires: Nanos;
}

/** One VM's assignment and pipeline for packets from somebody. Stays, idle, when the assignment goes: its draws are counted on. */
interface Lease {
  /** 0: one VM, 1: a network, 2: a host, 3: everybody. The lowest that matches wins. */
  readonly breadth: number;
  readonly who: VmIndex | NetworkIndex | HostIndex;
  readonly from: Scope | undefined;
  readonly pipeline: Pipeline;
  /** For what the VM sends to those that the lease is limited to; null while no personality here has named an egress. */
  egress: Pipeline | null;
  personality: string | null;
  expires: Nanos;
}

/** A pipeline with an assignment in force. */
export interface PipelineInForce {
  readonly vm: VmIndex;
  /** For whose packets it is, or on the way out to whom. */
  readonly from: Scope | undefined;
  readonly isEgress: boolean;
  readonly pipeline: Pipeline;
}

export class PersonalityManager {
  /** By VM: 1 when what it sends may have to go through a pipeline. */
  readonly hasEgress: Uint8Array;
  readonly #system: SystemManager;
  readonly #ground: PipelineGround;
  readonly #egressGround: PipelineGround;
  readonly #farEnds: FarEnds;
  readonly #profiles = new Map<string, Profile>();
  readonly #lists = new SameLists();
  /** By VM: the pipeline for packets from everybody, once there was one. */
  readonly #general: (Lease | undefined)[] = [];
  /** By VM: leases limited to some senders, the most specific first. */
  readonly #limited: (Lease[] | undefined)[] = [];

  /** Packets leave the pipelines of `ground` towards the VMs in front of which they stand, those of `egressGround` to be routed. */
  constructor(system: SystemManager, ground: PipelineGround, egressGround: PipelineGround) {
    this.#system = system;
    this.#ground = ground;
    this.#egressGround = egressGround;
    this.#farEnds = new FarEnds(system);
    this.hasEgress = new Uint8Array(system.vms.length);
    for (let vm = 0; vm < system.vms.length; vm++) {
      this.#general.push(undefined);
      this.#limited.push(undefined);
    }
  }

  /** The pipeline in front of `vm` for packets of `sender`; null when nothing ever stood there. */
  pipelineFor(vm: VmIndex, sender: VmIndex): Pipeline | null {
    const limited = this.#limited[vm];
    if (limited !== undefined) {
      for (const lease of limited)
        if (lease.personality !== null && this.#matches(lease, sender)) return lease.pipeline;
    }
    const general = this.#general[vm];
    return general === undefined ? null : general.pipeline;
  }

  /**
   * The pipeline for what `vm` sends to `target`: that of the assignment that would count for packets from there. Null when
   * nothing ever stood there, and for what the VM sends to itself.
   */
  egressFor(vm: VmIndex, target: AddressId): Pipeline | null {
    if (this.#system.owner[target] === vm) return null;
    const limited = this.#limited[vm];
    if (limited !== undefined) {
      const end = this.#farEnds.of(target);
      for (const lease of limited)
        if (lease.personality !== null && this.#isAt(lease, end)) return lease.egress;
    }
    return this.#general[vm]?.egress ?? null;
  }

  /** By VM. */
  pipelines(): PipelineInForce[] {
    return this.#general.flatMap((_, vm) => this.#leases(vm).flatMap((lease) => inForce(vm, lease)));
  }

  /** Every pipeline in front of a VM; what it sends goes through others. */
  pipelinesOf(vm: VmIndex): readonly Pipeline[] {
    return this.#leases(vm).map((lease) => lease.pipeline);
  }

  profile(id: string): Profile | undefined {
    return this.#profiles.get(id);
  }

  /** In the order of their creation. */
  get profiles(): ReadonlyMap<string, Profile> {
    return this.#profiles;
  }

  /** Assignments in force, by VM, the general one first. */
  assignments(): Assignment[] {
    return this.#general.flatMap((_, vm) => this.assignmentsOf(vm));
  }

  assignmentsOf(vm: VmIndex): Assignment[] {
    return this.#leases(vm).flatMap(({ personality, from, expires }) =>
      personality === null ? [] : [{ vm, personality, from, expires }],
    );
  }

  /** Creates or replaces; every VM that has it feels it at once. */
  setProfile(id: string, given: Profile): void {
    const profile = this.#lists.of(given);
    this.#profiles.set(id, profile);
    for (let vm = 0; vm < this.#general.length; vm++) {
      for (const lease of this.#leases(vm)) {
        if (lease.personality === null) continue;
        if (lease.personality === id) lease.pipeline.configure(profile);
        if (lease.personality === id || this.#egressOf(lease) === id) this.#configureEgress(vm, lease);
      }
    }
  }

  deleteProfile(id: string): void {
    this.#profiles.delete(id);
  }

  /** The profile must exist. Returns what was in force before. */
  assign(vm: VmIndex, personality: string, from: Scope | undefined, expires: Nanos): string | null {
    const lease = this.#leaseFor(vm, from);
    const before = lease.personality;
    lease.personality = personality;
    lease.expires = expires;
    lease.pipeline.configure(this.#profiles.get(personality)!);
    this.#configureEgress(vm, lease);
    return before;
  }

  /** Without `from`, all of the VM's assignments; a VM without one is left as it is. Returns the personalities removed. */
  remove(vm: VmIndex, from?: Scope): string[] {
    const text = from === undefined ? null : scopeText(from);
    const removed: string[] = [];
    for (const lease of this.#leases(vm)) {
      if (lease.personality === null || (text !== null && scopeText(lease.from) !== text)) continue;
      removed.push(lease.personality);
      this.#release(vm, lease);
    }
    return removed;
  }

  /** Removes the assignment if it was to end now and nobody has renewed it. */
  expire(vm: VmIndex, from: Scope | undefined, now: Nanos): string | null {
    const text = scopeText(from);
    for (const lease of this.#leases(vm)) {
      if (lease.personality === null || scopeText(lease.from) !== text || lease.expires !== now) continue;
      const { personality } = lease;
      this.#release(vm, lease);
      return personality;
    }
    return null;
  }

  #release(vm: VmIndex, lease: Lease): void {
    lease.personality = null;
    lease.expires = NEVER;
    lease.pipeline.configure(null);
    this.#configureEgress(vm, lease);
  }

  /** The id of the personality for what the VM sends. */
  #egressOf({ personality }: Lease): string | undefined {
    return personality === null ? undefined : egressOf(this.#profiles.get(personality));
  }

  #configureEgress(vm: VmIndex, lease: Lease): void {
    const id = this.#egressOf(lease);
    const profile = id === undefined ? undefined : this.#profiles.get(id);
    if (profile === undefined) {
      lease.egress?.configure(null);
      return;
    }
    lease.egress ??= new Pipeline(`${this.#nameOf(vm, lease.from)}/egress`, this.#egressGround);
    lease.egress.configure(outward(profile));
    this.hasEgress[vm] = 1;
  }

  /** Names the random streams. */
  #nameOf(vm: VmIndex, from: Scope | undefined): string {
    const name = this.#system.vms[vm]!;
    return from === undefined ? name : `${name}<${scopeText(from)}`;
  }

  #leases(vm: VmIndex): Lease[] {
    const general = this.#general[vm];
    const limited = this.#limited[vm] ?? [];
    return general === undefined ? limited : [general, ...limited];
  }

  #matches(lease: Lease, sender: VmIndex): boolean {
    switch (lease.breadth) {
      case 0:
        return lease.who === sender;
      case 1:
        return this.#system.addressIn(sender, lease.who) >= 0;
      default:
        return this.#system.hostOf[sender] === lease.who;
    }
  }

  /** Is the lease for packets from whoever has the address, or from the pool's network? `end` is the address where it is at home. */
  #isAt(lease: Lease, end: AddressId): boolean {
    const owner = this.#system.owner[end]!;
    if (owner !== NOBODY) return this.#matches(lease, owner);
    return lease.breadth === 1 && this.#system.network[end] === lease.who;
  }

  #leaseFor(vm: VmIndex, from: Scope | undefined): Lease {
    const text = scopeText(from);
    const known = this.#leases(vm).find((lease) => scopeText(lease.from) === text);
    if (known !== undefined) return known;
    const pipeline = new Pipeline(this.#nameOf(vm, from), this.#ground);
    const [breadth, who] = this.#breadth(from);
    const lease: Lease = { breadth, who, from, pipeline, egress: null, personality: null, expires: NEVER };
    if (from === undefined) {
      this.#general[vm] = lease;
    } else {
      const limited = [...(this.#limited[vm] ?? []), lease];
      this.#limited[vm] = limited.sort((a, b) => a.breadth - b.breadth);
    }
    return lease;
  }

  #breadth(from: Scope | undefined): [number, number] {
    if (from === undefined) return [3, -1];
    if ('vm' in from) return [0, this.#system.vmIndex(from.vm)];
    if ('network' in from) return [1, this.#system.networkIndex(from.network)];
    return [2, this.#system.hostIndex(from.host)];
  }
}

function inForce(vm: VmIndex, { personality, from, pipeline, egress }: Lease): PipelineInForce[] {
  if (personality === null) return [];
  const inward: PipelineInForce = { vm, from, isEgress: false, pipeline };
  return egress === null ? [inward] : [inward, { vm, from, isEgress: true, pipeline: egress }];
}
