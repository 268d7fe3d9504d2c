/** `netpersona init`: a scenario to begin with. */
import { TEMPLATE } from '../../scenarios/index.ts';
import { defineCommand } from '../command.ts';
import { ExitCode, UsageError } from '../faults.ts';
import { kindOf, writeText } from '../files.ts';
import { quoted } from '../run-options.ts';

export const init = defineCommand({
  usage: 'init [file]',
  summary: 'Writes a first scenario, with comments that explain it.',
  positionals: {
    file: { type: 'string', default: 'scenario.yaml', describe: 'Where to write it' },
  },
  options: {
    force: { type: 'boolean', describe: 'Replace the file if it exists' },
  },
  examples: [['$0 init web.yaml', 'then change it, and run it']],
  run({ file, force = false }, terminal) {
    if (!force && kindOf(file) !== 'nothing')
      throw new UsageError(`${file} exists already; --force replaces it`);
    writeText(file, TEMPLATE, { replace: force });
    terminal.out(`wrote ${file}; now: netpersona run ${quoted(file)}\n`);
    return ExitCode.fine;
  },
});
