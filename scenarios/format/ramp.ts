/**
 * Ramps: a number of a personality that changes little by little, unfolded into updates when the file is read. Where a ramp
 * begins is what the file says the field is at that instant; changes from outside, during the run, it cannot know.
 */
import { type Nanos, roundNanos } from '../../engine/index.ts';
import type { Command, Field } from '../../sim/index.ts';
import { FIELD_BY_PATH, givenFor, readField } from './fields.ts';
import { type Findings, words } from './findings.ts';
import type { Path } from './path.ts';
import { aKnownField, type Personalities } from './personalities.ts';
import { allowedQuantity, quantityOf } from './quantity.ts';
import { amount, list, mapping, type Raw, text } from './raw.ts';

/** When an entry of the timeline happens: at `at`, and every so often. */
export interface Schedule {
  readonly at: Nanos;
  readonly every?: Nanos;
  readonly until?: Nanos;
  readonly times?: number;
}

export const RAMP_EACH: Nanos = 100_000_000;
/** In one file. */
export const MOST_RAMPS = 1000;
/** Updates of one ramp. */
export const MOST_RAMP_UPDATES = 100_000;

interface RampContext {
  readonly personalities: Personalities;
  readonly findings: Findings;
  readonly duration: Nanos;
}

interface RampUpdate {
  /** Since the ramp began. */
  readonly after: Nanos;
  readonly command: Command;
}

export function readRamp(
  raw: Raw,
  at: Path,
  schedule: Schedule,
  start: number | undefined,
  context: RampContext,
): readonly RampUpdate[] {
  const target = readTarget(raw, at, context);
  if (target === undefined) return [];
  const { personality, field } = target;
  const to = readEnd(raw['to'], field, [...at, 'to'], context);
  const from = raw['from'] === undefined ? start : readEnd(raw['from'], field, [...at, 'from'], context);
  if (raw['from'] === undefined && from === undefined) {
    context.findings.add(
      [...at, 'from'],
      undefined,
      `a number: ${personality} has no ${field.path} at that time`,
    );
  }
  checkShape(raw, at, context);
  if (from === undefined || to === undefined) return [];
  const shape = shapeOf(raw);
  const over = amount({ measure: 'nanos' }, raw['over'], 1);
  checkExtent(raw, at, schedule, over, shape.updates, context);
  if (shape.updates > MOST_RAMP_UPDATES) return [];
  return Array.from({ length: shape.updates }, (_, index): RampUpdate => {
    const share = (index + 1) / shape.updates;
    // The last one is exactly at the end.
    const after = share === 1 ? over : roundNanos((over / shape.updates) * (index + 1));
    const value = blend(field, from, to, shape.ease(share));
    return { after, command: { op: 'update', personality, set: { [field.path]: value } } };
  });
}

/** `PERSONALITY.FIELD`. Ids may have dots, so the longest one that fits is meant. */
function rampTarget(raw: Raw, ids: Iterable<string>): { personality: string; field: string } | undefined {
  const written = text(raw['ramp']) ?? '';
  let personality: string | undefined;
  for (const id of ids) {
    if (written.startsWith(`${id}.`) && id.length > (personality?.length ?? -1)) personality = id;
  }
  return personality === undefined
    ? undefined
    : { personality, field: written.slice(personality.length + 1) };
}

function readTarget(raw: Raw, at: Path, { personalities, findings }: RampContext) {
  const written = text(raw['ramp']);
  if (written === undefined) return undefined;
  const place = [...at, 'ramp'];
  const target = rampTarget(raw, personalities.since.keys());
  if (target === undefined) {
    const dot = written.indexOf('.');
    const allowed = dot < 0 ? 'PERSONALITY.FIELD' : 'PERSONALITY.FIELD with the id of a personality';
    findings.unknown(place, dot < 0 ? written : written.slice(0, dot), allowed, personalities.since.keys());
    return undefined;
  }
  const field = aKnownField(target.field, place, findings);
  return field === undefined ? undefined : { personality: target.personality, field };
}

