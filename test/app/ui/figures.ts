/** Looks at a run that nobody has run, for the tests of what shows them. */
import type { Figures, FlowLive, LinkLive, VmLive } from '../../../app/operation/run.ts';

export const vm = (id: string, more: Partial<VmLive> = {}): VmLive => ({
  id,
  deliveredPackets: 0,
  deliveredBytes: 0,
  sentPackets: 0,
  throughputBps: 0,
  delay: null,
  backlogBytes: 0,
  dropped: {},
  ...more,
});

export const flow = (id: string, more: Partial<FlowLive> = {}): FlowLive => ({
  id,
  sentPackets: 0,
  deliveredPackets: 0,
  deliveredBytes: 0,
  throughputBps: 0,
  delay: null,
  rtt: null,
  dropped: {},
  ...more,
});

export const link = (from: string, to: string, more: Partial<LinkLive> = {}): LinkLive => ({
  from,
  to,
  packets: 0,
  bytes: 0,
  dropped: 0,
  loadBps: 0,
  utilization: null,
  up: true,
  ...more,
});

/** Windows of 250 ms, the n-th from 1. */
export const look = (n: number, more: Partial<Figures> & { partial?: boolean } = {}) => ({
  sequence: n,
  start: (n - 1) * 250_000_000,
  end: n * 250_000_000,
  vms: [],
  flows: [],
  links: [],
  totals: { sentPackets: 0, deliveredPackets: 0, deliveredBytes: 0, inFlight: 0, events: 0, dropped: {} },
  ...more,
});

export const delay = (p50: number, p95 = p50, p99 = p95, max = p99) => ({ p50, p95, p99, max });
