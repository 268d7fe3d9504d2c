/** `netpersona explain`: the life of one packet, and why it was that. */
import { join } from 'node:path';
import { virtualPacer } from '../../engine/index.ts';
import { explanationJson, explanationText } from '../../reports/index.ts';
import { parseScenario } from '../../scenarios/index.ts';
import { type Arguments, defineCommand, type OptionTable } from '../command.ts';
import { type ExplainJob, explain, type Sought } from '../explain.ts';
import { ExitCode, ScenarioError, UsageError } from '../faults.ts';
import { kindOf, readText } from '../files.ts';
import { readResultFolder } from '../result-folder.ts';
import { RunJob } from '../run-job.ts';
import { quoted, readOverrides } from '../run-options.ts';
import { filesFrom, folderOf, SCENARIO_LIMIT, shownName } from '../scenario-file.ts';

const positionals = {
  source: {
    type: 'string',
    demandOption: true,
    describe: 'A folder that run --out wrote, or a scenario: a YAML or JSON file, or - for stdin',
  },
} as const;

const options = {
  packet: { type: 'string', requiresArg: true, describe: "The packet's id, as in packets.csv" },
  flow: { type: 'string', requiresArg: true, describe: 'With --seq: the id of its traffic' },
  seq: { type: 'string', requiresArg: true, describe: 'With --flow: its number there, from 0' },
  reverse: { type: 'boolean', describe: 'With --flow: on the way back, as replies are' },
  seed: { type: 'string', requiresArg: true, describe: "Instead of the scenario's own seed" },
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
  json: { type: 'boolean', describe: 'Print JSON: every event with its instant in ns' },
} as const satisfies OptionTable;

type ExplainArguments = Arguments<typeof positionals, typeof options>;

export const explainCommand = defineCommand({
  usage: 'explain <source>',
  summary: 'Tells the life of one packet, stage by stage, and which line decided what.',
  positionals,
  options,
  examples: [
    ['$0 explain out/web --packet 72', 'a packet of a run that left its files in out/web'],
    ['$0 explain web.yaml --flow calls --seq 35 --reverse', 'a reply, without any files'],
    ['$0 explain web.yaml --packet 72 --json', 'for programs'],
  ],
  async run(args, terminal) {
    const sought = readSought(args);
    const job = isFolder(args.source) ? ofFolder(args, sought) : ofScenario(args, sought);
    const { folder, source } = job;
    const runs = new RunJob(
      { scenario: source.scenario, folder, pacer: virtualPacer, queue: undefined, quiet: false },
      terminal,
    );
    try {
      const explanation = await explain(job, runs);
      if (explanation === undefined) return runs.interruptCode ?? ExitCode.defect;
      runs.clear();
      const { colour, columns: width = 110 } = terminal;
      terminal.out(
        args.json === true ? explanationJson(explanation) : explanationText(explanation, { colour, width }),
      );
      return ExitCode.fine;
    } finally {
      runs.end();
    }
  },
});

/** Also through a symbolic link. */
const isFolder = (path: string): boolean =>
  kindOf(path) === 'folder' || kindOf(join(path, 'summary.json')) !== 'nothing';

function readSought({ packet, flow, seq, reverse = false }: ExplainArguments): Sought {
  if (packet !== undefined) {
    if (flow !== undefined || seq !== undefined || reverse)
      throw new UsageError(
        '--packet says it all: --flow, --seq and --reverse are for when its id is not known',
      );
    return { packet: readWhole('--packet', packet, 1) };
  }
  if (flow === undefined || seq === undefined)
    throw new UsageError('explain needs --packet ID, or --flow FLOW and --seq N');
  return { flow, seq: readWhole('--seq', seq, 0), reverse };
}

function readWhole(name: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${name}: found "${text}", allowed: a whole number from ${least} on`);
}

/** The run as it was: nothing of it can be changed. */
function ofFolder({ source: path, seed, until, set }: ExplainArguments, sought: Sought): ExplainJob {
  for (const [name, value] of Object.entries({ seed, until, set })) {
    if (value !== undefined)
      throw new UsageError(`--${name} is for scenarios: what is in ${path} has been run`);
  }
  const { scenarioFile, summary } = readResultFolder(path);
  if (scenarioFile === undefined)
    throw new UsageError(`there is no scenario.yaml in ${path}, so the run cannot be repeated`);
  const command = `netpersona explain ${quoted(path)}`;
  return { ...read(scenarioFile, {}), sought, digest: summary.digest, command };
}

function ofScenario({ source: file, seed, until, set = [] }: ExplainArguments, sought: Sought): ExplainJob {
  const words = [
    file,
    ...(seed === undefined ? [] : [`--seed=${seed}`]),
    ...(until === undefined ? [] : [`--until=${until}`]),
    ...set.map((setting) => `--set=${setting}`),
  ];
  const command = `netpersona explain ${words.map(quoted).join(' ')}`;
  return { ...read(file, { seed, until, set }), sought, digest: undefined, command };
}

/** @throws {ScenarioError} with every problem. */
function read(
  file: string,
  typed: Parameters<typeof readOverrides>[0],
): Pick<ExplainJob, 'source' | 'folder'> {
  const name = shownName(file);
  const overrides = readOverrides(typed);
  const text = readText(file, SCENARIO_LIMIT);
  const resources = filesFrom(name);
  const parsed = parseScenario(text, resources, overrides);
  if (!parsed.ok) throw new ScenarioError(name, parsed.problems);
  const { set = [] } = typed;
  return { source: { scenario: parsed.value, text, resources, file: name, set }, folder: folderOf(file) };
}
