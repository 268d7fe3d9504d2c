/** The small tables: a row per flow, a row per command. Does not decide what is in them. */
import { stringify } from 'csv-stringify/sync';
import type { CommandRecord } from '../sim/index.ts';
import type { FlowReport } from './flows.ts';
import { printed } from './precision.ts';
import type { Spread } from './spread.ts';

type Cell = string | number | null;
type Columns<Row> = readonly (readonly [name: string, cell: (row: Row) => Cell])[];

const SPREAD_PARTS = ['min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max'] as const;

const spreadColumns = (name: string, of: (row: FlowReport) => Spread | null): Columns<FlowReport> =>
  SPREAD_PARTS.map((part) => [
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
