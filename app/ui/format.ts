/** Figures as people read them. Numbers keep a point whatever the browser's language is: the scenario files have one, too. */

const NS_PER_SECOND = 1e9;

const trimmed = (value: number, digits: number): string => String(Number(value.toFixed(digits)));

/** Three significant digits: `1.23`, `12.3`, `123`. */
function short(value: number): string {
  const size = Math.abs(value);
  return trimmed(value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** A virtual instant: `0:12.340`, `1:02:03.400`. */
export function instant(ns: number, digits = 3): string {
  const scale = 10 ** digits;
  const ticks = Math.floor(ns / (NS_PER_SECOND / scale));
  const seconds = Math.floor(ticks / scale);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  const rest = digits === 0 ? '' : `.${String(ticks % scale).padStart(digits, '0')}`;
  return `${h > 0 ? `${h}:${two(m)}` : m}:${two(s)}${rest}`;
}

/** `250 µs`, `40 ms`, `1.5 s`, `2 min`. */
export function duration(ns: number): string {
  if (ns < 1e3) return `${trimmed(ns, 0)} ns`;
  if (ns < 1e6) return `${short(ns / 1e3)} µs`;
  if (ns < 1e9) return `${short(ns / 1e6)} ms`;
  if (ns < 120e9) return `${short(ns / 1e9)} s`;
  return ns < 7200e9 ? `${short(ns / 60e9)} min` : `${short(ns / 3600e9)} h`;
}

const scaled = (value: number, units: readonly string[]): string => {
  let unit = 0;
  let size = value;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${short(size)} ${units[unit] ?? ''}`;
};

/** From bit/s: `4.2 Mbit/s`. */
export const rate = (bps: number): string => scaled(bps, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s']);

export const bytes = (count: number): string => scaled(count, ['B', 'kB', 'MB', 'GB', 'TB']);

/** Groups of thousands are apart: `12 345`. */
export const count = (value: number): string =>
  String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202F');

/** Of a share from 0 to 1: `0.2 %`. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

/** `1 VM`, `3 VMs`. */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
