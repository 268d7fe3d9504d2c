/**
 * The commands: the only thing that changes a personality. The scenario's timeline, the HTTP API and the UI all come through here.
 * A batch is checked as a whole, then applied at one instant: all of it, or nothing and why.
 */
import {
  type Actor,
  type ActorId,
  type Kernel,
  LAST_INSTANT,
  type Nanos,
  NEVER,
  Rank,
} from '../engine/index.ts';
import type { Ledger } from './ledger.ts';
import { checkProfile, combinationProblems, shortText } from './personality/check.ts';
import { egressCircle, egressOf } from './personality/egress.ts';
import { FIELDS } from './personality/fields.ts';
import type { Profile } from './personality/profile.ts';
import { type PersonalityManager, scopeText } from './personality-manager.ts';
import type { Outcome, Problem } from './problem.ts';
import type { Command, Scope } from './specs.ts';
import type { SystemManager, VmIndex } from './system-manager.ts';

const LEAST_IPV6_MTU = 1280;
const FLOW_FIELDS = FIELDS.filter(({ kind }) => kind === 'flow').map(({ path }) => path);

interface Expiry {
  readonly vm: VmIndex;
  readonly from: Scope | undefined;
}

export class ControlPlane implements Actor {
  readonly #kernel: Kernel;
  readonly #system: SystemManager;
  readonly #personalities: PersonalityManager;
  readonly #ledger: Ledger;
  readonly #actor: ActorId;
  readonly #expiries: Expiry[] = [];

  constructor(kernel: Kernel, system: SystemManager, personalities: PersonalityManager, ledger: Ledger) {
    this.#kernel = kernel;
    this.#system = system;
    this.#personalities = personalities;
    this.#ledger = ledger;
    this.#actor = kernel.enroll(this, Rank.command);
  }

