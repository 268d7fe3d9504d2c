/** What each VM received and sent, in all and per interval. Does not print. */
import type { Nanos } from '../engine/index.ts';
import type { DropReason, EndedPackets, Names, Probe, TraceSink } from '../sim/index.ts';
import * as sim from '../sim/index.ts';
import type { OpenFile } from './byte-writer.ts';
import { COMMA, CsvBuffer, FieldCache, LONGEST_NUMBER, NEWLINE, putField, putNumber } from './csv-bytes.ts';
import type { Conservation } from './ledger.ts';
import * as ledgers from './ledger.ts';

// As constants of this file they are folded into its code; imported, they are loaded anew for each packet: 13 ns, not 8.
const { DROP_REASONS, ENDED_AT, FATE_SHIFT, FLAGS, FROM, Fate, HOP, ORIGIN_SHIFT, RowFlag, SENT_AT, SIZE } =
  sim;
const { FATE_COUNT, LEDGER_SIZE, ledgerOf } = ledgers;

export const TIMESERIES_COLUMNS = [
  'startNs',
  'endNs',
  'vm',
  'throughputBps',
  'deliveredPackets',
  'deliveredBytes',
  'dropped',
  'backlogBytes',
  'backlogPeakBytes',
  'delayMeanNs',
  'delayMaxNs',
] as const;

export interface VmFigures {
  readonly id: string;
  /** Packets handed towards it, whoever sent them: those delivered, and those that ended on the last leg. */
  readonly deliveredPackets: number;
  readonly deliveredBytes: number;
  /** Delivered bits over the run's duration, bit/s; null for a run of no time. */
  readonly throughput: number | null;
  /** Its part of all bytes delivered to VMs; null when there were none. */
  readonly share: number | null;
  readonly dropped: number;
  readonly dropReasons: Readonly<Record<DropReason, number>>;
  /** Delay of what was delivered, ns. */
  readonly delay: { readonly mean: number; readonly max: number } | null;
  /** Bytes waiting in front of it: the mean over the ends of intervals, and the largest ever. */
  readonly backlog: { readonly mean: number; readonly max: number };
  /** Delays below zero that were delivered at once. */
  readonly clampedDelays: number;
  /** Congestion marks (RFC 3168). */
  readonly marked: number;
  /** Packets that were delivered damaged, with checksums that fit. */
  readonly damaged: number;
  /** Packets that it sent, what was made from them included. */
  readonly egress: Conservation;
}

// Columns of a VM's account: what happened since the last interval's end, then what happened before it.
const PACKETS = 0;
const BYTES = 1;
const DROPPED = 2;
const DELAY_SUM = 3;
const DELAY_MAX = 4;
const PAST = 5;
const BACKLOG_SUM = 10;
const BACKLOG_MAX = 11;
const CLAMPED = 12;
const MARKED = 13;
const DAMAGED = 14;
const STRIDE = 16;

export class VmSink implements TraceSink {
  readonly #names: Names;
  readonly #table: CsvBuffer | undefined;
  readonly #fields: FieldCache;
  // Place 0 is for packets that never came near a VM; VM v has place v + 1.
  #accounts = new Float64Array(STRIDE);
  /** Drops, by place and fate. */
  #drops = new Float64Array(FATE_COUNT);
  #egress = new Float64Array(LEDGER_SIZE);
  #vms = 0;
  #intervals = 0;

  /** `open` given: writes `timeseries.csv` as the run goes on. */
  constructor(names: Names, open?: OpenFile) {
    this.#names = names;
    this.#fields = new FieldCache((vm) => names.vms[vm] ?? '');
    this.#table = open === undefined ? undefined : new CsvBuffer(open('timeseries.csv'), TIMESERIES_COLUMNS);
    this.#grow(names.vms.length);
  }

