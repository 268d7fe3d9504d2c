/** `netpersona validate`: everything that is wrong with scenario files, without running them. */
import { formatNanos } from '../../engine/index.ts';
import { formatProblems, type Outcome, preflightReports, type Scenario } from '../../scenarios/index.ts';
import { defineCommand } from '../command.ts';
import { ExitCode } from '../faults.ts';
import { UnreadableFile } from '../files.ts';
import { checkPrograms } from '../programs.ts';
import { folderOf, shownName, tryScenario } from '../scenario-file.ts';

export const validate = defineCommand({
  usage: 'validate <files..>',
  summary:
    'Checks scenarios: lists everything that is wrong with them, or what their personalities will mean.',
  positionals: {
    files: {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'Scenarios: YAML or JSON files, or - for stdin',
    },
  },
  options: {
    json: { type: 'boolean', describe: 'Print a JSON array, an object per file with its problems' },
  },
  examples: [
    ['$0 validate web.yaml', 'each problem with its place, what is allowed, and the nearest name'],
    ['$0 validate scenarios/*.yaml --json', 'for programs and editors'],
  ],
  run({ files, json }, terminal) {
    const checked = files.map((file) => ({ file: shownName(file), outcome: check(file) }));
    if (json === true) terminal.out(`${JSON.stringify(checked.map(asData), null, 2)}\n`);
    else for (const each of checked) terminal.out(`${asText(each)}\n`);
    return checked.every(({ outcome }) => outcome.ok) ? ExitCode.fine : ExitCode.usage;
  },
});

interface Checked {
  readonly file: string;
  readonly outcome: Outcome<Scenario>;
}

/** A file that cannot be read is a problem among others, so that the other files are looked at too. */
function check(file: string): Outcome<Scenario> {
  try {
    const outcome = tryScenario(file);
    const problems = outcome.ok ? checkPrograms(outcome.value, folderOf(file)) : [];
    return problems.length === 0 ? outcome : { ok: false, problems };
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    return { ok: false, problems: [{ path: '', found: error.found, allowed: 'a scenario file' }] };
  }
}

function asData({ file, outcome }: Checked): object {
  if (!outcome.ok) return { file, valid: false, problems: outcome.problems };
  const { name, seed, duration, world } = outcome.value;
  const counts = { vms: world.vms.length, traffic: world.traffic.length, durationNs: duration };
  const preflight = preflightReports(world.personalities);
  return { file, valid: true, problems: [], name, seed, ...counts, preflight };
}

function asText({ file, outcome }: Checked): string {
  if (outcome.ok) {
    const { world, duration } = outcome.value;
    const parts = [count(world.vms.length, 'VM'), count(world.traffic.length, 'flow'), formatNanos(duration)];
    const preflight = Object.entries(preflightReports(world.personalities)).flatMap(([id, report]) => [
      `  ${id}: ${report.sentence}`,
      ...report.warnings.map((warning) => `    warning: ${warning}`),
    ]);
    return [`${file}: valid, ${parts.join(', ')}`, ...preflight].join('\n');
  }
  const lines = formatProblems(outcome.problems).split('\n');
  return [`${file}: ${count(outcome.problems.length, 'problem')}`, ...lines.map((line) => `  ${line}`)].join(
    '\n',
  );
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
