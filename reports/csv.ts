/** The small tables: a row per flow, a row per command. Does not decide what is in them. */
import { stringify } from 'csv-stringify/sync';
import type { CommandRecord } from '../sim/index.ts';
import type { FlowReport } from './flows.ts';
import { printed } from './precision.ts';
import type { Spread, Variation } from './spread.ts';

type Cell = string | number | null;
type Columns<Row> = readonly (readonly [name: string, cell: (row: Row) => Cell])[];

const SPREAD_PARTS = ['min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max'] as const;

const spreadColumns = (name: string, of: (row: FlowReport) => Spread | null): Columns<FlowReport> =>
  SPREAD_PARTS.map((part) => [
    `${name}${part[0]!.toUpperCase()}${part.slice(1)}Ns`,
    (row) => of(row)?.[part] ?? null,
  ]);

const VARIATION_PARTS = ['p50', 'p95', 'p99', 'p999', 'max'] as const;

const variationColumns = (name: string, of: (row: FlowReport) => Variation | null): Columns<FlowReport> =>
  VARIATION_PARTS.map((part) => [
    `${name}${part[0]!.toUpperCase()}${part.slice(1)}Ns`,
    (row) => of(row)?.[part] ?? null,
  ]);

const FLOW_COLUMNS: Columns<FlowReport> = [
  ['flow', (row) => row.id],
  ['kind', (row) => row.kind],
  ['from', (row) => row.from],
  ['to', (row) => row.to],
  ['sent', (row) => row.sent],
  ['delivered', (row) => row.delivered],
  ['lost', (row) => row.lost],
  ['inFlight', (row) => row.inFlight],
  ['loss', (row) => printed(row.loss, 'share')],
  ['duplicates', (row) => row.duplicates],
  ['reordered', (row) => row.reordered],
  ['goodputBps', (row) => row.goodput],
  ...spreadColumns('delay', (row) => row.delay),
  ...spreadColumns('rtt', (row) => row.rtt),
  ['ipdvNs', (row) => row.ipdv],
  ['jitterNs', (row) => row.jitter],
  ['burstMean', (row) => printed(row.burst?.mean ?? null, 'number')],
  ['burstMax', (row) => row.burst?.max ?? null],
  ['retried', (row) => row.retried],
  ['completed', (row) => row.completed.count],
  ['completedBytes', (row) => row.completed.bytes],
  ['packetsCreated', (row) => row.packets.createdTotal],
  ['packetsEnded', (row) => row.packets.endedTotal],
  ...variationColumns('pdv', (row) => row.pdv),
  ...variationColumns('ipdv', (row) => row.ipdvQuantiles),
  ['burstCount', (row) => row.burst?.count ?? null],
  ['lossDistanceMin', (row) => row.lossDistance?.min ?? null],
  ['lossDistanceMean', (row) => printed(row.lossDistance?.mean ?? null, 'number')],
  ['burstDistanceMin', (row) => row.burstDistance?.min ?? null],
  ['burstDistanceMean', (row) => printed(row.burstDistance?.mean ?? null, 'number')],
  ['noticeableLoss', (row) => printed(row.noticeableLoss, 'share')],
  ['duplicationFraction', (row) => printed(row.duplication?.fraction ?? null, 'share')],
  ['duplicationReplicated', (row) => printed(row.duplication?.replicated ?? null, 'share')],
  ['reorderingRatio', (row) => printed(row.reordering?.ratio ?? null, 'share')],
  ['reorderingExtentMean', (row) => printed(row.reordering?.extent.mean ?? null, 'number')],
  ['reorderingExtentMax', (row) => row.reordering?.extent.max ?? null],
  ['reorderingLateTimeMeanNs', (row) => row.reordering?.lateTime.mean ?? null],
  ['reorderingLateTimeMaxNs', (row) => row.reordering?.lateTime.max ?? null],
  ['reorderingN1', (row) => printed(row.reordering?.n1 ?? null, 'share')],
  ['reorderingN2', (row) => printed(row.reordering?.n2 ?? null, 'share')],
  ['reorderingN3', (row) => printed(row.reordering?.n3 ?? null, 'share')],
  ['reorderingBeyondMemory', (row) => row.reordering?.beyondMemory ?? null],
];

const COMMAND_COLUMNS: Columns<CommandRecord> = [
  ['atNs', (row) => row.at],
  ['command', (row) => row.command],
  ['subject', (row) => row.subject],
  ['effect', (row) => row.effect],
];

/** `flows.csv`. Empty fields: nothing to tell the figure from. */
export const flowsCsv = (flows: readonly FlowReport[]): string => table(FLOW_COLUMNS, flows);

/** `commands.csv`. */
export const commandsCsv = (commands: readonly CommandRecord[]): string => table(COMMAND_COLUMNS, commands);

function table<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const header = columns.map(([name]) => name);
  const body = rows.map((row) => columns.map(([, cell]) => cell(row)));
  return stringify([header, ...body]);
}
