/** One simulated world, put together from the parts. */
import {
  createQueue,
  Inbox,
  Kernel,
  type Nanos,
  type Pacer,
  Pause,
  Programs,
  type QueueName,
  RandomSource,
  virtualPacer,
} from '../engine/index.ts';
import { CommunicationManager, type WireObserver } from './communication-manager.ts';
import { ControlPlane } from './control-plane.ts';
import type { Fabric } from './fabric.ts';
import { Ledger } from './ledger.ts';
import { Octets } from './octets.ts';
import { type PacketId, PacketPool, SENDER } from './packet.ts';
import { Partitions } from './partitions.ts';
import { groundFor } from './personality/pipeline.ts';
import type { PipelineWatch } from './personality/watch.ts';
import { PersonalityManager, scopeText } from './personality-manager.ts';
import { Sampler } from './sampler.ts';
import type { Command, TimelineEntry, WorldAction, WorldSpec } from './specs.ts';
import { Steering } from './steering.ts';
import { type LinkFigures, type LinkLoad, type QueueLimit, Substrate } from './substrate.ts';
import { Surround } from './surround.ts';
import { SystemManager } from './system-manager.ts';
import { type Impossible, RefusedAction, Timeline } from './timeline.ts';
import { Fate, type Names, type TraceSink } from './trace.ts';
import { flowInfo, Traffic } from './traffic.ts';
import type { Program } from './vm/api.ts';
import { IpHost } from './vm/ip-host.ts';

export interface WorldOptions {
  readonly queue?: QueueName;
  readonly pacer?: Pacer;
  /** The run ends there. */
  readonly until: Nanos;
  /** Length of a time-series interval. */
  readonly interval: Nanos;
  /** The users' functions, by the id of their traffic of kind `program`. */
  readonly programs?: ReadonlyMap<string, Program>;
  /** What happens to the timeline's entries that are impossible at their instant; default: the run ends. */
  readonly impossible?: Impossible;
  /** Where the journal is kept; default: in an array. */
  readonly journal?: Journal;
  /** Looks on from within, for explanations; absent: nobody does, at no cost. */
  readonly watch?: WorldWatch;
}

/** Told of the parts of a world while it is put together. It may look at them, not change what they do. */
export interface WorldWatch extends PipelineWatch {
  /** Before anybody has a random stream. */
  random(random: RandomSource): void;
  /** Before there are any. */
  personalities(personalities: PersonalityManager): void;
  /** All of it, before anything happens. */
  world(world: World): void;
}

/** What was posted and took effect, as a timeline that repeats it. An array is one. */
export interface Journal {
  readonly length: number;
  push(entry: TimelineEntry): unknown;
  /** A copy of all of it. */
  slice(): readonly TimelineEntry[];
}

type Actions = readonly (Command | WorldAction)[];

/** Someone who posts and wants to be there when it happens. */
export interface Attendance {
  /** Called just before; nothing happens when it throws, and the promise rejects with that. */
  before?(): void;
  /** Called at once after it was done, before anything else happens. */
  after?(at: Nanos): void;
}

/** Actions, or what says which when their instant has come. */
interface Posted {
  readonly actions: Actions | (() => Actions);
  readonly attendance: Attendance;
}

/** Between two breaths of the host so many events happen, some milliseconds of work. */
const EVENTS_PER_BREATH = 10_000;
/** So many times programs think between two breaths. */
const ROUNDS_PER_BREATH = 5_000;

export class World {
  readonly kernel: Kernel;
  readonly programs = new Programs();
  readonly system: SystemManager;
  readonly control: ControlPlane;
  readonly personalities: PersonalityManager;
  readonly packets = new PacketPool();
  readonly fabric: Fabric;
  /** What packets look like. */
  readonly octets: Octets;
  readonly timeline: Timeline;
  readonly traffic: Traffic;
  readonly #ledger: Ledger;
  readonly #substrate: Substrate;
  readonly #sampler: Sampler;
  readonly #pacer: Pacer;
  readonly #until: Nanos;
  readonly #inbox: Inbox<Posted>;
  readonly #journal: Journal;
  /** Those who want to look, see {@link World.look}. */
  #lookers: (() => void)[] = [];
  /** The last instant at which something has happened; none yet. */
  #touched: Nanos = -1;
  #stopped = false;
  #ended = false;

