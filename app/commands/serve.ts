/** `netpersona serve`: a scenario at the pace of the clock, under an HTTP API and a page. */
import { LAST_INSTANT } from '../../engine/index.ts';
import {
  actionParser,
  type Overrides,
  overlay,
  parseDuration,
  parseScenario,
  type Scenario,
} from '../../scenarios/index.ts';
import { defineCommand } from '../command.ts';
import { ExitCode, ScenarioError, UsageError } from '../faults.ts';
import { Interrupts } from '../interrupts.ts';
import type { Clock, Speed } from '../operation/run.ts';
import { keepSession } from '../operation/session-file.ts';
import { runInThread } from '../operation/thread.ts';
import { readOverrides } from '../run-options.ts';
import { filesFrom, folderOf, loadScenario, presets, shownName } from '../scenario-file.ts';
import type { Kept, Store } from '../store/store.ts';
import { readToken } from '../token-file.ts';
import { packageVersion } from '../version.ts';

const DEFAULT_PORT = '7300';

export const serve = defineCommand({
  usage: 'serve <file>',
  summary: 'Runs a scenario at the pace of the clock, with an HTTP API and a page to command it.',
  positionals: {
    file: { type: 'string', demandOption: true, describe: 'The scenario; - is stdin' },
  },
  options: {
    speed: { type: 'string', default: '1x', describe: 'Times the clock (1x, 10x, 0.5x), or max' },
    duration: { type: 'string', describe: "Ends there instead of at the scenario's end; none: open-ended" },
    paused: { type: 'boolean', describe: 'Begins paused' },
    port: { type: 'string', default: DEFAULT_PORT, describe: 'TCP port; 0: any that is free' },
    host: {
      type: 'string',
      default: '127.0.0.1',
      describe: 'Address to listen at; another than the loopback needs --token-file',
    },
    'allow-host': {
      type: 'string',
      array: true,
      describe: 'A further name by which browsers may call this server',
    },
    'token-file': { type: 'string', describe: 'A file with the token that every request has to carry' },
    data: { type: 'string', describe: 'Folder that keeps personalities and assignments over a restart' },
    record: { type: 'string', describe: 'Writes the session as a scenario file, again and again' },
    force: { type: 'boolean', describe: 'Replaces the file of --record' },
    seed: { type: 'string', describe: "Instead of the scenario's seed" },
    set: { type: 'string', array: true, describe: 'Changes a value: path=value' },
    quiet: { type: 'boolean', describe: 'Only errors, and the address' },
  },
  examples: [
    ['$0 serve web.yaml', `the page at http://127.0.0.1:${DEFAULT_PORT}/`],
    ['$0 serve web.yaml --speed 10x --duration none', 'ten times as fast, until Ctrl-C'],
    ['$0 serve web.yaml --data state --record session.yaml', 'changes stay; run session.yaml repeats them'],
    ['$0 serve web.yaml --host 0.0.0.0 --token-file token', 'for others, who need the token'],
  ],
  async run(args, terminal) {
    // What only a server needs is loaded only for one.
    const { createServer } = await import('../http/server.ts');
    const { keeping } = await import('../store/keeping.ts');
    const speed = readSpeed(args.speed);
    const port = readPort(args.port);
    const token = args['token-file'] === undefined ? undefined : readToken(args['token-file']);
    const isOpenEnded = args.duration === 'none';
    const overrides: Overrides = {
      ...readOverrides({ seed: args.seed, set: args.set }),
      ...(args.duration === undefined ? {} : { until: readDuration(args.duration) }),
      ...(isOpenEnded ? { isOpenEnded } : {}),
    };
    const declared = loadScenario(args.file, overrides);
    const store = await openStore(args.data, declared);
    const close: (() => Promise<unknown>)[] = [() => store.close()];
    try {
      const scenario = withKept(declared, store.kept, args.file, overrides);
      const thread = await runInThread({
        scenario,
        folder: folderOf(args.file),
        speed,
        paused: args.paused === true,
        isOpenEnded,
        beginning: { personalities: declared.world.personalities, assignments: declared.world.assignments },
      });
      const run = keeping(thread, store);
      close.splice(0, 1, () => run.close());
      const say = (text: string): void => {
        if (args.quiet !== true) terminal.err(text);
      };
      const keeper =
        args.record === undefined
          ? undefined
          : await keepSession(run, args.record, {
              replace: args.force === true,
              onProblem: (error) => terminal.err(`netpersona: ${error.message}\n`),
            });
      const server = await createServer({
        run,
        presets: presets(),
        readActions: actionParser(scenario, presets()),
        host: args.host,
        port,
        ...(token === undefined ? {} : { token }),
        allowedHosts: args['allow-host'] ?? [],
        onDefect: (error) => terminal.err(`netpersona: ${error.stack ?? error.message}\n`),
      });
      close.unshift(() => server.close());
      // From now on a signal is an order; before, it ends what has not begun.
      const asked = interrupted();
      // On stdout alone, so that a program can read where.
      terminal.out(`${server.address}\n`);
      say(`${scenario.name}, seed ${scenario.seed}: page, /docs and /v1 at this address; Ctrl-C ends\n`);
      let isEnding = false;
      void thread.over.then((clock) => {
        if (!isEnding) say(endText(clock));
      });
      const signal = await asked;
      isEnding = true;
      if (keeper !== undefined) {
        const { at, digest } = await keeper.close();
        say(`${args.record}: ${at} ns of session, digest ${digest}\n`);
      }
      say(`${signal}: ended\n`);
      return ExitCode.fine;
    } finally {
      for (const end of close) await end();
    }
  },
});

