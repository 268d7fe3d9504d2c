/**
 * What a row costs each sink, in ns, over a million rows in a fresh process: `npx tsx test/bench/reports.bench.ts [flows]`.
 * The rows are made outside the measured time. The first chunks run in the interpreter and are part of it, as in a real run.
 * The median and the best tenth of the chunks leave it out.
 */
import { Digest } from '../../reports/digest.ts';
import { FlowSink } from '../../reports/flows.ts';
import { PacketSink } from '../../reports/packets.ts';
import { CHUNK_ROWS, FateRows, type RowSink } from '../../reports/rows.ts';
import { VmSink } from '../../reports/vms.ts';
import { Fate, type Names } from '../../sim/index.ts';

const CHUNKS = 256;
const FLOWS = Number(process.argv[2] ?? 16);
const VMS = 64;

const names: Names = {
  vms: Array.from({ length: VMS }, (_, i) => `vm-${i}`),
  flows: Array.from({ length: FLOWS }, (_, i) => ({
    id: `flow-${i}`,
    kind: 'cbr',
    from: `vm-${i % VMS}`,
    to: `vm-${(i + 1) % VMS}`,
    single: true,
    transactional: false,
  })),
  address: (id) => `vm-${id % VMS}`,
  path: (id) => (id === 0 ? '' : `vm-${id % VMS}`),
};

let state = 1;
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

let id = 0;
/** Packets of all flows in turn, 1 us apart; 40 ms +- 3 ms, in order within a flow; 1 % lost at once. */
function fill(rows: FateRows): void {
  for (let i = 0; i < CHUNK_ROWS; i++) {
    id++;
    const flow = id % FLOWS;
    const lost = random() < 0.01;
    rows.id[i] = id;
    rows.flow[i] = flow;
    rows.seq[i] = Math.floor(id / FLOWS) - (flow === 0 ? 1 : 0);
    rows.from[i] = flow % VMS;
    rows.to[i] = (flow + 1) % VMS;
    rows.path[i] = 1 + ((flow + 1) % VMS);
    rows.at[i] = (flow + 1) % VMS;
    rows.size[i] = 1200;
    rows.sentNs[i] = id * 1000;
    rows.shapedNs[i] = lost ? Number.NaN : id * 1000 + 5;
    rows.endNs[i] = lost ? id * 1000 : id * 1000 + 37_000_000 + Math.floor(random() * 6_000_000);
    rows.fate[i] = lost ? Fate.loss : Fate.delivered;
  }
  rows.length = CHUNK_ROWS;
}

let bytes = 0;
const nowhere = {
  write(part: Uint8Array): void {
    bytes += part.length;
  },
  close(): void {},
};
const sinks: [string, RowSink][] = [
  ['digest', new Digest()],
  ['flows', new FlowSink(names)],
  ['vms', new VmSink(names)],
  ['packets.csv', new PacketSink(names, () => nowhere)],
];

const spent = sinks.map(() => [] as number[]);
const rows = new FateRows();
for (let chunk = 0; chunk < CHUNKS; chunk++) {
  fill(rows);
  sinks.forEach(([, sink], k) => {
    const start = process.hrtime.bigint();
    sink.fates?.(rows);
    spent[k]!.push(Number(process.hrtime.bigint() - start) / CHUNK_ROWS);
  });
}

const mean = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const rank = (numbers: number[], share: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * share)]!;
const line = (name: string, numbers: number[]): string =>
  `  ${name.padEnd(14)} ${mean(numbers).toFixed(1).padStart(6)}   median ${rank(numbers, 0.5).toFixed(1)}   best tenth ${rank(numbers, 0.1).toFixed(1)}`;
console.log(`${CHUNKS * CHUNK_ROWS} rows, ${FLOWS} flows, ns/row`);
sinks.forEach(([name], k) => {
  console.log(line(name, spent[k]!));
});
const three = spent[0]!.map((first, chunk) => first + spent[1]![chunk]! + spent[2]![chunk]!);
console.log(line('first three', three));
console.log(`  packets.csv: ${(bytes / CHUNKS / CHUNK_ROWS).toFixed(0)} bytes a row`);
