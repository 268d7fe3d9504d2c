/** A run in a thread of its own, so that whoever asks it and listens to it takes none of its time. */
import type { Worker } from 'node:worker_threads';
import { EnvironmentError, ProgramError, RunDefect, UsageError } from '../faults.ts';
import { startModule } from '../module-thread.ts';
import type { Method, Question, ThreadData, ThreadMessage } from './messages.ts';
import type {
  Blueprint,
  Clock,
  CommandEntry,
  ControlState,
  Figures,
  Order,
  Run,
  RunEvent,
  SessionFile,
  Steering,
  Verdict,
} from './run.ts';

/**
 * Starts it; time begins at once.
 *
 * @throws {UsageError} when the scenario cannot even begin.
 */
export async function runInThread(data: ThreadData): Promise<ThreadRun> {
  const worker = startModule('./worker', import.meta.url, { workerData: data });
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(new RunDefect(error, data.scenario.seed, 0));
    worker.once('error', fail);
    worker.once('exit', fail);
    worker.once('message', ([first, ...rest]: readonly ThreadMessage[]) => {
      worker.off('error', fail);
      worker.off('exit', fail);
      if (first?.type === 'ready') resolve(new ThreadRun(worker, first.blueprint, data.scenario.seed, rest));
      else if (first?.type === 'refused') reject(asFault(first, data.scenario.seed));
    });
  });
}

function asFault(
  { name, message }: { readonly name: string; readonly message: string },
  seed: string,
): Error {
  if (name === 'ProgramError') return new ProgramError(message);
  if (name === 'EnvironmentError') return new EnvironmentError(message);
  if (name === 'UsageError' || name === 'ScenarioError') return new UsageError(message);
  return new RunDefect(new Error(message), seed, 0);
}

interface Waiting {
  resolve(value: never): void;
  reject(error: unknown): void;
}

/** The thread has died, or was ended; nobody answers any more. */
export class RunGone extends Error {
  override name = 'RunGone';
}

export class ThreadRun implements Run {
  readonly blueprint: Blueprint;
  /** Resolves when the run has ended, by itself or because something failed. */
  readonly over: Promise<Clock>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: RunEvent) => void>();
  #questions: Question[] = [];
  #asked = 0;
  #gone: RunGone | undefined = undefined;
  #end: (clock: Clock) => void = () => {};
  #clock: Clock = { now: 0, state: 'running', speed: 1, lag: 0 };

  constructor(worker: Worker, blueprint: Blueprint, seed: string, first: readonly ThreadMessage[]) {
    this.#worker = worker;
    this.blueprint = blueprint;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    worker.on('message', (messages: readonly ThreadMessage[]) => {
      for (const message of messages) this.#hear(message);
    });
    worker.on('error', (error) => this.#leave(new RunDefect(error, seed, this.#clock.now).message));
    worker.on('exit', () => this.#leave('the run is closed'));
    for (const message of first) this.#hear(message);
  }

  submit(order: Order): Promise<Verdict> {
    return this.#ask('submit', order);
  }

  clock(): Promise<Clock> {
    return this.#ask('clock');
  }

  control(): Promise<ControlState> {
    return this.#ask('control');
  }

  figures(): Promise<Figures> {
    return this.#ask('figures');
  }

  commands(after: number, limit: number): Promise<readonly CommandEntry[]> {
    return this.#ask('commands', after, limit);
  }

  steer(steering: Steering): Promise<Clock> {
    return this.#ask('steer', steering);
  }

  session(): Promise<SessionFile> {
    return this.#ask('session');
  }

  subscribe(listener: (event: RunEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#gone !== undefined) return;
    await this.#ask('close').catch(() => {});
    await this.#worker.terminate();
  }

  #ask<T>(method: Method, ...args: readonly unknown[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#gone !== undefined) {
        reject(this.#gone);
        return;
      }
      const id = ++this.#asked;
      this.#waiting.set(id, { resolve, reject });
      // What is asked in one turn goes together.
      if (this.#questions.push({ id, method, args }) > 1) return;
      setImmediate(() => {
        this.#worker.postMessage(this.#questions);
        this.#questions = [];
      });
    });
  }

  #hear(message: ThreadMessage): void {
    switch (message.type) {
      case 'answer':
        this.#take(message.id)?.resolve(message.value as never);
        return;
      case 'error':
        this.#take(message.id)?.reject(new Error(message.message));
        return;
      case 'event':
        this.#tell(message.event);
        return;
      case 'over':
        this.#clock = message.clock;
        this.#end(message.clock);
        return;
    }
  }

  #tell(event: RunEvent): void {
    if (event.type === 'clock') this.#clock = event.clock;
    for (const listener of this.#listeners) listener(event);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  /** Those who wait are told; so is whoever listens. */
  #leave(why: string): void {
    if (this.#gone !== undefined) return;
    this.#gone = new RunGone(why);
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
    if (this.#clock.state !== 'ended') this.#clock = { ...this.#clock, state: 'failed', failure: why };
    this.#tell({ type: 'clock', clock: this.#clock });
    this.#end(this.#clock);
  }
}
