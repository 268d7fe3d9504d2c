/** What one transaction does: a text for each key that is touched. Mutable while it waits for its turn. */

/** Crosses to the store's thread as it is. */
export interface Batch {
  /** Everything else goes first. */
  clear: boolean;
  /** null: the key goes. */
  readonly records: Map<string, string | null>;
}

export const emptyBatch = (): Batch => ({ clear: false, records: new Map() });

export const isEmptyBatch = ({ clear, records }: Batch): boolean => !clear && records.size === 0;

/** Both, one after the other, as one. */
export function joined(earlier: Batch, later: Batch): Batch {
  if (later.clear) return later;
  return { clear: earlier.clear, records: new Map([...earlier.records, ...later.records]) };
}