function readEnd(value: unknown, field: Field, at: Path, { findings }: RampContext): number | undefined {
  const read = value === undefined ? undefined : readField(field, value);
  const quantity = quantityOf(field);
  if (typeof read === 'number') return read;
  if (value !== undefined && quantity !== undefined) findings.add(at, value, allowedQuantity(quantity));
  return undefined;
}

interface Shape {
  /** How many updates, equally far apart. */
  readonly updates: number;
  /** How much of the way has been gone, 0 to 1. */
  ease(share: number): number;
}

function shapeOf(raw: Raw): Shape {
  if (raw['shape'] === 'step')
    return { updates: amount({ measure: 'count' }, raw['steps'], 4), ease: (share) => share };
  const over = amount({ measure: 'nanos' }, raw['over'], 1);
  const each = amount({ measure: 'nanos' }, raw['each'], RAMP_EACH);
  const updates = Math.max(1, Math.ceil(over / each));
  return { updates, ease: raw['shape'] === 'sine' ? halfCosine : (share) => share };
}

function checkShape(raw: Raw, at: Path, { findings }: RampContext): void {
  const isStep = raw['shape'] === 'step';
  if (!isStep && raw['steps'] !== undefined)
    findings.add([...at, 'steps'], raw['steps'], 'steps only with shape: step');
  if (isStep && raw['each'] !== undefined)
    findings.add([...at, 'each'], raw['each'], 'each only with shape: linear or sine');
}

function checkExtent(
  raw: Raw,
  at: Path,
  schedule: Schedule,
  over: Nanos,
  updates: number,
  { findings, duration }: RampContext,
): void {
  if (updates > MOST_RAMP_UPDATES) {
    findings.add(
      [...at, 'each'],
      words(`${updates} updates`),
      `at most ${MOST_RAMP_UPDATES} updates in one ramp`,
    );
  }
  if (schedule.at + over > duration) {
    findings.add(
      [...at, 'over'],
      raw['over'],
      `a time that ends within the run, which lasts ${duration / 1e9} s`,
    );
  }
  if (schedule.every !== undefined && schedule.every < over) {
    findings.add([...at, 'every'], raw['every'], 'at least as long as over');
  }
}

/** (1 - cos(pi x)) / 2, made of additions and multiplications only, which every machine does alike. */
function halfCosine(share: number): number {
  if (share >= 1) return 1;
  // sin^2 of the half angle, by its series; twelve terms are exact to a double up to a quarter turn.
  const angle = (share * Math.PI) / 2;
  const square = angle * angle;
  let term = angle;
  let sine = angle;
  for (let n = 1; n <= 12; n++) {
    term = (-term * square) / (2 * n * (2 * n + 1));
    sine += term;
  }
  return sine * sine;
}

const WHOLE: ReadonlySet<string> = new Set(['bytes', 'count']);

function blend(field: Field, from: number, to: number, share: number): number {
  const value = share === 1 ? to : from + (to - from) * share;
  return WHOLE.has(field.kind) ? Math.round(value) : value;
}

/** Something that touches a field: sets it, or is a ramp of it. */
interface Touch {
  readonly index: number;
  readonly schedule: Schedule;
  readonly value: number | undefined;
  readonly isRamp: boolean;
  /** The preset whose value, at that time of its series, the field has instead of none. */
  readonly preset?: string;
}

/** Where each ramp begins, as far as the file can tell. */
export class RampStarts {
  readonly #entries: readonly Raw[];
  readonly #schedules: readonly Schedule[];
  readonly #personalities: Personalities;
  readonly #histories = new Map<string, readonly Touch[]>();
  readonly #starts = new Map<number, number | undefined>();

  constructor(entries: readonly Raw[], schedules: readonly Schedule[], personalities: Personalities) {
    this.#entries = entries;
    this.#schedules = schedules;
    this.#personalities = personalities;
    const ramps = entries.flatMap((raw, index) => (raw['ramp'] === undefined ? [] : [index]));
    const atOf = (index: number): Nanos => schedules[index]?.at ?? 0;
    // In the order in which they begin, so that what a ramp begins with is known when another one interrupts it.
    ramps.sort((a, b) => atOf(a) - atOf(b) || a - b);
    for (const index of ramps.slice(0, MOST_RAMPS)) this.#starts.set(index, this.#start(index));
  }

