/** Numbers with a unit and a range, as the schema asks for them and as the checks read them. */
import { LAST_INSTANT } from '../../engine/index.ts';
import type { Param, ParamKind } from '../../sim/index.ts';
import {
  type AmountKind,
  bareUnit,
  correctedUnit,
  parseDuration,
  parseKilobits,
  parseMilliseconds,
  parsePacketRate,
  parseRate,
  parseSize,
  unitsOf,
} from './units.ts';

/** What is read, and what unit the result is in. */
export type Measure =
  /** A duration, in whole ns. */
  | 'nanos'
  /** A duration, in ms with fractions. */
  | 'milliseconds'
  /** bit/s. */
  | 'bits'
  | 'kilobits'
  | 'bytes'
  /** `20/s`, as ns between packets. */
  | 'packetInterval'
  /** `4Mbit` or `20/s`: either of the two above; who reads it has to ask which. */
  | 'flowRate'
  | 'probability'
  | 'count'
  | 'number';

export interface Quantity {
  readonly measure: Measure;
  /** Inclusive bounds, in the measure's unit. */
  readonly min?: number;
  readonly max?: number;
  readonly aboveMin?: boolean;
}

export const DURATION: Quantity = { measure: 'nanos', min: 0, max: LAST_INSTANT };
export const POSITIVE_DURATION: Quantity = { ...DURATION, aboveMin: true };

/** Null for what is no such number or out of range. */
export function readQuantity(quantity: Quantity, value: unknown): number | null {
  const { measure, min = -Infinity, max = Infinity, aboveMin = false } = quantity;
  const amount = READERS[measure](value);
  if (amount === null || !Number.isFinite(amount)) return null;
  return amount < min || amount > max || (aboveMin && amount === min) ? null : amount;
}

const plain = (value: unknown): number | null => (typeof value === 'number' ? value : null);

const READERS: Readonly<Record<Measure, (value: unknown) => number | null>> = {
  nanos: parseDuration,
  milliseconds: parseMilliseconds,
  bits: parseRate,
  kilobits: parseKilobits,
  bytes: parseSize,
  packetInterval: positive(parsePacketRate),
  flowRate: (value) => positive(parsePacketRate)(value) ?? positive(parseRate)(value),
  probability: plain,
  count: (value) => (Number.isSafeInteger(value) ? (value as number) : null),
  number: plain,
};

function positive(parse: (value: unknown) => number | null): (value: unknown) => number | null {
  return (value) => {
    const amount = parse(value);
    return amount !== null && amount > 0 ? amount : null;
  };
}

/** `a duration from 0 to 3600000 ms, such as 40 or 40ms`. */
export function allowedQuantity(quantity: Quantity): string {
  const { noun, unit, examples } = WORDS[quantity.measure];
  const range = rangeText(quantity, unit);
  const allowed = `${noun}${range === '' ? '' : ` ${range}`}`;
  return examples === '' ? allowed : `${allowed}${examples}`;
}

const WORDS: Readonly<Record<Measure, { noun: string; unit: string; examples: string }>> = {
  nanos: { noun: 'a duration', unit: 'ns', examples: ', such as 200 (ms), 200ms or 1.5s' },
  milliseconds: { noun: 'a duration', unit: 'ms', examples: ', such as 40 or 40ms' },
  bits: { noun: 'a rate', unit: 'bit/s', examples: ', such as 4000 (kbit/s) or 4Mbit' },
  kilobits: { noun: 'a rate', unit: 'kbit/s', examples: ', such as 4000 or 4Mbit' },
  bytes: { noun: 'a size', unit: 'bytes', examples: ', such as 1500 or 1.5kB' },
  packetInterval: { noun: 'a packet rate above 0', unit: '', examples: ', such as 20/s' },
  flowRate: { noun: 'a rate above 0', unit: '', examples: ', such as 4Mbit or 20/s' },
  probability: { noun: 'a probability', unit: '', examples: ' (1 % is written 0.01)' },
  count: { noun: 'a whole number', unit: '', examples: '' },
  number: { noun: 'a number', unit: '', examples: '' },
};

