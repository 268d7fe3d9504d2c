/** What `run --out` has left behind, read again. */
import { join } from 'node:path';
import { UsageError } from './faults.ts';
import { kindOf, readText } from './files.ts';

const SUMMARY_LIMIT = 256 * 1024 * 1024;

/** Of `summary.json`, what all versions have. */
export interface ResultSummary {
  readonly name: string;
  readonly seed: string;
  readonly version: string;
  readonly digest: string;
  readonly durationNs: number;
  readonly [field: string]: unknown;
}

export interface ResultFolder {
  readonly path: string;
  readonly summary: ResultSummary;
  /** `scenario.yaml` in it; undefined: there is none. */
  readonly scenarioFile: string | undefined;
  readonly packetsFile: string | undefined;
}

/** @throws {UsageError} when it is none, or not whole. */
export function readResultFolder(path: string): ResultFolder {
  const kind = kindOf(path);
  if (kind === 'nothing') throw new UsageError(`there is no folder ${path}`);
  if (kind === 'file') throw new UsageError(`${path} is a file, not a folder that run --out wrote`);
  const file = join(path, 'summary.json');
  if (kindOf(file) === 'nothing')
    throw new UsageError(`${path} is not the output of a run: there is no summary.json in it`);
  const found = (name: string): string | undefined =>
    kindOf(join(path, name)) === 'nothing' ? undefined : join(path, name);
  return {
    path,
    summary: parse(readText(file, SUMMARY_LIMIT), file),
    scenarioFile: found('scenario.yaml'),
    packetsFile: found('packets.csv'),
  };
}

const NEEDED = {
  name: 'string',
  seed: 'string',
  version: 'string',
  digest: 'string',
  durationNs: 'number',
} as const;

function parse(text: string, file: string): ResultSummary {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
  const summary = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const wrong = Object.entries(NEEDED).filter(([name, type]) => typeof summary[name] !== type);
  if (wrong.length === 0) return value as ResultSummary;
  const list = wrong.map(([name, type]) => `${name}: a ${type}`).join(', ');
  throw new UsageError(`${file} is not of a run of netpersona, or is damaged: it lacks ${list}`);
}
