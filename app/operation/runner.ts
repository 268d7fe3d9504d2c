/** A run in operation, within the thread of the simulation: paced, steered, commanded, watched. */
import { InboxRefusal, LAST_INSTANT, SteeredPacer } from '../../engine/index.ts';
import { type Scenario, sessionText } from '../../scenarios/index.ts';
import { type CommandRecord, type Problem, RefusedAction } from '../../sim/index.ts';
import type { ProgramTable } from '../programs.ts';
import { Session } from '../session.ts';
import { blueprintOf } from './blueprint.ts';
import { CommandLog } from './command-log.ts';
import { type Beginning, changesOf, controlState, resetActions } from './control-state.ts';
import { LiveFigures } from './figures.ts';
import { PackedList } from './packed-list.ts';
import { profileTag } from './profile-tag.ts';
import type {
  Action,
  Blueprint,
  Changes,
  Clock,
  CommandEntry,
  ControlState,
  Figures,
  Order,
  Run,
  RunEvent,
  SessionFile,
  Speed,
  Steering,
  Verdict,
} from './run.ts';

export interface RunnerOptions {
  readonly programs?: ProgramTable;
  /** Default 1. */
  readonly speed?: Speed;
  /** Begins paused. */
  readonly paused?: boolean;
  /** Goes on until it is closed, or for 26 days of virtual time; the scenario was parsed with that end. */
  readonly isOpenEnded?: boolean;
  /** What a reset goes back to; default: how the scenario begins. */
  readonly beginning?: Beginning;
  /** Real ms between two looks at everything. */
  readonly figuresMs?: number;
  /** How a relative path in the scenario is written in the session's file. */
  readonly path?: (relative: string) => string;
}

const FIGURES_MS = 250;

/** Somebody knew a personality other than it is. */
class StaleOrder extends Error {
  override name = 'StaleOrder';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('stale');
    this.problems = problems;
  }
}

export class Runner implements Run {
  readonly blueprint: Blueprint;
  readonly #scenario: Scenario;
  readonly #options: RunnerOptions;
  readonly #session: Session;
  readonly #pacer: SteeredPacer;
  readonly #live: LiveFigures;
  readonly #log = new CommandLog();
  readonly #listeners = new Set<(event: RunEvent) => void>();
  /** What steps wait for. */
  #stepping: (() => void)[] = [];
  /** The instant of the last order that took effect. */
  #orderedAt = -1;
  #figures: Figures;
  #isLooking = false;
  #state: 'running' | 'ended' | 'failed' = 'running';
  #failure: string | undefined = undefined;
  #over: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined = undefined;

