/** What `import … from 'netpersona'` gives: a run in one call, its parts for those who build on them, and the folders whole. */
export * as engine from '../engine/index.ts';
export {
  Defect,
  formatNanos,
  ms,
  type Nanos,
  type Pacer,
  type QueueName,
  seconds,
  us,
  virtualPacer,
  wallPacer,
} from '../engine/index.ts';
export * as reports from '../reports/index.ts';
export { Digest, RunReport, type Summary, summaryJson, terminalReport } from '../reports/index.ts';
export * as scenarios from '../scenarios/index.ts';
export {
  formatProblem,
  formatProblems,
  type Outcome,
  type Overrides,
  type Preset,
  type Problem,
  parseScenario,
  type Resources,
  type Scenario,
  scenarioSchema,
} from '../scenarios/index.ts';
export * as sim from '../sim/index.ts';
export {
  type CommandRecord,
  DROP_REASONS,
  FATES,
  type Program,
  type TraceSink,
  World,
  type WorldOptions,
  type WorldSpec,
} from '../sim/index.ts';
export { EnvironmentError, ProgramError, RunDefect, ScenarioError, UsageError } from './faults.ts';
export { UnreadableFile } from './files.ts';
export type { PacketRecord } from './packet-records.ts';
export { filesFrom, loadScenario, presets } from './scenario-file.ts';
export { type Progress, type RunResult, Session, type SessionOptions } from './session.ts';
export { type SimulateOptions, simulate, simulateFile } from './simulate.ts';
