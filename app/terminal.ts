/** Where a command speaks: results on stdout, everything else on stderr. */

export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Messages and progress. */
  err(text: string): void;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  /** Whether results may be coloured. */
  readonly colour: boolean;
  /** Columns of stdout, and of stderr; undefined when it is no terminal, or one that does not know. */
  readonly columns: number | undefined;
  readonly errColumns: number | undefined;
}

/** The process's own. A reader who has seen enough (`| head`) ends it without a word. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    stderr.write(`netpersona: cannot write to stdout: ${error.message}\n`);
    process.exit(3);
  });
  // Nobody is left to be told.
  stderr.on('error', () => {});
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    outIsTty: stdout.isTTY === true,
    errIsTty: stderr.isTTY === true,
    colour: stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    columns: stdout.isTTY === true ? stdout.columns || undefined : undefined,
    errColumns: stderr.isTTY === true ? stderr.columns || undefined : undefined,
  };
}

/** Everything said has been handed to the system. A reader who is slow is waited for. */
export async function flushed(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
  );
}
