/** `netpersona top`: the live table, in a terminal. */
import { join } from 'node:path';
import { parseDuration } from '../../scenarios/index.ts';
import { ApiError, connect } from '../client/index.ts';
import { defineCommand } from '../command.ts';
import { EnvironmentError, ExitCode, UsageError } from '../faults.ts';
import { readText } from '../files.ts';
import { Interrupts } from '../interrupts.ts';
import { readResultFolder } from '../result-folder.ts';
import type { Terminal } from '../terminal.ts';
import { readToken } from '../token-file.ts';
import { type Board, boardLines, SORTS, type Sort } from '../top/board.ts';
import { FolderSource } from '../top/folder-source.ts';
import { LiveSource } from '../top/live-source.ts';
import { type Watched, watch, watchedFolder, watchedRun } from '../top/watch.ts';

const SERIES_LIMIT = 256 * 1024 * 1024;
const LEAST_REFRESH_NS = 50_000_000;

export const top = defineCommand({
  usage: 'top <source>',
  summary: 'The live table of a served run, or of what a run has left behind.',
  positionals: {
    source: {
      type: 'string',
      demandOption: true,
      describe: 'Where netpersona serve listens, http://127.0.0.1:7300, or a folder that run --out wrote',
    },
  },
  options: {
    once: { type: 'boolean', describe: 'Print the table once, as when stdout is no terminal' },
    at: {
      type: 'string',
      requiresArg: true,
      describe: 'Of a folder: the interval of that instant, such as 12s',
    },
    sort: { choices: SORTS, default: 'name', requiresArg: true, describe: 'Largest first, but for names' },
    refresh: {
      type: 'string',
      default: '1s',
      requiresArg: true,
      describe: 'Between two tables, 50ms at least',
    },
    'token-file': { type: 'string', requiresArg: true, describe: 'A file with the token of the server' },
  },
  examples: [
    ['$0 top http://127.0.0.1:7300', 'VMs, flows and commands, each second'],
    ['$0 top out/web', 'the run from its first interval to its last'],
    ['$0 top out/web --at 12s --sort dropped', 'one instant, the worst first'],
  ],
  async run({ source, once, at, sort, refresh, 'token-file': tokenFile }, terminal) {
    const isUrl = /^https?:\/\//i.test(source);
    const refreshMs = readRefresh(refresh) / 1e6;
    if (isUrl && at !== undefined)
      throw new UsageError('--at is for folders: a served run shows what is now');
    if (!isUrl && tokenFile !== undefined)
      throw new UsageError('--token-file is for a server, not for a folder');
    const isShort = once === true || at !== undefined || !terminal.outIsTty || process.stdin.isTTY !== true;
    const token = tokenFile === undefined ? undefined : readToken(tokenFile);
    try {
      if (isUrl) {
        const live = await LiveSource.open(connect(urlOf(source), token === undefined ? {} : { token }));
        if (isShort) print(await live.look(), sort, terminal);
        else await show(watchedRun(live), sort, refreshMs, terminal);
      } else {
        const folder = openFolder(source);
        if (isShort)
          print(folder.look(at === undefined ? folder.length - 1 : readAt(at, folder)), sort, terminal);
        else await show(watchedFolder(folder, 0), sort, refreshMs, terminal);
      }
    } catch (error) {
      throw error instanceof ApiError ? asFault(error, source) : error;
    }
    return ExitCode.fine;
  },
});

function readRefresh(text: string): number {
  const refresh = parseDuration(text);
  if (refresh !== null && refresh >= LEAST_REFRESH_NS && refresh <= 3600e9) return refresh;
  throw new UsageError(
    `--refresh: found "${text}", allowed: a duration from 50ms to 1h; a bare number is ms`,
  );
}

function readAt(text: string, folder: FolderSource): number {
  const at = parseDuration(text);
  if (at !== null && at >= 0) return folder.indexAt(at);
  throw new UsageError(`--at: found "${text}", allowed: a duration from the start of the run, such as 12s`);
}

function urlOf(source: string): string {
  if (URL.canParse(source)) return source;
  throw new UsageError(`${source} is no URL; netpersona serve says where it listens, http://127.0.0.1:7300`);
}

function openFolder(path: string): FolderSource {
  const { summary } = readResultFolder(path);
  const text = (file: string): string => readText(join(path, file), SERIES_LIMIT);
  const [timeseries, commands] = [text('timeseries.csv'), text('commands.csv')];
  try {
    return new FolderSource({ name: summary.name, duration: summary.durationNs, timeseries, commands });
  } catch (error) {
    throw new UsageError(`${path} is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function print(board: Board, sort: Sort, { out, colour, columns: width = 100 }: Terminal): void {
  out(`${boardLines(board, { width, colour, sort }).join('\n')}\n`);
}

async function show(watched: Watched, sort: Sort, refreshMs: number, terminal: Terminal): Promise<void> {
  const stop = new AbortController();
  const interrupts = new Interrupts(() => stop.abort());
  try {
    await watch(watched, { sort, refreshMs, colour: terminal.colour }, stop.signal);
  } finally {
    interrupts.release();
  }
}

function asFault(error: ApiError, source: string): Error {
  if (error.status === 0)
    return new EnvironmentError(`nobody answers at ${source}: is netpersona serve running?`);
  if (error.status === 401) return new UsageError(`${source} wants a token: give its file with --token-file`);
  if (error.status === 404) return new UsageError(`at ${source} is something else than netpersona serve`);
  return new EnvironmentError(`${source} refuses: ${error.message}`);
}