  ended({ length, packets, ints, doubles }: EndedPackets): void {
    // VMs are known before their packets are; no packet names one that is not.
    if (this.#names.vms.length > this.#vms) this.#grow(this.#names.vms.length);
    const accounts = this.#accounts;
    const drops = this.#drops;
    const egress = this.#egress;
    for (let i = 0; i < length; i++) {
      const packet = packets[i]!;
      const word = ints[packet + FLAGS]!;
      const fate = word >>> FATE_SHIFT;
      const origin = (word >> ORIGIN_SHIFT) & 15;
      const place = ints[packet + HOP]! + 1;
      const base = place * STRIDE;
      egress[(ints[packet + FROM]! + 1) * LEDGER_SIZE + origin * FATE_COUNT + fate]! += 1;
      if (fate === Fate.delivered) {
        const delay = doubles[(packet >> 1) + ENDED_AT]! - doubles[(packet >> 1) + SENT_AT]!;
        accounts[base + PACKETS]! += 1;
        accounts[base + BYTES]! += ints[packet + SIZE]!;
        accounts[base + DELAY_SUM]! += delay;
        const most = accounts[base + DELAY_MAX]!;
        accounts[base + DELAY_MAX] = delay > most ? delay : most;
      } else if (fate <= Fate.noListener) {
        accounts[base + DROPPED]! += 1;
        drops[place * FATE_COUNT + fate]! += 1;
      }
      if ((word & (RowFlag.clamped | RowFlag.marked | RowFlag.silent)) !== 0) {
        if ((word & RowFlag.clamped) !== 0) accounts[base + CLAMPED]! += 1;
        if ((word & RowFlag.marked) !== 0) accounts[base + MARKED]! += 1;
        if ((word & RowFlag.silent) !== 0 && fate === Fate.delivered) accounts[base + DAMAGED]! += 1;
      }
    }
  }

  interval(start: Nanos, end: Nanos, probe: Probe): void {
    if (this.#names.vms.length > this.#vms) this.#grow(this.#names.vms.length);
    this.#intervals++;
    this.#settle(0);
    for (let vm = 0; vm < this.#vms; vm++) {
      const base = (vm + 1) * STRIDE;
      const backlog = probe.backlogBytes(vm);
      const peak = Math.max(backlog, probe.backlogPeakBytes(vm));
      if (this.#table !== undefined) this.#write(this.#table, start, end, vm, base, backlog, peak);
      this.#accounts[base + BACKLOG_SUM]! += backlog;
      this.#accounts[base + BACKLOG_MAX] = Math.max(peak, this.#accounts[base + BACKLOG_MAX]!);
      this.#settle(base);
    }
  }

  /** The figures of every VM, in the order of the names. `duration`: how long the run was. */
  figures(duration: Nanos): VmFigures[] {
    const places = this.#vms + 1;
    for (let place = 0; place < places; place++) this.#settle(place * STRIDE);
    const delivered = this.#names.vms.map((_, vm) => this.#accounts[(vm + 1) * STRIDE + PAST + BYTES]!);
    const all = delivered.reduce((a, b) => a + b, 0);
    return this.#names.vms.map((id, vm) => {
      const account = this.#accounts.subarray((vm + 1) * STRIDE, (vm + 2) * STRIDE);
      const packets = account[PAST + PACKETS]!;
      const bytes = account[PAST + BYTES]!;
      return {
        id,
        deliveredPackets: packets,
        deliveredBytes: bytes,
        throughput: duration > 0 ? Math.round((bytes * 8e9) / duration) : null,
        share: all > 0 ? bytes / all : null,
        dropped: account[PAST + DROPPED]!,
        dropReasons: this.#dropReasons((vm + 1) * FATE_COUNT),
        delay:
          packets > 0
            ? { mean: Math.round(account[PAST + DELAY_SUM]! / packets), max: account[PAST + DELAY_MAX]! }
            : null,
        backlog: {
          mean: this.#intervals > 0 ? Math.round(account[BACKLOG_SUM]! / this.#intervals) : 0,
          max: account[BACKLOG_MAX]!,
        },
        clampedDelays: account[CLAMPED]!,
        marked: account[MARKED]!,
        damaged: account[DAMAGED]!,
        egress: ledgerOf(this.#egress.subarray((vm + 1) * LEDGER_SIZE, (vm + 2) * LEDGER_SIZE)),
      };
    });
  }

  /** Of the whole run, packets that never came near a VM included. */
  get clampedDelays(): number {
    return this.#sum(CLAMPED);
  }

  get marked(): number {
    return this.#sum(MARKED);
  }

  get damaged(): number {
    return this.#sum(DAMAGED);
  }

  /** Ends `timeseries.csv`. */
  close(): void {
    this.#table?.close();
  }

  /** Adds what happened in the interval to what happened before it. */
  #settle(base: number): void {
    const accounts = this.#accounts;
    for (const column of [PACKETS, BYTES, DROPPED, DELAY_SUM]) {
      accounts[base + PAST + column]! += accounts[base + column]!;
      accounts[base + column] = 0;
    }
    accounts[base + PAST + DELAY_MAX] = Math.max(
      accounts[base + DELAY_MAX]!,
      accounts[base + PAST + DELAY_MAX]!,
    );
    accounts[base + DELAY_MAX] = 0;
  }

  #write(
    table: CsvBuffer,
    start: Nanos,
    end: Nanos,
    vm: number,
    base: number,
    backlog: number,
    peak: number,
  ): void {
    const name = this.#fields.get(vm);
    table.reserve(name.length + TIMESERIES_COLUMNS.length * (LONGEST_NUMBER + 1));
    const bytes = table.bytes;
    const accounts = this.#accounts;
    const packets = accounts[base + PACKETS]!;
    const delivered = accounts[base + BYTES]!;
    let at = putNumber(bytes, table.at, start);
    bytes[at++] = COMMA;
    at = putNumber(bytes, at, end);
    bytes[at++] = COMMA;
    at = putField(bytes, at, name);
    bytes[at++] = COMMA;
    if (end > start) at = putNumber(bytes, at, Math.round((delivered * 8e9) / (end - start)));
    bytes[at++] = COMMA;
    at = putNumber(bytes, at, packets);
    bytes[at++] = COMMA;
    at = putNumber(bytes, at, delivered);
    bytes[at++] = COMMA;
    at = putNumber(bytes, at, accounts[base + DROPPED]!);
    bytes[at++] = COMMA;
    at = putNumber(bytes, at, Math.round(backlog));
    bytes[at++] = COMMA;
    at = putNumber(bytes, at, Math.round(peak));
    bytes[at++] = COMMA;
    if (packets > 0) at = putNumber(bytes, at, Math.round(accounts[base + DELAY_SUM]! / packets));
    bytes[at++] = COMMA;
    if (packets > 0) at = putNumber(bytes, at, accounts[base + DELAY_MAX]!);
    bytes[at++] = NEWLINE;
    table.at = at;
  }

  #dropReasons(base: number): Record<DropReason, number> {
    return Object.fromEntries(
      DROP_REASONS.map((reason, i) => [reason, this.#drops[base + Fate.loss + i]!]),
    ) as Record<DropReason, number>;
  }

  #sum(column: number): number {
    let sum = 0;
    for (let at = column; at < this.#accounts.length; at += STRIDE) sum += this.#accounts[at]!;
    return sum;
  }

  #grow(count: number): void {
    const wider = (old: Float64Array, stride: number) => {
      const next = new Float64Array((count + 1) * stride);
      next.set(old);
      return next;
    };
    this.#accounts = wider(this.#accounts, STRIDE);
    this.#drops = wider(this.#drops, FATE_COUNT);
    this.#egress = wider(this.#egress, LEDGER_SIZE);
    this.#vms = count;
  }
}
