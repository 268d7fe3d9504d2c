/** A run in one call, for programs: a scenario in, figures out. */
import { dirname } from 'node:path';
import { type Nanos, type QueueName, virtualPacer, wallPacer } from '../engine/index.ts';
import { type Overrides, parseDuration, parseScenario, type Scenario } from '../scenarios/index.ts';
import type { Program, TraceSink } from '../sim/index.ts';
import { ScenarioError, UsageError } from './faults.ts';
import { type PacketRecord, packetSink } from './packet-records.ts';
import { loadPrograms } from './programs.ts';
import { filesFrom, loadScenario } from './scenario-file.ts';
import { type Progress, type RunResult, Session } from './session.ts';

export interface SimulateOptions {
  /** Instead of the scenario's own seed. */
  readonly seed?: string | number;
  /** Ends there instead: `10s`; a bare number is ms, as in scenarios. */
  readonly until?: string | number;
  /** Values by path: `{ 'personalities.wan.latencyMs': 80 }`. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** All queues give the same run. */
  readonly queue?: QueueName;
  /** Virtual seconds in a real one; absent: as fast as it goes. */
  readonly speed?: number;
  /** Functions for traffic of kind `program`, by the traffic's id; they take the place of its module. */
  readonly programs?: Readonly<Record<string, Program>>;
  /** Called with every packet when it has ended, in that order. */
  readonly packets?: (packet: PacketRecord) => void;
  /** Receive every fact as the network tells it. */
  readonly sinks?: readonly TraceSink[];
  /** What paths in the scenario are relative to; default the working directory. */
  readonly folder?: string;
  /** Called now and then. */
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the run early; the result is then marked `partial`. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a scenario, given as text (YAML or JSON) or as the object that such text stands for.
 *
 * @throws {ScenarioError} with every problem, before anything runs.
 * @throws {ProgramError} when a program of the scenario fails.
 */
export async function simulate(scenario: string | object, options: SimulateOptions = {}): Promise<RunResult> {
  const text = typeof scenario === 'string' ? scenario : JSON.stringify(scenario);
  const folder = options.folder ?? '.';
  const parsed = parseScenario(text, filesFrom(`${folder}/scenario`), overridesOf(options));
  if (!parsed.ok) throw new ScenarioError('the scenario', parsed.problems);
  return runScenario(parsed.value, folder, options);
}

/** As {@link simulate}, from a file; paths in it are relative to the file. @throws {UnreadableFile} */
export async function simulateFile(file: string, options: SimulateOptions = {}): Promise<RunResult> {
  return runScenario(loadScenario(file, overridesOf(options)), options.folder ?? dirname(file), options);
}

async function runScenario(scenario: Scenario, folder: string, options: SimulateOptions): Promise<RunResult> {
  const { queue, speed, packets, sinks = [], onProgress, signal } = options;
  const session: Session = new Session(scenario, {
    programs: await loadPrograms(scenario, folder, options.programs),
    pacer: speed === undefined ? virtualPacer() : wallPacer({ speed }),
    sinks: packets === undefined ? sinks : [...sinks, packetSink(packets, () => session.world.names)],
    ...(queue === undefined ? {} : { queue }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const stop = (): void => session.stop();
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop);
  try {
    return await session.run();
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function overridesOf({ seed, until, set = {} }: SimulateOptions): Overrides {
  return {
    ...(seed === undefined ? {} : { seed: String(seed) }),
    ...(until === undefined ? {} : { until: readUntil(until) }),
    // JSON is YAML.
    set: Object.entries(set).map(([path, value]) => [path, JSON.stringify(value)] as const),
  };
}

function readUntil(until: string | number): Nanos {
  const instant = parseDuration(until);
  if (instant === null || instant <= 0)
    throw new UsageError(`until: found ${until}, allowed: a duration above 0`);
  return instant;
}
