#!/usr/bin/env node
/** The command line: from what was typed to a command, and from what became of it to an exit code. */
import { formatNanos } from '../engine/index.ts';
import { parseArguments } from './cli.ts';
import { commands } from './commands/index.ts';
import { ExitCode, exitCodeOf, ProgramError, RunDefect } from './faults.ts';
import { placeOf } from './programs.ts';
import { quoted } from './run-options.ts';
import { flushed, processTerminal, type Terminal } from './terminal.ts';
import { packageVersion } from './version.ts';

async function main(typed: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const parsed = parseArguments(typed, commands, { version: packageVersion(), columns: terminal.columns });
    if ('output' in parsed) {
      terminal.out(parsed.output);
      return ExitCode.fine;
    }
    return await parsed.command.run(parsed.args, terminal);
  } catch (error) {
    return fail(error, typed, terminal);
  }
}

/** Says what went wrong, to whoever can do something about it. */
function fail(error: unknown, typed: readonly string[], terminal: Terminal): number {
  const code = exitCodeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  terminal.err(code === ExitCode.defect ? defectText(error, typed) : `netpersona: ${message}\n`);
  return code;
}

/** What nobody waits for failed: in a scenario's program, when the stack says so, else in ours. */
function stray(error: unknown): unknown {
  const place = placeOf(error);
  if (place === '') return error;
  return new ProgramError(`a program left something unattended that failed: ${String(error)}${place}`, {
    cause: error,
  });
}

/** Our fault: everything that is needed to see it again. */
function defectText(error: unknown, typed: readonly string[]): string {
  const cause = error instanceof RunDefect ? error.cause : error;
  const lines = [
    `netpersona: a defect in netpersona ${packageVersion()}: ${error instanceof Error ? error.message : String(error)}`,
  ];
  if (error instanceof RunDefect)
    lines.push(`  seed ${error.seed}, at ${formatNanos(error.at, 9)} of virtual time`);
  lines.push(`  to see it again: netpersona ${typed.map(quoted).join(' ')}`);
  if (cause instanceof Error && cause.stack !== undefined) lines.push(cause.stack);
  return `${lines.join('\n')}\n`;
}

const terminal = processTerminal();
const typed = process.argv.slice(2);
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => process.exit(fail(stray(error), typed, terminal)));
}
const code = await main(typed, terminal);
await flushed();
// A scenario's program may have left timers behind.
process.exit(code);
