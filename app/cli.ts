/** From what was typed to a command and its arguments, or to what is wrong with it. Runs nothing. */
import yargs, { type Argv } from 'yargs';
import { nearestName } from '../scenarios/index.ts';
import type { Command } from './command.ts';
import { UsageError } from './faults.ts';

export type Parsed =
  | { readonly command: Command; readonly args: Readonly<Record<string, unknown>> }
  /** Help or version was asked for. */
  | { readonly output: string };

const GLOBAL_OPTIONS = ['help', 'version'];
const WIDEST = 100;
/** Stands for `-` while yargs reads, which would make it an empty text. */
const DASH = '\0-';

/**
 * @param typed what follows the program's name.
 * @param columns the terminal's width, if there is one.
 * @throws {UsageError}
 */
export function parseArguments(
  typed: readonly string[],
  commands: readonly Command[],
  { version, columns = WIDEST }: { readonly version: string; readonly columns?: number | undefined },
): Parsed {
  const choice: { command?: Command; failure?: string; output: string } = { output: '' };
  const parser = yargs()
    .scriptName('netpersona')
    .usage('$0 <command>\n\nGives VMs network personalities and simulates them, the same way each time.')
    // Nothing may depend on who runs it.
    .detectLocale(false)
    .locale('en')
    .wrap(Math.min(columns, WIDEST))
    .version(version)
    .help()
    .alias('help', 'h')
    .epilogue('netpersona <command> --help tells more about a command.')
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'boolean-negation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .fail((message, error) => {
      choice.failure ??= message ?? error.message;
    });
  for (const command of commands) addCommand(parser, command, () => (choice.command = command));
  let args: Readonly<Record<string, unknown>> = {};
  const readable = typed.map((word) => (word === '-' ? DASH : word));
  parser.parse(readable, {}, (_error, argv, output) => {
    args = withDashes(argv as Readonly<Record<string, unknown>>);
    choice.output = output;
  });
  const { command, failure, output } = choice;
  const words = (args['_'] ?? []) as readonly (string | number)[];
  if (failure === undefined && output !== '') {
    // Help about a command that is none would be the general one.
    if (command === undefined && words.length > 0) throw unknownCommand(String(words[0]), commands);
    return { output: `${output}\n` };
  }
  if (command === undefined) {
    if (words.length > 0) throw unknownCommand(String(words[0]), commands);
    checkOptions(args, [], undefined);
    throw new UsageError('a command is missing; netpersona --help lists them');
  }
  checkOptions(args, [...Object.keys(command.options), ...Object.keys(command.positionals)], command);
  if (failure !== undefined) throw new UsageError(inOurWords(failure, command));
  const [extra] = words.slice(1);
  if (extra !== undefined) throw new UsageError(`${command.name} does not know what to do with "${extra}"`);
  checkOnce(args, command);
  return { command, args };
}

function withDashes(args: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const restored = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(restored) : value === DASH ? '-' : value;
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, restored(value)]));
}

function addCommand(parser: Argv, command: Command, choose: () => void): void {
  parser.command(
    command.usage,
    command.summary,
    (own) => {
      own.usage(`$0 ${command.usage.toUpperCase().replace(/^\S+/, command.name)}\n\n${command.summary}`);
      own.epilogue('');
      for (const [name, options] of Object.entries(command.positionals)) own.positional(name, options);
      for (const [name, options] of Object.entries(command.options)) own.option(name, options);
      for (const [typed, explanation] of command.examples) own.example(typed, explanation);
      choose();
      return own;
    },
    () => {},
  );
}

function unknownCommand(word: string, commands: readonly Command[]): UsageError {
  const names = commands.map(({ name }) => name);
  // In so short a word, two letters the other way round are half of it.
  const nearest = names.find((name) => sameLetters(name, word)) ?? nearestName(word, names);
  const guess = nearest === undefined ? `; there are ${names.join(', ')}` : `; did you mean ${nearest}?`;
  return new UsageError(`there is no command "${word}"${guess}`);
}

const sameLetters = (one: string, other: string): boolean =>
  [...one].sort().join() === [...other].sort().join();

/** Every option that is typed must be known; the first that is not is told with the nearest that is. */
function checkOptions(
  args: Readonly<Record<string, unknown>>,
  names: readonly string[],
  command: Command | undefined,
): void {
  const known = [...names, ...GLOBAL_OPTIONS];
  const aside = new Set([...known, '_', '$0', 'h']);
  for (const name of Object.keys(args)) {
    if (aside.has(name)) continue;
    const nearest = nearestName(name, known);
    const guess = nearest === undefined ? '' : `; did you mean --${nearest}?`;
    const dashes = name.length === 1 ? '-' : '--';
    const owner = command === undefined ? 'netpersona' : command.name;
    throw new UsageError(`${owner} has no option ${dashes}${name}${guess}`);
  }
}

/** `--seed 1 --seed 2` would leave open which one is meant. */
function checkOnce(args: Readonly<Record<string, unknown>>, { options }: Command): void {
  for (const [name, { array, type }] of Object.entries(options)) {
    if (array === true) continue;
    if (Array.isArray(args[name])) throw new UsageError(`--${name} is given more than once`);
    if (type === 'string' && args[name] === '') throw new UsageError(`--${name} needs a value`);
  }
}

/** Yargs explains itself in several ways. */
function inOurWords(failure: string, command: Command): string {
  const choice = /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(failure);
  const dashes = choice?.[1] !== undefined && Object.hasOwn(command.options, choice[1]) ? '--' : '';
  if (choice !== null)
    return `${dashes}${choice[1]}: found ${choice[2]}, allowed: ${choice[3]?.replaceAll('"', '')}`;
  const lonely = /Not enough arguments following: (\S+)/.exec(failure);
  if (lonely !== null) return `--${lonely[1]} needs a value`;
  if (failure.startsWith('Not enough non-option arguments')) {
    return `${command.name} needs ${Object.keys(command.positionals)[0]?.toUpperCase()}; ${command.name} --help shows how`;
  }
  return failure;
}
