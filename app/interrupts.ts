/** Ctrl-C and its relatives: the first asks for an end, the second does not wait for it. */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm, or a shell, may pass on what the terminal has already told everybody. */
const ECHO_MS = 250;

export class Interrupts {
  readonly #stop: (signal: NodeJS.Signals) => void;
  #first: NodeJS.Signals | undefined = undefined;
  #firstAt = 0;

  /** Listens from now on. `stop` is called at the first signal. */
  constructor(stop: (signal: NodeJS.Signals) => void) {
    this.#stop = stop;
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  /** What the process answers with after a signal (128 + its number), or undefined. */
  get exitCode(): number | undefined {
    return this.#first === undefined ? undefined : codeOf(this.#first);
  }

  /** Signals end the process again, as usual. */
  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#first === undefined) {
      this.#first = signal;
      this.#firstAt = performance.now();
      this.#stop(signal);
    } else if (performance.now() - this.#firstAt > ECHO_MS) {
      process.exit(codeOf(signal));
    }
  };
}

const codeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];
