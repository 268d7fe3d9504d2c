/**
 * Where two runs differ, for `--check-determinism`. The first run leaves a mark per block of packets; the second is compared with
 * the marks and keeps the first block that differs; a third run, or the first again, keeps the same block; then the packets are
 * compared. Memory: 64 bytes per 4,096 packets, and one block.
 */
import { createHash } from 'node:crypto';
import { formatNanos } from '../engine/index.ts';
import {
  ADDRESSED,
  COPY_OF,
  ENDED_AT,
  type EndedPackets,
  FATE_SHIFT,
  FATES,
  FLAGS,
  FLOW,
  FRAGMENT_OF,
  FROM,
  ID,
  type Names,
  PATH,
  PacketFlag,
  SENT_AT,
  SEQ,
  SHAPED_AT,
  SIZE,
  type TraceSink,
} from '../sim/index.ts';

/** Packets in a block. */
const BLOCK = 4096;

/** What is compared of a packet: a block is so many doubles per packet, in this order. */
const FIELDS = [
  'id',
  'copyOf',
  'fragmentOf',
  'flow',
  'seq',
  'from',
  'to',
  'path',
  'size',
  'flags',
  'sentNs',
  'shapedNs',
  'endNs',
  'fate',
] as const;
type Field = (typeof FIELDS)[number];
type Facts = Readonly<Record<Field, number>>;

/** Kind, origin and `PacketFlag` bits. */
const STORY = ((1 << FATE_SHIFT) - 1) & ~PacketFlag.body;

export interface TrailOptions {
  /** Compare with this trail, which is finished, and keep the first block that differs. */
  readonly follow?: FateTrail;
  /** Keep the block of this number. */
  readonly keep?: number;
}

/** One run's marks. Call {@link finish} when the run is over. */
export class FateTrail implements TraceSink {
  readonly #marks: string[] = [];
  readonly #block = new Float64Array(BLOCK * FIELDS.length);
  #used = 0;
  readonly #follow: FateTrail | undefined;
  #keep: number;
  #kept = new Float64Array(0);
  #finished = false;

  constructor(options: TrailOptions = {}) {
    this.#follow = options.follow;
    this.#keep = options.keep ?? -1;
  }

  ended({ length, packets, ints, doubles }: EndedPackets): void {
    const block = this.#block;
    for (let i = 0; i < length; i++) {
      const packet = packets[i]!;
      const half = packet >> 1;
      const shaped = doubles[half + SHAPED_AT]!;
      const word = ints[packet + FLAGS]!;
      let at = this.#used;
      block[at++] = doubles[half + ID]!;
      block[at++] = doubles[half + COPY_OF]!;
      block[at++] = doubles[half + FRAGMENT_OF]!;
      block[at++] = ints[packet + FLOW]!;
      block[at++] = doubles[half + SEQ]!;
      block[at++] = ints[packet + FROM]!;
      block[at++] = ints[packet + ADDRESSED]!;
      block[at++] = ints[packet + PATH]!;
      block[at++] = ints[packet + SIZE]!;
      block[at++] = word & STORY;
      block[at++] = doubles[half + SENT_AT]!;
      // The language leaves open which of its many bit patterns a NaN has.
      block[at++] = shaped >= 0 ? shaped : -1;
      block[at++] = doubles[half + ENDED_AT]!;
      block[at++] = word >>> FATE_SHIFT;
      this.#used = at;
      if (at === block.length) this.#mark();
    }
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (this.#used > 0) this.#mark();
    // A run that stops early differs in the first block that it lacks.
    if (this.#follow !== undefined && this.#keep < 0 && this.#follow.#marks.length > this.#marks.length) {
      this.#keep = this.#marks.length;
    }
  }

  /** The number of the first block that differs from the trail it follows; -1: the runs are the same. */
  get firstDifferentBlock(): number {
    return this.#keep;
  }

  /** Packet `index` of the block that was kept; undefined when the run has none there. */
  kept(index: number): Facts | undefined {
    const at = index * FIELDS.length;
    if (at >= this.#kept.length) return undefined;
    return Object.fromEntries(FIELDS.map((field, k) => [field, this.#kept[at + k]!])) as Facts;
  }

  /** The block so far, or the run's last, is complete. */
  #mark(): void {
    const facts = this.#block.subarray(0, this.#used);
    this.#used = 0;
    const mark = createHash('sha256').update(facts).digest('hex');
    const block = this.#marks.length;
    this.#marks.push(mark);
    if (this.#keep < 0 && this.#follow !== undefined && this.#follow.#marks[block] !== mark)
      this.#keep = block;
    if (this.#keep === block) this.#kept = facts.slice();
  }
}

/**
 * The first difference between two runs, in words: which packet, which of its facts, both values. `first` and `second` have
 * kept block `block`. Undefined when the kept blocks are equal, which means that the runs differ from one time to the next.
 */
export function firstDifference(
  block: number,
  first: FateTrail,
  second: FateTrail,
  names: Names,
): string | undefined {
  for (let index = 0; index < BLOCK; index++) {
    const one = first.kept(index);
    const other = second.kept(index);
    if (one === undefined && other === undefined) return undefined;
    const fields = differences(one, other);
    if (fields.length === 0) continue;
    const number = block * BLOCK + index + 1;
    return [
      `the runs differ from packet end ${number} on${fields.length < FIELDS.length ? ` (${fields.join(', ')})` : ''}:`,
      `  first:  ${describe(one, fields, names)}`,
      `  second: ${describe(other, fields, names)}`,
    ].join('\n');
  }
  return undefined;
}

const differences = (one: Facts | undefined, other: Facts | undefined): Field[] =>
  FIELDS.filter((field) => one?.[field] !== other?.[field]);

/** Numbers that tell a reader little: said when nothing else differs. */
const BARE: readonly Field[] = ['path', 'flags'];

function describe(row: Facts | undefined, fields: readonly Field[], names: Names): string {
  if (row === undefined) return 'no more packets';
  const flow = names.flows[row.flow]?.id ?? 'no flow';
  const from = names.vms[row.from] ?? 'nowhere';
  const to = row.to < 0 ? 'nowhere' : names.address(row.to);
  const parents = [
    row.copyOf === 0 ? '' : `, copy of ${row.copyOf}`,
    row.fragmentOf === 0 ? '' : `, fragment of ${row.fragmentOf}`,
  ].join('');
  const shaped = row.shapedNs < 0 ? '' : `, shaped at ${formatNanos(row.shapedNs, 9)}`;
  const bare = fields.every((field) => BARE.includes(field))
    ? fields.map((field) => `, ${field} ${row[field]}`)
    : [];
  return (
    `packet ${row.id}${parents} (${flow} ${row.seq}, ${from} -> ${to}, ${row.size} bytes), ` +
    `sent at ${formatNanos(row.sentNs, 9)}${shaped}, ${FATES[row.fate] ?? row.fate} at ${formatNanos(row.endNs, 9)}${bare.join('')}`
  );
}