  constructor(spec: WorldSpec, options: WorldOptions) {
    this.#pacer = options.pacer ?? virtualPacer();
    this.#until = options.until;
    this.#journal = options.journal ?? [];
    this.#inbox = new Inbox({ onPost: () => this.#pacer.poke() });
    const kernel = new Kernel(createQueue(options.queue ?? 'ladder'));
    this.kernel = kernel;
    kernel.watch(this.programs);
    const { packets } = this;
    const random = new RandomSource(spec.seed);
    const { watch } = options;
    watch?.random(random);
    const system = new SystemManager(spec);
    this.system = system;
    this.octets = new Octets({ packets, system });
    system.flows = spec.traffic.map(flowInfo);
    system.dscp = spec.traffic.map((traffic) => traffic.dscp);
    this.#ledger = new Ledger(kernel, packets);
    const ledger = this.#ledger;
    const managers: CommunicationManager[] = [];
    const vms: IpHost[] = [];
    const exit = {
      leave: (packet: PacketId): void =>
        managers[system.hostOf[packets.ints[packet + SENDER]!]!]!.transmit(packet),
      drop: (packet: PacketId, why: Fate): false => {
        ledger.end(packet, why);
        return false;
      },
      replaced: (packet: PacketId): void => ledger.end(packet, Fate.fragmented),
      arrive: (packet: PacketId, host: number): void => managers[host]!.receive(packet),
    };
    const steering = new Steering({
      kernel,
      packets,
      random,
      system,
      personalities: () => this.personalities,
    });
    const surroundings = new Surround(steering, system, packets, vms);
    const egress = {
      surroundings: new Surround(steering, system, packets, vms, true),
      exit: {
        ...exit,
        leave: (packet: PacketId): void =>
          managers[system.hostOf[packets.ints[packet + SENDER]!]!]!.route(packet),
      },
    };
    this.personalities = new PersonalityManager(
      system,
      groundFor({ kernel, packets, random, surroundings, meter: steering.meter, exit, watch }),
      groundFor({ kernel, packets, random, ...egress, meter: null, watch }),
    );
    watch?.personalities(this.personalities);
    this.#substrate = new Substrate(spec, system, { kernel, packets, random }, exit);
    const fabric: Fabric = {
      kernel,
      random,
      packets,
      ledger,
      system,
      personalities: this.personalities,
      partitions: new Partitions(ledger, exit.leave),
      steering,
      substrate: this.#substrate,
      managers,
      vms,
      programs: this.programs,
    };
    this.fabric = fabric;
    for (let host = 0; host < system.hosts.length; host++)
      managers.push(new CommunicationManager(host, fabric));
    for (let vm = 0; vm < system.vms.length; vm++) vms.push(new IpHost(vm, fabric));
    this.control = new ControlPlane(kernel, system, this.personalities, ledger);
    this.#sampler = new Sampler(fabric, options.interval, options.until);
    this.#setUp(spec);
    this.traffic = new Traffic(spec.traffic, fabric, options.until, options.programs);
    this.timeline = new Timeline(spec.timeline, fabric, this.control, this.traffic, options.impossible);
    watch?.world(this);
  }

  /** How the numbers in the trace are read. */
  get names(): Names {
    return this.system;
  }

  get isPartial(): boolean {
    return this.kernel.now < this.#until;
  }

  /** Before the run. */
  attach(sink: TraceSink): void {
    this.#ledger.attach(sink);
  }

  /** From now on, this one (none: null) sees what is on the physical network, instead of whoever did before. */
  observe(observer: WireObserver | null): void {
    for (const manager of this.fabric.managers) manager.observer = observer;
  }

  /**
   * Has commands and failures happen while the world runs: all of them between two events, at one instant, which the promise
   * resolves with; or none, and it rejects with a {@link RefusedAction}. What was done so is in `journal`, and since nothing
   * else had happened at its instant before, a timeline repeats it.
   */
  post(actions: Actions | (() => Actions), attendance: Attendance = {}): Promise<Nanos> {
    return this.#inbox.post({ actions, attendance });
  }

