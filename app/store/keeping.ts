/** A run whose orders are answered only when a store has kept what they changed. */
import type {
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
  Steering,
  Verdict,
} from '../operation/run.ts';
import type { Store } from './store.ts';

export type Done = Extract<Verdict, { readonly ok: true }>;

/** The order has taken effect, and would not survive a restart. */
export class NotKept extends Error {
  override name = 'NotKept';
  /** The instant of effect. */
  readonly at: number;
  readonly verdict: Done;

  constructor(verdict: Done, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`done, but not kept: ${why}`, { cause });
    this.at = verdict.at;
    this.verdict = verdict;
  }
}

/** `close` closes the store too, when everything is written. */
export function keeping(run: Run, store: Store): Run {
  return new KeepingRun(run, store);
}

/** A verdict and the write that it led to. */
interface Issued {
  readonly verdict: Verdict;
  readonly written: Promise<void>;
}

class KeepingRun implements Run {
  readonly #run: Run;
  readonly #store: Store;
  /** Settles when the write of the last order has been issued. */
  #issued: Promise<unknown> = Promise.resolve();
  readonly #underWay = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  readonly #deaf: () => void;

  constructor(run: Run, store: Store) {
    this.#run = run;
    this.#store = store;
    this.#deaf = run.subscribe((event) => {
      if (event.type === 'command' && event.entry.command === 'expire') this.#keepLeft(event.entry.subject);
    });
  }

  get blueprint(): Blueprint {
    return this.#run.blueprint;
  }

  /** @throws {NotKept} */
  async submit(order: Order): Promise<Verdict> {
    const issued = this.#issue(this.#run.submit(order), this.#issued);
    // Writes are issued in the order in which orders take effect, which is that of their submission.
    this.#issued = issued.catch(() => undefined);
    const answer = answerOf(issued);
    this.#underWay.add(answer);
    try {
      return await answer;
    } finally {
      this.#underWay.delete(answer);
    }
  }

  clock(): Promise<Clock> {
    return this.#run.clock();
  }

  control(): Promise<ControlState> {
    return this.#run.control();
  }

  figures(): Promise<Figures> {
    return this.#run.figures();
  }

  commands(after: number, limit: number): Promise<readonly CommandEntry[]> {
    return this.#run.commands(after, limit);
  }

  steer(steering: Steering): Promise<Clock> {
    return this.#run.steer(steering);
  }

  session(): Promise<SessionFile> {
    return this.#run.session();
  }

  subscribe(listener: (event: RunEvent) => void): () => void {
    return this.#run.subscribe(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#deaf();
    try {
      await this.#run.close();
      await Promise.allSettled(this.#underWay);
    } finally {
      await this.#store.close();
    }
  }

  /** An assignment has ended by itself, which nobody ordered; a restart would bring it back. */
  #keepLeft(vm: string): void {
    const before = this.#issued;
    const written = (async () => {
      const [{ at, assignments }] = await Promise.all([this.#run.control(), before]);
      const assigned = assignments
        .filter((each) => each.vm === vm)
        .map(({ vm: _, expires, ...rest }) => ({ ...rest, ttl: expires === null ? null : expires - at }));
      return this.#store.write({ reset: false, personalities: [], assignments: [{ vm, assigned }] });
    })();
    // Nobody waits for it; what could not be written goes along with the next write.
    const done = written.catch(() => undefined);
    this.#issued = done;
    this.#underWay.add(done);
    void done.then(() => this.#underWay.delete(done));
  }

  async #issue(verdictLater: Promise<Verdict>, before: Promise<unknown>): Promise<Issued> {
    // Whatever became of this one, those after it come after those before it.
    const [outcome] = await Promise.allSettled([verdictLater, before]);
    if (outcome.status === 'rejected') throw outcome.reason;
    const verdict = outcome.value;
    const isWorthIt = verdict.ok && !isEmpty(verdict.changes);
    return { verdict, written: isWorthIt ? this.#store.write(verdict.changes) : Promise.resolve() };
  }
}

async function answerOf(issued: Promise<Issued>): Promise<Verdict> {
  const { verdict, written } = await issued;
  try {
    await written;
  } catch (error) {
    if (verdict.ok) throw new NotKept(verdict, error);
    throw error;
  }
  return verdict;
}

const isEmpty = ({ reset, personalities, assignments }: Changes): boolean =>
  !reset && personalities.length === 0 && assignments.length === 0;
