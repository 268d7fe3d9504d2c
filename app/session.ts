/** One run put together: a scenario, a pace, what watches it. Opens no files and prints nothing. */
import { ForeignWait, type Nanos, type Pacer, type QueueName } from '../engine/index.ts';
import { type Artefact, type OpenFile, RunReport, type Summary, summaryJson } from '../reports/index.ts';
import { type Scenario, writtenFields } from '../scenarios/index.ts';
import {
  type CommandRecord,
  type Impossible,
  type Journal,
  RefusedAction,
  type TraceSink,
  World,
} from '../sim/index.ts';
import { EnvironmentError, ProgramError, RunDefect, ScenarioError, UsageError } from './faults.ts';
import type { ProgramTable } from './programs.ts';
import { placeOf } from './programs.ts';
import { packageVersion } from './version.ts';

export interface Progress {
  /** Virtual time, and where it ends. */
  readonly now: Nanos;
  readonly duration: Nanos;
}

export interface SessionOptions {
  readonly queue?: QueueName;
  /** Default: as fast as it goes. */
  readonly pacer?: Pacer;
  /** The modules of the scenario's own programs. */
  readonly programs?: ProgramTable;
  /** Given: the files of SPEC 6 are written. */
  readonly open?: OpenFile;
  /** Also `packets.csv`. */
  readonly packets?: boolean;
  /** What happens to actions of the timeline that are impossible at their instant. Default: as the scenario says. */
  readonly impossible?: Impossible;
  /** Where the world's journal is kept. Default: in an array. */
  readonly journal?: Journal;
  /** False: the result has no commands; a sink may have them. */
  readonly keepCommands?: boolean;
  /** What else the run leaves behind; needs `open`. */
  readonly artefacts?: (world: World, open: OpenFile) => readonly Artefact[];
  /** Receive the facts too. */
  readonly sinks?: readonly TraceSink[];
  /** Called between two breaths, some hundred times a second. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface RunResult {
  readonly summary: Summary;
  readonly digest: string;
  /** Every expectation holds. */
  readonly ok: boolean;
  readonly commands: readonly CommandRecord[];
  /** The text of `summary.json`. */
  json(): string;
}

export class Session {
  readonly world: World;
  readonly #scenario: Scenario;
  readonly #report: RunReport;
  readonly #onProgress: ((progress: Progress) => void) | undefined;
  /** What the caller's own functions threw: not our defect. */
  readonly #guests: unknown[] = [];

