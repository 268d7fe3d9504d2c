/** `netpersona run`: simulates a scenario and says what happened. */
import { Defect, QUEUES } from '../../engine/index.ts';
import { FateTrail, loadArrow, terminalReport } from '../../reports/index.ts';
import type { Scenario } from '../../scenarios/index.ts';
import { annotationsOf } from '../annotate.ts';
import { artefactsOf } from '../artefacts.ts';
import { type Arguments, defineCommand, type OptionTable } from '../command.ts';
import { difference } from '../determinism.ts';
import { ExitCode, RunDefect, UsageError } from '../faults.ts';
import { OutputFolder } from '../output-folder.ts';
import { type Files, RunJob } from '../run-job.ts';
import { readOverrides, readSpeed, reproduction } from '../run-options.ts';
import { folderOf, loadScenario } from '../scenario-file.ts';
import type { RunResult } from '../session.ts';
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
  pcap: { type: 'boolean', describe: 'Also write capture.pcapng, for Wireshark' },
  dropped: { type: 'boolean', describe: 'With --pcap: also packets that never arrived' },
  substrate: { type: 'boolean', describe: 'With --pcap: also what the links between hosts carry' },
  arrow: { type: 'boolean', describe: 'Also write packets.arrow, for pandas, polars and DuckDB' },
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
  strict: { type: 'boolean', describe: 'Also fail for an expectation that the sample is too small to tell' },
  annotate: {
    type: 'boolean',
    describe: 'Also print what failed as workflow commands, which GitHub shows at their lines',
  },
  json: { type: 'boolean', describe: 'Print summary.json instead of tables' },
  quiet: { type: 'boolean', describe: 'Neither tables nor progress, only problems' },
} as const satisfies OptionTable;

const FILE_OF = { packets: 'packets.csv', pcap: 'capture.pcapng', arrow: 'packets.arrow' } as const;

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
    const isChecked = args['check-determinism'] === true;
    const job = readJob(args, terminal);
    try {
      const trail = new FateTrail();
      const result = await intoFolder(args, job.scenario, async (files) =>
        (await job.begin(isChecked ? [trail] : [], files)).run(),
      );
      job.clear();
      print(result, args, terminal);
      if (args.annotate === true) annotate(result, args, terminal);
      job.tellPace();
      checkSums(result);
      if (result.summary.partial && job.interruptCode !== undefined) return job.interruptCode;
      const isFine = result.ok && !(args.strict === true && tellDoubts(result, terminal));
      if (!isChecked) return isFine ? ExitCode.fine : ExitCode.failed;
      const found = await difference(result, trail, (sink) => job.begin([sink]));
      job.clear();
      if (job.interruptCode !== undefined) return job.interruptCode;
      tellDifference(found, args, terminal);
      return isFine && found === undefined ? ExitCode.fine : ExitCode.failed;
    } finally {
      job.end();
    }
  },
});

/** Everything is read and checked before anything happens. */
function readJob(args: RunArguments, terminal: Terminal): RunJob {
  const overrides = readOverrides(args);
  const pacer = readSpeed(args.speed);
  for (const name of ['packets', 'pcap', 'arrow'] as const) {
    if (args[name] === true && args.out === undefined)
      throw new UsageError(`--${name} needs --out, the folder for ${FILE_OF[name]}`);
  }
  for (const name of ['dropped', 'substrate'] as const) {
    if (args[name] === true && args.pcap !== true)
      throw new UsageError(`--${name} needs --pcap: it says what stands in capture.pcapng`);
  }
  const scenario = loadScenario(args.file, overrides);
  const { queue, quiet = false } = args;
  return new RunJob({ scenario, folder: folderOf(args.file), pacer, queue, quiet }, terminal);
}

/** Runs with the files open, if files are wanted. The folder is there when the run has come to an end, and not before. */
async function intoFolder(
  args: RunArguments,
  scenario: Scenario,
  simulate: (files: Files) => Promise<RunResult>,
): Promise<RunResult> {
  const { file, out, force = false, packets = false } = args;
  if (out === undefined) return simulate({});
  const folder = await OutputFolder.claim(out, { force });
  const discard = (): void => folder.discard();
  // Whatever ends the process, short of SIGKILL.
  process.on('exit', discard);
  try {
    const arrow = args.arrow === true ? await loadArrow() : undefined;
    const result = await simulate({
      open: (name) => folder.open(name),
      packets,
      artefacts: (world, open) =>
        artefactsOf({
          scenario,
          world,
          open,
          command: reproduction(file, scenario.seed, args),
          wishes: args,
          arrow,
          folder: folderOf(file),
          out,
        }),
    });
    folder.publish();
    return result;
  } finally {
    folder.discard();
    process.off('exit', discard);
  }
}

function print(result: RunResult, args: RunArguments, terminal: Terminal): void {
  const { colour, columns: width = 100 } = terminal;
  const command = reproduction(args.file, result.summary.seed, args);
  if (args.json === true) terminal.out(result.json());
  else if (args.quiet !== true) terminal.out(terminalReport(result.summary, { colour, width, command }));
}

/** Runners read both streams; with `--json`, stdout is for programs. */
function annotate({ summary }: RunResult, args: RunArguments, terminal: Terminal): void {
  const text = annotationsOf(args.file, summary, args);
  if (args.json === true) terminal.err(text);
  else terminal.out(text);
}

/** Every packet ends exactly once; when one did not, no figure is to be trusted. */
function checkSums({ summary }: RunResult): void {
  const { conservation, seed, duration } = summary;
  if (!conservation.closes)
    throw new RunDefect(new Defect('the sums of packets do not close'), seed, duration);
}

/** Whether there are any; `--strict` fails for them. */
function tellDoubts({ summary }: RunResult, terminal: Terminal): boolean {
  const doubts = summary.expectations.filter(({ confidence }) => confidence === 'cannot tell');
  for (const { expectation, doubt } of doubts)
    terminal.err(`netpersona: --strict: ${expectation.text}: ${doubt}\n`);
  return doubts.length > 0;
}

function tellDifference(found: string | undefined, { quiet }: RunArguments, terminal: Terminal): void {
  if (found !== undefined) terminal.err(`netpersona: not deterministic: ${found}\n`);
  else if (quiet !== true) terminal.err('both runs are the same\n');
}
