/**
 * Ramps: a number of a personality that changes little by little, unfolded into updates when the file is read. Where a ramp
 * begins is what the file says the field is at that instant; changes from outside, during the run, it cannot know.
 */
import { LAST_INSTANT, type Nanos, roundNanos } from '../../engine/time.ts';
import type { Field } from '../../sim/personality/fields.ts';
import type { Command } from '../../sim/specs.ts';
import { type Findings, words } from './findings.ts';
import type { Path } from './path.ts';
import { aKnownField, type Personalities, readField, readFields } from './personalities.ts';
import { allowedQuantity, quantityOf } from './quantity.ts';
import { amount, list, mapping, type Raw, text } from './raw.ts';
import type { Schedule } from './timeline.ts';

export const RAMP_EACH: Nanos = 100_000_000;
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
  entries: readonly Raw[],
  schedules: readonly Schedule[],
  context: RampContext,
): readonly RampUpdate[] {
  const target = readRampTarget(raw, at, context);
  if (target === undefined) return [];
  const { personality, field } = target;
  const to = readEnd(raw['to'], field, [...at, 'to'], context);
  const given = raw['from'] === undefined ? undefined : readEnd(raw['from'], field, [...at, 'from'], context);
  const past = new Past(personality, field, entries, schedules, context.personalities);
  const from = given ?? past.valueAt(schedule.at, entries.indexOf(raw));
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
    // Whole numbers keep the instants exact; the last one is exactly at the end.
    const after = index + 1 === shape.updates ? over : roundNanos((over / shape.updates) * (index + 1));
    const value = blend(field, from, to, shape.ease(share));
    return { after, command: { op: 'update', personality, set: { [field.path]: value } } };
  });
}

function readRampTarget(raw: Raw, at: Path, { personalities, findings }: RampContext) {
  const written = text(raw['ramp']);
  if (written === undefined) return undefined;
  const place = [...at, 'ramp'];
  // Ids may have dots, so the longest id that fits is meant.
  const ids = [...personalities.since.keys()].filter((id) => written.startsWith(`${id}.`));
  const personality = ids.sort((a, b) => b.length - a.length)[0];
  if (personality === undefined) {
    const dot = written.indexOf('.');
    const id = dot < 0 ? written : written.slice(0, dot);
    const allowed = dot < 0 ? 'PERSONALITY.FIELD' : 'PERSONALITY.FIELD with the id of a personality';
    findings.unknown(place, id, allowed, personalities.since.keys());
    return undefined;
  }
  const field = aKnownField(written.slice(personality.length + 1), place, findings);
  return field === undefined ? undefined : { personality, field };
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

/** What the file says about one field up to an instant. */
class Past {
  readonly #personality: string;
  readonly #field: Field;
  readonly #entries: readonly Raw[];
  readonly #schedules: readonly Schedule[];
  readonly #personalities: Personalities;

  constructor(
    personality: string,
    field: Field,
    entries: readonly Raw[],
    schedules: readonly Schedule[],
    personalities: Personalities,
  ) {
    this.#personality = personality;
    this.#field = field;
    this.#entries = entries;
    this.#schedules = schedules;
    this.#personalities = personalities;
  }

  /** Just before entry number `before` happens at `now`; entries of the same instant count in the order of the file. */
  valueAt(now: Nanos, before: number): number | undefined {
    let value = this.#asNumber(this.#personalities.values[this.#personality]?.[this.#field.path]);
    let latest = -1;
    this.#entries.forEach((raw, index) => {
      const schedule = this.#schedules[index];
      if (index === before || schedule === undefined) return;
      const last = lastTime(schedule, now);
      if (last === undefined || last < latest || (last === now && index > before)) return;
      const set = this.#setBy(raw, index, now - last);
      if (set === undefined) return;
      value = set.value;
      latest = last;
    });
    return value ?? this.#asNumber(this.#field.identity);
  }

  #asNumber(value: unknown): number | undefined {
    return typeof value === 'number' ? value : undefined;
  }

  /** What an entry has made of the field so long after it began; undefined when it does not touch it. */
  #setBy(raw: Raw, index: number, since: Nanos): { value: number | undefined } | undefined {
    let result: { value: number | undefined } | undefined;
    for (const action of [raw, ...list(raw['batch']).map(mapping)]) {
      const { create, replace, update } = action;
      if (create === this.#personality || replace === this.#personality) {
        result = { value: this.#asNumber(readFields(mapping(action['values']))[this.#field.path]) };
      } else if (update === this.#personality) {
        const value = this.#asNumber(readFields(mapping(action['set']))[this.#field.path]);
        if (value !== undefined) result = { value };
      }
    }
    return raw['ramp'] === `${this.#personality}.${this.#field.path}`
      ? this.#rampedTo(raw, index, since)
      : result;
  }

  #rampedTo(raw: Raw, index: number, since: Nanos): { value: number | undefined } {
    const over = amount({ measure: 'nanos' }, raw['over'], 1);
    const to = this.#asNumber(readField(this.#field, raw['to']));
    if (since >= over || to === undefined) return { value: to };
    const start = this.#schedules[index]?.at ?? 0;
    const given = raw['from'] === undefined ? undefined : this.#asNumber(readField(this.#field, raw['from']));
    const from = given ?? (start < LAST_INSTANT ? this.#valueBefore(index, start) : undefined);
    const { updates, ease } = shapeOf(raw);
    const done = Math.floor((since / over) * updates) / updates;
    return { value: from === undefined ? undefined : blend(this.#field, from, to, ease(done)) };
  }

  #valueBefore(index: number, start: Nanos): number | undefined {
    const earlier = this.#entries.slice(0, index);
    // Ramps that overlap, each beginning within the one before, end with the first of the file.
    return new Past(this.#personality, this.#field, earlier, this.#schedules, this.#personalities).valueAt(
      start,
      index,
    );
  }
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