  /** @throws {ScenarioError} when the scenario cannot even begin. */
  constructor(scenario: Scenario, options: SessionOptions = {}) {
    const { queue, pacer, programs, open, packets = false, sinks = [], onProgress } = options;
    const { artefacts = () => [] } = options;
    const { impossible = scenario.impossible, journal, keepCommands = true } = options;
    this.#scenario = scenario;
    this.#onProgress = onProgress && guard(onProgress, this.#guests);
    const begin = () =>
      new World(scenario.world, {
        until: scenario.duration,
        interval: scenario.interval,
        impossible,
        ...(queue === undefined ? {} : { queue }),
        ...(pacer === undefined ? {} : { pacer }),
        ...(programs === undefined ? {} : { programs }),
        ...(journal === undefined ? {} : { journal }),
      });
    this.world = answering(begin, (error) => this.#explain(refused(error), 0));
    const { world } = this;
    this.#report = new RunReport({
      names: world.names,
      expectations: scenario.expect,
      pools: world.system.pools,
      links: () => world.links(),
      packets,
      keepCommands,
      ...(open === undefined ? {} : { open, artefacts: artefacts(world, open) }),
    });
    world.attach(this.#report);
    for (const sink of sinks) world.attach(guarded(sink, this.#guests));
  }

  get now(): Nanos {
    return this.world.kernel.now;
  }

  /** What the digest would be if the run ended now; for `world.look`. */
  get digestNow(): string {
    return this.#report.digestNow((sink) => this.world.preview(sink));
  }

  /** Ends the run soon; what was simulated so far counts. */
  stop(): void {
    this.world.stop();
  }

  /**
   * To the end, or to `stop`. Once.
   *
   * @throws {ScenarioError} when the timeline asks for something impossible at its instant.
   * @throws {ProgramError} when a program of the scenario failed.
   * @throws {RunDefect} for everything that is our fault.
   */
  async run(): Promise<RunResult> {
    const { world } = this;
    const { duration } = this.#scenario;
    try {
      await world.run(() => this.#onProgress?.({ now: world.kernel.now, duration }));
      // What programs left unattended comes to light when the host has breathed.
      await new Promise((resolve) => setImmediate(resolve));
      this.#checkPrograms();
      return this.#finish();
    } catch (error) {
      throw this.#explain(error, world.kernel.now);
    }
  }

  #finish(): RunResult {
    const { world } = this;
    const { name, seed } = this.#scenario;
    const summary = this.#report.finish({
      name,
      seed,
      version: packageVersion(),
      partial: world.isPartial || this.#scenario.duration < this.#scenario.declaredDuration,
      duration: world.kernel.now,
      born: world.packets.born,
      drawn: world.fabric.random.hasDrawn,
      queues: world.queues(),
      personalities: personalitiesOf(world),
    });
    const { digest, expectations } = summary;
    return {
      summary,
      digest,
      ok: expectations.every(({ holds }) => holds),
      commands: this.#report.commands,
      json: () => summaryJson(summary),
    };
  }

  #checkPrograms(): void {
    const [first] = this.world.programs.failures;
    if (first === undefined) return;
    const { program, error } = first;
    if (error instanceof ForeignWait) throw new ProgramError(error.message);
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new ProgramError(`program \`${program}\` failed: ${message}${placeOf(error)}`, { cause: error });
  }

  /** Whose turn is it? */
  #explain(error: unknown, at: Nanos): unknown {
    if (error instanceof UsageError || error instanceof EnvironmentError) return error;
    if (this.#guests.includes(error)) return error;
    if (error instanceof RefusedAction) return new ScenarioError(this.#scenario.name, error.problems);
    if (error instanceof ForeignWait) return new ProgramError(error.message);
    return new RunDefect(error, this.#scenario.seed, at);
  }
}

function answering<T>(act: () => T, answer: (error: unknown) => unknown): T {
  try {
    return act();
  } catch (error) {
    throw answer(error);
  }
}

/** The world says so when workloads get in each other's way: two of them at one port, say. */
const refused = (error: unknown): unknown =>
  error instanceof RangeError ? new UsageError(error.message) : error;

/** The same sink; what it throws is remembered as its own. */
function guarded(sink: TraceSink, thrown: unknown[]): TraceSink {
  return {
    ...(sink.ended && { ended: guard(sink.ended.bind(sink), thrown) }),
    ...(sink.sample && { sample: guard(sink.sample.bind(sink), thrown) }),
    ...(sink.command && { command: guard(sink.command.bind(sink), thrown) }),
    ...(sink.interval && { interval: guard(sink.interval.bind(sink), thrown) }),
  };
}

function guard<A extends readonly unknown[]>(
  call: (...args: A) => void,
  thrown: unknown[],
): (...args: A) => void {
  return (...args) => {
    try {
      call(...args);
    } catch (error) {
      thrown.push(error);
      throw error;
    }
  };
}

function personalitiesOf({ personalities, names }: World) {
  const assignments = personalities.assignments();
  const egressOf = (id: string) => personalities.profile(id)?.['egress'];
  return [...personalities.profiles].map(([id, profile]) => {
    const vms = assignments
      .filter(({ personality }) => personality === id || egressOf(personality) === id)
      .map(({ vm }) => names.vms[vm] ?? '');
    return { id, values: writtenFields(profile), vms: [...new Set(vms)] };
  });
}
