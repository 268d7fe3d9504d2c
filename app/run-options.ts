/** The options of `run`, from what was typed to what is meant. */
import { LAST_INSTANT, type Nanos, type Pacer, virtualPacer, wallPacer } from '../engine/index.ts';
import { type Overrides, parseDuration } from '../scenarios/index.ts';
import { UsageError } from './faults.ts';

export interface OverrideOptions {
  readonly seed?: string | undefined;
  readonly until?: string | undefined;
  readonly set?: readonly string[] | undefined;
}

/** @throws {UsageError} */
export function readOverrides({ seed, until, set = [] }: OverrideOptions): Overrides {
  return {
    ...(seed === undefined ? {} : { seed }),
    ...(until === undefined ? {} : { until: readUntil(until) }),
    set: set.map(readSetting),
  };
}

function readUntil(text: string): Nanos {
  const until = parseDuration(text);
  if (until !== null && until > 0 && until <= LAST_INSTANT) return until;
  throw new UsageError(
    `--until: found "${text}", allowed: a duration from 1ns to 26 days, such as 10s or 1500 (ms)`,
  );
}

function readSetting(text: string): readonly [path: string, value: string] {
  const sign = text.indexOf('=');
  if (sign > 0) return [text.slice(0, sign), text.slice(sign + 1)];
  throw new UsageError(`--set: found "${text}", allowed: path=value, such as personalities.wan.latencyMs=80`);
}

/** How fast virtual time goes: `max`, or `2x` as fast as the clock. A pacer serves one run. @throws {UsageError} */
export function readSpeed(text: string): () => Pacer {
  if (text === 'max') return virtualPacer;
  const speed = /^\d+(\.\d+)?x$/.test(text) ? Number(text.slice(0, -1)) : 0;
  if (speed > 0 && speed <= 1e6) return () => wallPacer({ speed });
  throw new UsageError(
    `--speed: found "${text}", allowed: max, or times the clock's speed, such as 1x, 10x, 0.5x`,
  );
}

/** What to type to see the run again. */
export function reproduction(file: string, seed: string, { until, set = [] }: OverrideOptions): string {
  const words = [file, `--seed=${seed}`];
  if (until !== undefined) words.push(`--until=${until}`);
  for (const setting of set) words.push(`--set=${setting}`);
  const typed = `netpersona run ${words.map(quoted).join(' ')}`;
  return file === '-' ? `${typed} < SCENARIO` : typed;
}

/** As a POSIX shell reads it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
