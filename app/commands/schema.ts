/** `netpersona schema`: the scenario format for editors and other programs. */
import { scenarioSchema } from '../../scenarios/index.ts';
import { defineCommand } from '../command.ts';
import { ExitCode } from '../faults.ts';

export const schema = defineCommand({
  usage: 'schema',
  summary: 'Prints the JSON Schema of scenario files.',
  positionals: {},
  options: {},
  examples: [['$0 schema > netpersona.schema.json', 'for an editor that completes and checks as you write']],
  run(_args, terminal) {
    terminal.out(`${JSON.stringify(scenarioSchema(), null, 2)}\n`);
    return ExitCode.fine;
  },
});
