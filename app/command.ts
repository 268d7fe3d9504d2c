/** What a command is: its name, its words, its options, its work. */
import type { InferredOptionTypes, Options, PositionalOptions } from 'yargs';
import type { Terminal } from './terminal.ts';

export type OptionTable = Readonly<Record<string, Options>>;
export type PositionalTable = Readonly<Record<string, PositionalOptions>>;
export type Arguments<P extends PositionalTable, O extends OptionTable> = InferredOptionTypes<P> &
  InferredOptionTypes<O>;

export interface CommandDefinition<P extends PositionalTable, O extends OptionTable> {
  /** With its positional arguments, as yargs reads them: `run <file>`. */
  readonly usage: string;
  readonly summary: string;
  readonly positionals: P;
  readonly options: O;
  /** What to type, and what it does. */
  readonly examples: readonly (readonly [command: string, explanation: string])[];
  /** Answers the exit code. */
  run(args: Arguments<P, O>, terminal: Terminal): Promise<number> | number;
}

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly positionals: PositionalTable;
  readonly options: OptionTable;
  readonly examples: readonly (readonly [command: string, explanation: string])[];
  run(args: Readonly<Record<string, unknown>>, terminal: Terminal): Promise<number> | number;
}

/** Keeps what is known of the arguments' types inside. */
export function defineCommand<const P extends PositionalTable, const O extends OptionTable>(
  definition: CommandDefinition<P, O>,
): Command {
  return {
    ...definition,
    name: definition.usage.split(' ')[0] ?? '',
    run: (args, terminal) => definition.run(args as Arguments<P, O>, terminal),
  };
}
