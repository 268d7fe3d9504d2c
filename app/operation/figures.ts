/**
 * What every VM, flow and link does, from the trace of the run, look by look. A packet is counted when it has ended, its sending too;
 * what is still on its way is in `inFlight` alone.
 */
import type { Nanos } from '../../engine/index.ts';
import type { DropReason, EndedPackets, LinkLoad, Names, TraceSink } from '../../sim/index.ts';
import * as sim from '../../sim/index.ts';
import type { Figures, FlowLive, LinkLive, VmLive } from './run.ts';
import { WindowDelays } from './window-delays.ts';

// Constants of this file are folded into its code; an imported one is loaded anew for each packet.
const {
  DROP_REASONS,
  ENDED_AT,
  FATE_SHIFT,
  FLAGS,
  FLOW,
  FROM,
  Fate,
  HOP,
  ORIGIN_SHIFT,
  Origin,
  RowFlag,
  SENT_AT,
  SIZE,
  Sample,
} = sim;

// Columns of an account. Drops have the column of their fate behind `DROPS`: fates of drops begin at 1.
const PACKETS = 0;
const BYTES = 1;
const SENT = 2;
const DROPS = 2;
/** Bytes up to the window's beginning. */
const BYTES_BEFORE = 15;
const STRIDE = 16;

/** What the trace does not tell. */
export interface Present {
  /** Bytes waiting in front of a VM. */
  backlogBytes(vm: number): number;
  /** Each direction of each link, always the same ones in the same order. */
  readonly links: readonly LinkLoad[];
  /** Packets that have not ended. */
  readonly inFlight: number;
  /** So many events have happened. */
  readonly events: number;
}

export class LiveFigures implements TraceSink {
  readonly #names: Names;
  // Account 0 is of packets that never came near a VM, or belong to no flow; VM v and flow f have v + 1 and f + 1.
  #vms = new Float64Array(0);
  #flows = new Float64Array(0);
  readonly #vmDelays = new WindowDelays();
  readonly #flowDelays = new WindowDelays();
  readonly #roundTrips = new WindowDelays();
  #linkBytes = new Float64Array(0);
  #start: Nanos = 0;
  #sequence = 0;

  constructor(names: Names) {
    this.#names = names;
    this.#grow();
  }

  ended({ length, packets, ints, doubles }: EndedPackets): void {
    // VMs and flows are known before their packets are.
    this.#grow();
    const vms = this.#vms;
    const flows = this.#flows;
    const vmDelays = this.#vmDelays;
    const flowDelays = this.#flowDelays;
    for (let i = 0; i < length; i++) {
      const packet = packets[i]!;
      const word = ints[packet + FLAGS]!;
      const fate = word >>> FATE_SHIFT;
      const origin = (word >> ORIGIN_SHIFT) & 15;
      const flow = ints[packet + FLOW]! + 1;
      const ofFlow = flow * STRIDE;
      if (origin <= Origin.answer) {
        vms[(ints[packet + FROM]! + 1) * STRIDE + SENT]! += 1;
        flows[ofFlow + SENT]! += 1;
      }
      if (fate > Fate.noListener) continue;
      const vm = ints[packet + HOP]! + 1;
      const ofVm = vm * STRIDE;
      if (fate !== Fate.delivered) {
        vms[ofVm + DROPS + fate]! += 1;
        flows[ofFlow + DROPS + fate]! += 1;
        continue;
      }
      const size = ints[packet + SIZE]!;
      const delay = doubles[(packet >> 1) + ENDED_AT]! - doubles[(packet >> 1) + SENT_AT]!;
      vms[ofVm + PACKETS]! += 1;
      vms[ofVm + BYTES]! += size;
      flows[ofFlow + PACKETS]! += 1;
      flows[ofFlow + BYTES]! += size;
      vmDelays.record(vm, delay);
      if ((word & RowFlag.reverse) === 0 && origin !== Origin.answer) flowDelays.record(flow, delay);
    }
  }

  sample(kind: sim.Sample, flow: number, _at: Nanos, value: number): void {
    if (kind !== Sample.answered) return;
    this.#grow();
    this.#roundTrips.record(flow + 1, value);
  }

