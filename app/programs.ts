/** The scenario's own programs: modules in TypeScript or JavaScript, loaded when a scenario names them. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Problem, Scenario } from '../scenarios/index.ts';
import type { Program } from '../sim/index.ts';
import { ProgramError, ScenarioError, UsageError } from './faults.ts';
import { kindOf } from './files.ts';

/** By the id of the traffic that runs it. */
export type ProgramTable = ReadonlyMap<string, Program>;

const ENDINGS = /\.(ts|mts|js|mjs)$/;

/**
 * Loads every module that a scenario names, anew for each workload and each time, so that no run finds what another left in a
 * module's variables.
 *
 * @param folder what relative paths are relative to.
 * @param given functions by traffic id, which take the place of modules.
 * @throws {ScenarioError} when there is no such file.
 * @throws {ProgramError} when a file is no program.
 */
export async function loadPrograms(
  scenario: Scenario,
  folder: string,
  given: Readonly<Record<string, Program>> = {},
): Promise<ProgramTable> {
  const programs = new Map(Object.entries(given));
  const problems = checkPrograms(scenario, folder, programs);
  if (problems.length > 0) throw new ScenarioError(scenario.name, problems);
  for (const traffic of scenario.world.traffic) {
    if (traffic.kind !== 'program' || programs.has(traffic.id)) continue;
    programs.set(traffic.id, await loadProgram(traffic.module, folder));
  }
  return programs;
}

/** What can be said about the modules without loading them. `given`: those that need none. */
export function checkPrograms(
  scenario: Scenario,
  folder: string,
  given: ProgramTable = new Map(),
): readonly Problem[] {
  return scenario.world.traffic.flatMap((traffic, index) => {
    if (traffic.kind !== 'program' || given.has(traffic.id)) return [];
    const allowed = problemWith(traffic.module, folder);
    if (allowed === undefined) return [];
    return [{ path: `traffic[${index}].module`, found: JSON.stringify(traffic.module), allowed }];
  });
}

/** What is allowed instead; undefined when there may be a program. */
function problemWith(module: string, folder: string): string | undefined {
  if (!ENDINGS.test(module)) return 'a module, which ends in .ts, .mts, .js or .mjs';
  const kind = kindOf(resolve(folder, module));
  return kind === 'file' || kind === 'link'
    ? undefined
    : `a file; there is none at ${resolve(folder, module)}`;
}

async function loadProgram(module: string, folder: string): Promise<Program> {
  const path = resolve(folder, module);
  const exports = await importModule(module, path);
  const program = [exports, exports['default']].flatMap(functionsIn)[0];
  if (program !== undefined) return program;
  const names = Object.keys(exports).join(', ') || 'nothing';
  throw new ProgramError(
    `program ${module}: its default export, or \`program\`, is to be a function; it exports ${names}`,
  );
}

/** A module that is compiled to CommonJS has its exports once more inside its default one. */
function functionsIn(exports: unknown): readonly Program[] {
  if (exports === null || typeof exports !== 'object') return [];
  const { default: main, program } = exports as Readonly<Record<string, unknown>>;
  return [main, program].filter((value) => typeof value === 'function') as unknown as readonly Program[];
}

async function importModule(module: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    // A compiler takes time to load; most scenarios need none.
    const { tsImport } = await import('tsx/esm/api');
    return (await tsImport(pathToFileURL(path).href, import.meta.url)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new ProgramError(`program ${module} cannot be loaded: ${message}${placeOf(error)}`, {
      cause: error,
    });
  }
}

/** Where in the user's code an error was thrown: ` (at x.ts:5:9)`. Empty when the stack does not say. */
export function placeOf(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return '';
  const ours = new URL('..', import.meta.url).href;
  const lines = error.stack.split('\n').filter((line) => /^\s*at /.test(line));
  const line = lines.find((each) => !/node:|node_modules/.test(each) && !each.includes(ours));
  if (line === undefined) return '';
  // The loader numbers its imports.
  return `\n  ${line
    .trim()
    .replace(/\?[\w-]*namespace=[\w-]+/, '')
    .replaceAll('file://', '')}`;
}
