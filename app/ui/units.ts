/**
 * One unit for a whole axis, and figures in it. Decimal places are cut from whole numbers (ns, bit/s, bytes), so that no figure is
 * off by what binary fractions cannot say.
 */

export interface Unit {
  readonly name: string;
  /** It is 10 to this power of the base unit. */
  readonly power: number;
}

export type Quantity = 'rate' | 'duration' | 'bytes' | 'packets';

const UNITS: Readonly<Record<Quantity, readonly [Unit, ...Unit[]]>> = {
  rate: [
    { name: 'bit/s', power: 0 },
    { name: 'kbit/s', power: 3 },
    { name: 'Mbit/s', power: 6 },
    { name: 'Gbit/s', power: 9 },
  ],
  duration: [
    { name: 'ns', power: 0 },
    { name: '\u00b5s', power: 3 },
    { name: 'ms', power: 6 },
    { name: 's', power: 9 },
  ],
  bytes: [
    { name: 'B', power: 0 },
    { name: 'kB', power: 3 },
    { name: 'MB', power: 6 },
    { name: 'GB', power: 9 },
  ],
  packets: [{ name: 'packets', power: 0 }],
};

const SIGNIFICANT = 3;
const MISSING = '\u2013';

/** The largest unit in which the value is at least 1; the base unit for 0. */
export function unitFor(quantity: Quantity, value: number): Unit {
  const [base, ...larger] = UNITS[quantity];
  return larger.findLast(({ power }) => value >= 10 ** power) ?? base;
}

/** The whole value in the unit, with every digit it has: `1.5`, `0.25`; for the marks of an axis. */
export function exactly(value: number, unit: Unit): string {
  const text = joined(Math.round(value), unit.power);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Three significant digits, halves up, in the unit that fits: `4.02 Mbit/s`, `999 \u00b5s`, `1 ms`. null: a dash. */
export function figure(quantity: Quantity, value: number | null): string {
  if (value === null || Number.isNaN(value)) return MISSING;
  const whole = Math.round(value);
  if (quantity === 'packets') return `${grouped(whole)} ${whole === 1 ? 'packet' : 'packets'}`;
  // 999.6 kbit/s is 1 Mbit/s: the unit is chosen after rounding.
  const rounded = roundedTo(whole, unitFor(quantity, whole).power);
  const unit = unitFor(quantity, rounded);
  return `${grouped(exactly(rounded, unit))} ${unit.name}`;
}

/** To three significant digits, or to the unit's ones, whichever says more. */
function roundedTo(whole: number, power: number): number {
  const digits = String(whole).length;
  const cut = Math.min(power, Math.max(0, digits - SIGNIFICANT));
  const step = 10 ** cut;
  return Math.floor((whole + step / 2) / step) * step;
}

/** The whole number with a point before its last `power` digits. */
function joined(whole: number, power: number): string {
  if (power === 0) return String(whole);
  const digits = String(whole).padStart(power + 1, '0');
  return `${digits.slice(0, -power)}.${digits.slice(-power)}`;
}

function grouped(value: number | string): string {
  const [ones = '', ...rest] = String(value).split('.');
  return [ones.replace(/\B(?=(\d{3})+$)/g, '\u202f'), ...rest].join('.');
}
