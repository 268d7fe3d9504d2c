/**
 * Reads what the schema has looked at. Whatever is not of the expected type has been reported there, so it counts as
 * absent here.
 */
import { type Quantity, readQuantity } from './quantity.ts';

export type Raw = Readonly<Record<string, unknown>>;

const NOTHING: Raw = Object.freeze({});

export const isMapping = (value: unknown): value is Raw =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

export const mapping = (value: unknown): Raw => (isMapping(value) ? value : NOTHING);

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export const flag = (value: unknown, otherwise: boolean): boolean =>
  typeof value === 'boolean' ? value : otherwise;

/** `otherwise` when absent or, reported elsewhere, wrong. */
export const amount = (quantity: Quantity, value: unknown, otherwise: number): number =>
  (value === undefined ? null : readQuantity(quantity, value)) ?? otherwise;

/** `on`, `off`, true, false. */
export const isOn = (value: unknown): boolean => value !== 'off' && value !== false;

/** One text, or a list of them. */
export const texts = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => text(item) !== undefined);

/** The place of the n-th text of such a value. */
export const textPath = (
  value: unknown,
  at: readonly (string | number)[],
  index: number,
): (string | number)[] => (Array.isArray(value) ? [...at, index] : [...at]);
