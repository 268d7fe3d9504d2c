/** A scenario from a file, with everything that it names: included files, presets, lists of packets. */
import { dirname, isAbsolute, join, normalize, relative } from 'node:path';
import {
  type Outcome,
  type Overrides,
  type Preset,
  parseScenario,
  type Resources,
  type Scenario,
} from '../scenarios/index.ts';
import { ScenarioError } from './faults.ts';
import { readBytes, readText, UnreadableFile } from './files.ts';
import { PresetShelf } from './preset-shelf.ts';

const MEBIBYTE = 1024 * 1024;
/** No person writes more; a program that does can include several. */
export const SCENARIO_LIMIT = 32 * MEBIBYTE;
/** Captures are read into memory. */
export const CAPTURE_LIMIT = 1024 * MEBIBYTE;

/**
 * @param file `-` is stdin.
 * @throws {ScenarioError} with every problem.
 * @throws {UnreadableFile}
 */
export function loadScenario(file: string, overrides: Overrides = {}): Scenario {
  const parsed = tryScenario(file, overrides);
  if (parsed.ok) return parsed.value;
  throw new ScenarioError(shownName(file), parsed.problems);
}

/** As `loadScenario`; problems are an answer. */
export function tryScenario(file: string, overrides: Overrides = {}): Outcome<Scenario> {
  return parseScenario(readText(file, SCENARIO_LIMIT), filesFrom(shownName(file)), overrides);
}

/** The files that a scenario names, found beside the file that names them. `name`: the scenario's own file. */
export function filesFrom(name: string): Resources {
  return {
    name: normalize(name),
    include(path, from) {
      const place = beside(from, path);
      return { name: place, text: orPlainError(() => readText(place, SCENARIO_LIMIT)) };
    },
    rebase: (path, from) =>
      isAbsolute(path) ? path : relative(dirname(normalize(name)), beside(from, path)),
    read: (path, from) => orPlainError(() => readBytes(beside(from, path), CAPTURE_LIMIT)),
    presets: presets(),
  };
}

/** What a file is called in messages. */
export const shownName = (file: string): string => (file === '-' ? 'stdin' : file);

/** What relative paths in a scenario are relative to. */
export const folderOf = (file: string): string => dirname(shownName(file));

const beside = (from: string, path: string): string =>
  isAbsolute(path) ? normalize(path) : join(dirname(from), path);

/** Whoever asked names the file. */
function orPlainError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableFile) throw new Error(error.found);
    throw error;
  }
}

let shelf: PresetShelf | undefined;

/** Every preset that comes with netpersona, by name. */
export function presets(): ReadonlyMap<string, Preset> {
  shelf ??= new PresetShelf();
  return shelf;
}
