/** Values that many parts of the format have. */
import { list, type Node, quantity, text } from '../nodes.ts';
import { DURATION, POSITIVE_DURATION, type Quantity } from '../quantity.ts';

export const duration = (description: string, words: object = {}): Node =>
  quantity(DURATION, { description, ...words });
export const positiveDuration = (description: string, words: object = {}): Node =>
  quantity(POSITIVE_DURATION, { description, ...words });

export const COUNT: Quantity = { measure: 'count', min: 1, max: Number.MAX_SAFE_INTEGER };
export const PACKET: Quantity = { measure: 'bytes', min: 28, max: 65535 };

export const vmId = (description: string): Node => text('the id of a VM', { description });
export const vmIds = (description: string): Node =>
  list(vmId('A VM.'), 'a list of ids of VMs', { description, minItems: 1 });
export const address = (description: string): Node =>
  text('an IP address, such as 10.0.0.1', { description, examples: ['10.0.0.1'] });

export const file = (description: string): Node => text('the path of a file', { description });

export function mapValues<A, B>(
  values: Readonly<Record<string, A>>,
  change: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));
}
