/** What the runs of one command have in common: the scenario, the pace, who watches, who may stop them. */
import type { Pacer, QueueName } from '../engine/index.ts';
import type { Scenario } from '../scenarios/index.ts';
import type { TraceSink } from '../sim/index.ts';
import { Interrupts } from './interrupts.ts';
import { loadPrograms } from './programs.ts';
import { ProgressLine } from './progress.ts';
import { Session, type SessionOptions } from './session.ts';
import type { Terminal } from './terminal.ts';

export interface RunJobOptions {
  readonly scenario: Scenario;
  /** What paths of programs are relative to. */
  readonly folder: string;
  readonly pacer: () => Pacer;
  readonly queue: QueueName | undefined;
  /** No progress. */
  readonly quiet: boolean;
}

/** Where a run's files go; nothing for a run without files. */
export type Files = Pick<SessionOptions, 'open' | 'packets' | 'artefacts'>;

export class RunJob {
  readonly #options: RunJobOptions;
  readonly #terminal: Terminal;
  readonly #progress: ProgressLine | undefined;
  readonly #interrupts: Interrupts;
  #current: Session | undefined = undefined;

  /** From now on signals are listened to, until `end`. */
  constructor(options: RunJobOptions, terminal: Terminal) {
    this.#options = options;
    this.#terminal = terminal;
    this.#progress = options.quiet ? undefined : new ProgressLine(terminal);
    this.#interrupts = new Interrupts((signal) => this.#stop(signal));
  }

  get scenario(): Scenario {
    return this.#options.scenario;
  }

  /** 128 + the signal's number when one asked for an end. */
  get interruptCode(): number | undefined {
    return this.#interrupts.exitCode;
  }

  /** The next run, ready to start. Programs are loaded anew. */
  async begin(sinks: readonly TraceSink[], files: Files = {}): Promise<Session> {
    const { scenario, folder, pacer, queue } = this.#options;
    const progress = this.#progress;
    const session = new Session(scenario, {
      pacer: pacer(),
      programs: await loadPrograms(scenario, folder),
      sinks,
      ...(queue === undefined ? {} : { queue }),
      ...(progress === undefined ? {} : { onProgress: (at) => progress.update(at) }),
      ...files,
    });
    this.#current = session;
    if (this.interruptCode !== undefined) session.stop();
    return session;
  }

  /** Makes room on the terminal. */
  clear(): void {
    this.#progress?.clear();
  }

  /** How long it took, on stderr: facts of the wall clock stand nowhere else. */
  tellPace(): void {
    if (this.#progress === undefined || this.#current === undefined) return;
    this.#terminal.err(`${this.#progress.summary(this.#current.now)}\n`);
  }

  /** Signals mean again what they usually do. */
  end(): void {
    this.clear();
    this.#interrupts.release();
  }

  #stop(signal: NodeJS.Signals): void {
    this.clear();
    this.#terminal.err(`${signal}: ending; once more to end at once\n`);
    this.#current?.stop();
  }
}
