/** Takes the lock, works, gives it back, so many times. Asks again when it hears nothing for 100 ms. */
import type { Program } from 'netpersona';

interface Args {
  readonly port: number;
  readonly rounds: number;
  /** Milliseconds of work with the lock in hand. */
  readonly work: number;
}

const MILLISECOND = 1_000_000;

export const program: Program = async (vm, args) => {
  const { port, rounds, work } = args as Args;
  const socket = vm.udp();

  /** Asks until the service says that it is done. */
  async function ask(question: string): Promise<void> {
    for (let tries = 1; tries <= 200; tries++) {
      socket.send({ vm: 'lock-service', port }, question);
      const answer = await socket.receive({ timeout: 100 * MILLISECOND });
      if (answer?.text === `done ${question}`) return;
      // Somebody else has it: not all at once again.
      if (answer?.text === 'wait') await vm.sleep((20 + vm.random.below(20)) * MILLISECOND);
    }
    throw new Error(`no answer to ${question}`);
  }

  for (let round = 1; round <= rounds; round++) {
    await ask(`lock ${round}`);
    await vm.sleep(work * MILLISECOND);
    await ask(`unlock ${round}`);
  }
  vm.note(`all ${rounds} rounds done`);
};
