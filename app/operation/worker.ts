/** The thread of the simulation: a {@link Runner} that is asked by messages. */

import { isAbsolute, resolve } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { loadPrograms } from '../programs.ts';
import type { Question, ThreadData, ThreadMessage } from './messages.ts';
import { Runner } from './runner.ts';

const port = parentPort;
if (port === null) throw new Error('this module is the entry of a thread');

let waiting: ThreadMessage[] = [];

/** What is said in one turn goes together. */
function say(message: ThreadMessage): void {
  if (waiting.push(message) > 1) return;
  setImmediate(() => {
    const messages = waiting;
    waiting = [];
    port?.postMessage(messages);
  });
}

async function begin({ scenario, folder, ...options }: ThreadData): Promise<void> {
  const runner = new Runner(scenario, {
    ...options,
    programs: await loadPrograms(scenario, folder),
    path: (path) => (isAbsolute(path) ? path : resolve(folder, path)),
  });
  const answer = async ({ id, method, args }: Question): Promise<void> => {
    try {
      // The types are those of the other side of the port.
      const value = await (runner[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
      say({ type: 'answer', id, value });
    } catch (error) {
      say({ type: 'error', id, message: error instanceof Error ? error.message : String(error) });
    }
  };
  // Before anything that it may have to tell.
  say({ type: 'ready', blueprint: runner.blueprint });
  runner.subscribe((event) => say({ type: 'event', event }));
  port?.on('message', (questions: readonly Question[]) => {
    for (const question of questions) void answer(question);
  });
  runner.start();
  await runner.over;
  say({ type: 'over', clock: await runner.clock() });
}

begin(workerData as ThreadData).catch((error: unknown) => {
  const isError = error instanceof Error;
  say({
    type: 'refused',
    name: isError ? error.name : 'Error',
    message: isError ? error.message : String(error),
  });
});
