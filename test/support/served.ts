/** `netpersona serve` as a user starts it: in a process of its own, at a port of its own. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { type CliResult, ended, startCli } from './cli.ts';

export interface Served {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  readonly child: ChildProcessWithoutNullStreams;
  /** Sends the signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<CliResult>;
}

/** Resolves when it says where it listens; rejects with what it said instead. */
export async function startServe(args: readonly string[], cwd?: string): Promise<Served> {
  const child = startCli(['serve', ...args, '--port', '0'], cwd === undefined ? {} : { cwd });
  const result = ended(child, `netpersona serve ${args.join(' ')}`, 300_000);
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (piece: string) => {
      text += piece;
      if (text.includes('\n')) resolve(text.trim());
    });
    result.then(
      ({ stdout, stderr, code }) => reject(new Error(`ended with code ${code}: ${stdout}${stderr}`)),
      reject,
    );
  });
  return {
    url,
    child,
    async end(signal = 'SIGINT') {
      child.kill(signal);
      return result;
    },
  };
}
