/** The series of a preset, from what its file says: levels by field, those of the way up as `up.FIELD`. */
import type { Field, Profile } from '../../sim/index.ts';
import { readField } from './fields.ts';
import { type Findings, words } from './findings.ts';
import type { Path } from './path.ts';
import { aKnownField } from './personalities.ts';
import { allowedQuantity, quantityOf } from './quantity.ts';
import { amount, isMapping, list, mapping } from './raw.ts';
import type { Series } from './series.ts';

/** Towards the VM, and from it. */
export interface BothSeries {
  readonly series?: Series;
  readonly upSeries?: Series;
  /** What needs a source: `series.every`, `series.up.latencyMs`, `series.change.packetLossPercentage`. */
  readonly sourced: readonly string[];
}

const UP = 'up.';
const AT: Path = ['series'];

/** `profile` and `up`: what the preset is without its series, which changes only what is there. */
export function readSeries(
  value: unknown,
  profile: Profile,
  up: Profile | undefined,
  findings: Findings,
): BothSeries {
  if (!isMapping(value)) return { sourced: [] };
  const tools = { profile, up: up ?? {}, findings };
  const levels = readLevels(mapping(value['levels']), tools);
  const count = Math.max(1, ...levels.map(({ values }) => values.length));
  for (const { name, values } of levels) {
    if (values.length === 1 || values.length === count) continue;
    findings.add([...AT, 'levels', name], values, `a list of 1 or, as the longest, ${count}`);
  }
  const every = amount({ measure: 'nanos' }, value['every'], 1);
  const change = readChange(value['change'], every, levels, tools);
  const part = (isUp: boolean): Series | undefined => {
    const own = levels.filter((level) => level.isUp === isUp);
    if (own.length === 0) return undefined;
    const fields = own.map(({ path, values }) => [
      path,
      Array.from({ length: count }, (_, n) => values[values.length === 1 ? 0 : n] ?? 0),
    ]);
    const held = change?.set
      .filter((each) => each.isUp === isUp)
      .map(({ path, values: [only = 0] }) => [path, only]);
    return {
      every,
      levels: count,
      fields: Object.fromEntries(fields),
      ...(change === undefined || held === undefined || held.length === 0
        ? {}
        : { change: { before: change.before, after: change.after, values: Object.fromEntries(held) } }),
    };
  };
  const [series, upSeries] = [part(false), part(true)];
  const changed = change === undefined ? [] : ['change', ...change.set.map(({ name }) => `change.${name}`)];
  return {
    ...(series === undefined ? {} : { series }),
    ...(upSeries === undefined ? {} : { upSeries }),
    sourced: ['every', ...levels.map(({ name }) => name), ...changed].map((name) => `series.${name}`),
  };
}

interface Tools {
  readonly profile: Profile;
  readonly up: Profile;
  readonly findings: Findings;
}

interface Column {
  /** As it is written: `up.latencyMs`. */
  readonly name: string;
  readonly isUp: boolean;
  readonly path: string;
  readonly values: readonly number[];
}

function readLevels(raw: Readonly<Record<string, unknown>>, tools: Tools): readonly Column[] {
  return Object.entries(raw).flatMap(([name, given]) => {
    const at: Path = [...AT, 'levels', name];
    const isUp = name.startsWith(UP);
    const field = aKnownField(isUp ? name.slice(UP.length) : name, at, tools.findings);
    if (field === undefined) return [];
    if ((isUp ? tools.up : tools.profile)[field.path] === undefined) {
      const allowed = `a field that ${isUp ? 'up' : 'personality'} sets: for those who take no series`;
      tools.findings.add(at, words(name), allowed);
    }
    const values = list(given).flatMap((item, index) => readNumber(field, item, [...at, index], tools));
    return [{ name, isUp, path: field.path, values }];
  });
}

function readNumber(field: Field, value: unknown, at: Path, { findings }: Tools): number[] {
  const read = readField(field, value);
  if (typeof read === 'number') return [read];
  const quantity = quantityOf(field);
  findings.add(at, value, quantity === undefined ? 'a number' : allowedQuantity(quantity));
  return [];
}

function readChange(value: unknown, every: number, levels: readonly Column[], tools: Tools) {
  if (!isMapping(value)) return undefined;
  const at: Path = [...AT, 'change'];
  const before = amount({ measure: 'nanos' }, value['before'], 0);
  const after = amount({ measure: 'nanos' }, value['after'], 0);
  if (before + after <= 0 || before + after >= every) {
    tools.findings.add(at, words(`${(before + after) / 1e6} ms`), 'a time above 0 and shorter than a level');
  }
  const set = Object.entries(mapping(value['set'])).flatMap(([name, given]): Column[] => {
    const place = [...at, 'set', name];
    const level = levels.find((each) => each.name === name);
    if (level === undefined) {
      const names = levels.map((each) => each.name);
      tools.findings.unknown(place, name, 'a field of the levels, so that it has a value afterwards', names);
      return [];
    }
    const field = aKnownField(level.path, place, tools.findings);
    return field === undefined ? [] : [{ ...level, values: readNumber(field, given, place, tools) }];
  });
  return { before, after, set };
}
