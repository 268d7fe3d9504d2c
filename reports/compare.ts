/**
 * Where two runs differ, for `--check-determinism`. The first run leaves a mark per block of rows; the second is compared with
 * the marks and keeps the first block that differs; a third run, or the first again, keeps the same block; then the rows are
 * compared. Memory: 64 bytes per 4,096 packets, and one block.
 */
import { createHash } from 'node:crypto';
import { formatNanos } from '../engine/index.ts';
import { type EndedPackets, FATES, type Names, type TraceSink } from '../sim/index.ts';
import { BLOCK_ROWS, type BlockRow, FateBlocks, readRow } from './fate-blocks.ts';
import { type FateRows, RowBuffer } from './rows.ts';

export interface TrailOptions {
  /** Compare with this trail, which is finished, and keep the first block that differs. */
  readonly follow?: FateTrail;
  /** Keep the block of this number. */
  readonly keep?: number;
}

/** One run's marks. Call {@link finish} when the run is over. */
export class FateTrail implements TraceSink {
  readonly #marks: string[] = [];
  readonly #blocks = new FateBlocks((bytes) => this.#mark(bytes));
  readonly #rows = new RowBuffer((rows) => this.fates(rows));
  readonly #follow: FateTrail | undefined;
  #keep: number;
  #kept: Uint8Array = new Uint8Array(0);
  #finished = false;

  constructor(options: TrailOptions = {}) {
    this.#follow = options.follow;
    this.#keep = options.keep ?? -1;
  }

  ended(chunk: EndedPackets): void {
    this.#rows.add(chunk);
  }

  fates(rows: FateRows): void {
    this.#blocks.add(rows);
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#rows.flush();
    const rest = this.#blocks.rest();
    if (rest.length > 0) this.#mark(rest);
    // A run that stops early differs in the first block that it lacks.
    if (this.#follow !== undefined && this.#keep < 0 && this.#follow.#marks.length > this.#marks.length) {
      this.#keep = this.#marks.length;
    }
  }

  /** The number of the first block that differs from the trail it follows; -1: the runs are the same. */
  get firstDifferentBlock(): number {
    return this.#keep;
  }

  /** The bytes of the block that was kept; empty when the run has no such block. */
  get kept(): Uint8Array {
    return this.#kept;
  }

  #mark(bytes: Uint8Array): void {
    const mark = createHash('sha256').update(bytes).digest('hex');
    const block = this.#marks.length;
    this.#marks.push(mark);
    if (this.#keep < 0 && this.#follow !== undefined && this.#follow.#marks[block] !== mark)
      this.#keep = block;
    if (this.#keep === block) this.#kept = bytes.slice();
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
  for (let index = 0; index < BLOCK_ROWS; index++) {
    const one = readRow(first.kept, index);
    const other = readRow(second.kept, index);
    if (one === undefined && other === undefined) return undefined;
    const fields = differences(one, other);
    if (fields.length === 0) continue;
    const number = block * BLOCK_ROWS + index + 1;
    return [
      `the runs differ from packet end ${number} on${fields.length < 12 ? ` (${fields.join(', ')})` : ''}:`,
      `  first:  ${describe(one, names)}`,
      `  second: ${describe(other, names)}`,
    ].join('\n');
  }
  return undefined;
}

function differences(one: BlockRow | undefined, other: BlockRow | undefined): (keyof BlockRow)[] {
  const fields = Object.keys(one ?? other ?? {}) as (keyof BlockRow)[];
  return fields.filter((field) => one?.[field] !== other?.[field]);
}

function describe(row: BlockRow | undefined, names: Names): string {
  if (row === undefined) return 'no more packets';
  const flow = names.flows[row.flow]?.id ?? 'no flow';
  const from = names.vms[row.from] ?? 'nowhere';
  const to = row.to < 0 ? 'nowhere' : names.address(row.to);
  const parents = [
    row.copyOf === 0 ? '' : `, copy of ${row.copyOf}`,
    row.fragmentOf === 0 ? '' : `, fragment of ${row.fragmentOf}`,
  ].join('');
  const shaped = row.shapedNs < 0 ? '' : `, shaped at ${formatNanos(row.shapedNs, 9)}`;
  return (
    `packet ${row.id}${parents} (${flow} ${row.seq}, ${from} -> ${to}, ${row.size} bytes), ` +
    `sent at ${formatNanos(row.sentNs, 9)}${shaped}, ${FATES[row.fate] ?? row.fate} at ${formatNanos(row.endNs, 9)}`
  );
}
