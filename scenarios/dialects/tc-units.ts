/**
 * tc's own units (iproute2: lib/utils.c, lib/utils_math.c; tc(8), section PARAMETERS). They are not ours: `kbps` are kilobytes
 * per second, a `kb` has 1,024 bytes, and a bare time is in microseconds. Case never matters.
 */
import { tidy } from './dialect.ts';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/i;

interface Amount {
  readonly value: number;
  readonly unit: string;
}

/** A number and what follows it, as strtod leaves it. */
function split(text: string): Amount | null {
  const number = NUMBER.exec(text)?.[0];
  if (number === undefined) return null;
  const value = Number(number);
  return Number.isFinite(value) ? { value, unit: text.slice(number.length).toLowerCase() } : null;
}

function scaled(text: string, units: Readonly<Record<string, number>>): number | null {
  const amount = split(text);
  if (amount === null || !Object.hasOwn(units, amount.unit)) return null;
  return tidy(amount.value * units[amount.unit]!);
}

const MILLISECONDS: Readonly<Record<string, number>> = {
  ...{ s: 1000, sec: 1000, secs: 1000 },
  ...{ ms: 1, msec: 1, msecs: 1 },
  ...{ '': 1e-3, us: 1e-3, usec: 1e-3, usecs: 1e-3 },
  ...{ ns: 1e-6, nsec: 1e-6, nsecs: 1e-6 },
};

const KILOBITS: Readonly<Record<string, number>> = (() => {
  const units: Record<string, number> = { '': 1e-3, bit: 1e-3, bps: 8e-3 };
  ['k', 'm', 'g', 't'].forEach((prefix, index) => {
    const decimal = 1000 ** index;
    const binary = 1024 ** (index + 1) / 1000;
    Object.assign(units, { [`${prefix}bit`]: decimal, [`${prefix}ibit`]: binary });
    Object.assign(units, { [`${prefix}bps`]: 8 * decimal, [`${prefix}ibps`]: 8 * binary });
  });
  return units;
})();

const BYTES: Readonly<Record<string, number>> = {
  ...{ '': 1, b: 1 },
  ...{ k: 1024, kb: 1024, kbit: 1024 / 8 },
  ...{ m: 1024 ** 2, mb: 1024 ** 2, mbit: 1024 ** 2 / 8 },
  ...{ g: 1024 ** 3, gb: 1024 ** 3, gbit: 1024 ** 3 / 8 },
};

/** In ms; bare numbers are microseconds. */
export const readTime = (text: string): number | null => notNegative(scaled(text, MILLISECONDS));

/** In kbit/s; bare numbers are bit/s. */
export const readRate = (text: string): number | null => notNegative(scaled(text, KILOBITS));

/** In whole bytes, as tc cuts them; bare numbers are bytes. */
export function readSize(text: string): number | null {
  const bytes = notNegative(scaled(text, BYTES));
  return bytes === null ? null : Math.floor(bytes);
}

/** As a probability; the sign may be missing. */
export function readPercent(text: string): number | null {
  const probability = scaled(text, { '': 0.01, '%': 0.01 });
  return probability !== null && probability >= 0 && probability <= 1 ? probability : null;
}

/** A whole number, of packets say; `10240p` is how tc shows them. */
export function readCount(text: string): number | null {
  const count = scaled(text, { '': 1, p: 1 });
  return count !== null && Number.isSafeInteger(count) ? count : null;
}

export const hasUnit = (text: string): boolean => split(text)?.unit !== '';

const notNegative = (value: number | null): number | null => (value !== null && value >= 0 ? value : null);

// ---- the way back

/** `100ms`, `0.02ms`. */
export const writeTime = (milliseconds: number): string => `${decimal(milliseconds)}ms`;

/** `10mbit`, `1500bit`. */
export function writeRate(kilobits: number): string {
  const bits = Math.max(1, Math.round(kilobits * 1000));
  const [size, unit] = (
    [
      [1e9, 'gbit'],
      [1e6, 'mbit'],
      [1e3, 'kbit'],
    ] as const
  ).find(([size]) => bits % size === 0) ?? [1, 'bit'];
  return `${bits / size}${unit}`;
}

/** `2.5%`. */
export const writePercent = (probability: number): string => `${decimal(probability * 100)}%`;

export const writeSize = (bytes: number): string => `${bytes}b`;

/** Without an exponent, which not every reader of such lines knows. */
function decimal(value: number): string {
  const text = String(tidy(value));
  return text.includes('e') ? value.toFixed(18).replace(/\.?0+$/, '') : text;
}