  /** Everything from the last look, or the beginning, up to `end`. The next window begins there. */
  take(end: Nanos, present: Present): Figures {
    this.#grow();
    const start = this.#start;
    const figures: Figures = {
      sequence: this.#sequence++,
      start,
      end,
      vms: this.#names.vms.map((id, vm) => this.#vm(id, vm, end - start, present)),
      flows: this.#names.flows.map(({ id }, flow) => this.#flow(id, flow, end - start)),
      links: this.#links(present.links, end - start),
      totals: {
        sentPackets: sumOf(this.#vms, SENT),
        deliveredPackets: sumOf(this.#vms, PACKETS),
        deliveredBytes: sumOf(this.#vms, BYTES),
        inFlight: present.inFlight,
        events: present.events,
        dropped: droppedOf((column) => sumOf(this.#vms, column)),
      },
    };
    this.#begin(end);
    return figures;
  }

  #vm(id: string, vm: number, window: Nanos, present: Present): VmLive {
    const account = this.#vms.subarray((vm + 1) * STRIDE, (vm + 2) * STRIDE);
    return {
      id,
      deliveredPackets: account[PACKETS]!,
      deliveredBytes: account[BYTES]!,
      sentPackets: account[SENT]!,
      throughputBps: perSecond(account[BYTES]! - account[BYTES_BEFORE]!, window),
      delay: this.#vmDelays.figures(vm + 1),
      backlogBytes: Math.round(present.backlogBytes(vm)),
      dropped: droppedOf((column) => account[column]!),
    };
  }

  #flow(id: string, flow: number, window: Nanos): FlowLive {
    const account = this.#flows.subarray((flow + 1) * STRIDE, (flow + 2) * STRIDE);
    return {
      id,
      sentPackets: account[SENT]!,
      deliveredPackets: account[PACKETS]!,
      deliveredBytes: account[BYTES]!,
      throughputBps: perSecond(account[BYTES]! - account[BYTES_BEFORE]!, window),
      delay: this.#flowDelays.figures(flow + 1),
      rtt: this.#roundTrips.figures(flow + 1),
      dropped: droppedOf((column) => account[column]!),
    };
  }

  #links(links: readonly LinkLoad[], window: Nanos): LinkLive[] {
    if (links.length > this.#linkBytes.length) this.#linkBytes = widened(this.#linkBytes, links.length);
    return links.map(({ id, packets, bytes, dropped, rate, up }, link) => {
      const [from = '', to = ''] = id.split('>');
      const loadBps = perSecond(bytes - this.#linkBytes[link]!, window);
      this.#linkBytes[link] = bytes;
      // A packet counts as a whole when it leaves, in whatever windows it was on the wire.
      const utilization = rate === Infinity ? null : Math.min(1, loadBps / rate);
      return { from, to, packets, bytes, dropped, loadBps, utilization, up };
    });
  }

  #begin(start: Nanos): void {
    this.#start = start;
    for (const accounts of [this.#vms, this.#flows])
      for (let at = 0; at < accounts.length; at += STRIDE)
        accounts[at + BYTES_BEFORE] = accounts[at + BYTES]!;
    this.#vmDelays.reset();
    this.#flowDelays.reset();
    this.#roundTrips.reset();
  }

  #grow(): void {
    const vms = this.#names.vms.length + 1;
    if (vms * STRIDE > this.#vms.length) {
      this.#vms = widened(this.#vms, vms * STRIDE);
      this.#vmDelays.grow(vms);
    }
    const flows = this.#names.flows.length + 1;
    if (flows * STRIDE > this.#flows.length) {
      this.#flows = widened(this.#flows, flows * STRIDE);
      this.#flowDelays.grow(flows);
      this.#roundTrips.grow(flows);
    }
  }
}

/** Of a run that has not begun. */
export const emptyFigures = (): Figures => ({
  sequence: 0,
  start: 0,
  end: 0,
  vms: [],
  flows: [],
  links: [],
  totals: { sentPackets: 0, deliveredPackets: 0, deliveredBytes: 0, inFlight: 0, events: 0, dropped: {} },
});

const perSecond = (bytes: number, window: Nanos): number =>
  window > 0 ? Math.round((bytes * 8e9) / window) : 0;

function sumOf(accounts: Float64Array, column: number): number {
  let sum = 0;
  for (let at = column; at < accounts.length; at += STRIDE) sum += accounts[at]!;
  return sum;
}

function droppedOf(countIn: (column: number) => number): Partial<Record<DropReason, number>> {
  const dropped: Partial<Record<DropReason, number>> = {};
  DROP_REASONS.forEach((reason, i) => {
    const count = countIn(DROPS + Fate.loss + i);
    if (count > 0) dropped[reason] = count;
  });
  return dropped;
}

function widened(old: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const next = new Float64Array(length);
  next.set(old);
  return next;
}