  /**
   * Has `view` look at the world while it runs, at an instant at which nothing has happened: a run that ends there has done the
   * same. After the run, it looks at its end. The promise resolves with what it returns. It must not change anything.
   */
  look<T>(view: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const visit = (): void => {
        try {
          resolve(view());
        } catch (error) {
          reject(error);
        }
      };
      if (this.#ended) {
        visit();
        return;
      }
      this.#lookers.push(visit);
      this.#pacer.poke();
    });
  }

  /** Tells one sink what the end of the run would tell all of them, if it were now. For {@link World.look}. */
  preview(sink: TraceSink): void {
    this.#ledger.preview(sink);
  }

  /** What was posted and took effect, as a timeline that repeats it. */
  get journal(): readonly TimelineEntry[] {
    return this.#journal.slice();
  }

  /** Ends the run after the events of this breath; what was simulated so far counts. */
  stop(): void {
    this.#stopped = true;
    this.#pacer.poke();
  }

  /** Runs to the end, or to `stop`. `onBreath` is called now and then. */
  async run(onBreath?: () => void): Promise<void> {
    const { kernel, programs } = this;
    if (programs.runnable > 0) await this.#settle();
    let rounds = 0;
    while (!this.#stopped) {
      if (this.#inbox.waiting > 0 || this.#lookers.length > 0) {
        if (!(await this.#open())) break;
      }
      // Commands may have taken the clock a nanosecond or two further than the wall.
      const horizon = Math.max(kernel.now, Math.min(this.#until, this.#pacer.horizon()));
      const pause = this.#advance(horizon);
      if (pause === Pause.program) {
        await this.#settle();
        if (programs.failures.length > 0) break;
        if (++rounds < ROUNDS_PER_BREATH) continue;
        rounds = 0;
        onBreath?.();
        await this.#pacer.breathe();
        continue;
      }
      onBreath?.();
      if (pause === Pause.budget) {
        await this.#pacer.breathe();
        continue;
      }
      // Everything up to here has happened: what is posted now is as late as the wall says.
      kernel.now = horizon;
      if (horizon >= this.#until && this.#inbox.waiting === 0 && this.#lookers.length === 0) break;
      await this.#pacer.wait(Math.min(kernel.nextAt, this.#until));
    }
    this.finish();
  }

  /** Closes the books: what is in flight is recorded as such. Once. */
  finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#inbox.close('the run has ended');
    this.#sampler.finish();
    this.#ledger.endAllInFlight();
    this.#show();
  }

  /** What each direction of each link has carried so far; may be asked at any time. */
  loads(): LinkLoad[] {
    return this.#substrate.loads();
  }

  /** What each direction of each link did so far, with peaks since this was last asked. */
  links(): LinkFigures[] {
    return this.#substrate.figures();
  }

  /** The queue limits in force, in front of VMs and on links; null for none. */
  queues(): QueueLimit[] {
    const limits: QueueLimit[] = [];
    for (const { vm, from, isEgress, pipeline } of this.personalities.pipelines()) {
      const { rate, queueBytes, queuePackets } = pipeline.limits();
      if (rate === 0) continue;
      const at = isEgress ? `${this.system.vms[vm]} egress` : this.system.vms[vm]!;
      limits.push({
        at: from === undefined ? at : `${at} ${isEgress ? 'to' : 'from'} ${scopeText(from)}`,
        bytes: queueBytes === Infinity ? null : queueBytes,
        packets: queuePackets === Infinity ? null : queuePackets,
      });
    }
    return [...limits, ...this.#substrate.queues()];
  }

  #advance(until: Nanos): Pause {
    const { kernel } = this;
    const before = kernel.events;
    const pause = kernel.advance(until, EVENTS_PER_BREATH);
    if (kernel.events > before) this.#touched = kernel.now;
    return pause;
  }

  /** Lets those in who wait; false when the run cannot go on. */
  async #open(): Promise<boolean> {
    const { kernel } = this;
    if (!(await this.#complete())) return false;
    // An instant at which nothing has happened, and nothing will but what follows from the posted: as with the timeline's entries,
    // and as with the end of a run, at which nothing is sent any more.
    if (kernel.now === this.#touched) kernel.now++;
    while (kernel.nextAt <= kernel.now) {
      if (!(await this.#complete())) return false;
      kernel.now++;
    }
    if (kernel.now > this.#until) {
      kernel.now = this.#until;
      return false;
    }
    this.#show();
    this.#inbox.drain(kernel.now, ({ actions: wanted, attendance }, at) => {
      attendance.before?.();
      const actions = typeof wanted === 'function' ? wanted() : wanted;
      const outcome = this.timeline.perform(actions, 'posted');
      if (!outcome.ok) throw new RefusedAction(outcome.problems);
      this.#touched = at;
      if (actions.length > 0) this.#journal.push({ at, actions, path: `journal[${this.#journal.length}]` });
      attendance.after?.(at);
    });
    return true;
  }

  /** Lets everything happen that is due by now; false when the run cannot go on. */
  async #complete(): Promise<boolean> {
    for (;;) {
      const pause = this.#advance(this.kernel.now);
      if (pause === Pause.quiet) return true;
      if (pause === Pause.program) await this.#settle();
      else await this.#pacer.breathe();
      if (this.programs.failures.length > 0 || this.#stopped) return false;
    }
  }

  #show(): void {
    if (this.#lookers.length === 0) return;
    this.#ledger.flush();
    const lookers = this.#lookers;
    this.#lookers = [];
    for (const visit of lookers) visit();
  }

  async #settle(): Promise<void> {
    await this.programs.settle(
      () => this.#pacer.breathe(),
      () => this.#pacer.drained(),
    );
  }

  /** The personalities and assignments that the scenario begins with; not commands, so not on the record. */
  #setUp(spec: WorldSpec): void {
    for (const [id, profile] of Object.entries(spec.personalities))
      this.personalities.setProfile(id, profile);
    const outcome = this.control.apply(
      spec.assignments.map((assignment) => ({ op: 'assign', ...assignment })),
      (index) => `assignments.${spec.assignments[index]!.vm}`,
    );
    if (!outcome.ok) throw new RefusedAction(outcome.problems);
  }
}
