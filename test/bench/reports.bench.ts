/**
 * What a row costs each sink, in ns, over a million rows in a fresh process: `npx tsx test/bench/reports.bench.ts [flows]`.
 * The rows are made outside the measured time. The first chunks run in the interpreter and are part of it, as in a real run.
 * The median and the best tenth of the chunks leave it out.
 */
import { Digest } from '../../reports/digest.ts';
import { FlowSink } from '../../reports/flows.ts';
import { PacketSink } from '../../reports/packets.ts';
import { CHUNK_ROWS, RowBuffer, type RowSink } from '../../reports/rows.ts';
import { VmSink } from '../../reports/vms.ts';
import {
  ADDRESSED,
  ENDED_AT,
  FATE_SHIFT,
  Fate,
  FLAGS,
  FLOW,
  FROM,
  HOP,
  ID,
  type Names,
  PATH,
  PacketPool,
  SENT_AT,
  SEQ,
  SHAPED_AT,
  SIZE,
} from '../../sim/index.ts';

const BATCHES = 256;
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

/** As the network tells them: 1,024 packets at a time, in rows of the pool. */
const CHUNK = 1024;
const pool = new PacketPool(CHUNK);
const packets = Int32Array.from({ length: CHUNK }, () => pool.take());
pool.born = 0;
const chunk = { length: CHUNK, packets, ints: pool.ints, doubles: pool.doubles };

let id = 0;
/** Packets of all flows in turn, 1 us apart; 40 ms +- 3 ms, in order within a flow; 1 % lost at once. */
function fill(): void {
  const { ints, doubles } = pool;
  for (const packet of packets) {
    id++;
    const half = packet >> 1;
    const flow = id % FLOWS;
    const lost = random() < 0.01;
    doubles[half + ID] = id;
    doubles[half + SEQ] = Math.floor(id / FLOWS) - (flow === 0 ? 1 : 0);
    doubles[half + SENT_AT] = id * 1000;
    doubles[half + SHAPED_AT] = lost ? Number.NaN : id * 1000 + 5;
    doubles[half + ENDED_AT] = lost ? id * 1000 : id * 1000 + 37_000_000 + Math.floor(random() * 6_000_000);
    ints[packet + FLOW] = flow;
    ints[packet + FROM] = flow % VMS;
    ints[packet + HOP] = (flow + 1) % VMS;
    ints[packet + ADDRESSED] = (flow + 1) % VMS;
    ints[packet + PATH] = 1 + ((flow + 1) % VMS);
    ints[packet + SIZE] = 1200;
    ints[packet + FLAGS] = (lost ? Fate.loss : Fate.delivered) << FATE_SHIFT;
  }
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
const gathered: number[] = [];
const buffer = new RowBuffer((rows) => {
  sinks.forEach(([, sink], k) => {
    const start = process.hrtime.bigint();
    sink.fates?.(rows);
    spent[k]!.push(Number(process.hrtime.bigint() - start) / CHUNK_ROWS);
  });
});
for (let batch = 0; batch < BATCHES; batch++) {
  let time = 0;
  for (let part = 0; part < CHUNK_ROWS / CHUNK; part++) {
    fill();
    const start = process.hrtime.bigint();
    buffer.add(chunk);
    time += Number(process.hrtime.bigint() - start) / CHUNK_ROWS;
  }
  gathered.push(time - spent.reduce((sum, times) => sum + times[batch]!, 0));
}

const mean = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const rank = (numbers: number[], share: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * share)]!;
const line = (name: string, numbers: number[]): string =>
  `  ${name.padEnd(14)} ${mean(numbers).toFixed(1).padStart(6)}   median ${rank(numbers, 0.5).toFixed(1)}   best tenth ${rank(numbers, 0.1).toFixed(1)}`;
console.log(`${BATCHES * CHUNK_ROWS} rows, ${FLOWS} flows, ns/row`);
console.log(line('gathering', gathered));
sinks.forEach(([name], k) => {
  console.log(line(name, spent[k]!));
});
const always = gathered.map(
  (time, batch) => time + spent[0]![batch]! + spent[1]![batch]! + spent[2]![batch]!,
);
console.log(line('without csv', always));
console.log(`  packets.csv: ${(bytes / BATCHES / CHUNK_ROWS).toFixed(0)} bytes a row`);
