/**
 * Amounts as people write them: `40ms`, `4Mbit`, `30kB`, `20/s`. Decimal arithmetic is exact; only the final result is
 * rounded, once. Does not know ranges.
 */
import { distance } from 'fastest-levenshtein';
import type { Nanos } from '../../engine/index.ts';

export type AmountKind = 'duration' | 'rate' | 'size' | 'packetRate';

/** `digits` times ten to the `exponent`, in ns, bit/s, bytes, or packets per hour. */
interface Amount {
  readonly digits: bigint;
  readonly exponent: number;
}

interface UnitTable {
  /** What a bare number is in. */
  readonly bare: string | null;
  /** Size of each unit in the smallest one. */
  readonly units: Readonly<Record<string, bigint>>;
}

const TABLES: Readonly<Record<AmountKind, UnitTable>> = {
  duration: {
    bare: 'ms',
    units: {
      ns: 1n,
      us: 1_000n,
      µs: 1_000n,
      ms: 1_000_000n,
      s: 1_000_000_000n,
      m: 60_000_000_000n,
      h: 3_600_000_000_000n,
    },
  },
  rate: { bare: 'kbit', units: { bit: 1n, kbit: 1_000n, Mbit: 1_000_000n, Gbit: 1_000_000_000n } },
  size: {
    bare: 'B',
    units: { B: 1n, kB: 1_000n, KiB: 1_024n, MB: 1_000_000n, MiB: 1_048_576n, GB: 1_000_000_000n },
  },
  packetRate: { bare: null, units: { '/ms': 3_600_000n, '/s': 3_600n, '/m': 60n, '/h': 1n } },
};

/** `ns us ms s m h`. */
export const unitsOf = (kind: AmountKind): readonly string[] =>
  Object.keys(TABLES[kind].units).filter((unit) => unit !== 'µs');

export const bareUnit = (kind: AmountKind): string | null => TABLES[kind].bare;

// Longer numbers than these are no amounts of anything, and would only cost time.
const MOST_DIGITS = 60;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?/;

/** Whole ns, rounded to nearest, halves up. Null: not a duration. */
export function parseDuration(value: unknown): Nanos | null {
  const amount = read('duration', value);
  return amount === null ? null : rounded(amount);
}

/** The same duration in ms, not rounded to whole ns. */
export function parseMilliseconds(value: unknown): number | null {
  const amount = read('duration', value);
  return amount === null ? null : scaled(amount, -6);
}

/** bit/s. */
export function parseRate(value: unknown): number | null {
  const amount = read('rate', value);
  return amount === null ? null : scaled(amount, 0);
}

export function parseKilobits(value: unknown): number | null {
  const amount = read('rate', value);
  return amount === null ? null : scaled(amount, -3);
}

/** Bytes; null also when they are not whole. */
export function parseSize(value: unknown): number | null {
  const amount = read('size', value);
  if (amount === null) return null;
  const bytes = scaled(amount, 0);
  return Number.isInteger(bytes) ? bytes : null;
}

/** The mean time between packets in ns, a real number: 50,000,000 for `20/s`; Infinity for `0/s`. */
export function parsePacketRate(value: unknown): number | null {
  const amount = read('packetRate', value);
  return amount === null ? null : 3.6e12 / scaled(amount, 0);
}

/** The text with its unit put right, `4Mbps` to `4Mbit`; undefined when there is nothing to put right. */
export function correctedUnit(kind: AmountKind, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const number = NUMBER.exec(text)?.[0] ?? '';
  const unit = text.slice(number.length).trim();
  if (number === '' || unit === '' || unit.length > 12) return undefined;
  const known = unitsOf(kind);
  const meant =
    USUAL_SLIPS[kind][unit.toLowerCase()] ??
    known.find((each) => each.toLowerCase() === unit.toLowerCase()) ??
    known.find((each) => isSlipOf(unit, each));
  return meant === undefined || meant === unit ? undefined : `${number}${meant}`;
}

/** One letter too many, too few or wrong among several. */
const isSlipOf = (unit: string, known: string): boolean =>
  unit.length > 1 && known.length > 1 && distance(unit, known) === 1;

const USUAL_SLIPS: Readonly<Record<AmountKind, Readonly<Record<string, string>>>> = {
  duration: { sec: 's', secs: 's', second: 's', seconds: 's', min: 'm', mins: 'm', minutes: 'm', hours: 'h' },
  rate: {
    bps: 'bit',
    kbps: 'kbit',
    mbps: 'Mbit',
    gbps: 'Gbit',
    'kbit/s': 'kbit',
    'mbit/s': 'Mbit',
    'gbit/s': 'Gbit',
    k: 'kbit',
    m: 'Mbit',
    g: 'Gbit',
  },
  size: { bytes: 'B', byte: 'B', kb: 'kB', k: 'kB', mb: 'MB', m: 'MB', gb: 'GB', kib: 'KiB', mib: 'MiB' },
  packetRate: { pps: '/s', hz: '/s', '/sec': '/s', '/min': '/m' },
};

function read(kind: AmountKind, value: unknown): Amount | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const text = typeof value === 'number' ? String(value) : value.trim();
  const parts = NUMBER.exec(text);
  if (parts === null || text.length > MOST_DIGITS + 12) return null;
  const [number, sign, whole = '', fraction = '', exponent = '0'] = parts;
  if (whole === '' && fraction === '') return null;
  const { bare, units } = TABLES[kind];
  const unit = text.slice(number.length).trim() || bare;
  if (unit === null || !Object.hasOwn(units, unit)) return null;
  const digits = BigInt(`${whole}${fraction}`) * (units[unit] ?? 0n);
  return { digits: sign === '-' ? -digits : digits, exponent: Number(exponent) - fraction.length };
}

/** The nearest double: reading a decimal text is correctly rounded, however many digits it has. */
const scaled = ({ digits, exponent }: Amount, shift: number): number =>
  Number(`${digits}e${exponent + shift}`);

function rounded({ digits, exponent }: Amount): number {
  if (exponent >= 0) return Number(`${digits}e${exponent}`);
  const divisor = 10n ** BigInt(-exponent);
  const twice = 2n * digits + divisor;
  const floor = twice / (2n * divisor);
  return Number(twice < 0n && twice % (2n * divisor) !== 0n ? floor - 1n : floor);
}
