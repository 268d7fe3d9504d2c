/** The catalogue of commands, in the order in which help lists them. */
import type { Command } from '../command.ts';
import { explainCommand } from './explain.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { init } from './init.ts';
import { presets } from './presets.ts';
import { run } from './run.ts';
import { schema } from './schema.ts';
import { serve } from './serve.ts';
import { top } from './top.ts';
import { validate } from './validate.ts';

export const commands: readonly Command[] = [
  run,
  serve,
  top,
  explainCommand,
  validate,
  init,
  presets,
  importCommand,
  exportCommand,
  schema,
];