  of(index: number): number | undefined {
    return this.#starts.get(index);
  }

  #start(index: number): number | undefined {
    const raw = this.#entries[index] ?? {};
    const target = rampTarget(raw, this.#personalities.since.keys());
    const field = FIELD_BY_PATH.get(target?.field ?? '');
    if (target === undefined || field === undefined) return undefined;
    if (raw['from'] !== undefined) return asNumber(readField(field, raw['from']));
    return this.#valueAt(target.personality, field, this.#schedules[index]?.at ?? 0, index);
  }

  /** Just before entry number `before` happens at `now`; entries of the same instant count in the order of the file. */
  #valueAt(personality: string, field: Field, now: Nanos, before: number): number | undefined {
    let latest: Touch | undefined;
    let latestAt = -1;
    for (const touch of this.#history(personality, field)) {
      const last = touch.index === before ? undefined : lastTime(touch.schedule, now);
      if (last === undefined || last < latestAt || (last === now && touch.index > before)) continue;
      latest = touch;
      latestAt = last;
    }
    if (latest === undefined) {
      const initial = this.#personalities.initially(personality, field.path, now);
      return asNumber(initial) ?? asNumber(field.identity);
    }
    const { isRamp, preset } = latest;
    const value = isRamp ? this.#rampedTo(field, latest, now - latestAt) : latest.value;
    if (value === undefined && preset !== undefined)
      return (
        asNumber(this.#personalities.ofPreset(preset, field.path, now - latestAt)) ?? asNumber(field.identity)
      );
    return value ?? asNumber(field.identity);
  }

  #rampedTo(field: Field, { index, value: to }: Touch, since: Nanos): number | undefined {
    const raw = this.#entries[index] ?? {};
    const over = amount({ measure: 'nanos' }, raw['over'], 1);
    const from = this.#starts.get(index);
    if (since >= over || to === undefined) return to;
    const { updates, ease } = shapeOf(raw);
    const done = Math.floor((since / over) * updates) / updates;
    return from === undefined ? undefined : blend(field, from, to, ease(done));
  }

  #history(personality: string, field: Field): readonly Touch[] {
    const key = `${personality}.${field.path}`;
    const known = this.#histories.get(key);
    if (known !== undefined) return known;
    const history: Touch[] = [];
    this.#entries.forEach((raw, index) => {
      const schedule = this.#schedules[index] ?? { at: 0 };
      if (raw['ramp'] === key) {
        history.push({ index, schedule, value: asNumber(readField(field, raw['to'])), isRamp: true });
        return;
      }
      for (const action of [raw, ...list(raw['batch']).map(mapping)]) {
        const value = setBy(action, personality, field);
        if (value !== undefined) history.push({ index, schedule, isRamp: false, ...value });
      }
    });
    this.#histories.set(key, history);
    return history;
  }
}

const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** What an action makes of a field: a value, none (it is absent from now on, or its preset's), or undefined when it does not touch it. */
function setBy(action: Raw, personality: string, field: Field): Pick<Touch, 'value' | 'preset'> | undefined {
  const { create, replace, update } = action;
  const inside = (values: unknown): number | undefined =>
    asNumber(readField(field, givenFor(field, mapping(values))));
  if (create === personality || replace === personality) {
    const preset = text(mapping(action['values'])['preset']);
    return { value: inside(action['values']), ...(preset === undefined ? {} : { preset }) };
  }
  if (update !== personality) return undefined;
  const value = inside(action['set']);
  return value === undefined ? undefined : { value };
}

/** When it happens last, not after `now`. */
function lastTime(
  { at, every, until = Infinity, times = Infinity }: Schedule,
  now: Nanos,
): Nanos | undefined {
  if (at > now) return undefined;
  if (every === undefined) return at;
  const repeats = Math.min(Math.floor((Math.min(now, until) - at) / every), times - 1);
  return at + repeats * every;
}
