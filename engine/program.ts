/**
 * Async programs over virtual time: a program thinks, or it is parked until the engine wakes it. Time moves
 * only while all are parked. Does not know what they wait for.
 *
 * The rule. A wake-up, or a start, opens a round: the programs it concerns think, and whatever they await
 * that is not the engine's (each other's tasks, `Promise.all`, `Promise.race`, layers of async functions) is
 * settled by microtasks alone. So a round is over when no microtask is left, however promises were combined:
 * no count of awaits could know that. Then every program must have ended or have something parked. One that
 * has not awaits something foreign, a file perhaps: time stands and the host gets to breathe, until the
 * foreign thing has happened or patience ends (of two such, either may come first, so one program may wait so
 * for its data, two had better be given theirs). A program that goes on outside its round was resumed by
 * something foreign while time moved, which no replay could repeat: it fails.
 */

/** How a program waits. */
export interface Parking {
  /**
   * Waits until `wake` is called; `register` is told how, at once. The first call counts, later ones do
   * nothing, so that several things may hold the same `wake`: an answer and its timeout, say.
   */
  park<T>(register: (wake: (value: T) => void) => void): Promise<T>;
}

/** A program that threw. */
export interface ProgramFailure {
  readonly program: string;
  readonly error: unknown;
}

/** Programs wait for something that the engine will never bring about. */
export class ForeignWait extends Error {
  override name = 'ForeignWait';
}

/** How often in a row the host breathes in vain before a program is given up. */
const PATIENCE = 1000;

export class Programs implements Parking {
  readonly #programs = new Set<Program>();
  readonly #failures: ProgramFailure[] = [];
  // What parks through `Programs.park` belongs to a program unknown.
  readonly #unknown: Program = { name: 'unknown', waiting: 0, round: 0, ended: false };
  #woken = 0;
  // How many programs have nothing parked of their own.
  #astray = 0;
  // Grows with everything that shows that a program has moved.
  #moves = 0;
  #round = 0;

  /** Wake-ups and starts since everything last was settled. Above 0, time must not move before `settle`. */
  get runnable(): number {
    return this.#woken;
  }

  /** How many programs have not ended. */
  get alive(): number {
    return this.#programs.size;
  }

  /** The programs that threw, in order. A run with failures has not done what its author meant. */
  get failures(): readonly ProgramFailure[] {
    return this.#failures;
  }

  /**
   * Starts a program: `main` runs up to its first await before this returns. It is handed a parking of its
   * own, which tells the house who waits; what parks through `Programs.park` is taken for any program's.
   */
  spawn(name: string, main: (parking: Parking) => Promise<void>): void {
    const program: Program = { name, waiting: 0, round: this.#round, ended: false };
    this.#programs.add(program);
    this.#astray++;
    this.#woken++;
    this.#follow(program, main);
  }

  park<T>(register: (wake: (value: T) => void) => void): Promise<T> {
    return this.#park(this.#unknown, register);
  }

  /**
   * Returns when every program has ended or is parked. `breathe` lets the host's event loop turn once;
   * `drained` lets every promise go on until none can, which `breathe` does too, but dearer.
   *
   * @throws {ForeignWait} when programs await something else, and a thousand breaths did not bring it.
   */
  async settle(breathe: () => Promise<void>, drained: () => Promise<void> = breathe): Promise<void> {
    await drained();
    let inVain = 0;
    while (this.#astray > this.#unknown.waiting) {
      const before = this.#moves;
      await breathe();
      inVain = this.#moves === before ? inVain + 1 : 0;
      if (inVain === PATIENCE) throw new ForeignWait(this.#complaint());
    }
    this.#woken = 0;
    this.#round++;
  }

  async #follow(program: Program, main: (parking: Parking) => Promise<void>): Promise<void> {
    try {
      await main({ park: (register) => this.#park(program, register) });
      this.#checkRound(program);
    } catch (error) {
      this.#failures.push({ program: program.name, error });
    }
    program.ended = true;
    this.#moves++;
    this.#programs.delete(program);
    if (program.waiting === 0) this.#astray--;
  }

  #park<T>(program: Program, register: (wake: (value: T) => void) => void): Promise<T> {
    if (program !== this.#unknown) this.#checkRound(program);
    return new Promise((resolve) => {
      let asleep = true;
      this.#wait(program, 1);
      register((value) => {
        if (!asleep) return;
        asleep = false;
        this.#wait(program, -1);
        this.#woken++;
        program.round = this.#round;
        resolve(value);
      });
    });
  }

  #wait(program: Program, more: 1 | -1): void {
    const wasAstray = program.waiting === 0;
    program.waiting += more;
    const isAstray = program.waiting === 0;
    if (program !== this.#unknown && !program.ended) this.#astray += Number(isAstray) - Number(wasAstray);
    this.#moves++;
  }

  /** A program moves in the rounds in which it was started or woken, and in no other. */
  #checkRound({ name, round }: Program): void {
    if (round === this.#round) return;
    throw new ForeignWait(`program \`${name}\` was resumed by something the engine does not own`);
  }

  #complaint(): string {
    const astray = [...this.#programs].filter(({ waiting }) => waiting === 0);
    const names = astray.map(({ name }) => `\`${name}\``).join(', ');
    if (this.#unknown.waiting > 0)
      return `one of the programs ${names} awaits something the engine does not own`;
    if (astray.length > 1) return `programs ${names} await something the engine does not own`;
    return `program ${names} awaits something the engine does not own`;
  }
}

interface Program {
  readonly name: string;
  /**
   * How many of its parks have not been woken: more than one in a `Promise.race`, or among tasks of its own.
   */
  waiting: number;
  /** When it was last started or woken. */
  round: number;
  ended: boolean;
}