/** Resolves at the first signal; the second ends the process. */
function interrupted(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    new Interrupts(resolve);
  });
}

function endText({ state, failure }: Clock): string {
  return state === 'failed'
    ? `the run has failed: ${failure}; still answering questions\n`
    : 'the run has come to its end; still answering questions\n';
}

function readSpeed(text: string): Speed {
  if (text === 'max') return 'max';
  const speed = /^\d+(\.\d+)?x$/.test(text) ? Number(text.slice(0, -1)) : 0;
  if (speed > 0 && speed <= 1e6) return speed;
  throw new UsageError(
    `--speed: found "${text}", allowed: max, or times the clock's speed, such as 1x, 10x, 0.5x`,
  );
}

function readPort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : -1;
  if (port >= 0 && port <= 65_535) return port;
  throw new UsageError(`--port: found "${text}", allowed: a whole number from 0 to 65535`);
}

/** When the run ends. */
function readDuration(text: string): number {
  if (text === 'none') return LAST_INSTANT;
  const duration = parseDuration(text);
  if (duration !== null && duration > 0 && duration <= LAST_INSTANT) return duration;
  throw new UsageError(
    `--duration: found "${text}", allowed: none, or a duration from 1ns to 26 days, such as 10s or 1500 (ms)`,
  );
}

async function openStore(folder: string | undefined, scenario: Scenario): Promise<Store> {
  if (folder === undefined) return (await import('../store/memory-store.ts')).memoryStore();
  const { openStore: open } = await import('../store/lmdb-store.ts');
  const declared = new Set(Object.keys(scenario.world.personalities));
  return open(folder, { scenario: scenario.name, version: packageVersion(), declared });
}

/** The scenario with what an earlier session has left behind. @throws {ScenarioError} when that does not fit it any more. */
function withKept(scenario: Scenario, kept: Kept, file: string, overrides: Overrides): Scenario {
  if (kept.personalities.size === 0 && kept.assignments.size === 0) return scenario;
  const document = overlay(scenario, kept);
  const { until, isOpenEnded } = overrides;
  const parsed = parseScenario(JSON.stringify(document), filesFrom(shownName(file)), {
    ...(until === undefined ? {} : { until }),
    ...(isOpenEnded === undefined ? {} : { isOpenEnded }),
  });
  if (parsed.ok) return parsed.value;
  throw new ScenarioError(`${shownName(file)}, with what --data has kept,`, parsed.problems);
}
