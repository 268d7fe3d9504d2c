/** Named profiles, and who has which, from whom, until when. Applies nothing to packets itself: it owns the pipelines. */
import { type Nanos, NEVER } from '../engine/index.ts';
import { Pipeline, type PipelineGround } from './personality/pipeline.ts';
import type { Profile } from './personality/profile.ts';
import type { Scope } from './specs.ts';
import type { HostIndex, NetworkIndex, SystemManager, VmIndex } from './system-manager.ts';

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
  personality: string | null;
  expires: Nanos;
}

export class PersonalityManager {
  readonly #system: SystemManager;
  readonly #ground: PipelineGround;
  readonly #profiles = new Map<string, Profile>();
  /** By VM: the pipeline for packets from everybody, once there was one. */
  readonly #general: (Lease | undefined)[] = [];
  /** By VM: leases limited to some senders, the most specific first. */
  readonly #limited: (Lease[] | undefined)[] = [];

  constructor(system: SystemManager, ground: PipelineGround) {
    this.#system = system;
    this.#ground = ground;
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

  /** Every pipeline with an assignment in force, by VM, and for whose packets it is. */
  pipelines(): { readonly vm: VmIndex; readonly from: Scope | undefined; readonly pipeline: Pipeline }[] {
    return this.#general.flatMap((_, vm) =>
      this.#leases(vm)
        .filter((lease) => lease.personality !== null)
        .map(({ from, pipeline }) => ({ vm, from, pipeline })),
    );
  }

  /** Every pipeline in front of a VM. */
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
    const list: Assignment[] = [];
    for (let vm = 0; vm < this.#general.length; vm++) {
      for (const lease of this.#leases(vm)) {
        if (lease.personality === null) continue;
        list.push({ vm, personality: lease.personality, from: lease.from, expires: lease.expires });
      }
    }
    return list;
  }

  /** Creates or replaces; every VM that has it feels it at once. */
  setProfile(id: string, profile: Profile): void {
    this.#profiles.set(id, profile);
    for (let vm = 0; vm < this.#general.length; vm++) {
      for (const lease of this.#leases(vm)) if (lease.personality === id) lease.pipeline.configure(profile);
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
    return before;
  }

  /** Without `from`, all of the VM's assignments; a VM without one is left as it is. Returns the personalities removed. */
  remove(vm: VmIndex, from?: Scope): string[] {
    const text = from === undefined ? null : scopeText(from);
    const removed: string[] = [];
    for (const lease of this.#leases(vm)) {
      if (lease.personality === null || (text !== null && scopeText(lease.from) !== text)) continue;
      removed.push(lease.personality);
      lease.personality = null;
      lease.expires = NEVER;
      lease.pipeline.configure(null);
    }
    return removed;
  }

  /** Removes the assignment if it was to end now and nobody has renewed it. */
  expire(vm: VmIndex, from: Scope | undefined, now: Nanos): string | null {
    const text = scopeText(from);
    for (const lease of this.#leases(vm)) {
      if (lease.personality === null || scopeText(lease.from) !== text || lease.expires !== now) continue;
      const personality = lease.personality;
      lease.personality = null;
      lease.expires = NEVER;
      lease.pipeline.configure(null);
      return personality;
    }
    return null;
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

  #leaseFor(vm: VmIndex, from: Scope | undefined): Lease {
    const text = scopeText(from);
    const known = this.#leases(vm).find((lease) => scopeText(lease.from) === text);
    if (known !== undefined) return known;
    const name = this.#system.vms[vm]!;
    const pipeline = new Pipeline(from === undefined ? name : `${name}<${text}`, this.#ground);
    const [breadth, who] = this.#breadth(from);
    const lease: Lease = { breadth, who, from, pipeline, personality: null, expires: NEVER };
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
