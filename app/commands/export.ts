/** `netpersona export`: a personality as the commands of another tool. */
import { exportTc, nearestName, tcScript } from '../../scenarios/index.ts';
import type { Profile } from '../../sim/index.ts';
import { defineCommand } from '../command.ts';
import { ExitCode, UsageError } from '../faults.ts';
import { loadScenario, presets } from '../scenario-file.ts';

/** What the kernel takes for the name of an interface. */
const DEVICE = /^[^\s/:'"`$\\;&|<>(){}*?!#~]{1,15}$/;

export const exportCommand = defineCommand({
  usage: 'export [file] [personality]',
  summary: 'Writes a personality as commands for tc, as far as tc can do it.',
  positionals: {
    file: { type: 'string', describe: 'A scenario, or - for stdin' },
    personality: { type: 'string', describe: 'Which of its personalities' },
  },
  options: {
    tc: { type: 'boolean', describe: 'As commands of tc: netem, tbf, queues' },
    preset: { type: 'string', describe: 'A preset, instead of a scenario and a personality' },
    dev: {
      type: 'string',
      default: 'eth0',
      describe: 'The interface through which packets leave towards the VM',
    },
    'egress-dev': {
      type: 'string',
      default: 'eth1',
      describe: 'The interface through which packets from the VM leave, for its egress',
    },
    json: { type: 'boolean', describe: 'Print JSON: the commands, and what tc does not do' },
  },
  examples: [
    ['$0 export --tc web.yaml wan --dev tap0', 'the commands for one personality of a scenario'],
    ['$0 export --tc --preset dsl-atc', 'a preset, towards the VM and from it'],
  ],
  run({ file, personality, tc = false, preset, dev, 'egress-dev': egressDev, json = false }, terminal) {
    if (!tc) throw new UsageError('export needs --tc, the only format there is');
    checkDevice('--dev', dev);
    checkDevice('--egress-dev', egressDev);
    const { id, fields, egress } =
      preset === undefined ? fromScenario(file, personality) : fromPreset(preset, file);
    if (json) {
      const data = {
        id,
        towards: exportTc(fields, dev),
        ...(egress && { from: exportTc(egress, egressDev) }),
      };
      terminal.out(`${JSON.stringify(data, null, 2)}\n`);
    } else terminal.out(tcScript({ id, fields, device: dev, egress, egressDevice: egressDev }));
    return ExitCode.fine;
  },
});

interface Chosen {
  readonly id: string;
  readonly fields: Profile;
  readonly egress?: Profile | undefined;
}

function checkDevice(option: string, device: string): void {
  if (!DEVICE.test(device))
    throw new UsageError(
      `${option}: found ${JSON.stringify(device)}, allowed: the name of an interface, such as eth0`,
    );
}

function fromPreset(name: string, file: string | undefined): Chosen {
  if (file !== undefined)
    throw new UsageError(`export takes a scenario or --preset, not both: found "${file}"`);
  const known = presets();
  const preset = known.get(name);
  if (preset === undefined)
    throw new UsageError(
      `there is no preset "${name}"; ${guessText(name, known.keys(), 'netpersona presets lists them')}`,
    );
  return { id: name, fields: preset.profile, egress: preset.up };
}

function fromScenario(file: string | undefined, id: string | undefined): Chosen {
  if (file === undefined)
    throw new UsageError('export needs FILE and PERSONALITY, or --preset; export --help shows how');
  const { personalities } = loadScenario(file).world;
  const names = Object.keys(personalities);
  const there = `the scenario has ${names.length === 0 ? 'none' : names.join(', ')}`;
  if (id === undefined) throw new UsageError(`export needs PERSONALITY; ${there}`);
  const fields = Object.hasOwn(personalities, id) ? personalities[id] : undefined;
  if (fields === undefined)
    throw new UsageError(`there is no personality "${id}"; ${guessText(id, names, there)}`);
  const egress = fields['egress'];
  return { id, fields, egress: typeof egress === 'string' ? personalities[egress] : undefined };
}

function guessText(name: string, names: Iterable<string>, otherwise: string): string {
  const nearest = nearestName(name, names);
  return nearest === undefined ? otherwise : `did you mean ${nearest}?`;
}