  /** @throws {ScenarioError} when the scenario cannot even begin. */
  constructor(scenario: Scenario, options: RunnerOptions = {}) {
    const { programs, speed = 1, paused = false, isOpenEnded = false } = options;
    this.#scenario = scenario;
    this.#options = options;
    this.#pacer = new SteeredPacer({
      speed: speed === 'max' ? Infinity : speed,
      paused,
      reached: () => this.#session.now,
      clock: () => performance.now() * 1e6,
      timer: (callback, ms) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
      onPause: () => this.#endSteps(),
    });
    this.#session = new Session(scenario, {
      pacer: this.#pacer,
      impossible: 'skip',
      journal: new PackedList(),
      keepCommands: false,
      sinks: [{ command: (record) => this.#record(record) }],
      ...(programs === undefined ? {} : { programs }),
    });
    const { world } = this.#session;
    this.#live = new LiveFigures(world.names);
    world.attach(this.#live);
    this.blueprint = blueprintOf(scenario, world.names, isOpenEnded);
    this.#figures = this.#take();
  }

  /** Time begins. Once. */
  start(): void {
    this.#over = this.#run();
    this.#timer = setInterval(() => this.#tick(), this.#options.figuresMs ?? FIGURES_MS);
  }

  /** Resolves when the run is over, however it ended. */
  get over(): Promise<void> {
    return this.#over;
  }

  async submit({ actions, expected = [] }: Order): Promise<Verdict> {
    const { world } = this.#session;
    if (this.#state !== 'running') return { ok: false, why: 'closed', problems: [] };
    const done: { sequence: number; changes: Changes } = { sequence: 0, changes: NOTHING };
    const beginning = this.#options.beginning ?? this.#scenario.world;
    const wanted = actions === 'reset' ? () => resetActions(world, beginning) : actions;
    try {
      const at = await world.post(wanted, {
        before: () => {
          this.#checkExpected(expected);
          this.#orderedAt = world.kernel.now;
        },
        after: () => {
          done.sequence = this.#log.last;
          done.changes = actions === 'reset' ? { ...NOTHING, reset: true } : changesOf(actions, world);
        },
      });
      return { ok: true, at, ...done };
    } catch (error) {
      return refusal(error, actions);
    }
  }

  async clock(): Promise<Clock> {
    return this.#clock;
  }

  control(): Promise<ControlState> {
    return this.#session.world.look(() => controlState(this.#session.world, this.#log.last));
  }

  async figures(): Promise<Figures> {
    return this.#figures;
  }

  async commands(after: number, limit: number): Promise<readonly CommandEntry[]> {
    return this.#log.after(after, limit);
  }

  async steer(steering: Steering): Promise<Clock> {
    if (this.#state !== 'running') return this.#clock;
    const pacer = this.#pacer;
    switch (steering.do) {
      case 'pause':
        pacer.pause();
        break;
      case 'resume':
        pacer.resume();
        break;
      case 'speed':
        pacer.setSpeed(steering.speed === 'max' ? Infinity : steering.speed);
        break;
      case 'step': {
        this.#releaseSteps();
        const there = new Promise<void>((resolve) => this.#stepping.push(resolve));
        pacer.step(steering.by);
        await there;
        return this.#clock;
      }
    }
    // A step that was under way has ended with this.
    this.#endSteps();
    return this.#clock;
  }

  async session(): Promise<SessionFile> {
    const { world } = this.#session;
    for (;;) {
      const file = await world.look(() => (world.kernel.now < 1 ? null : this.#file()));
      if (file !== null) return file;
      // A run lasts a nanosecond at least.
      if (this.#pacer.paused) await this.steer({ do: 'step', by: 1 });
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  subscribe(listener: (event: RunEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#session.stop();
    await this.#over;
  }

  async #run(): Promise<void> {
    try {
      await this.#session.run();
      this.#state = 'ended';
    } catch (error) {
      this.#state = 'failed';
      this.#failure = error instanceof Error ? error.message : String(error);
      // Whoever still waits for a look gets one, if there is anything to see.
      try {
        this.#session.world.finish();
      } catch {}
    }
    clearInterval(this.#timer);
    this.#figures = this.#take();
    this.#emit({ type: 'figures', figures: this.#figures });
    this.#endSteps();
  }

  get #clock(): Clock {
    const { speed, paused, lag, reading } = this.#pacer;
    const over = this.#state !== 'running';
    return {
      now: over ? this.#session.now : reading,
      state: this.#state === 'running' && paused ? 'paused' : this.#state,
      speed: speed === Infinity ? 'max' : speed,
      lag: over ? 0 : lag,
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  /** Everything a run consists of, at the instant of the look. */
  #file(): SessionFile {
    const { world } = this.#session;
    const at = world.kernel.now;
    const { path } = this.#options;
    const text = sessionText(this.#scenario, world.journal, at, {
      impossible: 'skip',
      ...(path === undefined ? {} : { path }),
    });
    return { at, digest: this.#session.digestNow, text };
  }

  #checkExpected(expected: NonNullable<Order['expected']>): void {
    const { personalities } = this.#session.world;
    const problems: Problem[] = [];
    for (const { personality, tag } of expected) {
      const profile = personalities.profile(personality);
      const now = profile === undefined ? null : profileTag(profile);
      if (now === tag) continue;
      problems.push({
        path: personality,
        found: now === null ? 'no personality of that id' : `another version, ${now}`,
        allowed: tag === null ? 'the id of no personality yet' : `version ${tag}`,
      });
    }
    if (problems.length > 0) throw new StaleOrder(problems);
  }

  #record(record: CommandRecord): void {
    const entry = this.#log.add(record, record.at === this.#orderedAt);
    this.#emit({ type: 'command', entry });
  }

  #tick(): void {
    // At its own pace: no look while one is still to come, and none when nothing can have changed.
    if (this.#isLooking || (this.#pacer.paused && this.#figures.end === this.#session.now)) return;
    this.#isLooking = true;
    void this.#session.world.look(() => {
      this.#isLooking = false;
      this.#figures = this.#take();
      this.#emit({ type: 'figures', figures: this.#figures });
      this.#emit({ type: 'clock', clock: this.#clock });
    });
  }

  #take(): Figures {
    const { world } = this.#session;
    return this.#live.take(world.kernel.now, {
      backlogBytes: (vm) => world.fabric.steering.backlogBytes(vm),
      links: world.loads(),
      inFlight: world.packets.live,
      events: world.kernel.events,
    });
  }

  #endSteps(): void {
    this.#releaseSteps();
    this.#emit({ type: 'clock', clock: this.#clock });
  }

  #releaseSteps(): void {
    const waiting = this.#stepping;
    this.#stepping = [];
    for (const resolve of waiting) resolve();
  }

  #emit(event: RunEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** How far a run can go whose end is open. */
export const OPEN_END = LAST_INSTANT;

const NOTHING: Changes = { reset: false, personalities: [], assignments: [] };

function refusal(error: unknown, actions: readonly Action[] | 'reset'): Verdict {
  if (error instanceof RefusedAction) {
    const prefix = actions !== 'reset' && actions.length === 1 ? '[0]' : '';
    const problems = error.problems.map(({ path, ...rest }) => ({
      ...rest,
      path: path.replace(/^posted(\.batch)?/, prefix),
    }));
    return { ok: false, why: 'refused', problems };
  }
  if (error instanceof StaleOrder) return { ok: false, why: 'stale', problems: error.problems };
  if (error instanceof InboxRefusal)
    return { ok: false, why: error.reason === 'full' ? 'busy' : 'closed', problems: [] };
  throw error;
}