  /**
   * The instant of effect, or every problem; then nothing has changed. Problems have paths like `[1].vm`; `pathOf` says how the
   * caller's user knows the command of that index.
   */
  apply(batch: readonly Command[], pathOf = byIndex): Outcome<Nanos> {
    const problems = this.check(batch, pathOf);
    if (problems.length > 0) return { ok: false, problems };
    for (const command of batch) this.perform(command);
    return { ok: true, value: this.#kernel.now };
  }

  /** What would be wrong with the batch now; each command is checked against what those before it leave behind. */
  check(batch: readonly Command[], pathOf = byIndex): Problem[] {
    const problems: Problem[] = [];
    const profiles = new Map(this.#personalities.profiles);
    let known: Map<string, string> | undefined;
    // Of thousands of VMs that is work, which most commands on their own can do without.
    const assigned = (): Map<string, string> => {
      known ??= new Map(
        this.#personalities
          .assignments()
          .map((each) => [key(this.#system.vms[each.vm]!, each.from), each.personality]),
      );
      return known;
    };
    const isFollowed = batch.length > 1;
    batch.forEach((command, index) => {
      this.#checkOne(command, pathOf(index), profiles, assigned, isFollowed, problems);
    });
    return problems;
  }

  onEvent(_kind: number, number: number): void {
    const { vm, from } = this.#expiries[number]!;
    const personality = this.#personalities.expire(vm, from, this.#kernel.now);
    if (personality === null) return;
    this.#record('expire', this.#system.vms[vm]!, `${personality} -> none${fromText(from)}`);
  }

  #checkOne(
    command: Command,
    at: string,
    profiles: Map<string, Profile>,
    assigned: () => Map<string, string>,
    isFollowed: boolean,
    problems: Problem[],
  ): void {
    const problem = (field: string, found: string, allowed: string, kind?: Problem['kind']) =>
      problems.push({ path: `${at}.${field}`, found, allowed, ...(kind && { kind }) });
    const existing = [...profiles.keys()];
    switch (command.op) {
      case 'create':
        if (profiles.has(command.personality))
          problem('create', command.personality, 'the id of no personality yet', 'conflict');
        profiles.set(command.personality, command.values);
        this.#checkValues(command.personality, command.values, `${at}.values`, profiles, problems);
        return;
      case 'replace':
      case 'update': {
        const given = command.op === 'update' ? command.set : command.values;
        const field = command.op === 'update' ? 'set' : 'values';
        const before = profiles.get(command.personality);
        if (before === undefined) {
          problems.push(...checkProfile(given, `${at}.${field}`));
          problem(command.op, command.personality, oneOf(existing), 'missing');
          return;
        }
        profiles.set(command.personality, command.op === 'update' ? { ...before, ...given } : given);
        this.#checkValues(command.personality, given, `${at}.${field}`, profiles, problems);
        if (!isNarrow(profiles.get(command.personality), profiles)) return;
        for (const [who, personality] of assigned())
          this.#checkMtus(vmOf(who), personality, command.personality, `${at}.${field}`, profiles, problems);
        return;
      }
      case 'delete':
        if (!profiles.has(command.personality))
          problem('delete', command.personality, oneOf(existing), 'missing');
        else if ([...assigned().values()].includes(command.personality)) {
          problem(
            'delete',
            `${command.personality}, which is assigned`,
            'a personality that no VM has',
            'conflict',
          );
        } else {
          const user = existing.find(
            (id) => id !== command.personality && egressOf(profiles.get(id)) === command.personality,
          );
          if (user === undefined) profiles.delete(command.personality);
          else
            problem(
              'delete',
              `${command.personality}, the egress of ${user}`,
              'a personality that none names',
              'conflict',
            );
        }
        return;
      case 'assign': {
        const profile = profiles.get(command.personality);
        if (profile === undefined) problem('assign', command.personality, oneOf(existing), 'missing');
        if (!this.#system.hasVm(command.vm)) problem('vm', command.vm, 'the id of a VM', 'missing');
        this.#checkScope(command.from, `${at}.from`, problems);
        if (command.ttl !== undefined && !(command.ttl > 0 && Number.isInteger(command.ttl))) {
          problem('ttl', `${command.ttl} ns`, 'whole nanoseconds above 0');
        }
        if (profile !== undefined && this.#system.hasVm(command.vm)) {
          const out = egressOf(profile);
          if (out !== undefined && !profiles.has(out))
            problem('assign', `${command.personality}, whose egress is ${out}`, oneOf(existing), 'missing');
          this.#checkMtu(command.vm, profile, `${at}.assign`, problems);
          this.#checkMtu(command.vm, profiles.get(out ?? ''), `${at}.assign`, problems);
          if (isFollowed) assigned().set(key(command.vm, command.from), command.personality);
        }
        return;
      }
      case 'remove': {
        if (!this.#system.hasVm(command.vm)) problem('vm', command.vm, 'the id of a VM', 'missing');
        this.#checkScope(command.from, `${at}.from`, problems);
        for (const who of isFollowed ? [...assigned().keys()] : []) {
          const meant =
            command.from === undefined ? vmOf(who) === command.vm : who === key(command.vm, command.from);
          if (meant) assigned().delete(who);
        }
        return;
      }
    }
  }

  /** `given` as it is, then what it makes of the personality, and whom it names. */
  #checkValues(
    id: string,
    given: Profile,
    at: string,
    profiles: ReadonlyMap<string, Profile>,
    problems: Problem[],
  ): void {
    const wrong = checkProfile(given, at);
    problems.push(...wrong);
    if (wrong.length > 0) return;
    for (const { path, ...problem } of combinationProblems(profiles.get(id)!, given))
      problems.push({ path: `${at}.${path}`, ...problem });
    const out = egressOf(given);
    const circle = out === undefined ? null : egressCircle(id, profiles);
    if (out !== undefined && !profiles.has(out)) {
      problems.push({ path: `${at}.egress`, found: out, allowed: oneOf([...profiles.keys()]) });
    } else if (circle !== null) {
      problems.push({ path: `${at}.egress`, found: circle.join(' > '), allowed: NO_CIRCLE });
    }
    for (const path of FLOW_FIELDS) {
      const flow = given[path];
      if (flow === undefined || this.#system.flows.some((each) => each.id === flow)) continue;
      problems.push({ path: `${at}.${path}`, found: String(flow), allowed: 'the id of traffic' });
    }
  }

  #checkScope(from: Scope | undefined, path: string, problems: Problem[]): void {
    if (from === undefined) return;
    const problem = (found: string, what: string) =>
      problems.push({ path, found, allowed: `the id of a ${what}`, kind: 'missing' });
    if ('vm' in from) {
      if (!this.#system.hasVm(from.vm)) problem(from.vm, 'VM');
    } else if ('network' in from) {
      if (!this.#system.hasNetwork(from.network)) problem(from.network, 'network');
    } else if (!this.#system.hasHost(from.host)) problem(from.host, 'host');
  }

  /** After a change of `changed`: what the VM meets, which has `personality`. */
  #checkMtus(
    vm: string,
    personality: string,
    changed: string,
    at: string,
    profiles: ReadonlyMap<string, Profile>,
    problems: Problem[],
  ): void {
    const profile = profiles.get(personality);
    const out = egressOf(profile);
    if (personality === changed) {
      this.#checkMtu(vm, profile, `${at}.mtu`, problems);
      this.#checkMtu(vm, profiles.get(out ?? ''), `${at}.egress`, problems);
    } else if (out === changed) this.#checkMtu(vm, profiles.get(out), `${at}.mtu`, problems);
  }

  #checkMtu(vm: string, profile: Profile | undefined, path: string, problems: Problem[]): void {
    const mtu = profile?.['mtu'];
    if (typeof mtu !== 'number' || mtu >= LEAST_IPV6_MTU) return;
    const isIpv6 = this.#system
      .interfacesOf(this.#system.vmIndex(vm))
      .some((each) => this.#system.isIpv6[each] === 1);
    if (!isIpv6) return;
    problems.push({
      path,
      found: `mtu ${mtu} in front of '${vm}'`,
      allowed: 'at least 1280 in an IPv6 network',
    });
  }

  /** Carries out a command whose batch has passed {@link check} at this very instant. */
  perform(command: Command): void {
    switch (command.op) {
      case 'create':
        this.#personalities.setProfile(command.personality, command.values);
        this.#record('create', command.personality, fieldsText(command.values));
        return;
      case 'replace': {
        const before = this.#personalities.profile(command.personality)!;
        this.#personalities.setProfile(command.personality, command.values);
        this.#record('replace', command.personality, changesText(before, command.values));
        return;
      }
      case 'update': {
        const before = this.#personalities.profile(command.personality)!;
        const after = { ...before, ...command.set };
        this.#personalities.setProfile(command.personality, after);
        this.#record('update', command.personality, changesText(before, after));
        return;
      }
      case 'delete':
        this.#personalities.deleteProfile(command.personality);
        this.#record('delete', command.personality, 'deleted');
        return;
      case 'assign':
        this.#assign(command.vm, command.personality, command.from, command.ttl);
        return;
      case 'remove': {
        const removed = this.#personalities.remove(this.#system.vmIndex(command.vm), command.from);
        this.#record(
          'remove',
          command.vm,
          `${removed.join(', ') || 'none'} -> none${fromText(command.from)}`,
        );
        return;
      }
    }
  }

  #assign(vmId: string, personality: string, from: Scope | undefined, ttl: Nanos | undefined): void {
    const vm = this.#system.vmIndex(vmId);
    const expires = ttl === undefined ? NEVER : this.#kernel.now + ttl;
    const before = this.#personalities.assign(vm, personality, from, expires);
    if (ttl !== undefined && expires <= LAST_INSTANT) {
      this.#expiries.push({ vm, from });
      this.#kernel.at(expires, this.#actor, 0, this.#expiries.length - 1);
    }
    this.#record('assign', vmId, `${before ?? 'none'} -> ${personality}${fromText(from)}`);
  }

  #record(command: string, subject: string, effect: string): void {
    this.#ledger.command({ at: this.#kernel.now, command, subject, effect });
  }
}

export const NO_CIRCLE =
  'no way back to itself (the egress of an egress is not followed); for the same both ways, a second personality';

/** Whether it, or what its users send through, has an MTU that not every network can take. */
const isNarrow = (profile: Profile | undefined, profiles: ReadonlyMap<string, Profile>): boolean =>
  [profile, profiles.get(egressOf(profile) ?? '')].some(
    (each) => Number(each?.['mtu'] ?? Infinity) < LEAST_IPV6_MTU,
  );

const byIndex = (index: number): string => `[${index}]`;
/** A VM and a scope as one text; VM ids hold no line breaks. */
const key = (vm: string, from: Scope | undefined): string => `${vm}\n${scopeText(from)}`;
const vmOf = (who: string): string => who.slice(0, who.indexOf('\n'));
const fromText = (from: Scope | undefined): string => (from === undefined ? '' : ` from ${scopeText(from)}`);
const oneOf = (ids: readonly string[]): string =>
  ids.length === 0 ? 'the id of a personality (there are none)' : `one of ${ids.join(', ')}`;

const fieldsText = (profile: Profile): string =>
  Object.keys(profile)
    .sort()
    .map((path) => `${path} ${shortText(profile[path])}`)
    .join(', ');

function changesText(before: Profile, after: Profile): string {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths
    .filter((path) => before[path] !== after[path])
    .map((path) => `${path} ${shortText(before[path] ?? 'unset')} -> ${shortText(after[path] ?? 'unset')}`)
    .join(', ');
}
