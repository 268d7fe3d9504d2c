/** `netpersona run`: simulates a scenario and says what happened. */
import { QUEUES } from '../../engine/index.ts';
import { FateTrail, terminalReport } from '../../reports/index.ts';
import type { TraceSink } from '../../sim/index.ts';
import { type Arguments, defineCommand, type OptionTable } from '../command.ts';
import { difference } from '../determinism.ts';
import { ExitCode, UsageError } from '../faults.ts';
import { Interrupts } from '../interrupts.ts';
import { OutputFolder } from '../output-folder.ts';
import { loadPrograms } from '../programs.ts';
import { ProgressLine } from '../progress.ts';
import { readOverrides, readSpeed, reproduction } from '../run-options.ts';
import { folderOf, loadScenario } from '../scenario-file.ts';
import { type RunResult, Session, type SessionOptions } from '../session.ts';
import type { Terminal } from '../terminal.ts';

const positionals = {
  file: { type: 'string', demandOption: true, describe: 'The scenario: a YAML or JSON file, or - for stdin' },
} as const;

const options = {
  seed: { type: 'string', requiresArg: true, describe: "Instead of the scenario's own seed" },
  out: {
    type: 'string',
    requiresArg: true,
    describe: 'Write summary.json and the CSV files into this new folder',
  },
  packets: { type: 'boolean', describe: 'Also write packets.csv, a row per packet' },
  force: { type: 'boolean', describe: 'Replace the folder if it is the output of an earlier run' },
  until: {
    type: 'string',
    requiresArg: true,
    describe: 'End there instead, such as 10s; a bare number is ms',
  },
  set: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Change a value of the scenario, path=value; may be repeated',
  },
  queue: { choices: QUEUES, requiresArg: true, describe: 'The event queue; all give the same run' },
  speed: {
    type: 'string',
    requiresArg: true,
    default: 'max',
    describe: 'As fast as it goes, or by the clock: 1x, 10x, 0.5x',
  },
  'check-determinism': { type: 'boolean', describe: 'Run twice, and name the first difference' },
  json: { type: 'boolean', describe: 'Print summary.json instead of tables' },
  quiet: { type: 'boolean', describe: 'Print nothing but problems' },
} as const satisfies OptionTable;

type RunArguments = Arguments<typeof positionals, typeof options>;

export const run = defineCommand({
  usage: 'run <file>',
  summary: 'Simulates a scenario, and prints or writes what happened.',
  positionals,
  options,
  examples: [
    ['$0 run web.yaml', 'tables, expectations, the digest'],
    ['$0 run web.yaml --out out/web --packets', 'files as well'],
    ['$0 run web.yaml --seed 7 --set personalities.wan.latencyMs=80', 'the same world, changed'],
    ['$0 run web.yaml --json | jq -r .digest', 'for programs'],
  ],
  async run(args, terminal) {
    const overrides = readOverrides(args);
    const pacer = readSpeed(args.speed);
    if (args.packets === true && args.out === undefined) {
      throw new UsageError('--packets needs --out, the folder for packets.csv');
    }
    const scenario = loadScenario(args.file, overrides);
    const command = reproduction(args.file, scenario.seed, args);
    const progress = args.quiet === true ? undefined : new ProgressLine(terminal);
    let current: Session | undefined;
    const interrupts = new Interrupts((signal) => {
      progress?.clear();
      terminal.err(`${signal}: ending; once more to end at once\n`);
      current?.stop();
    });
    const begin = async (
      sink: TraceSink,
      files: Pick<SessionOptions, 'open' | 'packets'>,
    ): Promise<Session> => {
      current = new Session(scenario, {
        pacer: pacer(),
        programs: await loadPrograms(scenario, folderOf(args.file)),
        sinks: [sink],
        ...(args.queue === undefined ? {} : { queue: args.queue }),
        ...(progress === undefined ? {} : { onProgress: (at) => progress.update(at) }),
        ...files,
      });
      if (interrupts.exitCode !== undefined) current.stop();
      return current;
    };

    try {
      const trail = new FateTrail();
      const isChecked = args['check-determinism'] === true;
      const sink = isChecked ? trail : {};
      const result = await intoFolder(args, (files) => begin(sink, files).then((session) => session.run()));
      progress?.clear();
      print(result, command, args, terminal);
      if (progress !== undefined) terminal.err(`${progress.summary(result.summary.duration)}\n`);
      if (interrupts.exitCode !== undefined && result.summary.partial) return interrupts.exitCode;
      const differs = isChecked ? await difference(result, trail, (other) => begin(other, {})) : undefined;
      progress?.clear();
      if (interrupts.exitCode !== undefined) return interrupts.exitCode;
      if (isChecked) tellDifference(differs, args, terminal);
      return result.ok && differs === undefined ? ExitCode.fine : ExitCode.failed;
    } finally {
      progress?.clear();
      interrupts.release();
    }
  },
});

/** Runs with the files open, if files are wanted. The folder is there when the run has come to an end, and not before. */
async function intoFolder(
  { out, force = false, packets = false }: RunArguments,
  simulate: (files: Pick<SessionOptions, 'open' | 'packets'>) => Promise<RunResult>,
): Promise<RunResult> {
  if (out === undefined) return simulate({});
  const folder = await OutputFolder.claim(out, { force });
  const discard = (): void => folder.discard();
  // Whatever ends the process, short of SIGKILL.
  process.on('exit', discard);
  try {
    const result = await simulate({ open: (name) => folder.open(name), packets });
    folder.publish();
    return result;
  } finally {
    folder.discard();
    process.off('exit', discard);
  }
}

function print(result: RunResult, command: string, { json, quiet }: RunArguments, terminal: Terminal): void {
  const { summary } = result;
  if (quiet !== true) {
    const { colour, columns: width = 100 } = terminal;
    terminal.out(json === true ? result.json() : terminalReport(summary, { colour, width, command }));
  }
  if (!summary.conservation.closes) terminal.err('netpersona: the sums do not close: a defect\n');
}

function tellDifference(differs: string | undefined, { quiet }: RunArguments, terminal: Terminal): void {
  if (differs !== undefined) terminal.err(`netpersona: not deterministic: ${differs}\n`);
  else if (quiet !== true) terminal.err('both runs are the same\n');
}