function rangeText({ measure, min, max, aboveMin = false }: Quantity, unit: string): string {
  const amount = (value: number): string => {
    if (measure === 'nanos' && value === LAST_INSTANT) return `${LAST_INSTANT} ns (26 days)`;
    return `${value}${unit === '' || value === 0 ? '' : ` ${unit}`}`;
  };
  if (min !== undefined && aboveMin) {
    return max === undefined ? `above ${amount(min)}` : `above ${amount(min)}, up to ${amount(max)}`;
  }
  if (min !== undefined && max !== undefined) {
    return `from ${String(min)} to ${amount(max)}`;
  }
  if (min !== undefined) return `of at least ${amount(min)}`;
  return max === undefined ? '' : `of at most ${amount(max)}`;
}

/** What was probably meant: the unit put right, a percentage as a probability. */
export function nearestQuantity(quantity: Quantity, value: unknown): string | undefined {
  const meant = meantBy(quantity, value);
  return meant === undefined || readQuantity(quantity, numeric(meant)) === null ? undefined : meant;
}

/** A bare number in the file is a number. */
const numeric = (text: string): unknown => (/^-?[\d.]+$/.test(text) ? Number(text) : text);

function meantBy({ measure }: Quantity, value: unknown): string | undefined {
  if (measure === 'probability' || measure === 'number' || measure === 'count') {
    const percent = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(String(value))?.[1];
    if (measure === 'probability' && (percent !== undefined || (typeof value === 'number' && value > 1))) {
      return shifted(percent ?? String(value));
    }
    return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()) ? value.trim() : undefined;
  }
  if (measure === 'packetInterval' && typeof value === 'number') return `${value}/s`;
  for (const kind of AMOUNTS[measure] ?? []) {
    const corrected = correctedUnit(kind, value);
    if (corrected !== undefined) return corrected;
  }
  return undefined;
}

/** `5` (per cent) as `0.05`, in decimal. */
const shifted = (percent: string): string => String(Number(`${percent}e-2`));

const AMOUNTS: Readonly<Partial<Record<Measure, readonly AmountKind[]>>> = {
  nanos: ['duration'],
  milliseconds: ['duration'],
  bits: ['rate'],
  kilobits: ['rate'],
  bytes: ['size'],
  packetInterval: ['packetRate'],
  flowRate: ['rate'],
};

const NO_QUANTITIES: ReadonlySet<ParamKind> = new Set([
  'choice',
  'boolean',
  'numbers',
  'personality',
  'flow',
]);

/** What a personality's field holds, where that is a number. */
export function quantityOf(param: Param): Quantity | undefined {
  const bounds = {
    ...(param.min === undefined ? {} : { min: param.min }),
    ...(param.max === undefined ? {} : { max: param.max }),
    ...(param.aboveMin === undefined ? {} : { aboveMin: param.aboveMin }),
  };
  const { kind } = param;
  if (NO_QUANTITIES.has(kind)) return undefined;
  if (kind === 'probability') return { measure: 'probability', min: 0, max: 1, ...bounds };
  return { measure: kind as Measure, ...bounds };
}

/** For the published schema: what a bare number means, and which texts are numbers with a unit. */
export function publishedQuantity(quantity: Quantity): Record<string, unknown> {
  const { measure, min, max, aboveMin = false } = quantity;
  const kinds: readonly AmountKind[] =
    measure === 'flowRate' ? ['rate', 'packetRate'] : (AMOUNTS[measure] ?? []);
  const inBareUnit = measure !== 'nanos' && measure !== 'bits' && measure !== 'flowRate';
  const units = kinds.flatMap((kind) => unitsOf(kind).map((unit) => unit.replace('/', '\\/'))).join('|');
  const optional = kinds.some((kind) => bareUnit(kind) !== null) ? '?' : '';
  return {
    ...(kinds.length === 0
      ? {}
      : { pattern: `^\\s*\\d*\\.?\\d*([eE][+-]?\\d+)?\\s*(${units})${optional}\\s*$` }),
    ...(min === undefined || (!inBareUnit && min !== 0)
      ? {}
      : { [aboveMin ? 'exclusiveMinimum' : 'minimum']: min }),
    ...(max === undefined || !inBareUnit ? {} : { maximum: max }),
  };
}
