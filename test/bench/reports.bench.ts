/**
 * What a packet costs each sink, in ns, over a million packets in a fresh process: `npx tsx test/bench/reports.bench.ts [flows]
 * [jitter]`. They are made outside the measured time. The first chunks run in the interpreter and are part of it, as in a real
 * run. The median and the best tenth of the chunks leave it out. With `jitter` a flow's packets overtake each other.
 */
import { Digest } from '../../reports/digest.ts';
import { FlowSink } from '../../reports/flows.ts';
import { PacketSink } from '../../reports/packets.ts';
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
  type TraceSink,
} from '../../sim/index.ts';

const BATCHES = 256;
const PARTS = 4;
const FLOWS = Number(process.argv[2] ?? 16);
const JITTER = process.argv[3] === 'jitter';
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
    const seq = Math.floor(id / FLOWS) - (flow === 0 ? 1 : 0);
    doubles[half + SEQ] = JITTER ? seq ^ 3 : seq;
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
const sinks: [string, TraceSink][] = [
  ['digest', new Digest()],
  ['flows', new FlowSink(names)],
  ['vms', new VmSink(names)],
  ['packets.csv', new PacketSink(names, () => nowhere)],
];

/** Per sink: the time of each batch of chunks. */
const spent = sinks.map(() => new Array<number>(BATCHES).fill(0));
for (let batch = 0; batch < BATCHES; batch++) {
  for (let part = 0; part < PARTS; part++) {
    fill();
    sinks.forEach(([, sink], k) => {
      const start = process.hrtime.bigint();
      sink.ended?.(chunk);
      spent[k]![batch]! += Number(process.hrtime.bigint() - start) / CHUNK / PARTS;
    });
  }
}

const mean = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const rank = (numbers: number[], share: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * share)]!;
const line = (name: string, numbers: number[]): string =>
  `  ${name.padEnd(14)} ${mean(numbers).toFixed(1).padStart(6)}   median ${rank(numbers, 0.5).toFixed(1)}   best tenth ${rank(numbers, 0.1).toFixed(1)}`;
console.log(`${BATCHES * PARTS * CHUNK} packets, ${FLOWS} flows, ns/packet`);
sinks.forEach(([name], k) => {
  console.log(line(name, spent[k]!));
});
const always = spent[0]!.map((time, batch) => time + spent[1]![batch]! + spent[2]![batch]!);
console.log(line('without csv', always));
console.log(`  packets.csv: ${(bytes / BATCHES / PARTS / CHUNK).toFixed(0)} bytes a packet`);
