/**
 * Presets' series in a scenario: updates of those who follow them, unfolded when the file is read, as ramps are. A series lasts until
 * its personality is replaced or deleted; a field leaves it when an update sets it or a ramp begins.
 */
import type { Nanos } from '../../engine/index.ts';
import { combinationProblems, type Profile, type TimelineEntry } from '../../sim/index.ts';
import { FIELD_BY_PATH, givenFor } from './fields.ts';
import { type Findings, words } from './findings.ts';
import { type Path, pathText } from './path.ts';
import { MOST_RAMP_UPDATES, MOST_RAMPS, type Schedule } from './ramp.ts';
import { list, mapping, type Raw } from './raw.ts';
import { type ActionOrder, type SeriesUse, seriesPairs } from './series.ts';

interface Context {
  readonly findings: Findings;
  /** Of the run. */
  readonly end: Nanos;
  /** Then a series that is too long for that ends before. */
  readonly isOpenEnded: boolean;
}

/** In order of the uses, each in order of time. */
export function unfoldSeries(
  uses: readonly SeriesUse[],
  raws: readonly Raw[],
  schedules: readonly Schedule[],
  { findings, end, isOpenEnded }: Context,
): readonly TimelineEntry[] {
  const [tooMany] = uses.slice(MOST_RAMPS);
  if (tooMany !== undefined)
    findings.add(placeOf(tooMany), words(`more than ${MOST_RAMPS} series`), `at most ${MOST_RAMPS} series`);
  // Without a duration, which has been reported, there is no end.
  if (!Number.isFinite(end)) return [];
  return uses.slice(0, MOST_RAMPS).flatMap((use) => {
    checkLevels(use, findings);
    const updates: TimelineEntry[] = [];
    const path = pathText(placeOf(use));
    for (const [at, set] of updatesOf(use, touchesOf(use, raws, schedules), schedules, end)) {
      if (updates.length === MOST_RAMP_UPDATES) {
        if (isOpenEnded) break;
        const allowed = `at most ${MOST_RAMP_UPDATES} updates of one series: a shorter run, or values of one's own`;
        findings.add(placeOf(use), words(`more than ${MOST_RAMP_UPDATES} updates`), allowed);
        return [];
      }
      updates.push({ at, actions: [{ op: 'update', personality: use.personality, set }], path });
    }
    return updates;
  });
}

const placeOf = ({ at }: SeriesUse): Path => [...at, 'preset'];

/** What is given beside the preset must not contradict what the series will say. */
function checkLevels({ series, profile, at }: SeriesUse, findings: Findings): void {
  const { every, levels } = series;
  for (const [, values] of seriesPairs(series, every * levels)) {
    for (const { path, found, allowed } of combinationProblems({ ...profile, ...values }, values))
      findings.add([...at, 'preset'], words(`a preset that sets ${path} to ${found}`), allowed);
  }
}

/** Something in the timeline that ends a series, or takes fields out of it. */
interface Touch {
  readonly schedule: Schedule;
  readonly order: ActionOrder;
  takes(path: string): boolean;
}

function touchesOf(
  { personality, owner, series }: SeriesUse,
  raws: readonly Raw[],
  schedules: readonly Schedule[],
): readonly Touch[] {
  const ids: readonly unknown[] = [personality, owner];
  const fields = Object.keys(series.fields);
  return raws.flatMap((raw, entry) => {
    const schedule = schedules[entry] ?? { at: 0 };
    const ramped = fields.find((path) => raw['ramp'] === `${personality}.${path}`);
    if (ramped !== undefined)
      return [{ schedule, order: { entry, action: 0 }, takes: (path: string) => path === ramped }];
    return actionsOf(raw).flatMap((action, index): Touch[] => {
      const order = { entry, action: index };
      if ([action['create'], action['replace'], action['delete']].some((id) => ids.includes(id)))
        return [{ schedule, order, takes: () => true }];
      if (action['update'] !== personality) return [];
      const set = mapping(action['set']);
      const takes = (path: string): boolean => {
        const field = FIELD_BY_PATH.get(path);
        return field !== undefined && givenFor(field, set) !== undefined;
      };
      return fields.some(takes) ? [{ schedule, order, takes }] : [];
    });
  });
}

const actionsOf = (raw: Raw): readonly Raw[] =>
  raw['batch'] === undefined ? [raw] : list(raw['batch']).map(mapping);

/** The first of each row is not among them: the personality begins with it. */
function* updatesOf(
  { series, order }: SeriesUse,
  touches: readonly Touch[],
  schedules: readonly Schedule[],
  end: Nanos,
): Generator<readonly [at: Nanos, set: Profile]> {
  const schedule = order === null ? { at: 0 } : (schedules[order.entry] ?? { at: 0 });
  for (let start = schedule.at; start < end; start = timeAfter(schedule, start)) {
    const until = new Map(
      Object.keys(series.fields).map((path) => [path, leaves(path, start, order, touches)] as const),
    );
    const last = Math.min(end, Math.max(...until.values()));
    for (const [elapsed, values] of seriesPairs(series, last - start)) {
      const at = start + elapsed;
      const set = Object.entries(values).filter(([path]) => at < (until.get(path) ?? 0));
      if (elapsed > 0 && set.length > 0) yield [at, Object.fromEntries(set)];
    }
  }
}

/** When the field is no longer the series'. At that very instant it is not any more. */
function leaves(path: string, start: Nanos, order: ActionOrder | null, touches: readonly Touch[]): Nanos {
  let first = Infinity;
  for (const touch of touches) {
    if (!touch.takes(path)) continue;
    const { schedule } = touch;
    const isLater = order === null || isAfter(touch.order, order);
    first = Math.min(first, isLater && isOn(schedule, start) ? start : timeAfter(schedule, start));
  }
  return first;
}

const isAfter = (a: ActionOrder, b: ActionOrder): boolean =>
  a.entry > b.entry || (a.entry === b.entry && a.action > b.action);

/** Whether it happens at that instant. */
function isOn(schedule: Schedule, at: Nanos): boolean {
  return schedule.at === at || timeAfter(schedule, at - 1) === at;
}

/** When it happens next after `now`; Infinity: never again. */
function timeAfter({ at, every, until = Infinity, times = Infinity }: Schedule, now: Nanos): Nanos {
  if (at > now) return at;
  if (every === undefined) return Infinity;
  const repeats = Math.floor((now - at) / every) + 1;
  const next = at + repeats * every;
  return repeats < times && next <= until ? next : Infinity;
}
