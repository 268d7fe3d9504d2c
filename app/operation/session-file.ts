/** Keeps a file of the session so far on disk while commands come in, so that a killed process loses a second of them at most. */
import { writeTextAtomically } from '../files.ts';
import type { Run, SessionFile } from './run.ts';

/** Not oftener than this, in real ms; and writing takes a twentieth of the time at most. */
const PAUSE_MS = 1000;
const SHARE = 20;

export interface SessionKeeper {
  /** Writes the last version; answers what was written. */
  close(): Promise<SessionFile>;
}

/**
 * Writes the file at once, to find out whether that works.
 *
 * @param replace whether a file that is there may be replaced.
 * @param onProblem told when a later write fails; the next one tries again.
 * @throws {UsageError} or {EnvironmentError} when the first write fails.
 */
export async function keepSession(
  run: Run,
  file: string,
  { replace, onProblem }: { readonly replace: boolean; readonly onProblem: (error: Error) => void },
): Promise<SessionKeeper> {
  let isOurs = replace;
  let pause = PAUSE_MS;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<unknown> = Promise.resolve();
  const write = async (): Promise<SessionFile> => {
    const began = performance.now();
    const session = await run.session();
    writeTextAtomically(file, session.text, { replace: isOurs });
    isOurs = true;
    pause = Math.max(PAUSE_MS, (performance.now() - began) * SHARE);
    return session;
  };
  await write();
  const end = run.subscribe(({ type }) => {
    if (type !== 'command' || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      writing = write().catch(onProblem);
    }, pause);
  });
  return {
    async close() {
      end();
      clearTimeout(timer);
      await writing;
      return write();
    },
  };
}
