/** Counts of packets by origin and fate, and what they add up to. Does not know whose packets they are. */
import { FATES, type FateName, ORIGINS } from '../sim/index.ts';

export type OriginName = (typeof ORIGINS)[number];

/** Packets that came into being, by origin, and that ended, by fate. */
export interface Conservation {
  readonly created: Readonly<Record<OriginName, number>>;
  readonly ended: Readonly<Record<FateName, number>>;
  readonly createdTotal: number;
  readonly endedTotal: number;
}

export const FATE_COUNT = FATES.length;
/** A ledger holds the count of (origin, fate) at origin * FATE_COUNT + fate. */
export const LEDGER_SIZE = ORIGINS.length * FATE_COUNT;

/** What ledgers say together. */
export function ledgerOf(...ledgers: readonly Float64Array[]): Conservation {
  const count = (origin: number, fate: number): number =>
    ledgers.reduce((sum, ledger) => sum + ledger[origin * FATE_COUNT + fate]!, 0);
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  const created = ORIGINS.map((_, origin) => sum(FATES.map((_, fate) => count(origin, fate))));
  const ended = FATES.map((_, fate) => sum(ORIGINS.map((_, origin) => count(origin, fate))));
  return {
    created: record(ORIGINS, created),
    ended: record(FATES, ended),
    createdTotal: sum(created),
    endedTotal: sum(ended),
  };
}

function record<Name extends string>(
  names: readonly Name[],
  values: readonly number[],
): Record<Name, number> {
  return Object.fromEntries(names.map((name, i) => [name, values[i]])) as Record<Name, number>;
}
