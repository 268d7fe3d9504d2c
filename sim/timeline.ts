/** What a scenario does at given instants: commands and failures, in order, batches as one. */
import { type Actor, type ActorId, LAST_INSTANT, Rank } from '../engine/index.ts';
import { checkAction } from './action-check.ts';
import type { ControlPlane } from './control-plane.ts';
import type { Fabric } from './fabric.ts';
import type { Outcome, Problem } from './problem.ts';
import type { Command, TimelineEntry, WorldAction } from './specs.ts';
import type { Traffic } from './traffic.ts';

/** A timeline entry could not be carried out: the scenario asks for something that is impossible at that instant. */
export class RefusedAction extends Error {
  override name = 'RefusedAction';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map((each) => `${each.path}: found ${each.found}, allowed: ${each.allowed}`).join('\n'));
    this.problems = problems;
  }
}

export type Impossible = 'stop' | 'skip';

const COMMANDS: ReadonlySet<string> = new Set(['create', 'replace', 'update', 'delete', 'assign', 'remove']);
const isCommand = (action: Command | WorldAction): action is Command => COMMANDS.has(action.op);

export class Timeline implements Actor {
  readonly #entries: readonly TimelineEntry[];
  readonly #fabric: Fabric;
  readonly #control: ControlPlane;
  readonly #traffic: Traffic;
  readonly #actor: ActorId;
  readonly #done: number[];
  readonly #skips: boolean;

  /** `impossible`: what an entry is that cannot be carried out at its instant: the end of the run, or skipped and noted. */
  constructor(
    entries: readonly TimelineEntry[],
    fabric: Fabric,
    control: ControlPlane,
    traffic: Traffic,
    impossible: Impossible = 'stop',
  ) {
    this.#skips = impossible === 'skip';
    this.#entries = entries;
    this.#fabric = fabric;
    this.#control = control;
    this.#traffic = traffic;
    this.#actor = fabric.kernel.enroll(this, Rank.command);
    this.#done = entries.map(() => 0);
    // In the file's order, so that entries of one instant happen in that order.
    for (const [index, entry] of entries.entries()) fabric.kernel.at(entry.at, this.#actor, 0, index);
  }

  onEvent(_kind: number, index: number): void {
    const entry = this.#entries[index]!;
    const outcome = this.perform(entry.actions, entry.path);
    if (!outcome.ok) {
      const refusal = new RefusedAction(outcome.problems);
      if (!this.#skips) throw refusal;
      const { kernel, ledger } = this.#fabric;
      ledger.command({ at: kernel.now, command: 'skip', subject: entry.path, effect: refusal.message });
    }
    this.#done[index]!++;
    this.#repeat(entry, index);
  }

  /** All of them now, or none and why. */
  perform(actions: readonly (Command | WorldAction)[], path: string): Outcome<number> {
    const placeOf = (place: number) => (actions.length === 1 ? path : `${path}.batch[${place}]`);
    const commands = [...actions.keys()].filter((place) => isCommand(actions[place]!));
    const problems = [
      ...this.#control.check(actions.filter(isCommand), (index) => placeOf(commands[index]!)),
      ...actions.flatMap((action, place) =>
        isCommand(action)
          ? []
          : checkAction(action, placeOf(place), this.#fabric, this.#traffic, actions.slice(0, place)),
      ),
    ];
    if (problems.length > 0) return { ok: false, problems };
    for (const action of actions) {
      if (isCommand(action)) this.#control.perform(action);
      else this.#act(action);
    }
    return { ok: true, value: this.#fabric.kernel.now };
  }

  #repeat(entry: TimelineEntry, index: number): void {
    if (entry.every === undefined) return;
    const next = this.#fabric.kernel.now + entry.every;
    if (this.#done[index]! >= (entry.times ?? Infinity) || next > (entry.until ?? LAST_INSTANT)) return;
    this.#fabric.kernel.at(next, this.#actor, 0, index);
  }

  #act(action: WorldAction): void {
    const { system, substrate, partitions, vms, kernel, ledger } = this.#fabric;
    const record = (subject: string, effect: string) =>
      ledger.command({ at: kernel.now, command: action.op, subject, effect });
    switch (action.op) {
      case 'power': {
        const vm = system.vmIndex(action.vm);
        const was = system.isUp[vm] === 1;
        system.setPower(vm, action.on);
        if (was && !action.on) vms[vm]!.forget();
        record(action.vm, `${was ? 'on' : 'off'} -> ${action.on ? 'on' : 'off'}`);
        return;
      }
      case 'migrate': {
        const vm = system.vmIndex(action.vm);
        const from = system.hosts[system.hostOf[vm]!]!;
        system.migrate(vm, system.hostIndex(action.host));
        record(action.vm, `${from} -> ${action.host}`);
        return;
      }
      case 'link': {
        const [a, b] = action.between;
        substrate.setLink(system.hostIndex(a), system.hostIndex(b), action.up);
        record(`${a}-${b}`, action.up ? 'up' : 'down');
        return;
      }
      case 'partition': {
        const indices = (ids: readonly string[]) => ids.map((id) => system.vmIndex(id));
        partitions.begin(action.id, indices(action.between), indices(action.and), action.oneWay, action.hold);
        const arrow = action.oneWay ? '->' : '<->';
        record(
          action.id,
          `${action.between.join(' ')} ${arrow} ${action.and.join(' ')}${action.hold ? ', held' : ''}`,
        );
        return;
      }
      case 'heal':
        record(action.id ?? 'all', `${partitions.heal(action.id)} healed`);
        return;
      case 'start':
        this.#traffic.start(action.traffic);
        record(action.traffic, 'started');
        return;
      case 'stop':
        this.#traffic.stop(action.traffic);
        record(action.traffic, 'stopped');
        return;
    }
  }
}
