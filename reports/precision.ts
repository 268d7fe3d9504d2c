/** With how many digits a figure is printed: files, verdicts and terminal round alike. */
import { formatNanos } from '../engine/index.ts';
import type { MetricUnit } from '../scenarios/index.ts';

// toFixed is exact by the language's definition, the same on every machine.
const DECIMALS: Readonly<Record<MetricUnit, number>> = {
  nanos: 0,
  bitsPerSecond: 0,
  bytes: 0,
  count: 0,
  share: 6,
  number: 3,
};

/** The figure as files have it: shares to 6 decimals, plain numbers to 3, the others whole. */
export function printed(value: number, unit: MetricUnit): number;
export function printed(value: number | null, unit: MetricUnit): number | null;
export function printed(value: number | null, unit: MetricUnit): number | null {
  return value === null ? null : Number(value.toFixed(DECIMALS[unit]));
}

/** The figure in words: `41.2ms`, `3.98Mbit/s`, `1,200 bytes`, `0.0021`, `1,503`. */
export function inWords(value: number, unit: MetricUnit): string {
  switch (unit) {
    case 'nanos':
      return formatNanos(value);
    case 'bitsPerSecond':
      return formatRate(value);
    case 'bytes':
      return `${formatCount(value)} bytes`;
    case 'count':
      return formatCount(value);
    default:
      return String(printed(value, unit));
  }
}

/** `1234567` as `1,234,567`. */
export function formatCount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `3984000` as `3.98Mbit/s`. */
export function formatRate(bitsPerSecond: number): string {
  const [unit, scale] =
    bitsPerSecond >= 1e9
      ? ['Gbit/s', 1e9]
      : bitsPerSecond >= 1e6
        ? ['Mbit/s', 1e6]
        : bitsPerSecond >= 1e3
          ? ['kbit/s', 1e3]
          : ['bit/s', 1];
  return `${Number((bitsPerSecond / scale).toFixed(2))}${unit}`;
}

/** `0.00213` as `0.213%`. */
export const formatShare = (share: number): string => `${Number((share * 100).toFixed(3))}%`;
